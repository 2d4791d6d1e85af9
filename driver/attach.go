package driver

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Attachment is a database file whose tables are reached as Schema.table, beside
// those of the main database: https://www.sqlite.org/lang_attach.html. A
// connection has room for [LimitAttached] of them.
//
// Printing one with package fmt, and marshalling it, never shows the key.
type Attachment struct {
	// Schema is the name, in any characters; SQLite compares it without regard to
	// the case of ASCII letters.
	Schema string

	// Path is the file. A relative one is relative to the working directory at the
	// time of the call. Databases in memory cannot be attached: each connection
	// would have one of its own.
	Path string

	// Key is the passphrase of an encrypted file; nil for one that is not
	// encrypted, whatever the main database is. A main database in memory, or on a VFS
	// that does not encrypt, takes none ([ErrUnsupported]). Secret.
	Key []byte

	// Create creates the file when it is missing, which is an error otherwise
	// ([ErrCantOpen]). The new file's journal mode is DELETE; PRAGMA
	// schema.journal_mode = WAL changes it for good.
	Create bool

	// ReadOnly opens the file to be read only, as a main database that is read-only
	// does anyway.
	ReadOnly bool
}

// Attach attaches a database file to every connection of the pool: at once to one,
// to the others that exist when they are handed out next, and to each new one.
// When it fails at once, no connection has it. Should it fail later, because the
// file is gone, then that connection is discarded, and opening new ones fails with
// the error, until [Detach]: none is handed out without the file.
//
// [Config.Attach] does it from the start, [Conn.Attach] for one connection.
// A transaction that changes several files is atomic in each of them; in all of
// them at once only in rollback mode.
func Attach(ctx context.Context, db *sql.DB, a Attachment) error {
	a.Key = bytes.Clone(a.Key)
	return With(ctx, db, func(c *Conn) error {
		if err := c.Attach(ctx, a); err != nil {
			return err
		}
		file, _, err := c.Attached(ctx, a.Schema)
		if err != nil {
			return err
		}
		a.Path, a.Create = file, false // the same file for all, and never a second one
		c.connector.addEach(c, eachSchema(a.Schema), func(ctx context.Context, c *Conn) error {
			return c.ensureAttached(ctx, a)
		})
		return nil
	})
}

// Detach ends, for every connection of the pool, what [Attach], [Config.Attach] or
// ATTACH in SQL began: https://www.sqlite.org/lang_detach.html. Connections in use
// keep the file until they are handed out next.
func Detach(ctx context.Context, db *sql.DB, schema string) error {
	return With(ctx, db, func(c *Conn) error {
		if err := c.Detach(ctx, schema); err != nil {
			return err
		}
		c.connector.addEach(c, eachSchema(schema), func(ctx context.Context, c *Conn) error {
			_, is, err := c.Attached(ctx, schema)
			if err == nil && is {
				err = c.Detach(ctx, schema)
			}
			return err
		})
		return nil
	})
}

// eachSchema is the name for EachConn under which a schema is attached and
// detached; package dialect knows it, too.
func eachSchema(schema string) string { return "ATTACH " + sqltext.Lower(schema) }

func (c *Conn) ensureAttached(ctx context.Context, a Attachment) error {
	file, is, err := c.Attached(ctx, a.Schema)
	if err != nil || is && file == a.Path {
		return err
	}
	if is { // it was detached meanwhile, and the name given to another file
		if err := c.Detach(ctx, a.Schema); err != nil {
			return err
		}
	}
	return c.Attach(ctx, a)
}

// Attached is the file of a schema, as the operating system knows it, "" for one in
// memory, and whether the connection has a schema of that name.
func (c *Conn) Attached(ctx context.Context, schema string) (file string, is bool, err error) {
	rows, err := c.QueryContext(ctx, "SELECT coalesce(file, '') FROM pragma_database_list WHERE name = ? COLLATE NOCASE",
		[]driver.NamedValue{{Ordinal: 1, Value: schema}})
	if err != nil {
		return "", false, err
	}
	defer rows.Close()
	var dest [1]driver.Value
	switch err := rows.Next(dest[:]); {
	case err == io.EOF:
		return "", false, nil
	case err != nil:
		return "", false, err
	}
	file, _ = dest[0].(string)
	return file, true, nil
}

// Attach attaches a database file to this connection alone; the function [Attach]
// does to the pool. ATTACH in SQL would have the key in the text, where loggers
// see it, would use that of the main database without one, and create a missing
// file. A wrong key is [ErrNotADB], and nothing is attached. A read-only
// transaction cannot attach.
func (c *Conn) Attach(ctx context.Context, a Attachment) error {
	eng, ok := c.eng.(engine.Attacher)
	if !ok {
		return errNoAttach()
	}
	if err := a.check(); err != nil {
		return err
	}
	return publish(eng.Attach(ctx, engine.Attachment(a)))
}

// Detach ends what [Conn.Attach] or ATTACH in SQL began on this connection. It
// fails while a transaction or open rows use the file.
func (c *Conn) Detach(ctx context.Context, schema string) error {
	eng, ok := c.eng.(engine.Attacher)
	if !ok {
		return errNoAttach()
	}
	return publish(eng.Detach(ctx, schema))
}

func errNoAttach() error {
	return fmt.Errorf("libsql: attaching files is %w by this database's engine: what can be attached is its server's affair", ErrUnsupported)
}

func (a Attachment) check() error {
	switch {
	case a.Schema == "" || strings.ContainsRune(a.Schema, 0):
		return errors.New("libsql: attaching a file needs the name of a schema")
	case a.Path == "" || strings.ContainsRune(a.Path, 0):
		return errors.New("libsql: attaching a file needs its path")
	case a.Path == ":memory:":
		return errors.New("libsql: a database in memory cannot be attached: each connection would have one of its own")
	case a.Key != nil && len(a.Key) == 0:
		return errEmptyKey
	case a.Create && a.ReadOnly:
		return errors.New("libsql: Create and ReadOnly of an attached file exclude each other")
	}
	return nil
}

// String is the file and its schema, without the key.
func (a Attachment) String() string {
	text := strconv.Quote(a.Path) + " AS " + strconv.Quote(a.Schema)
	if a.Key != nil {
		text += " KEY " + redacted
	}
	return text
}

// GoString is String within the name of the type, for the verb %#v.
func (a Attachment) GoString() string { return "driver.Attachment(" + a.String() + ")" }

// Format writes String for every verb, so that none looks into the fields.
func (a Attachment) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') {
		_, _ = io.WriteString(f, a.GoString())
		return
	}
	_, _ = io.WriteString(f, a.String())
}

// MarshalText returns String.
func (a Attachment) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
