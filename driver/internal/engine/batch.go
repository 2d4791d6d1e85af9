package engine

import (
	"context"
	"database/sql/driver"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Batcher is a [Conn] that runs many statements at once.
type Batcher interface {
	// Batch runs the statements in order until one fails, which is a
	// [BatchError] then. Unless told otherwise it does so in a transaction of
	// its own or, when one is open, in a savepoint of it: all of it or nothing
	// is kept. The driver has looked at the statements: none of them ends or
	// leaves that transaction.
	//
	// Without a transaction the results of those before the one that failed
	// are returned with the error.
	//
	// The sum of all is returned also with an error.
	Batch(ctx context.Context, stmts []BatchStmt, o BatchOptions) ([]BatchResult, Result, error)
}

// BatchStmt is one statement, and no more, with its arguments.
type BatchStmt struct {
	SQL  string
	Verb sqltext.Verb // of the SQL
	Args []driver.NamedValue
}

// BatchOptions say how a batch runs.
type BatchOptions struct {
	NoTransaction bool
	Mode          TxMode // of its transaction
	MaxRows       int    // that may be returned by all statements together
	Discard       bool   // rows are counted and not kept
}

// BatchResult is what a statement did.
type BatchResult struct {
	Columns []string // nil for a statement that returns no rows
	Rows    [][]any

	Changes, LastInsertID int64 // as in Result
}

// BatchError is the failure of one statement of a batch.
type BatchError struct {
	Index int
	Err   error
}

// Error returns what the failure says.
func (e *BatchError) Error() string { return e.Err.Error() }

// Unwrap returns the failure.
func (e *BatchError) Unwrap() error { return e.Err }
