//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"
	"time"
)

func openCached(t *testing.T, count int, bytes int64) *conn {
	t.Helper()
	db, err := New(Options{BusyTimeout: time.Second, StmtCacheSize: count, StmtCacheBytes: bytes})
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		db.Close()
	})
	lc := c.(*conn)
	for _, s := range lc.cache.clear() { // what opening left
		s.release()
	}
	return lc
}

// kept is how many statements are compiled beside the connection's own.
func (c *conn) kept() int { return len(c.live) - len(c.control) }

func TestStatementsAreBoundedInCount(t *testing.T) {
	c := openCached(t, 4, 1<<20)
	for round := range 3 {
		for i := range 20 {
			all(t, c, fmt.Sprintf("SELECT %d", i))
			if n := c.kept(); n > 4 || n != c.cache.order.Len() {
				t.Fatalf("round %d: %d statements, %d in the cache", round, n, c.cache.order.Len())
			}
		}
	}
}

func TestStatementsAreBoundedInBytes(t *testing.T) {
	c := openCached(t, 1000, 100_000)
	for i := range 200 {
		all(t, c, fmt.Sprintf("SELECT %d, %s 1", i, strings.Repeat("1 +", 50)))
		if c.cache.bytes > 100_000 {
			t.Fatalf("%d bytes", c.cache.bytes)
		}
	}
	if n := c.kept(); n < 5 || n > 100 || n != c.cache.order.Len() {
		t.Fatalf("%d statements, %d in the cache", n, c.cache.order.Len())
	}
}

// Only what repeats is kept: no PRAGMA, no change of the schema, no text of several statements, nothing that failed to compile.
func TestWhatIsNotKept(t *testing.T) {
	c := openCached(t, 10, 1<<20)
	for _, sql := range []string{"CREATE TABLE t(a)", "PRAGMA user_version", "SELECT 1; SELECT 2", "EXPLAIN SELECT 1", "SAVEPOINT s", "RELEASE s",
		"-- nothing", "DROP TABLE t", "SELECT " + strings.Repeat("1 + ", longText/4) + "1"} {
		if _, err := c.Exec(context.Background(), sql, nil); err != nil {
			t.Fatal(sql, err)
		}
		if n := c.kept(); n != 0 {
			t.Fatalf("%d statements are kept after %q", n, sql)
		}
	}
	for _, sql := range []string{"SELECT * FROM nowhere", "SELECT 1; SELEKT", "SELECT ?; SELECT ?"} {
		if _, err := c.Exec(context.Background(), sql, nil); err == nil {
			t.Fatal(sql)
		}
		if n := c.kept(); n != 0 {
			t.Fatalf("%d statements are kept after %q", n, sql)
		}
	}
}

// A statement that is driven out while its rows are open lives until they end.
func TestRunningStatementIsDrivenOut(t *testing.T) {
	c := openCached(t, 2, 1<<20)
	const sql = "SELECT value, 'x' || value FROM generate_series(1, 300)"
	r, err := c.Query(context.Background(), sql, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		all(t, c, fmt.Sprintf("SELECT %d", i))
	}
	if _, ok := c.cache.get(sql); ok {
		t.Fatal("the statement is still listed")
	}
	if n := c.kept(); n != 3 {
		t.Fatalf("%d statements, want the running one and two kept", n)
	}
	all(t, c, sql) // once more beside the open rows: a statement of its own
	row := make([]driver.Value, 2)
	for i := 1; i <= 300; i++ {
		if err := r.Next(row); err != nil || row[0] != int64(i) || row[1] != fmt.Sprint("x", i) {
			t.Fatal(i, row, err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if n := c.kept(); n != 2 {
		t.Fatalf("%d statements are left, want 2", n)
	}
}

// A second use of a text whose rows are open does not end up in the cache beside the first.
func TestNestedUseIsForOneUse(t *testing.T) {
	c := openCached(t, 10, 1<<20)
	const sql = "SELECT value FROM generate_series(1, 300)"
	var open []interface{ Close() error }
	for range 3 {
		r, err := c.Query(context.Background(), sql, nil)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, r)
	}
	if n := c.kept(); n != 3 {
		t.Fatal(n)
	}
	for _, r := range open {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.kept(); n != 1 {
		t.Fatal(n)
	}
}

// A closed connection has released everything, and what came from it stays safe.
func TestCloseReleasesEverything(t *testing.T) {
	c := openCached(t, 10, 1<<20)
	ctx := context.Background()
	p, err := c.Prepare(ctx, "SELECT value FROM generate_series(1, 300)")
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Query(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	all(t, c, "SELECT 1")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if len(c.live) != 0 {
		t.Fatalf("%d statements are left", len(c.live))
	}
	if err := r.Next(make([]driver.Value, 1)); err != errAbandoned {
		t.Fatal(err)
	}
	if f := r.Describe(0); f.NullableKnown {
		t.Fatal(f)
	}
	if err := r.NextResultSet(); err == nil {
		t.Fatal("a result set of a closed connection")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{p.Close(), c.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err1 := p.Exec(ctx, nil)
	_, err2 := p.Query(ctx, nil)
	_, err3 := c.Exec(ctx, "SELECT 1", nil)
	_, err4 := c.Query(ctx, "SELECT 1", nil)
	_, err5 := c.Prepare(ctx, "SELECT 1")
	for i, err := range []error{err1, err2, err3, err4, err5} {
		if err != driver.ErrBadConn {
			t.Fatal(i, err)
		}
	}
	if c.Alive() || c.Settle() {
		t.Fatal("a closed connection is alive")
	}
}
