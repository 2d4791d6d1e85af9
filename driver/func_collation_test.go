package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// byLength is an order that panics and ends the goroutine on demand.
func byLength(a, b string) int {
	for _, s := range []string{a, b} {
		switch s {
		case "panic":
			panic(errOutOfStock)
		case "exit":
			runtime.Goexit()
		}
	}
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

func addByLength(c *driver.Conn) error { return c.Collation("length", byLength) }

func TestCollation(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	onEach(t, func(t *testing.T, db *sql.DB) {
		eachConn(t, db, addByLength)
		exec(t, db, `CREATE TABLE t(s TEXT COLLATE length UNIQUE); INSERT INTO t VALUES ('ccc'), ('b'), (NULL), ('жж'), (''), ('aa')`)
		require.Equal(t, [][]any{{nil}, {""}, {"b"}, {"aa"}, {"ccc"}, {"жж"}}, all(t, db, "SELECT s FROM t ORDER BY s"))
		require.Equal(t, [][]any{{"aa"}}, all(t, db, "SELECT s FROM t WHERE s BETWEEN 'b' AND 'bb' AND s > 'b'"))
		require.Equal(t, "жж", value(t, db, "SELECT max(s) FROM t"))
		require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
		require.Equal(t, []any{"a", "b"}, []any{value(t, db, "SELECT min(column1 COLLATE Length) FROM (VALUES ('b'), ('a'))"),
			value(t, db, "SELECT column1 FROM (VALUES ('ccc'), ('b')) ORDER BY 1 COLLATE LENGTH LIMIT 1")})
	})
}

func TestCollationPanics(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t)
	eachConn(t, db, addByLength)
	exec(t, db, "CREATE TABLE t(s TEXT COLLATE length UNIQUE); INSERT INTO t VALUES ('a'), ('b'); CREATE TABLE log(n)")
	left := [][]any{{"a"}, {"b"}}
	for _, text := range []string{
		"INSERT INTO t VALUES ('c'), ('panic')",
		"INSERT INTO t VALUES ('panic') RETURNING s",
		"UPDATE t SET s = 'panic' WHERE rowid = 1",
		"SELECT s FROM t UNION ALL SELECT 'panic' ORDER BY s",
		"SELECT 'panic' COLLATE length > 'a'",
		"INSERT OR REPLACE INTO t VALUES ('panic')",
	} {
		err := queryErr(db, text)
		require.Equal(t, "collation length: panic: out of stock", driverError(t, err).Message, text)
		require.ErrorIs(t, err, errOutOfStock, text)
		require.Equal(t, left, all(t, db, "SELECT s FROM t ORDER BY s"), text)

		tx, err := db.Begin()
		require.NoError(t, err)
		exec(t, tx, "INSERT INTO log VALUES (1)")
		require.ErrorIs(t, queryErr(tx, text), errOutOfStock)
		_, err = tx.Exec("INSERT INTO log VALUES (1)")
		require.ErrorIs(t, err, driver.ErrTxRolledBack)
		require.Error(t, tx.Commit())
		require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM log"))

		require.ErrorIs(t, driver.With(context.Background(), db, func(c *driver.Conn) error {
			_, err := c.Batch(context.Background(), "INSERT INTO log VALUES (2);"+text)
			return err
		}), errOutOfStock)
		require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM log"))
		require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
	}
}

// What the driver does to undo it all is not asked about.
func TestCollationPanicsUnderAnAuthorizer(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t)
	c := pin(t, db)
	must(t, c, addByLength)
	exec(t, c, "CREATE TABLE t(s TEXT COLLATE length UNIQUE); INSERT INTO t VALUES ('a')")
	must(t, c, func(c *driver.Conn) error {
		_, err := c.Authorize(func(a driver.AuthAction) driver.AuthResult {
			if a.Code == driver.AuthTransaction || a.Code == driver.AuthSavepoint {
				return driver.AuthDeny
			}
			return driver.AuthOK
		})
		return err
	})
	require.ErrorIs(t, queryErr(c, "INSERT INTO t VALUES ('bb'), ('panic')"), errOutOfStock)
	require.Equal(t, [][]any{{"a"}}, all(t, c, "SELECT s FROM t"))
	exec(t, c, "INSERT INTO t VALUES ('bb')")
}

func TestCollationGoexit(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	for _, text := range []string{
		"INSERT INTO t VALUES ('c'), ('exit')", "SELECT s FROM t UNION ALL SELECT 'exit' ORDER BY s", "SELECT 'exit' COLLATE length > 'a'",
		"CREATE INDEX i ON t(n COLLATE length)",
	} {
		if underASan && !strings.Contains(text, ">") {
			continue // 32 bytes may be left of it
		}
		db := open(t, t.TempDir()+"/a.db?_busy_timeout=100")
		eachConn(t, db, addByLength)
		exec(t, db, "CREATE TABLE t(s TEXT COLLATE length UNIQUE, n); INSERT INTO t VALUES ('a', 'exit'), ('b', 'b')")
		done := make(chan struct{})
		go func() {
			defer close(done)
			queryAll(db, text)
		}()
		<-done
		require.Equal(t, int64(2), value(t, db, "SELECT count(*) FROM t"))
		exec(t, db, "INSERT INTO t VALUES ('c', 'c')")
		require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
	}
}

func TestCollationReplacedAndForgotten(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t)
	c := pin(t, db)
	with := func(fn func(c *driver.Conn) error) error { return driver.With(context.Background(), c, fn) }
	const first = "SELECT column1 FROM (VALUES ('b'), ('aa')) ORDER BY 1 COLLATE length LIMIT 1"
	require.ErrorContains(t, queryErr(c, first), "no such collation sequence: length")
	require.NoError(t, with(addByLength))
	require.Equal(t, "b", value(t, c, first))
	rows := query(t, c, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) SELECT i FROM n")
	require.True(t, rows.Next())
	err := with(addByLength)
	require.ErrorIs(t, err, driver.ErrBusy)
	require.ErrorContains(t, err, "close the rows")
	require.NoError(t, rows.Close())
	require.NoError(t, with(func(c *driver.Conn) error { return c.Collation("LENGTH", strings.Compare) }))
	require.Equal(t, "aa", value(t, c, first))
	require.NoError(t, with(func(c *driver.Conn) error { return errors.Join(c.Collation("length", nil), c.Collation("length", nil)) }))
	require.ErrorContains(t, queryErr(c, first), "no such collation sequence: length")
}
