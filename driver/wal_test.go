package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// must calls fn with a connection under h.
func must(t testing.TB, h driver.Handle, fn func(c *driver.Conn) error) {
	t.Helper()
	require.NoError(t, driver.With(t.Context(), h, fn))
}

func checkpoint(t testing.TB, h driver.Handle, mode driver.CheckpointMode) (r driver.CheckpointResult, err error) {
	t.Helper()
	must(t, h, func(c *driver.Conn) error {
		r, err = c.Checkpoint(t.Context(), "main", mode)
		return nil
	})
	return r, err
}

func walSize(t testing.TB, path string) int64 {
	t.Helper()
	fi, err := os.Stat(path + "-wal")
	if errors.Is(err, os.ErrNotExist) {
		return -1
	}
	require.NoError(t, err)
	return fi.Size()
}

func TestCheckpoint(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := filepath.Join(t.TempDir(), "a.db")
	db := open(t, path)
	exec(t, db, "CREATE TABLE t(a); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
	for _, mode := range []driver.CheckpointMode{driver.CheckpointPassive, driver.CheckpointFull, driver.CheckpointRestart} {
		exec(t, db, "INSERT INTO t VALUES (3)")
		r, err := checkpoint(t, db, mode)
		require.NoError(t, err, mode)
		require.False(t, r.Busy, mode)
		require.Positive(t, r.Frames, mode)
		require.Equal(t, r.Frames, r.Checkpointed, mode)
	}
	exec(t, db, "INSERT INTO t VALUES (4)")
	require.Positive(t, walSize(t, path))
	r, err := checkpoint(t, db, driver.CheckpointTruncate)
	require.NoError(t, err)
	require.Equal(t, driver.CheckpointResult{}, r)
	require.Zero(t, walSize(t, path))
}

func TestCheckpointOfAnAttachedDatabase(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	db.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE t(a); ATTACH ? AS other; PRAGMA other.journal_mode=WAL; CREATE TABLE other.u(b); ATTACH ':memory:' AS mem",
		filepath.Join(t.TempDir(), "b.db"))
	must(t, db, func(c *driver.Conn) error {
		r, err := c.Checkpoint(t.Context(), "Other", driver.CheckpointFull)
		require.NoError(t, err)
		require.Positive(t, r.Frames)
		require.Equal(t, r.Frames, r.Checkpointed)
		_, err = c.Checkpoint(t.Context(), "mem", driver.CheckpointFull)
		require.ErrorIs(t, err, driver.ErrNotWAL)
		_, err = c.Checkpoint(t.Context(), "nodb", driver.CheckpointFull)
		require.ErrorIs(t, err, driver.ErrError)
		require.ErrorContains(t, err, "unknown database: nodb")
		return nil
	})
}

func TestCheckpointRefused(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db := open(t, filepath.Join(t.TempDir(), "a.db")+"?_journal_mode=DELETE")
	exec(t, db, "CREATE TABLE t(a)")
	_, err := checkpoint(t, db, driver.CheckpointFull)
	require.ErrorIs(t, err, driver.ErrNotWAL)

	db = open(t, filepath.Join(t.TempDir(), "b.db"))
	exec(t, db, "CREATE TABLE t(a)")
	tx, err := db.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	exec(t, tx, "INSERT INTO t VALUES (1)")
	for _, mode := range []driver.CheckpointMode{driver.CheckpointPassive, driver.CheckpointTruncate} {
		_, err = checkpoint(t, tx, mode)
		require.ErrorIs(t, err, driver.ErrLocked)
	}
	require.NoError(t, tx.Commit())
	for _, mode := range []driver.CheckpointMode{-1, 4} {
		_, err = checkpoint(t, db, mode)
		require.Error(t, err)
		require.Contains(t, err.Error(), mode.String())
	}
}

// A reader of an old snapshot keeps a checkpoint from copying everything.
func TestCheckpointWithAReader(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db := open(t, filepath.Join(t.TempDir(), "a.db")+"?_busy_timeout=50")
	exec(t, db, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	defer tx.Rollback()
	query(t, tx, "SELECT * FROM t").Close()
	exec(t, db, "INSERT INTO t VALUES (2)")

	r, err := checkpoint(t, db, driver.CheckpointPassive)
	require.NoError(t, err)
	require.False(t, r.Busy)
	require.Less(t, r.Checkpointed, r.Frames)
	for _, mode := range []driver.CheckpointMode{driver.CheckpointFull, driver.CheckpointRestart, driver.CheckpointTruncate} {
		r, err := checkpoint(t, db, mode)
		require.NoError(t, err, mode)
		require.True(t, r.Busy, mode)
		require.Less(t, r.Checkpointed, r.Frames, mode)
	}

	// The wait ends with the context, and it ends when the reader does.
	must(t, db, func(c *driver.Conn) error {
		require.NoError(t, c.SetBusyTimeout(patience))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := c.Checkpoint(ctx, "main", driver.CheckpointFull)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		done := make(chan error)
		go func() { done <- tx.Rollback() }()
		r, err := c.Checkpoint(t.Context(), "main", driver.CheckpointFull)
		require.NoError(t, err)
		require.False(t, r.Busy)
		return <-done
	})
}

// A writer of the process is waited for in turn, and its transaction's end is
// the end of the wait.
func TestCheckpointWithAWriter(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db := open(t, filepath.Join(t.TempDir(), "a.db")+"?_busy_timeout=50")
	exec(t, db, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")
	tx, err := db.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	exec(t, tx, "INSERT INTO t VALUES (2)")
	r, err := checkpoint(t, db, driver.CheckpointTruncate)
	require.NoError(t, err)
	require.True(t, r.Busy)
	r, err = checkpoint(t, db, driver.CheckpointPassive)
	require.NoError(t, err)
	require.False(t, r.Busy)
	require.NoError(t, tx.Commit())
	r, err = checkpoint(t, db, driver.CheckpointTruncate)
	require.NoError(t, err)
	require.False(t, r.Busy)
}

func TestDisableCheckpoint(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for _, disable := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "a.db")
		db, err := sql.Open(driver.Name, path+"?_pragma=wal_autocheckpoint(2)")
		require.NoError(t, err)
		if disable {
			require.NoError(t, driver.EachConn(t.Context(), db, "", func(_ context.Context, c *driver.Conn) error { return c.DisableCheckpoint() }))
		}
		exec(t, db, "CREATE TABLE t(a)")
		for i := range 20 {
			exec(t, db, "INSERT INTO t VALUES (?)", i)
		}
		large := walSize(t, path) > 10*4096
		require.Equal(t, disable, large, "checkpoints at commits")
		require.NoError(t, db.Close())
		require.Equal(t, disable, walSize(t, path) > 0, "a checkpoint at the end")

		db = open(t, path)
		var n int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM t").Scan(&n))
		require.Equal(t, 20, n)
	}
}

func TestOnWALCommit(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := filepath.Join(t.TempDir(), "a.db")
	db := open(t, path)
	db.SetMaxOpenConns(1)
	var first, second []int
	var removeFirst, removeSecond func()
	must(t, db, func(c *driver.Conn) (err error) {
		removeFirst, err = c.OnWALCommit(func(schema string, n int) {
			require.Equal(t, "main", schema)
			first = append(first, n)
		})
		require.NoError(t, err)
		removeSecond, err = c.OnWALCommit(func(_ string, n int) { second = append(second, n) })
		return err
	})
	exec(t, db, "CREATE TABLE t(a)")
	exec(t, db, "INSERT INTO t VALUES (1)")
	require.Len(t, first, 2)
	require.Equal(t, first, second)
	require.Less(t, first[0], first[1])

	tx, err := db.Begin()
	require.NoError(t, err)
	exec(t, tx, "INSERT INTO t VALUES (2)")
	require.NoError(t, tx.Rollback())
	require.Len(t, first, 2, "a rollback is no commit")

	removeFirst()
	removeFirst()
	exec(t, db, "INSERT INTO t VALUES (3)")
	require.Len(t, first, 2)
	require.Len(t, second, 3)

	// The setting that shares the hook with it is read and written as before.
	var n int
	require.NoError(t, db.QueryRow("PRAGMA wal_autocheckpoint").Scan(&n))
	require.Equal(t, 1000, n)
	require.NoError(t, db.QueryRow("PRAGMA wal_autocheckpoint=3").Scan(&n))
	require.Equal(t, 3, n)
	for i := range 20 {
		exec(t, db, "INSERT INTO t VALUES (?)", i)
	}
	require.Len(t, second, 23)
	require.Less(t, walSize(t, path), int64(10*4120), "checkpoints go on at commits")

	must(t, db, func(c *driver.Conn) error { return c.DisableCheckpoint() })
	for i := range 20 {
		exec(t, db, "INSERT INTO t VALUES (?)", i)
	}
	require.Len(t, second, 43)
	require.Greater(t, second[42], 18, "and stop")
	removeSecond()
	exec(t, db, "INSERT INTO t VALUES (3)")
	require.Len(t, second, 43)
}

func TestOnWALCommitPanics(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	db.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE t(a)")
	var remove func()
	must(t, db, func(c *driver.Conn) (err error) {
		remove, err = c.OnWALCommit(func(string, int) { panic("no") })
		return err
	})
	require.ErrorIs(t, execErr(db, "INSERT INTO t VALUES (1)"), driver.ErrError)
	remove()
	exec(t, db, "INSERT INTO t VALUES (2)")
	var n int
	require.NoError(t, db.QueryRow("SELECT count(*) FROM t").Scan(&n))
	require.Equal(t, 2, n)
}

func TestWALOfAClosedConnection(t *testing.T) {
	db := open(t, ":memory:")
	var kept *driver.Conn
	must(t, db, func(c *driver.Conn) error { kept = c; return nil })
	require.NoError(t, kept.Close())
	_, err := kept.Checkpoint(t.Context(), "", driver.CheckpointPassive)
	require.Error(t, err)
	require.Error(t, kept.DisableCheckpoint())
	_, err = kept.OnWALCommit(func(string, int) {})
	require.Error(t, err)
}
