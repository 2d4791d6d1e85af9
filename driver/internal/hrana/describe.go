package hrana

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

var _ engine.Describer = (*conn)(nil)

// Describe asks the server what a statement is. What a column comes from no
// server tells.
func (c *conn) Describe(ctx context.Context, sql string) (d engine.Description, err error) {
	switch {
	case c.closed:
		return d, driver.ErrBadConn
	case ctx.Err() != nil:
		return d, engine.Cancelled(ctx)
	case c.lost != nil:
		return d, c.lost
	}
	if err := checkText(sql); err != nil {
		return d, err
	}
	split := sqltext.Split(sql)
	switch len(split) {
	case 0:
		d.ReadOnly = true
		return d, nil
	case 1:
	default:
		return d, notDescribed(fmt.Sprintf("a text of %d statements is not described", len(split)), "describe them one by one")
	}
	text := split[0].Text(sql)
	if err := actsCompiled(text); err != nil {
		return d, err
	}
	if sqltext.Concurrent(text) {
		return d, errNoConcurrent()
	}
	if err := c.freeStream(ctx); err != nil {
		return d, err
	}
	stays := c.state == open
	hadBaton := c.baton != ""
	a, err := c.send(ctx, trip{
		reads: !stays, pinned: stays,
		build: func(version) ([]byte, int) {
			b := append([]byte(`{"type":"describe","sql":`), appendString(nil, text)...)
			if b = append(appendIndex(b, c.e.index.Load()), '}'); stays {
				return b, 1
			}
			return append(b, ","+closeRequest...), 2
		},
		check: func(a *answer) bool {
			r := &a.results[0]
			return r.err != nil || r.kind == "describe" && r.describe != nil
		},
	})
	if err != nil {
		return d, c.describeFailed(ctx, err, stays, hadBaton)
	}
	if !stays {
		c.forget()
	}
	r := &a.results[0]
	if r.err != nil {
		return d, inText(r.err.engineError(), &statement{sql: text, text: sql, at: split[0].Start})
	}
	for _, col := range r.describe.cols {
		d.Columns = append(d.Columns, c.e.column(col))
	}
	d.Facts = make([]engine.ColumnFacts, len(d.Columns))
	// Servers do not agree on the names of parameters; the text has them.
	if d.Params, err = sqltext.Params(text); err != nil {
		d.Params = r.describe.params
	}
	if d.ReadOnly = r.describe.readonly; r.describe.explain {
		d.ReadOnly, d.Explain = true, explains(text)
	}
	return d, nil
}

func (c *conn) describeFailed(ctx context.Context, err error, stays, hadBaton bool) error {
	e := c.broken(ctx, err, false, hadBaton)
	var f *failure
	if errors.As(err, &f) && f.untouched(hadBaton) {
		return e
	}
	c.forget()
	if stays {
		c.state, c.lost = autocommit, engine.RolledBack(e)
	}
	return e
}

func notDescribed(message, hint string) error {
	return &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported, Message: message, Hint: hint}
}

// actsCompiled refuses what a server would do while it only compiles it.
func actsCompiled(sql string) error {
	switch class := sqltext.Classify(sql); class.Verb {
	case sqltext.Explain:
		return actsCompiled(sql[behindExplain(sql):])
	case sqltext.Create, sqltext.Drop, sqltext.Alter:
		return notDescribed("a statement that changes the schema is not described", "libSQL changes vector indexes while it compiles one")
	case sqltext.Pragma:
		if setsPragma(sql) {
			return notDescribed("a PRAGMA that sets something is not described", "SQLite sets it while it compiles the statement")
		}
	}
	return nil
}

// behindExplain is where the statement begins that is explained.
func behindExplain(sql string) int {
	pos := 0
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment &&
			!tok.Is(sql, "EXPLAIN") && !tok.Is(sql, "QUERY") && !tok.Is(sql, "PLAN") {
			return tok.Start
		}
		pos = tok.End
	}
	return pos
}

// explains is 1 for EXPLAIN, and 2 for EXPLAIN QUERY PLAN.
func explains(sql string) int {
	for tok := range sqltext.Tokens(sql[:behindExplain(sql)]) {
		if tok.Is(sql, "QUERY") {
			return 2
		}
	}
	return 1
}
