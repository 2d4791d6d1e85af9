package driver

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// BackupOptions say how [Conn.Backup] and [Conn.Serialize] copy. The zero value
// is a good one. Package fmt never shows the key.
type BackupOptions struct {
	// Key encrypts the copy. Nil is the key of the database itself, if it has
	// one.
	Key []byte

	// Plaintext makes a copy that is not encrypted. Nothing else does, when the
	// database is.
	Plaintext bool

	// Overwrite lets Backup replace the database that is in the file already. It
	// must have the key of the copy, and is replaced in one transaction: who has it
	// open goes on with the new one, and when the copy fails nothing has changed. It
	// keeps its journal mode.
	Overwrite bool

	// Pages is how many pages are copied between two looks at the context, two
	// calls of Progress and, where the database is in no WAL mode, two chances for
	// others to write. Default: 256.
	Pages int

	// Progress, if not nil, is called on the goroutine of the call, after each step.
	// It must not use the connection.
	Progress func(BackupProgress)
}

// BackupProgress is how far a copy is.
type BackupProgress struct {
	Remaining int // pages that are still to be copied
	Total     int // pages of the database; it grows when the database does
}

// RestoreOptions say how [Conn.Restore] and [Conn.Deserialize] replace the
// database. The zero value is a good one. Package fmt never shows the key.
type RestoreOptions struct {
	// Key is the key of what is restored. Nil is none, or else that of the database
	// that is replaced.
	Key []byte

	// Unchecked leaves out the check of the whole backup (PRAGMA integrity_check)
	// before the database is replaced.
	Unchecked bool

	// Pages and Progress are those of [BackupOptions].
	Pages    int
	Progress func(BackupProgress)
}

const defaultPages = 256

// Backup copies the database into the file dst, while others read and write it:
// https://www.sqlite.org/backup.html. The copy is the database as it was at one
// moment, vector indexes included; committed is what it has. Attached databases
// are not part of it.
//
// The file gets its name when it is complete and on the disk; until then it is
// one beside it, which an error, a cancelled context too, removes. A file that is
// there already, unless it is empty, is an error that wraps fs.ErrExist; see
// [BackupOptions.Overwrite]. The permissions are those of the database's file.
//
// The copy of an encrypted database is encrypted by the same key, by
// [BackupOptions.Key], or by none if [BackupOptions.Plaintext] says so.
//
// In WAL mode, and in memory, the copy reads one snapshot and is in nobody's way.
// In other modes writers come in between its steps; it then begins anew, and
// after the third time it keeps them out, so that it ends. A transaction of this
// connection may have read, which is what is copied then, but not written.
//
// VACUUM INTO, in SQL, makes a copy without free pages, in more time and under
// the same key.
func (c *Conn) Backup(ctx context.Context, dst string, o BackupOptions) error {
	if err := checkCopyPath("Backup", dst); err != nil {
		return err
	}
	return c.copies(ctx, OpBackup, o.engine, func(ctx context.Context, eng engine.Copier, eo engine.CopyOptions) error {
		return eng.Backup(ctx, dst, eo)
	})
}

// Serialize writes the database, as Backup would copy it, to w: the bytes are
// those of a file, which every SQLite opens
// (https://www.sqlite.org/c3ref/serialize.html). They are in rollback mode, so
// that they can be used in memory. Inside a transaction they hold what it has
// written.
//
// The bytes of an encrypted database are encrypted, by way of an encrypted
// temporary file in os.TempDir, unless [BackupOptions.Plaintext] says otherwise.
// Those that are not encrypted go to w page by page. A database without a page,
// which is new and not in WAL mode, has no bytes. Overwrite has no meaning here,
// and without encryption neither have Pages and Progress.
//
// For bytes in memory, w is a *bytes.Buffer.
func (c *Conn) Serialize(ctx context.Context, w io.Writer, o BackupOptions) error {
	return c.copies(ctx, OpBackup, o.engine, func(ctx context.Context, eng engine.Copier, eo engine.CopyOptions) error {
		return eng.Serialize(ctx, w, eo)
	})
}

// Restore replaces the database by that of the file src, in one transaction.
// Every connection of every pool and process that has it open goes on with the
// new content when its next transaction begins: nothing has to be closed, and
// who reads meanwhile under WAL keeps the old until it ends. When Restore fails,
// nothing has changed.
//
// Before it replaces anything it reads all of src: a file that is none of a
// database is [ErrNotADB], so is one with another key, and one that is damaged is
// [ErrCorrupt]. A src that others write meanwhile is restored as it was at one
// moment.
//
// The database keeps its file, its key, its permissions and its journal mode. It
// is encrypted if it was, whatever src is. Under WAL the pages of both must have
// the same size, and unless the database is new, texts the same encoding. Columns
// that libsql.Open's models expect are not looked for: AutoMigrate afterwards.
//
// It waits for other writers as a write does, and cannot run inside a transaction.
func (c *Conn) Restore(ctx context.Context, src string, o RestoreOptions) error {
	if err := checkCopyPath("Restore", src); err != nil {
		return err
	}
	return c.copies(ctx, OpRestore, o.engine, func(ctx context.Context, eng engine.Copier, eo engine.CopyOptions) error {
		return eng.Restore(ctx, src, eo)
	})
}

// Deserialize replaces the database by the one whose file has the bytes of r: it
// is [Conn.Restore] from a reader, with the same checks. Bytes that are not
// encrypted are all read into memory and never come to the disk but in the
// database itself; encrypted ones go through a temporary file in os.TempDir.
//
// Unlike https://www.sqlite.org/c3ref/deserialize.html the database does not
// become one in memory: to read bytes there, open a pool of ":memory:" and
// Deserialize into it.
func (c *Conn) Deserialize(ctx context.Context, r io.Reader, o RestoreOptions) error {
	return c.copies(ctx, OpRestore, o.engine, func(ctx context.Context, eng engine.Copier, eo engine.CopyOptions) error {
		return eng.Deserialize(ctx, r, eo)
	})
}

func checkCopyPath(what, path string) error {
	if path == "" || strings.ContainsRune(path, 0) {
		return fmt.Errorf("libsql: %s needs the path of a file, not %q", what, path)
	}
	return nil
}

// copies calls do with the engine, if it makes copies, and the options.
func (c *Conn) copies(ctx context.Context, op Op, options func() (engine.CopyOptions, error),
	do func(context.Context, engine.Copier, engine.CopyOptions) error) error {
	eng, ok := c.eng.(engine.Copier)
	if !ok {
		return fmt.Errorf("libsql: copies of the whole database are %w by this database's engine: use the backups of its server", ErrUnsupported)
	}
	o, err := options()
	if err != nil {
		return err
	}
	var s *span
	if tr := c.connector.tracer.Load(); tr != nil {
		ctx, s = c.trace(tr, ctx, op, "")
	}
	err = publish(do(ctx, eng, o))
	s.end(engine.Result{}, err)
	return err
}

func (o BackupOptions) engine() (engine.CopyOptions, error) {
	eo, err := copyOptions(o.Key, o.Pages, o.Progress)
	eo.Plaintext, eo.Overwrite = o.Plaintext, o.Overwrite
	if err == nil && o.Plaintext && o.Key != nil {
		err = fmt.Errorf("libsql: BackupOptions: Key and Plaintext exclude each other")
	}
	return eo, err
}

func (o RestoreOptions) engine() (engine.CopyOptions, error) {
	eo, err := copyOptions(o.Key, o.Pages, o.Progress)
	eo.Unchecked = o.Unchecked
	return eo, err
}

func copyOptions(key []byte, pages int, progress func(BackupProgress)) (engine.CopyOptions, error) {
	if key != nil && len(key) == 0 {
		return engine.CopyOptions{}, errEmptyKey
	}
	if pages <= 0 {
		pages = defaultPages
	}
	eo := engine.CopyOptions{Key: key, Pages: pages}
	if progress != nil {
		eo.Progress = func(remaining, total int) { progress(BackupProgress{remaining, total}) }
	}
	return eo, nil
}

// Format writes the options without the key, whatever the verb.
func (o BackupOptions) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "driver.BackupOptions{Key: %s, Plaintext: %t, Overwrite: %t, Pages: %d}", keyText(o.Key), o.Plaintext, o.Overwrite, o.Pages)
}

// Format writes the options without the key, whatever the verb.
func (o RestoreOptions) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "driver.RestoreOptions{Key: %s, Unchecked: %t, Pages: %d}", keyText(o.Key), o.Unchecked, o.Pages)
}

func keyText(key []byte) string {
	if key == nil {
		return "nil"
	}
	return redacted
}
