package engine

import (
	"context"
	"errors"
	"time"
)

// Result codes that the engines themselves use: https://www.sqlite.org/rescode.html.
const (
	CodeError     = 1
	CodeAbort     = 4
	CodeBusy      = 5
	CodeReadOnly  = 8
	CodeInterrupt = 9
	CodeCorrupt   = 11
	CodeCantOpen  = 14
	CodeTooBig    = 18
	CodeAuth      = 23
	CodeNotADB    = 26

	CodeCommitHook = 19 | 2<<8 // extended
)

// Error is a failure as the engine saw it. The driver shows it to users as
// its own error type.
type Error struct {
	Code    int           // extended result code
	Message string        // SQLite's own text
	Hint    string        // what to do, for people
	SQL     string        // the text, from Offset on
	Offset  int           // byte offset of the offending token in the text, -1 unknown
	Errno   int           // of the operating system, 0 none
	Server  string        // the server's code, for a remote engine
	Waited  time.Duration // for a lock that was not to be had
	Cause   error         // the context's error when the call was cancelled; a sentinel of the driver
}

// Error returns SQLite's text.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Cancelled is the error of a call whose context has ended.
func Cancelled(ctx context.Context) *Error {
	return &Error{Code: CodeInterrupt, Message: "interrupted", Offset: -1, Cause: contextError{ctx.Err(), context.Cause(ctx)}}
}

// contextError matches both what ctx.Err says and the cause that the
// canceller gave.
type contextError struct{ err, cause error }

func (e contextError) Error() string   { return e.err.Error() }
func (e contextError) Unwrap() []error { return []error{e.err, e.cause} }

// Sentinel is an error that the driver exports under a name of its own.
type Sentinel string

// Error returns the text.
func (s Sentinel) Error() string { return string(s) }

// The sentinels.
const (
	Unsupported  = Sentinel("not supported")
	TxRolledBack = Sentinel("the transaction was rolled back")
	// CommitUnknown: the connection broke while COMMIT was under way.
	CommitUnknown = Sentinel("whether the transaction was committed is not known")
)

// RolledBack is the error of every use of a transaction that was rolled back
// without its user's doing, because of cause.
func RolledBack(cause error) error {
	e := &Error{Code: CodeError, Offset: -1, Message: "the transaction was rolled back",
		Cause: errors.Join(TxRolledBack, cause)}
	if cause != nil {
		e.Hint = "because of: " + cause.Error()
	}
	return e
}
