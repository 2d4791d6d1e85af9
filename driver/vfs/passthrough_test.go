package vfs_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// passVFS is a VFS in Go that passes everything on.
type passVFS struct{ vfs.VFS }

func (p passVFS) Unwrap() vfs.VFS { return p.VFS }

func (p passVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, got, err := p.VFS.Open(name, flags)
	return passFile{f}, got, err
}

type passFile struct{ vfs.File }

func (p passFile) Unwrap() vfs.File { return p.File }

// register registers a VFS for the time of the test.
func register(t testing.TB, name string, v vfs.VFS) {
	t.Helper()
	require.NoError(t, vfs.Register(name, v))
	t.Cleanup(func() { require.NoError(t, vfs.Unregister(name)) })
}

func system(t testing.TB) vfs.VFS {
	t.Helper()
	v, err := vfs.Find("")
	require.NoError(t, err)
	return v
}

func TestSmoke(t *testing.T) {
	register(t, "pass", passVFS{system(t)})
	l, err := vfs.List()
	require.NoError(t, err)
	t.Log(l)
	path := dbtest.File(t)
	for _, dsn := range []string{"?vfs=pass", "?vfs=multipleciphers-pass&encryptionKey=k"} {
		db := dbtest.Open(t, path+dsn[5:8]+dsn)
		dbtest.Exec(t, db, "CREATE TABLE t(x); INSERT INTO t VALUES(1)")
		require.EqualValues(t, 1, dbtest.Int(t, db, "SELECT count(*) FROM t"))
		t.Log(dbtest.Text(t, db, "PRAGMA journal_mode"))
	}
}
