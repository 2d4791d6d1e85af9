package vfs_test

import (
	"io"
	"io/fs"
	"sync"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
)

// memVFS is a VFS whose files are in Go's memory.
type memVFS struct {
	mu    sync.Mutex
	files map[string]*memData
	open  int
}

type memData struct {
	mu    sync.RWMutex
	bytes []byte
	locks vfs.Locks
}

func newMemory() *memVFS { return &memVFS{files: map[string]*memData{}} }

func (m *memVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data := m.files[name]
	if data == nil {
		if name != "" && flags&vfs.OpenCreate == 0 {
			return nil, 0, driver.ErrCantOpen
		}
		data = &memData{}
		if name != "" {
			m.files[name] = data
		}
	}
	m.open++
	return &memFile{data.locks.New(), m, data}, flags, nil
}

func (m *memVFS) Delete(name string, syncDir bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[name] == nil {
		return fs.ErrNotExist
	}
	delete(m.files, name)
	return nil
}

func (m *memVFS) Access(name string, what vfs.AccessFlag) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.files[name] != nil, nil
}

func (m *memVFS) FullPathname(name string) (string, error) { return name, nil }

// memFile has its locks and shared memory from the embedded handle.
type memFile struct {
	*vfs.LockHandle
	vfs  *memVFS
	data *memData
}

func (f *memFile) ReadAt(p []byte, off int64) (n int, err error) {
	f.data.mu.RLock()
	defer f.data.mu.RUnlock()
	if off < int64(len(f.data.bytes)) {
		n = copy(p, f.data.bytes[off:])
	}
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	f.data.mu.Lock()
	defer f.data.mu.Unlock()
	if more := off + int64(len(p)) - int64(len(f.data.bytes)); more > 0 {
		f.data.bytes = append(f.data.bytes, make([]byte, more)...)
	}
	return copy(f.data.bytes[off:], p), nil
}

func (f *memFile) Truncate(size int64) error {
	f.data.mu.Lock()
	defer f.data.mu.Unlock()
	if size < int64(len(f.data.bytes)) {
		f.data.bytes = f.data.bytes[:size:size]
	}
	return nil
}

func (f *memFile) Size() (int64, error) {
	f.data.mu.RLock()
	defer f.data.mu.RUnlock()
	return int64(len(f.data.bytes)), nil
}

func (f *memFile) Close() error {
	f.vfs.mu.Lock()
	defer f.vfs.mu.Unlock()
	f.vfs.open--
	return nil
}

func (f *memFile) Sync(vfs.SyncFlag) error { return nil }
func (f *memFile) SectorSize() int         { return 4096 }
func (f *memFile) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return vfs.PowersafeOverwrite | vfs.SafeAppend
}

// noShm hides the shared memory of a memFile.
type noShm struct{ vfs.File }

// noShmVFS is a VFS whose files have no shared memory.
type noShmVFS struct{ *memVFS }

func (v noShmVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, got, err := v.memVFS.Open(name, flags)
	return noShm{f}, got, err
}
