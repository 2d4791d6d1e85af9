package hrana

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

var _ engine.Batcher = (*conn)(nil)

// Batch runs statements in one trip. Those that write and may return rows need
// a second one for their COMMIT: only the rows tell whether there are too many.
func (c *conn) Batch(ctx context.Context, stmts []engine.BatchStmt, o engine.BatchOptions) (
	out []engine.BatchResult, sum engine.Result, err error) {
	b, err := newBatch(stmts, o)
	if err != nil {
		return nil, sum, err
	}
	j := &job{stmts: b.sent}
	var results []*stepResult
	failed := -1
	switch {
	case o.NoTransaction || len(b.sent) == 0:
		results, failed, err = c.run(ctx, j)
	case c.state == autocommit && c.lost == nil:
		results, failed, err = c.batchTransaction(ctx, j, b)
	default:
		results, failed, err = c.batchSavepoint(ctx, j, b)
	}
	c.sum(&sum, b.sent, results)
	if err == nil && b.tooMany(results) >= 0 { // only reads, or nothing that could be undone
		failed, err = b.tooMany(results), errTooManyRows(o.MaxRows)
		results = results[:failed]
	}
	if err != nil && failed >= 0 {
		err = &engine.BatchError{Index: b.at[failed], Err: err}
	}
	if err != nil && !o.NoTransaction {
		return nil, sum, err
	}
	return b.results(c, results, err), sum, err
}

// batch are the statements of one, without those that do nothing.
type batch struct {
	all  []engine.BatchStmt
	sent []statement
	at   []int // which of all they are
	o    engine.BatchOptions

	writes, returns bool
}

func newBatch(stmts []engine.BatchStmt, o engine.BatchOptions) (*batch, error) {
	b := &batch{all: stmts, o: o}
	for i := range stmts {
		parts, err := statements(stmts[i].SQL, stmts[i].Args, !o.Discard)
		if err != nil {
			return nil, &engine.BatchError{Index: i, Err: err}
		}
		for _, s := range parts { // one, or none
			b.sent = append(b.sent, s)
			b.at = append(b.at, i)
			b.writes = b.writes || !s.reads()
			b.returns = b.returns || returnsRows(&s)
		}
	}
	return b, nil
}

// returnsRows tells a statement that may return any.
func returnsRows(s *statement) bool {
	switch s.verb {
	case sqltext.Insert, sqltext.Update, sqltext.Delete:
		for tok := range sqltext.Tokens(s.sql) {
			if tok.Is(s.sql, "RETURNING") {
				return true
			}
		}
		return false
	case sqltext.Create, sqltext.Drop, sqltext.Alter, sqltext.Savepoint, sqltext.Release, sqltext.RollbackTo:
		return false
	}
	return true
}

// counts tells that the rows have to be counted before the batch may be kept.
func (b *batch) counts() bool { return b.writes && b.returns && !b.o.Discard }

func (c *conn) batchTransaction(ctx context.Context, j *job, b *batch) (results []*stepResult, failed int, err error) {
	mode := b.o.Mode
	if !b.writes {
		mode = engine.Deferred
	}
	if int(mode) >= len(beginSQL) {
		return nil, -1, errNoConcurrent()
	}
	if !b.counts() {
		j.wrap, c.mode = transaction, mode
		defer func() { c.mode = 0 }()
		return c.run(ctx, j)
	}
	if err := c.Begin(ctx, engine.TxOptions{Mode: mode}); err != nil {
		return nil, -1, err
	}
	results, failed, err = c.run(ctx, j)
	if at := b.tooMany(results); err == nil && at >= 0 {
		failed, err = at, errTooManyRows(b.o.MaxRows)
	}
	if err != nil {
		c.Rollback()
		return results, failed, err
	}
	return results, -1, c.Commit(ctx)
}

func (c *conn) batchSavepoint(ctx context.Context, j *job, b *batch) (results []*stepResult, failed int, err error) {
	j.wrap = savepoint
	if b.counts() {
		j.wrap = halfSavepoint
	}
	results, failed, err = c.run(ctx, j)
	if err != nil || j.wrap == savepoint {
		return results, failed, err
	}
	end := "RELEASE " + batchPoint
	if at := b.tooMany(results); at >= 0 {
		failed, err = at, errTooManyRows(b.o.MaxRows)
		end = "ROLLBACK TO " + batchPoint + "; " + end
	}
	if _, eerr := c.Exec(context.WithoutCancel(ctx), end, nil); eerr != nil {
		if c.lost == nil { // half of the batch must not be committed
			c.closeStream()
			c.state, c.lost = autocommit, engine.RolledBack(eerr)
		}
		return nil, -1, eerr
	}
	return results, failed, err
}

// tooMany is the index of the statement that returned one row too many, -1
// without one.
func (b *batch) tooMany(results []*stepResult) int {
	rows := 0
	for i, r := range results {
		if rows += r.rows; rows > b.o.MaxRows && !b.o.Discard {
			return i
		}
	}
	return -1
}

func errTooManyRows(most int) error {
	return &engine.Error{Code: engine.CodeTooBig, Offset: -1,
		Message: fmt.Sprintf("the statements of the batch return more than %d rows", most),
		Hint:    "raise MaxRows, or query the rows on their own"}
}

// results are those of the statements that ran, in their places.
func (b *batch) results(c *conn, ran []*stepResult, err error) []engine.BatchResult {
	n := len(b.all)
	if err != nil {
		n = 0
		if be, ok := err.(*engine.BatchError); ok {
			n = be.Index
		}
	}
	out := make([]engine.BatchResult, n)
	for i, r := range ran {
		if b.at[i] >= n {
			break
		}
		to := &out[b.at[i]]
		to.Changes = r.changes
		if b.sent[i].verb == sqltext.Insert && r.changes > 0 {
			to.LastInsertID = r.rowid
		}
		cols := make([]engine.Column, len(r.cols))
		for j := range cols {
			cols[j] = c.e.column(r.cols[j])
			to.Columns = append(to.Columns, cols[j].Name)
		}
		if b.o.Discard {
			continue
		}
		for row := range r.rows {
			values := make([]any, r.width)
			for j, v := range r.values[row*r.width : (row+1)*r.width] {
				values[j] = driver.Value(cols[j].Convert(v, c.e.opts.Loc))
			}
			to.Rows = append(to.Rows, values)
		}
	}
	return out
}
