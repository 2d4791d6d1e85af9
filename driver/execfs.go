package driver

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// FilesTable is the table in which [Conn.ExecFS] keeps what it has run, in the
// schema main, with a row for each file: name, its path; checksum, the SHA-256
// of its text in hexadecimal digits; applied_at, when it was run.
const FilesTable = "libsql_applied_files"

// ErrFileChanged is wrapped by the error of [Conn.ExecFS] that names a file
// which is not what it was when it was run.
var ErrFileChanged = errors.New("the file has changed since it was run")

// ExecFS runs the SQL files of fsys whose paths match glob ([fs.Glob]), each
// once and for all: a file that has run in this database is left out. A file
// is a script of [Conn.Batch], which runs in one transaction with the note of
// it in [FilesTable]; its rows are discarded. Processes that do the same at the
// same time wait for each other.
//
// Files are run in the order of their paths, in which digits count as numbers:
// 2.sql comes before 10.sql. Before any of them is run, it is an error
//
//   - if no file matches, which wraps [fs.ErrNotExist];
//   - if a file has changed since it was run, which wraps [ErrFileChanged]. Line
//     ends may change from LF to CRLF and back;
//   - if a new file stands before one that has run.
//
// A file that has run and is not there any more is no error: old ones may be
// removed, and the program before an update still starts after it.
//
// When a file fails, the error names it and wraps the [BatchError], if a
// statement of the file is at fault; files before it stay done. In a transaction everything is part of that.
func (c *Conn) ExecFS(ctx context.Context, fsys fs.FS, glob string) error {
	names, err := fs.Glob(fsys, glob)
	if err != nil {
		return fmt.Errorf("libsql: files %q: %w", glob, err)
	}
	if len(names) == 0 {
		return fmt.Errorf("libsql: files %q: %w", glob, fs.ErrNotExist)
	}
	slices.SortFunc(names, compareNames)
	done, err := c.filesDone(ctx)
	if err != nil {
		return err
	}
	last := ""
	for name := range done {
		if ok, _ := path.Match(glob, name); ok && (last == "" || compareNames(last, name) < 0) {
			last = name
		}
	}
	var wanted []sqlFile
	for _, name := range names {
		f, err := readFile(fsys, name)
		if err != nil {
			return err
		}
		switch is, ok := done[name]; {
		case ok:
			if err := f.check(is); err != nil {
				return err
			}
		case last != "" && compareNames(name, last) < 0:
			return fmt.Errorf("libsql: file %q: it comes before %q, which has run already: give it a later name", name, last)
		default:
			wanted = append(wanted, f)
		}
	}
	for _, f := range wanted {
		if err := c.execFile(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// filesDone are the checksums of the files that have run.
func (c *Conn) filesDone(ctx context.Context) (map[string]string, error) {
	res, err := c.Batch(ctx, "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = "+sqltext.QuoteString(FilesTable))
	if err != nil || len(res[0].Rows) == 0 {
		return nil, err
	}
	res, err = c.BatchStmts(ctx, []BatchStmt{{SQL: "SELECT name, checksum FROM main." + FilesTable}}, BatchOptions{MaxRows: math.MaxInt})
	if err != nil {
		return nil, err
	}
	done := map[string]string{}
	for _, row := range res[0].Rows {
		done[fmt.Sprint(row[0])] = fmt.Sprint(row[1])
	}
	return done, nil
}

// sqlFile is a file that shall have run.
type sqlFile struct{ name, text, checksum string }

func readFile(fsys fs.FS, name string) (sqlFile, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return sqlFile{}, fmt.Errorf("libsql: file %q: %w", name, err)
	}
	sum := sha256.Sum256([]byte(strings.ReplaceAll(string(text), "\r\n", "\n")))
	return sqlFile{name, string(text), hex.EncodeToString(sum[:])}, nil
}

func (f sqlFile) check(checksum string) error {
	if checksum != f.checksum {
		return fmt.Errorf("libsql: file %q: %w", f.name, ErrFileChanged)
	}
	return nil
}

// execFile runs a file, with the note that it has run before it: two that do
// so at the same time fail there, and not in the middle of the file.
func (c *Conn) execFile(ctx context.Context, f sqlFile) error {
	b := scriptBatch(f.text,
		engine.BatchStmt{Verb: sqltext.Create, SQL: "CREATE TABLE IF NOT EXISTS main." + FilesTable +
			" (name TEXT PRIMARY KEY NOT NULL, checksum TEXT NOT NULL, applied_at DATETIME NOT NULL) WITHOUT ROWID"},
		engine.BatchStmt{Verb: sqltext.Insert, SQL: "INSERT INTO main." + FilesTable +
			" VALUES (?, ?, strftime('%Y-%m-%d %H:%M:%f+00:00', 'now'))", Args: ordinals([]driver.Value{f.name, f.checksum})},
	)
	b.immediate = true
	_, err := c.runBatch(ctx, b, BatchOptions{MaxRows: -1})
	var be *BatchError
	if errors.As(err, &be) && be.Index < 0 && errors.Is(err, ErrConstraintPrimaryKey) {
		done, derr := c.filesDone(ctx) // another process has run it meanwhile
		if derr != nil {
			return derr
		}
		return f.check(done[f.name])
	}
	if be != nil && be.Index < 0 {
		err = be.Err // the note is no statement of the file
	}
	if err != nil {
		return fmt.Errorf("libsql: file %q: %w", f.name, err)
	}
	return nil
}

// compareNames orders paths, with digits as numbers.
func compareNames(a, b string) int {
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		x, y := digits(a[i:]), digits(b[j:])
		if x == "" || y == "" {
			if a[i] != b[j] {
				return int(a[i]) - int(b[j])
			}
			i, j = i+1, j+1
			continue
		}
		i, j = i+len(x), j+len(y)
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		if n := strings.Compare(x, y); n != 0 {
			return n
		}
	}
	if n := (len(a) - i) - (len(b) - j); n != 0 {
		return n
	}
	return strings.Compare(a, b) // 01 and 1
}

// digits is the number that a text begins with.
func digits(s string) string {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return s[:n]
}
