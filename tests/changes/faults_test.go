package changes

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/driver/vfs/faultvfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// rowids are those of a table.
func rowids(t testing.TB, db driver.Handle, table string) map[int64]bool {
	t.Helper()
	ids := map[int64]bool{}
	require.NoError(t, driver.With(t.Context(), db, func(c *driver.Conn) error {
		st, err := c.Statement(t.Context(), "SELECT rowid FROM "+table)
		if err != nil {
			return err
		}
		defer st.Close()
		for st.Next() {
			ids[st.Int64(0)] = true
		}
		return st.Err()
	}))
	return ids
}

// apply makes the changes of table t in a copy of its rowids, and counts those
// that do not say which.
func apply(t testing.TB, ids map[int64]bool, changes []driver.Change) (unknown int) {
	t.Helper()
	for _, ch := range changes {
		switch {
		case ch.Op == driver.DatabaseChanged, ch.Op == driver.TableChanged:
			unknown++
		case ch.Table != "t":
		case ch.Op == driver.RowInserted:
			require.False(t, ids[ch.RowID], "%v is there: %v", ch, changes)
			ids[ch.RowID] = true
		case ch.Op == driver.RowDeleted:
			require.True(t, ids[ch.RowID], "%v is not there: %v", ch, changes)
			delete(ids, ch.RowID)
		default:
			require.True(t, ids[ch.RowID], "%v is not there: %v", ch, changes)
		}
	}
	return unknown
}

// A disk that is full and one that fails, in each call of the VFS in turn: what
// was told is what is in the file.
func TestFaults(t *testing.T) {
	for mode, params := range map[string]string{"wal": "", "delete": "&_journal_mode=DELETE"} {
		for _, op := range []faultvfs.Op{faultvfs.Write, faultvfs.Sync, faultvfs.Read, faultvfs.Delete, faultvfs.Lock, faultvfs.Open} {
			if mode == "wal" && (op == faultvfs.Delete || op == faultvfs.Lock || op == faultvfs.Open) {
				continue // there is no such call
			}
			t.Run(fmt.Sprint(mode, " ", op), func(t *testing.T) {
				fired, unsure := 0, 0
				for n := 1; ; n++ {
					hit, unknown := faulty(t, params, faultvfs.Fault{Op: op, N: n})
					if !hit {
						break
					}
					fired++
					unsure += unknown
					if n > 12 && !dbtest.Long() {
						n += n / 2
					}
				}
				require.Positive(t, fired)
				require.LessOrEqual(t, unsure, 1, "the fault that hits the look at the table's schema")
			})
		}
	}
	hit, unknown := faulty(t, "", faultvfs.Fault{Op: faultvfs.Write, Growing: true, Err: driver.ErrFull, Times: 3, N: 3})
	require.True(t, hit)
	require.Zero(t, unknown)
}

// faulty runs transactions with a fault in them.
func faulty(t *testing.T, params string, f faultvfs.Fault) (hit bool, unknown int) {
	base, err := vfs.Find("")
	require.NoError(t, err)
	faults := faultvfs.New(base)
	require.NoError(t, vfs.Register("changes", faults))
	defer func() { require.NoError(t, vfs.Unregister("changes")) }()
	dir, err := os.MkdirTemp("/dev/shm", "changes") // where syncing costs nothing, if there is such a place
	if err != nil {
		dir = t.TempDir()
	}
	defer os.RemoveAll(dir)
	db := dbtest.New(t, "file:"+dir+"/a.db?vfs=changes&_pragma=page_size(1024)&_cache_size=10&_pragma=cache_spill(5)&_busy_timeout=10&_synchronous=FULL"+params)
	defer dbtest.Close(t, db)
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE mark(a); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)")
	before := rowids(t, db, "t")
	c := dbtest.Listen(t, db)
	faults.Clear()
	faults.Inject(f)
	ctx := context.Background()
	for i := range 4 {
		run := func(h interface {
			ExecContext(context.Context, string, ...any) (sql.Result, error)
		}, text string, args ...any) {
			_, _ = h.ExecContext(ctx, text, args...)
		}
		run(db, "INSERT INTO t(a) VALUES (randomblob(3000))")
		conn, err := db.Conn(ctx)
		if err != nil {
			continue
		}
		run(conn, "BEGIN")
		run(conn, "INSERT INTO t(a) SELECT randomblob(500) FROM t")
		run(conn, "SAVEPOINT s")
		run(conn, "DELETE FROM t WHERE id % 3 = ?", i)
		if i%2 == 0 {
			run(conn, "ROLLBACK TO s")
		}
		run(conn, "UPDATE t SET a = randomblob(700)")
		run(conn, "COMMIT")
		run(conn, "ROLLBACK")
		conn.Close()
	}
	hit = faults.Fired() > 0
	faults.Clear()
	exec(t, db, "INSERT INTO mark VALUES (1)")
	unknown = apply(t, before, c.Until("insert main.mark 1"))
	require.Equal(t, rowids(t, db, "t"), before)
	c.Stop()
	return hit, unknown
}
