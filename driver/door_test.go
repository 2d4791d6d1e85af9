package driver_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// runOn runs a text on the connection itself.
func runOn(ctx context.Context, c *driver.Conn, text string) error {
	_, err := c.ExecContext(ctx, text, nil)
	return err
}

// With reaches the very connection of a *sql.Conn and of a *sql.Tx: what is temporary there is there.
func TestWithReachesTheConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	ctx := context.Background()
	db := memory(t)
	other := pin(t, db)
	for _, name := range []string{"Conn", "Tx"} {
		t.Run(name, func(t *testing.T) {
			var h runner = pin(t, db)
			if name == "Tx" {
				tx, err := db.Begin()
				require.NoError(t, err)
				defer tx.Rollback()
				h = tx
			}
			calls := 0
			require.NoError(t, driver.With(ctx, h, func(c *driver.Conn) error {
				calls++
				return runOn(ctx, c, "CREATE TEMP TABLE proof(a); INSERT INTO proof VALUES (7)")
			}))
			require.Equal(t, 1, calls)
			require.Equal(t, int64(7), value(t, h, "SELECT a FROM proof"))
			require.ErrorContains(t, queryErr(other, "SELECT a FROM proof"), "no such table: proof")
			exec(t, h, "CREATE TEMP TABLE proof2(a)")
			require.NoError(t, driver.With(ctx, h, func(c *driver.Conn) error { return runOn(ctx, c, "DROP TABLE proof2") }))
			boom := errors.New("boom")
			require.Equal(t, boom, driver.With(ctx, h, func(*driver.Conn) error { return boom }))
			require.Equal(t, int64(7), value(t, h, "SELECT a FROM proof"), "the connection is still good")
		})
	}
}

// What a transaction has done shows which connection it is.
func TestWithIsOnTheConnection(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY)")
	one, two := pin(t, db), pin(t, db)
	run := func(h driver.Handle, text string) {
		t.Helper()
		require.NoError(t, driver.With(t.Context(), h, func(c *driver.Conn) error { return runOn(t.Context(), c, text) }))
	}
	run(one, "BEGIN; INSERT INTO t VALUES (1)")
	require.Equal(t, int64(1), value(t, one, "SELECT count(*) FROM t"))
	require.Equal(t, int64(0), value(t, two, "SELECT count(*) FROM t"))
	exec(t, one, "ROLLBACK")
	exec(t, two, "BEGIN; INSERT INTO t VALUES (1)")
	run(one, "SELECT 1")
	run(two, "INSERT INTO t VALUES (2); COMMIT")

	tx, err := db.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	run(tx, "INSERT INTO t VALUES (9)")
	require.Equal(t, int64(3), value(t, tx, "SELECT count(*) FROM t"))
	require.NoError(t, tx.Rollback())
	require.Equal(t, int64(2), value(t, db, "SELECT count(*) FROM t"))
}

// On a *sql.DB any connection will do; it is free again afterwards, also when fn fails.
func TestWithPool(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a)")
	db.SetMaxOpenConns(1)
	ctx := withTimeout(t)
	boom := errors.New("boom")
	for range 3 {
		require.ErrorIs(t, driver.With(ctx, db, func(c *driver.Conn) error {
			require.NoError(t, runOn(ctx, c, "BEGIN; INSERT INTO t VALUES (1)")) // left open: the pool must not mind
			return boom
		}), boom)
	}
	require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"))
	require.ErrorIs(t, driver.With(cancelled(), db, func(*driver.Conn) error { return nil }), context.Canceled)
	require.NoError(t, db.Close())
	require.ErrorContains(t, driver.With(ctx, db, func(*driver.Conn) error { return nil }), "closed")
}

// prepareFirst is a handle that prepares what it is asked to run, as GORM's do.
type prepareFirst struct{ *sql.Tx }

func (p prepareFirst) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return prepared{p.Tx}.ExecContext(ctx, query, args...)
}

func TestWithThroughPrepare(t *testing.T) {
	ctx := context.Background()
	text := "CREATE TEMP TABLE proof(a)"
	if dbtest.Remote() {
		text = "CREATE TABLE proof(a)" // servers have no temporary tables; nobody else sees that of a transaction
	}
	tx, err := memory(t).Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	called := false
	require.NoError(t, driver.With(ctx, prepareFirst{tx}, func(c *driver.Conn) error {
		called = true
		return runOn(ctx, c, text)
	}))
	require.True(t, called)
	exec(t, tx, "INSERT INTO proof VALUES (1)")
}

// A handle that has ended says so, and is not taken for that of another driver.
func TestWithEndedHandle(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	never := func(*driver.Conn) error { t.Error("fn was called"); return nil }
	tx, err := db.Begin()
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	err = driver.With(ctx, tx, never)
	require.ErrorIs(t, err, sql.ErrTxDone)
	require.NotErrorIs(t, err, driver.ErrUnsupported)
	c, err := db.Conn(ctx)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.ErrorIs(t, driver.With(ctx, c, never), sql.ErrConnDone)
	tx, err = db.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	err = driver.With(cancelled(), tx, never)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, driver.ErrUnsupported)
}

// nobody is a handle that runs nothing.
type nobody struct{}

func (nobody) ExecContext(context.Context, string, ...any) (sql.Result, error) { return nil, nil }

// Another driver's handle is refused, and nothing happens on it.
func TestWithForeignHandle(t *testing.T) {
	needsLibrary(t)
	ctx := context.Background()
	db, err := sql.Open("libsql", ":memory:") // go-libsql's own driver
	require.NoError(t, err)
	defer db.Close()
	conn, err := db.Conn(ctx)
	require.NoError(t, err)
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	require.NoError(t, err)
	for name, h := range map[string]driver.Handle{"Tx": tx, "nobody": nobody{}} {
		err := driver.With(ctx, h, func(*driver.Conn) error { t.Error("fn was called"); return nil })
		require.ErrorIs(t, err, driver.ErrUnsupported, name)
		require.ErrorContains(t, err, driver.Name)
	}
	_, err = tx.Exec("CREATE TABLE t(a)")
	require.NoError(t, err, "the transaction is still good")
	require.NoError(t, tx.Rollback())
	for name, h := range map[string]driver.Handle{"DB": db, "Conn": conn} {
		require.ErrorIs(t, driver.With(ctx, h, func(*driver.Conn) error { t.Error("fn was called"); return nil }), driver.ErrUnsupported, name)
	}
	require.ErrorIs(t, driver.EachConn(ctx, db, "", func(context.Context, *driver.Conn) error { return nil }), driver.ErrUnsupported)
}

// EachConn sets up what is open, what is opened later, and each of them once.
func TestEachConn(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	ctx := context.Background()
	db := memory(t)
	idle, busy := pin(t, db), pin(t, db)
	require.NoError(t, idle.Close())
	var calls atomic.Int64
	require.NoError(t, driver.EachConn(ctx, db, "", func(ctx context.Context, c *driver.Conn) error {
		calls.Add(1)
		return runOn(ctx, c, "CREATE TEMP TABLE setup(a)") // fails if it runs twice
	}))
	require.NoError(t, driver.EachConn(ctx, db, "", func(ctx context.Context, c *driver.Conn) error {
		return runOn(ctx, c, "CREATE TEMP TABLE setup2(a); INSERT INTO setup VALUES (1)")
	}))
	require.Error(t, queryErr(busy, "SELECT * FROM setup"), "a connection in use is left alone")
	require.NoError(t, busy.Close())
	var held []*sql.Conn
	for range 4 {
		held = append(held, pin(t, db))
	}
	for _, c := range held {
		require.Equal(t, int64(1), value(t, c, "SELECT count(*) FROM setup LEFT JOIN setup2"))
		require.NoError(t, c.Close())
	}
	require.NoError(t, db.Ping())
	require.Equal(t, int64(4), calls.Load())
	require.Equal(t, [][]any{{int64(1)}}, all(t, db, "SELECT count(*) FROM setup"))
}

// A function takes the place of the one of its name, wherever that ran already.
func TestEachConnReplaces(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	db.SetMaxIdleConns(5)
	var calls []string
	set := func(name, what string) error {
		return driver.EachConn(ctx, db, name, func(context.Context, *driver.Conn) error {
			calls = append(calls, what)
			return nil
		})
	}
	idle, busy := pin(t, db), pin(t, db)
	require.NoError(t, idle.Close())
	for _, f := range [][2]string{{"a", "a1"}, {"b", "b1"}, {"", "x"}, {"a", "a2"}, {"", "y"}, {"a", "a3"}} {
		require.NoError(t, set(f[0], f[1]))
	}
	require.Equal(t, []string{"a1", "b1", "x", "a2", "y", "a3"}, calls, "the one that was idle")
	calls = nil
	require.NoError(t, busy.Close())
	a, b, fresh := pin(t, db), pin(t, db), pin(t, db)
	require.Equal(t, []string{"b1", "x", "y", "a3", "b1", "x", "y", "a3"}, calls, "the one that was in use, and a new one")
	calls = nil
	for _, c := range []*sql.Conn{a, b, fresh} {
		require.NoError(t, c.Close())
	}
	require.NoError(t, set("b", "b2"))
	for range 3 {
		pin(t, db)
	}
	require.Equal(t, []string{"b2", "b2", "b2"}, calls)
	require.NoError(t, driver.EachConn(ctx, db, "a", nil))
	pin(t, db) // the one that was at hand for it
	calls = nil
	pin(t, db)
	require.Equal(t, []string{"x", "y", "b2"}, calls, "a is forgotten")
}

// A function that fails at once is forgotten; one that fails later costs the connection and tells its user.
func TestEachConnFails(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	boom := errors.New("boom")
	require.ErrorIs(t, driver.EachConn(ctx, db, "", func(context.Context, *driver.Conn) error { return boom }), boom)
	require.NoError(t, db.Ping())

	one, two := pin(t, db), pin(t, db)
	if !dbtest.Remote() {
		exec(t, two, "CREATE TEMP TABLE mine(a)")
	}
	require.NoError(t, one.Close())
	var fail atomic.Bool
	require.NoError(t, driver.EachConn(ctx, db, "", func(context.Context, *driver.Conn) error {
		if fail.Load() {
			return boom
		}
		return nil
	}))
	keep := pin(t, db)
	fail.Store(true)
	require.NoError(t, two.Close())
	require.ErrorIs(t, db.Ping(), boom, "neither the old connection nor a new one can be had")
	require.Equal(t, 1, db.Stats().OpenConnections)
	fail.Store(false)
	require.NoError(t, db.Ping())
	require.NoError(t, keep.Close())
	for range 3 {
		require.Error(t, queryErr(db, "SELECT * FROM mine"), "the connection that failed is gone")
	}
}

// A connection whose OnConnect fails is closed, and its error is that of whoever wanted it.
func TestOnConnect(t *testing.T) {
	ctx := context.Background()
	boom := errors.New("boom")
	var got []*driver.Conn
	fail := true
	text := "CREATE TEMP TABLE setup AS SELECT * FROM pragma_foreign_keys"
	if dbtest.Remote() {
		text = "CREATE TABLE IF NOT EXISTS setup AS SELECT 1 AS foreign_keys"
	}
	db := openConfig(t, func(cfg *driver.Config) {
		cfg.OnConnect = func(ctx context.Context, c *driver.Conn) error {
			if err := runOn(ctx, c, text); err != nil {
				return err
			}
			got = append(got, c)
			if fail {
				return boom
			}
			return nil
		}
	})
	require.ErrorIs(t, db.Ping(), boom)
	require.Len(t, got, 1)
	require.ErrorIs(t, runOn(ctx, got[0], "SELECT 1"), sqldriver.ErrBadConn)
	require.ErrorIs(t, got[0].Ping(ctx), sqldriver.ErrBadConn)
	require.False(t, got[0].IsValid())
	require.NoError(t, got[0].Close())
	require.Zero(t, db.Stats().OpenConnections)
	fail = false
	require.Equal(t, int64(1), value(t, db, "SELECT foreign_keys FROM setup"), "it runs after the settings")
}
