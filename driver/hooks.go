package driver

import (
	"fmt"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// OnUpdate calls fn with each row that a statement of this connection inserts,
// updates or deletes, also by triggers and foreign keys:
// https://www.sqlite.org/c3ref/update_hook.html. The changes have an Op, a
// Schema, a Table and a RowID, and may be undone yet: [OnChange] tells what has
// been committed.
//
// SQLite does not call it for tables WITHOUT ROWID, for rows that another one
// takes the place of by REPLACE, nor for [Blob]; for full-text and vector
// indexes it does with their inner tables. A DELETE without WHERE deletes row
// by row while there is a hook, so that each is told.
//
// A connection may have any number of hooks of each kind, which are called in
// their order; stop takes fn away, at any time and any number of times. They
// stay when the connection goes back to its pool; those of every connection of
// a pool are set with [EachConn].
//
// A hook runs within a call of the connection, and holds it up. It must not use
// the connection: the methods of Conn that run something return an error with
// [ErrMisuse] there, but those of a *sql.Conn or *sql.Tx wait for themselves for
// ever. A hook that panics makes the statement return an error with [ErrError] that wraps what it
// panicked with, if that is an error; what the statement did stays. A hook that
// ends its goroutine (runtime.Goexit, as t.FailNow of a test does) makes the
// pool close the connection.
func (c *Conn) OnUpdate(fn func(Change)) (stop func(), err error) {
	h, err := c.hooker("OnUpdate")
	if err != nil {
		return nil, err
	}
	stop, err = h.OnUpdate(func(op int, schema, table string, rowid int64) {
		fn(Change{Op: updateOps[op], Schema: schema, Table: table, RowID: rowid})
	})
	return stop, publish(err)
}

// updateOps are SQLite's codes of actions.
var updateOps = map[int]ChangeOp{18: RowInserted, 23: RowUpdated, 9: RowDeleted}

// OnCommit calls fn before each commit of a transaction of this connection that
// may have written, also of one that is a single statement:
// https://www.sqlite.org/c3ref/commit_hook.html. An error of fn, and a panic,
// makes the commit a rollback: the error of the COMMIT, or of the statement,
// has the code [ErrConstraintCommitHook] and wraps that of fn. The functions
// behind it are not called. A commit that fn has allowed may fail yet.
//
// For the rest it is as with [Conn.OnUpdate].
func (c *Conn) OnCommit(fn func() error) (stop func(), err error) {
	h, err := c.hooker("OnCommit")
	if err != nil {
		return nil, err
	}
	stop, err = h.OnCommit(fn)
	return stop, publish(err)
}

// OnRollback calls fn when a transaction of this connection is rolled back as a
// whole, by ROLLBACK or by SQLite itself:
// https://www.sqlite.org/c3ref/commit_hook.html. It is not called for ROLLBACK
// TO a savepoint, nor when the connection is closed.
//
// For the rest it is as with [Conn.OnUpdate].
func (c *Conn) OnRollback(fn func()) (stop func(), err error) {
	h, err := c.hooker("OnRollback")
	if err != nil {
		return nil, err
	}
	stop, err = h.OnRollback(fn)
	return stop, publish(err)
}

// Authorize asks fn, while a statement is compiled, for each thing that the
// statement is going to do: https://www.sqlite.org/c3ref/set_authorizer.html.
// Of the answers of several functions, and of the driver's own guards, the
// strictest holds: [AuthDeny] makes the statement an error with [ErrAuth],
// [AuthIgnore] reads a column as NULL, or leaves it as it is in an UPDATE.
//
// Statements that the connection keeps compiled are asked about again, when
// they run next, after fn has come and after it has gone. The driver's own
// statements (BEGIN, COMMIT and ROLLBACK of transactions, the savepoints of
// batches, PRAGMAs that it reads) are not asked about.
//
// fn that panics denies. For the rest it is as with [Conn.OnUpdate].
func (c *Conn) Authorize(fn func(AuthAction) AuthResult) (stop func(), err error) {
	h, err := c.hooker("Authorize")
	if err != nil {
		return nil, err
	}
	stop, err = h.Authorize(func(a engine.AuthAction) int {
		return int(fn(AuthAction{AuthCode(a.Code), a.Arg1, a.Arg2, a.Schema, a.Trigger}))
	})
	return stop, publish(err)
}

// OnProgress calls fn while a statement runs, about every n operations of
// SQLite's virtual machine (1,000 are some ten microseconds), and seldom for
// statements of fewer: https://www.sqlite.org/c3ref/progress_handler.html. An
// error of fn, and a panic, ends the statement with an error of the code
// [ErrInterrupt] that wraps it; if the statement wrote, its whole transaction
// is rolled back. Contexts go on to end statements as before.
//
// For the rest it is as with [Conn.OnUpdate].
func (c *Conn) OnProgress(n int, fn func() error) (stop func(), err error) {
	h, err := c.hooker("OnProgress")
	if err != nil {
		return nil, err
	}
	stop, err = h.OnProgress(n, fn)
	return stop, publish(err)
}

func (c *Conn) hooker(what string) (engine.Hooker, error) {
	h, ok := c.eng.(engine.Hooker)
	if !ok {
		return nil, cannot(what, "what its statements do is known to the server only")
	}
	return h, nil
}

// AuthResult is what [Conn.Authorize] is answered.
type AuthResult int

// The answers: https://www.sqlite.org/c3ref/c_deny.html.
const (
	AuthOK     AuthResult = iota // go on
	AuthDeny                     // the statement is an error
	AuthIgnore                   // the column is read as NULL, or not updated
)

// AuthAction is one thing that a statement is going to do. What Arg1 and Arg2
// are depends on Code: https://www.sqlite.org/c3ref/c_alter_table.html.
type AuthAction struct {
	Code       AuthCode
	Arg1, Arg2 string
	Schema     string // "main", "temp", or the name of an attached database; "" if none is meant
	Trigger    string // the innermost trigger or view that does it; "" for the statement itself
}

// AuthCode is a kind of action. Its comment says what Arg1 and Arg2 are.
type AuthCode int

// The kinds of actions: https://www.sqlite.org/c3ref/c_alter_table.html.
const (
	AuthCopy              AuthCode = iota // no longer used
	AuthCreateIndex                       // index, table
	AuthCreateTable                       // table
	AuthCreateTempIndex                   // index, table
	AuthCreateTempTable                   // table
	AuthCreateTempTrigger                 // trigger, table
	AuthCreateTempView                    // view
	AuthCreateTrigger                     // trigger, table
	AuthCreateView                        // view
	AuthDelete                            // table
	AuthDropIndex                         // index, table
	AuthDropTable                         // table
	AuthDropTempIndex                     // index, table
	AuthDropTempTable                     // table
	AuthDropTempTrigger                   // trigger, table
	AuthDropTempView                      // view
	AuthDropTrigger                       // trigger, table
	AuthDropView                          // view
	AuthInsert                            // table
	AuthPragma                            // PRAGMA, its argument
	AuthRead                              // table, column
	AuthSelect                            //
	AuthTransaction                       // BEGIN, COMMIT or ROLLBACK
	AuthUpdate                            // table, column
	AuthAttach                            // file
	AuthDetach                            // schema
	AuthAlterTable                        // schema, table
	AuthReindex                           // index
	AuthAnalyze                           // table
	AuthCreateVTable                      // table, module
	AuthDropVTable                        // table, module
	AuthFunction                          // "", function
	AuthSavepoint                         // BEGIN, RELEASE or ROLLBACK, savepoint
	AuthRecursive                         // of WITH RECURSIVE
)

var authNames = [...]string{"COPY", "CREATE INDEX", "CREATE TABLE", "CREATE TEMP INDEX", "CREATE TEMP TABLE", "CREATE TEMP TRIGGER",
	"CREATE TEMP VIEW", "CREATE TRIGGER", "CREATE VIEW", "DELETE", "DROP INDEX", "DROP TABLE", "DROP TEMP INDEX", "DROP TEMP TABLE",
	"DROP TEMP TRIGGER", "DROP TEMP VIEW", "DROP TRIGGER", "DROP VIEW", "INSERT", "PRAGMA", "READ", "SELECT", "TRANSACTION", "UPDATE",
	"ATTACH", "DETACH", "ALTER TABLE", "REINDEX", "ANALYZE", "CREATE VIRTUAL TABLE", "DROP VIRTUAL TABLE", "FUNCTION", "SAVEPOINT", "RECURSIVE"}

// String returns the action in SQL's words, such as "CREATE TABLE".
func (c AuthCode) String() string {
	if c >= 0 && int(c) < len(authNames) {
		return authNames[c]
	}
	return fmt.Sprintf("AuthCode(%d)", int(c))
}
