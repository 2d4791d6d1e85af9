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

	"github.com/gorm-libsql/libsql/driver/internal/bind"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Exec runs every statement of the text.
func (c *conn) Exec(ctx context.Context, sql string, args []driver.NamedValue) (engine.Result, error) {
	s, rest, t, err := c.begin(ctx, sql, args)
	switch {
	case err != nil, s == nil:
		return engine.Result{}, err
	case t == nil:
		return c.execSingle(ctx, s, args)
	}
	return c.execText(ctx, sql, s, rest, t)
}

// execText runs s, if it is not nil, and the statements after it, which rest
// is the text of, to their ends.
func (c *conn) execText(ctx context.Context, sql string, s *stmt, rest string, t *bind.Text) (sum engine.Result, err error) {
	for s != nil || rest != "" {
		if s != nil {
			part, err := t.Take(s)
			if err != nil {
				c.unused(s)
				return sum, err
			}
			r, err := c.execStmt(ctx, s, part)
			add(&sum, &r)
			if err != nil {
				return sum, inText(err, sql, rest, s)
			}
		}
		if s, rest, err = c.compileNext(ctx, rest); err != nil {
			return sum, inText(err, sql, rest, nil)
		}
	}
	return sum, nil
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

func add(sum, r *engine.Result) {
	sum.Changes += r.Changes
	sum.Rows += r.Rows
	if r.LastInsertID != 0 {
		sum.LastInsertID = r.LastInsertID
	}
	sum.Engine += r.Engine
	if r.Counters != nil {
		if sum.Counters == nil {
			sum.Counters = &engine.Counters{}
		}
		sum.Counters.Add(r.Counters)
	}
}

// execSingle runs the only statement of a text.
func (c *conn) execSingle(ctx context.Context, s *stmt, args []driver.NamedValue) (engine.Result, error) {
	args, err := bind.Arrange(s, args)
	if err != nil {
		c.unused(s)
		return engine.Result{}, err
	}
	return c.execStmt(ctx, s, args)
}

// ready does what comes before the run of a statement. When it is not to run,
// it has been given back.
func (c *conn) ready(ctx context.Context, s *stmt, args []driver.NamedValue) (skip bool, err error) {
	if t := c.tracing(); t != s.traced {
		s.trace(t)
	}
	if skip, err = c.checkLost(s.verb); !skip {
		if err = c.enter(ctx, s); err == nil && len(args) > 0 {
			err = s.pack(args)
		}
	}
	if skip || err != nil {
		c.unused(s)
		return true, err
	}
	return false, nil
}

// execStmt runs a statement to its end. args are one for each parameter.
func (c *conn) execStmt(ctx context.Context, s *stmt, args []driver.NamedValue) (engine.Result, error) {
	if skip, err := c.ready(ctx, s, args); skip {
		return engine.Result{}, err
	}
	s.running = true
	_, err := c.step(ctx, s, C.LQ_START|C.LQ_DISCARD, 0)
	var r engine.Result
	if err == nil {
		c.outcome(s, &r)
		r.Rows = int64(c.p.nrow)
	} else {
		s.cost(&r)
	}
	if err != nil && s.verb == sqltext.Release && c.hooks != nil && int(c.p.rc) == engine.CodeCommitHook && !c.autocommit() {
		// SQLite has undone everything, and keeps the savepoint open around nothing.
		c.exec(context.Background(), "ROLLBACK")
	}
	if s.guarded {
		err = c.endGuard(ctx, err)
		s.guarded = false
	}
	if s.verb == sqltext.Vacuum && err == nil {
		if _, into := vacuumOf(s.text); into == "" {
			c.changedUnseen() // rows may have other rowids
		}
		err = c.vacuumed(ctx, s, args)
	}
	c.retire(s)
	c.leaveAfter(s, err)
	return r, err
}

// outcome reads what the run that just ended did.
func (c *conn) outcome(s *stmt, r *engine.Result) {
	s.cost(r)
	if s.countsChanges() {
		r.Changes = int64(c.p.changes)
		if s.verb == sqltext.Insert && r.Changes > 0 {
			r.LastInsertID = int64(c.p.rowid)
		}
	}
}

// trace has the runs that follow counted for a tracer, nil for none. Those
// before them are none of its affair.
func (s *stmt) trace(t *engine.Tracing) {
	if t != nil && t.Counters {
		before := s.readCounters(1)
		s.reprepares = before.Reprepares
		if s.total != nil {
			s.total.Add(&before)
		}
	}
	s.traced, s.spent = t, 0
	s.count()
}

// count has the end of each run take the counters, if they are to be told.
func (s *stmt) count() { s.p.counting = cbool(s.traced != nil && s.traced.Counters) }

// cost takes what the run that just ended has cost, however it ended.
func (s *stmt) cost(r *engine.Result) {
	if s.traced == nil {
		return
	}
	r.Engine, s.spent = s.spent, 0
	if c := s.c; s.p != nil && c.p != nil && c.p.counted_of == s.p {
		c.p.counted_of = nil
		c.counters = countersOf(&c.p.counted)
		c.counters.Reprepares, s.reprepares = c.counters.Reprepares-s.reprepares, c.counters.Reprepares
		r.Counters = &c.counters
	}
}

// readCounters reads the counts since they were last taken, and takes them if
// reset is 1; but re-prepares are those since the statement was compiled.
func (s *stmt) readCounters(reset C.int) engine.Counters {
	n := &s.c.p.counted
	C.lq_counters(s.p, &n[0], reset)
	return countersOf(n)
}

// countersOf reads them in the order of lq_counters.
func countersOf(n *[11]C.int64_t) engine.Counters {
	return engine.Counters{
		FullScanSteps: int64(n[0]), Sorts: int64(n[1]), AutoIndexes: int64(n[2]), VMSteps: int64(n[3]),
		Reprepares: int64(n[4]), Runs: int64(n[5]), FilterMisses: int64(n[6]), FilterHits: int64(n[7]),
		MemoryUsed: int64(n[8]), RowsRead: int64(n[9]), RowsWritten: int64(n[10]),
	}
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
