package dialect_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
)

type task struct {
	ID      uint
	Rank    int
	Done    bool
	Deleted gorm.DeletedAt
}

type slot struct {
	Room string `gorm:"primaryKey"`
	Hour int    `gorm:"primaryKey"`
	Free bool
}

func ranks(t *testing.T, db *gorm.DB) (ranks []int) {
	t.Helper()
	require.NoError(t, db.Model(&task{}).Order("`rank`").Pluck("rank", &ranks).Error)
	return ranks
}

// Where(…).Limit(2).Delete(…) deleted every row that matched.
func TestLimitOnDeleteAndUpdate(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &task{})
		require.NoError(t, db.Set("gorm:table_options", " WITHOUT ROWID").AutoMigrate(&slot{}))
		require.NoError(t, db.Create([]task{{Rank: 5}, {Rank: 4}, {Rank: 3}, {Rank: 2}, {Rank: 1}}).Error)
		require.NoError(t, db.Create([]slot{{"a", 1, true}, {"a", 2, true}, {"b", 1, true}, {"b", 2, true}}).Error)

		tx := db.Unscoped().Where("`rank` > ?", 1).Order("`rank`").Limit(2).Delete(&task{})
		require.NoError(t, tx.Error)
		require.EqualValues(t, 2, tx.RowsAffected)
		require.Equal(t, []int{1, 4, 5}, ranks(t, db))

		tx = db.Where("`rank` > 0").Order("`rank` DESC").Limit(1).Delete(&task{})
		require.NoError(t, tx.Error)
		require.EqualValues(t, 1, tx.RowsAffected, "a soft delete is an update")
		require.Equal(t, []int{1, 4}, ranks(t, db))

		tx = db.Model(&task{}).Where("`rank` > 0").Order("`rank` DESC").Limit(1).Update("rank", 40)
		require.NoError(t, tx.Error)
		require.EqualValues(t, 1, tx.RowsAffected)
		require.Equal(t, []int{1, 40}, ranks(t, db))
		tx = db.Model(&task{}).Where("`rank` > 0").Order("`rank`").Offset(1).Update("rank", 41)
		require.NoError(t, tx.Error)
		require.Equal(t, []int{1, 41}, ranks(t, db))
		tx = db.Model(&task{}).Where("true").Limit(0).Update("rank", 0)
		require.NoError(t, tx.Error)
		require.Zero(t, tx.RowsAffected)
		tx = db.Model(&task{}).Where("true").Order("`rank`").Update("done", true)
		require.EqualValues(t, 2, tx.RowsAffected, "an order alone chooses nothing")

		require.ErrorIs(t, db.Limit(1).Delete(&task{}).Error, gorm.ErrMissingWhereClause)
		all := db.Session(&gorm.Session{AllowGlobalUpdate: true})
		tx = all.Model(&task{}).Limit(1).Update("done", false)
		require.NoError(t, tx.Error)
		require.EqualValues(t, 1, tx.RowsAffected)

		var gone []slot
		tx = db.Clauses(clause.Returning{}).Where("free").Order("hour DESC, room DESC").Limit(1).Delete(&gone)
		require.NoError(t, tx.Error)
		require.Equal(t, []slot{{"b", 2, true}}, gone)
		tx = db.Model(&slot{}).Where("free").Order("room, hour").Limit(2).Update("free", false)
		require.NoError(t, tx.Error)
		require.EqualValues(t, 2, tx.RowsAffected)
		var free []slot
		require.NoError(t, db.Find(&free, "free").Error)
		require.Equal(t, []slot{{"b", 1, true}}, free)
	})
}

func TestLimitOnOddTables(t *testing.T) {
	db := open(t, nil, &task{})
	require.NoError(t, db.Exec("CREATE TABLE `odd``t able`(_rowid_ TEXT, v INT)").Error)
	require.NoError(t, db.Exec("INSERT INTO `odd``t able` VALUES('x', 1), ('x', 2)").Error)
	tx := db.Table("`odd``t able`").Where("v > 0").Order("v DESC").Limit(1).Delete(nil)
	require.NoError(t, tx.Error)
	require.EqualValues(t, 1, tx.RowsAffected)
	tx = db.Table("main.tasks").Where("1 = 1").Limit(1).Delete(&task{})
	require.NoError(t, tx.Error)
	tx = db.Table("tasks AS x").Where("x.id > 0").Limit(1).Updates(map[string]any{"rank": 1})
	require.NoError(t, tx.Error)
	require.NoError(t, db.Exec("CREATE VIEW seen AS SELECT * FROM tasks").Error)
	require.ErrorIs(t, db.Table("seen").Where("id > 0").Limit(1).Updates(map[string]any{"rank": 1}).Error, driver.ErrUnsupported)
	require.NoError(t, db.Exec("CREATE TABLE hidden(rowid TEXT, _rowid_ TEXT, oid TEXT)").Error)
	require.ErrorIs(t, db.Table("hidden").Where("oid > 0").Limit(1).Delete(nil).Error, driver.ErrUnsupported)
	require.ErrorIs(t, db.Table("none").Where("oid > 0").Limit(1).Delete(nil).Error, driver.ErrError)
}
