package hrana

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// rows are the rows of a text, all of whose statements have run.
type rows struct {
	c    *conn
	loc  *time.Location
	sets []*stepResult // that have columns, the current one first
	cols []engine.Column
	next int   // row of the current set
	err  error // behind the last set
	sum  engine.Result
}

// Query runs the text in one trip, up to the first statement that fails. What
// is behind the first that returns rows has run, too, when Query returns; its
// error is told where its rows would be, or by Close.
func (c *conn) Query(ctx context.Context, sql string, args []driver.NamedValue) (engine.Rows, error) {
	stmts, err := statements(sql, args, true)
	if err != nil {
		return nil, err
	}
	if c.wantsCursor(stmts) && c.state == autocommit && !c.closed && ctx.Err() == nil && c.e.knownLarge(sql) {
		if r, err := c.queryCursor(ctx, &stmts[0], args); !errors.Is(err, errNoCursor) {
			return r, err
		}
	}
	results, _, err := c.run(ctx, &job{stmts: stmts})
	if err != nil && isTooLarge(err) && c.wantsCursor(stmts) {
		if r, err := c.queryCursor(ctx, &stmts[0], args); !errors.Is(err, errNoCursor) {
			c.e.noteLarge(sql)
			return r, err
		}
	}
	r := &rows{c: c, loc: c.e.opts.Loc, err: err}
	c.sum(&r.sum, stmts, results)
	for _, s := range results {
		if len(s.cols) > 0 {
			r.sets = append(r.sets, s)
		}
	}
	if len(r.sets) == 0 {
		r.err = nil
		return r, err
	}
	r.show()
	return r, nil
}

// show makes the first of the sets the current one.
func (r *rows) show() {
	r.next = 0
	cols := r.sets[0].cols
	r.cols = make([]engine.Column, len(cols))
	for i, c := range cols {
		r.cols[i] = r.c.e.column(c)
	}
}

// Columns are those of the current set.
func (r *rows) Columns() []engine.Column { return r.cols }

// Next fills dest with the next row.
func (r *rows) Next(dest []driver.Value) error {
	if len(r.sets) == 0 {
		return io.EOF
	}
	s := r.sets[0]
	if r.next == s.rows {
		return io.EOF
	}
	row := s.values[r.next*s.width : (r.next+1)*s.width]
	for i := range dest {
		v := row[i]
		if i < len(r.cols) && r.cols[i].Kind != engine.Plain {
			v = r.cols[i].Convert(v, r.loc)
		}
		dest[i] = v
	}
	r.next++
	return nil
}

// HasNextResultSet tells whether there is more to be told: rows, or an error.
func (r *rows) HasNextResultSet() bool { return len(r.sets) > 1 || r.err != nil }

// NextResultSet goes to the next rows.
func (r *rows) NextResultSet() error {
	if len(r.sets) > 1 {
		r.sets = r.sets[1:]
		r.show()
		return nil
	}
	r.sets, r.cols = nil, nil
	err := r.err
	if r.err = nil; err == nil {
		err = io.EOF
	}
	return err
}

// Close returns the error of a statement behind the rows that were read.
func (r *rows) Close() error {
	err := r.err
	r.sets, r.cols, r.err = nil, nil, nil
	return err
}

// Result sums up what ran.
func (r *rows) Result() engine.Result { return r.sum }

// Describe knows nothing: the protocol tells a column's name and type alone.
func (r *rows) Describe(int) engine.ColumnFacts { return engine.ColumnFacts{} }
