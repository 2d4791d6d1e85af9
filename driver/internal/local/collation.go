//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "func.h"
*/
import "C"

import (
	"runtime/cgo"
	"runtime/debug"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// collation is an order in Go that the library holds the handle of.
type collation struct {
	f       *functions
	label   string // how errors name it
	compare func(a, b string) int
}

// CreateCollation hands the order to the library.
func (c *conn) CreateCollation(name string, compare func(a, b string) int) error {
	if err := c.settable(); err != nil {
		return err
	}
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	f := c.functions()
	var rc C.int
	if compare == nil {
		rc = C.lq_collation_drop(c.p, cname)
	} else {
		rc = C.lq_collation_create(c.p, cname, hold(&collation{f, "collation " + name, compare}))
	}
	if rc != 0 {
		return c.busyFunction(name)
	}
	return nil
}

//export lqGoCompare
func lqGoCompare(h C.uintptr_t, a unsafe.Pointer, na C.int, b unsafe.Pointer, nb C.int) C.int {
	l := cgo.Handle(h).Value().(*collation)
	f := l.f
	returned := false
	f.enter()
	defer func() {
		var v any
		if !returned {
			if v = recover(); v != nil {
				// The library takes no error from a comparison.
				C.lq_hold(f.c.p)
				text := f.note(l.label, &engine.Panic{Value: v, Stack: debug.Stack()})
				C.lq_put(&f.c.p.fault, unsafe.Pointer(unsafe.StringData(text)), C.size_t(len(text)))
			}
		}
		f.calls.leave(returned, v)
	}()
	n := l.compare(lent(a, na), lent(b, nb))
	returned = true
	return C.int(max(-1, min(1, n)))
}

// lent copies a text that is lent.
func lent(p unsafe.Pointer, n C.int) string { return C.GoStringN((*C.char)(p), n) }
