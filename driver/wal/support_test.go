package wal_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/wal"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// patience is how long a test waits for what should come at once.
const patience = 30 * time.Second

// soon is a context that ends when a test has waited too long.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func path(t testing.TB, name string) string { return filepath.Join(t.TempDir(), name) }

// keep opens a pool whose connections make no checkpoints.
func keep(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db := dbtest.Open(t, dsn)
	require.NoError(t, noCheckpoints(db))
	return db
}

func noCheckpoints(db *sql.DB) error {
	return driver.EachConn(context.Background(), db, "no checkpoints", func(_ context.Context, c *driver.Conn) error { return c.DisableCheckpoint() })
}

func with(t testing.TB, h driver.Handle, fn func(c *driver.Conn) error) {
	t.Helper()
	require.NoError(t, driver.With(context.Background(), h, fn))
}

func count(t testing.TB, h driver.Handle) (n int) {
	t.Helper()
	with(t, h, func(c *driver.Conn) (err error) {
		n, err = wal.FrameCount(context.Background(), c)
		return err
	})
	return n
}

func read(t testing.TB, h driver.Handle, first, last int) (frames []wal.Frame) {
	t.Helper()
	with(t, h, func(c *driver.Conn) error {
		for n := first; n <= last; n++ {
			f, err := wal.ReadFrame(context.Background(), c, n)
			if err != nil {
				return err
			}
			frames = append(frames, f)
		}
		return nil
	})
	return frames
}

func apply(h driver.Handle, at int, frames []wal.Frame) (next int, err error) {
	err = driver.With(context.Background(), h, func(c *driver.Conn) (err error) {
		next, err = wal.Apply(context.Background(), c, at, frames)
		return err
	})
	return next, err
}

func truncate(t testing.TB, db *sql.DB) {
	t.Helper()
	with(t, db, func(c *driver.Conn) error {
		r, err := c.Checkpoint(context.Background(), "main", driver.CheckpointTruncate)
		require.False(t, r.Busy)
		return err
	})
}

// same compares the files of two databases, whose logs it empties before.
func same(t testing.TB, a *sql.DB, aPath string, b *sql.DB, bPath string) {
	t.Helper()
	truncate(t, a)
	truncate(t, b)
	x, err := os.ReadFile(aPath)
	require.NoError(t, err)
	y, err := os.ReadFile(bPath)
	require.NoError(t, err)
	require.True(t, string(x) == string(y), "the files differ")
	dbtest.Intact(t, b)
}

// snapshot writes a copy of the database.
func snapshot(t testing.TB, db *sql.DB, to string) wal.Position {
	t.Helper()
	f, err := os.Create(to)
	require.NoError(t, err)
	p, err := wal.Snapshot(context.Background(), db, f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return p
}

// followTo follows until a position is reached.
func followTo(ctx context.Context, db *sql.DB, from wal.Position, to func(wal.Position) bool, fn func(wal.Frames) error) error {
	if to(from) {
		return nil
	}
	err := wal.Follow(ctx, db, from, func(f wal.Frames) error {
		if err := fn(f); err != nil {
			return err
		}
		if to(f.Position) {
			return io.EOF
		}
		return nil
	})
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// frames is the position after the n-th frame.
func frames(n int) func(wal.Position) bool {
	return func(p wal.Position) bool { return p.Frame >= n }
}

var children = map[string]func(args []string) error{
	// writes until it is killed, and tells each commit
	"write": func(args []string) error {
		db, err := sql.Open(driver.Name, args[0])
		if err != nil {
			return err
		}
		defer db.Close()
		if err := noCheckpoints(db); err != nil {
			return err
		}
		for i := 1; ; i++ {
			if _, err := db.Exec("INSERT INTO t VALUES (?, randomblob(5000))", i); err != nil {
				return err
			}
			fmt.Println(i)
		}
	},
}
