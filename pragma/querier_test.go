package pragma_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/pragma"
)

// wrapped is a pool as plugins of GORM wrap it.
type wrapped struct {
	gorm.ConnPool
	db *sql.DB
}

func (w wrapped) GetDBConn() (*sql.DB, error) { return w.db, nil }

// Pools are told from connections, whatever they are wrapped in.
func TestPoolsAndConnections(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	ctx := context.Background()
	pool := dbtest.Open(t, dbtest.DSN(t))
	db, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{})
	require.NoError(t, err)
	cached := db.Session(&gorm.Session{PrepareStmt: true})
	for name, q := range map[string]pragma.Querier{
		"sql.DB": pool, "embedded": struct{ *sql.DB }{pool}, "gorm": db.Statement.ConnPool, "cached": cached.Statement.ConnPool,
		"wrapped": wrapped{pool, pool},
	} {
		require.ErrorContains(t, pragma.CacheSize.Set(ctx, q, 5), "a pool has many", name)
		require.NoError(t, pragma.UserVersion.Set(ctx, q, 5), name)
		got, err := pragma.CacheSize.Get(ctx, q)
		require.NoError(t, err, name)
		require.Equal(t, pragma.KiB(2000), got, name)
		tables, err := pragma.TableList(ctx, q, "nowhere")
		require.NoError(t, err, name)
		require.Empty(t, tables, name)
	}
	conn := dbtest.Conn(t, pool)
	try := func(name string, q pragma.Querier, n pragma.Size) {
		t.Helper()
		require.NoError(t, pragma.CacheSize.Set(ctx, q, n), name)
		got, err := pragma.CacheSize.Get(ctx, q)
		require.NoError(t, err, name)
		require.Equal(t, n, got, name)
		require.NoError(t, pragma.CacheSize.Set(ctx, q, pragma.KiB(2000)))
	}
	try("sql.Conn", conn, 3)
	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		try("gorm's connection", tx.Statement.ConnPool, 4)
		return nil
	}))
	for name, db := range map[string]*gorm.DB{"gorm's transaction": db, "cached transaction": cached} {
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			try(name, tx.Statement.ConnPool, 5)
			require.NoError(t, pragma.DeferForeignKeys.Set(ctx, tx.Statement.ConnPool, true))
			on, err := pragma.DeferForeignKeys.Get(ctx, tx.Statement.ConnPool)
			require.True(t, on)
			return err
		}), name)
	}
	require.NoError(t, libsql.Conn(db, func(c *driver.Conn) error {
		try("driver.Conn", pragma.On(c), 6)
		return nil
	}))
}

// On answers as the connection itself, within its transaction, and leaves it
// as it was.
func TestOn(t *testing.T) {
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.DSN(t))
	tx, err := db.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = tx.Exec("CREATE TABLE t(a)")
	require.NoError(t, err)
	require.NoError(t, driver.With(ctx, tx, func(c *driver.Conn) error {
		q := pragma.On(c)
		columns, err := pragma.TableInfo(ctx, q, "main", "t")
		require.NoError(t, err)
		require.Len(t, columns, 1)
		require.NoError(t, pragma.UserVersion.Set(ctx, q, 9))
		_, err = pragma.PageCount(ctx, q, "nowhere")
		require.ErrorIs(t, err, driver.ErrError)
		// Rows stay open after the call that has made them.
		rows, err := q.QueryContext(ctx, "SELECT value FROM generate_series(1, ?)", 1000)
		require.NoError(t, err)
		n := 0
		for rows.Next() {
			n++
		}
		require.NoError(t, errors.Join(rows.Err(), rows.Close()))
		require.Equal(t, 1000, n)
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		require.ErrorIs(t, pragma.CacheSize.Set(cancelled, q, 1), context.Canceled)
		return nil
	}))
	require.EqualValues(t, 9, dbtest.Int(t, tx, "PRAGMA user_version"), "the transaction goes on")
	require.NoError(t, tx.Commit())
	require.EqualValues(t, 9, dbtest.Int(t, db, "PRAGMA user_version"))
}

// Typed and raw PRAGMAs of one name take each other's place; those of main and
// temp do not.
func TestTypedAndRaw(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	ctx := context.Background()
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &gorm.Config{})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	defer dbtest.Close(t, pool)
	pool.SetMaxIdleConns(0)
	is := func(main, temp int64) {
		t.Helper()
		c := dbtest.Conn(t, pool)
		require.Equal(t, main, dbtest.Int(t, c, "PRAGMA cache_size"))
		require.Equal(t, temp, dbtest.Int(t, c, "PRAGMA temp.cache_size"))
		require.NoError(t, c.Close())
	}
	is(-2000, 0)
	require.NoError(t, pragma.CacheSize.SetAll(ctx, pool, 11))
	require.NoError(t, db.Exec("PRAGMA Temp.cache_size = 22").Error)
	is(11, 22)
	require.NoError(t, db.Exec("PRAGMA main.cache_size = 33").Error)
	is(33, 22)
	require.NoError(t, pragma.CacheSize.In("temp").SetAll(ctx, pool, 44))
	require.NoError(t, pragma.CacheSize.SetAll(ctx, pool, 55))
	is(55, 44)

	require.NoError(t, db.Exec("PRAGMA journal_mode = PERSIST").Error)
	require.NoError(t, db.Exec("PRAGMA journal_mode = WAL").Error)
	mode, err := pragma.JournalMode.Get(ctx, pool)
	require.NoError(t, err)
	require.Equal(t, pragma.JournalWAL, mode)
}

func TestErrors(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	ctx := context.Background()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	path := dbtest.DSN(t)
	db := dbtest.New(t, path)
	for _, err := range []error{
		pragma.CacheSize.SetAll(cancelled, db, 5), pragma.UserVersion.Set(cancelled, db, 5),
		pragma.JournalMode.SetAll(cancelled, db, pragma.JournalWAL),
	} {
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err := pragma.CacheSize.Get(cancelled, db)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "PRAGMA cache_size")
	size, err := pragma.CacheSize.Get(ctx, db)
	require.NoError(t, err)
	require.Equal(t, pragma.KiB(2000), size)
	dbtest.Close(t, db)
	_, err = pragma.CacheSize.Get(ctx, db)
	require.Error(t, err)
	require.Error(t, pragma.CacheSize.SetAll(ctx, db, 5))

	var none pragma.Setting[bool]
	_, err = none.Get(ctx, db)
	for _, err := range []error{err, none.Set(ctx, db, true), none.SetAll(ctx, db, true)} {
		require.EqualError(t, err, "libsql: a pragma.Setting that is none of the package's variables")
	}
	require.Empty(t, fmt.Sprint(none))

	readOnly := dbtest.Open(t, path+"?mode=ro")
	require.ErrorIs(t, pragma.UserVersion.Set(ctx, readOnly, 5), driver.ErrReadOnly)
	require.ErrorContains(t, pragma.UserVersion.Set(ctx, readOnly, 5), "PRAGMA user_version: ")
	held, err := dbtest.Open(t, path).Begin()
	require.NoError(t, err)
	defer held.Rollback()
	require.ErrorIs(t, pragma.UserVersion.Set(ctx, dbtest.Open(t, path+"?_busy_timeout=1"), 5), driver.ErrBusy)
}

// Another driver's pool is asked, and not set.
func TestForeignPool(t *testing.T) {
	ctx := context.Background()
	db, err := sql.Open("libsql", "file:"+filepath.Join(t.TempDir(), "a.db"))
	require.NoError(t, err)
	defer db.Close()
	size, err := pragma.CacheSize.Get(ctx, db)
	require.NoError(t, err)
	require.Equal(t, pragma.KiB(2000), size)
	require.ErrorIs(t, pragma.CacheSize.SetAll(ctx, db, 5), driver.ErrUnsupported)
	require.NoError(t, pragma.CacheSize.Set(ctx, dbtest.Conn(t, db), 5))
}

// Everybody at once: each connection has a value that somebody set, and then
// the last one.
func TestSetAllAtOnce(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.DSN(t))
	var group sync.WaitGroup
	for i := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := range 20 {
				if err := pragma.CacheSize.SetAll(ctx, db, pragma.Size(100+i)); err != nil {
					t.Error(err)
				}
				if got, err := pragma.CacheSize.Get(ctx, db); err != nil || got < 100 || got >= 108 {
					t.Error(j, got, err)
				}
			}
		}()
	}
	group.Wait()
	require.NoError(t, pragma.CacheSize.SetAll(ctx, db, 99))
	for range 4 {
		require.EqualValues(t, 99, dbtest.Int(t, dbtest.Conn(t, db), "PRAGMA cache_size"))
	}
}
