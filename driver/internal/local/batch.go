//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "batch.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"strings"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/bind"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

var _ engine.Batcher = (*conn)(nil)

// Batch runs statements, by themselves or as one.
func (c *conn) Batch(ctx context.Context, stmts []engine.BatchStmt, o engine.BatchOptions) (
	out []engine.BatchResult, sum engine.Result, err error) {
	if !c.Alive() {
		return nil, sum, driver.ErrBadConn
	}
	if skip, err := c.checkLost(sqltext.Other); skip {
		return nil, sum, err
	}
	if ctx.Err() != nil {
		return nil, sum, engine.Cancelled(ctx)
	}
	writes := false
	for i := range stmts {
		if err := checkBatched(&stmts[i]); err != nil {
			return nil, sum, &engine.BatchError{Index: i, Err: err}
		}
		writes = writes || mayWrite(&stmts[i])
	}
	if err := arrangeBatch(stmts, !o.NoTransaction); err != nil {
		return nil, sum, err
	}
	if o.NoTransaction {
		return c.batchEach(ctx, stmts, o)
	}
	end, err := c.beginBatch(ctx, o.Mode, writes)
	if err != nil {
		return nil, sum, err
	}
	if c.readOnly { // each statement is asked whether it writes
		out, sum, err = c.batchEach(ctx, stmts, o)
	} else {
		out, sum, err = c.batchInC(ctx, stmts, o)
	}
	if err = end(err); err != nil {
		return nil, sum, err
	}
	return out, sum, nil
}

// mayWrite is false for statements that a transaction can begin deferred for.
func mayWrite(s *engine.BatchStmt) bool {
	switch s.Verb {
	case sqltext.Select, sqltext.Values, sqltext.Explain, sqltext.Empty:
		return false
	case sqltext.Pragma:
		_, name, value, ok := sqltext.ParsePragma(s.SQL)
		return !ok || value != "" || name == "optimize" || name == "incremental_vacuum"
	}
	return true
}

// checkBatched refuses what compileToRun refuses, before anything has run.
func checkBatched(s *engine.BatchStmt) error {
	if len(s.SQL) > 1<<30 {
		return &engine.Error{Code: engine.CodeTooBig, Offset: -1, Message: "string or blob too big"}
	}
	if s.Verb == sqltext.Explain && shapesIndex(s.SQL, 0) {
		return errExplainsIndex()
	}
	return checkNUL(s.SQL)
}

// beginBatch opens the batch's transaction, or its savepoint within the one
// that is open. end closes it: with what was done, or, when err says that the
// batch failed, without.
func (c *conn) beginBatch(ctx context.Context, mode engine.TxMode, writes bool) (end func(err error) error, err error) {
	begin, done, undo := "SAVEPOINT libsql_batch", "RELEASE libsql_batch", []string{"ROLLBACK TO libsql_batch", "RELEASE libsql_batch"}
	own := c.autocommit()
	if own {
		if !writes {
			mode = engine.Deferred
		}
		begin, done, undo = beginSQL[mode], "COMMIT", []string{"ROLLBACK"}
	}
	end = func(err error) error {
		if err == nil {
			if err = c.exec(ctx, done); err == nil {
				return nil
			}
		}
		undone := true
		for _, sql := range undo {
			if c.autocommit() {
				break // SQLite has rolled everything back by itself
			}
			undone = undone && c.exec(context.Background(), sql) == nil
		}
		switch {
		case own:
			c.lost = nil // nobody's transaction but ours
		case c.lost == nil && (c.autocommit() || !undone): // half of the batch must not be committed
			cause := err
			if be, ok := err.(*engine.BatchError); ok {
				cause = be.Err
			}
			c.lost = engine.RolledBack(cause)
		}
		c.leaveWrite()
		return err
	}
	if err := c.exec(ctx, begin); err != nil {
		return nil, err
	}
	if writes && !c.readOnly {
		if err := c.enterWrite(ctx); err != nil {
			return nil, end(err)
		}
	}
	return end, nil
}

// batchEach runs statement by statement, as Query does.
func (c *conn) batchEach(ctx context.Context, stmts []engine.BatchStmt, o engine.BatchOptions) (
	out []engine.BatchResult, sum engine.Result, err error) {
	out = make([]engine.BatchResult, len(stmts))
	for i := range stmts {
		if err := c.batchOne(ctx, stmts, i, o, out, &sum); err != nil {
			return out[:i], sum, err
		}
	}
	return out, sum, nil
}

// batchOne runs one of the statements.
func (c *conn) batchOne(ctx context.Context, stmts []engine.BatchStmt, i int, o engine.BatchOptions, out []engine.BatchResult, sum *engine.Result) error {
	r, err := c.execOrQuery(ctx, &stmts[i], o, &out[i], o.MaxRows-int(sum.Rows))
	add(sum, &r)
	if err != nil {
		return &engine.BatchError{Index: i, Err: err}
	}
	out[i].Changes, out[i].LastInsertID = r.Changes, r.LastInsertID
	return nil
}

func (c *conn) execOrQuery(ctx context.Context, s *engine.BatchStmt, o engine.BatchOptions, out *engine.BatchResult, maxRows int) (done engine.Result, err error) {
	if s.Verb == sqltext.Empty {
		return done, nil
	}
	if o.Discard {
		return c.Exec(ctx, s.SQL, s.Args)
	}
	r, err := c.Query(ctx, s.SQL, s.Args)
	if err != nil {
		return done, err
	}
	for _, col := range r.Columns() {
		out.Columns = append(out.Columns, col.Name)
	}
	dest := make([]driver.Value, len(out.Columns))
	for len(dest) > 0 {
		if err = r.Next(dest); err != nil {
			break
		}
		if len(out.Rows) == maxRows {
			err = errTooManyRows(o.MaxRows)
			break
		}
		row := make([]any, len(dest))
		for i, v := range dest {
			row[i] = v
		}
		out.Rows = append(out.Rows, row)
	}
	if cerr := r.Close(); err == nil || err == io.EOF {
		err = cerr
	}
	return r.Result(), err
}

func errTooManyRows(most int) error {
	return &engine.Error{Code: engine.CodeTooBig, Offset: -1,
		Message: fmt.Sprintf("the statements of the batch return more than %d rows", most),
		Hint:    "raise MaxRows, or query the rows on their own"}
}

// batch is a run of many statements in C.
type batch struct {
	c       *conn
	p       *C.lq_batch
	stmts   []engine.BatchStmt
	o       engine.BatchOptions
	out     []engine.BatchResult
	columns map[int][]engine.Column // of items with bools or times
	sum     engine.Result
	rows    int64 // of the item that runs, as far as they are known
}

// batchInC runs the statements in as few crossings as their rows allow.
func (c *conn) batchInC(ctx context.Context, stmts []engine.BatchStmt, o engine.BatchOptions) (
	[]engine.BatchResult, engine.Result, error) {
	b := &batch{c: c, stmts: stmts, o: o, out: make([]engine.BatchResult, len(stmts))}
	if err := c.checkInside(); err != nil {
		return nil, b.sum, err
	}
	if err := b.load(); err != nil {
		return nil, b.sum, err
	}
	defer c.closeBroken() // after what belongs to it has been freed
	defer C.lq_batch_free(b.p)
	err := b.run(ctx)
	if b.p.want_counters != 0 {
		n := countersOf(&b.p.counters)
		add(&b.sum, &engine.Result{Counters: &n})
	}
	return b.out, b.sum, err
}

// arrangeBatch checks the arguments of all statements and puts them in the
// order of their parameters. The statements of a script, which have none, are
// left to C.
func arrangeBatch(stmts []engine.BatchStmt, script bool) error {
	known := map[string][]string{} // the parameters of a text
	for i := range stmts {
		s := &stmts[i]
		if script && len(s.Args) == 0 {
			continue
		}
		names, ok := known[s.SQL]
		if !ok {
			var err error
			if names, err = sqltext.Params(s.SQL); err != nil {
				continue // SQLite will say what is wrong with it
			}
			known[s.SQL] = names
		}
		args, err := bind.Arrange(bind.Names(names), s.Args)
		for _, a := range args {
			if err == nil {
				if err = bind.CheckStorable(a.Value); err != nil {
					err = bind.Bad(a, err)
				}
			}
		}
		if err != nil {
			return &engine.BatchError{Index: i, Err: err}
		}
		s.Args = args
	}
	return nil
}

// load brings texts and arguments to C.
func (b *batch) load() error {
	const align = int(unsafe.Alignof(C.lq_arg{}))
	size := 0
	for i := range b.stmts {
		size += len(b.stmts[i].SQL) + 1 + argsRoom(b.stmts[i].Args) + align
	}
	if b.p = C.lq_batch_new(b.c.p, C.int(len(b.stmts)), C.size_t(size)); b.p == nil {
		return errNoMemory
	}
	items := unsafe.Slice(b.p.items, len(b.stmts))
	input := unsafe.Slice((*byte)(b.p.input), size)
	at := 0
	texts := map[string]int{} // the first item with arguments that has it
	for i := range b.stmts {
		s, it := &b.stmts[i], &items[i]
		if !runsInC(s.Verb) {
			it._go = 1
			continue
		}
		it.len = C.uint32_t(len(s.SQL) + 1)
		first, again := 0, false
		if len(s.Args) > 0 {
			first, again = texts[s.SQL]
		}
		if again {
			it.text, it.repeats, items[first].repeats = items[first].text, 1, 1
		} else {
			it.text = C.size_t(at)
			at += copy(input[at:], s.SQL)
			input[at] = 0
			at++
		}
		if len(s.Args) == 0 {
			continue
		}
		texts[s.SQL] = i
		at = (at + align - 1) / align * align
		room := argsRoom(s.Args)
		if err := packArgs(unsafe.Pointer(&input[at]), room, s.Args); err != nil {
			C.lq_batch_free(b.p)
			return &engine.BatchError{Index: i, Err: err}
		}
		it.args, it.nargs = C.size_t(at), C.uint16_t(len(s.Args))
		at += room
	}
	if b.o.Discard {
		b.p.flags = C.LQ_DISCARD
	}
	if t := b.c.tracing(); t != nil && t.Counters {
		b.p.want_counters = 1
	}
	return nil
}

// runsInC tells the statements that are compiled and run and nothing else.
// The others, which change the schema or a setting, have to be looked at and
// guarded as those of Exec are.
func runsInC(v sqltext.Verb) bool {
	switch v {
	case sqltext.Savepoint, sqltext.Release, sqltext.RollbackTo, sqltext.Empty:
		return true
	}
	return sqltext.Class{Verb: v}.Repeats()
}

// run makes one crossing after the other.
func (b *batch) run(ctx context.Context) error {
	c := b.c
	for {
		from := int(b.p.next)
		fresh := b.p.running == 0 // from has not begun
		traced, start := c.tracing() != nil, time.Time{}
		if traced {
			start = time.Now()
		}
		w := startWatch(ctx, c.cancel)
		var state C.int
		if c.calls == nil {
			state = C.lq_batch_run(b.p)
		} else {
			state = c.calls.run(ctx, w, func() C.int { return C.lq_batch_run(b.p) })
		}
		w.stop()
		if traced {
			b.sum.Engine += time.Since(start) - time.Duration(b.p.busy_waited)
		}
		if b.p.busy_waited > 0 {
			c.p.busy_waited = b.p.busy_waited
			c.traceBusy(ctx)
		}
		next := int(b.p.next)
		switch state {
		case C.LQ_FAIL:
			return &engine.BatchError{Index: next, Err: c.failureUnder(ctx, b.stmts[next].SQL)}
		case C.LQ_ARGS:
			return &engine.BatchError{Index: next, Err: bind.TooFew(len(b.stmts[next].Args), int(b.p.nparam))}
		}
		if err := b.read(from, next, fresh); err != nil {
			return err
		}
		switch state {
		case C.LQ_DONE:
			return nil
		case C.LQ_GO:
			if err := c.batchOne(ctx, b.stmts, next, b.o, b.out, &b.sum); err != nil {
				return err
			}
			b.p.next++
		}
	}
}

// read takes over what the last call left of the items from from on. The item
// to is the one that still runs, if one does.
func (b *batch) read(from, to int, fresh bool) error {
	c := b.c
	done := unsafe.Slice(b.p.done, len(b.stmts)+1)
	r := &rows{c: c}
	if c.p.types.n > 0 {
		r.read()
	}
	var meta string
	if b.p.columns.n > 0 {
		meta = C.GoStringN((*C.char)(unsafe.Pointer(b.p.columns.p)), C.int(b.p.columns.n))
	}
	values := make([]any, len(r.types))
	for i := from; i <= to && i < len(b.stmts); i++ {
		d, out := &done[i], &b.out[i]
		if d.ncol > 0 && (i > from || fresh) {
			if int(d.columns_of) == i {
				meta = b.describe(i, int(d.ncol), meta)
			} else {
				out.Columns = b.out[d.columns_of].Columns
			}
		}
		n := int64(d.rows) - b.rows
		b.sum.Rows += n
		b.rows += n
		if i < to {
			b.outcome(i, d)
			b.rows = 0
		}
		if n == 0 || b.o.Discard {
			continue
		}
		if b.sum.Rows > int64(b.o.MaxRows) {
			return &engine.BatchError{Index: i, Err: errTooManyRows(b.o.MaxRows)}
		}
		r.cols = b.columns[int(d.columns_of)]
		r.plain = r.cols == nil
		width := int(d.ncol)
		for range n {
			row := values[:width:width]
			values = values[width:]
			for j := range row {
				v := r.cell(r.types[j])
				if !r.plain && j < len(r.cols) {
					v = r.cols[j].Convert(v, b.c.db.opts.Loc)
				}
				row[j] = v
			}
			r.types = r.types[width:]
			out.Rows = append(out.Rows, row)
		}
	}
	return nil
}

// describe reads the columns of an item from the head of meta.
func (b *batch) describe(i, n int, meta string) (rest string) {
	names := make([]string, n)
	var cols []engine.Column
	for j := range names {
		name, rest, _ := strings.Cut(meta, "\x00")
		decl, rest, _ := strings.Cut(rest[1:], "\x00")
		names[j], meta = name, rest
		if decl == "" {
			continue
		}
		if col := b.c.db.column(name, decl); col.Kind != engine.Plain {
			if cols == nil {
				cols = make([]engine.Column, n)
			}
			cols[j] = col
		}
	}
	b.out[i].Columns = names
	if cols != nil {
		if b.columns == nil {
			b.columns = map[int][]engine.Column{}
		}
		b.columns[i] = cols
	}
	return meta
}

// outcome notes what an item did that has ended, as conn.outcome does.
func (b *batch) outcome(i int, d *C.lq_done) {
	r := &b.out[i]
	switch b.stmts[i].Verb {
	case sqltext.Insert:
		if d.changes > 0 && d.rowid != 0 {
			r.LastInsertID = int64(d.rowid)
			b.sum.LastInsertID = r.LastInsertID
		}
		fallthrough
	case sqltext.Update, sqltext.Delete:
		r.Changes = int64(d.changes)
		b.sum.Changes += r.Changes
	}
}
