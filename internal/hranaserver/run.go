package hranaserver

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	libsql "github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// query is a statement with its arguments.
type query struct {
	*statement
	request  *stmtRequest
	args     []driver.NamedValue
	wantRows bool
}

// column is a column of a result.
type column struct{ name, declType string }

// outcome is what a statement did.
type outcome struct {
	affected     int64
	lastID       *int64 // of an INSERT
	read, wrote  int64
	milliseconds float64
}

// sink takes the rows of a statement. Its error ends the statement.
type sink interface {
	begin(cols []column) error
	row(values []driver.Value) error
}

// runContext is the context of a statement, and takes what the driver's
// tracer is told of it.
type runContext struct {
	context.Context
	srv      *Server
	counters libsql.Counters
	event    libsql.TraceEvent
}

// tracer passes on what the driver tells.
type tracer struct{}

func (tracer) TraceCounters() bool { return true }

func (tracer) TraceStart(ctx context.Context, op libsql.Op, _ string) context.Context {
	if rc, ok := ctx.(*runContext); ok && op == libsql.OpLockWait {
		rc.srv.waits(1)
	}
	return ctx
}

func (tracer) TraceEnd(ctx context.Context, e libsql.TraceEvent) {
	rc, ok := ctx.(*runContext)
	switch {
	case !ok:
	case e.Op == libsql.OpLockWait:
		rc.srv.waits(-1)
	case e.Op == libsql.OpQuery:
		rc.event = e
		if e.Counters != nil { // which are good until here
			rc.counters = *e.Counters
			rc.event.Counters = &rc.counters
		}
	}
}

// run runs a statement. Its error is a failure, a refusal, or that of ctx.
func (st *stream) run(ctx context.Context, q *query, out sink) (outcome, error) {
	st.srv.count.statements.Add(1)
	if err := st.checkRight(ctx, q); err != nil {
		return outcome{}, err
	}
	start := time.Now()
	rc := &runContext{Context: ctx, srv: st.srv}
	err := st.rows(rc, q, out)
	if q.sticks || q.verb == sqltext.Detach {
		st.dirty = true
	}
	st.follow(q, err)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{affected: rc.event.Changes, milliseconds: float64(time.Since(start).Microseconds()) / 1000}
	if c := rc.event.Counters; c != nil {
		o.read, o.wrote = c.RowsRead, c.RowsWritten
	}
	if q.verb == sqltext.Insert {
		if rc.event.LastInsertID != 0 {
			st.lastID = rc.event.LastInsertID
		}
		id := st.lastID
		o.lastID = &id
	}
	return o, nil
}

// rows runs the statement to its end and gives its rows to the sink.
func (st *stream) rows(rc *runContext, q *query, out sink) (err error) {
	rows, err := st.dc.QueryContext(rc, q.sql, q.args)
	if err != nil {
		return st.srv.failure(err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil && cerr != nil {
			err = st.srv.failure(cerr)
		}
	}()
	names := rows.Columns()
	declared := rows.(interface{ ColumnTypeDeclared(i int) string })
	cols := make([]column, len(names))
	for i, name := range names {
		cols[i] = column{name, declared.ColumnTypeDeclared(i)}
	}
	if err := out.begin(cols); err != nil {
		return err
	}
	if len(cols) == 0 {
		return nil
	}
	for dest := make([]driver.Value, len(cols)); ; {
		switch err := rows.Next(dest); {
		case err == io.EOF:
			return nil
		case err != nil:
			return st.srv.failure(err)
		}
		for _, v := range dest {
			if s, ok := v.(string); ok && !utf8.ValidString(s) {
				return internalError(errors.New("a text of the result is not UTF-8"))
			}
		}
		if !q.wantRows && st.srv.opts.Cloud {
			continue
		}
		if err := out.row(dest); err != nil {
			return err
		}
	}
}

// follow notes what the statement has made of the transaction.
func (st *stream) follow(q *query, err error) {
	writes := q.writes
	switch {
	case err != nil:
		if !st.inTx {
			return
		}
		if s := st.state(); s.Autocommit {
			// It was rolled back with the statement. The driver lets nothing run
			// until that has been taken note of; the protocol's clients have their
			// own way to find out.
			st.endTx()
		} else {
			st.noteLock(s.TxState == libsql.TxWrite)
		}
		return
	case q.verb == sqltext.Begin, q.verb == sqltext.Savepoint:
		st.inTx = true
		// DEFERRED begins without a lock. Whether this is one is asked and not read.
		writes = q.verb == sqltext.Begin && st.state().TxState == libsql.TxWrite
	case q.verb == sqltext.Commit, q.verb == sqltext.Rollback:
		st.inTx = false
		st.noteLock(false)
		st.srv.changed.Add(1)
		return
	case q.verb == sqltext.Release:
		if st.inTx = !st.state().Autocommit; !st.inTx {
			st.noteLock(false)
			st.srv.changed.Add(1)
		}
		return
	}
	switch {
	case !writes:
	case st.inTx:
		st.noteLock(true)
	default:
		st.srv.changed.Add(1)
	}
}

func (st *stream) state() libsql.ConnStats {
	s, err := st.dc.Stats(context.Background(), false)
	if err != nil {
		return libsql.ConnStats{Autocommit: true}
	}
	return s
}

func (st *stream) exec(ctx context.Context, sql string) error {
	_, err := st.dc.ExecContext(ctx, sql, nil)
	return err
}

// checkRight tells whether the request may do what the statement does.
func (st *stream) checkRight(ctx context.Context, q *query) error {
	readOnly := permissionOf(ctx).readOnly || st.srv.opts.ReadOnly
	switch {
	case q.writes && st.srv.opts.ReadOnly:
		return &failure{Message: "SQLite error: attempt to write a readonly database", Code: "SQLITE_READONLY", Extended: "SQLITE_READONLY"}
	case q.writes && readOnly:
		return statusError(403, "Authorization forbidden: Current session doesn't have Write permission to namespace default")
	}
	if readOnly != st.readOnly {
		on := "PRAGMA query_only = 0"
		if readOnly {
			on = "PRAGMA query_only = 1"
		}
		if err := st.exec(context.WithoutCancel(ctx), on); err != nil {
			return internalError(err)
		}
		st.readOnly, st.dirty = readOnly, true
	}
	return nil
}
