package pragma

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/pragmas"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Setting is a PRAGMA that sets something and tells what is set. Each has a
// variable of this package. What one connection sets holds for it alone, for
// the database or for the process, as [ScopeOf] tells; the variables are
// grouped by that.
type Setting[T any] struct {
	row    *pragmas.Pragma
	schema string
}

// String returns the name of the PRAGMA, such as "cache_size", with the schema
// that [Setting.In] gave it: "aux.cache_size".
func (s Setting[T]) String() string {
	switch {
	case s.row == nil:
		return ""
	case s.schema == "":
		return s.row.Name
	}
	return s.schema + "." + s.row.Name
}

// In returns the setting of one database of a connection: "main", "temp" or
// what ATTACH … AS says. Without In it is main's, except that journal_mode,
// locking_mode, mmap_size and secure_delete set every database of the
// connection and tell main's. A setting that is of no database, such as
// foreign_keys, then refuses to be asked or set.
func (s Setting[T]) In(schema string) Setting[T] {
	s.schema = schema
	return s
}

// Get returns what is set: on a pool, for any one of its connections. It wraps
// [driver.ErrUnsupported] when the database has no such thing, as mmap_size in
// memory.
func (s Setting[T]) Get(ctx context.Context, q Querier) (value T, err error) {
	if err := s.check(); err != nil {
		return value, err
	}
	err = onOne(ctx, q, func(q Querier) error {
		value, err = s.ask(ctx, q)
		return err
	})
	return value, s.named(err)
}

// Set sets a value and reads back what took effect; a [*KeptError] tells that
// SQLite kept another one. A value that SQLite would ignore is refused before
// anything runs.
//
// q is one connection: *sql.Conn, *sql.Tx or [On]. What it is set to stays with
// the connection when it goes back to the pool. On a pool only what holds for
// the database or the process can be set; the settings of connections are set
// by [Setting.SetAll] there.
func (s Setting[T]) Set(ctx context.Context, q Querier, value T) error {
	text, err := s.textOf(value)
	if err != nil {
		return err
	}
	if poolOf(q) == nil {
		return s.named(s.set(ctx, q, text))
	}
	if s.row.Scope == pragmas.Connection {
		return s.named(errors.New("it holds for one connection, and a pool has many: use SetAll, or Set on a *sql.Conn"))
	}
	return s.named(s.setThere(ctx, q, text))
}

// SetAll sets a value for all who use the pool. The setting of a connection is
// set at once on one, on the others that exist when they are handed out next,
// and on each new one; it is one of the functions of [driver.EachConn], and
// takes the place of the last value. What holds for the database or the
// process is set once, and so is the journal mode WAL, which the file keeps.
//
// For a journal mode of connections, such as DELETE, SQLite has to have the
// file alone: while other connections have it open, leaving WAL is
// [driver.ErrBusy]. WAL is refused when the DSN sets another mode on each new
// connection. A setting [Setting.In] an attached database needs it on every
// connection, as [driver.Config.OnConnect] can attach it.
func (s Setting[T]) SetAll(ctx context.Context, db *sql.DB, value T) error {
	text, err := s.textOf(value)
	if err != nil {
		return err
	}
	name := s.row.Each(s.schema)
	switch {
	case s.row.Scope != pragmas.Connection:
		return s.named(s.setThere(ctx, db, text))
	case s.row.IsOfFile(text): // first no connection shall undo it
		err := driver.With(ctx, db, undoneByConfig)
		if err == nil {
			err = driver.EachConn(ctx, db, name, nil)
		}
		if err == nil {
			err = s.setThere(ctx, db, text)
		}
		return s.named(err)
	}
	return driver.EachConn(ctx, db, name, func(ctx context.Context, c *driver.Conn) error {
		return s.named(s.set(ctx, On(c), text))
	})
}

// undoneByConfig tells that each new connection would leave WAL again.
func undoneByConfig(c *driver.Conn) error {
	if cfg := c.Config(); cfg.Path != "" && cfg.JournalMode != "" && cfg.JournalMode != string(JournalWAL) {
		return fmt.Errorf("each new connection sets %s, as the DSN or Config.JournalMode says: change it there", cfg.JournalMode)
	}
	return nil
}

// setThere sets on one connection of a pool what holds for all of them.
func (s Setting[T]) setThere(ctx context.Context, q Querier, text string) error {
	if s.row.Scope == pragmas.Transaction {
		return errors.New("it holds until the transaction ends: use Set in the transaction")
	}
	return onOne(ctx, q, func(q Querier) error {
		if s.row.Shape == 0 {
			return s.set(ctx, q, text)
		}
		if kept, err := s.ask(ctx, q); err != nil || s.same(text, kept) {
			return err
		}
		return errors.New("it shapes a database that the connection writes first, or that it then runs VACUUM on: " +
			"use Set on a *sql.Conn, or give a new file its shape in the DSN, by _pragma=" + s.row.Name + "(" + text + ")")
	})
}

// set sets on a connection.
func (s Setting[T]) set(ctx context.Context, q Querier, text string) error {
	literal := text
	if len(s.row.Values.Words) > 0 {
		literal = sqltext.QuoteString(text) // UTF-16le is no name
	}
	answer, ok, err := one(ctx, q, s.sql(s.row.Name)+" = "+literal)
	if err != nil {
		return err
	}
	var kept T
	switch {
	case !s.row.Row:
		kept, err = s.ask(ctx, q)
	case !ok:
		err = errNoAnswer
	default:
		kept, err = decode[T](s.row, answer)
	}
	if err != nil || s.same(text, kept) {
		return err
	}
	return s.kept(ctx, q, text, kept)
}

// ask asks a connection for the value.
func (s Setting[T]) ask(ctx context.Context, q Querier) (value T, err error) {
	if s.row.Reads {
		if err := s.look(ctx, q); err != nil {
			return value, err
		}
	}
	query := s.row.Ask
	if query == "" {
		query = s.sql(s.row.Name)
	}
	answer, ok, err := one(ctx, q, query)
	if err != nil {
		return value, err
	}
	if !ok {
		return value, errNoAnswer
	}
	return decode[T](s.row, answer)
}

// errNoAnswer is of a setting that the database does not have.
var errNoAnswer = fmt.Errorf("%w by this database", driver.ErrUnsupported)

// sql is the PRAGMA of a name for the schema.
func (s Setting[T]) sql(name string) string {
	if s.schema == "" {
		return "PRAGMA " + name
	}
	return "PRAGMA " + sqltext.QuoteIdent(s.schema) + "." + name
}

// look reads the database, which brings the connection up to date. The
// encoding, which is of no one database, comes with the schema.
func (s Setting[T]) look(ctx context.Context, q Querier) error {
	query := s.sql("schema_version")
	if s.schema == "" {
		query = "SELECT 1 FROM sqlite_schema LIMIT 1"
	}
	_, _, err := one(ctx, q, query)
	return err
}

// check refuses a schema that SQLite would not look at, or not wholly.
func (s Setting[T]) check() error {
	switch {
	case s.row == nil:
		return errors.New("libsql: a pragma.Setting that is none of the package's variables")
	case s.schema != "" && !s.row.Schema:
		return fmt.Errorf("libsql: PRAGMA %s is not of one database: leave In out", s.row.Name)
	case strings.ContainsRune(s.schema, 0):
		return fmt.Errorf("libsql: PRAGMA %s: %q: a name cannot hold a NUL byte", s.row.Name, s.schema)
	}
	return nil
}

// textOf is the value as the PRAGMA takes it.
func (s Setting[T]) textOf(value T) (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	asked := encode(value)
	text, ok := s.row.Values.Parse(asked)
	if !ok {
		text, ok = pragmas.OneOf(s.row.Values.Maybe, asked)
	}
	if !ok {
		return "", fmt.Errorf("libsql: PRAGMA %s takes %s, not %q", s, &s.row.Values, asked)
	}
	return text, nil
}

// same tells whether a value is what was asked for.
func (s Setting[T]) same(text string, kept T) bool {
	asked, err := decode[T](s.row, text)
	return err == nil && any(asked) == any(kept) || s.row.Same != nil && s.row.Same(text, encode(kept))
}

// named says which PRAGMA an error is about.
func (s Setting[T]) named(err error) error {
	if err == nil {
		return nil
	}
	var kept *KeptError
	if errors.As(err, &kept) {
		return err
	}
	return fmt.Errorf("libsql: PRAGMA %s: %w", s, err)
}
