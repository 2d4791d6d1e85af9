package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// hook sets a hook, and returns what takes it away.
func hook(t testing.TB, h driver.Handle, set func(c *driver.Conn) (func(), error)) (stop func()) {
	t.Helper()
	must(t, h, func(c *driver.Conn) (err error) {
		stop, err = set(c)
		return err
	})
	return stop
}

var errNo = errors.New("no")

// Two hooks of a kind live side by side, in their order, and each goes alone.
func TestHooksSideBySide(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	onEach(t, func(t *testing.T, db *sql.DB) {
		conn := pin(t, db)
		exec(t, conn, "CREATE TABLE t(a); INSERT INTO t VALUES (0)")
		var log []string
		say := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
		said := func() string {
			s := strings.Join(log, ", ")
			log = nil
			return s
		}
		stops := map[string]func(){}
		for _, name := range []string{"a", "b"} {
			stops[name] = hook(t, conn, func(c *driver.Conn) (func(), error) {
				var all []func()
				for _, set := range []func() (func(), error){
					func() (func(), error) { return c.OnUpdate(func(ch driver.Change) { say("%s %v", name, ch) }) },
					func() (func(), error) { return c.OnCommit(func() error { say("%s commits", name); return nil }) },
					func() (func(), error) { return c.OnRollback(func() { say("%s rolls back", name) }) },
				} {
					stop, err := set()
					if err != nil {
						return nil, err
					}
					all = append(all, stop)
				}
				return func() {
					for _, stop := range all {
						stop()
						stop()
					}
				}, nil
			})
		}
		exec(t, conn, "INSERT INTO t VALUES (1)")
		require.Equal(t, "a insert main.t 2, b insert main.t 2, a commits, b commits", said())
		exec(t, conn, "BEGIN; UPDATE t SET a = 2 WHERE a = 1; ROLLBACK")
		require.Equal(t, "a update main.t 2, b update main.t 2, a rolls back, b rolls back", said())
		exec(t, conn, "BEGIN; SAVEPOINT s; ROLLBACK TO s; COMMIT")
		require.Empty(t, said())
		stops["a"]()
		exec(t, conn, "DELETE FROM t")
		require.Equal(t, "b delete main.t 1, b delete main.t 2, b commits", said())
		stops["b"]()
		exec(t, conn, "INSERT INTO t VALUES (1); DELETE FROM t")
		require.Empty(t, said())
		// What has been cut off stays so, also after the connection.
		stops["b"]()
	})
}

// A hook refuses a commit, and the error says why.
func TestCommitHookRefuses(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	onEach(t, func(t *testing.T, db *sql.DB) {
		exec(t, db, "CREATE TABLE t(a)")
		conn := pin(t, db)
		later, rolled := 0, 0
		stop := hook(t, conn, func(c *driver.Conn) (func(), error) { return c.OnCommit(func() error { return errNo }) })
		hook(t, conn, func(c *driver.Conn) (func(), error) { return c.OnCommit(func() error { later++; return nil }) })
		hook(t, conn, func(c *driver.Conn) (func(), error) { return c.OnRollback(func() { rolled++ }) })
		refused := func(err error) {
			t.Helper()
			require.ErrorIs(t, err, errNo)
			require.ErrorIs(t, err, driver.ErrConstraintCommitHook)
			require.ErrorIs(t, err, driver.ErrConstraint)
			require.Zero(t, value(t, db, "SELECT count(*) FROM t"))
		}
		_, err := conn.ExecContext(t.Context(), "INSERT INTO t VALUES (1)")
		refused(err)
		tx, err := conn.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		exec(t, tx, "INSERT INTO t VALUES (1)")
		refused(tx.Commit())
		_, err = conn.ExecContext(t.Context(), "SAVEPOINT s; INSERT INTO t VALUES (1); RELEASE s")
		refused(err)
		rows, err := conn.QueryContext(t.Context(), "INSERT INTO t VALUES (1) RETURNING a")
		if err == nil {
			for rows.Next() {
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		refused(err)
		must(t, conn, func(c *driver.Conn) error {
			_, err := c.Batch(t.Context(), "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
			refused(err)
			st, err := c.Statement(t.Context(), "INSERT INTO t VALUES (?)")
			require.NoError(t, err)
			refused(st.Exec(1))
			return st.Close()
		})
		require.Zero(t, later)
		require.GreaterOrEqual(t, rolled, 6)
		stop()
		exec(t, conn, "INSERT INTO t VALUES (1)")
		require.EqualValues(t, 1, value(t, db, "SELECT count(*) FROM t"))
		require.Equal(t, 1, later)
	})
}

func TestAuthorize(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	onEach(t, func(t *testing.T, db *sql.DB) {
		conn := pin(t, db)
		exec(t, conn, "CREATE TABLE t(a, secret); INSERT INTO t VALUES (1, 2)")
		const read = "SELECT secret FROM t"
		require.EqualValues(t, 2, value(t, conn, read)) // and it stays compiled
		var asked []driver.AuthAction
		stopLog := hook(t, conn, func(c *driver.Conn) (func(), error) {
			return c.Authorize(func(a driver.AuthAction) driver.AuthResult {
				asked = append(asked, a)
				return driver.AuthOK
			})
		})
		stopIgnore := hook(t, conn, func(c *driver.Conn) (func(), error) {
			return c.Authorize(func(a driver.AuthAction) driver.AuthResult {
				if a.Code == driver.AuthRead && a.Arg2 == "secret" {
					return driver.AuthIgnore
				}
				return driver.AuthOK
			})
		})
		require.Nil(t, value(t, conn, read))
		require.Contains(t, asked, driver.AuthAction{Code: driver.AuthRead, Arg1: "t", Arg2: "secret", Schema: "main"})
		stopDeny := hook(t, conn, func(c *driver.Conn) (func(), error) {
			return c.Authorize(func(a driver.AuthAction) driver.AuthResult {
				if a.Code == driver.AuthRead && a.Arg2 == "secret" || a.Code == driver.AuthDropTable {
					return driver.AuthDeny
				}
				return driver.AuthOK
			})
		})
		_, err := conn.QueryContext(t.Context(), read)
		require.ErrorIs(t, err, driver.ErrAuth)
		_, err = conn.ExecContext(t.Context(), "DROP TABLE t")
		require.ErrorIs(t, err, driver.ErrAuth)
		must(t, conn, func(c *driver.Conn) error {
			_, err := c.Batch(t.Context(), "SELECT a FROM t; "+read)
			require.ErrorIs(t, err, driver.ErrAuth)
			_, err = c.Statement(t.Context(), read)
			require.ErrorIs(t, err, driver.ErrAuth)
			return nil
		})
		stopDeny()
		require.Nil(t, value(t, conn, read), "the strictest of those that are left")
		stopIgnore()
		require.EqualValues(t, 2, value(t, conn, read))
		stopLog()
		n := len(asked)
		tx, err := conn.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		exec(t, tx, "DELETE FROM t")
		require.NoError(t, tx.Commit())
		require.Len(t, asked, n)
	})
}

// The driver's own statements are not asked about, and its guards stay.
func TestAuthorizeDenyingEverything(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, ":memory:")
	exec(t, db, "CREATE TABLE t(a); CREATE TABLE v(e F32_BLOB(2)); CREATE INDEX i ON v(libsql_vector_idx(e)); INSERT INTO v VALUES (vector('[1,2]'))")
	conn := pin(t, db)
	stop := hook(t, conn, func(c *driver.Conn) (func(), error) {
		return c.Authorize(func(driver.AuthAction) driver.AuthResult { return driver.AuthDeny })
	})
	tx, err := conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.Exec("INSERT INTO t VALUES (1)")
	require.ErrorIs(t, err, driver.ErrAuth)
	require.NoError(t, tx.Rollback())
	checkpoint(t, conn, driver.CheckpointPassive)
	stop()
	hook(t, conn, func(c *driver.Conn) (func(), error) {
		return c.Authorize(func(driver.AuthAction) driver.AuthResult { return driver.AuthOK })
	})
	exec(t, conn, "DELETE FROM v; INSERT INTO v VALUES (vector('[1,2]'))")
	require.EqualValues(t, 1, value(t, conn, "SELECT count(*) FROM vector_top_k('i', vector('[1,2]'), 3)"))
}

const long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT max(i) FROM n"

func TestOnProgress(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	onEach(t, func(t *testing.T, db *sql.DB) {
		conn := pin(t, db)
		var often, seldom int
		stopOften := hook(t, conn, func(c *driver.Conn) (func(), error) {
			return c.OnProgress(100, func() error { often++; return nil })
		})
		stopSeldom := hook(t, conn, func(c *driver.Conn) (func(), error) {
			return c.OnProgress(10000, func() error { seldom++; return nil })
		})
		require.EqualValues(t, 100000, value(t, conn, long))
		require.Greater(t, often, 90*seldom)
		require.Greater(t, seldom, 10)
		stopOften()
		seldom, often = 0, 0
		require.EqualValues(t, 100000, value(t, conn, long))
		require.Zero(t, often)
		require.Greater(t, seldom, 10)
		stopSeldom()

		stop := hook(t, conn, func(c *driver.Conn) (func(), error) { return c.OnProgress(1000, func() error { return errNo }) })
		_, err := conn.QueryContext(t.Context(), long)
		require.ErrorIs(t, err, errNo)
		require.ErrorIs(t, err, driver.ErrInterrupt)
		stop()
		require.EqualValues(t, 100000, value(t, conn, long))

		// Cancelling goes on to work beside it.
		ctx, cancel := context.WithCancel(t.Context())
		hook(t, conn, func(c *driver.Conn) (func(), error) {
			return c.OnProgress(1000, func() error { cancel(); return nil })
		})
		_, err = conn.QueryContext(ctx, strings.Replace(long, "100000", "100000000", 1))
		require.ErrorIs(t, err, context.Canceled)
	})
}

// A panic becomes the statement's error, and the connection goes on.
func TestHooksThatPanic(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, ":memory:")
	conn := pin(t, db)
	exec(t, conn, "CREATE TABLE t(a)")
	for name, tt := range map[string]struct {
		set  func(c *driver.Conn) (func(), error)
		run  string
		code driver.Code
	}{
		"update":   {func(c *driver.Conn) (func(), error) { return c.OnUpdate(func(driver.Change) { panic(errNo) }) }, "INSERT INTO t VALUES (1)", driver.ErrError},
		"commit":   {func(c *driver.Conn) (func(), error) { return c.OnCommit(func() error { panic(errNo) }) }, "INSERT INTO t VALUES (1)", driver.ErrConstraintCommitHook},
		"rollback": {func(c *driver.Conn) (func(), error) { return c.OnRollback(func() { panic(errNo) }) }, "BEGIN; INSERT INTO t VALUES (1); ROLLBACK", driver.ErrError},
		"authorize": {func(c *driver.Conn) (func(), error) {
			return c.Authorize(func(driver.AuthAction) driver.AuthResult { panic(errNo) })
		}, "SELECT a FROM t", driver.ErrAuth},
		"progress": {func(c *driver.Conn) (func(), error) { return c.OnProgress(10, func() error { panic(errNo) }) }, long, driver.ErrInterrupt},
	} {
		stop := hook(t, conn, tt.set)
		_, err := conn.ExecContext(t.Context(), tt.run)
		require.ErrorIs(t, err, errNo, name)
		require.ErrorIs(t, err, tt.code, name)
		require.ErrorContains(t, err, "panicked", name)
		stop()
		exec(t, conn, "INSERT INTO t VALUES (1); DELETE FROM t")
	}
}

// A hook that ends its goroutine costs the connection, and nothing else.
func TestHooksThatEndTheirGoroutine(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	for name, tt := range map[string]struct {
		set func(c *driver.Conn) (func(), error)
		run string
	}{
		"update":   {func(c *driver.Conn) (func(), error) { return c.OnUpdate(func(driver.Change) { runtime.Goexit() }) }, "INSERT INTO t VALUES (1)"},
		"commit":   {func(c *driver.Conn) (func(), error) { return c.OnCommit(func() error { runtime.Goexit(); return nil }) }, "INSERT INTO t VALUES (1)"},
		"rollback": {func(c *driver.Conn) (func(), error) { return c.OnRollback(func() { runtime.Goexit() }) }, "BEGIN; INSERT INTO t VALUES (1); ROLLBACK"},
		"authorize": {func(c *driver.Conn) (func(), error) {
			return c.Authorize(func(driver.AuthAction) driver.AuthResult { runtime.Goexit(); return 0 })
		}, "SELECT a, 1 FROM t"},
		"progress": {func(c *driver.Conn) (func(), error) {
			return c.OnProgress(10, func() error { runtime.Goexit(); return nil })
		}, long},
		"log": {func(c *driver.Conn) (func(), error) {
			return c.OnWALCommit(func(string, int) { runtime.Goexit() })
		}, "CREATE TABLE t2(a)"},
	} {
		if underASan && name == "authorize" {
			continue // what SQLite has allocated to compile the statement is nobody's any more
		}
		t.Run(name, func(t *testing.T) {
			db := open(t, t.TempDir()+"/a.db")
			exec(t, db, "CREATE TABLE t(a)")
			done := make(chan struct{})
			ctx, cancel := context.WithCancel(t.Context()) // watched while the call runs
			go func() {
				defer close(done)
				conn, err := db.Conn(ctx)
				require.NoError(t, err)
				defer conn.Close()
				hook(t, conn, tt.set)
				conn.ExecContext(ctx, tt.run)
				t.Error("the call came back")
			}()
			<-done
			cancel()
			require.Zero(t, value(t, db, "SELECT count(*) FROM t"))
			exec(t, db, "INSERT INTO t VALUES (1)")
			require.EqualValues(t, 1, value(t, db, "SELECT count(*) FROM t"))
		})
	}
}

// A hook that ends its goroutine while rows are read, which nobody closes then.
func TestHookThatEndsAReader(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, t.TempDir()+"/a.db?_busy_timeout=100")
	exec(t, db, "CREATE TABLE t(a)")
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		hook(t, conn, func(c *driver.Conn) (func(), error) { return c.OnUpdate(func(driver.Change) { runtime.Goexit() }) })
		conn.QueryContext(t.Context(), "INSERT INTO t VALUES (1) RETURNING a")
		t.Error("the call came back")
	}()
	<-done
	exec(t, db, "INSERT INTO t VALUES (2)") // nothing is locked
	require.Equal(t, [][]any{{int64(2)}}, all(t, db, "SELECT a FROM t"))
}

// A hook that uses its own connection gets an error.
func TestHooksThatUseTheirConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, ":memory:")
	conn := pin(t, db)
	exec(t, conn, "CREATE TABLE t(a BLOB); INSERT INTO t VALUES (zeroblob(10))")
	must(t, conn, func(c *driver.Conn) error {
		st, err := c.Statement(t.Context(), "SELECT 1 UNION ALL SELECT 2")
		require.NoError(t, err)
		blob, err := c.OpenBlob(t.Context(), driver.BlobOptions{Table: "t", Column: "a", RowID: 1})
		require.NoError(t, err)
		calls := map[string]func() error{
			"Exec":       func() error { _, err := c.ExecContext(t.Context(), "INSERT INTO t VALUES (2)", nil); return err },
			"Query":      func() error { _, err := c.QueryContext(t.Context(), "SELECT 1", nil); return err },
			"Prepare":    func() error { _, err := c.PrepareContext(t.Context(), "SELECT 2"); return err },
			"Begin":      func() error { _, err := c.Begin(); return err },
			"Batch":      func() error { _, err := c.Batch(t.Context(), "SELECT 1"); return err },
			"Statement":  func() error { return st.Exec() },
			"Blob":       func() error { _, err := blob.ReadAt(make([]byte, 1), 0); return err },
			"Backup":     func() error { return c.Backup(t.Context(), t.TempDir()+"/b.db", driver.BackupOptions{}) },
			"Checkpoint": func() error { _, err := c.Checkpoint(t.Context(), "", driver.CheckpointPassive); return err },
			"OnCommit":   func() error { _, err := c.OnCommit(nil); return err },
			"OnWALCom":   func() error { _, err := c.OnWALCommit(func(string, int) {}); return err },
			"Func":       func() error { return c.Func("f", func() {}) },
			"BlobClose":  func() error { return blob.Close() },
			"StmtClose":  func() error { return st.Close() },
			"CacheFlush": func() error { return c.CacheFlush(t.Context()) },
			"Release":    func() error { _, err := c.ReleaseMemory(); return err },
			"NoCheckp":   func() error { return c.DisableCheckpoint() },
			"Close":      func() error { return c.Close() },
		}
		tried := 0
		stop, err := c.OnUpdate(func(driver.Change) {
			for name, call := range calls {
				require.ErrorIs(t, call(), driver.ErrMisuse, name)
				tried++
			}
		})
		require.NoError(t, err)
		_, err = c.ExecContext(t.Context(), "INSERT INTO t VALUES (1)", nil)
		require.NoError(t, err)
		require.Equal(t, len(calls), tried)
		stop()
		require.NoError(t, blob.Close())
		return st.Close()
	})
	require.EqualValues(t, 2, value(t, conn, "SELECT count(*) FROM t"))
}

// A hook stays with the connection, EachConn sets one on all of a pool.
func TestHooksOfAPool(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, ":memory:")
	n := 0
	require.NoError(t, driver.EachConn(t.Context(), db, "audit", func(_ context.Context, c *driver.Conn) error {
		_, err := c.OnCommit(func() error { n++; return nil })
		return err
	}))
	exec(t, db, "CREATE TABLE t(a)")
	a, b := pin(t, db), pin(t, db)
	exec(t, a, "INSERT INTO t VALUES (1)")
	exec(t, b, "INSERT INTO t VALUES (1)")
	require.Equal(t, 3, n)
}

// The hooks live beside that of the log, and beside the checkpoints.
func TestHooksBesideTheLog(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, t.TempDir()+"/a.db")
	conn := pin(t, db)
	exec(t, conn, "CREATE TABLE t(a)")
	var log []string
	must(t, conn, func(c *driver.Conn) error {
		_, err := c.OnWALCommit(func(string, int) { log = append(log, "wal") })
		require.NoError(t, err)
		_, err = c.OnCommit(func() error { log = append(log, "commit"); return nil })
		return err
	})
	c := dbtest.Listen(t, db)
	exec(t, conn, "INSERT INTO t VALUES (1)")
	require.Equal(t, []string{"commit", "wal"}, log)
	c.Lines("insert main.t 1")
}
