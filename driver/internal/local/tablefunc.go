//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "tablefunc.h"
*/
import "C"

import (
	"context"
	"errors"
	"math"
	"runtime/cgo"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// tableFunc is a table-valued function that the library holds the handle of.
type tableFunc struct {
	*engine.TableFunc
	f     *functions
	label string
}

// CreateTableFunc hands the function to the library.
func (c *conn) CreateTableFunc(def *engine.TableFunc) error {
	if err := c.settable(); err != nil {
		return err
	}
	if len(def.Params) > C.LQ_TABLE_PARAMS {
		return &engine.Error{Code: engine.CodeError, Offset: -1, Message: def.Name + " has too many parameters"}
	}
	f := c.functions()
	optional := 0
	var schema strings.Builder
	schema.WriteString("CREATE TABLE x(")
	for i, col := range def.Columns {
		if i > 0 {
			schema.WriteString(", ")
		}
		schema.WriteString(quoteName(col.Name) + " " + col.DeclType)
	}
	for i, p := range def.Params {
		// Without a type, so that no argument is converted.
		schema.WriteString(", " + quoteName(p.Name) + " HIDDEN")
		if p.Optional {
			optional |= 1 << i
		}
	}
	schema.WriteString(")")
	name, text := C.CString(def.Name), C.CString(schema.String())
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(text))
	if C.lq_table_create(c.p, name, text, C.int(len(def.Columns)), C.int(len(def.Params)), C.int(optional), C.int(def.Flags),
		hold(&tableFunc{def, f, def.Name + "()"})) != 0 {
		return c.failure("")
	}
	if !slices.ContainsFunc(f.tables, func(n string) bool { return sqltext.EqualFold(n, def.Name) }) {
		f.tables = append(f.tables, def.Name)
	}
	return nil
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// DropTableFunc forgets the function.
func (c *conn) DropTableFunc(name string) error {
	if err := c.settable(); err != nil {
		return err
	}
	f := c.functions()
	i := slices.IndexFunc(f.tables, func(n string) bool { return sqltext.EqualFold(n, name) })
	if i < 0 {
		return nil // a module of the library's own stays
	}
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	if C.lq_table_drop(c.p, cname) != 0 {
		return c.failure("")
	}
	f.tables = slices.Delete(f.tables, i, i+1)
	return nil
}

// How far a table-valued function runs ahead of the statement.
const (
	aheadRows  = 128
	aheadBytes = 64 << 10
)

// tableRows are the rows of one use of a table-valued function. They are made
// on a goroutine of their own, because the library comes back for each while a
// Go iterator wants to be run at one go.
type tableRows struct {
	fn     *tableFunc
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan struct{}
	ready  chan struct{} // rows have come
	room   chan struct{} // rows have been taken

	mu      sync.Mutex
	cells   []engine.Cell
	text    []byte
	rows    int
	waiting bool // for ready
	done    bool
	err     error
}

//export lqGoTableOpen
func lqGoTableOpen(h C.uintptr_t, a *C.lq_arg, n C.int, out *C.uintptr_t, r *C.lq_result) {
	fn := cgo.Handle(h).Value().(*tableFunc)
	f := fn.f
	returned := false
	f.enter()
	defer f.leave(fn.label, &returned, r)
	run, err := fn.Open(cells(a, n))
	returned = true
	if err != nil {
		f.fail(fn.label, err, r)
		return
	}
	t := &tableRows{fn: fn, ended: make(chan struct{}), ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
	t.ctx, t.cancel = context.WithCancel(f.ctx)
	*out = hold(t)
	go t.run(run)
}

var errExit = errors.New("its goroutine has ended (runtime.Goexit)")

// run makes the rows.
func (t *tableRows) run(make func(context.Context, func([]engine.Out) bool) error) {
	err := errExit
	defer close(t.ended)
	defer func() {
		if v := recover(); v != nil {
			err = &engine.Panic{Value: v, Stack: debug.Stack()}
		}
		t.mu.Lock()
		t.done, t.err = true, err
		t.mu.Unlock()
		signal(t.ready)
	}()
	if err = make(t.ctx, t.push); err == nil {
		err = t.ctx.Err() // it may have ended because of that, before its last row
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// push adds a row, and waits while there are many that nobody has taken. False:
// nobody is going to.
func (t *tableRows) push(row []engine.Out) bool {
	t.mu.Lock()
	for _, v := range row {
		c := engine.Cell{Num: v.Num, Type: v.Type}
		if v.Type == engine.CellText || v.Type == engine.CellBlob {
			c.Num, c.Len = int64(len(t.text)), uint32(len(v.Text))
			t.text = append(t.text, v.Text...)
		}
		t.cells = append(t.cells, c)
	}
	t.rows++
	full := t.rows >= aheadRows || len(t.text) >= aheadBytes
	wake := t.waiting
	t.waiting = false
	t.mu.Unlock()
	if wake {
		signal(t.ready)
	}
	for full {
		select {
		case <-t.ctx.Done():
			return false
		case <-t.room:
		}
		t.mu.Lock()
		full = t.rows >= aheadRows || len(t.text) >= aheadBytes
		t.mu.Unlock()
	}
	return t.ctx.Err() == nil
}

// wait returns when there are rows, or none are going to come.
func (t *tableRows) wait() {
	for {
		t.mu.Lock()
		if t.rows > 0 || t.done {
			t.mu.Unlock()
			return
		}
		t.waiting = true
		t.mu.Unlock()
		select {
		case <-t.ready:
		case <-t.ctx.Done():
			return
		}
	}
}

//export lqGoTableNext
func lqGoTableNext(h C.uintptr_t, b *C.lq_table_block, r *C.lq_result) {
	t := cgo.Handle(h).Value().(*tableRows)
	f := t.fn.f
	f.enter()
	defer func() { f.depth-- }()
	t.wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.rows == 0 && !t.done:
		f.fail(t.fn.label, t.ctx.Err(), r)
		return
	case t.rows == 0 && t.err != nil:
		f.fail(t.fn.label, t.err, r)
		return
	case len(t.text) > math.MaxInt32:
		f.fail(t.fn.label, &engine.Error{Code: engine.CodeTooBig, Message: "string or blob too big"}, r)
		return
	}
	b.nrow = C.int(t.rows)
	b.done = cbool(t.done && t.err == nil)
	size := len(t.cells) * argSize
	if C.lq_put(&b.cells, unsafe.Pointer(unsafe.SliceData(t.cells)), C.size_t(size)) == 0 ||
		C.lq_put(&b.text, unsafe.Pointer(unsafe.SliceData(t.text)), C.size_t(len(t.text))) == 0 {
		r.code = C.SQLITE_NOMEM
		return
	}
	t.cells, t.text, t.rows = t.cells[:0], t.text[:0], 0
	if cap(t.text) > 4*aheadBytes {
		t.text = nil
	}
	signal(t.room)
}

//export lqGoTableClose
func lqGoTableClose(h C.uintptr_t) {
	t := cgo.Handle(h).Value().(*tableRows)
	t.cancel()
	<-t.ended
	lqGoRelease(h)
}
