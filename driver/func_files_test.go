package driver_test

import (
	"errors"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// What a connection without the functions of a schema sees: everything that
// needs none of them, and an error that names the one that is missing.
func TestFileWithoutItsFunctions(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	path := t.TempDir() + "/a.db"
	db := open(t, path)
	eachConn(t, db, func(c *driver.Conn) error {
		return errors.Join(c.Func("slug", slug, driver.Deterministic), c.Func("positive", func(n int64) bool { return n > 0 }, driver.Deterministic),
			c.Collation("natural", strings.Compare), c.TableFunc("words", words))
	})
	exec(t, db, `CREATE TABLE other(n);
		CREATE TABLE t(a TEXT, n INT CHECK (positive(n)), s TEXT AS (slug(a)) STORED, v TEXT AS (slug(a)), c TEXT COLLATE "natural");
		CREATE INDEX by_slug ON t(slug(a)); CREATE INDEX by_c ON t(c);
		CREATE VIEW seen AS SELECT word FROM words('a b');
		INSERT INTO t(a, n, c) VALUES ('A B', 1, 'z')`)
	require.ErrorIs(t, queryErr(db, "INSERT INTO t(a, n) VALUES ('a', 0)"), driver.ErrConstraintCheck)

	plain := open(t, path) // another pool, of the same process
	for _, text := range []string{
		"SELECT a, n, s FROM t", "INSERT INTO other VALUES (1)", "ALTER TABLE other ADD COLUMN m", "PRAGMA table_xinfo(t)", "SELECT * FROM sqlite_schema",
	} {
		require.NoError(t, queryErr(plain, text), text)
	}
	for text, missing := range map[string]string{
		"SELECT v FROM t":                           "slug()",
		"SELECT a FROM t WHERE slug(a) = 'a-b'":     "no such function: slug",
		"INSERT INTO t(a, n) VALUES ('x', 1)":       "slug()",
		"UPDATE t SET n = 2":                        "positive()",
		"SELECT a FROM t ORDER BY c":                "no such collation sequence: natural",
		"SELECT * FROM seen":                        "no such table: main.words",
		"CREATE TABLE u(n, s AS (slug(n)))":         "no such function: slug",
		"SELECT natural FROM t, words('a b')":       "words",
		"SELECT a FROM t WHERE c > 'b' AND c < 'd'": "no such collation sequence: natural",
	} {
		require.ErrorContains(t, queryErr(plain, text), missing, text)
	}
	require.Equal(t, [][]any{{"A B", "a-b", "a-b"}}, all(t, db, "SELECT a, s, v FROM t"))
	require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
}

// Texts come and go in UTF-8, whatever the database keeps.
func TestFuncsInUTF16(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	for _, encoding := range []string{"UTF-16le", "UTF-16be"} {
		db := memory(t)
		c := pin(t, db)
		exec(t, c, "PRAGMA encoding = '"+encoding+"'; CREATE TABLE t(s TEXT); INSERT INTO t VALUES ('жук'), ('😀'), (''), ('a' || char(0) || 'b')")
		require.Equal(t, encoding, value(t, c, "PRAGMA encoding"))
		var got []string
		must(t, c, func(c *driver.Conn) error {
			return errors.Join(
				c.Func("same", func(s string) string { got = append(got, s); return s }, driver.Deterministic),
				c.Collation("by_length", func(a, b string) int { return len(a) - len(b) }),
				c.Window("gather", func() *concat { return &concat{ended: new(atomic.Int64)} }),
				c.TableFunc("letters", func(s string) iter.Seq[string] {
					return func(yield func(string) bool) {
						for _, r := range s {
							if !yield(string(r)) {
								return
							}
						}
					}
				}))
		})
		exec(t, c, "CREATE INDEX i ON t(same(s)); CREATE INDEX l ON t(s COLLATE by_length)")
		require.Equal(t, []string{"жук", "😀", "", "a\x00b"}, got[:4])
		require.Equal(t, [][]any{{""}, {"a\x00b"}, {"😀"}, {"жук"}}, all(t, c, "SELECT same(s) FROM t ORDER BY s COLLATE by_length"))
		require.Equal(t, "жук", value(t, c, "SELECT s FROM t WHERE same(s) = 'жук'"))
		require.Equal(t, [][]any{{"ж"}, {"у"}, {"к"}}, all(t, c, "SELECT value FROM t, letters(s) WHERE s LIKE 'ж%'"))
		require.Equal(t, "жук+😀", value(t, c, "SELECT gather(s) FROM t WHERE length(s) IN (1, 3) AND s NOT LIKE 'a%'"))
		require.Equal(t, "ok", value(t, c, "PRAGMA integrity_check"))
	}
}

// Names are SQLite's: any bytes but NUL, ASCII letters in either case.
func TestFuncNames(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t)
	c := pin(t, db)
	for _, name := range []string{"größe", "名前", "select", "a b", `q"q`, strings.Repeat("n", 255), "count", "like", "->", "json", "regexp_like"} {
		must(t, c, func(c *driver.Conn) error { return c.Func(name, func(any) string { return "mine" }) })
		require.Equal(t, "mine", value(t, c, `SELECT "`+strings.ReplaceAll(name, `"`, `""`)+`"(1)`), name)
	}
	require.Equal(t, "mine", value(t, c, "SELECT GRößE(1)"))
	require.ErrorContains(t, queryErr(c, "SELECT GRÖSSE(1)"), "no such function")
	require.ErrorIs(t, queryErr(c, "SELECT coalesce(1)"), driver.ErrError)
	for _, odd := range []string{`"`, `"\`, "]", "{", ""} { // json_pretty trusts no json() but SQLite's
		must(t, c, func(c *driver.Conn) error { return c.Func("json", func(any) string { return odd }) })
		require.NoError(t, queryErr(c, "SELECT json_pretty('{}')"), odd)
	}
}

// A collation that contradicts itself breaks what is sorted by it, and no
// more: nothing crashes, REINDEX mends it.
func TestCollationThatContradictsItself(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t)
	c := pin(t, db)
	n, honest := 0, false
	must(t, c, func(c *driver.Conn) error {
		return c.Collation("random", func(a, b string) int {
			if honest {
				return strings.Compare(a, b)
			}
			n = (n*1103515245 + 12345) & 0x7fffffff
			return n%3 - 1
		})
	})
	exec(t, c, "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT COLLATE random); CREATE INDEX i ON t(s)")
	exec(t, c, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000) INSERT INTO t SELECT i, hex(randomblob(4)) FROM n")
	for _, text := range []string{
		"SELECT s FROM t ORDER BY s", "SELECT count(*) FROM t WHERE s > '8'", "SELECT s, count(*) FROM t GROUP BY s", "UPDATE t SET s = s || 'x' WHERE id % 3 = 0",
		"DELETE FROM t WHERE s > 'F'", "SELECT DISTINCT s FROM t", "PRAGMA integrity_check",
	} {
		_ = queryErr(c, text) // any answer will do
	}
	honest = true
	exec(t, c, "REINDEX")
	require.Equal(t, "ok", value(t, c, "PRAGMA integrity_check"))
}
