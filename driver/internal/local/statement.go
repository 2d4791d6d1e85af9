//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// statement is a compiled statement that its user binds and steps by hand.
//
// Arguments are written where SQLite reads them, and rows are read where C
// has packed them, so that a run crosses into C once for every block of rows.
type statement struct {
	c   *conn
	ctx context.Context
	s   *stmt // nil when closed

	used int // bytes of texts and blobs behind the arguments

	run    bool // under way
	open   bool // it stands on a row in C, and is among the connection's cursors
	row    *engine.Cell
	ncol   int
	left   int   // rows of the block behind the row
	err    error // behind the rows of the block
	result engine.Result
	total  engine.Counters // what a tracer has taken
}

var (
	errStatementClosed = errors.New("libsql: statement is closed")
	errStatementRuns   = errors.New("libsql: the statement stands on a row: read to the end, or Reset it")
)

// Statement compiles the only statement of the text.
func (c *conn) Statement(ctx context.Context, sql string) (engine.Statement, error) {
	switch {
	case c.p == nil:
		return nil, driver.ErrBadConn
	case ctx.Err() != nil:
		return nil, engine.Cancelled(ctx)
	}
	if n := len(sqltext.Split(sql)); n != 1 {
		return nil, &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported,
			Message: "a text of " + strconv.Itoa(n) + " statements is not kept compiled", Hint: "it takes one statement: run the text with ExecContext"}
	}
	if class := sqltext.Classify(sql); !class.Repeats() && class.Verb != sqltext.Other && !class.Transaction() {
		return nil, &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported,
			Message: class.Verb.String() + " is not kept compiled", Hint: "run it with ExecContext or QueryContext"}
	}
	s, _, err := c.compile(ctx, sql, owned)
	if err != nil {
		return nil, err
	}
	h := &statement{c: c, ctx: ctx, s: s}
	s.total = &h.total
	if err := h.rearm(); err != nil {
		s.release()
		return nil, err
	}
	// The context is watched once and not for each run, which would cost more
	// than a small run does.
	s.watched = true
	s.watch = startWatch(ctx, (*int32)(unsafe.Pointer(&s.p.cancel)))
	if c.handles == nil {
		c.handles = map[*statement]struct{}{}
	}
	c.handles[h] = struct{}{}
	return h, nil
}

// Close releases the statement.
func (h *statement) Close() error {
	if h.s == nil {
		return nil
	}
	if h.c.inside() {
		return errInside
	}
	err := h.Reset()
	delete(h.c.handles, h)
	h.s.release()
	h.s = nil
	return err
}

// Params are the names of the parameters.
func (h *statement) Params() []string {
	if h.s == nil {
		return nil
	}
	return h.s.ParamNames()
}

// Columns are those of the last run, or of the next one.
func (h *statement) Columns() ([]engine.Column, error) {
	if h.s == nil {
		return nil, errStatementClosed
	}
	return h.s.columns()
}

// ---- arguments ----

func (h *statement) args() []engine.Cell {
	return unsafe.Slice((*engine.Cell)(unsafe.Pointer(h.s.p.args)), h.s.NParam())
}

// rearm makes every parameter one without an argument. The run that is under
// way keeps its own: SQLite has the numbers, and texts are written behind the
// last one.
func (h *statement) rearm() error {
	if h.s.NParam() == 0 {
		return nil
	}
	if err := h.room(0); err != nil {
		return err
	}
	args := h.args()
	for i := range args {
		args[i].Type = engine.CellUnbound
	}
	return nil
}

// room makes room for bytes behind the arguments.
func (h *statement) room(bytes int) error {
	size := h.s.NParam()*argSize + bytes
	if size > int(h.s.p.args_cap) && C.lq_args_room(h.s.p, C.size_t(size)) == nil {
		return errNoMemory
	}
	return nil
}

// Arg is where an argument goes.
func (h *statement) Arg(i int) *engine.Cell {
	if h.s == nil || h.run || uint(i) >= uint(h.s.NParam()) || h.s.p.args == nil {
		return nil
	}
	return (*engine.Cell)(unsafe.Add(unsafe.Pointer(h.s.p.args), i*argSize))
}

// Refuses tells why a parameter takes no argument.
func (h *statement) Refuses(i int) error {
	switch {
	case h.s == nil:
		return errStatementClosed
	case h.run:
		return errStatementRuns
	case h.Arg(i) == nil:
		return fmt.Errorf("libsql: no parameter %d: the statement has %d", i+1, h.s.NParam())
	}
	return nil
}

// SetBytes copies a text or blob to where SQLite will read it. One that takes
// the place of a longer one of the same parameter uses its room.
func (h *statement) SetBytes(i int, cellType uint32, bytes string) error {
	a := h.Arg(i)
	if a == nil {
		return h.Refuses(i)
	}
	if len(bytes) > math.MaxInt32 {
		return &engine.Error{Code: engine.CodeTooBig, Offset: -1, Message: "string or blob too big"}
	}
	at := h.used
	if t := a.Type; (t == engine.CellText || t == engine.CellBlob) && int(a.Len) >= len(bytes) {
		at = int(a.Num)
	} else {
		if err := h.room(h.used + len(bytes)); err != nil {
			return err
		}
		h.used += len(bytes)
		a = h.Arg(i)
	}
	base := unsafe.Add(unsafe.Pointer(h.s.p.args), h.s.NParam()*argSize+at)
	copy(unsafe.Slice((*byte)(base), len(bytes)), bytes)
	*a = engine.Cell{Num: int64(at), Len: uint32(len(bytes)), Type: cellType}
	return nil
}

// Unbind forgets the arguments that no run has taken.
func (h *statement) Unbind() {
	if h.s != nil && !h.run {
		h.used = 0
		h.rearm()
	}
}

// bound checks that every parameter has an argument.
func (h *statement) bound() error {
	if h.s.NParam() == 0 {
		return nil
	}
	for i, a := range h.args() {
		if a.Type == engine.CellUnbound {
			name := h.s.ParamNames()[i]
			if name == "" {
				name = "?" + strconv.Itoa(i+1)
			}
			return fmt.Errorf("libsql: parameter %s has no argument: each run takes its own", name)
		}
	}
	return nil
}

// ---- runs ----

// Running tells that a run is under way.
func (h *statement) Running() bool { return h.run }

// Result is what the last run did.
func (h *statement) Result() engine.Result { return h.result }

// Exec runs the statement and discards its rows.
func (h *statement) Exec() error {
	switch {
	case h.s == nil:
		return errStatementClosed
	case h.run:
		return errStatementRuns
	}
	h.result = engine.Result{}
	err := h.bound()
	if err == nil {
		h.result, err = h.c.execStmt(h.ctx, h.s, nil)
	}
	return h.ran(err)
}

// ran forgets the arguments of a run that has ended.
func (h *statement) ran(err error) error {
	if h.result.Counters != nil {
		h.total.Add(h.result.Counters)
	}
	h.used = 0
	if e := h.rearm(); err == nil {
		err = e
	}
	return err
}

// Next goes to the next row.
func (h *statement) Next() (bool, error) {
	if h.left > 0 {
		h.left--
		h.row = (*engine.Cell)(unsafe.Add(unsafe.Pointer(h.row), h.ncol*argSize))
		return true, nil
	}
	return h.nextBlock()
}

func (h *statement) nextBlock() (bool, error) {
	h.row = nil
	var err error
	switch {
	case h.s == nil:
		return false, errStatementClosed
	case !h.run:
		err = h.start()
	case h.open:
		if err = h.ctx.Err(); err != nil {
			h.Reset()
			return false, engine.Cancelled(h.ctx)
		}
		err = h.fetch(0, nextBlock)
	default:
		err, h.err = h.err, nil
	}
	if h.row != nil {
		return true, nil
	}
	h.run = false
	return false, h.ran(err)
}

// start begins a run.
func (h *statement) start() error {
	h.result = engine.Result{}
	if err := h.bound(); err != nil {
		return err
	}
	if skip, err := h.c.ready(h.ctx, h.s, nil); skip {
		return err
	}
	h.run, h.s.running = true, true
	return h.fetch(C.LQ_START, firstBlock)
}

// fetch gets the next block. A failure behind rows is kept until they are read.
func (h *statement) fetch(flags, maxrow int) error {
	c, s := h.c, h.s
	done, err := c.step(h.ctx, s, flags|C.LQ_CELLS, maxrow)
	n := int(c.p.nrow)
	h.result.Rows += int64(n)
	switch {
	case !done && !h.open:
		h.open = true
		c.cursors = append(c.cursors, h)
	case done:
		h.finish(err)
	}
	if n > 0 {
		h.row, h.ncol, h.left = (*engine.Cell)(unsafe.Pointer(s.p.cells.p)), int(s.p.ncol), n-1
		if h.ctx.Err() == nil {
			h.err, err = err, nil
		}
	}
	return err
}

// finish notes the end of the run in C, where the statement has been reset.
func (h *statement) finish(err error) {
	var r engine.Result
	if err == nil {
		h.c.outcome(h.s, &r)
	} else {
		h.s.cost(&r)
	}
	add(&h.result, &r)
	if h.open {
		h.open = false
		h.c.forget(h)
	}
	h.c.leaveAfter(h.s, err)
}

// Reset ends the run that is under way. What it wrote is committed here.
func (h *statement) Reset() error {
	if h.s == nil || !h.run {
		return nil
	}
	if h.c.inside() {
		return errInside
	}
	err := h.end()
	h.run, h.row, h.left, h.err = false, nil, 0, nil
	return h.ran(err)
}

func (h *statement) end() (err error) {
	if !h.open {
		return nil
	}
	wasOpen := !h.c.autocommit()
	if h.c.cut(h.s) {
		err = h.c.failure(h.s.text)
	}
	h.c.settled(h.s, wasOpen, err)
	h.finish(err)
	return err
}

// abandon ends the run for good; its user learns of it from Next.
func (h *statement) abandon() {
	h.end()
	h.row, h.left, h.err = nil, 0, errAbandoned
}

func (h *statement) queues() bool { return h.s.queues }

// ---- rows ----

// Cell is a column of the row.
func (h *statement) Cell(i int) *engine.Cell {
	if h.row == nil || uint(i) >= uint(h.ncol) {
		return nil
	}
	return (*engine.Cell)(unsafe.Add(unsafe.Pointer(h.row), i*argSize))
}

// Bytes are those of a text or blob of the row.
func (h *statement) Bytes(cell *engine.Cell) []byte {
	if cell.Len == 0 {
		return []byte{}
	}
	p := unsafe.Add(unsafe.Pointer(h.s.p.text.p), cell.Num)
	if cell.Type&C.LQ_LONG != 0 {
		p = cPointer(&cell.Num)
	}
	return unsafe.Slice((*byte)(p), cell.Len)
}

// Counters are the counts of all runs.
func (h *statement) Counters() (engine.Counters, error) {
	if h.s == nil {
		return engine.Counters{}, errStatementClosed
	}
	sum := h.s.readCounters(0)
	sum.RowsWritten += int64(h.s.p.written_earlier)
	total := h.total
	total.Reprepares = 0 // what was taken is in the sum
	total.Add(&sum)
	return total, nil
}
