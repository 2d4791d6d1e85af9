package gormtest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// reserved has names that SQL would take for something else.
type reserved struct {
	Index  uint      `gorm:"primaryKey"`
	Group  string    `gorm:"uniqueIndex:order by"`
	Select int       `gorm:"check:values,'select' <> 'x'"`
	Quote  string    "gorm:\"column:it's \\\"a\\\" name\""
	Where  []inWhere `gorm:"foreignKey:From"`
	In     []*inTo   `gorm:"many2many:join"`
}

type inWhere struct {
	Limit uint `gorm:"primaryKey"`
	From  uint
	To    string `gorm:"column:größe [1]"`
}

type inTo struct {
	As uint `gorm:"primaryKey"`
}

func (reserved) TableName() string { return "order" }
func (inWhere) TableName() string  { return "table" }
func (inTo) TableName() string     { return "from where" }

func TestReservedNames(t *testing.T) {
	each(t, models(&reserved{}, &inWhere{}, &inTo{}), func(t *testing.T, db *gorm.DB) {
		rows := []reserved{{Group: "a", Select: 1, Quote: "q", Where: []inWhere{{To: "x"}, {To: "y"}}, In: []*inTo{{}, {}}}, {Group: "b", Select: 2}}
		done(t, db.Create(&rows), 2)
		const all = "SELECT `index`, `group`, `select`, \"it's \"\"a\"\" name\" FROM `order` ORDER BY 1"
		require.Equal(t, "1 a 1 q, 2 b 2 ", show(t, db, all))
		var read reserved
		done(t, db.Preload("Where", clause.Eq{Column: "größe [1]", Value: "y"}).Preload("In").Where(&reserved{Quote: "q"}).First(&read), 1)
		require.Equal(t, "y", read.Where[0].To)
		require.Len(t, read.In, 2)
		done(t, db.Clauses(clause.OnConflict{Columns: columns("group"), UpdateAll: true}).Create(&reserved{Group: "b", Select: 3, Quote: "z"}), 1)
		done(t, db.Clauses(clause.OnConflict{DoNothing: true}).Create(&[]reserved{{Group: "c"}, {Group: "a"}}), 1)
		done(t, db.Model(&reserved{Index: 1}).Clauses(clause.Returning{}).Updates(map[string]any{"Select": gorm.Expr("? + 5", clause.Column{Name: "select"}), "it's \"a\" name": "Q"}), 1)
		require.Equal(t, "a 6 Q, b 3 z, c 0 ", show(t, db, strings.Replace(all, "`index`, ", "", 1)))
		done(t, db.Where(map[string]any{"group": []string{"b", "c"}}).Order("`group` DESC").Limit(1).Delete(&reserved{}), 1)
		require.NoError(t, of(db, &read, "In").Clear())
		require.EqualValues(t, 2, of(db, &read, "Where").Count())
		require.Equal(t, "a, b", show(t, db, "SELECT `group` FROM `order` ORDER BY 1"))
	})
}

func TestNamingStrategies(t *testing.T) {
	type Thing struct {
		ID      uint
		OneName string
		Others  []Thing `gorm:"many2many:pairs"`
	}
	for _, c := range []struct {
		naming schema.NamingStrategy
		tables string
		column string
	}{
		{schema.NamingStrategy{TablePrefix: "t_"}, "t_pairs, t_things", "one_name"},
		{schema.NamingStrategy{SingularTable: true}, "pairs, thing", "one_name"},
		{schema.NamingStrategy{NoLowerCase: true}, "Things, pairs", "OneName"},
		{schema.NamingStrategy{NameReplacer: strings.NewReplacer("One", "Two")}, "pairs, things", "two_name"},
	} {
		eachConfig(t, gorm.Config{NamingStrategy: c.naming}, models(&Thing{}), func(t *testing.T, db *gorm.DB) {
			require.Equal(t, c.tables, show(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"))
			a := Thing{OneName: "a", Others: []Thing{{OneName: "b"}}}
			done(t, db.Create(&a), 1)
			done(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&[]Thing{{ID: 2, OneName: "B"}, {OneName: "c"}}), 2)
			var read Thing
			done(t, db.Preload("Others").First(&read, 1), 1)
			require.Equal(t, "B", read.Others[0].OneName)
			done(t, db.Model(&Thing{}).Where(clause.Eq{Column: c.column, Value: "c"}).Limit(1).Update(c.column, "C"), 1)
			done(t, db.Where(&Thing{OneName: "C"}).Delete(&Thing{}), 1)
			require.EqualValues(t, 1, of(db, &read, "Others").Count())
			require.NoError(t, of(db, &read, "Others").Clear())
		})
	}
}
