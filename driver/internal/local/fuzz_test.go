//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// openMemory returns a connection to a database of its own.
func openMemory(t testing.TB) *conn {
	t.Helper()
	db, err := New(Options{DQS: true, BusyTimeout: time.Second, StmtCacheSize: 16, StmtCacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); db.Close() })
	return c.(*conn)
}

func args(values ...any) []driver.NamedValue {
	out := make([]driver.NamedValue, len(values))
	for i, v := range values {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

func all(t testing.TB, c *conn, sql string, a ...any) [][]driver.Value {
	t.Helper()
	r, err := c.Query(context.Background(), sql, args(a...))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var out [][]driver.Value
	for {
		row := make([]driver.Value, len(r.Columns()))
		if err = r.Next(row); err != nil {
			break
		}
		out = append(out, row)
	}
	if err != io.EOF {
		t.Fatalf("%s: %v", sql, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzSQLTextAgainstSQLite holds the tokenizer against SQLite: for every text
// that SQLite compiles, the first statement ends at the same byte and has the
// same parameters.
func FuzzSQLTextAgainstSQLite(f *testing.F) {
	for _, s := range []string{
		"SELECT 1", "SELECT ?, ?3, :a, @b, $c, ?1; SELECT 2", "SELECT ';', \"a;b\" FROM t -- ; x\n; SELECT 1",
		"/* ; */ SELECT [a;b] FROM t;", "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; SELECT CASE WHEN 1 THEN 2 END; END; SELECT 3",
		"EXPLAIN QUERY PLAN SELECT * FROM t WHERE a = $x::y(z)", "WITH q AS (SELECT 1) INSERT INTO t SELECT 1, 2, 3 FROM q",
		"SELECT x'00', 0x1F, 1e-3, .5, 'it''s' || a FROM t", "PRAGMA user_version = 3;", "CREATE TEMP TABLE IF NOT EXISTS `a;b`(c)",
		"VALUES(1),(2)", "SAVEPOINT x; RELEASE x", ";;;", "-- only", "SELECT a->>'$.b' FROM t", "SELECT #1", "SELECT 1 \x0b;2",
	} {
		f.Add(s)
	}
	c := openMemory(f)
	if _, err := c.Exec(context.Background(), "CREATE TABLE t(a, b, c)", nil); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if strings.IndexByte(sql, 0) >= 0 {
			t.Skip("SQL ends at a NUL for SQLite, and is refused before")
		}
		s, n, err := c.compile(context.Background(), sql, oneUse)
		if err != nil {
			return
		}
		if s == nil {
			if n == len(sql) != sqltext.Blank(sql) && sqltext.Blank(sql) {
				t.Fatalf("%q is blank for us, and SQLite stopped at %d", sql, n)
			}
			return
		}
		defer s.release()
		st := sqltext.Split(sql)
		if len(st) == 0 {
			t.Fatalf("%q has a statement for SQLite and none for us", sql)
		}
		rest := sql[st[0].End:]
		if !sqltext.Blank(sql[min(st[0].End, n):n]) || n < st[0].End {
			t.Fatalf("%q: SQLite ends the statement at %d, we at %d (%q)", sql, n, st[0].End, rest)
		}
		ours, err := sqltext.Params(sql)
		if err != nil {
			t.Fatal(err)
		}
		if theirs := s.ParamNames(); fmt.Sprintf("%q", ours) != fmt.Sprintf("%q", theirs) {
			t.Fatalf("%q: parameters %q, SQLite says %q", sql, ours, theirs)
		}
	})
}

// FuzzValues sends values through an argument, through a table and back, as
// one row and as rows of many blocks: what goes in comes out.
func FuzzValues(f *testing.F) {
	f.Add(int64(0), 0.0, "", []byte{}, uint64(1))
	f.Add(int64(math.MinInt64), math.Inf(-1), "a\x00b\xff", []byte{0}, uint64(2))
	f.Add(int64(255), math.Copysign(0, -1), strings.Repeat("x", 9000), bytes.Repeat([]byte{7}, 70000), uint64(3))
	c := openMemory(f)
	if _, err := c.Exec(context.Background(), "CREATE TABLE v(id INTEGER PRIMARY KEY, a ANY, b ANY, c ANY, d ANY) STRICT", nil); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, i int64, r float64, s string, b []byte, seed uint64) {
		if math.IsNaN(r) {
			r = 1
		}
		if b == nil {
			b = []byte{}
		}
		// A run must stay far below the fuzzer's limit of ten seconds.
		s, b = s[:min(len(s), 20_000)], b[:min(len(b), 20_000)]
		want := []driver.Value{i, r, s, b}
		got := all(t, c, "SELECT ?, ?, ?, ?", i, r, s, b)
		if len(got) != 1 || !sameRow(got[0], want) {
			t.Fatalf("got %#v, want %#v", got, want)
		}
		tableRoundTrip(t, c, want, rand.New(rand.NewPCG(seed, 1)))
	})
}

// sameRow compares types and values bit for bit.
func sameRow(a, b []driver.Value) bool {
	for i := range a {
		x, isFloat := a[i].(float64)
		y, both := b[i].(float64)
		if isFloat && both {
			if math.Float64bits(x) != math.Float64bits(y) {
				return false
			}
		} else if !reflect.DeepEqual(a[i], b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// tableRoundTrip writes some dozens of rows of shuffled values and nulls, and
// cut-off texts and blobs of any length, and reads them back.
func tableRoundTrip(t *testing.T, c *conn, values []driver.Value, rnd *rand.Rand) {
	ctx := context.Background()
	if _, err := c.Exec(ctx, "BEGIN", nil); err != nil {
		t.Fatal(err)
	}
	defer c.Exec(ctx, "ROLLBACK", nil)
	n := 1 + rnd.IntN(200)
	want := make([][]driver.Value, n)
	for row := range want {
		want[row] = []driver.Value{int64(row), nil, nil, nil, nil}
		for col := 1; col < 5; col++ {
			switch v := values[rnd.IntN(len(values))].(type) {
			case string:
				want[row][col] = v[:rnd.IntN(len(v)+1)]
			case []byte:
				want[row][col] = v[:rnd.IntN(len(v)+1)]
			default:
				if rnd.IntN(4) > 0 {
					want[row][col] = v
				}
			}
		}
		a := make([]any, 5)
		for i := range a {
			a[i] = want[row][i]
		}
		if _, err := c.Exec(ctx, "INSERT INTO v VALUES(?, ?, ?, ?, ?)", args(a...)); err != nil {
			t.Fatal(err)
		}
	}
	got := all(t, c, "SELECT * FROM v ORDER BY id")
	if len(got) != n {
		t.Fatalf("%d rows, want %d", len(got), n)
	}
	for row := range want {
		if !sameRow(got[row], want[row]) {
			t.Fatalf("row %d: %#v, want %#v", row, got[row], want[row])
		}
	}
}
