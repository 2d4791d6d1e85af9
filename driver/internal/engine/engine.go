package engine

import (
	"context"
	"database/sql/driver"
	"time"
)

// Engine opens connections to one database. It is safe for concurrent use.
type Engine interface {
	// Connect opens a connection and applies every setting of the engine to it.
	Connect(ctx context.Context) (Conn, error)
	// Close releases what the engine itself holds. Connections that are
	// still open stay usable until they are closed.
	Close() error
}

// Conn is a connection. SQL texts hold any number of statements, and the
// arguments of all of them: each statement takes as many as it has
// parameters, or picks its own by name.
type Conn interface {
	// Exec runs every statement and discards their rows.
	Exec(ctx context.Context, sql string, args []driver.NamedValue) (Result, error)
	// Query runs the statements up to the first that returns rows. Those
	// after it run on Rows.NextResultSet or Rows.Close. With an error the rows
	// may be there for their Result alone.
	Query(ctx context.Context, sql string, args []driver.NamedValue) (Rows, error)
	// Prepare checks the text as far as that is possible without an effect.
	Prepare(ctx context.Context, sql string) (Stmt, error)

	// Begin starts a transaction, which ends with Commit or Rollback.
	// After a Commit that failed no transaction is open.
	Begin(ctx context.Context, opts TxOptions) error
	Commit(ctx context.Context) error
	Rollback() error

	// Settle makes the connection fit for the next user: it rolls back a
	// transaction that was left open. False: the connection must be closed.
	Settle() bool
	// Written is how many rows the running statement has written so far, as
	// of the last thousand operations of its program. It may be called from
	// another goroutine while the statement runs, but not after Close.
	Written() int64
	// Alive tells whether the connection can still be used.
	Alive() bool
	Close() error
}

// Stmt is a prepared text. It is used like the calls of Conn.
type Stmt interface {
	Exec(ctx context.Context, args []driver.NamedValue) (Result, error)
	Query(ctx context.Context, args []driver.NamedValue) (Rows, error)
	Close() error
}

// TxMode is how a transaction begins: https://www.sqlite.org/lang_transaction.html.
type TxMode uint8

// The modes. ReadOnly begins deferred and refuses every write. Concurrent is
// BEGIN CONCURRENT, if the engine has it.
const (
	Immediate TxMode = iota
	Deferred
	Exclusive
	ReadOnly
	Concurrent
)

// TxOptions describes a transaction.
type TxOptions struct{ Mode TxMode }

// Result is what a text did.
type Result struct {
	Changes      int64 // rows that INSERT, UPDATE and DELETE changed, summed up
	LastInsertID int64 // rowid of the last row that an INSERT added, else 0
	Rows         int64 // rows that its statements returned

	// For a tracer: the counts, which are good until the connection runs
	// something else, and the time in the engine, without waiting for locks.
	Counters *Counters
	Engine   time.Duration
}

// Rows iterates over the rows of a text, one result set for each statement
// that returns rows.
type Rows interface {
	// Columns are those of the current result set; valid until NextResultSet.
	Columns() []Column
	// Next fills dest or returns io.EOF.
	Next(dest []driver.Value) error
	HasNextResultSet() bool
	// NextResultSet goes to the next statement that returns rows, running
	// those before it; io.EOF when there is none.
	NextResultSet() error
	// Close runs the statements that are left and returns their error.
	Close() error
	// Result sums up what ran so far.
	Result() Result
	// Describe tells what the schema proves about a column.
	Describe(column int) ColumnFacts
}

// Counters are SQLite's and libSQL's own counts for the runs of a text:
// https://www.sqlite.org/c3ref/c_stmtstatus_counter.html.
type Counters struct {
	FullScanSteps, Sorts, AutoIndexes, VMSteps, Reprepares, Runs int64
	FilterMisses, FilterHits, MemoryUsed                         int64
	RowsRead, RowsWritten                                        int64
}

// Add sums up; MemoryUsed is the largest.
func (c *Counters) Add(o *Counters) {
	c.FullScanSteps += o.FullScanSteps
	c.Sorts += o.Sorts
	c.AutoIndexes += o.AutoIndexes
	c.VMSteps += o.VMSteps
	c.Reprepares += o.Reprepares
	c.Runs += o.Runs
	c.FilterMisses += o.FilterMisses
	c.FilterHits += o.FilterHits
	c.MemoryUsed = max(c.MemoryUsed, o.MemoryUsed)
	c.RowsRead += o.RowsRead
	c.RowsWritten += o.RowsWritten
}
