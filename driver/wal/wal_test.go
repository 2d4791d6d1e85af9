package wal_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/wal"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestFramesOutsideOfWALMode(t *testing.T) {
	db := dbtest.Open(t, path(t, "a.db")+"?_journal_mode=DELETE")
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	require.Zero(t, count(t, db))
	with(t, db, func(c *driver.Conn) error {
		_, err := wal.ReadFrame(t.Context(), c, 1)
		require.ErrorIs(t, err, driver.ErrNotWAL)
		_, err = wal.Apply(t.Context(), c, 1, nil)
		require.ErrorIs(t, err, driver.ErrNotWAL)
		return nil
	})
	_, err := wal.Snapshot(t.Context(), db, nil)
	require.ErrorIs(t, err, driver.ErrNotWAL)
	require.ErrorIs(t, wal.Follow(soon(t), db, wal.Position{}, nil), driver.ErrNotWAL)
}

func TestFramesOfAnEncryptedDatabase(t *testing.T) {
	t.Run("key", func(t *testing.T) { refusesFrames(t, dbtest.Open(t, path(t, "a.db")+"?encryptionKey=k")) })
	t.Run("function", func(t *testing.T) {
		cfg, err := driver.ParseDSN(path(t, "a.db"))
		require.NoError(t, err)
		cfg.EncryptionKeyFunc = func(context.Context) ([]byte, error) { return []byte("k"), nil }
		connector, err := driver.NewConnector(cfg)
		require.NoError(t, err)
		db := sql.OpenDB(connector)
		defer dbtest.Close(t, db)
		refusesFrames(t, db)
	})
}

func refusesFrames(t *testing.T, db *sql.DB) {
	t.Helper()
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	require.Positive(t, count(t, db))
	with(t, db, func(c *driver.Conn) error {
		_, err := wal.ReadFrame(t.Context(), c, 1)
		require.ErrorIs(t, err, driver.ErrUnsupported)
		return nil
	})
	_, err := wal.Snapshot(t.Context(), db, nil)
	require.ErrorIs(t, err, driver.ErrUnsupported)
	require.ErrorIs(t, wal.Follow(soon(t), db, wal.Position{}, nil), driver.ErrUnsupported)
}

func TestExclusiveLocking(t *testing.T) {
	db := dbtest.Open(t, path(t, "a.db")+"?_pragma=locking_mode(EXCLUSIVE)")
	db.SetMaxOpenConns(1)
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	with(t, db, func(c *driver.Conn) error {
		_, err := wal.FrameCount(t.Context(), c)
		require.ErrorIs(t, err, driver.ErrUnsupported)
		return nil
	})
}

func TestFrameCount(t *testing.T) {
	for _, dsn := range []string{path(t, "a.db"), ":memory:", path(t, "b.db") + "?_single_process=1"} {
		db := dbtest.Open(t, dsn)
		other := dbtest.Conn(t, db)
		with(t, other, func(*driver.Conn) error { return nil })
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		dbtest.Exec(t, db, "INSERT INTO t VALUES (1)")
		last := count(t, db)
		require.GreaterOrEqual(t, last, 3)
		for range 3 {
			dbtest.Exec(t, db, "INSERT INTO t VALUES (2)")
			n := count(t, db)
			require.Greater(t, n, last)
			require.Equal(t, n, count(t, other), "an idle connection knows it, too")
			last = n
		}
		// What is not committed does not count: not for the transaction itself,
		// and even if it has gone to the log already.
		tx, err := db.Begin()
		require.NoError(t, err)
		dbtest.Exec(t, tx, "INSERT INTO t VALUES (3)")
		with(t, tx, func(c *driver.Conn) error { return c.CacheFlush(t.Context()) })
		require.Equal(t, last, count(t, tx))
		require.Equal(t, last, count(t, db))
		require.NoError(t, tx.Commit())
		require.Greater(t, count(t, db), last)
		with(t, db, func(c *driver.Conn) error {
			_, err := c.Checkpoint(t.Context(), "main", driver.CheckpointTruncate)
			return err
		})
		require.Zero(t, count(t, db))
	}
}

// The hook of a commit is told the number that FrameCount tells.
func TestFrameCountAndTheHook(t *testing.T) {
	db := dbtest.Open(t, path(t, "a.db"))
	db.SetMaxOpenConns(1)
	told := 0
	with(t, db, func(c *driver.Conn) error {
		_, err := c.OnWALCommit(func(_ string, n int) { told = n })
		return err
	})
	for _, s := range []string{"CREATE TABLE t(a)", "INSERT INTO t VALUES (1)", "INSERT INTO t SELECT randomblob(5000) FROM generate_series(1, 20)"} {
		dbtest.Exec(t, db, s)
		require.Equal(t, count(t, db), told)
	}
}

func TestReadFrame(t *testing.T) {
	for _, size := range []int{512, 4096, 65536} {
		db := keep(t, path(t, "a.db")+"?_pragma=page_size("+map[int]string{512: "512", 4096: "4096", 65536: "65536"}[size]+")")
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		dbtest.Exec(t, db, "INSERT INTO t VALUES (1)")
		n := count(t, db)
		list := read(t, db, 1, n)
		for i, f := range list {
			require.Equal(t, i+1, f.Number)
			require.Len(t, f.Data, size)
			require.Equal(t, list[0].Salt, f.Salt)
			require.Positive(t, f.Page)
		}
		require.EqualValues(t, dbtest.Int(t, db, "PRAGMA page_count"), list[n-1].Commit)
		with(t, db, func(c *driver.Conn) error {
			for _, no := range []int{-1, 0, n + 1} {
				_, err := wal.ReadFrame(t.Context(), c, no)
				require.ErrorIs(t, err, wal.ErrNoFrame)
			}
			return nil
		})
	}
}

func TestApply(t *testing.T) {
	from, to := path(t, "a.db"), path(t, "b.db")
	src, dst := keep(t, from), keep(t, to)
	dst.SetMaxOpenConns(1)
	dbtest.Exec(t, src, "CREATE TABLE t(a)")
	dbtest.Exec(t, src, "INSERT INTO t VALUES (1)")
	dbtest.Exec(t, src, "INSERT INTO t VALUES (2)")
	n := count(t, src)
	all := read(t, src, 1, n)
	require.Zero(t, dbtest.Int(t, dst, "SELECT count(*) FROM sqlite_schema"))
	next, err := apply(dst, 1, all)
	require.NoError(t, err)
	require.Equal(t, n+1, next)
	require.EqualValues(t, 2, dbtest.Int(t, dst, "SELECT count(*) FROM t"))

	// Again, and with a part of it.
	for _, part := range [][]wal.Frame{all, all[1:]} {
		next, err = apply(dst, part[0].Number, part)
		require.NoError(t, err)
		require.Equal(t, n+1, next)
	}

	// Another page, a gap, a part of a transaction, a page of another size.
	dbtest.Exec(t, src, "INSERT INTO t VALUES (3)")
	more := read(t, src, n+1, count(t, src))
	altered := slices.Clone(all)
	altered[1].Data = slices.Clone(altered[1].Data)
	altered[1].Data[100] ^= 1
	open := slices.Clone(more)
	open[len(open)-1].Commit = 0
	short := slices.Clone(more)
	short[0].Data = short[0].Data[:512]
	for name, try := range map[string]struct {
		at     int
		frames []wal.Frame
	}{
		"altered": {1, append(altered, more...)}, "gap": {n + 2, more}, "open": {n + 1, open},
		"short": {n + 1, short}, "zero": {0, all},
	} {
		_, err = apply(dst, try.at, try.frames)
		require.ErrorIs(t, err, wal.ErrConflict, name)
		require.Equal(t, n, count(t, dst), name)
		require.EqualValues(t, 2, dbtest.Int(t, dst, "SELECT count(*) FROM t"), name)
		dbtest.Intact(t, dst)
	}

	// The connection that applies sees what it has applied, also a new schema.
	dbtest.Exec(t, src, "ALTER TABLE t ADD COLUMN b DEFAULT 7")
	next, err = apply(dst, n+1, read(t, src, n+1, count(t, src)))
	require.NoError(t, err)
	require.Equal(t, count(t, src)+1, next)
	require.EqualValues(t, 21, dbtest.Int(t, dst, "SELECT sum(b) FROM t"))
	same(t, src, from, dst, to)
}

func TestApplyWithinATransaction(t *testing.T) {
	src, dst := keep(t, path(t, "a.db")), keep(t, path(t, "b.db"))
	dbtest.Exec(t, src, "CREATE TABLE t(a)")
	all := read(t, src, 1, count(t, src))
	for _, opts := range []*sql.TxOptions{nil, {ReadOnly: true}} {
		tx, err := dst.BeginTx(t.Context(), opts)
		require.NoError(t, err)
		_, err = apply(tx, 1, all)
		require.ErrorIs(t, err, driver.ErrError)
		require.NoError(t, tx.Rollback())
	}
	// Another one's is waited for, and then given up.
	tx, err := dst.Begin()
	require.NoError(t, err)
	with(t, dst, func(c *driver.Conn) error {
		require.NoError(t, c.SetBusyTimeout(0))
		_, err := wal.Apply(t.Context(), c, 1, all)
		require.ErrorIs(t, err, driver.ErrBusy)
		require.NoError(t, c.SetBusyTimeout(patience))
		done := make(chan error)
		go func() { done <- tx.Rollback() }()
		_, err = wal.Apply(t.Context(), c, 1, all)
		require.NoError(t, err)
		return <-done
	})
	require.Zero(t, dbtest.Int(t, dst, "SELECT count(*) FROM t"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	with(t, dst, func(c *driver.Conn) error {
		_, err := wal.Apply(ctx, c, 1, all)
		require.ErrorIs(t, err, context.Canceled)
		return nil
	})
}

func TestPositionText(t *testing.T) {
	p := wal.Position{Salt: [2]uint32{1, 0xffffffff}, Frame: 12345, Checksum: [2]uint32{0, 7}}
	text, err := p.MarshalText()
	require.NoError(t, err)
	var q wal.Position
	require.NoError(t, q.UnmarshalText(text))
	require.Equal(t, p, q)
	for _, bad := range []string{"", "x", p.String() + "1", " " + p.String(), "0000000100000002.-1.0000000000000000", "0000000100000002.01.0000000000000000"} {
		require.Error(t, q.UnmarshalText([]byte(bad)), bad)
		require.Equal(t, p, q)
	}
}

// The journal mode may change on the very connection, by any way of running it.
func TestFrameCountWhenTheModeChanges(t *testing.T) {
	file := path(t, "a.db")
	db := dbtest.Open(t, file)
	db.SetMaxOpenConns(1)
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	off, err := db.Prepare("PRAGMA journal_mode=DELETE")
	require.NoError(t, err)
	defer off.Close()
	for name, off := range map[string]func(){
		"exec":     func() { dbtest.Exec(t, db, "PRAGMA journal_mode=DELETE") },
		"query":    func() { require.Equal(t, "delete", dbtest.Text(t, db, "PRAGMA journal_mode=DELETE")) },
		"prepared": func() { var s string; require.NoError(t, off.QueryRow().Scan(&s)) },
		"several":  func() { dbtest.Exec(t, db, "PRAGMA journal_mode=DELETE; SELECT 1") },
	} {
		dbtest.Exec(t, db, "INSERT INTO t VALUES (1)")
		require.Positive(t, count(t, db), name)
		off()
		require.Zero(t, count(t, db), name)
		require.NoFileExists(t, file+"-shm", name)
		require.Equal(t, "wal", dbtest.Text(t, db, "PRAGMA journal_mode=WAL"))
	}
}
