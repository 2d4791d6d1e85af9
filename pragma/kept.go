package pragma

import (
	"context"
	"errors"
	"fmt"

	"github.com/gorm-libsql/libsql/internal/pragmas"
)

// KeptError tells that SQLite took a value without an error and has another one
// in effect: the old one, or the nearest that it allows.
type KeptError struct {
	Pragma      string // such as "foreign_keys", or "aux.page_size"
	Asked, Kept any    // of the setting's type
	Reason      string // why, and what to do; "" when that is not known

	cause error
}

// Error tells what was asked for, what is in effect and why.
func (e *KeptError) Error() string {
	text := fmt.Sprintf("libsql: PRAGMA %s: %v was asked for, and it is %v", e.Pragma, e.Asked, e.Kept)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// Unwrap returns [ErrNeedsVacuum] or nil.
func (e *KeptError) Unwrap() error { return e.cause }

// ErrNeedsVacuum is what a [*KeptError] of [PageSize] or [AutoVacuum] wraps
// when the value takes effect with the next VACUUM on the same connection
// (https://www.sqlite.org/lang_vacuum.html).
var ErrNeedsVacuum = errors.New("libsql: it takes effect with VACUUM on this connection")

// kept is the error about a value that SQLite has in place of another.
func (s Setting[T]) kept(ctx context.Context, q Querier, text string, kept T) error {
	asked, err := decode[T](s.row, text)
	if err != nil {
		return err
	}
	e := &KeptError{Pragma: s.String(), Asked: asked, Kept: kept, Reason: s.row.Keeps}
	if s.row.Shape == 0 || e.Reason != "" {
		return e
	}
	e.Reason, e.cause = "it takes effect with VACUUM on this connection", ErrNeedsVacuum
	if s.row.WAL {
		mode := Setting[Journal]{pragmas.Find("journal_mode"), s.schema}
		if now, err := mode.ask(ctx, q); err != nil {
			return err
		} else if now == JournalWAL {
			e.Reason, e.cause = "it never changes under WAL: set JournalMode to JournalDelete first", nil
		}
	}
	return e
}
