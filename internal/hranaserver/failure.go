package hranaserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/driver"
)

// failure is an error that is told within an answer: the protocol's Error.
type failure struct {
	Message  string
	Code     string
	Extended string // of Turso Cloud, "" for none
}

func (f *failure) Error() string { return f.Message }

// refusal is an error that is the whole answer. A stream that was in use does
// not survive it.
type refusal struct {
	status int
	typ    string
	body   string
}

func (r *refusal) Error() string { return strconv.Itoa(r.status) + " " + r.body }

const (
	typeText = "text/plain"
	typeJSON = "application/json"
)

// protocolError is what a client does that the protocol forbids.
func protocolError(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, typeText, fmt.Sprintf(format, args...)}
}

// statusError is an error of every other kind.
func statusError(status int, message string) *refusal {
	return &refusal{status, typeJSON, string(appendString([]byte(`{"error":`), message)) + "}"}
}

func internalError(err error) *refusal {
	return statusError(http.StatusInternalServerError, "Internal Error: `"+err.Error()+"`")
}

var (
	errBatonInvalid  = protocolError("Received an invalid baton")
	errBatonReused   = protocolError("Received a baton that has already been used")
	errStreamClosed  = protocolError("Stream for this baton was closed")
	errStreamExpired = &refusal{http.StatusBadRequest, typeJSON,
		`{"message":"The stream has expired due to inactivity","code":"STREAM_EXPIRED"}`}
	errTooManyStreams = statusError(http.StatusTooManyRequests, "Timed out while opening database connection")
	errShutDown       = statusError(http.StatusServiceUnavailable, "The server is shutting down")

	errTxTimeout = &failure{Message: "Transaction timed out", Code: "TRANSACTION_TIMEOUT"}
	errTooLarge  = &failure{Message: "Response is too large", Code: "RESPONSE_TOO_LARGE"}
	errNoStmt    = &failure{Message: "SQL string does not contain any statement", Code: "SQL_NO_STATEMENT"}
	errManyStmts = &failure{Message: "SQL string contains more than one statement", Code: "SQL_MANY_STATEMENTS"}
	errBothArgs  = &failure{Message: "Specifying both positional and named arguments is not supported",
		Code: "ARGS_BOTH_POSITIONAL_AND_NAMED"}
)

func parseError(format string, args ...any) *failure {
	return &failure{Message: "SQL string could not be parsed: " + fmt.Sprintf(format, args...), Code: "SQL_PARSE_ERROR"}
}

func argsError(format string, args ...any) *failure {
	return &failure{Message: "Arguments do not match SQL parameters: " + fmt.Sprintf(format, args...), Code: "ARGS_INVALID"}
}

// failure is the error of a statement as it is told to the client. Only Turso
// Cloud tells extended codes.
func (s *Server) failure(err error) error {
	err = asFailure(err)
	if f, ok := err.(*failure); ok && !s.opts.Cloud {
		f.Extended = ""
	}
	return err
}

func asFailure(err error) error {
	var e *driver.Error
	if !errors.As(err, &e) {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return internalError(err)
	}
	extended := extendedName(e.Extended)
	switch {
	case errors.Is(err, driver.ErrUnsupported):
		return &failure{Message: "SQL string could not be parsed: unsupported statement: " + e.Error(), Code: "SQL_PARSE_ERROR", Extended: extended}
	case isSyntaxError(e):
		return &failure{Message: "SQL string could not be parsed: " + e.Message, Code: "SQL_PARSE_ERROR", Extended: extended}
	case e.Code == driver.ErrError && e.Offset >= 0:
		return &failure{Message: fmt.Sprintf("SQL input error: %s (at offset %d)", e.Message, e.Offset),
			Code: "SQL_INPUT_ERROR", Extended: extended}
	}
	return &failure{Message: "SQLite error: " + e.Message, Code: primaryName(e.Code), Extended: extended}
}

// isSyntaxError tells what libsql-server's own parser would have refused. SQLite
// has no code for it: SQLITE_ERROR is everything that a statement can get wrong.
func isSyntaxError(e *driver.Error) bool {
	if e.Code != driver.ErrError {
		return false
	}
	return e.Message == "incomplete input" ||
		strings.HasPrefix(e.Message, "near \"") ||
		strings.HasPrefix(e.Message, "unrecognized token: ") ||
		e.Message == "SQL text with a NUL byte"
}

var primaryNames = map[driver.Code]string{
	driver.ErrInternal: "SQLITE_INTERNAL", driver.ErrPerm: "SQLITE_PERM", driver.ErrAbort: "SQLITE_ABORT",
	driver.ErrBusy: "SQLITE_BUSY", driver.ErrLocked: "SQLITE_LOCKED", driver.ErrNoMemory: "SQLITE_NOMEM",
	driver.ErrReadOnly: "SQLITE_READONLY", driver.ErrInterrupt: "SQLITE_INTERRUPT", driver.ErrIO: "SQLITE_IOERR",
	driver.ErrCorrupt: "SQLITE_CORRUPT", driver.ErrNotFound: "SQLITE_NOTFOUND", driver.ErrFull: "SQLITE_FULL",
	driver.ErrCantOpen: "SQLITE_CANTOPEN", driver.ErrProtocol: "SQLITE_PROTOCOL", driver.ErrSchema: "SQLITE_SCHEMA",
	driver.ErrTooBig: "SQLITE_TOOBIG", driver.ErrConstraint: "SQLITE_CONSTRAINT", driver.ErrMismatch: "SQLITE_MISMATCH",
	driver.ErrMisuse: "SQLITE_MISUSE", driver.ErrNoLFS: "SQLITE_NOLFS", driver.ErrAuth: "SQLITE_AUTH",
	driver.ErrRange: "SQLITE_RANGE", driver.ErrNotADB: "SQLITE_NOTADB",
}

// primaryName is the name that libsql-server has for a code: SQLITE_ERROR is
// not among them.
func primaryName(c driver.Code) string {
	if name, ok := primaryNames[c.Primary()]; ok {
		return name
	}
	return "SQLITE_UNKNOWN"
}

var extendedNames = map[driver.Code]string{
	driver.ErrConstraintCheck: "_CHECK", driver.ErrConstraintForeignKey: "_FOREIGNKEY",
	driver.ErrConstraintNotNull: "_NOTNULL", driver.ErrConstraintPrimaryKey: "_PRIMARYKEY",
	driver.ErrConstraintTrigger: "_TRIGGER", driver.ErrConstraintUnique: "_UNIQUE",
	driver.ErrConstraintRowID: "_ROWID", driver.ErrConstraintDataType: "_DATATYPE",
	driver.ErrBusyRecovery: "_RECOVERY", driver.ErrBusySnapshot: "_SNAPSHOT",
}

func extendedName(c driver.Code) string {
	if c.Primary() == driver.ErrError {
		return "SQLITE_ERROR"
	}
	return primaryName(c) + extendedNames[c]
}
