package vfs_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

func TestList(t *testing.T) {
	names, err := vfs.List()
	require.NoError(t, err)
	names = slices.DeleteFunc(names, func(name string) bool { // of another test, or of the run
		return name == "multipleciphers-unix-excl" || name == "go" || name == "multipleciphers-go"
	})
	require.ElementsMatch(t, []string{"multipleciphers-unix", "unix", "memdb", "unix-excl", "unix-dotfile", "unix-none"}, names)
}

func TestFind(t *testing.T) {
	_, err := vfs.Find("none")
	require.ErrorIs(t, err, driver.ErrNotFound)
	require.ErrorContains(t, err, "none")
	_, err = vfs.Find("multipleciphers-unix")
	require.ErrorIs(t, err, driver.ErrUnsupported)
	_, err = vfs.Find("libsql-mem") // the driver's own for :memory:
	require.ErrorIs(t, err, driver.ErrNotFound)
	for _, name := range []string{"", "unix", "unix-excl", "unix-dotfile", "unix-none", "memdb"} {
		v, err := vfs.Find(name)
		require.NoError(t, err)
		require.NotNil(t, v)
	}
	m := newMemory()
	register(t, "m", m)
	v, err := vfs.Find("m")
	require.NoError(t, err)
	require.Same(t, m, v)
}

func TestRegister(t *testing.T) {
	m := newMemory()
	for _, name := range []string{"", "a\x00b", "multipleciphers-x", "unix", "memdb", "libsql-mem"} {
		require.ErrorIs(t, vfs.Register(name, m), driver.ErrMisuse, "%q", name)
	}
	require.ErrorIs(t, vfs.Register("x", nil), driver.ErrMisuse)
	register(t, "größe ü", m)
	require.ErrorIs(t, vfs.Register("größe ü", m), driver.ErrMisuse)
	db := dbtest.Open(t, "file:a?vfs=gr%C3%B6%C3%9Fe%20%C3%BC")
	dbtest.Exec(t, db, "CREATE TABLE t(x)")
	require.Equal(t, []string{"a", "a-wal"}, namesOf(m))
	dbtest.Close(t, db)
	require.Equal(t, []string{"a"}, namesOf(m))
}

func namesOf(m *memVFS) (names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestUnregister(t *testing.T) {
	for _, name := range []string{"none", "unix", "multipleciphers-unix", ""} {
		require.ErrorIs(t, vfs.Unregister(name), driver.ErrNotFound, name)
	}
	for _, name := range []string{"m", "multipleciphers-m"} {
		require.NoError(t, vfs.Register("m", newMemory()))
		db := dbtest.Open(t, "file:a?vfs="+name)
		dbtest.Exec(t, db, "CREATE TABLE t(x)")
		err := vfs.Unregister("m")
		require.ErrorIs(t, err, driver.ErrBusy)
		require.ErrorContains(t, err, "close their databases first")
		dbtest.Exec(t, db, "INSERT INTO t VALUES (1)")

		// A pool that was made before finds the VFS gone, not a crash.
		late := dbtest.Open(t, "file:a?vfs="+name)
		dbtest.Close(t, db)
		require.NoError(t, vfs.Unregister("m"))
		require.Error(t, late.Ping())
		_, err = sql.Open(driver.Name, "file:a?vfs="+name)
		require.ErrorIs(t, err, driver.ErrError)
		require.ErrorContains(t, err, "no such vfs: "+name)
	}
}

func TestUnregisterAnAttachedDatabase(t *testing.T) {
	require.NoError(t, vfs.Register("m", newMemory()))
	conn := dbtest.Conn(t, dbtest.Open(t, ":memory:"))
	dbtest.Exec(t, conn, "ATTACH 'file:a?vfs=m' AS a; CREATE TABLE a.t(x); INSERT INTO a.t VALUES (1)")
	require.ErrorIs(t, vfs.Unregister("m"), driver.ErrBusy)
	dbtest.Exec(t, conn, "DETACH a")
	require.NoError(t, vfs.Unregister("m"))
	_, err := conn.ExecContext(context.Background(), "ATTACH 'file:a?vfs=m' AS a")
	require.ErrorIs(t, err, driver.ErrError)
}

func TestSetDefault(t *testing.T) {
	first, err := vfs.List()
	require.NoError(t, err)
	require.ErrorIs(t, vfs.SetDefault("none"), driver.ErrError)
	require.ErrorIs(t, vfs.SetDefault("memdb"), driver.ErrUnsupported)
	register(t, "m", newMemory())
	require.ErrorIs(t, vfs.SetDefault("m"), driver.ErrUnsupported)

	var calls counter
	require.NoError(t, vfs.Register("count", countVFS{system(t), &calls}))
	require.NoError(t, vfs.SetDefault("count"))
	for _, params := range []string{"", "?encryptionKey=k"} {
		before := calls.Load()
		db := dbtest.Open(t, dbtest.File(t)+params)
		dbtest.Exec(t, db, "CREATE TABLE t(x)")
		dbtest.Close(t, db)
		require.Greater(t, calls.Load(), before)
	}
	require.NoError(t, vfs.Unregister("count"))
	names, err := vfs.List()
	require.NoError(t, err)
	require.Equal(t, "multipleciphers-unix", names[0])
	dbtest.Exec(t, dbtest.Open(t, dbtest.File(t)), "CREATE TABLE t(x)")
	if first[0] != names[0] { // a run on another default VFS
		require.NoError(t, vfs.SetDefault(first[0]))
	}
}

// The names of a VFS that has its own are no paths, and two such VFSes have
// nothing in common.
func TestNamesOfAVFS(t *testing.T) {
	a, b := newMemory(), newMemory()
	register(t, "a", a)
	register(t, "b", b)
	for _, name := range []string{"app.db", "dir/app.db", "/app.db", "//app.db", "a b?ü%.db", "C:x"} {
		cfg, err := driver.ParseDSN("file:x?vfs=a")
		require.NoError(t, err)
		cfg.Path = name
		c, err := driver.NewConnector(cfg)
		require.NoError(t, err)
		db := sql.OpenDB(c)
		dbtest.Exec(t, db, "CREATE TABLE t(x)")
		dbtest.Close(t, db)
		require.Contains(t, namesOf(a), name)
	}
	inA, inB := dbtest.Open(t, "file:app.db?vfs=a"), dbtest.Open(t, "file:app.db?vfs=b")
	tx, err := inA.Begin()
	require.NoError(t, err)
	dbtest.Exec(t, tx, "INSERT INTO t VALUES (1)")
	dbtest.Soon(t, "writing another VFS's database of that name", func() { dbtest.Exec(t, inB, "CREATE TABLE t(x)") })
	require.NoError(t, tx.Commit())
}

func rss(t *testing.T) int64 {
	t.Helper()
	n, err := leaktest.RSS()
	if errors.Is(err, errors.ErrUnsupported) {
		return 0
	}
	require.NoError(t, err)
	return int64(n)
}

// Registering and opening by the thousands leaves nothing behind.
func TestManyOpensLeaveNothing(t *testing.T) {
	opens := 2000
	if dbtest.Long() {
		opens = 50_000
	}
	m := newMemory()
	var before, after runtime.MemStats
	round := func(n int) {
		for i := range n {
			name := fmt.Sprint("m", i%7)
			require.NoError(t, vfs.Register(name, m))
			db := dbtest.New(t, "file:app.db?vfs="+name)
			dbtest.Exec(t, db, "CREATE TABLE IF NOT EXISTS t(x)")
			dbtest.Close(t, db)
			require.NoError(t, vfs.Unregister(name))
		}
		runtime.GC()
	}
	round(100)
	resident := rss(t)
	runtime.ReadMemStats(&before)
	round(opens)
	runtime.ReadMemStats(&after)
	t.Logf("%d opens: Go's heap from %d to %d KB, the process from %d to %d KB", opens,
		before.HeapAlloc>>10, after.HeapAlloc>>10, resident>>10, rss(t)>>10)
	require.Zero(t, m.open)
	require.Less(t, after.HeapAlloc, before.HeapAlloc+1<<20)
	if !instrumented {
		require.Less(t, rss(t), resident+16<<20)
	}
}

// Registering, opening, listing and unregistering at the same time.
func TestRegistryConcurrently(t *testing.T) {
	rounds := 20
	if dbtest.Long() {
		rounds = 1000
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			m := newMemory()
			name := fmt.Sprint("c", g)
			for range rounds {
				if err := vfs.Register(name, m); err != nil {
					t.Error(err)
					return
				}
				db := dbtest.New(t, "file:app.db?vfs="+name)
				if _, err := db.Exec("CREATE TABLE IF NOT EXISTS t(x); INSERT INTO t VALUES (1)"); err != nil {
					t.Error(err)
				}
				if names, err := vfs.List(); err != nil || !slices.Contains(names, name) {
					t.Errorf("%s is not in %v: %v", name, names, err)
				}
				dbtest.Close(t, db)
				if err := vfs.Unregister(name); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
}

// ATTACH finds a VFS by itself: one that goes at the same time is an error.
func TestUnregisterBesideAttach(t *testing.T) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		conn := dbtest.Conn(t, dbtest.Open(t, ":memory:"))
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := conn.ExecContext(t.Context(), "ATTACH 'file:b?vfs=fleeting' AS b"); err == nil {
					conn.ExecContext(t.Context(), "SELECT * FROM b.sqlite_schema; DETACH b")
				}
			}
		}()
	}
	v := newMemory()
	rounds := 500
	if dbtest.Long() {
		rounds = 200_000
	}
	for range rounds {
		if err := vfs.Register("fleeting", v); err != nil {
			t.Error(err)
			break
		}
		for vfs.Unregister("fleeting") != nil { // a file is open
			runtime.Gosched()
		}
	}
	close(done)
	wg.Wait()
}
