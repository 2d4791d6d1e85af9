//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "func.h"

*/
import "C"

import (
	"context"
	"database/sql/driver"
	"errors"
	"math"
	"runtime/cgo"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

var _ engine.Functions = (*conn)(nil)

// functions are those in Go of a connection. The library calls them while the
// connection runs a statement, on the goroutine that runs it.
type functions struct {
	*calls

	names  []funcName
	tables []string                    // table-valued
	states map[uint64]engine.FuncState // of aggregates that have begun
	last   uint64

	// What failed last: the library passes on only its text.
	err     error
	message string
}

// funcName is what the library knows a function by.
type funcName struct {
	name  string
	nargs int
}

// function is a function in Go that the library holds the handle of.
type function struct {
	*engine.Function
	f     *functions
	label string // how errors name it
}

// held counts what the library holds handles of.
var held atomic.Int64

// Held is how many functions in Go, aggregates that have begun and open
// cursors there are in the process.
func Held() int64 { return held.Load() }

func hold(v any) C.uintptr_t {
	held.Add(1)
	return C.uintptr_t(cgo.NewHandle(v))
}

//export lqGoRelease
func lqGoRelease(h C.uintptr_t) {
	held.Add(-1)
	cgo.Handle(h).Delete()
}

func (c *conn) functions() *functions {
	if c.funcs == nil {
		c.funcs = &functions{calls: c.callsGo(), states: map[uint64]engine.FuncState{}}
	}
	return c.funcs
}

// settable checks that functions and hooks of the connection can be changed now.
func (c *conn) settable() error {
	if c.p == nil || c.p.broken != 0 {
		return driver.ErrBadConn
	}
	return c.checkInside()
}

// CreateFunction hands the function to the library.
func (c *conn) CreateFunction(def *engine.Function) error {
	if err := c.settable(); err != nil {
		return err
	}
	f := c.functions()
	name := C.CString(def.Name)
	defer C.free(unsafe.Pointer(name))
	h := hold(&function{def, f, def.Name + "()"})
	var rc C.int
	if def.Call != nil {
		rc = C.lq_func_create(c.p, name, C.int(def.NArg), C.int(def.Flags), h)
	} else {
		rc = C.lq_func_create_aggregate(c.p, name, C.int(def.NArg), C.int(def.Flags), cbool(def.Window), h)
	}
	if rc != 0 {
		return c.busyFunction(def.Name)
	}
	key := funcName{def.Name, def.NArg}
	if !f.has(key) {
		f.names = append(f.names, key)
	}
	return nil
}

func (f *functions) has(key funcName) bool {
	for _, n := range f.names {
		if n.nargs == key.nargs && sqltext.EqualFold(n.name, key.name) {
			return true
		}
	}
	return false
}

// busyFunction is the failure of a change of a function.
func (c *conn) busyFunction(name string) error {
	e := c.failure("")
	if e.Code&0xff == engine.CodeBusy {
		e.Message += ": " + name
		e.Hint = "close the rows that are open on the connection before"
	}
	return e
}

// DropFunction forgets the functions of the name.
func (c *conn) DropFunction(name string) error {
	if err := c.settable(); err != nil {
		return err
	}
	f := c.functions()
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	var left []funcName
	for i, n := range f.names {
		if !sqltext.EqualFold(n.name, name) {
			left = append(left, n)
			continue
		}
		if C.lq_func_drop(c.p, cname, C.int(n.nargs)) != 0 {
			f.names = append(left, f.names[i:]...)
			return c.busyFunction(name)
		}
	}
	f.names = left
	return nil
}

// ---- calls ----

// leave ends a call, and contains its panic.
func (f *functions) leave(label string, returned *bool, r *C.lq_result) {
	var v any
	if !*returned {
		if v = recover(); v != nil {
			f.fail(label, &engine.Panic{Value: v, Stack: debug.Stack()}, r)
		}
	}
	f.calls.leave(*returned, v)
}

// fail makes the error the result of the call.
func (f *functions) fail(label string, err error, r *C.lq_result) {
	code := engine.CodeError
	if e, ok := err.(*engine.Error); ok {
		code = e.Code
	} else if cause := f.ctx.Err(); cause != nil && errors.Is(err, cause) {
		code = engine.CodeInterrupt // it ended because the statement is to end
	}
	message := f.note(label, err)
	r.code = C.int(code)
	if !putBytes(r, message) {
		r.code = C.SQLITE_NOMEM
	}
}

// note keeps the error, and returns the text that the library is to pass on.
func (f *functions) note(label string, err error) string {
	f.err, f.message = err, strings.ToValidUTF8(strings.ReplaceAll(label+": "+err.Error(), "\x00", "�"), "�")
	return f.message
}

// addFuncError adds to an error the one of the function in Go that it tells.
func (c *conn) addFuncError(e *engine.Error) {
	if f := c.funcs; f != nil && f.err != nil && e.Message == f.message {
		if inner, ok := f.err.(*engine.Error); ok {
			e.Hint = inner.Hint
		} else {
			e.Cause = f.err
		}
	}
}

// putBytes copies bytes to where C reads them.
func putBytes(r *C.lq_result, s string) bool {
	r.n = C.uint32_t(len(s))
	if len(s) <= len(r.near) {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&r.near)), len(s)), s)
		return true
	}
	r.far = C.malloc(C.size_t(len(s)))
	if r.far == nil {
		r.n = 0
		return false
	}
	copy(unsafe.Slice((*byte)(r.far), len(s)), s)
	return true
}

// give makes the value the result of the call.
func give(out *engine.Out, r *C.lq_result) error {
	switch out.Type {
	case engine.CellText, engine.CellBlob:
		if len(out.Text) > math.MaxInt32 {
			return &engine.Error{Code: engine.CodeTooBig, Message: "string or blob too big"}
		}
		if !putBytes(r, out.Text) {
			return &engine.Error{Code: C.SQLITE_NOMEM, Message: "out of memory"}
		}
	default:
		r.v = C.int64_t(out.Num)
	}
	r._type = C.uint32_t(out.Type)
	return nil
}

func funcOf(h C.uintptr_t) *function { return cgo.Handle(h).Value().(*function) }

func cells(a *C.lq_arg, n C.int) []engine.Cell {
	return unsafe.Slice((*engine.Cell)(unsafe.Pointer(a)), int(n))
}

//export lqGoCall
func lqGoCall(h C.uintptr_t, a *C.lq_arg, n C.int, r *C.lq_result) {
	fn := funcOf(h)
	returned := false
	fn.f.enter()
	defer fn.f.leave(fn.label, &returned, r)
	var out engine.Out
	err := fn.Call(fn.f.ctx, cells(a, n), &out)
	returned = true
	if err == nil {
		err = give(&out, r)
	}
	if err != nil {
		fn.f.fail(fn.label, err, r)
	}
}

//export lqGoStep
func lqGoStep(h C.uintptr_t, id *C.uint64_t, a *C.lq_arg, n, inverse C.int, r *C.lq_result) {
	fn := funcOf(h)
	f := fn.f
	returned := false
	f.enter()
	defer f.leave(fn.label, &returned, r)
	state := f.states[uint64(*id)]
	var err error
	if state == nil {
		if state, err = fn.New(f.ctx); err == nil {
			held.Add(1)
			f.last++
			*id = C.uint64_t(f.last)
			f.states[f.last] = state
		}
	}
	if err == nil {
		if inverse == 0 {
			err = state.Step(f.ctx, cells(a, n))
		} else {
			err = state.Inverse(f.ctx, cells(a, n))
		}
	}
	returned = true
	if err != nil {
		f.fail(fn.label, err, r)
	}
}

//export lqGoValue
func lqGoValue(h C.uintptr_t, id C.uint64_t, broken, final C.int, r *C.lq_result) {
	if broken != 0 {
		return
	}
	fn := funcOf(h)
	f := fn.f
	if f.c.p.broken != 0 {
		f.abandonState(uint64(id))
		return
	}
	returned := false
	f.enter()
	defer f.leave(fn.label, &returned, r)
	state := f.states[uint64(id)]
	var err error
	if state == nil { // of no rows
		state, err = fn.New(f.ctx)
	} else if final != 0 {
		held.Add(-1)
		delete(f.states, uint64(id))
	}
	var out engine.Out
	switch {
	case err != nil:
	case final != 0:
		err = state.Final(f.ctx, &out)
	case id != 0:
		err = state.Value(f.ctx, &out)
	default:
		err = f.emptyWindow(state, &out)
	}
	returned = true
	if err == nil {
		err = give(&out, r)
	}
	if err != nil {
		f.fail(fn.label, err, r)
	}
}

// emptyWindow is the value of one, of which the library keeps no state.
func (f *functions) emptyWindow(state engine.FuncState, out *engine.Out) (err error) {
	defer func() { // after a panic, too
		var unused engine.Out
		err = errors.Join(err, state.Final(f.ctx, &unused))
	}()
	return state.Value(f.ctx, out)
}

// abandonState calls the Final of a state whose connection is closed because a
// call has ended its goroutine. What was called then may do so again, and has
// a goroutine to end.
func (f *functions) abandonState(id uint64) {
	state := f.states[id]
	if state == nil {
		return // it was the Final of this one
	}
	held.Add(-1)
	delete(f.states, id)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // there is no statement to tell
		var unused engine.Out
		_ = state.Final(context.Background(), &unused)
	}()
	<-done
}
