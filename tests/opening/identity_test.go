package opening

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// others are DSNs for the file test.db of the working directory dir, which has
// links to it and to itself.
func others(t *testing.T, dir string) map[string]string {
	t.Helper()
	t.Chdir(dir)
	for _, err := range []error{
		os.Symlink("test.db", "link.db"), os.Symlink("link.db", "second.db"), os.Symlink(filepath.Join(dir, "test.db"), "absolute.db"),
		os.Symlink(".", "here"), os.Mkdir("sub", 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{
		"relative path":            "test.db",
		"path with dots":           filepath.Join(dir, "sub") + "/.././/test.db",
		"relative path with dots":  "sub/../test.db",
		"symlink":                  filepath.Join(dir, "link.db"),
		"symlink to a symlink":     "second.db",
		"absolute symlink":         "absolute.db",
		"symlink to the directory": filepath.Join(dir, "here", "test.db"),
		"symlinks in two places":   "here/here/link.db",
		"URI":                      "file:" + filepath.Join(dir, "test.db"),
		"URI with a host":          "file://localhost" + filepath.Join(dir, "test.db"),
		"URI with three slashes":   "file://" + filepath.Join(dir, "test.db"),
		"relative URI":             "file:test.db?mode=rw",
		"encoded URI":              "file:" + filepath.Join(dir, "%74%65st%2Edb"),
		"other VFS":                filepath.Join(dir, "test.db") + "?vfs=unix",
		"other settings":           filepath.Join(dir, "test.db") + "?_txlock=deferred&cache=shared&_synchronous=FULL",
		"the very same":            filepath.Join(dir, "test.db"),
	}
}

// write8 lets goroutines insert rows, half of them into each pool.
func write8(a, b *sql.DB, each int) error {
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range each {
				if _, err := []*sql.DB{a, b}[i%2].Exec(insert); err != nil {
					errs[i] = errors.Join(errs[i], err)
				}
			}
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Two pools of one file are one crowd of writers, whatever each calls the file.
func TestTwoNamesOfAFile(t *testing.T) {
	each := 15
	if testing.Short() {
		each = 5
	}
	dir := t.TempDir()
	for name, dsn := range others(t, dir) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "test.db")
			a := dbtest.New(t, path)
			dbtest.Exec(t, a, table)
			b := dbtest.New(t, dsn)
			if err := write8(a, b, each); err != nil {
				t.Error(err)
			}
			for _, db := range []*sql.DB{a, b} {
				if n := dbtest.Int(t, db, count); n != int64(8*each) {
					t.Errorf("%d rows", n)
				}
			}
			isOneQueue(t, a, b)
			dbtest.Intact(t, b)
			dbtest.Close(t, a)
			dbtest.Close(t, b)
			hasNames(t, dir, "absolute.db", "here", "link.db", "second.db", "sub", "test.db")
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// isOneQueue checks that a writer of one pool waits in the queue for that of
// the other, and does not ask the operating system again and again. The error
// of who has waited in vain tells.
func isOneQueue(t *testing.T, a, b *sql.DB) {
	t.Helper()
	for _, p := range [][2]*sql.DB{{a, b}, {b, a}} {
		tx, err := p[0].Begin()
		if err != nil {
			t.Fatal(err)
		}
		dbtest.Exec(t, tx, insert) // a deferred transaction has not locked before
		conn := dbtest.Conn(t, p[1])
		dbtest.Exec(t, conn, "PRAGMA busy_timeout = 20")
		_, err = conn.ExecContext(background, insert)
		if !errors.Is(err, driver.ErrBusy) || !strings.Contains(err.Error(), "of this process") {
			t.Errorf("beside a writer of the other pool: %v", err)
		}
		dbtest.Exec(t, conn, "PRAGMA busy_timeout = 5000")
		conn.Close()
		tx.Rollback()
	}
}

// A hard link is another name with journals of its own, so nothing is promised
// for it but what the locks of the operating system give: with a journal that
// ends with its transaction, no row is lost.
func TestHardLink(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")
	const params = "?_journal_mode=DELETE&_synchronous=OFF&_busy_timeout=60000"
	run(t, path+params, table)
	if err := os.Link(path, link); err != nil {
		t.Skipf("the file system of the tests has no hard links: %v", err)
	}
	a, b := dbtest.Open(t, path+params), dbtest.Open(t, link+params)
	if err := write8(a, b, 10); err != nil {
		t.Error(err)
	}
	if n := dbtest.Int(t, b, count); n != 80 {
		t.Errorf("%d rows", n)
	}
	dbtest.Intact(t, a)
}

// A file that a symlink leads to is made where the link says.
func TestSymlinkToAFileThatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	link, target := filepath.Join(dir, "link.db"), filepath.Join(dir, "target.db")
	if err := os.Symlink("target.db", link); err != nil {
		t.Fatal(err)
	}
	a := dbtest.Open(t, link)
	dbtest.Exec(t, a, table)
	b := dbtest.Open(t, target)
	if err := write8(a, b, 5); err != nil {
		t.Error(err)
	}
	isOneQueue(t, a, b)
	hasNames(t, dir, "link.db", "target.db", "target.db-shm", "target.db-wal")
}

// The working directory counts when a pool is made, and not for the
// connections that it opens later.
func TestChangeOfTheWorkingDirectory(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, dsn := range []string{"a.db", "./a.db", "file:a.db", "file:a.db" + single, "a.db" + keyed} {
		t.Run(dsn, func(t *testing.T) {
			t.Chdir(first)
			db := dbtest.Open(t, dsn)
			g, err := gorm.Open(libsql.Open(dsn), &gorm.Config{DisableAutomaticPing: true})
			if err != nil {
				t.Fatal(err)
			}
			pool, err := g.DB()
			if err != nil {
				t.Fatal(err)
			}
			defer dbtest.Close(t, pool)
			t.Chdir(second) // before the first connection
			dbtest.Exec(t, db, table)
			var conns []*sql.Conn
			for _, d := range []string{second, first, t.TempDir()} {
				t.Chdir(d)
				conns = append(conns, dbtest.Conn(t, db), dbtest.Conn(t, pool))
			}
			for _, c := range conns {
				dbtest.Exec(t, c, insert)
			}
			for _, c := range conns {
				if n := dbtest.Int(t, c, count); n != int64(len(conns)) {
					t.Errorf("%d rows", n)
				}
				c.Close()
			}
			hasNames(t, second)
			dbtest.Close(t, db)
			dbtest.Close(t, pool)
			hasNames(t, first, "a.db")
			if err := os.Remove(filepath.Join(first, "a.db")); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The operating system follows a symlink before it goes up from there.
func TestPathsAreNotCleaned(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "there", "sub")
	if err := os.MkdirAll(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(sub, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	run(t, dir+"/link/../a.db", table)
	hasNames(t, filepath.Join(dir, "there"), "a.db", "sub")
	hasNames(t, dir, "link", "there")
}

// A pool that nobody uses opens nothing.
func TestUnusedPoolMakesNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, param := range []string{"", single, keyed, "?vfs=unix-dotfile"} {
		dbtest.Close(t, dbtest.New(t, filepath.Join(dir, "a.db")+param))
		g, err := gorm.Open(libsql.Open(filepath.Join(dir, "a.db")+param), &gorm.Config{DisableAutomaticPing: true})
		if err != nil {
			t.Fatal(err)
		}
		pool, err := g.DB()
		if err != nil {
			t.Fatal(err)
		}
		dbtest.Close(t, pool)
		if err := pool.Ping(); err == nil {
			t.Error("a closed pool opens its file")
		}
	}
	hasNames(t, dir)
}
