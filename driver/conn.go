package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/rowhook"
)

// Conn is one connection to a database. database/sql hands it out to one
// goroutine at a time; [With] reaches it.
type Conn struct {
	connector *Connector
	eng       engine.Conn
	applied   int // the number of the last EachConn function that has run
	scratch   sinkScratch
	present   presence
	number    uint64 // among those of the connector, from 1
	span      *span  // for the next operation; nil while one uses it, and before the first
}

var (
	_ driver.Conn               = (*Conn)(nil)
	_ driver.ConnBeginTx        = (*Conn)(nil)
	_ driver.ConnPrepareContext = (*Conn)(nil)
	_ driver.ExecerContext      = (*Conn)(nil)
	_ driver.QueryerContext     = (*Conn)(nil)
	_ driver.Pinger             = (*Conn)(nil)
	_ driver.SessionResetter    = (*Conn)(nil)
	_ driver.Validator          = (*Conn)(nil)
	_ driver.NamedValueChecker  = (*Conn)(nil)
)

// String tells the database without its secrets.
func (c *Conn) String() string { return "libsql.Conn(" + c.Config().String() + ")" }

// GoString does as String.
func (c *Conn) GoString() string { return c.String() }

// Config returns a copy of the configuration that the connection was opened by,
// as [Connector.Config] does.
func (c *Conn) Config() *Config { return c.connector.Config() }

// Close closes the connection. Closing it twice is safe.
func (c *Conn) Close() error {
	c.leave()
	return publish(c.eng.Close())
}

// RowsWritten is how many rows, entries of indexes among them, the statement
// that runs on the connection has written so far, as libSQL counts them
// (LIBSQL_STMTSTATUS_ROWS_WRITTEN). It is the one method that another
// goroutine may call meanwhile, to follow a long statement; when none runs,
// it is what the last one had come to.
func (c *Conn) RowsWritten() int64 { return c.eng.Written() }

// Ping fails when the database cannot be read.
func (c *Conn) Ping(ctx context.Context) error {
	r, err := c.eng.Query(ctx, "SELECT 1", nil)
	if err != nil {
		return publish(err)
	}
	return publish(r.Close())
}

// IsValid is asked when the connection goes back to the pool. A transaction
// that was left open is rolled back at once, so that it holds no lock.
func (c *Conn) IsValid() bool {
	ok := c.eng.Settle()
	c.givenBack()
	return ok
}

// ResetSession is called before a pooled connection is handed out again. It
// runs the functions of [EachConn] that are new since the last time.
func (c *Conn) ResetSession(ctx context.Context) error {
	if t := c.connector.tracer.Load(); t != nil {
		var s *span
		ctx, s = c.trace(t, ctx, OpReset, "")
		err := c.reset(ctx)
		s.end(engine.Result{}, err)
		return err
	}
	return c.reset(ctx)
}

// reset answers every failure with driver.ErrBadConn: database/sql would hand
// the connection out after any other. The next connection tells its user what
// is wrong.
func (c *Conn) reset(ctx context.Context) error {
	c.takenOut()
	if !c.eng.Alive() || !c.eng.Settle() {
		return driver.ErrBadConn
	}
	if err := c.applyEach(ctx); err != nil {
		return fmt.Errorf("%w: %w", driver.ErrBadConn, err)
	}
	return nil
}

// ExecContext runs every statement of the text and discards their rows. The
// arguments are dealt out from left to right, each statement taking as many
// as it has parameters; named ones by name.
func (c *Conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.execVia(ctx, query, args, nil)
}

// QueryContext returns one result set for each statement of the text that
// returns rows. Statements before the first run at once, those after it on
// NextResultSet or Close.
func (c *Conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.queryVia(ctx, query, args, nil)
}

// execVia runs the text, or the statement that was prepared from it.
func (c *Conn) execVia(ctx context.Context, query string, args []driver.NamedValue, st engine.Stmt) (driver.Result, error) {
	if d, ok := ctx.(*door); ok {
		return driver.ResultNoRows, d.enter(c)
	}
	var s *span
	if tr := c.connector.tracer.Load(); tr != nil {
		ctx, s = c.trace(tr, ctx, OpExec, query)
	}
	var res engine.Result
	var err error
	if st != nil {
		res, err = st.Exec(ctx, args)
	} else {
		res, err = c.eng.Exec(ctx, query, args)
	}
	err = publish(err)
	if s != nil {
		s.end(res, err)
	}
	if err != nil {
		return nil, err
	}
	return result{res.LastInsertID, res.Changes}, nil
}

func (c *Conn) queryVia(ctx context.Context, query string, args []driver.NamedValue, st engine.Stmt) (driver.Rows, error) {
	hook, _ := ctx.(*rowhook.Context) // before the tracer wraps it
	var s *span
	if tr := c.connector.tracer.Load(); tr != nil {
		ctx, s = c.trace(tr, ctx, OpQuery, query)
	}
	var eng engine.Rows
	var err error
	if st != nil {
		eng, err = st.Query(ctx, args)
	} else {
		eng, err = c.eng.Query(ctx, query, args)
	}
	if err != nil {
		err = publish(err)
		if s != nil {
			var res engine.Result
			if eng != nil {
				res = eng.Result()
			}
			s.end(res, err)
		}
		return nil, err
	}
	r := &rows{eng: eng, hook: hook, span: s}
	if hook != nil && hook.Sink != nil {
		if err := r.pour(hook.Sink, &c.scratch); err != nil {
			return nil, err
		}
	}
	return c.newRows(r), nil
}

// result is what Exec did.
type result struct{ id, changes int64 }

// LastInsertId is the rowid of the last row that an INSERT of the text added,
// 0 if it added none.
func (r result) LastInsertId() (int64, error) { return r.id, nil }

// RowsAffected sums up the rows that the text's INSERT, UPDATE and DELETE
// statements changed; 0 for every other statement.
func (r result) RowsAffected() (int64, error) { return r.changes, nil }

// Prepare is PrepareContext without a context.
func (c *Conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext compiles a statement. A text of several statements, and one
// that changes the schema, is compiled when it runs.
func (c *Conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	var s *span
	if tr := c.connector.tracer.Load(); tr != nil {
		ctx, s = c.trace(tr, ctx, OpPrepare, query)
	}
	st, err := c.eng.Prepare(ctx, query)
	err = publish(err)
	s.end(engine.Result{}, err)
	if err != nil {
		return nil, err
	}
	return &prepared{c: c, eng: st, query: query}, nil
}

// Begin is BeginTx with the defaults.
func (c *Conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx begins a transaction: in the mode of [WithTxMode], else that of
// [Config.TxLock]; read-only, which begins deferred and refuses every write, if
// the options say so. SQLite's transactions are
// serializable, so every isolation level that promises no more than that is
// accepted: https://www.sqlite.org/isolation.html.
func (c *Conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if sql.IsolationLevel(opts.Isolation) > sql.LevelSerializable {
		return nil, fmt.Errorf("libsql: isolation level %s: %w: SQLite's transactions are serializable",
			sql.IsolationLevel(opts.Isolation), ErrUnsupported)
	}
	mode, err := c.txMode(ctx, opts.ReadOnly)
	if err != nil {
		return nil, err
	}
	var s *span
	if tr := c.connector.tracer.Load(); tr != nil {
		ctx, s = c.trace(tr, ctx, OpBegin, beginSQL[mode])
	}
	err = publish(c.eng.Begin(ctx, engine.TxOptions{Mode: engine.TxMode(mode)}))
	s.end(engine.Result{}, err)
	if err != nil {
		return nil, err
	}
	return &tx{c}, nil
}

// tx is the transaction that is open on a connection.
type tx struct{ c *Conn }

func (t *tx) Commit() error {
	return t.end(OpCommit, func(ctx context.Context) error { return t.c.eng.Commit(ctx) })
}

func (t *tx) Rollback() error {
	return t.end(OpRollback, func(context.Context) error { return t.c.eng.Rollback() })
}

func (t *tx) end(op Op, f func(context.Context) error) error {
	ctx := context.Background()
	var s *span
	if tr := t.c.connector.tracer.Load(); tr != nil {
		ctx, s = t.c.trace(tr, ctx, op, "")
	}
	err := publish(f(ctx))
	s.end(engine.Result{}, err)
	return err
}
