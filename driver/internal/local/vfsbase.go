//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "vfs.h"
*/
import "C"

import (
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// baseVFS is a VFS of the library, for Go to call.
type baseVFS struct{ v *C.sqlite3_vfs }

// baseFile is a file that is open on one.
type baseFile struct{ f *C.lq_file }

// failed is what a call of the library's own VFS says.
func failed(c C.lq_code) *engine.VFSFailure {
	if c == 0 {
		return nil
	}
	return &engine.VFSFailure{Code: int(int32(c)), Errno: int(int32(c >> 32))}
}

func (b baseVFS) Open(name string, flags int) (engine.VFSFile, int, *engine.VFSFailure) {
	var cname *C.char
	if name != "" {
		cname = C.CString(name)
		defer C.free(unsafe.Pointer(cname))
	}
	var f *C.lq_file
	got := C.int(flags)
	if c := C.lq_base_open(b.v, cname, C.int(flags), &f, &got); c != 0 {
		return nil, 0, failed(c)
	}
	return baseFile{f}, int(got), nil
}

func (b baseVFS) Delete(name string, syncDir bool) *engine.VFSFailure {
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	return failed(C.lq_base_delete(b.v, cname, cbool(syncDir)))
}

func (b baseVFS) Access(name string, what int) (bool, *engine.VFSFailure) {
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	var yes C.int
	c := C.lq_base_access(b.v, cname, C.int(what), &yes)
	return yes != 0, failed(c)
}

func (b baseVFS) FullPathname(name string) (string, *engine.VFSFailure) {
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	n := b.v.mxPathname + 1
	out := (*C.char)(C.calloc(1, C.size_t(n)))
	if out == nil {
		return "", &engine.VFSFailure{Code: C.SQLITE_NOMEM}
	}
	defer C.free(unsafe.Pointer(out))
	if c := C.lq_base_full(b.v, cname, n, out); c != 0 {
		return "", failed(c)
	}
	return C.GoString(out), nil
}

func (b baseFile) Close() *engine.VFSFailure { return failed(C.lq_base_close(b.f)) }

// first is the address of the bytes, which may be none.
func first(p []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(p)) }

func (b baseFile) Read(p []byte, off int64) *engine.VFSFailure {
	return failed(C.lq_base_read(b.f, first(p), C.int(len(p)), C.int64_t(off)))
}

func (b baseFile) Write(p []byte, off int64) *engine.VFSFailure {
	return failed(C.lq_base_write(b.f, first(p), C.int(len(p)), C.int64_t(off)))
}

func (b baseFile) Truncate(size int64) *engine.VFSFailure {
	return failed(C.lq_base_truncate(b.f, C.int64_t(size)))
}

func (b baseFile) Sync(flags int) *engine.VFSFailure {
	return failed(C.lq_base_sync(b.f, C.int(flags)))
}

func (b baseFile) Size() (int64, *engine.VFSFailure) {
	var n C.int64_t
	c := C.lq_base_size(b.f, &n)
	return int64(n), failed(c)
}

func (b baseFile) Lock(level int) *engine.VFSFailure {
	return failed(C.lq_base_lock(b.f, C.int(level)))
}

func (b baseFile) Unlock(level int) *engine.VFSFailure {
	return failed(C.lq_base_unlock(b.f, C.int(level)))
}

func (b baseFile) CheckReservedLock() (bool, *engine.VFSFailure) {
	var yes C.int
	c := C.lq_base_check_reserved(b.f, &yes)
	return yes != 0, failed(c)
}

func (b baseFile) SectorSize() int            { return int(C.lq_base_sector(b.f)) }
func (b baseFile) DeviceCharacteristics() int { return int(C.lq_base_traits(b.f)) }

func (b baseFile) Control(op int, arg unsafe.Pointer) *engine.VFSFailure {
	return failed(C.lq_base_control(b.f, C.int(op), arg))
}

// Pragma is left to Control, which has the argument that it takes.
func (b baseFile) Pragma(string, string) (string, *engine.VFSFailure) {
	return "", &engine.VFSFailure{Code: engine.CodeNotFound}
}

func (b baseFile) HasShm() bool { return C.lq_base_has_shm(b.f) != 0 }

func (b baseFile) ShmMap(region, size int, extend bool) ([]byte, *engine.VFSFailure) {
	var p unsafe.Pointer
	c := C.lq_base_shm_map(b.f, C.int(region), C.int(size), cbool(extend), &p)
	if p == nil {
		return nil, failed(c)
	}
	return unsafe.Slice((*byte)(p), size), failed(c) // SQLITE_READONLY has memory, too
}

func (b baseFile) ShmLock(offset, n, flags int) *engine.VFSFailure {
	return failed(C.lq_base_shm_lock(b.f, C.int(offset), C.int(n), C.int(flags)))
}

func (b baseFile) ShmUnmap(remove bool) *engine.VFSFailure {
	return failed(C.lq_base_shm_unmap(b.f, cbool(remove)))
}
