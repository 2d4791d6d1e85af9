package changes

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

// Files with the same name in two directories are two databases, and so are two
// in memory without a name.
func TestTwoOfOneName(t *testing.T) {
	for name, dsns := range map[string][2]string{
		"files": {filepath.Join(t.TempDir(), "a.db"), filepath.Join(t.TempDir(), "a.db")}, "memory": {":memory:", ":memory:"},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := dbtest.Open(t, dsns[0]), dbtest.Open(t, dsns[1])
			exec(t, a, "CREATE TABLE t(a)")
			exec(t, b, "CREATE TABLE t(a)")
			ofA, ofB := dbtest.Listen(t, a), dbtest.Listen(t, b)
			exec(t, b, "INSERT INTO t VALUES (1), (2)")
			exec(t, a, "INSERT INTO t VALUES (1)")
			require.Equal(t, "insert main.t 1", lines(ofA.Until("insert main.t 1")))
			require.Equal(t, "insert main.t 1, insert main.t 2", lines(ofB.Until("insert main.t 2")))
		})
	}
}

// A relative path, a link to the file and one to its directory are one database.
func TestPathsOfOneFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "real"), 0o700))
	require.NoError(t, os.Symlink("real", filepath.Join(dir, "dir")))
	require.NoError(t, os.Symlink(filepath.Join("real", "a.db"), filepath.Join(dir, "file.db")))
	t.Chdir(dir)
	db := dbtest.Open(t, "real/a.db")
	exec(t, db, "CREATE TABLE t(a)")
	c := dbtest.Listen(t, db)
	for _, path := range []string{"dir/a.db", "file.db", filepath.Join(dir, "real", "..", "dir", "a.db"), "file:" + filepath.Join(dir, "file.db")} {
		exec(t, dbtest.Open(t, path), "INSERT INTO t VALUES (1)")
	}
	require.Equal(t, "insert main.t 1, insert main.t 2, insert main.t 3, insert main.t 4", lines(c.Until("insert main.t 4")))
}

// A backup that goes into a file that somebody listens to, and one that is
// restored, are told; the listener's pool goes on.
func TestOverwritten(t *testing.T) {
	for mode, params := range map[string]string{"wal": "", "delete": "?_journal_mode=DELETE&_synchronous=OFF"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			path, other := filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")
			db, src := dbtest.Open(t, path+params), dbtest.Open(t, other+params)
			exec(t, db, "CREATE TABLE t(a)")
			exec(t, src, "CREATE TABLE t(a); CREATE TABLE u(a); INSERT INTO t VALUES (1)")
			c := dbtest.Listen(t, db)
			exec(t, db, "INSERT INTO t VALUES (1)")
			require.NoError(t, driver.With(t.Context(), src, func(c *driver.Conn) error {
				return c.Backup(t.Context(), path, driver.BackupOptions{Overwrite: true})
			}))
			require.Equal(t, "insert main.t 1, database", lines(c.Until("database")))
			exec(t, db, "INSERT INTO u VALUES (1); INSERT INTO t VALUES (2)")
			got := c.Until("insert main.t 2")
			require.Equal(t, "insert main.u 1, insert main.t 2", lines(got[len(got)-2:]))
			require.NoError(t, driver.With(t.Context(), db, func(c *driver.Conn) error {
				return c.Restore(t.Context(), other, driver.RestoreOptions{})
			}))
			c.Until("database")
			exec(t, db, "INSERT INTO t VALUES (2)")
			c.Until("insert main.t 2")
		})
	}
}

// The ways to open a file: a listener keeps nobody from writing, and rows are told
// as ever.
func TestKindsOfFiles(t *testing.T) {
	for _, params := range []string{
		"_locking_mode=EXCLUSIVE", "_locking_mode=exclusive&_journal_mode=DELETE", "_single_process=1", "_defensive=1",
		"_journal_mode=MEMORY", "_journal_mode=PERSIST", "_journal_mode=TRUNCATE", "_busy_timeout=0",
	} {
		t.Run(params, func(t *testing.T) {
			db := dbtest.Open(t, "file:"+dbtest.File(t)+"?"+params)
			db.SetMaxOpenConns(1)
			exec(t, db, "CREATE TABLE t(a)")
			c := dbtest.Listen(t, db)
			exec(t, db, "INSERT INTO t VALUES (1); BEGIN; INSERT INTO t VALUES (2); SAVEPOINT s; INSERT INTO t VALUES (3); ROLLBACK TO s; COMMIT")
			exec(t, db, "CREATE TABLE u(a)")
			require.Equal(t, "insert main.t 1, insert main.t 2, table main.u", lines(c.Until("table main.u")))
		})
	}
	for _, params := range []string{"mode=ro", "immutable=1", "_query_only=1"} {
		t.Run(params, func(t *testing.T) {
			path := dbtest.File(t)
			exec(t, dbtest.Open(t, path), "CREATE TABLE t(a)")
			db := dbtest.Open(t, "file:"+path+"?"+params)
			c := dbtest.Listen(t, db)
			if params != "immutable=1" { // nobody else writes
				exec(t, dbtest.Open(t, path), "INSERT INTO t VALUES (1)")
				require.Equal(t, "insert main.t 1", lines(c.Until("insert main.t 1")))
			}
		})
	}
}

// While somebody listens, a transaction that writes to an attached database alone
// takes the write lock of main, too.
func TestAttachedAlone(t *testing.T) {
	for _, heard := range []bool{false, true} {
		db := dbtest.Open(t, "file:"+dbtest.File(t)+"?_busy_timeout=10&_txlock=deferred")
		require.NoError(t, driver.Attach(t.Context(), db, driver.Attachment{Schema: "aux", Path: dbtest.File(t), Create: true}))
		exec(t, db, "CREATE TABLE t(a); CREATE TABLE aux.u(a)")
		if heard {
			dbtest.Listen(t, db)
		}
		one, two := dbtest.Conn(t, db), dbtest.Conn(t, db)
		defer one.Close()
		defer two.Close()
		exec(t, two, "BEGIN; SELECT * FROM t")
		exec(t, one, "INSERT INTO t VALUES (1)")
		_, err := two.ExecContext(t.Context(), "INSERT INTO aux.u VALUES (1)")
		require.Equal(t, heard, errors.Is(err, driver.ErrBusySnapshot), "%v", err)
		exec(t, two, "ROLLBACK")
	}
}

// What a process has committed before it is killed in the middle of a
// transaction is told, and the rest is not there.
func TestKilledWriter(t *testing.T) {
	for mode, params := range map[string]string{"wal": "", "delete": "?_journal_mode=DELETE&_synchronous=OFF"} {
		t.Run(mode, func(t *testing.T) {
			dsn := "file:" + dbtest.File(t) + params
			db := dbtest.Open(t, dsn)
			exec(t, db, "CREATE TABLE t(a)")
			c := dbtest.Listen(t, db)
			child := dbtest.Start(t, "run", dsn)
			child.Say("INSERT INTO t VALUES (1); BEGIN; INSERT INTO t VALUES (2)")
			child.Expect(t, "done")
			child.Kill()
			require.Equal(t, "database", lines(c.Until("database")))
			exec(t, db, "INSERT INTO t VALUES (2)")
			require.Equal(t, "insert main.t 2", lines(c.Until("insert main.t 2")))
			require.EqualValues(t, 2, dbtest.Int(t, db, "SELECT count(*) FROM t"))
		})
	}
}

// A statement that is cancelled halfway takes its rows back, alone or with its
// transaction.
func TestCancelled(t *testing.T) {
	db := dbtest.Open(t, dbtest.File(t))
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY)")
	c := dbtest.Listen(t, db)
	const endless = "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n) INSERT INTO t SELECT i FROM n"
	conn := dbtest.Conn(t, db)
	defer conn.Close()
	for range 3 {
		for _, begin := range []string{"", "BEGIN; INSERT INTO t VALUES (1)"} {
			exec(t, conn, begin)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(20*time.Millisecond, cancel)
			_, err := conn.ExecContext(ctx, endless)
			require.ErrorIs(t, err, context.Canceled)
			_, _ = conn.ExecContext(t.Context(), "ROLLBACK")
		}
	}
	exec(t, db, "INSERT INTO t VALUES (2)")
	require.Equal(t, "insert main.t 2", lines(c.Until("insert main.t 2")))
}

// The memory of a transaction does not grow with its rows, and the memory of a
// consumer that hangs does not grow with the transactions.
func TestBoundedMemory(t *testing.T) {
	rows := 200_000
	if dbtest.Long() {
		rows = 1_000_000
	}
	db := dbtest.Open(t, dbtest.File(t)+"?_synchronous=OFF")
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TABLE u(a)")
	release := make(chan struct{})
	var got atomic.Int64
	stop, err := driver.OnChange(db, func(driver.Change) {
		<-release
		got.Add(1)
	})
	require.NoError(t, err)
	defer stop()
	fill := func(n int) {
		exec(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) INSERT INTO t SELECT i FROM n", n)
		exec(t, db, "DELETE FROM t")
	}
	fill(driver.MaxChanges)
	size := func() int64 {
		debug.FreeOSMemory()
		n, err := leaktest.RSS()
		if err != nil {
			t.Skip(err)
		}
		return n
	}
	before := size()
	fill(rows)
	for range 300 {
		exec(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500) INSERT INTO u SELECT i FROM n; DELETE FROM u")
	}
	grown := size() - before
	t.Logf("%d KiB more", grown>>10)
	if !underASan {
		require.Less(t, grown, int64(16<<20))
	}
	c := dbtest.Listen(t, db)
	close(release)
	exec(t, db, "INSERT INTO t VALUES (7)")
	c.Until("insert main.t 7")
	stop()
	require.LessOrEqual(t, got.Load(), int64(2*driver.MaxChanges))
}

// SQL's changes() and last_insert_rowid() are those of the statement before, but
// for changes() of before the transaction.
func TestChangesFunction(t *testing.T) {
	for _, heard := range []bool{false, true} {
		db := dbtest.Open(t, ":memory:")
		exec(t, db, "CREATE TABLE t(a); CREATE TABLE u(a); CREATE TABLE got(n, id)")
		if heard {
			dbtest.Listen(t, db)
		}
		conn := dbtest.Conn(t, db)
		defer conn.Close()
		exec(t, conn, "INSERT INTO t VALUES (1), (2), (3)")
		exec(t, conn, "INSERT INTO got SELECT changes(), last_insert_rowid()")
		exec(t, conn, "BEGIN")
		exec(t, conn, "UPDATE t SET a = 4 WHERE a > 1")
		exec(t, conn, "INSERT INTO got SELECT changes(), last_insert_rowid()")
		exec(t, conn, "DELETE FROM t")
		res, err := conn.ExecContext(t.Context(), "CREATE TABLE v(a)")
		require.NoError(t, err)
		n, err := res.RowsAffected()
		require.NoError(t, err)
		require.Zero(t, n)
		exec(t, conn, "INSERT INTO got SELECT changes(), last_insert_rowid()")
		exec(t, conn, "COMMIT")
		require.Equal(t, "3 3, 2 1, 3 2", strings.TrimSpace(dbtest.Text(t, conn, "SELECT group_concat(n || ' ' || id, ', ') FROM got")))
		exec(t, conn, "INSERT INTO t VALUES (1), (2)")
		exec(t, conn, "BEGIN")
		exec(t, conn, "INSERT INTO u SELECT changes()")
		exec(t, conn, "COMMIT")
		require.Equal(t, map[bool]int64{false: 2, true: 0}[heard], dbtest.Int(t, conn, "SELECT a FROM u"), "as documented")
	}
}
