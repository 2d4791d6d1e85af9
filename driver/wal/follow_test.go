package wal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver/wal"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Several writers write while a copy is made and kept; in the end both files
// are the same, byte for byte.
func TestFollowWriters(t *testing.T) {
	from, to := path(t, "a.db"), path(t, "b.db")
	src := keep(t, from)
	dbtest.Exec(t, src, "CREATE TABLE t(a INTEGER, b BLOB); CREATE INDEX i ON t(b)")
	const writers, each = 4, 100
	var wg sync.WaitGroup
	start := make(chan struct{})
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range each {
				if i == each/4 && w == 0 {
					close(start)
				}
				tx, err := src.Begin()
				if err == nil {
					_, err = tx.Exec("INSERT INTO t VALUES (?, randomblob(?)), (?, randomblob(20))", i, i*50, -i)
				}
				if err == nil && i%5 == 4 {
					err = tx.Rollback()
				} else if err == nil {
					err = tx.Commit()
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	<-start
	at := snapshot(t, src, to)
	dst := keep(t, to)
	before := dbtest.Int(t, dst, "SELECT count(*) FROM t")
	require.Positive(t, before)
	dbtest.Intact(t, dst)

	next, seen := 1, at
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// What comes last is known by its NULL.
	go func() {
		wg.Wait()
		if _, err := src.Exec("INSERT INTO t VALUES (0, NULL)"); err != nil {
			t.Error(err)
		}
	}()
	require.NoError(t, followTo(ctx, src, at, func(p wal.Position) bool {
		return p.Frame == count(t, src) && dbtest.Int(t, src, "SELECT count(*) FROM t WHERE b IS NULL") == 1
	}, func(f wal.Frames) (err error) {
		require.NotZero(t, f.Frames[len(f.Frames)-1].Commit)
		require.Equal(t, seen.Frame+1, f.Frames[0].Number)
		seen = f.Position
		next, err = apply(dst, next, f.Frames)
		return err
	}))
	require.EqualValues(t, writers*each*4/5*2+1, dbtest.Int(t, dst, "SELECT count(*) FROM t"))
	same(t, src, from, dst, to)
}

// Following goes on where it ended, and does not after what makes that impossible.
func TestFollowFromAPosition(t *testing.T) {
	from := path(t, "a.db")
	src := keep(t, from)
	dbtest.Exec(t, src, "CREATE TABLE t(a)")
	at := snapshot(t, src, path(t, "b.db"))
	dbtest.Exec(t, src, "INSERT INTO t VALUES (1)")
	dbtest.Exec(t, src, "INSERT INTO t VALUES (2)")
	var got []int
	collect := func(f wal.Frames) error {
		for _, fr := range f.Frames {
			got = append(got, fr.Number)
		}
		at = f.Position
		return nil
	}
	n := count(t, src)
	require.NoError(t, followTo(soon(t), src, at, frames(n), collect))
	require.Equal(t, n, at.Frame)

	// A restart of the source: its log stays.
	require.NoError(t, src.Close())
	src = keep(t, from)
	dbtest.Exec(t, src, "INSERT INTO t VALUES (3)")
	require.NoError(t, followTo(soon(t), src, at, frames(count(t, src)), collect))
	for i, n := range got {
		require.Equal(t, got[0]+i, n)
	}

	gone := func(at wal.Position, why string) {
		t.Helper()
		err := wal.Follow(soon(t), src, at, func(wal.Frames) error { return io.ErrUnexpectedEOF })
		require.ErrorIs(t, err, wal.ErrSnapshotNeeded, why)
	}
	gone(wal.Position{}, "no position")
	other := at
	other.Checksum[0]++
	gone(other, "another frame")
	other = at
	other.Frame++
	gone(other, "a log that has lost its end")

	// A checkpoint that is followed by a write: the log begins anew.
	truncate(t, src)
	dbtest.Exec(t, src, "INSERT INTO t VALUES (4)")
	gone(at, "a checkpoint")
	at = snapshot(t, src, path(t, "c.db"))
	require.Positive(t, at.Frame)
	dbtest.Exec(t, src, "INSERT INTO t VALUES (5)")
	require.NoError(t, followTo(soon(t), src, at, frames(count(t, src)), collect))
}

// A checkpoint while Follow waits ends it.
func TestFollowNoticesACheckpoint(t *testing.T) {
	src := keep(t, path(t, "a.db"))
	dbtest.Exec(t, src, "CREATE TABLE t(a)")
	var b bytes.Buffer
	at, err := wal.Snapshot(t.Context(), src, &b)
	require.NoError(t, err)
	dbtest.Exec(t, src, "INSERT INTO t VALUES (1)")
	waits := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- wal.Follow(soon(t), src, at, func(wal.Frames) error { close(waits); return nil })
	}()
	<-waits
	truncate(t, src)
	dbtest.Exec(t, src, "INSERT INTO t VALUES (2)")
	require.ErrorIs(t, <-done, wal.ErrSnapshotNeeded)
}

func TestFollowEnds(t *testing.T) {
	src := keep(t, path(t, "a.db"))
	dbtest.Exec(t, src, "CREATE TABLE t(a)")
	at, err := wal.Snapshot(t.Context(), src, io.Discard)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- wal.Follow(ctx, src, at, func(wal.Frames) error { return nil }) }()
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)

	dbtest.Exec(t, src, "INSERT INTO t VALUES (1)")
	no := errors.New("no")
	require.ErrorIs(t, wal.Follow(soon(t), src, at, func(wal.Frames) error { return no }), no)
	_, err = wal.Snapshot(t.Context(), src, failing{no})
	require.ErrorIs(t, err, no)
	_, err = wal.Snapshot(ctx, src, io.Discard)
	require.ErrorIs(t, err, context.Canceled)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A transaction that does not fit into the cache writes to the log before it
// commits, and writes pages of it again: nothing of that is seen before.
func TestFollowALargeTransaction(t *testing.T) {
	from, to := path(t, "a.db"), path(t, "b.db")
	src := keep(t, from+"?_pragma=cache_size(10)")
	dbtest.Exec(t, src, "CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)")
	at := snapshot(t, src, to)
	dst := keep(t, to)
	for _, end := range []string{"ROLLBACK", "COMMIT"} {
		dbtest.Exec(t, src, "BEGIN; INSERT INTO t SELECT value, randomblob(3000) FROM generate_series(1, 2000);"+
			"UPDATE t SET b = randomblob(2000); "+end)
	}
	n := count(t, src)
	require.Greater(t, n, 1000)
	next := 1
	require.NoError(t, followTo(soon(t), src, at, frames(n), func(f wal.Frames) (err error) {
		next, err = apply(dst, next, f.Frames)
		return err
	}))
	require.EqualValues(t, 2000, dbtest.Int(t, dst, "SELECT count(*) FROM t"))
	same(t, src, from, dst, to)
}

// Another process writes and is killed; what it had committed is in the copy.
func TestFollowAProcessThatIsKilled(t *testing.T) {
	from, to := path(t, "a.db"), path(t, "b.db")
	src := keep(t, from)
	dbtest.Exec(t, src, "CREATE TABLE t(a, b)")
	at := snapshot(t, src, to)
	dst := keep(t, to)
	next := 1
	for round := range 3 {
		child := dbtest.Start(t, "write", from)
		during, killed := context.WithTimeout(t.Context(), patience)
		go func() {
			for range 20 {
				child.Line() // a commit
			}
			child.Kill() // in the middle of another one
			killed()
		}()
		add := func(f wal.Frames) (err error) {
			at = f.Position
			next, err = apply(dst, next, f.Frames)
			return err
		}
		require.ErrorIs(t, wal.Follow(during, src, at, add), context.Canceled)
		require.NoError(t, followTo(soon(t), src, at, frames(count(t, src)), add))
		require.GreaterOrEqual(t, dbtest.Int(t, dst, "SELECT count(*) FROM t"), int64(20*(round+1)))
	}
	require.Equal(t, dbtest.Int(t, src, "SELECT count(*) FROM t"), dbtest.Int(t, dst, "SELECT count(*) FROM t"))
	same(t, src, from, dst, to)
}

// A log that is damaged is not followed: its checksums do not fit.
func TestFollowADamagedLog(t *testing.T) {
	from := path(t, "a.db")
	src := keep(t, from)
	dbtest.Exec(t, src, "CREATE TABLE t(a)")
	at, err := wal.Snapshot(t.Context(), src, io.Discard)
	require.NoError(t, err)
	dbtest.Exec(t, src, "INSERT INTO t VALUES (1)")
	file, err := os.OpenFile(from+"-wal", os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = file.WriteAt([]byte{1, 2, 3}, 32+int64(at.Frame)*4120+24+1000)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	err = wal.Follow(soon(t), src, at, func(wal.Frames) error { return nil })
	require.ErrorIs(t, err, wal.ErrSnapshotNeeded)
}

// The source makes checkpoints as it likes, so that its log begins anew again and
// again, also while it is read: each time a snapshot makes up for it, and never
// is a copy handed frames that do not belong to it.
func TestFollowBesideCheckpoints(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "a.db")
	src := dbtest.Open(t, from+"?_pragma=wal_autocheckpoint(30)")
	dbtest.Exec(t, src, "CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE TABLE total(n); INSERT INTO total VALUES (0)")
	const rows = 600
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range rows {
			if _, err := src.Exec("BEGIN IMMEDIATE; INSERT INTO t(b) VALUES (randomblob(?)); UPDATE total SET n = n + 1; COMMIT", i%40*200); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	snapshots, followed := 0, 0
	for complete := false; !complete; snapshots++ {
		require.NoError(t, ctx.Err())
		to := filepath.Join(dir, fmt.Sprint(snapshots, ".db"))
		at := snapshot(t, src, to)
		dst := dbtest.New(t, to)
		require.NoError(t, noCheckpoints(dst))
		next := 1
		total := func() int64 {
			n := dbtest.Int(t, dst, "SELECT n FROM total")
			require.Equal(t, n, dbtest.Int(t, dst, "SELECT count(*) FROM t"), "a transaction is whole")
			return n
		}
		err := followTo(ctx, src, at, func(wal.Position) bool { complete = total() == rows; return complete }, func(f wal.Frames) (err error) {
			followed++
			next, err = apply(dst, next, f.Frames)
			return err
		})
		if err != nil {
			require.ErrorIs(t, err, wal.ErrSnapshotNeeded)
		}
		dbtest.Intact(t, dst)
		dbtest.Close(t, dst)
	}
	<-done
	t.Log(snapshots, "snapshots,", followed, "times frames")
}
