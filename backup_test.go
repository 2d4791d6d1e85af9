package libsql_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type kept struct {
	ID   uint
	Name string
}

func TestBackup(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db := fresh(t, &kept{})
	require.NoError(t, db.Create(&kept{Name: "a"}).Error)
	path := filepath.Join(t.TempDir(), "b.db")
	require.NoError(t, libsql.Backup(db, path))
	require.ErrorIs(t, libsql.Backup(db, path), fs.ErrExist)

	require.NoError(t, db.Create(&kept{Name: "b"}).Error)
	require.NoError(t, libsql.Conn(db, func(c *driver.Conn) error {
		return c.Restore(context.Background(), path, driver.RestoreOptions{})
	}))
	var all []kept
	require.NoError(t, db.Find(&all).Error)
	require.Equal(t, []kept{{1, "a"}}, all)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, libsql.Backup(db.WithContext(ctx), path+"2"), context.Canceled)
	require.NoFileExists(t, path+"2")
	err := db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&kept{}).Error; err != nil {
			return err
		}
		return libsql.Backup(tx, path+"2")
	})
	require.ErrorContains(t, err, "inside a transaction")
}
