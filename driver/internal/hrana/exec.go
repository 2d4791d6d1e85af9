package hrana

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Exec runs every statement of the text in one trip. One that fails ends it;
// those before it stay done.
func (c *conn) Exec(ctx context.Context, sql string, args []driver.NamedValue) (sum engine.Result, err error) {
	stmts, err := statements(sql, args, false)
	if err != nil {
		return sum, err
	}
	if c.onlySets(ctx, stmts) {
		c.remember(stmts, false)
		return sum, nil
	}
	results, _, err := c.run(ctx, &job{stmts: stmts})
	c.sum(&sum, stmts, results)
	return sum, err
}

// sum adds up what statements did.
func (c *conn) sum(sum *engine.Result, stmts []statement, results []*stepResult) {
	traced := c.e.opts.Tracer.Load()
	for i, r := range results {
		sum.Changes += r.changes
		sum.Rows += int64(r.rows)
		if stmts[i].verb == sqltext.Insert && r.changes > 0 {
			sum.LastInsertID = r.rowid
		}
		if traced == nil {
			continue
		}
		sum.Engine += time.Duration(r.millis * float64(time.Millisecond))
		if traced.Counters {
			if sum.Counters == nil {
				c.counters = engine.Counters{}
				sum.Counters = &c.counters
			}
			sum.Counters.Add(&engine.Counters{Runs: 1, RowsRead: r.read, RowsWritten: r.written})
		}
	}
}

// Prepare checks the text as far as that needs no server. The statement is
// compiled there each time it runs, as every other.
func (c *conn) Prepare(ctx context.Context, sql string) (engine.Stmt, error) {
	switch {
	case c.closed:
		return nil, driver.ErrBadConn
	case ctx.Err() != nil:
		return nil, engine.Cancelled(ctx)
	}
	if err := checkText(sql); err != nil {
		return nil, err
	}
	return &stmt{c, sql}, nil
}

// stmt is a prepared text.
type stmt struct {
	c   *conn
	sql string
}

// Exec does as that of the connection.
func (s *stmt) Exec(ctx context.Context, args []driver.NamedValue) (engine.Result, error) {
	return s.c.Exec(ctx, s.sql, args)
}

// Query does as that of the connection.
func (s *stmt) Query(ctx context.Context, args []driver.NamedValue) (engine.Rows, error) {
	return s.c.Query(ctx, s.sql, args)
}

// Close has nothing to release.
func (s *stmt) Close() error { return nil }
