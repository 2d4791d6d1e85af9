package wal_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver/wal"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// While another connection commits without a pause, each snapshot is of the
// commit that its position tells: a commit is one frame here, and writes how
// many there have been.
func TestSnapshotKnowsItsPosition(t *testing.T) {
	src := keep(t, path(t, "a.db"))
	dbtest.Exec(t, src, "CREATE TABLE total(n); INSERT INTO total VALUES (1000000)")
	base := count(t, src)
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, err := src.Exec("UPDATE total SET n = n + 1"); err != nil {
				done <- err
				return
			}
		}
	}()
	differ := map[int]bool{}
	ctx := soon(t)
	for len(differ) < 200 {
		var b bytes.Buffer
		p, err := wal.Snapshot(ctx, src, &b)
		require.NoError(t, err)
		// The one record is at the end of the second page: its integer has four bytes.
		page := b.Bytes()[4096:8192]
		n := 0
		for _, x := range page[4092:] {
			n = n<<8 | int(x)
		}
		if n>>24 != 0 { // three bytes
			n &= 1<<24 - 1
		}
		require.Equal(t, p.Frame-base, n-1_000_000)
		differ[n] = true
	}
	close(stop)
	require.NoError(t, <-done)
}

// A writer may lose its processor while it writes the header of the log's index,
// of which there are two copies: who reads it waits.
func TestHeaderThatIsBeingWritten(t *testing.T) {
	from := path(t, "a.db")
	dbtest.Exec(t, keep(t, from), "CREATE TABLE t(a)")
	index, err := os.OpenFile(from+"-shm", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, index.Close()) }) // after the databases: it ends their locks
	src := keep(t, from)
	tx, err := src.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	defer tx.Rollback()
	want := count(t, tx)
	require.Positive(t, want)
	const change = 8 // where the first copy counts changes
	at := make([]byte, 1)
	_, err = index.ReadAt(at, change)
	require.NoError(t, err)
	_, err = index.WriteAt([]byte{at[0] + 1}, change)
	require.NoError(t, err)
	done := make(chan error)
	go func() {
		time.Sleep(100 * time.Millisecond) // makes it long, not right
		_, err := index.WriteAt(at, change)
		done <- err
	}()
	require.Equal(t, want, count(t, tx))
	require.NoError(t, <-done)
}

// A snapshot of a database whose log is empty has a position, too.
func TestSnapshotOfAnEmptyLog(t *testing.T) {
	from, to := path(t, "a.db"), path(t, "b.db")
	src := keep(t, from)
	dbtest.Exec(t, src, "CREATE TABLE t(a)")
	truncate(t, src)
	at := snapshot(t, src, to)
	require.Zero(t, at.Frame)
	dbtest.Exec(t, src, "INSERT INTO t VALUES (1)")
	dst := keep(t, to)
	err := wal.Follow(soon(t), src, at, func(f wal.Frames) error {
		_, err := apply(dst, 1, f.Frames)
		return errors.Join(err, io.EOF)
	})
	// What the first writer makes of the log's salts is SQLite's affair.
	if errors.Is(err, wal.ErrSnapshotNeeded) {
		return
	}
	require.ErrorIs(t, err, io.EOF)
	require.EqualValues(t, 1, dbtest.Int(t, dst, "SELECT count(*) FROM t"))
	same(t, src, from, dst, to)
}

func TestSnapshotIsCancelled(t *testing.T) {
	src := keep(t, path(t, "a.db"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := wal.Snapshot(ctx, src, io.Discard)
	require.ErrorIs(t, err, context.Canceled)
}
