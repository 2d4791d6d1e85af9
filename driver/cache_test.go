package driver_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func cacheFlush(ctx context.Context, h driver.Handle) error {
	return driver.With(context.Background(), h, func(c *driver.Conn) error { return c.CacheFlush(ctx) })
}

// A flush writes, and neither commits nor loses anything.
func TestCacheFlush(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		exec(t, db, "CREATE TABLE t(a)")
		conn := pin(t, db)
		ctx := context.Background()
		require.NoError(t, cacheFlush(ctx, conn), "nothing to do")
		for _, commit := range []bool{false, true} {
			tx, err := conn.BeginTx(ctx, nil)
			require.NoError(t, err)
			require.NoError(t, cacheFlush(ctx, tx))
			before := statsOf(t, tx, false).CacheWrites
			exec(t, tx, "INSERT INTO t VALUES (1)")
			require.Equal(t, before, statsOf(t, tx, false).CacheWrites)
			require.NoError(t, cacheFlush(ctx, tx))
			require.Greater(t, statsOf(t, tx, false).CacheWrites, before)
			require.ErrorIs(t, cacheFlush(cancelled(), tx), context.Canceled)
			if commit {
				require.NoError(t, tx.Commit())
			} else {
				require.NoError(t, tx.Rollback())
				require.Equal(t, int64(0), value(t, conn, "SELECT count(*) FROM t"))
			}
		}
		require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM t"), "on another connection")
	})
}

// Under WAL readers are in nobody's way; the file grows before the COMMIT.
func TestCacheFlushUnderWAL(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	path := filepath.Join(t.TempDir(), "a.db")
	db := open(t, path)
	exec(t, db, "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)")
	reader := query(t, db, "SELECT a FROM t")
	require.True(t, reader.Next())
	tx, err := db.Begin()
	require.NoError(t, err)
	exec(t, tx, "INSERT INTO t VALUES (3)")
	size := func() int64 {
		info, err := os.Stat(path + "-wal")
		require.NoError(t, err)
		return info.Size()
	}
	before := size()
	require.NoError(t, cacheFlush(context.Background(), tx))
	require.Greater(t, size(), before)
	require.NoError(t, tx.Rollback())
	require.NoError(t, reader.Close())
}

// Under a rollback journal it needs the readers to end.
func TestCacheFlushWaitsForReaders(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, filepath.Join(t.TempDir(), "a.db")+"?_journal_mode=DELETE&_busy_timeout=50")
	exec(t, db, "CREATE TABLE t(a); INSERT INTO t SELECT value FROM generate_series(1, 1000)")
	reader := query(t, db, "SELECT a FROM t")
	require.True(t, reader.Next())
	tx, err := db.Begin()
	require.NoError(t, err)
	exec(t, tx, "INSERT INTO t VALUES (3)")
	err = cacheFlush(context.Background(), tx)
	require.ErrorIs(t, err, driver.ErrBusy)
	require.ErrorContains(t, err, "database is locked")
	require.NoError(t, reader.Close())
	require.NoError(t, cacheFlush(context.Background(), tx))
	require.NoError(t, tx.Commit())

	db = open(t, filepath.Join(t.TempDir(), "b.db")+"?_journal_mode=DELETE&_busy_timeout=60000")
	exec(t, db, "CREATE TABLE t(a); INSERT INTO t SELECT value FROM generate_series(1, 1000)")
	reader = query(t, db, "SELECT a FROM t")
	require.True(t, reader.Next())
	tx, err = db.Begin()
	require.NoError(t, err)
	exec(t, tx, "INSERT INTO t VALUES (3)")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, cacheFlush(ctx, tx), context.DeadlineExceeded)
	require.NoError(t, reader.Close())
	require.NoError(t, tx.Commit())
	require.Equal(t, int64(1001), value(t, db, "SELECT count(*) FROM t"))
}

// A transaction that SQLite has rolled back is no transaction to flush.
func TestCacheFlushOfALostTransaction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	tx, err := memory(t, "CREATE TABLE t(a UNIQUE)").Begin()
	require.NoError(t, err)
	require.Error(t, execErr(tx, "INSERT OR ROLLBACK INTO t VALUES (1), (1)"))
	require.ErrorIs(t, cacheFlush(context.Background(), tx), driver.ErrTxRolledBack)
	require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
}

func TestReleaseMemory(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	conn := pin(t, db)
	exec(t, conn, "CREATE TABLE t(a); INSERT INTO t SELECT zeroblob(1000) FROM generate_series(1, 1000)")
	value(t, conn, "SELECT sum(length(a)) FROM t")
	rows := query(t, conn, "SELECT a FROM t")
	require.True(t, rows.Next())
	release := func() (n int64) {
		require.NoError(t, driver.With(context.Background(), conn, func(c *driver.Conn) (err error) {
			n, err = c.ReleaseMemory()
			return err
		}))
		return n
	}
	before := statsOf(t, conn, false)
	require.Greater(t, release(), int64(500_000))
	after := statsOf(t, conn, false)
	require.Less(t, after.CacheUsed, before.CacheUsed/2)
	require.Less(t, after.StmtUsed, before.StmtUsed)
	require.Zero(t, after.StmtCacheLen)
	n := 1
	for rows.Next() { // what is in use stays
		n++
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 1000, n)
	require.Equal(t, int64(1_000_000), value(t, conn, "SELECT sum(length(a)) FROM t"))
	tx, err := conn.BeginTx(context.Background(), nil)
	require.NoError(t, err)
	exec(t, tx, "UPDATE t SET a = 'changed'")
	require.NoError(t, driver.With(context.Background(), tx, func(c *driver.Conn) (err error) {
		_, err = c.ReleaseMemory()
		return err
	}))
	require.NoError(t, tx.Commit())
	require.Equal(t, int64(7000), value(t, conn, "SELECT sum(length(a)) FROM t"))

	// EachConn has it done by every connection.
	require.NoError(t, driver.EachConn(context.Background(), db, "", func(_ context.Context, c *driver.Conn) error {
		_, err := c.ReleaseMemory()
		return err
	}))
}
