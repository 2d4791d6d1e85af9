package dialect_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
)

type withDefaults struct {
	ID    uint
	Name  string
	Token string `gorm:"default:(lower(hex(randomblob(4))))"`
	Level int    `gorm:"default:7"`
	State string `gorm:"default:it's"`
}

// A row that leaves a column with a default out, beside one that sets it, was
// a syntax error: SQLite has no DEFAULT in VALUES.
func TestRowsWithAndWithoutDefaults(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &withDefaults{})
		rows := []withDefaults{{Name: "a"}, {Name: "b", Token: "set", Level: 1, State: "x"}, {ID: 50, Name: "c"}, {Name: "d"}}
		tx := db.Create(&rows)
		require.NoError(t, tx.Error)
		require.EqualValues(t, 4, tx.RowsAffected)
		var stored []withDefaults
		require.NoError(t, db.Order("name").Find(&stored).Error)
		require.Equal(t, stored, rows)
		require.Equal(t, "set", rows[1].Token)
		require.Len(t, rows[0].Token, 8)
		require.NotEqual(t, rows[0].Token, rows[3].Token)
		require.Equal(t, 7, rows[0].Level)
		require.Equal(t, "it's", rows[0].State)
		require.Equal(t, []uint{1, 2, 50, 51}, []uint{rows[0].ID, rows[1].ID, rows[2].ID, rows[3].ID})
	})
}

type onlyDefaults struct {
	ID   uint
	Made string `gorm:"default:(lower(hex(randomblob(4))))"`
	born bool
}

func (o *onlyDefaults) AfterCreate(*gorm.DB) error {
	o.born = o.ID != 0 && o.Made != ""
	return nil
}

type keyless struct {
	Made string `gorm:"primaryKey;default:(lower(hex(randomblob(4))))"`
}

// Five empty rows were one row: DEFAULT VALUES takes no number of rows.
func TestEmptyRows(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &onlyDefaults{})
		require.NoError(t, db.Set("gorm:table_options", " WITHOUT ROWID").AutoMigrate(&keyless{}))
		for _, rows := range []any{
			&[]onlyDefaults{{}, {}, {}, {}, {}}, []*onlyDefaults{{}, {}, {}, {}, {}}, &[5]onlyDefaults{},
		} {
			tx := db.Create(rows)
			require.NoError(t, tx.Error)
			require.EqualValues(t, 5, tx.RowsAffected)
		}
		var stored []onlyDefaults
		require.NoError(t, db.Find(&stored).Error)
		require.Len(t, stored, 15)
		rows := []onlyDefaults{{}, {}}
		require.NoError(t, db.Create(&rows).Error)
		require.Equal(t, []uint{16, 17}, []uint{rows[0].ID, rows[1].ID})
		require.True(t, rows[0].born && rows[1].born)

		keys := []keyless{{}, {}, {}, {}, {}}
		tx := db.Create(&keys)
		require.NoError(t, tx.Error)
		require.EqualValues(t, 5, tx.RowsAffected)
		var found []keyless
		require.NoError(t, db.Find(&found).Error)
		require.ElementsMatch(t, found, keys)

		one := onlyDefaults{}
		require.NoError(t, db.Clauses(clause.OnConflict{DoNothing: true}).Create(&one).Error)
		require.EqualValues(t, 18, one.ID)
	})
}

type named struct {
	ID   uint
	Name string `gorm:"unique"`
	Hits int    `gorm:"not null;default:1"`
}

// The ids that came back were given out by position: after a row that was
// skipped, each got the id of the next.
func TestSkippedRowsGetNoID(t *testing.T) {
	created := func(rows []named) (has []bool) {
		for _, r := range rows {
			has = append(has, r.ID != 0)
		}
		return has
	}
	nothing := clause.OnConflict{DoNothing: true}
	each(t, func(t *testing.T, config *gorm.Config) {
		for _, c := range []struct {
			what     string
			clause   clause.Expression
			names    []string
			created  []bool
			affected int64
		}{
			{"some", nothing, []string{"new1", "a", "new2", "b", "new3"}, []bool{true, false, true, false, true}, 3},
			{"none", nothing, []string{"new1", "new2"}, []bool{true, true}, 2},
			{"all", nothing, []string{"a", "b"}, []bool{false, false}, 0},
			{"one", nothing, []string{"a"}, []bool{false}, 0},
			{"within the batch", nothing, []string{"x", "x", "y"}, []bool{true, false, true}, 2},
			{"OR IGNORE", clause.Insert{Modifier: "OR IGNORE"}, []string{"a", "new"}, []bool{false, true}, 1},
			{"upsert with where", clause.OnConflict{Columns: []clause.Column{{Name: "name"}},
				DoUpdates: clause.Assignments(map[string]any{"hits": 2}),
				Where:     clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "`nameds`.`name` = 'b'"}}}},
				[]string{"a", "b", "new"}, []bool{false, true, true}, 2},
			{"upsert", clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"hits"})},
				[]string{"new", "b", "a"}, []bool{true, true, true}, 3},
		} {
			t.Run(c.what, func(t *testing.T) {
				db := open(t, config, &named{})
				require.NoError(t, db.Create([]named{{Name: "a"}, {Name: "b"}}).Error)
				var rows []named
				for _, n := range c.names {
					rows = append(rows, named{Name: n})
				}
				tx := db.Clauses(c.clause).Create(&rows)
				require.NoError(t, tx.Error)
				require.Equal(t, c.created, created(rows))
				require.Equal(t, c.affected, tx.RowsAffected)
				for _, r := range rows {
					if r.ID != 0 {
						var stored named
						require.NoError(t, db.First(&stored, r.ID).Error)
						require.Equal(t, r.Name, stored.Name)
					}
				}
			})
		}
	})
}

// Rows that bring their own key were taken for skipped ones.
func TestDoNothingWithKeysOfTheirOwn(t *testing.T) {
	db := open(t, nil, &named{})
	rows := []named{{ID: 5, Name: "a"}, {Name: "b"}, {ID: 5, Name: "c"}, {Name: "d"}}
	require.NoError(t, db.Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error)
	require.Equal(t, []named{{5, "a", 1}, {6, "b", 1}, {5, "c", 1}, {7, "d", 1}}, rows)
	var stored []named
	require.NoError(t, db.Order("id").Find(&stored).Error)
	require.Equal(t, []named{{5, "a", 1}, {6, "b", 1}, {7, "d", 1}}, stored)
}

func TestCreateMaps(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &named{})
		maps := []map[string]any{{"Name": "a", "Hits": 3}, {"name": "b"}}
		require.NoError(t, db.Model(&named{}).Create(maps).Error)
		require.EqualValues(t, 1, maps[0]["id"])
		require.EqualValues(t, 2, maps[1]["id"])
		more := []map[string]any{{"name": "a"}, {"name": "c"}}
		tx := db.Model(&named{}).Clauses(clause.OnConflict{DoNothing: true}).Create(&more)
		require.NoError(t, tx.Error)
		require.Len(t, more, 2)
		require.NotContains(t, more[0], "id")
		require.NotZero(t, more[1]["id"])
		require.EqualValues(t, 1, tx.RowsAffected)
		var stored []named
		require.NoError(t, db.Order("id").Find(&stored).Error)
		require.Equal(t, []named{{1, "a", 3}, {2, "b", 1}, {more[1]["id"].(uint), "c", 1}}, stored, "a column left out has its default")

		plain := []map[string]any{{"name": "x", "hits": 1}, {"name": "y", "hits": 1}}
		require.NoError(t, db.Table("nameds").Create(plain).Error)
		require.EqualValues(t, plain[0]["@id"].(int64)+1, plain[1]["@id"])
		skipped := []map[string]any{{"name": "x", "hits": 1}, {"name": "z", "hits": 1}}
		require.NoError(t, db.Table("nameds").Clauses(clause.OnConflict{DoNothing: true}).Create(&skipped).Error)
		require.NotContains(t, skipped[0], "@id")
		require.Greater(t, skipped[1]["@id"], plain[1]["@id"])
		one := map[string]any{"name": "one"}
		require.NoError(t, db.Model(&named{}).Create(&one).Error)
		require.NotZero(t, one["id"])
		require.NoError(t, db.Model(&named{}).Create([]map[string]any{{"name": "last"}}).Error)
		require.ErrorIs(t, db.Model(&named{}).Create([]map[string]any{}).Error, gorm.ErrEmptySlice)
	})
}

type numbered struct {
	ID     uint `gorm:"primaryKey;autoIncrement"`
	Tenant int  `gorm:"primaryKey;autoIncrement:false"`
	Name   string
}

// AUTOINCREMENT in a composite key made a key of one column.
func TestNumberInACompositeKey(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &numbered{})
		one := numbered{Tenant: 1, Name: "a"}
		require.NoError(t, db.Create(&one).Error)
		require.EqualValues(t, 1, one.ID)
		rows := []numbered{{Tenant: 1}, {Tenant: 2}, {ID: 40, Tenant: 1}, {Tenant: 1}, {Tenant: 2}}
		require.NoError(t, db.Create(&rows).Error)
		seen := map[uint]bool{1: true}
		for _, r := range rows {
			require.False(t, seen[r.ID], "%d twice", r.ID)
			seen[r.ID] = true
		}
		require.EqualValues(t, 40, rows[2].ID)
		var n int64
		require.NoError(t, db.Model(&numbered{}).Count(&n).Error)
		require.EqualValues(t, 6, n)
		require.NoError(t, db.Create(&[]numbered{{ID: 40, Tenant: 2}}).Error, "two columns make the key")

		many := make([]numbered, 20_000)
		require.NoError(t, db.Create(&many).Error)
		for i := 1; i < len(many); i++ {
			require.Greater(t, many[i].ID, many[i-1].ID)
		}
		maps := []map[string]any{{"tenant": 9}, {"tenant": 9}}
		require.NoError(t, db.Model(&numbered{}).Create(&maps).Error)
		require.NotEqual(t, maps[0]["id"], maps[1]["id"])
	})
}

type wide struct {
	ID         uint
	A, B, C, D string
	N          int  `gorm:"unique"`
	hooked     bool `gorm:"-"`
}

func (w *wide) BeforeCreate(*gorm.DB) error { w.D = "hook"; return nil }

func (w *wide) AfterCreate(*gorm.DB) error { w.hooked = w.ID != 0; return nil }

func wideRows(n int) []wide {
	rows := make([]wide, n)
	for i := range rows {
		rows[i] = wide{A: "a", B: "b", C: "c", N: i}
	}
	return rows
}

// 7000 rows of 5 columns are more than the 32,766 variables of a statement.
func TestMoreVariablesThanAStatementTakes(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &wide{})
		rows := wideRows(20_000)
		tx := db.Create(&rows)
		require.NoError(t, tx.Error)
		require.EqualValues(t, 20_000, tx.RowsAffected)
		for i, r := range rows {
			require.EqualValues(t, i+1, r.ID)
			require.True(t, r.hooked)
		}
		var stored []wide
		require.NoError(t, db.Order("id").Find(&stored).Error)
		require.Len(t, stored, 20_000)
		require.Equal(t, 19_999, stored[19_999].N)
		require.Equal(t, "hook", stored[0].D)

		// Updates of conflicting rows, and rows that are left out.
		more := wideRows(20_010)
		tx = db.Clauses(clause.OnConflict{DoNothing: true}).Create(&more)
		require.NoError(t, tx.Error)
		require.EqualValues(t, 10, tx.RowsAffected)
		require.Zero(t, more[19_999].ID)
		require.EqualValues(t, more[20_000].ID+9, more[20_009].ID)
		require.NoError(t, db.Save(&rows).Error)

		pointers := make([]*wide, 9000)
		for i := range pointers {
			pointers[i] = &wide{N: 100_000 + i}
		}
		require.NoError(t, db.Clauses(clause.Returning{}).Create(&pointers).Error)
		require.Len(t, pointers, 9000)
		require.Equal(t, 108_999, pointers[8999].N)
		maps := make([]map[string]any, 20_000)
		for i := range maps {
			maps[i] = map[string]any{"A": "m", "N": 200_000 + i}
		}
		tx = db.Model(&wide{}).Create(maps)
		require.NoError(t, tx.Error)
		require.EqualValues(t, 20_000, tx.RowsAffected)
		require.EqualValues(t, maps[0]["id"].(uint)+19_999, maps[19_999]["id"])
	})
}

func TestSplitCreateIsAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &wide{})
		rows := wideRows(20_000)
		rows[19_999].N = 0
		tx := db.Create(&rows)
		require.ErrorIs(t, tx.Error, driver.ErrConstraintUnique)
		count := func(db *gorm.DB) (n int64) {
			require.NoError(t, db.Model(&wide{}).Count(&n).Error)
			return n
		}
		require.Zero(t, count(db))
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&wide{N: -1}).Error)
			rows := wideRows(20_000)
			rows[19_999].N = 0
			require.ErrorIs(t, tx.Create(&rows).Error, driver.ErrConstraintUnique)
			require.EqualValues(t, 1, count(tx), "what the transaction did before stays")
			rows = wideRows(20_000)
			require.NoError(t, tx.Create(&rows).Error)
			return nil
		}))
		require.EqualValues(t, 20_001, count(db))
		require.NoError(t, db.Where("1 = 1").Delete(&wide{}).Error)
		require.NoError(t, db.Connection(func(tx *gorm.DB) error {
			rows := wideRows(8000)
			return tx.Create(&rows).Error
		}))
		require.EqualValues(t, 8000, count(db))
	})
}

func TestUpsertForms(t *testing.T) {
	for i, c := range []struct {
		conflict clause.OnConflict
		hits     int
	}{
		{clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"hits"})}, 5},
		{clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.Assignments(map[string]any{"hits": gorm.Expr("hits + ?", 10)})}, 11},
		{clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoNothing: true}, 1},
		{clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, UpdateAll: true}, 5},
		{clause.OnConflict{DoUpdates: clause.AssignmentColumns([]string{"hits"})}, 5},
		{clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, TargetWhere: clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "1=1"}}},
			DoUpdates: clause.AssignmentColumns([]string{"hits"})}, 5},
		{clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"hits"}),
			Where: clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "`nameds`.`hits` > 100"}}}}, 1},
	} {
		for _, batch := range []bool{false, true} {
			t.Run(fmt.Sprint(i, batch), func(t *testing.T) {
				db := open(t, nil, &named{})
				require.NoError(t, db.Create(&named{Name: "a"}).Error)
				var err error
				if batch {
					err = db.Clauses(c.conflict).Create(&[]named{{Name: "a", Hits: 5}, {Name: "b", Hits: 2}}).Error
				} else {
					err = db.Clauses(c.conflict).Create(&named{Name: "a", Hits: 5}).Error
				}
				require.NoError(t, err)
				var n named
				require.NoError(t, db.Take(&n, "name = 'a'").Error)
				require.Equal(t, c.hits, n.Hits)
			})
		}
	}
	db := open(t, nil, &named{})
	err := db.Clauses(clause.OnConflict{OnConstraint: "uni_name", DoNothing: true}).Create(&named{Name: "a"}).Error
	require.ErrorIs(t, err, driver.ErrUnsupported)
	require.ErrorContains(t, err, "uni_name")
}

func TestInsertModifiersAndSchemas(t *testing.T) {
	db := open(t, nil, &named{})
	require.NoError(t, db.Create(&named{Name: "a"}).Error)
	require.NoError(t, db.Clauses(clause.Insert{Modifier: "OR REPLACE"}).Create(&named{Name: "a", Hits: 9}).Error)
	var rows []named
	require.NoError(t, db.Find(&rows).Error)
	require.Equal(t, []named{{2, "a", 9}}, rows)
	sql := db.ToSQL(func(tx *gorm.DB) *gorm.DB { return tx.Table("main.nameds").Create(&named{Name: "b"}) })
	require.Equal(t, "INSERT INTO `main`.`nameds` (`name`,`hits`) VALUES ('b',1) RETURNING `id`", sql)
	require.NoError(t, db.Table("main.nameds").Create(&[]named{{Name: "b"}, {Name: "c"}}).Error)
}

func TestSavepointNamesOfSplitsDoNotShow(t *testing.T) {
	db := open(t, nil, &named{})
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.SavePoint("mine").Error)
		require.NoError(t, tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&[]named{{Name: "a"}, {Name: "a"}}).Error)
		require.NoError(t, tx.RollbackTo("mine").Error)
		return nil
	}))
	var n int64
	require.NoError(t, db.Model(&named{}).Count(&n).Error)
	require.Zero(t, n)
	err := db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&[]named{{Name: "a"}, {Name: "a"}}).Error)
		return errors.New("no")
	})
	require.Error(t, err)
	require.NoError(t, db.Model(&named{}).Count(&n).Error)
	require.Zero(t, n)
}

type owner struct {
	ID   uint
	Name string
	Tags []label `gorm:"many2many:owner_labels"`
	Pets []pet   `gorm:"polymorphic:Owner"`
	base
}

type base struct{ Note string }

type label struct {
	ID   uint
	Name string `gorm:"unique"`
}

type pet struct {
	ID        uint
	Name      string
	OwnerID   uint
	OwnerType string
}

// A label that exists already, beside new ones, left the new ones with the
// wrong ids, and the join table with the wrong rows.
func TestAssociationsWithExistingRows(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &owner{}, &label{}, &pet{})
		require.NoError(t, db.Create(&label{ID: 9, Name: "old"}).Error)
		o := owner{Name: "o", Tags: []label{{Name: "n1"}, {ID: 9, Name: "old"}, {ID: 30, Name: "mine"}, {Name: "n2"}},
			Pets: []pet{{Name: "p"}, {Name: "q"}}, base: base{Note: "x"}}
		owners := []owner{o, {Name: "o2", Pets: []pet{{Name: "r"}}}}
		require.NoError(t, db.Create(&owners).Error)
		var got owner
		require.NoError(t, db.Preload("Tags").Preload("Pets").First(&got, "name = ?", "o").Error)
		names := map[uint]string{}
		for _, l := range got.Tags {
			names[l.ID] = l.Name
		}
		require.Equal(t, map[uint]string{10: "n1", 9: "old", 30: "mine", 31: "n2"}, names)
		require.Len(t, got.Pets, 2)
		require.Equal(t, "owners", got.Pets[0].OwnerType)
	})
}

type ordered struct {
	ID    uint
	Name  string
	Made  int `gorm:"default:(40 + 2)"`
	Items []orderedItem
	Local string `gorm:"-"`
}

type orderedItem struct {
	ID        uint
	OrderedID uint
	Name      string
}

// All columns of a batch come back into the rows that were given, which keep
// what is no column: their children are created too.
func TestReturningAllOfABatch(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &ordered{}, &orderedItem{})
		rows := []ordered{
			{Name: "a", Local: "la", Items: []orderedItem{{Name: "a1"}, {Name: "a2"}}},
			{Name: "b", Local: "lb", Made: 7, Items: []orderedItem{{Name: "b1"}}},
		}
		require.NoError(t, db.Clauses(clause.Returning{}).Create(&rows).Error)
		require.Equal(t, []ordered{
			{ID: 1, Name: "a", Made: 42, Local: "la", Items: []orderedItem{{1, 1, "a1"}, {2, 1, "a2"}}},
			{ID: 2, Name: "b", Made: 7, Local: "lb", Items: []orderedItem{{3, 2, "b1"}}},
		}, rows)
		var n int64
		require.NoError(t, db.Model(&orderedItem{}).Count(&n).Error)
		require.Equal(t, int64(3), n)
		ptrs := []*ordered{{Name: "c", Items: []orderedItem{{Name: "c1"}}}, {Name: "d"}}
		first := ptrs[0]
		require.NoError(t, db.Clauses(clause.Returning{}).Create(&ptrs).Error)
		require.Same(t, first, ptrs[0])
		require.Equal(t, ordered{ID: 3, Name: "c", Made: 42, Items: []orderedItem{{4, 3, "c1"}}}, *first)
	})
}

// When a later part fails, no row has been given anything.
func TestSplitCreateThatFailsLeavesTheRows(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		type row struct {
			ID   uint
			Name string `gorm:"unique"`
			Made int    `gorm:"default:(7)"`
		}
		db := open(t, config, &row{})
		rows := make([]row, 20_000)
		for i := range rows {
			rows[i].Name = fmt.Sprint(i)
		}
		rows[len(rows)-1].Name = "0"
		res := db.Create(&rows)
		require.ErrorIs(t, res.Error, driver.ErrConstraintUnique)
		require.Zero(t, res.RowsAffected)
		for i := range rows {
			if rows[i].ID != 0 || rows[i].Made != 0 {
				t.Fatalf("row %d has become %+v", i, rows[i])
			}
		}
		rows[len(rows)-1].Name = "new"
		require.NoError(t, db.Create(&row{Name: "another"}).Error)
		res = db.Create(&rows)
		require.NoError(t, res.Error)
		require.Equal(t, int64(len(rows)), res.RowsAffected)
		require.Equal(t, rows[0].ID+uint(len(rows))-1, rows[len(rows)-1].ID)
	})
}

// A number that a row gives itself is not given to another one, however far
// apart they are.
func TestNumbersBesideOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		type ticket struct {
			ID  uint `gorm:"primaryKey;autoIncrement"`
			Org uint `gorm:"primaryKey;autoIncrement:false"`
		}
		for _, n := range []int{5, 201, 1000} {
			db := open(t, config, &ticket{})
			rows := make([]ticket, n)
			for i := range rows {
				rows[i].Org = 1
			}
			rows[n-1].ID = 3
			require.NoError(t, db.Create(&rows).Error, n)
			ids := map[uint]bool{}
			for _, row := range rows {
				ids[row.ID] = true
			}
			require.Len(t, ids, n)
		}
	})
}

// A partial index is found by a condition whose values stand in it.
func TestConflictsOfAPartialIndex(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		type part struct {
			ID   uint
			K, V int
			N    string
		}
		db := open(t, config, &part{})
		require.NoError(t, db.Exec("CREATE UNIQUE INDEX part_i ON parts(k) WHERE v > 100 AND n <> 'it''s'").Error)
		up := clause.OnConflict{
			Columns: []clause.Column{{Name: "k"}}, DoUpdates: clause.AssignmentColumns([]string{"v"}),
			TargetWhere: clause.Where{Exprs: []clause.Expression{clause.Gt{Column: "v", Value: 100}, clause.Neq{Column: "n", Value: "it's"}}},
			Where:       clause.Where{Exprs: []clause.Expression{clause.Lt{Column: "parts.v", Value: 1000}}},
		}
		require.NoError(t, db.Clauses(up).Create(&part{K: 1, V: 200}).Error)
		require.NoError(t, db.Clauses(up).Create(&[]part{{K: 1, V: 300}, {K: 2, V: 400}}).Error)
		up.TargetWhere.Exprs[1] = clause.Neq{Column: "n", Value: contextual("it's")}
		require.NoError(t, db.Clauses(up).Create(&part{K: 2, V: 500}).Error)
		var vs []int
		require.NoError(t, db.Model(&part{}).Order("k").Pluck("v", &vs).Error)
		require.Equal(t, []int{300, 500}, vs)
	})
}

// contextual is a value that asks the statement's context.
type contextual string

func (c contextual) GormValue(ctx context.Context, _ *gorm.DB) clause.Expr {
	if ctx.Err() != nil {
		return clause.Expr{SQL: "NULL"}
	}
	return clause.Expr{SQL: "?", Vars: []any{string(c)}}
}
