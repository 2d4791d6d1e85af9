package libsql_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
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
	for _, prepare := range []bool{false, true} {
		db, err := gorm.Open(libsql.Open(filepath.Join(t.TempDir(), "a.db")), &gorm.Config{PrepareStmt: prepare})
		require.NoError(t, err)
		require.NoError(t, db.AutoMigrate(&note{}, &tag{}))
		require.NoError(t, db.AutoMigrate(&note{}, &tag{}))
		err = db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&note{Title: "a", Tags: []tag{{Name: "x"}, {Name: "y"}}}).Error; err != nil {
				return err
			}
			return libsql.Conn(tx, func(c *driver.Conn) error {
				fmt.Println(c)
				return nil
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
