package libsql_test

import (
	"errors"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type note struct {
	gorm.Model
	Title  string `gorm:"size:100;not null;index"`
	Done   bool
	Score  float64 `gorm:"default:1.5"`
	Due    *time.Time
	Body   []byte
	Tags   []tag  `gorm:"many2many:note_tags"`
	Status string `gorm:"default:open"`
}

type tag struct {
	ID   uint
	Name string `gorm:"uniqueIndex"`
}

func TestConnIsTheConnectionOfTheTransaction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	for _, prepare := range []bool{false, true} {
		db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &gorm.Config{PrepareStmt: prepare})
		require.NoError(t, err)
		require.NoError(t, db.AutoMigrate(&note{}, &tag{}))
		require.NoError(t, db.AutoMigrate(&note{}, &tag{}))
		err = db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&note{Title: "a", Tags: []tag{{Name: "x"}, {Name: "y"}}}).Error; err != nil {
				return err
			}
			nested := tx.Session(&gorm.Session{NewDB: true})
			return libsql.Conn(nested, func(c *driver.Conn) error {
				s, err := c.Stats(t.Context(), false)
				require.Equal(t, driver.TxWrite, s.TxState)
				require.Positive(t, s.TotalChanges)
				return err
			})
		})
		require.NoError(t, err)
		var n note
		require.NoError(t, db.Preload("Tags").First(&n).Error)
		require.Len(t, n.Tags, 2)
		require.Equal(t, "open", n.Status)
		require.NoError(t, db.Model(&n).Update("done", true).Error)
		require.NoError(t, db.Delete(&n).Error)
		require.ErrorIs(t, db.First(&n, n.ID).Error, gorm.ErrRecordNotFound)
		s, _ := db.DB()
		require.NoError(t, s.Close())
	}
}

// What is wrong with the DB already is the error of every door, and nothing
// runs; a dry run runs nothing either.
func TestDoorsOfADBWithAnError(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	r := &recorder{Interface: logger.Discard}
	db := open(t, gorm.Config{Logger: r})
	bad := db.Session(&gorm.Session{})
	boom := errors.New("boom")
	_ = bad.AddError(boom)
	dry := db.Session(&gorm.Session{DryRun: true})
	never := func(*gorm.DB) error { t.Error("it runs"); return nil }
	for name, call := range map[string]func(*gorm.DB) error{
		"ExecBatch": func(db *gorm.DB) error { _, err := libsql.ExecBatch(db, "CREATE TABLE never(a)"); return err },
		"ExecFS": func(db *gorm.DB) error {
			return libsql.ExecFS(db, fstest.MapFS{"1.sql": file("CREATE TABLE never(a)")}, "*")
		},
		"Vacuum":      libsql.Vacuum,
		"Reindex":     func(db *gorm.DB) error { return libsql.Reindex(db) },
		"Reindex one": func(db *gorm.DB) error { return libsql.Reindex(db, "nowhere") },
		"Conn":        func(db *gorm.DB) error { return libsql.Conn(db, func(*driver.Conn) error { return never(db) }) },
		"One":         func(db *gorm.DB) error { _, err := libsql.One[int](db.Raw("SELECT 1")); return err },
		"Describe": func(db *gorm.DB) error {
			_, err := libsql.Describe(db, func(tx *gorm.DB) *gorm.DB { return tx.Raw("SELECT 1") })
			return err
		},
		"Transaction": func(db *gorm.DB) error { return libsql.Transaction(db, driver.Deferred, never) },
		"Retry":       func(db *gorm.DB) error { return libsql.Retry(db, never) },
	} {
		require.ErrorIs(t, call(bad), boom, name)
		r.texts = nil
		switch name {
		case "ExecBatch", "ExecFS", "Vacuum", "Reindex", "Reindex one":
			require.NoError(t, call(dry), name)
			require.Empty(t, r.texts, name)
		}
	}
	require.False(t, db.Migrator().HasTable("never"))
	r.texts = nil
	require.NoError(t, libsql.Vacuum(db))
	require.NoError(t, libsql.Reindex(db))
	require.Equal(t, []string{"VACUUM", "REINDEX"}, r.texts)
}
