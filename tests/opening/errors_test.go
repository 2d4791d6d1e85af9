package opening

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// openErrors opens a database with GORM and with database/sql and returns both
// errors, and what GORM logs. Whoever asks again gets the same answer.
func openErrors(t *testing.T, dsn string) (errs []error, logged string) {
	t.Helper()
	var out bytes.Buffer
	cfg := &gorm.Config{Logger: logger.New(log.New(&out, "", 0), logger.Config{LogLevel: logger.Info})}
	g, err := gorm.Open(libsql.Open(dsn), cfg)
	errs = append(errs, err)
	if err == nil { // and GORM has not closed it
		if pool, err := g.DB(); err == nil {
			defer pool.Close()
		}
	}
	db, err := sql.Open(driver.Name, dsn)
	if err != nil {
		return append(errs, err), out.String()
	}
	defer dbtest.Close(t, db)
	for range 2 {
		errs = append(errs, db.Ping())
	}
	tx, err := db.BeginTx(background, nil)
	if err == nil {
		tx.Rollback()
	}
	return append(errs, err), out.String()
}

// refused checks that a file cannot be opened, that the error has the code and
// the words, and that neither the error nor GORM's log show the key. Nothing in
// the directory may change.
func refused(t *testing.T, dir, dsn string, code driver.Code, words ...string) {
	t.Helper()
	before := look(t, dir)
	errs, logged := openErrors(t, dsn)
	for _, err := range errs {
		if !errors.Is(err, code) {
			t.Errorf("%v, not %v", err, code)
			continue
		}
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q does not say %q", err, w)
			}
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, secret) {
			t.Errorf("the error shows the key: %s", text)
		}
	}
	if strings.Contains(logged, secret) {
		t.Errorf("the log shows the key: %s", logged)
	}
	unchanged(t, dir, before)
}

// keys are what is added to a DSN: an error is the same with a key as without.
var keys = []string{"", keyed}

func TestPathsThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{os.Mkdir(in("directory"), 0o700), os.Symlink("loop", in("loop")), os.Symlink("missing/a.db", in("dangling"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	write(t, in("text"), []byte("a file of text"))
	tests := []struct {
		name, path string
		hint       string
	}{
		{"missing directory", in("missing/a.db"), "the directory " + in("missing") + " does not exist"},
		{"missing directories", in("missing/b/a.db"), "the directory " + in("missing/b") + " does not exist"},
		{"directory", in("directory"), "it is a directory"},
		{"directory with a slash", in("directory/"), "it is a directory"},
		{"the directory itself", dir, "it is a directory"},
		{"below a file", in("text/a.db"), ""},
		{"symlink to itself", in("loop"), ""},
		{"symlink into a missing directory", in("dangling"), ""},
		{"component that is too long", in(strings.Repeat("x", 300)), ""},
		{"path that is too long", in(strings.Repeat("x/", 3000) + "a.db"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, key := range keys {
				refused(t, dir, tt.path+key, driver.ErrCantOpen, strings.TrimSuffix(tt.path, "/"), tt.hint)
			}
		})
	}
}

func TestHintForAPathBelowAFile(t *testing.T) {
	path := dbtest.File(t)
	write(t, path, []byte("a file of text"))
	refused(t, filepath.Dir(path), filepath.Join(path, "a.db"), driver.ErrCantOpen, path+" is not a directory")
}

// patterned is content of that size that repeats nothing for long.
func patterned(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i*7 + i/251 + 3)
	}
	return b
}

// A file that somebody else needs must not become a database. A file of one
// byte is not among them, because SQLite takes it for an empty one.
func TestFilesThatAreNoDatabase(t *testing.T) {
	const header = "SQLite format 3\x00"
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	contents := map[string][]byte{
		"text":                     []byte("to be or not to be\n"),
		"header with text":         []byte(header + "and a text"),
		"header with a wrong size": append([]byte(header), bytes.Repeat([]byte{3}, 8192)...),
		"zeros":                    make([]byte, 8192),
		"a few zeros":              make([]byte, 3),
		"spaces":                   bytes.Repeat([]byte(" "), 512),
	}
	for _, size := range []int{2, 15, 16, 99, 100, 101, 511, 512, 4095, 4096, 4097, 100_000} {
		contents[fmt.Sprint(size, " bytes")] = patterned(size)
		if size > len(header) {
			contents[fmt.Sprint(size, " bytes after the header's text")] = append([]byte(header), patterned(size)[len(header):]...)
		}
	}
	for name, content := range contents {
		t.Run(name, func(t *testing.T) {
			write(t, path, content)
			for i, hint := range []string{"it is no SQLite database, or an encrypted one", "encryptionKey is not its key, or it is no encrypted database"} {
				refused(t, dir, path+keys[i], driver.ErrNotADB, path, hint)
			}
			refused(t, dir, path+"?mode=ro", driver.ErrNotADB, path)
			refused(t, dir, path+single, driver.ErrNotADB, path)
			refused(t, dir, path+"?_journal_mode=DELETE&_auto_vacuum=full", driver.ErrNotADB, path)
		})
	}
}

// Missing pages are found when the file is opened. That the last page is not
// whole is for the integrity check to find.
func TestTruncatedDatabases(t *testing.T) {
	for _, journal := range []string{"WAL", "DELETE"} {
		t.Run(journal, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.db")
			run(t, path+"?_journal_mode="+journal, table, fill)
			whole := read(t, path)
			for _, size := range []int{64, 99, 100, 101, 512, 4095, 4096, 4097, 10_000, len(whole) - 4096 - 100, len(whole) - 4096} {
				write(t, path, whole[:size])
				refused(t, dir, path, driver.ErrCorrupt, path)
			}
			write(t, path, whole[:len(whole)-4096+8])
			db := dbtest.New(t, path)
			defer dbtest.Close(t, db)
			if s, err := first(db, "PRAGMA integrity_check"); err == nil && s == "ok" {
				t.Error("the cut page was not noticed")
			}
		})
	}
}

// A file without a byte is a new database.
func TestEmptyFiles(t *testing.T) {
	for _, param := range []string{"", keyed, "?mode=rw", single, "?_journal_mode=DELETE"} {
		path := dbtest.File(t)
		write(t, path, nil)
		run(t, path+param, table, insert)
		if n := ask(t, path+param, count); n != "1" {
			t.Errorf("%s: %s rows", param, n)
		}
		want := "wal"
		if strings.Contains(param, "DELETE") {
			want = "delete"
		}
		if got := ask(t, path+param, mode); got != want {
			t.Errorf("%s: journal mode %s", param, got)
		}
	}
	path := dbtest.File(t)
	write(t, path, nil)
	for _, param := range []string{"?mode=ro", "?immutable=1"} {
		if n := ask(t, path+param, "SELECT count(*) FROM sqlite_schema"); n != "0" {
			t.Errorf("%s: %s tables", param, n)
		}
		if size := len(read(t, path)); size != 0 {
			t.Errorf("%s: the file has %d bytes", param, size)
		}
	}
}

// A DSN that is wrong is told before anything is opened or made.
func TestWrongDSNMakesNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, dsn := range []string{"a.db?_fk=perhaps", "a.db?nonsense=1", "a.db?_pragma=user_version(x)", "a.db?vfs=none-such", "a.db?_journal_mode=wal&nolock=1",
		"a.db?encryptionKey=" + secret + "&vfs=unix", "a.db?encryptionKey=" + secret + "&_fk=1&_fk=1", "a.db?key=" + secret, "a.db&encryptionKey=" + secret} {
		errs, logged := openErrors(t, filepath.Join(dir, dsn))
		for _, err := range errs {
			if err == nil || strings.Contains(err.Error()+logged, secret) {
				t.Errorf("%s: %v, logged %s", dsn, err, logged)
			}
		}
	}
	hasNames(t, dir)
}

// What fails after the file was made takes it away again.
func TestFailedFirstConnectionLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, filepath.Join(dir, "a.db")+"?vfs=unix-none&_journal_mode=WAL", driver.ErrError, "WAL was asked for", "a.db")
	for _, param := range []string{"", "?_journal_mode=DELETE", keyed, single} {
		ctx, cancel := context.WithCancel(background)
		cancel()
		db := dbtest.New(t, filepath.Join(dir, "a.db")+param)
		if err := db.PingContext(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		dbtest.Close(t, db)
		hasNames(t, dir)
	}
}
