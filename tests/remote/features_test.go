package remote

import (
	"context"
	"database/sql"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
	"github.com/gorm-libsql/libsql/pragma"
)

// What docs/features.md says that a remote database has.
func TestFeatures(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	db := k.gorm()
	profiler := callbacks.NewProfiler(callbacks.ProfilerConfig{})
	require.NoError(t, db.Use(profiler))
	require.NoError(t, db.AutoMigrate(&owner{}, &pet{}, &plainRow{}))

	results, err := libsql.ExecBatch(db, "INSERT INTO plain_rows (name) VALUES ('a'), ('b'); SELECT count(*) FROM plain_rows")
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(2)}}, results[1].Rows)
	for range 2 {
		require.NoError(t, libsql.ExecFS(db, fstest.MapFS{"1.sql": {Data: []byte("CREATE TABLE once (a); INSERT INTO once VALUES (1)")}}, "*.sql"))
	}
	one, err := libsql.One[plainRow](db.Where("name = ?", "a"))
	require.NoError(t, err)
	require.Equal(t, "a", one.Name)
	d, err := libsql.Describe(db, func(tx *gorm.DB) *gorm.DB { return tx.Find(&[]plainRow{}) })
	require.NoError(t, err)
	require.Equal(t, "id", d.Columns[0].Name)
	plan, err := callbacks.Explain(db, func(tx *gorm.DB) *gorm.DB { return tx.Where("name = ?", "a").Find(&[]plainRow{}) })
	require.NoError(t, err)
	require.NotEmpty(t, plan.String())
	require.NoError(t, libsql.Transaction(db, driver.Deferred, func(tx *gorm.DB) error { return tx.Create(&plainRow{Name: "c"}).Error }))
	runs := 0
	require.NoError(t, libsql.Retry(db, func(tx *gorm.DB) error {
		if runs++; runs == 1 {
			return driver.ErrBusy
		}
		return tx.Create(&plainRow{Name: "d"}).Error
	}))
	require.NoError(t, libsql.Reindex(db))

	pool, err := db.DB()
	require.NoError(t, err)
	cols, err := pragma.TableInfo(bg, pool, "", "plain_rows")
	require.NoError(t, err)
	require.Len(t, cols, 2)
	problems, err := pragma.IntegrityCheck(bg, pool, "", "")
	require.NoError(t, err)
	require.Empty(t, problems)
	keys, err := pragma.ForeignKeyCheck(bg, pool, "", "")
	require.NoError(t, err)
	require.Empty(t, keys)

	// A PRAGMA of the pool holds for all its connections.
	require.NoError(t, db.Exec("PRAGMA foreign_keys = OFF").Error)
	var conns []*sql.Conn
	for range 3 {
		c, err := pool.Conn(bg)
		require.NoError(t, err)
		conns = append(conns, c)
		var on int
		require.NoError(t, c.QueryRowContext(bg, "PRAGMA foreign_keys").Scan(&on))
		require.Zero(t, on)
	}
	for _, c := range conns {
		require.NoError(t, c.Close())
	}
	require.NoError(t, libsql.Conn(db, func(c *driver.Conn) error {
		sizes, err := c.Sizes(bg, "")
		require.NotEmpty(t, sizes)
		return err
	}))
	require.NotEmpty(t, profiler.Report().String())
	k.noStreams()
}

// What it does not have says so, and what to do instead.
func TestUnsupported(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	db := k.gorm()
	k.exec("CREATE TABLE t (name)")
	require.ErrorIs(t, libsql.Vacuum(db), driver.ErrUnsupported)
	require.ErrorIs(t, libsql.Backup(db, t.TempDir()+"/x.db"), driver.ErrUnsupported)
	_, err := libsql.OnChange(db, func(driver.Change) {})
	require.ErrorIs(t, err, driver.ErrUnsupported)
	require.NoError(t, libsql.Conn(db, func(c *driver.Conn) error {
		for name, call := range map[string]func() error{
			"Stats":         func() error { _, err := c.Stats(bg, false); return err },
			"CacheFlush":    func() error { return c.CacheFlush(bg) },
			"ReleaseMemory": func() error { _, err := c.ReleaseMemory(); return err },
			"BusyTimeout":   func() error { return c.SetBusyTimeout(time.Second) },
			"Limit":         func() error { _, err := c.Limit(driver.LimitLength, -1); return err },
			"Statement":     func() error { _, err := c.Statement(bg, "SELECT 1"); return err },
			"Func":          func() error { return c.Func("f", func() {}) },
			"Aggregate":     func() error { return c.Aggregate("f", func() int { return 0 }) },
			"Window":        func() error { return c.Window("f", func() int { return 0 }) },
			"Collation":     func() error { return c.Collation("f", strings.Compare) },
			"TableFunc":     func() error { return c.TableFunc("f", func() {}) },
			"OnUpdate":      func() error { _, err := c.OnUpdate(nil); return err },
			"OnCommit":      func() error { _, err := c.OnCommit(nil); return err },
			"OnRollback":    func() error { _, err := c.OnRollback(nil); return err },
			"Authorize":     func() error { _, err := c.Authorize(nil); return err },
			"OnProgress":    func() error { _, err := c.OnProgress(1, nil); return err },
			"Attach":        func() error { return c.Attach(bg, driver.Attachment{Schema: "x", Path: "x"}) },
			"Detach":        func() error { return c.Detach(bg, "x") },
			"LoadExtension": func() error { return c.LoadExtension(bg, driver.Extension{Path: "x"}) },
			"Restore":       func() error { return c.Restore(bg, "x.db", driver.RestoreOptions{}) },
			"Deserialize":   func() error { return c.Deserialize(bg, strings.NewReader("x"), driver.RestoreOptions{}) },
			"OpenBlob": func() error {
				_, err := c.OpenBlob(bg, driver.BlobOptions{Table: "t", Column: "name", RowID: 1})
				return err
			},
			"Checkpoint":   func() error { _, err := c.Checkpoint(bg, "", 0); return err },
			"NoCheckpoint": func() error { return c.DisableCheckpoint() },
			"OnWALCommit":  func() error { _, err := c.OnWALCommit(func(string, int) {}); return err },
			"Rekey":        func() error { return c.Rekey(bg, []byte("k")) },
			"Serialize":    func() error { return c.Serialize(bg, io.Discard, driver.BackupOptions{}) },
		} {
			require.ErrorIs(t, call(), driver.ErrUnsupported, name)
		}
		return nil
	}))
}

// A tracer sees what a local one sees, with the server's counts.
func TestTracer(t *testing.T) {
	tr := &recorder{}
	k := serve(t, hranaserver.Options{}, func(c *driver.Config) { c.Tracer = tr })
	k.exec("CREATE TABLE t (name)")
	k.exec("INSERT INTO t VALUES (1), (2)")
	require.EqualValues(t, 2, k.count())
	require.NoError(t, inTxDo(k, "x"))
	_, err := k.db.Exec("nonsense")
	require.Error(t, err)
	got := map[driver.Op]int{}
	for _, e := range tr.events {
		got[e.Op]++
		if strings.HasPrefix(e.SQL, "INSERT INTO t VALUES (1)") {
			require.EqualValues(t, 2, e.Changes)
			require.EqualValues(t, 2, e.Counters.RowsWritten)
		}
	}
	require.Equal(t, 4, got[driver.OpExec])
	require.Equal(t, 1, got[driver.OpBegin])
	require.Equal(t, 1, got[driver.OpCommit])
}

type recorder struct{ events []driver.TraceEvent }

func (r *recorder) TraceStart(ctx context.Context, _ driver.Op, _ string) context.Context { return ctx }
func (r *recorder) TraceEnd(_ context.Context, e driver.TraceEvent) {
	if e.Counters != nil {
		n := *e.Counters // good until here
		e.Counters = &n
	}
	r.events = append(r.events, e)
}
func (r *recorder) TraceCounters() bool { return true }
