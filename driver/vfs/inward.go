package vfs

import (
	"errors"
	"fmt"
	"io"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// inward is a VFS in Go as the library calls it. It turns errors into codes,
// and no panic leaves it.
type inward struct{ v VFS }

func (w inward) Open(name string, flags int) (_ engine.VFSFile, got int, f *engine.VFSFailure) {
	defer contain(&f, codeCantOpen)
	file, out, err := w.v.Open(name, OpenFlag(flags))
	if err != nil {
		return nil, 0, failure(err, codeCantOpen)
	}
	return newInwardFile(file), int(out), nil
}

func (w inward) Delete(name string, syncDir bool) (f *engine.VFSFailure) {
	defer contain(&f, codeDelete)
	return deleteFailure(w.v.Delete(name, syncDir))
}

func (w inward) Access(name string, what int) (yes bool, f *engine.VFSFailure) {
	defer contain(&f, codeAccess)
	yes, err := w.v.Access(name, AccessFlag(what))
	return yes, failure(err, codeAccess)
}

func (w inward) FullPathname(name string) (full string, f *engine.VFSFailure) {
	defer contain(&f, codeFullPath)
	full, err := w.v.FullPathname(name)
	return full, failure(err, codeFullPath)
}

// inwardFile is an open File with the capabilities that were found when it was
// opened: its own, and those of the Files below it.
type inwardFile struct {
	File
	shm     SharedMemory
	hint    SizeHint
	pragmas []Pragma      // the outermost first
	control []FileControl // likewise
}

func newInwardFile(file File) *inwardFile {
	w := &inwardFile{File: file}
	for f := file; f != nil; {
		if c, ok := f.(SharedMemory); ok && w.shm == nil {
			w.shm = c
		}
		if c, ok := f.(SizeHint); ok && w.hint == nil {
			w.hint = c
		}
		if c, ok := f.(Pragma); ok {
			w.pragmas = append(w.pragmas, c)
		}
		if c, ok := f.(FileControl); ok {
			w.control = append(w.control, c)
		}
		u, ok := f.(FileWrapper)
		if !ok {
			break
		}
		f = u.Unwrap()
	}
	return w
}

func (w *inwardFile) Close() (f *engine.VFSFailure) {
	defer contain(&f, codeClose)
	return failure(w.File.Close(), codeClose)
}

func (w *inwardFile) Read(p []byte, off int64) (f *engine.VFSFailure) {
	defer contain(&f, codeRead)
	n, err := w.File.ReadAt(p, off)
	switch {
	case n == len(p) && (err == nil || err == io.EOF):
		return nil
	case n < 0 || n >= len(p) || err == nil:
		err = fmt.Errorf("ReadAt returned %d of %d bytes and the error %v", n, len(p), err)
	case errors.Is(err, io.EOF):
		clear(p[n:])
		return shortRead
	}
	return failure(err, codeRead)
}

func (w *inwardFile) Write(p []byte, off int64) (f *engine.VFSFailure) {
	defer contain(&f, codeWrite)
	n, err := w.File.WriteAt(p, off)
	if err == nil && n != len(p) {
		err = fmt.Errorf("WriteAt wrote %d of %d bytes: %w", n, len(p), io.ErrShortWrite)
	}
	return failure(err, codeWrite)
}

func (w *inwardFile) Truncate(size int64) (f *engine.VFSFailure) {
	defer contain(&f, codeTruncate)
	return failure(w.File.Truncate(size), codeTruncate)
}

func (w *inwardFile) Sync(flags int) (f *engine.VFSFailure) {
	defer contain(&f, codeFsync)
	return failure(w.File.Sync(SyncFlag(flags)), codeFsync)
}

func (w *inwardFile) Size() (size int64, f *engine.VFSFailure) {
	defer contain(&f, codeFstat)
	size, err := w.File.Size()
	return size, failure(err, codeFstat)
}

func (w *inwardFile) Lock(level int) (f *engine.VFSFailure) {
	defer contain(&f, codeLock)
	return failure(w.File.Lock(LockLevel(level)), codeLock)
}

func (w *inwardFile) Unlock(level int) (f *engine.VFSFailure) {
	defer contain(&f, codeUnlock)
	return failure(w.File.Unlock(LockLevel(level)), codeUnlock)
}

func (w *inwardFile) CheckReservedLock() (yes bool, f *engine.VFSFailure) {
	defer contain(&f, codeCheckLock)
	yes, err := w.File.CheckReservedLock()
	return yes, failure(err, codeCheckLock)
}

// SectorSize and DeviceCharacteristics cannot fail; a panic promises nothing.
func (w *inwardFile) SectorSize() (size int) {
	var f *engine.VFSFailure
	defer contain(&f, 0)
	return w.File.SectorSize()
}

func (w *inwardFile) DeviceCharacteristics() int {
	var f *engine.VFSFailure
	defer contain(&f, 0)
	return int(w.File.DeviceCharacteristics())
}

// opSizeHint is SQLITE_FCNTL_SIZE_HINT, whose argument is an int64.
const opSizeHint = 5

func (w *inwardFile) Control(op int, arg unsafe.Pointer) (f *engine.VFSFailure) {
	defer contain(&f, codeControl)
	if op == opSizeHint && w.hint != nil {
		if err := w.hint.SizeHint(*(*int64)(arg)); err != driver.ErrNotFound {
			return failure(err, codeWrite)
		}
	}
	for _, c := range w.control {
		if err := c.FileControl(op, arg); err != driver.ErrNotFound {
			return failure(err, codeControl)
		}
	}
	return notFound
}

func (w *inwardFile) Pragma(name, value string) (_ string, f *engine.VFSFailure) {
	defer contain(&f, 1) // SQLITE_ERROR
	for _, p := range w.pragmas {
		if result, err := p.Pragma(name, value); err != driver.ErrNotFound {
			return result, failure(err, 1)
		}
	}
	return "", notFound
}

func (w *inwardFile) HasShm() bool { return w.shm != nil }

func (w *inwardFile) ShmMap(region, size int, extend bool) (_ []byte, f *engine.VFSFailure) {
	defer contain(&f, codeShmMap)
	p, err := w.shm.ShmMap(region, size, extend)
	if err == nil && p != nil && len(p) < size {
		err = fmt.Errorf("ShmMap returned %d of %d bytes", len(p), size)
	}
	return p, failure(err, codeShmMap)
}

func (w *inwardFile) ShmLock(offset, n, flags int) (f *engine.VFSFailure) {
	defer contain(&f, codeShmLock)
	return failure(w.shm.ShmLock(offset, n, ShmFlag(flags)), codeShmLock)
}

func (w *inwardFile) ShmUnmap(remove bool) (f *engine.VFSFailure) {
	defer contain(&f, codeShmMap)
	return failure(w.shm.ShmUnmap(remove), codeShmMap)
}
