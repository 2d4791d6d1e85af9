package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
)

// turn is whose turn it is with the database that all tests have. Tests use
// names like users and orders, many of them those of GORM's own rules, so one
// database holds one test at a time: those of this process wait here, those of
// other processes of this machine at a lock of a file.
var turn = struct {
	sync.Mutex
	ended *sync.Cond
	test  string // empty when it is nobody's
}{}

func init() { turn.ended = sync.NewCond(&turn) }

// borrow waits until the database is the test's own, and returns its DSN. When
// the test has ended everything in it is dropped.
func borrow(t testing.TB) string {
	t.Helper()
	take(t)
	unlock, err := lockBetweenProcesses()
	if err != nil {
		giveBack()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer giveBack()
		defer unlock()
		if err := wipe(); err != nil {
			t.Errorf("what the test made is still there: %v", err)
		}
	})
	found, err := objects()
	switch {
	case err != nil:
		t.Fatal(err)
	case len(found) == 0:
	case os.Getenv(wipeVar) == "":
		t.Fatalf("the database of %s is not empty, it has %s. Tests drop everything in it: with %s=1 this as well", urlVar, strings.Join(names(found), ", "), wipeVar)
	default:
		if err := wipe(); err != nil {
			t.Fatal(err)
		}
	}
	return address()
}

// take waits for the turn of the test. A test that has it already wants a second
// database, which there is not.
func take(t testing.TB) {
	t.Helper()
	turn.Lock()
	defer turn.Unlock()
	for turn.test != "" {
		if within(turn.test, t.Name()) || within(t.Name(), turn.test) {
			t.Skipf("it needs two databases, and %s is one", urlVar)
		}
		turn.ended.Wait()
	}
	turn.test = t.Name()
}

// within tells whether a test is the other one or a part of it.
func within(test, of string) bool { return strings.HasPrefix(test+"/", of+"/") }

func giveBack() {
	turn.Lock()
	defer turn.Unlock()
	turn.test = ""
	turn.ended.Broadcast()
}

// object is an object of a schema.
type object struct{ kind, name string }

func names(objects []object) (names []string) {
	for _, o := range objects {
		names = append(names, o.name)
	}
	return names
}

// objects are those in the database, in the order in which they can be dropped:
// what has others of its own, which go with it, before those. SQLite's own, and
// libSQL's table of vector indexes, stay.
func objects() (found []object, err error) {
	err = reach(func(ctx context.Context, c *sql.Conn) error {
		found, err = objectsOf(ctx, c)
		return err
	})
	return found, err
}

func objectsOf(ctx context.Context, c *sql.Conn) (found []object, err error) {
	rows, err := c.QueryContext(ctx, `SELECT type, name FROM sqlite_schema
		WHERE type <> 'index' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> 'libsql_vector_meta_shadow'
		ORDER BY CASE type WHEN 'trigger' THEN 0 WHEN 'view' THEN 1 ELSE 2 END, sql NOT LIKE 'CREATE VIRTUAL%', name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.kind, &o.name); err != nil {
			return nil, err
		}
		found = append(found, o)
	}
	return found, rows.Err()
}

// wipe drops everything in the database.
func wipe() error {
	return reach(func(ctx context.Context, c *sql.Conn) error {
		found, err := objectsOf(ctx, c)
		if err != nil {
			return err
		}
		text := "PRAGMA foreign_keys = OFF; PRAGMA user_version = 0;"
		for _, o := range found {
			// A table may be gone: one of another, virtual one.
			text += fmt.Sprintf("\nDROP %s IF EXISTS \"%s\";", o.kind, strings.ReplaceAll(o.name, `"`, `""`))
		}
		_, err = c.ExecContext(ctx, text)
		return err
	})
}

// reach runs fn on a connection of its own to the database.
func reach(fn func(ctx context.Context, c *sql.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open(driver.Name, address())
	if err != nil {
		return err
	}
	defer db.Close()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return fn(ctx, c)
}

// lockPath is the file that the processes of this machine lock: one for each
// database.
func lockPath() string {
	h := fnv.New64()
	h.Write([]byte(os.Getenv(urlVar)))
	return filepath.Join(os.TempDir(), fmt.Sprintf("libsql-test-%x.lock", h.Sum64()))
}
