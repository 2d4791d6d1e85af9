//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "vfs.h"
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// VFSes returns what the library does with VFSes, and loads it.
func VFSes() (engine.VFSLibrary, error) {
	if err := load(); err != nil {
		return nil, err
	}
	return &registry, nil
}

// registry knows the VFSes in Go.
var registry vfsRegistry

type vfsRegistry struct {
	mu     sync.Mutex
	byName map[string]*goVFS
	// The library may still look at a VFS that is no longer registered, in a
	// thread that found it just before. It is for the next one of its name.
	unused map[string][]*C.lq_govfs
}

// goVFS is a registered VFS in Go.
type goVFS struct {
	c      *C.lq_govfs
	handle cgo.Handle
	v      engine.VFS
	system bool // its files are the operating system's
}

// cipherPrefix is what the codec's VFS on top of another adds to its name.
const cipherPrefix = "multipleciphers-"

// memdb is SQLite's VFS of databases in memory.
const memdb = "memdb"

func findVFS(name string) *C.sqlite3_vfs {
	if name == "" {
		return C.sqlite3_vfs_find(nil)
	}
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	return C.sqlite3_vfs_find(cname)
}

func (*vfsRegistry) List() (names []string) {
	opening.RLock() // nobody unregisters meanwhile
	defer opening.RUnlock()
	for v := findVFS(""); v != nil; v = v.pNext {
		if name := C.GoString(v.zName); name != memVFS {
			names = append(names, name)
		}
	}
	return names
}

func (r *vfsRegistry) Find(name string) engine.VFS {
	r.mu.Lock()
	g := r.byName[name]
	r.mu.Unlock()
	if g != nil {
		return g.v
	}
	if v := findVFS(name); v != nil && name != memVFS {
		return baseVFS{v}
	}
	return nil
}

func (r *vfsRegistry) Register(name string, v engine.VFS, system bool) error {
	switch {
	case name == "" || strings.ContainsAny(name, "\x00"):
		return vfsError(C.SQLITE_MISUSE, "the name of a VFS is empty or has a NUL byte")
	case strings.HasPrefix(name, cipherPrefix):
		return vfsError(C.SQLITE_MISUSE, "a VFS named "+name+": names that begin with "+cipherPrefix+" are the codec's")
	}
	opening.Lock()
	defer opening.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if findVFS(name) != nil {
		return vfsError(C.SQLITE_MISUSE, "a VFS named "+name+" is registered already")
	}
	if r.byName == nil {
		r.byName, r.unused = map[string]*goVFS{}, map[string][]*C.lq_govfs{}
	}
	var c *C.lq_govfs
	free := r.unused[name]
	if i := slices.IndexFunc(free, func(c *C.lq_govfs) bool { return C.lq_govfs_files(c) == 0 }); i >= 0 {
		c = free[i]
		r.unused[name] = slices.Delete(free, i, i+1)
	} else if c = C.lq_govfs_new(C.CString(name)); c == nil {
		return errNoMemory
	}
	h := cgo.NewHandle(v)
	if rc := C.lq_govfs_register(c, C.uintptr_t(h)); rc != 0 {
		h.Delete()
		r.unused[name] = append(r.unused[name], c)
		return vfsError(int(rc), "the VFS "+name+" cannot be registered")
	}
	r.byName[name] = &goVFS{c, h, v, system}
	return nil
}

func (r *vfsRegistry) Unregister(name string) error {
	opening.Lock()
	defer opening.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.byName[name]
	if g == nil {
		return vfsError(C.SQLITE_NOTFOUND, "no VFS in Go is registered as "+name)
	}
	if n := C.lq_govfs_files(g.c); n > 0 {
		return vfsError(engine.CodeBusy, fmt.Sprintf("the VFS %s has %d open files: close their databases first", name, n))
	}
	if C.GoString(findVFS("").zName) == cipherPrefix+name {
		r.setDefault("unix")
	}
	if findVFS(cipherPrefix+name) != nil {
		cname := C.CString(cipherPrefix + name)
		C.sqlite3mc_vfs_destroy(cname)
		C.free(unsafe.Pointer(cname))
	}
	C.lq_govfs_unregister(g.c)
	g.c.handle = 0
	g.handle.Delete()
	r.unused[name] = append(r.unused[name], g.c)
	delete(r.byName, name)
	return nil
}

func (r *vfsRegistry) SetDefault(name string) error {
	opening.Lock()
	defer opening.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.setDefault(name)
}

// setDefault makes the codec's VFS on top of the named one the default.
func (r *vfsRegistry) setDefault(name string) error {
	if name == "" {
		name = "unix"
	}
	name = strings.TrimPrefix(name, cipherPrefix)
	if findVFS(name) == nil {
		return noSuchVFS(name)
	}
	if g := r.byName[name]; name == memdb || g != nil && !g.system {
		return &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported,
			Message: "the VFS " + name + " as the default one is not supported",
			Hint:    "its files are not the operating system's: name it in the databases that it is for"}
	}
	if err := makeCipherVFS(cipherPrefix + name); err != nil {
		return err
	}
	if rc := C.sqlite3_vfs_register(findVFS(cipherPrefix+name), 1); rc != 0 {
		return vfsError(int(rc), "the VFS "+name+" cannot be made the default one")
	}
	return nil
}

func (*vfsRegistry) Alloc(n int) []byte {
	p := C.calloc(1, C.size_t(n))
	if p == nil {
		return nil
	}
	return unsafe.Slice((*byte)(p), n)
}

func (*vfsRegistry) Free(p []byte) { C.free(first(p)) }

// virtual tells that the files of the VFS are not the operating system's, and
// their names no paths of it.
func (r *vfsRegistry) virtual(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.byName[strings.TrimPrefix(name, cipherPrefix)]
	return name == memdb || g != nil && !g.system
}

// makeCipherVFS makes the codec's VFS of that name if it is missing and what it
// stands on is there.
func makeCipherVFS(name string) error {
	below, ok := strings.CutPrefix(name, cipherPrefix)
	if !ok || findVFS(name) != nil || findVFS(below) == nil || below == memVFS {
		return nil
	}
	cname := C.CString(below)
	defer C.free(unsafe.Pointer(cname))
	if rc := C.sqlite3mc_vfs_create(cname, 0); rc != 0 {
		return vfsError(int(rc), "the codec cannot be put on the VFS "+below)
	}
	return nil
}

func noSuchVFS(name string) error {
	return &engine.Error{Code: engine.CodeError, Offset: -1, Message: "no such vfs: " + name,
		Hint: "delete the vfs parameter, or register that VFS first"}
}

func vfsError(code int, message string) error {
	return &engine.Error{Code: code, Offset: -1, Message: message}
}
