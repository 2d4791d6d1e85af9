//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"context"
	"database/sql/driver"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

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
		return p, checkNUL(sql)
	}
	s, n, err := c.compile(ctx, sql, owned)
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
	r := p.c.newRows(ctx)
	return r, r.run(p.s, args)
}

func (p *prepared) Close() error {
	if p.s != nil && p.s.p != nil {
		p.s.release()
	}
	return nil
}
