//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"strconv"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Exec runs every statement of the text.
func (c *conn) Exec(ctx context.Context, sql string, args []driver.NamedValue) (engine.Result, error) {
	if c.p == nil {
		return engine.Result{}, driver.ErrBadConn
	}
	s := c.lookup(sql)
	rest := ""
	if s == nil {
		if skip, err := c.checkLost(sqltext.Classify(sql).Verb); skip {
			return engine.Result{}, err
		}
		var err error
		if s, rest, err = c.compileText(sql); s == nil {
			if err == nil {
				err = checkNone(args)
			}
			return engine.Result{}, err
		}
	}
	if rest == "" {
		return c.execSingle(ctx, s, args)
	}
	t, err := newText(sql, args)
	if err != nil {
		s.release()
		return engine.Result{}, err
	}
	var sum engine.Result
	for s != nil {
		part, err := t.take(s)
		if err != nil {
			s.release()
			return sum, err
		}
		r, err := c.execStmt(ctx, s, part)
		if err != nil {
			return sum, inText(err, sql, rest, s)
		}
		add(&sum, r)
		if s, rest, err = c.compileNext(rest); err != nil {
			return sum, inText(err, sql, rest, nil)
		}
	}
	return sum, nil
}

// compileNext compiles the next statement of a text that has several.
func (c *conn) compileNext(rest string) (*stmt, string, error) {
	if rest == "" || sqltext.Blank(rest) {
		return nil, "", nil
	}
	if skip, err := c.checkLost(sqltext.Classify(rest).Verb); skip {
		return nil, rest, err
	}
	s, n, err := c.compile(rest, oneUse)
	if err != nil {
		return nil, rest, err
	}
	return s, rest[n:], nil
}

// inText makes the offset of an error one in the whole text.
func inText(err error, sql, rest string, s *stmt) error {
	e, ok := err.(*engine.Error)
	if !ok || e.Offset < 0 {
		return err
	}
	at := len(sql) - len(rest)
	if s != nil {
		at -= len(s.text)
	}
	e.Offset += at
	e.SQL = sql
	return e
}

func add(sum *engine.Result, r engine.Result) {
	sum.Changes += r.Changes
	sum.Rows += r.Rows
	if r.LastInsertID != 0 {
		sum.LastInsertID = r.LastInsertID
	}
	if r.Counters != nil {
		if sum.Counters == nil {
			sum.Counters = &engine.Counters{}
		}
		sum.Counters.Add(r.Counters)
	}
}

// execSingle runs the only statement of a text.
func (c *conn) execSingle(ctx context.Context, s *stmt, args []driver.NamedValue) (engine.Result, error) {
	args, err := arrange(s, args)
	if err != nil {
		c.unused(s)
		return engine.Result{}, err
	}
	return c.execStmt(ctx, s, args)
}

// unused gives back a statement that was compiled and did not run.
func (c *conn) unused(s *stmt) {
	if s.keep == oneUse {
		s.release()
	}
}

// execStmt runs a statement to its end. args are one for each parameter.
func (c *conn) execStmt(ctx context.Context, s *stmt, args []driver.NamedValue) (engine.Result, error) {
	if skip, err := c.checkLost(s.verb); skip {
		c.unused(s)
		return engine.Result{}, err
	}
	if err := c.enter(ctx, s); err != nil {
		c.unused(s)
		return engine.Result{}, err
	}
	if len(args) > 0 {
		if err := s.pack(args); err != nil {
			c.unused(s)
			c.leaveWrite()
			return engine.Result{}, err
		}
	}
	s.running = true
	_, err := c.step(ctx, s, C.LQ_START|C.LQ_DISCARD, 0)
	var r engine.Result
	if err == nil {
		r = c.outcome(s)
		r.Rows = int64(c.p.nrow)
	}
	c.retire(s)
	c.leaveWrite()
	return r, err
}

// outcome reads what the run that just ended did.
func (c *conn) outcome(s *stmt) engine.Result {
	var r engine.Result
	if t := c.db.opts.Tracer; t != nil && t.Counters() {
		r.Counters = s.counters()
	}
	if s.countsChanges() {
		r.Changes = int64(c.p.changes)
		if s.verb == sqltext.Insert && r.Changes > 0 {
			r.LastInsertID = int64(c.p.rowid)
		}
	}
	return r
}

// counters takes the counts since they were last taken.
func (s *stmt) counters() *engine.Counters {
	var n [11]C.int64_t
	C.lq_counters(s.p, &n[0], 1)
	return &engine.Counters{
		FullScanSteps: int64(n[0]), Sorts: int64(n[1]), AutoIndexes: int64(n[2]), VMSteps: int64(n[3]),
		Reprepares: int64(n[4]), Runs: int64(n[5]), FilterMisses: int64(n[6]), FilterHits: int64(n[7]),
		MemoryUsed: int64(n[8]), RowsRead: int64(n[9]), RowsWritten: int64(n[10]),
	}
}

// Prepare checks the text and keeps it compiled. A statement that changes the
// schema is compiled only when it runs: libSQL drops a vector index while it
// compiles the DROP.
func (c *conn) Prepare(ctx context.Context, sql string) (engine.Stmt, error) {
	if c.p == nil {
		return nil, driver.ErrBadConn
	}
	if ctx.Err() != nil {
		return nil, engine.Cancelled(ctx)
	}
	p := &prepared{c: c, sql: sql}
	class := sqltext.Classify(sql)
	if !class.Repeats() && class.Verb != sqltext.Other {
		return p, nil
	}
	s, n, err := c.compile(sql, owned)
	if err != nil {
		return nil, err
	}
	if s != nil && !sqltext.Blank(sql[n:]) {
		s.release() // several statements: compiled one after the other, as they run
		return p, nil
	}
	p.s = s
	return p, nil
}

// prepared is a text with its statement, when it is just one that repeats.
type prepared struct {
	c   *conn
	s   *stmt // nil: compiled for each run
	sql string
}

// free tells that the statement can run: one that has open rows cannot.
func (p *prepared) free() bool { return p.s != nil && p.s.p != nil && !p.s.running }

func (p *prepared) Exec(ctx context.Context, args []driver.NamedValue) (engine.Result, error) {
	if p.c.p == nil {
		return engine.Result{}, driver.ErrBadConn
	}
	if !p.free() {
		return p.c.Exec(ctx, p.sql, args)
	}
	return p.c.execSingle(ctx, p.s, args)
}

func (p *prepared) Query(ctx context.Context, args []driver.NamedValue) (engine.Rows, error) {
	if p.c.p == nil {
		return nil, driver.ErrBadConn
	}
	if !p.free() {
		return p.c.Query(ctx, p.sql, args)
	}
	r := &rows{c: p.c, ctx: ctx}
	args, err := arrange(p.s, args)
	if err == nil {
		err = r.start(p.s, args)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (p *prepared) Close() error {
	if p.s != nil && p.s.p != nil {
		p.s.release()
	}
	return nil
}

// text is a value as SQL shows it, for the connection's own questions.
func text(v driver.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}
