package fts_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Song and Label are searched, both, and have many of each other.
type Song struct {
	ID        int64
	Title     string  `gorm:"fts"`
	Labels    []Label `gorm:"many2many:song_labels"`
	DeletedAt gorm.DeletedAt
}

type Label struct {
	ID    int64
	Name  string `gorm:"fts"`
	Songs []Song `gorm:"many2many:song_labels"`
}

func TestManyToMany(t *testing.T) {
	db := open(t, dbtest.Memory(t), &Song{}, &Label{})
	require.NoError(t, db.Create(&[]Song{{Title: "fox one", Labels: []Label{{Name: "red"}, {Name: "fox"}}}, {Title: "fox two"}, {Title: "ape"}}).Error)
	var got []Song
	require.NoError(t, db.Scopes(fts.Match(&Song{}, "fox")).Preload("Labels", fts.Match(&Label{}, "red")).Order("id").Find(&got).Error)
	require.Len(t, got, 2)
	require.Equal(t, []Label{{ID: 1, Name: "red"}}, got[0].Labels)
	require.Empty(t, got[1].Labels)
	labels := db.Model(&got[0]).Scopes(fts.Match(&Label{}, "fox")).Association("Labels")
	var found []Label
	require.NoError(t, labels.Find(&found))
	require.Equal(t, []Label{{ID: 2, Name: "fox"}}, found)
	require.EqualValues(t, 1, db.Model(&got[0]).Scopes(fts.Match(&Label{}, "fox")).Association("Labels").Count())
	require.NoError(t, db.Model(&got[0]).Association("Labels").Replace(&Label{Name: "blue"}))
	require.NoError(t, db.Select("Labels").Delete(&got[0]).Error)
	var n int64
	require.NoError(t, db.Table("(?) AS s", db.Model(&Song{}).Scopes(fts.Match(&Song{}, "fox"))).Count(&n).Error)
	require.EqualValues(t, 1, n)
	sound(t, db, &Song{})
	sound(t, db, &Label{})
}

// A Delete with a Limit takes the first in the Order of the statement, and
// a listener is told of the rows and of the index.
func TestLimitedDeleteIsTold(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, dbtest.Memory(t), &Label{}, &Song{})
	require.NoError(t, db.Create(&[]Label{{Name: "fox and a dog, and a cat"}, {Name: "fox fox"}, {Name: "fox"}, {Name: "ape"}}).Error)
	told := make(chan driver.Change, 20)
	stop, err := libsql.OnChange(db, func(c driver.Change) { told <- c })
	require.NoError(t, err)
	defer stop()
	res := db.Scopes(fts.Match(&Label{}, "fox")).Order("id DESC").Limit(1).Delete(&Label{})
	require.NoError(t, res.Error)
	require.EqualValues(t, 1, res.RowsAffected)
	require.Equal(t, "delete main.labels 3", (<-told).String())
	require.Equal(t, "table main.labels_fts", (<-told).String())
	res = db.Scopes(fts.Match(&Label{}, "fox")).Delete(&Label{})
	require.NoError(t, res.Error)
	require.EqualValues(t, 2, res.RowsAffected)
	sound(t, db, &Label{})
}
