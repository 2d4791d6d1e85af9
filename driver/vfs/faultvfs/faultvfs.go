package faultvfs

import (
	"fmt"
	"io"
	"math/rand/v2"
	"sync"

	"github.com/gorm-libsql/libsql/driver/vfs"
)

// VFS is a VFS on top of another one. Its methods may be called from any
// goroutine.
type VFS struct {
	base vfs.VFS

	mu     sync.Mutex
	counts [numOps]int64
	faults []*armed
	fired  int
	off    bool  // the power is
	open   int   // files
	disk   *disk // nil: no account is kept of what is synced
}

var (
	_ vfs.Wrapper     = (*VFS)(nil)
	_ vfs.FileWrapper = (*file)(nil)
)

// New returns a VFS that passes everything on until it is told otherwise.
func New(base vfs.VFS) *VFS { return &VFS{base: base} }

// NewWithPowerCuts returns a VFS that also keeps account of what was written and
// not yet synced, for [VFS.PowerCut]. It keeps all files in memory, so they
// should be small. The seed is of the choice of what a power cut takes.
func NewWithPowerCuts(base vfs.VFS, seed uint64) *VFS {
	return &VFS{base: base, disk: &disk{files: map[string]*content{}, rand: rand.New(rand.NewPCG(seed, 0))}}
}

// Unwrap returns the VFS below.
func (v *VFS) Unwrap() vfs.VFS { return v.base }

// Inject adds a fault. Several may wait at a time; the first one that is about
// a call takes it.
func (v *VFS) Inject(f Fault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults = append(v.faults, &armed{Fault: f})
}

// Clear forgets all faults, and counts anew.
func (v *VFS) Clear() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults, v.fired, v.counts = nil, 0, [numOps]int64{}
}

// Fired is how many calls faults have made fail since the last Clear.
func (v *VFS) Fired() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.fired
}

// Count is how many calls of the kind there were since the last Clear.
func (v *VFS) Count(op Op) int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.counts[op]
}

// verdict is what is to become of a call: err is nil when it is carried out.
type verdict struct {
	err   error
	short bool
	cut   bool // the power went with this very call
}

// judge counts a call. grows tells whether a Write makes the file larger.
func (v *VFS) judge(c Call, grows func() bool) verdict {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.counts[c.Op]++
	if v.off {
		return verdict{err: fmt.Errorf("%w: %s %s", ErrPowerCut, c.Op, c.Name)}
	}
	for _, f := range v.faults {
		if f.Growing && (grows == nil || !grows()) || !f.hit(c) {
			continue
		}
		v.fired++
		if f.PowerCut {
			v.off = true
			return verdict{err: fmt.Errorf("%w: %w: %s %s", ErrInjected, ErrPowerCut, c.Op, c.Name), cut: true}
		}
		return verdict{err: f.error(c), short: f.Short}
	}
	return verdict{}
}

// Open is as in vfs.VFS.
func (v *VFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if d := v.judge(Call{Op: Open, Name: name, Flags: flags}, nil); d.err != nil {
		return nil, 0, d.err
	}
	existed := false
	if v.disk != nil && name != "" {
		var err error
		if existed, err = v.base.Access(name, vfs.AccessExists); err != nil {
			return nil, 0, err
		}
	}
	base, got, err := v.base.Open(name, flags)
	if err != nil {
		return nil, 0, err
	}
	f := &file{File: base, v: v, name: name, flags: got}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.disk != nil && name != "" {
		if f.content, err = v.disk.opened(name, base, existed); err != nil {
			base.Close()
			return nil, 0, err
		}
	}
	v.open++
	if shm := findShm(base); shm != nil {
		return &shmFile{f, shm}, got, nil
	}
	return f, got, nil
}

func findShm(f vfs.File) vfs.SharedMemory {
	for {
		if shm, ok := f.(vfs.SharedMemory); ok {
			return shm
		}
		w, ok := f.(vfs.FileWrapper)
		if !ok {
			return nil
		}
		f = w.Unwrap()
	}
}

// Delete is as in vfs.VFS.
func (v *VFS) Delete(name string, syncDir bool) error {
	if d := v.judge(Call{Op: Delete, Name: name}, nil); d.err != nil {
		return d.err
	}
	if err := v.base.Delete(name, syncDir); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.disk != nil {
		v.disk.deleted(name, syncDir)
	}
	return nil
}

// Access is as in vfs.VFS.
func (v *VFS) Access(name string, what vfs.AccessFlag) (bool, error) {
	if d := v.judge(Call{Op: Access, Name: name}, nil); d.err != nil {
		return false, d.err
	}
	return v.base.Access(name, what)
}

// FullPathname is as in vfs.VFS.
func (v *VFS) FullPathname(name string) (string, error) {
	if d := v.judge(Call{Op: FullPathname, Name: name}, nil); d.err != nil {
		return "", d.err
	}
	return v.base.FullPathname(name)
}

// file is an open file. Its capabilities other than shared memory are those of
// the file below.
type file struct {
	vfs.File
	v       *VFS
	name    string
	flags   vfs.OpenFlag
	content *content // nil: no account is kept
}

func (f *file) Unwrap() vfs.File { return f.File }

func (f *file) judge(op Op) verdict {
	return f.v.judge(Call{Op: op, Name: f.name, Flags: f.flags}, nil)
}

// first returns the error of a fault, else that of the call.
func (d verdict) first(err error) error {
	if d.err != nil {
		return d.err
	}
	return err
}

func (f *file) Close() error {
	d := f.judge(Close)
	err := f.File.Close()
	f.v.mu.Lock()
	f.v.open--
	f.v.mu.Unlock()
	return d.first(err)
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	d := f.v.judge(Call{Read, f.name, f.flags, off, len(p)}, nil)
	switch {
	case d.err == nil:
		return f.File.ReadAt(p, off)
	case d.short:
		n, _ := f.File.ReadAt(p[:len(p)/2], off)
		return n, fmt.Errorf("%w: %w", d.err, io.ErrUnexpectedEOF)
	}
	return 0, d.err
}

func (f *file) WriteAt(p []byte, off int64) (int, error) {
	d := f.v.judge(Call{Write, f.name, f.flags, off, len(p)}, func() bool {
		size, err := f.File.Size()
		return err == nil && off+int64(len(p)) > size
	})
	part := p
	switch {
	case d.cut:
		f.note(change{off: off, data: p}) // as much of it as had reached the disk
		return 0, d.err
	case d.short:
		part = p[:len(p)/2]
	case d.err != nil:
		return 0, d.err
	}
	n, err := f.File.WriteAt(part, off)
	if n > 0 {
		f.note(change{off: off, data: p[:n]})
	}
	return n, d.first(err)
}

func (f *file) Truncate(size int64) error {
	d := f.judge(Truncate)
	if d.err != nil && !d.cut { // a cut may let it happen
		return d.err
	}
	err := d.err
	if !d.cut {
		err = f.File.Truncate(size)
	}
	if (err == nil || d.cut) && f.content != nil {
		f.v.mu.Lock()
		f.content.pending = append(f.content.pending, change{off: size, truncate: f.v.disk.next()})
		f.v.mu.Unlock()
	}
	return err
}

func (f *file) Sync(flags vfs.SyncFlag) error {
	if d := f.judge(Sync); d.err != nil {
		return d.err
	}
	err := f.File.Sync(flags)
	if err == nil && f.content != nil {
		f.v.mu.Lock()
		f.v.disk.synced(f.name, f.content, f.flags)
		f.v.mu.Unlock()
	}
	return err
}

// note keeps account of a write that is not yet synced.
func (f *file) note(c change) {
	if f.content == nil {
		return
	}
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	c.data = append([]byte(nil), c.data...)
	f.content.pending = append(f.content.pending, c)
}

func (f *file) Size() (int64, error) {
	if d := f.judge(Size); d.err != nil {
		return 0, d.err
	}
	return f.File.Size()
}

func (f *file) Lock(level vfs.LockLevel) error {
	if d := f.judge(Lock); d.err != nil {
		return d.err
	}
	return f.File.Lock(level)
}

func (f *file) Unlock(level vfs.LockLevel) error {
	d := f.judge(Unlock)
	return d.first(f.File.Unlock(level))
}

func (f *file) CheckReservedLock() (bool, error) {
	if d := f.judge(CheckReservedLock); d.err != nil {
		return false, d.err
	}
	return f.File.CheckReservedLock()
}

// shmFile is a file on one with shared memory.
type shmFile struct {
	*file
	shm vfs.SharedMemory
}

func (f *shmFile) ShmMap(region, size int, extend bool) ([]byte, error) {
	if d := f.judge(ShmMap); d.err != nil {
		return nil, d.err
	}
	return f.shm.ShmMap(region, size, extend)
}

func (f *shmFile) ShmLock(offset, n int, flags vfs.ShmFlag) error {
	d := f.judge(ShmLock)
	if d.err != nil && flags&vfs.ShmUnlock == 0 {
		return d.err
	}
	return d.first(f.shm.ShmLock(offset, n, flags))
}

// ShmUnmap leaves the file behind the memory when the power is off: nobody is
// there to remove it.
func (f *shmFile) ShmUnmap(remove bool) error {
	d := f.judge(ShmUnmap)
	return d.first(f.shm.ShmUnmap(remove && d.err == nil))
}
