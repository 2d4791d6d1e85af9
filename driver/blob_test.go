package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"math"
	"math/rand"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// onBlob calls f with the value v of the row 1 of t.
func onBlob(t *testing.T, db *sql.DB, write bool, f func(c *driver.Conn, b *driver.Blob)) {
	t.Helper()
	require.NoError(t, with(t, db, func(ctx context.Context, c *driver.Conn) error {
		b, err := c.OpenBlob(ctx, driver.BlobOptions{Table: "t", Column: "v", RowID: 1, Write: write})
		if err != nil {
			return err
		}
		f(c, b)
		return b.Close()
	}))
}

func TestBlobReadsAndWrites(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		content := make([]byte, 3<<20)
		rand.New(rand.NewSource(1)).Read(content)
		exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v, w TEXT)")
		exec(t, db, "INSERT INTO t VALUES (1, zeroblob(?), 'äöü'), (2, x'0102', 'two')", len(content))
		onBlob(t, db, true, func(_ *driver.Conn, b *driver.Blob) {
			require.Equal(t, int64(len(content)), b.Size())
			n, err := io.CopyBuffer(struct{ io.Writer }{b}, struct{ io.Reader }{bytes.NewReader(content)}, make([]byte, 77_777))
			require.NoError(t, err)
			require.Equal(t, int64(len(content)), n)
			_, err = b.Write([]byte{1})
			require.ErrorIs(t, err, driver.ErrBlobSize)
		})
		require.Equal(t, content, value(t, db, "SELECT v FROM t WHERE id = 1"))
		onBlob(t, db, false, func(_ *driver.Conn, b *driver.Blob) {
			part := make([]byte, 1000)
			for _, off := range []int64{0, 1, 4096, 1 << 20, int64(len(content)) - 1000} {
				_, err := b.ReadAt(part, off)
				require.NoError(t, err)
				require.Equal(t, content[off:off+1000], part)
			}
		})
	})
}

func TestBlobIsAReader(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := memory(t, "CREATE TABLE t(v)", "INSERT INTO t VALUES ('Zürich is a town')")
	onBlob(t, db, false, func(c *driver.Conn, b *driver.Blob) {
		require.NoError(t, iotest.TestReader(b, []byte("Zürich is a town")))
		_, err := b.WriteAt([]byte("x"), 0)
		require.ErrorIs(t, err, driver.ErrReadOnly)
		_, err = b.ReadAt(make([]byte, 1), -1)
		require.Error(t, err)
		_, err = b.WriteAt(nil, -1)
		require.Error(t, err)
		_, err = b.Seek(-1, io.SeekStart)
		require.Error(t, err)
		_, err = b.Seek(0, 7)
		require.Error(t, err)
		n, err := b.ReadAt(make([]byte, 1), math.MaxInt64)
		require.Zero(t, n)
		require.Equal(t, io.EOF, err)
	})
	onBlob(t, db, true, func(c *driver.Conn, b *driver.Blob) {
		for off, p := range map[int64]int{17: 1, 0: 18, 100: 0, math.MaxInt64: 1} {
			_, err := b.WriteAt(make([]byte, p), off)
			require.ErrorIs(t, err, driver.ErrBlobSize)
		}
		_, err := b.WriteAt([]byte("T"), 13)
		require.NoError(t, err)
	})
	require.Equal(t, "Zürich is a Town", value(t, db, "SELECT v FROM t"))
}

func TestBlobReopen(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := memory(t, "CREATE TABLE t(v)", "INSERT INTO t VALUES (x'01'), (x'0203'), (NULL), (x'04')")
	onBlob(t, db, false, func(c *driver.Conn, b *driver.Blob) {
		read := func() []byte {
			p, err := io.ReadAll(b)
			require.NoError(t, err)
			return p
		}
		require.Equal(t, []byte{1}, read())
		require.NoError(t, b.Reopen(2))
		require.Equal(t, []byte{2, 3}, read())
		require.ErrorIs(t, b.Reopen(3), driver.ErrError)
		_, err := b.ReadAt(make([]byte, 1), 0)
		require.ErrorIs(t, err, driver.ErrAbort)
		require.ErrorIs(t, b.Reopen(4), driver.ErrAbort)
	})
	require.Equal(t, int64(4), value(t, db, "SELECT count(*) FROM t"))
}

func TestBlobExpires(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	for _, change := range []string{"UPDATE t SET v = x'0909'", "DELETE FROM t", "REPLACE INTO t(id, v) VALUES (1, x'07')"} {
		db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, x'0102')")
		onBlob(t, db, true, func(c *driver.Conn, b *driver.Blob) {
			_, err := c.ExecContext(context.Background(), change, nil)
			require.NoError(t, err)
			_, err = b.WriteAt([]byte{1}, 0)
			require.ErrorIs(t, err, driver.ErrAbort, change)
			_, err = b.ReadAt([]byte{1}, 0)
			require.ErrorIs(t, err, driver.ErrAbort, change)
			_, err = b.Read([]byte{1})
			require.ErrorIs(t, err, driver.ErrAbort, change)
		})
		exec(t, db, "INSERT INTO t VALUES (5, 'the connection goes on')")
	}
}

func TestBlobEndsWithItsConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := memory(t, "CREATE TABLE t(v)", "INSERT INTO t VALUES (x'01')")
	var kept *driver.Blob
	require.NoError(t, with(t, db, func(ctx context.Context, c *driver.Conn) (err error) {
		kept, err = c.OpenBlob(ctx, driver.BlobOptions{Table: "t", Column: "v", RowID: 1, Write: true})
		if err == nil {
			_, err = kept.Write([]byte{2})
		}
		return err
	}))
	_, err := kept.ReadAt([]byte{0}, 0)
	require.ErrorIs(t, err, driver.ErrAbort)
	_, err = kept.WriteAt([]byte{0}, 0)
	require.ErrorIs(t, err, driver.ErrAbort)
	require.Zero(t, kept.Size())
	require.NoError(t, kept.Close())
	require.Equal(t, []byte{2}, value(t, db, "SELECT v FROM t"), "as Close would have committed it")
	exec(t, db, "DELETE FROM t") // nobody holds the lock
}

// Inside a transaction the blob ends with it, and is undone by it.
func TestBlobInATransaction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		exec(t, db, "CREATE TABLE t(v); INSERT INTO t VALUES (x'01')")
		for _, commit := range []bool{false, true} {
			tx, err := db.Begin()
			require.NoError(t, err)
			var b *driver.Blob
			require.NoError(t, driver.With(withTimeout(t), tx, func(c *driver.Conn) (err error) {
				b, err = c.OpenBlob(context.Background(), driver.BlobOptions{Schema: "MAIN", Table: "T", Column: "V", RowID: 1, Write: true})
				if err == nil {
					_, err = b.Write([]byte{2})
				}
				return err
			}))
			if commit {
				require.NoError(t, tx.Commit())
			} else {
				require.NoError(t, tx.Rollback())
			}
			_, err = b.ReadAt([]byte{0}, 0)
			require.ErrorIs(t, err, driver.ErrAbort)
			want := map[bool][]byte{false: {1}, true: {2}}[commit]
			require.Equal(t, want, value(t, db, "SELECT v FROM t"))
		}
	})
}

// One that writes is a writer like others: they wait for it, and it for them.
func TestBlobTakesTurns(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, filepath.Join(t.TempDir(), "a.db")+"?_busy_timeout=0")
	exec(t, db, "CREATE TABLE t(v); INSERT INTO t VALUES (x'01')")
	onBlob(t, db, true, func(c *driver.Conn, b *driver.Blob) {
		require.ErrorIs(t, execErr(db, "INSERT INTO t VALUES (2)"), driver.ErrBusy)
		rows, err := c.QueryContext(context.Background(), "SELECT 1", nil)
		require.NoError(t, err)
		require.NoError(t, rows.Close())
		require.ErrorIs(t, execErr(db, "INSERT INTO t VALUES (2)"), driver.ErrBusy, "after another statement of its connection, too")
		_, err = b.Write([]byte{3})
		require.NoError(t, err)
	})
	exec(t, db, "INSERT INTO t VALUES (2)")
	require.Equal(t, []byte{3}, value(t, db, "SELECT v FROM t WHERE rowid = 1"))
	tx, err := db.Begin()
	require.NoError(t, err)
	require.ErrorIs(t, with(t, db, func(ctx context.Context, c *driver.Conn) error {
		_, err := c.OpenBlob(ctx, driver.BlobOptions{Table: "t", Column: "v", RowID: 1, Write: true})
		return err
	}), driver.ErrBusy)
	require.NoError(t, tx.Rollback())
}

func TestBlobRefuses(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, v, n, u UNIQUE)", "CREATE TABLE w(id INTEGER PRIMARY KEY, v) WITHOUT ROWID",
		"CREATE VIEW s AS SELECT * FROM t", "INSERT INTO t VALUES (1, x'01', 5, x'02')", "INSERT INTO w VALUES (1, x'01')")
	for _, o := range []driver.BlobOptions{
		{}, {Table: "none", Column: "v", RowID: 1}, {Table: "t", Column: "none", RowID: 1}, {Table: "t", Column: "v", RowID: 2},
		{Table: "t", Column: "n", RowID: 1}, {Table: "w", Column: "v", RowID: 1}, {Table: "s", Column: "v", RowID: 1},
		{Table: "t\x00x", Column: "v", RowID: 1}, {Table: "t", Column: "v\x00", RowID: 1},
		{Schema: "none", Table: "t", Column: "v", RowID: 1}, {Table: "t", Column: "u", RowID: 1, Write: true},
	} {
		err := with(t, db, func(ctx context.Context, c *driver.Conn) error {
			_, err := c.OpenBlob(ctx, o)
			return err
		})
		require.ErrorIs(t, err, driver.ErrError, "%+v", o)
	}
	tx, err := db.BeginTx(withTimeout(t), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	require.ErrorIs(t, driver.With(withTimeout(t), tx, func(c *driver.Conn) error {
		_, err := c.OpenBlob(context.Background(), driver.BlobOptions{Table: "t", Column: "v", RowID: 1, Write: true})
		return err
	}), driver.ErrReadOnly)
	require.NoError(t, tx.Rollback())
	err = driver.With(context.Background(), db, func(c *driver.Conn) error {
		_, err := c.OpenBlob(cancelled(), driver.BlobOptions{Table: "t", Column: "v", RowID: 1})
		return err
	})
	require.True(t, errors.Is(err, context.Canceled))
	exec(t, db, "DELETE FROM t")
}

// What other statements of its connection write while a blob is open is
// committed with it.
func TestBlobCommitsWithOtherStatements(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	exec(t, db, "CREATE TABLE t(v); INSERT INTO t VALUES (x'0102')")
	onBlob(t, db, true, func(c *driver.Conn, b *driver.Blob) {
		_, err := b.Write([]byte{9})
		require.NoError(t, err)
		_, err = c.ExecContext(context.Background(), "INSERT INTO t VALUES (7)", nil)
		require.NoError(t, err)
		require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM t"), "nobody else sees it yet")
		_, err = c.ExecContext(context.Background(), "INSERT INTO t VALUES (8), (abs(-9223372036854775808))", nil)
		require.Error(t, err, "which undoes itself and no more")
		_, err = b.Write([]byte{9})
		require.NoError(t, err)
		require.Equal(t, []byte{1, 2}, value(t, db, "SELECT v FROM t WHERE rowid = 1"))
	})
	require.Equal(t, int64(2), value(t, db, "SELECT count(*) FROM t"))
	require.Equal(t, []byte{9, 9}, value(t, db, "SELECT v FROM t WHERE rowid = 1"))
}
