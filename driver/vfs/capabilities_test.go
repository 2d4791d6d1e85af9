package vfs_test

import (
	"fmt"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// tellingVFS has files with capabilities.
type tellingVFS struct {
	vfs.VFS
	mu    *sync.Mutex
	hints *[]int64
	ops   map[int]int
}

func newTelling() tellingVFS {
	return tellingVFS{newMemory(), new(sync.Mutex), new([]int64), map[int]int{}}
}

func (v tellingVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, got, err := v.VFS.Open(name, flags)
	return tellingFile{f, v}, got, err
}

type tellingFile struct {
	vfs.File
	v tellingVFS
}

func (f tellingFile) Unwrap() vfs.File { return f.File }

func (f tellingFile) Pragma(name, value string) (string, error) {
	switch name {
	case "told":
		return fmt.Sprintf("told %q: größe", value), nil
	case "silent":
		return "", nil
	case "failing":
		return "", fmt.Errorf("%w: %w", errMine, driver.ErrReadOnly)
	}
	return "", driver.ErrNotFound
}

func (f tellingFile) SizeHint(size int64) error {
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	*f.v.hints = append(*f.v.hints, size)
	return nil
}

func (f tellingFile) FileControl(op int, arg unsafe.Pointer) error {
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	f.v.ops[op]++
	return driver.ErrNotFound
}

func TestCapabilities(t *testing.T) {
	v := newTelling()
	register(t, "telling", v)
	db := dbtest.Open(t, "file:a?vfs=telling&_journal_mode=DELETE")
	db.SetMaxOpenConns(1)
	require.Equal(t, `told "x y": größe`, dbtest.Text(t, db, "PRAGMA told='x y'"))
	require.Equal(t, `told "": größe`, dbtest.Text(t, db, "PRAGMA told"))
	require.Equal(t, "", dbtest.Text(t, db, "PRAGMA silent"))
	_, err := db.Exec("PRAGMA failing")
	require.ErrorIs(t, err, errMine)
	require.ErrorIs(t, err, driver.ErrReadOnly)
	require.Equal(t, "delete", dbtest.Text(t, db, "PRAGMA journal_mode"))
	dbtest.Exec(t, db, "CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(100000))")
	require.NotEmpty(t, *v.hints)
	require.Contains(t, v.ops, 21, "SQLITE_FCNTL_SYNC")
	require.NotContains(t, v.ops, 5, "SQLITE_FCNTL_SIZE_HINT")
}

// The files of several VFSes, one on top of the other, have the capabilities of
// all of them.
func TestCapabilitiesOfTheFilesBelow(t *testing.T) {
	v := newTelling()
	register(t, "top", dbtest.Pass{VFS: dbtest.Pass{VFS: v}})
	db := dbtest.Open(t, "file:a?vfs=top")
	useOf(t, db)
	require.Equal(t, "wal", dbtest.Text(t, db, "PRAGMA journal_mode"))
	require.Equal(t, `told "": größe`, dbtest.Text(t, db, "PRAGMA told"))
}

func TestFilesOfTheLibrarysVFSes(t *testing.T) {
	for _, name := range []string{"", "unix-excl", "unix-dotfile", "unix-none", "memdb"} {
		t.Run(name, func(t *testing.T) {
			v, err := vfs.Find(name)
			require.NoError(t, err)
			path := dbtest.File(t)
			full, err := v.FullPathname(path)
			require.NoError(t, err)
			flags := vfs.OpenReadWrite | vfs.OpenCreate | vfs.OpenMainDB
			f, got, err := v.Open(full, flags)
			require.NoError(t, err)
			require.Equal(t, flags, got&flags)
			require.NoError(t, f.Lock(vfs.LockShared))
			n, err := f.WriteAt([]byte("hello, world"), 0)
			require.NoError(t, err)
			require.Equal(t, 12, n)
			size, err := f.Size()
			require.NoError(t, err)
			require.EqualValues(t, 12, size)
			p := make([]byte, 20)
			n, err = f.ReadAt(p, 7)
			require.Equal(t, 5, n)
			require.ErrorContains(t, err, "EOF")
			require.Equal(t, "world", string(p[:n]))
			n, err = f.ReadAt(p[:5], 0)
			require.NoError(t, err)
			require.Equal(t, "hello", string(p[:n]))
			if name != "memdb" {
				require.NoError(t, f.Truncate(5))
				size, err = f.Size()
				require.NoError(t, err)
				require.EqualValues(t, 5, size)
			}
			require.NoError(t, f.Sync(vfs.SyncNormal))
			require.NoError(t, f.Unlock(vfs.LockNone))
			require.Positive(t, f.SectorSize())
			f.DeviceCharacteristics()
			require.NoError(t, f.Close())
			if name != "memdb" {
				there, err := v.Access(full, vfs.AccessExists)
				require.NoError(t, err)
				require.True(t, there)
				require.NoError(t, v.Delete(full, true))
			}
			there, err := v.Access(full, vfs.AccessExists)
			require.NoError(t, err)
			require.False(t, there)
		})
	}
}

func TestTemporaryFiles(t *testing.T) {
	m := newMemory()
	register(t, "m", m)
	db := dbtest.Open(t, "file:a?vfs=m&_pragma=temp_store(FILE)&_cache_size=10")
	conn := dbtest.Conn(t, db)
	dbtest.Exec(t, conn, "CREATE TEMP TABLE t(x); WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 5000) INSERT INTO t SELECT hex(randomblob(100)) FROM r; CREATE INDEX temp.i ON t(x)")
	require.EqualValues(t, 5000, dbtest.Int(t, conn, "SELECT count(*) FROM (SELECT x FROM t ORDER BY x DESC)"))
	require.NoError(t, conn.Close())
	dbtest.Close(t, db)
	require.Zero(t, m.open)
	require.LessOrEqual(t, len(m.files), 1)
}
