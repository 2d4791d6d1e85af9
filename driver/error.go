package driver

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Error is a failure that SQLite, libSQL or the engine reported.
//
// errors.Is matches it with a [Code], primary ([ErrConstraint]) and extended
// ([ErrConstraintUnique]) alike, and with the context's error when the call
// was cancelled.
type Error struct {
	Code     Code   // primary result code: https://www.sqlite.org/rescode.html
	Extended Code   // extended result code; equal to Code when there is no finer one
	Message  string // SQLite's own text, such as "UNIQUE constraint failed: users.email"
	Hint     string // what to do, "" if nothing is to be said
	SQL      string // the statement from the offending token on, "" when no token is at fault
	Offset   int    // byte offset of that token in the text that was run, -1 when none
	Errno    int    // the operating system's error number, 0 when it is not at fault
	Server   string // the remote server's code, "" for a local database

	// Waited is how long an [ErrBusy] was waited for, in all: the queue of this
	// process and other processes together. It is 0 when waiting would not have
	// helped, as for [ErrBusySnapshot].
	Waited time.Duration

	cause error
}

// Error returns SQLite's text, followed by the hint in parentheses.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + " (" + e.Hint + ")"
}

// Is matches a [Code] with either of the error's codes.
func (e *Error) Is(target error) bool {
	c, ok := target.(Code)
	return ok && (c == e.Code || c == e.Extended)
}

// Unwrap returns the cause: of a cancelled call the context's error, else nil
// or one of this package's sentinels.
func (e *Error) Unwrap() error { return e.cause }

// Timeout tells a lock that was not to be had in time; it makes the error fit
// for callers that look for net.Error's method. [ErrBusySnapshot] is none: there
// time does not help.
func (e *Error) Timeout() bool { return e.Code == ErrBusy && e.Extended != ErrBusySnapshot }

// Temporary tells that the same call may succeed later.
func (e *Error) Temporary() bool { return e.Code == ErrBusy || e.Code == ErrLocked }

var (
	// ErrUnsupported is wrapped by the error of everything that this build,
	// this engine or this platform cannot do. The error says what to use
	// instead.
	ErrUnsupported error = engine.Unsupported
	// ErrTxRolledBack is wrapped by the error of every use of a transaction
	// that SQLite rolled back by itself, because a statement was cancelled
	// while it wrote, the disk was full, or a conflict clause said ROLLBACK:
	// https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction.
	ErrTxRolledBack error = engine.TxRolledBack
	// ErrCommitUnknown is wrapped by the error of a COMMIT whose answer was lost
	// on the way from a server: the transaction may have been committed, or not.
	// So is that of a statement outside of a transaction that may have written.
	// Look before running it again. A local database always knows.
	ErrCommitUnknown error = engine.CommitUnknown
	// ErrNotWAL is wrapped by the error of what needs the write-ahead log of a
	// database that is in another journal mode: https://www.sqlite.org/wal.html.
	ErrNotWAL error = engine.NotWAL
	// ErrMultipleRows is the error of what asks for exactly one row and gets
	// several.
	ErrMultipleRows = errors.New("libsql: more than one row")
)

// publish makes the engine's error one of this package.
func publish(err error) error {
	if err == nil {
		return nil
	}
	return published(err)
}

func published(err error) error {
	var e *engine.Error
	if !errors.As(err, &e) {
		return err
	}
	out := &Error{
		Code: Code(e.Code & 0xff), Extended: Code(e.Code), Message: e.Message, Hint: e.Hint,
		Offset: e.Offset, Errno: e.Errno, Server: e.Server, Waited: e.Waited, cause: e.Cause,
	}
	if e.Offset >= 0 && e.Offset <= len(e.SQL) {
		out.SQL = e.SQL[e.Offset:]
	}
	// What has a cause and is no cancellation carries the cause's own details.
	var inner *engine.Error
	if errors.As(e.Cause, &inner) {
		out.cause = causes{errors.Unwrap(e), publish(inner)}
	}
	return out
}

// causes is a sentinel with the failure that led to it.
type causes [2]error

func (c causes) Error() string   { return c[0].Error() }
func (c causes) Unwrap() []error { return c[:] }

// Code is a result code of SQLite, primary or extended:
// https://www.sqlite.org/rescode.html. It is an error, so that errors.Is can
// compare with it.
type Code int

// Primary returns the primary code of an extended one.
func (c Code) Primary() Code { return c & 0xff }

// Error returns the code's number and meaning.
func (c Code) Error() string {
	if t, ok := codeText[c]; ok {
		return t
	}
	if t, ok := codeText[c.Primary()]; ok {
		return t + " (" + strconv.Itoa(int(c)) + ")"
	}
	return "result code " + strconv.Itoa(int(c))
}

// Primary result codes.
const (
	ErrError      Code = 1  // SQL error or missing object
	ErrInternal   Code = 2  // internal error
	ErrPerm       Code = 3  // access permission denied
	ErrAbort      Code = 4  // a callback or a rollback ended the statement
	ErrBusy       Code = 5  // the database is locked by another connection
	ErrLocked     Code = 6  // a table is locked by this connection
	ErrNoMemory   Code = 7  // out of memory
	ErrReadOnly   Code = 8  // attempt to write a read-only database
	ErrInterrupt  Code = 9  // the call was cancelled
	ErrIO         Code = 10 // the operating system reported an I/O error
	ErrCorrupt    Code = 11 // the database file is malformed
	ErrNotFound   Code = 12 // unknown operation
	ErrFull       Code = 13 // the disk or the database is full
	ErrCantOpen   Code = 14 // the file cannot be opened
	ErrProtocol   Code = 15 // the locking protocol failed
	ErrSchema     Code = 17 // the schema changed
	ErrTooBig     Code = 18 // a text or blob is too big
	ErrConstraint Code = 19 // a constraint failed
	ErrMismatch   Code = 20 // data type mismatch
	ErrMisuse     Code = 21 // the library was used incorrectly
	ErrNoLFS      Code = 22 // the host has no large files
	ErrAuth       Code = 23 // not authorized
	ErrRange      Code = 25 // a parameter or column index is out of range
	ErrNotADB     Code = 26 // the file is not a database
)

// Extended result codes that programs act on. Every other one can be compared
// by its number: Code(1234).
const (
	ErrBusyRecovery         Code = 5 | 1<<8 // another process recovers the WAL
	ErrBusySnapshot         Code = 5 | 2<<8 // the transaction reads what is old by now
	ErrConstraintCheck      Code = 19 | 1<<8
	ErrConstraintCommitHook Code = 19 | 2<<8 // a hook has refused the commit: see Conn.OnCommit
	ErrConstraintForeignKey Code = 19 | 3<<8
	ErrConstraintNotNull    Code = 19 | 5<<8
	ErrConstraintPrimaryKey Code = 19 | 6<<8
	ErrConstraintTrigger    Code = 19 | 7<<8 // RAISE in a trigger
	ErrConstraintUnique     Code = 19 | 8<<8
	ErrConstraintRowID      Code = 19 | 10<<8
	ErrConstraintDataType   Code = 19 | 12<<8 // in a STRICT table
)

var codeText = map[Code]string{
	ErrError: "SQL error", ErrInternal: "internal error", ErrPerm: "access permission denied",
	ErrAbort: "query aborted", ErrBusy: "database is locked", ErrLocked: "database table is locked",
	ErrNoMemory: "out of memory", ErrReadOnly: "attempt to write a readonly database", ErrInterrupt: "interrupted",
	ErrIO: "disk I/O error", ErrCorrupt: "database disk image is malformed", ErrNotFound: "unknown operation",
	ErrFull: "database or disk is full", ErrCantOpen: "unable to open database file", ErrProtocol: "locking protocol",
	ErrSchema: "database schema has changed", ErrTooBig: "string or blob too big", ErrConstraint: "constraint failed",
	ErrMismatch: "datatype mismatch", ErrMisuse: "bad parameter or other API misuse",
	ErrNoLFS: "large file support is disabled", ErrAuth: "authorization denied",
	ErrRange: "column index out of range", ErrNotADB: "file is not a database",
	ErrBusyRecovery:    "database is locked: another process recovers it",
	ErrBusySnapshot:    "database is locked: the transaction's snapshot is old",
	ErrConstraintCheck: "CHECK constraint failed", ErrConstraintCommitHook: "a hook refused the commit", ErrConstraintForeignKey: "FOREIGN KEY constraint failed",
	ErrConstraintNotNull: "NOT NULL constraint failed", ErrConstraintPrimaryKey: "PRIMARY KEY constraint failed",
	ErrConstraintTrigger: "a trigger raised an error", ErrConstraintUnique: "UNIQUE constraint failed",
	ErrConstraintRowID: "rowid is not unique", ErrConstraintDataType: "the value is not of the column's type",
}

// cannot is the error of what the engine of a database does not do, with what
// to do instead.
func cannot(what, instead string) error {
	return fmt.Errorf("libsql: %s: %w by this database's engine: %s", what, ErrUnsupported, instead)
}
