package vfs

import (
	"io"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// outward is a VFS of the library as Go calls it.
type outward struct {
	v    engine.VFS
	name string
}

func (w outward) Open(name string, flags OpenFlag) (File, OpenFlag, error) {
	f, got, failed := w.v.Open(name, int(flags))
	if failed != nil {
		return nil, 0, asError(failed)
	}
	if f.HasShm() {
		return outwardShmFile{outwardFile{f}}, OpenFlag(got), nil
	}
	return outwardFile{f}, OpenFlag(got), nil
}

func (w outward) Delete(name string, syncDir bool) error { return asError(w.v.Delete(name, syncDir)) }

func (w outward) Access(name string, what AccessFlag) (bool, error) {
	yes, failed := w.v.Access(name, int(what))
	return yes, asError(failed)
}

func (w outward) FullPathname(name string) (string, error) {
	full, failed := w.v.FullPathname(name)
	return full, asError(failed)
}

type outwardFile struct{ f engine.VFSFile }

func (w outwardFile) ReadAt(p []byte, off int64) (int, error) {
	failed := w.f.Read(p, off)
	if failed == nil {
		return len(p), nil
	}
	if failed.Code != engine.CodeShortRead {
		return 0, asError(failed)
	}
	// How much of it was there SQLite does not say.
	size, failed := w.f.Size()
	if failed != nil {
		return 0, asError(failed)
	}
	return int(min(max(size-off, 0), int64(len(p)))), io.EOF
}

func (w outwardFile) WriteAt(p []byte, off int64) (int, error) {
	if failed := w.f.Write(p, off); failed != nil {
		return 0, asError(failed)
	}
	return len(p), nil
}

func (w outwardFile) Close() error              { return asError(w.f.Close()) }
func (w outwardFile) Truncate(size int64) error { return asError(w.f.Truncate(size)) }
func (w outwardFile) Sync(flags SyncFlag) error { return asError(w.f.Sync(int(flags))) }

func (w outwardFile) Size() (int64, error) {
	size, failed := w.f.Size()
	return size, asError(failed)
}

func (w outwardFile) Lock(level LockLevel) error   { return asError(w.f.Lock(int(level))) }
func (w outwardFile) Unlock(level LockLevel) error { return asError(w.f.Unlock(int(level))) }

func (w outwardFile) CheckReservedLock() (bool, error) {
	yes, failed := w.f.CheckReservedLock()
	return yes, asError(failed)
}

func (w outwardFile) SectorSize() int { return w.f.SectorSize() }

func (w outwardFile) DeviceCharacteristics() DeviceCharacteristic {
	return DeviceCharacteristic(w.f.DeviceCharacteristics())
}

func (w outwardFile) FileControl(op int, arg unsafe.Pointer) error {
	if failed := w.f.Control(op, arg); failed != nil {
		if failed.Code == engine.CodeNotFound {
			return driver.ErrNotFound
		}
		return asError(failed)
	}
	return nil
}

// outwardShmFile is an outwardFile with shared memory.
type outwardShmFile struct{ outwardFile }

func (w outwardShmFile) ShmMap(region, size int, extend bool) ([]byte, error) {
	p, failed := w.f.ShmMap(region, size, extend)
	return p, asError(failed)
}

func (w outwardShmFile) ShmLock(offset, n int, flags ShmFlag) error {
	return asError(w.f.ShmLock(offset, n, int(flags)))
}

func (w outwardShmFile) ShmUnmap(remove bool) error { return asError(w.f.ShmUnmap(remove)) }
