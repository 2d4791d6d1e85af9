//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <string.h>
#include "vfs.h"
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// The functions of vfsgo.c's methods. C holds handles and no Go pointers;
// what it passes is memory of its own, which it lends for the call.

func fileOf(h C.uintptr_t) engine.VFSFile { return cgo.Handle(h).Value().(engine.VFSFile) }

// vfsOf returns nil for a VFS that has been unregistered, be it just now: an
// ATTACH may have found it before.
func vfsOf(h C.uintptr_t) (v engine.VFS) {
	defer func() { _ = recover() }()
	return cgo.Handle(h).Value().(engine.VFS)
}

// code tells the library what a call of a VFS in Go has come to.
func code(f *engine.VFSFailure) C.int {
	if f == nil {
		return C.SQLITE_OK
	}
	if f.Err != nil || f.Errno != 0 {
		C.lq_vfs_note(C.uint64_t(failures.keep(f)), C.int(f.Code), C.int(f.Errno))
	}
	return C.int(f.Code)
}

//export lqGoOpen
func lqGoOpen(vfs C.uintptr_t, name *C.char, flags C.int, file *C.uintptr_t, got, shm *C.int) C.int {
	v := vfsOf(vfs)
	if v == nil {
		return C.SQLITE_CANTOPEN
	}
	f, out, failure := v.Open(C.GoString(name), int(flags))
	if failure != nil {
		return code(failure)
	}
	*file = C.uintptr_t(cgo.NewHandle(f))
	*got, *shm = C.int(out), cbool(f.HasShm())
	return C.SQLITE_OK
}

//export lqGoDelete
func lqGoDelete(vfs C.uintptr_t, name *C.char, sync C.int) C.int {
	v := vfsOf(vfs)
	if v == nil {
		return C.SQLITE_CANTOPEN
	}
	return code(v.Delete(C.GoString(name), sync != 0))
}

//export lqGoAccess
func lqGoAccess(vfs C.uintptr_t, name *C.char, what C.int, out *C.int) C.int {
	v := vfsOf(vfs)
	if v == nil {
		return C.SQLITE_CANTOPEN
	}
	yes, failure := v.Access(C.GoString(name), int(what))
	*out = cbool(yes)
	return code(failure)
}

//export lqGoFullPathname
func lqGoFullPathname(vfs C.uintptr_t, name *C.char, n C.int, out *C.char) C.int {
	v := vfsOf(vfs)
	if v == nil {
		return C.SQLITE_CANTOPEN
	}
	full, failure := v.FullPathname(C.GoString(name))
	if failure != nil {
		return code(failure)
	}
	room := unsafe.Slice((*byte)(unsafe.Pointer(out)), int(n))
	if len(full) >= len(room) {
		return C.SQLITE_CANTOPEN
	}
	room[copy(room, full)] = 0
	return C.SQLITE_OK
}

//export lqGoClose
func lqGoClose(file C.uintptr_t) C.int {
	f := fileOf(file)
	cgo.Handle(file).Delete()
	return code(f.Close())
}

//export lqGoRead
func lqGoRead(file C.uintptr_t, p unsafe.Pointer, n C.int, off C.int64_t) C.int {
	return code(fileOf(file).Read(unsafe.Slice((*byte)(p), int(n)), int64(off)))
}

//export lqGoWrite
func lqGoWrite(file C.uintptr_t, p unsafe.Pointer, n C.int, off C.int64_t) C.int {
	return code(fileOf(file).Write(unsafe.Slice((*byte)(p), int(n)), int64(off)))
}

//export lqGoTruncate
func lqGoTruncate(file C.uintptr_t, size C.int64_t) C.int {
	return code(fileOf(file).Truncate(int64(size)))
}

//export lqGoSync
func lqGoSync(file C.uintptr_t, flags C.int) C.int { return code(fileOf(file).Sync(int(flags))) }

//export lqGoSize
func lqGoSize(file C.uintptr_t, out *C.int64_t) C.int {
	n, failure := fileOf(file).Size()
	*out = C.int64_t(n)
	return code(failure)
}

//export lqGoLock
func lqGoLock(file C.uintptr_t, level C.int) C.int { return code(fileOf(file).Lock(int(level))) }

//export lqGoUnlock
func lqGoUnlock(file C.uintptr_t, level C.int) C.int { return code(fileOf(file).Unlock(int(level))) }

//export lqGoCheckReserved
func lqGoCheckReserved(file C.uintptr_t, out *C.int) C.int {
	yes, failure := fileOf(file).CheckReservedLock()
	*out = cbool(yes)
	return code(failure)
}

//export lqGoSectorSize
func lqGoSectorSize(file C.uintptr_t) C.int { return C.int(fileOf(file).SectorSize()) }

//export lqGoTraits
func lqGoTraits(file C.uintptr_t) C.int { return C.int(fileOf(file).DeviceCharacteristics()) }

//export lqGoControl
func lqGoControl(file C.uintptr_t, op C.int, arg unsafe.Pointer) C.int {
	f := fileOf(file)
	if op == C.SQLITE_FCNTL_PRAGMA {
		var name, value *C.char
		C.lq_pragma_args(arg, &name, &value)
		result, failure := f.Pragma(C.GoString(name), C.GoString(value))
		switch {
		case failure == nil: // without a result the row's column would have no name
			return C.lq_pragma_result(arg, (*C.char)(first([]byte(result))), C.int(len(result)))
		case failure.Code != engine.CodeNotFound:
			return code(failure)
		}
	}
	return code(f.Control(int(op), arg))
}

//export lqGoShmMap
func lqGoShmMap(file C.uintptr_t, region, size, extend C.int, out unsafe.Pointer) (rc C.int) {
	p, failure := fileOf(file).ShmMap(int(region), int(size), extend != 0)
	if p != nil {
		// The library keeps the address. With GODEBUG=cgocheck=1, which is
		// Go's default, a slice of Go's heap panics here.
		defer func() {
			if r := recover(); r != nil {
				rc = code(&engine.VFSFailure{Code: C.SQLITE_IOERR_SHMMAP, Err: fmt.Errorf("ShmMap returned memory of Go's heap: %v", r)})
			}
		}()
		memory := first(p)
		C.lq_set_memory(out, &memory)
	}
	return code(failure)
}

//export lqGoShmLock
func lqGoShmLock(file C.uintptr_t, offset, n, flags C.int) C.int {
	return code(fileOf(file).ShmLock(int(offset), int(n), int(flags)))
}

//export lqGoShmUnmap
func lqGoShmUnmap(file C.uintptr_t, remove C.int) C.int {
	return code(fileOf(file).ShmUnmap(remove != 0))
}
