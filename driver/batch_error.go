package driver

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// BatchError is the failure of one statement of a batch, or why a batch was
// refused because of one. It wraps the [Error], so that errors.Is finds the
// codes and errors.As the details, if SQLite and not an argument is at fault.
type BatchError struct {
	// Index is the number of the statement, from 0.
	Index int
	// Line and Column, both from 1, are where in the script the statement
	// begins or, if SQLite blames one, where the token is; columns count
	// characters. With [Conn.BatchStmts] they are of the statement's own text.
	Line, Column int
	// SQL is the text of the statement.
	SQL string
	// Err is what is wrong, mostly an [Error].
	Err error
}

// Error tells the number of the statement, from 1, its place, and what is
// wrong with it.
func (e *BatchError) Error() string {
	return fmt.Sprintf("libsql: statement %d of the batch, line %d, column %d: %v", e.Index+1, e.Line, e.Column, e.Err)
}

// Unwrap returns Err.
func (e *BatchError) Unwrap() error { return e.Err }

// failed publishes the error of a batch.
func (b *batch) failed(err error) error {
	be, ok := err.(*engine.BatchError)
	if !ok {
		return publish(err)
	}
	out := &BatchError{Index: be.Index - b.before, SQL: b.stmts[be.Index].SQL}
	text, at := out.SQL, 0
	if b.script != "" && out.Index >= 0 {
		text, at = b.script, b.split[out.Index].Start
	}
	var e *engine.Error
	if errors.As(be.Err, &e) && e.Offset >= 0 && e.Offset <= len(out.SQL) {
		e.Offset += at
		e.SQL = text
		at = e.Offset
	}
	before := text[:at]
	line := strings.LastIndexByte(before, '\n') + 1
	out.Line = strings.Count(before, "\n") + 1
	out.Column = utf8.RuneCountInString(before[line:]) + 1
	out.Err = publish(be.Err)
	return out
}
