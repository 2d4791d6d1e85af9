package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// BatchStmt is one statement of [Conn.BatchStmts].
type BatchStmt struct {
	// SQL is one statement. One of blanks and comments does nothing and has an
	// empty result.
	SQL string
	// Args are the values of its parameters: those that database/sql takes,
	// [sql.Named] among them.
	Args []any
}

// BatchOptions change how [Conn.BatchStmts] runs. The zero value is what
// [Conn.Batch] does.
type BatchOptions struct {
	// NoTransaction runs each statement for itself: those before one that
	// fails stay done, and their results are returned with the error. The
	// statements may then begin transactions and savepoints, which they must
	// end as well; one that is open when a statement fails is rolled back.
	// Statements that no transaction takes, such as VACUUM, are allowed.
	NoTransaction bool
	// MaxRows is how many rows all statements together may return, because
	// all of them are kept in memory: 0 means [DefaultMaxRows]. The statement
	// that returns one more fails. A negative number keeps none of any number.
	MaxRows int
}

// DefaultMaxRows is how many rows the statements of a batch may return unless
// [BatchOptions] say otherwise.
const DefaultMaxRows = 100_000

// Result is what one statement of a batch did.
type Result struct {
	// Columns are the names of the columns that it returns, nil if it is of a
	// kind that returns none.
	Columns []string
	// Rows are the rows that it returned, each with a value for every column:
	// nil, int64, float64, string, []byte, bool or time.Time, as a query
	// returns them.
	Rows [][]any
	// RowsAffected is how many rows an INSERT, UPDATE or DELETE changed, 0 for
	// every other statement: https://www.sqlite.org/c3ref/changes.html.
	RowsAffected int64
	// LastInsertID is the rowid of the last row that an INSERT added, 0 if it
	// added none: https://www.sqlite.org/c3ref/last_insert_rowid.html.
	LastInsertID int64
}

// Batch runs a script, with a crossing into C for all its statements, as one:
// in a transaction of its own, begun as [Config].TxLock says (deferred when
// nothing but queries are in it), or, when one is open on the connection, in a
// savepoint of it. When a statement fails nothing of the script is kept, and a
// transaction around it can go on. The error is a [BatchError] then, and one
// of BEGIN or COMMIT is an [Error].
//
// It returns a result for each statement. More rows than [DefaultMaxRows] are
// an error; see [BatchOptions].
//
// Nothing runs of a script that would end the transaction or leave it in
// pieces (BEGIN, COMMIT, ROLLBACK, a SAVEPOINT that is not released), or has
// what no transaction takes: ATTACH, DETACH, VACUUM, and PRAGMAs that fail or
// do nothing there, such as foreign_keys and journal_mode with a value. The
// context is heeded between statements and inside them.
func (c *Conn) Batch(ctx context.Context, script string) ([]Result, error) {
	b := scriptBatch(script)
	return c.runBatch(ctx, b, BatchOptions{})
}

// BatchStmts does as [Conn.Batch] with statements that have arguments, and with
// options. Statements of the same text are compiled once. The number and the
// names of all arguments are checked before anything runs.
func (c *Conn) BatchStmts(ctx context.Context, stmts []BatchStmt, o BatchOptions) ([]Result, error) {
	b := &batch{}
	for i := range stmts {
		if err := b.add(&stmts[i]); err != nil {
			return nil, b.failed(&engine.BatchError{Index: i, Err: err})
		}
	}
	return c.runBatch(ctx, b, o)
}

// batch is what is about to run.
type batch struct {
	stmts  []engine.BatchStmt
	script string // that they are of, "" for statements of BatchStmts
	split  []sqltext.Statement
	before int // how many stand before those of the script

	immediate bool // it takes the write lock first, whatever Config.TxLock says
}

func scriptBatch(script string, before ...engine.BatchStmt) *batch {
	split := sqltext.Split(script)
	b := &batch{script: script, split: split, before: len(before)}
	b.stmts = append(make([]engine.BatchStmt, 0, len(before)+len(split)), before...)
	for _, st := range split {
		text := st.Text(script)
		b.stmts = append(b.stmts, engine.BatchStmt{SQL: text, Verb: sqltext.Classify(text).Verb})
	}
	return b
}

// add takes a statement of BatchStmts.
func (b *batch) add(s *BatchStmt) error {
	b.stmts = append(b.stmts, engine.BatchStmt{SQL: s.SQL, Verb: sqltext.Classify(s.SQL).Verb})
	if !sqltext.Blank(s.SQL[sqltext.First(s.SQL):]) {
		return &engine.Error{Code: int(ErrMisuse), Offset: -1, Message: "more than one statement",
			Hint: "each statement of a batch is an element of its own; Batch takes a script"}
	}
	if len(s.Args) == 0 {
		return nil
	}
	args := make([]driver.NamedValue, len(s.Args))
	for i, v := range s.Args {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
		if named, ok := v.(sql.NamedArg); ok {
			args[i].Name, args[i].Value = named.Name, named.Value
		}
		if err := checkValue(&args[i]); err != nil {
			return err
		}
	}
	b.stmts[len(b.stmts)-1].Args = args
	return nil
}

// text is what a tracer is shown.
func (b *batch) text() string {
	if b.script != "" {
		return b.script
	}
	var all strings.Builder
	for i := range b.stmts {
		if i > 0 {
			all.WriteString(";\n")
		}
		all.WriteString(b.stmts[i].SQL)
	}
	return all.String()
}

func (c *Conn) runBatch(ctx context.Context, b *batch, o BatchOptions) (out []Result, err error) {
	eng, ok := c.eng.(engine.Batcher)
	if !ok {
		return nil, cannot("batches", "run the statements in a transaction")
	}
	if err := b.check(o.NoTransaction); err != nil {
		return nil, b.failed(err)
	}
	if len(b.stmts) == 0 {
		if ctx.Err() != nil {
			return nil, publish(engine.Cancelled(ctx))
		}
		return nil, nil
	}
	opts := engine.BatchOptions{NoTransaction: o.NoTransaction, Mode: engine.TxMode(c.connector.cfg.TxLock),
		MaxRows: o.MaxRows, Discard: o.MaxRows < 0}
	if b.immediate {
		opts.Mode = engine.Immediate
	}
	if o.MaxRows == 0 {
		opts.MaxRows = DefaultMaxRows
	}
	var s *span
	if tr := c.connector.tracer.Load(); tr != nil {
		ctx, s = c.trace(tr, ctx, OpBatch, b.text())
	}
	res, sum, err := eng.Batch(ctx, b.stmts, opts)
	if err != nil {
		if o.NoTransaction {
			c.undoOpen(b, err)
		}
		err = b.failed(err)
	}
	s.end(sum, err)
	if len(res) == 0 {
		return nil, err
	}
	out = make([]Result, len(res))
	for i := range res {
		r := &res[i]
		out[i] = Result{Columns: r.Columns, Rows: r.Rows, RowsAffected: r.Changes, LastInsertID: r.LastInsertID}
	}
	return out, err
}

// undoOpen rolls back what the statements had begun before one of them failed.
func (c *Conn) undoOpen(b *batch, err error) {
	failed, ok := err.(*engine.BatchError)
	if !ok {
		return
	}
	open := openBefore(b.stmts, failed.Index)
	if len(open) == 0 {
		return
	}
	undo := "ROLLBACK"
	if !open[0].begin {
		name := sqltext.QuoteIdent(open[0].name)
		undo = "ROLLBACK TO " + name + "; RELEASE " + name
	}
	if _, err := c.eng.Exec(context.Background(), undo, nil); errors.Is(err, ErrTxRolledBack) {
		c.eng.Exec(context.Background(), "ROLLBACK", nil) // takes note of it, unless the transaction is someone else's
	}
}
