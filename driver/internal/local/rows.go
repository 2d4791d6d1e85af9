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
	"io"

	"github.com/gorm-libsql/libsql/driver/internal/bind"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Rows that one crossing fetches: few at first, because most queries want
// few, then many. One less than a power of two leaves room for the header of
// Go's allocator, so that the array of the strings is not rounded up.
const (
	firstBlock = 15
	nextBlock  = 127
)

// rows are the rows of a text, one statement after the other.
type rows struct {
	c    *conn
	ctx  context.Context
	s    *stmt // the statement that runs; nil between and after statements
	cols []engine.Column
	// plain: no column is a bool or a time.
	plain bool

	sql, rest string // of a text with several statements
	args      *bind.Text

	block
	more   bool  // the statement has not ended
	err    error // behind the rows of the block
	undone bool  // err has undone what the statement wrote
	result engine.Result
	counts *engine.Counters // of result, if a tracer wants them

	text  string               // of the statement that cols are of
	facts []engine.ColumnFacts // of cols, once they were asked for
}

// Query runs the text up to its first statement that returns rows.
func (c *conn) Query(ctx context.Context, sql string, args []driver.NamedValue) (engine.Rows, error) {
	s, rest, t, err := c.begin(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	r := c.newRows(ctx)
	switch {
	case s == nil:
		return r, nil
	case t == nil:
		err = r.run(s, args)
	default:
		r.sql, r.rest, r.args = sql, rest, t
		err = r.runTo(s)
	}
	if err != nil && err != io.EOF {
		return r, err
	}
	return r, nil
}

// newRows takes the rows that were closed last: nobody holds them, and most
// queries end before the next begins.
func (c *conn) newRows(ctx context.Context) *rows {
	r := c.spare
	if c.spare = nil; r == nil {
		r = &rows{c: c}
	}
	r.ctx, r.result = ctx, engine.Result{}
	return r
}

// add sums up.
func (r *rows) add(res *engine.Result) {
	if n := res.Counters; n != nil && r.result.Counters == nil {
		if r.counts == nil {
			r.counts = new(engine.Counters)
		}
		*r.counts, res.Counters = *n, nil
		r.result.Counters = r.counts
	}
	add(&r.result, res)
}

// run runs the only statement of a text.
func (r *rows) run(s *stmt, args []driver.NamedValue) (err error) {
	if s.rowless() {
		res, err := r.c.execSingle(r.ctx, s, args)
		r.add(&res)
		return err
	}
	if args, err = bind.Arrange(s, args); err != nil {
		r.c.unused(s)
		return err
	}
	return r.start(s, args)
}

// runTo runs s and the statements after it up to the first that returns rows.
func (r *rows) runTo(s *stmt) error {
	for s != nil {
		part, err := r.args.Take(s)
		if err != nil {
			r.c.unused(s)
			return err
		}
		if !s.rowless() {
			return inText(r.start(s, part), r.sql, r.rest, s)
		}
		res, err := r.c.execStmt(r.ctx, s, part)
		r.add(&res)
		if err != nil {
			return inText(err, r.sql, r.rest, s)
		}
		if s, r.rest, err = r.c.compileNext(r.ctx, r.rest); err != nil {
			return inText(err, r.sql, r.rest, nil)
		}
	}
	return io.EOF
}

// start begins a statement and fetches its first block.
func (r *rows) start(s *stmt, args []driver.NamedValue) error {
	c := r.c
	if skip, err := c.ready(r.ctx, s, args); skip {
		return err
	}
	cols, err := s.columns() // before the run: which texts are times must be known
	if err != nil {
		c.unused(s)
		return err
	}
	s.running = true
	r.s, r.text, r.cols, r.plain, r.more = s, s.text, cols, s.plain, true
	c.cursors = append(c.cursors, r)
	return r.fetch(C.LQ_START, firstBlock)
}

// fetch gets the next block. A failure behind rows is kept until they are read.
func (r *rows) fetch(flags, maxrow int) error {
	c, s := r.c, r.s
	done, err := c.step(r.ctx, s, flags, maxrow)
	n := int64(c.p.nrow)
	if n > 0 || err == nil {
		r.result.Rows += n
		if !s.haveCol {
			// Reading the columns overwrites nothing of the block.
			cols, cerr := s.columns()
			if cerr != nil {
				return errors.Join(cerr, r.end())
			}
			r.cols, r.plain = cols, s.plain
		}
		r.read()
	}
	if done {
		r.finish(err)
	}
	if err != nil && n > 0 && r.ctx.Err() == nil {
		r.err, r.undone, err = err, !s.readonly, nil
	}
	return err
}

// finish notes the end of the statement, which has been reset.
func (r *rows) finish(err error) {
	c, s := r.c, r.s
	r.more = false
	var res engine.Result
	if err == nil {
		c.outcome(s, &res)
	} else {
		s.cost(&res)
	}
	r.add(&res)
	c.forget(r)
	c.retire(s)
	c.leaveAfter(s, err)
	r.s = nil
}

func (r *rows) queues() bool { return r.s.queues }

// forget takes a cursor out of the open ones.
func (c *conn) forget(r cursor) {
	for i := len(c.cursors) - 1; i >= 0; i-- {
		if c.cursors[i] == r {
			c.cursors = append(c.cursors[:i], c.cursors[i+1:]...)
			return
		}
	}
}

// end stops the statement before its last row. What it wrote is committed
// here.
func (r *rows) end() error {
	if r.s == nil {
		return nil
	}
	c, s := r.c, r.s
	wasOpen := !c.autocommit()
	failed := c.cut(s)
	var err error
	if failed {
		err = c.failure(s.text)
	}
	c.settled(s, wasOpen, err)
	r.finish(err)
	return err
}

// abandon ends the rows for good; what they would still have run is dropped.
func (r *rows) abandon() {
	r.end()
	r.rest, r.types, r.err, r.undone = "", nil, errAbandoned, false
	r.c.forget(r)
}

var errAbandoned = &engine.Error{Code: engine.CodeAbort, Message: "query aborted", Offset: -1,
	Hint: "the transaction or the connection that the rows belong to has ended"}

// Columns are those of the statement that runs.
func (r *rows) Columns() []engine.Column { return r.cols }

// Result sums up what ran so far.
func (r *rows) Result() engine.Result { return r.result }

// Close stops the statement and runs those that are left to their ends. It is
// called once, and of the rows only Result after it.
//
// A failure behind rows that nobody has read is told when the statement was to
// write: whoever asks for one row of INSERT … RETURNING must learn that its
// commit has failed.
func (r *rows) Close() error {
	if r.s != nil && r.c.inside() {
		return errInside
	}
	err := r.end()
	if err == nil && r.undone {
		err = r.err
	}
	if r.rest != "" && err == nil {
		if err = r.err; err == nil && r.c.p != nil {
			var sum engine.Result
			sum, err = r.c.execText(r.ctx, r.sql, nil, r.rest, r.args)
			r.add(&sum)
		}
	}
	// It keeps no values alive.
	*r = rows{c: r.c, result: r.result, counts: r.counts, block: block{typesMem: r.typesMem, lensMem: r.lensMem}}
	r.c.spare = r
	return err
}

// HasNextResultSet tells whether statements are left; they may still turn
// out to return no rows.
func (r *rows) HasNextResultSet() bool { return r.rest != "" }

// NextResultSet runs up to the next statement that returns rows.
func (r *rows) NextResultSet() error {
	if r.c.inside() {
		return errInside
	}
	err := r.end()
	if err == nil {
		err = r.err
	}
	r.types, r.err, r.undone, r.cols, r.facts = nil, nil, false, nil, nil
	if err != nil {
		r.rest = ""
		return err
	}
	if r.rest == "" {
		return io.EOF
	}
	if r.c.p == nil {
		return driver.ErrBadConn
	}
	s, rest, err := r.c.compileNext(r.ctx, r.rest)
	if err != nil {
		err = inText(err, r.sql, r.rest, nil)
	} else {
		r.rest = rest
		err = r.runTo(s)
	}
	if err != nil {
		r.rest = "" // what follows a statement that failed does not run
	}
	return err
}

// Next fills dest with the next row.
func (r *rows) Next(dest []driver.Value) error {
	for len(r.types) == 0 {
		if !r.more {
			if r.err != nil {
				return r.err
			}
			return io.EOF
		}
		if err := r.fetch(0, nextBlock); err != nil {
			r.rest = "" // what follows a statement that failed does not run
			return err
		}
	}
	types := r.types[:len(dest)]
	r.types = r.types[len(dest):]
	for i, t := range types {
		v := r.cell(t)
		if !r.plain && i < len(r.cols) {
			v = r.cols[i].Convert(v, r.c.db.opts.Loc)
		}
		dest[i] = v
	}
	return nil
}
