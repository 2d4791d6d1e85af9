package docs_test

import (
	"embed"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/driver/vfs/faultvfs"
	"github.com/gorm-libsql/libsql/driver/vfs/fsvfs"
)

// Count is a VFS that counts the bytes that are read.
type Count struct {
	vfs.VFS
	Read *atomic.Int64
}

func (c Count) Unwrap() vfs.VFS { return c.VFS }

func (c Count) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, got, err := c.VFS.Open(name, flags)
	if err != nil {
		return nil, 0, err
	}
	return countFile{f, c.Read}, got, nil
}

type countFile struct {
	vfs.File
	read *atomic.Int64
}

func (f countFile) Unwrap() vfs.File { return f.File }

func (f countFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	f.read.Add(int64(n))
	return n, err
}

func TestVFSList(t *testing.T) {
	names, err := vfs.List()
	require.NoError(t, err)
	require.Contains(t, names, "unix")
}

func TestVFSInGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	require.NoError(t, func() error {
		base, err := vfs.Find("") // the operating system's
		if err != nil {
			return err
		}
		count := Count{base, new(atomic.Int64)}
		if err := vfs.Register("count", count); err != nil {
			return err
		}
		defer vfs.Unregister("count")
		db, err := gorm.Open(libsql.Open(path+"?vfs=count"), &gorm.Config{})
		require.NoError(t, err)
		require.NoError(t, db.AutoMigrate(&User{}, &Post{}))
		var mode string
		require.NoError(t, db.Raw("PRAGMA journal_mode").Scan(&mode).Error)
		require.Equal(t, "wal", mode)
		require.Positive(t, count.Read.Load())
		closeNow(t, db)
		return nil
	}())
	require.ErrorIs(t, vfs.Unregister("count"), driver.ErrNotFound)
}

func closeNow(t *testing.T, db *gorm.DB) {
	pool, err := db.DB()
	require.NoError(t, err)
	require.NoError(t, pool.Close())
}

//go:embed testdata/atlas.sqlite
var files embed.FS

func TestVFSOfEmbeddedFiles(t *testing.T) {
	require.NoError(t, func() error {
		if err := vfs.Register("embedded", fsvfs.New(files)); err != nil {
			return err
		}
		defer vfs.Unregister("embedded")
		db, err := gorm.Open(libsql.Open("file:testdata/atlas.sqlite?vfs=embedded&mode=ro"), &gorm.Config{})
		require.NoError(t, err)
		var n int64
		require.NoError(t, db.Table("countries").Count(&n).Error)
		require.EqualValues(t, 10, n)
		closeNow(t, db)
		return nil
	}())
}

func TestVFSOfFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	base, err := vfs.Find("")
	require.NoError(t, err)
	require.NoError(t, func() error {
		faults := faultvfs.New(base)
		if err := vfs.Register("faults", faults); err != nil {
			return err
		}
		defer vfs.Unregister("faults")
		db, err := gorm.Open(libsql.Open(path+"?vfs=faults"), &gorm.Config{})
		if err != nil {
			return err
		}
		faults.Inject(faultvfs.Fault{Op: faultvfs.Write, N: 3, Err: driver.ErrFull})
		err = db.AutoMigrate(&User{}) // "database or disk is full", and nothing has changed
		require.ErrorIs(t, err, driver.ErrFull)
		require.False(t, db.Migrator().HasTable(&User{}))
		closeNow(t, db)
		return nil
	}())
}
