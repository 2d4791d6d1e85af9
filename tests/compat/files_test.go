package compat

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/tests/compat/kit"
	"github.com/gorm-libsql/libsql/tests/fixtures"
)

// Files that gorm.io/driver/sqlite and github.com/glebarez/sqlite made, long
// ago and elsewhere, open, read as their makers read them, and need no
// migration.
func TestFilesOfOtherDialects(t *testing.T) {
	for _, name := range fixtures.ModelNames {
		eachPrepare(t, func(t *testing.T, prepare bool) {
			db := openFile(t, fixtures.Path(t, name), prepare)
			text, version, err := kit.Schema(db)
			require.NoError(t, err)
			models := fixtures.LoadModels(t, name)
			if name == "gorm_glebarez" {
				// Its driver reads an empty blob as nil. Here that is NULL only.
				models.Users[1].Avatar = []byte{}
			}
			want, err := kit.JSON(models)
			require.NoError(t, err)
			for range 2 {
				require.Equal(t, strings.Split(want, "\n"), strings.Split(readModels(t, db), "\n"))
				require.NoError(t, db.AutoMigrate(&fixtures.Company{}, &fixtures.User{}, &fixtures.Order{}, &fixtures.Tag{}))
				now, nowVersion, err := kit.Schema(db)
				require.NoError(t, err)
				require.Equal(t, text, now)
				require.Equal(t, version, nowVersion)
			}
		})
	}
}

func readModels(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var m fixtures.Models
	by := func(column string) func(*gorm.DB) *gorm.DB {
		return func(db *gorm.DB) *gorm.DB { return db.Order(column) }
	}
	require.NoError(t, db.Unscoped().Order("id").Find(&m.Companies).Error)
	require.NoError(t, db.Unscoped().Preload("Orders", by("id")).Preload("Tags", by("code")).Order("id").Find(&m.Users).Error)
	require.NoError(t, db.Order("code").Find(&m.Tags).Error)
	rows, err := kit.JSON(m)
	require.NoError(t, err)
	return rows
}

// PrepareStmt makes no other file.
func TestFilesAreAlikeWithPrepareStmt(t *testing.T) {
	var schemas [][]string
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := openFile(t, filepath.Join(t.TempDir(), "ours.db"), prepare)
		require.NoError(t, kit.Make(db))
		text, _, err := kit.Schema(db)
		require.NoError(t, err)
		schemas = append(schemas, kit.Normal(text))
	})
	require.Equal(t, schemas[0], schemas[1])
}
