package dbtest

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
)

// Kind is a kind of database that a body of a test runs on.
type Kind struct {
	Name string
	DSN  func(t testing.TB) string
	File bool
	// Snapshots: a reader sees its snapshot while another connection writes.
	Snapshots bool
}

// Kinds are all kinds: the local ones or, if LIBSQL_TEST_URL asks for it, that
// at a server.
var Kinds = kinds()

func kinds() []Kind {
	if Remote() {
		return []Kind{{"remote", func(t testing.TB) string { return DSN(t) }, true, true}}
	}
	return local
}

var local = []Kind{
	{"memory", func(testing.TB) string { return ":memory:" }, false, true},
	{"wal", func(t testing.TB) string { return "file:" + File(t) }, true, true},
	// Without waiting for the disk, which every commit would do several times.
	{"delete", func(t testing.TB) string { return "file:" + File(t) + "?_journal_mode=DELETE&_synchronous=OFF" }, true, false},
	{"encrypted", func(t testing.TB) string { return "file:" + File(t) + "?encryptionKey=secret" }, true, true},
	{"single process", func(t testing.TB) string { return "file:" + File(t) + "?_single_process=1" }, true, true},
}

// Each runs the body on a fresh database of each kind, with -short on those
// that most programs use.
func Each(t *testing.T, body func(t *testing.T, k Kind, db *sql.DB)) {
	kinds := Kinds
	if testing.Short() && !Remote() {
		kinds = Kinds[:2]
	}
	for _, k := range kinds {
		t.Run(k.Name, func(t *testing.T) { body(t, k, Open(t, k.DSN(t))) })
	}
}

// File returns the path of a file that does not exist, in a directory of the test,
// which must be one of a local database alone (see [LocalOnly]).
func File(t testing.TB) string {
	t.Helper()
	mustBeLocal(t, "File")
	return filepath.Join(t.TempDir(), "test.db")
}

// mustBeLocal fails a test that says it runs at a server, and does not.
func mustBeLocal(t testing.TB, what string) {
	t.Helper()
	if Remote() {
		t.Fatalf("dbtest.%s is a local database: ask for a DSN, or say LocalOnly", what)
	}
}

// Open returns a pool that is closed at the end of the test.
func Open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db := New(t, dsn)
	t.Cleanup(func() { Close(t, db) })
	return db
}

// New returns a pool that the test closes itself.
func New(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	if !strings.Contains(dsn, "://") {
		mustBeLocal(t, "New")
	}
	db, err := sql.Open(driver.Name, dsn)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// Unused waits until no connection of the pool is in use. database/sql gives some
// back, as those of cancelled transactions, in a goroutine of its own.
func Unused(t testing.TB, pool *sql.DB, within time.Duration) {
	t.Helper()
	for late := time.Now().Add(within); pool.Stats().InUse > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("%d connections in use at the end", pool.Stats().InUse)
		}
	}
}

// Close closes a pool.
func Close(t testing.TB, db *sql.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// Conn returns one connection, given back at the end of the test.
func Conn(t testing.TB, db *sql.DB) *sql.Conn {
	t.Helper()
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Execer is *sql.DB, *sql.Conn, *sql.Tx.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Querier is *sql.DB, *sql.Conn, *sql.Tx.
type Querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Exec runs the text.
func Exec(t testing.TB, q Execer, text string, args ...any) {
	t.Helper()
	if _, err := q.ExecContext(context.Background(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// Int returns the only value of a query.
func Int(t testing.TB, q Querier, text string, args ...any) (n int64) {
	t.Helper()
	if err := q.QueryRowContext(context.Background(), text, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

// Text returns the only value of a query.
func Text(t testing.TB, q Querier, text string, args ...any) (s string) {
	t.Helper()
	if err := q.QueryRowContext(context.Background(), text, args...).Scan(&s); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// Intact checks the whole database.
func Intact(t testing.TB, q Querier) {
	t.Helper()
	if s := Text(t, q, "PRAGMA integrity_check"); s != "ok" {
		t.Fatalf("integrity_check: %s", s)
	}
}

// Soon fails the test when fn takes twenty seconds, which is far more than
// anything that ends at once takes on the busiest machine. What fn would wait
// for otherwise has no end, or ends in an error of its own: a busy timeout. It
// returns the time that fn took.
func Soon(t testing.TB, what string, fn func()) time.Duration {
	t.Helper()
	start := time.Now()
	fn()
	d := time.Since(start)
	if d > 20*time.Second {
		t.Errorf("%s took %v", what, d)
	}
	return d
}
