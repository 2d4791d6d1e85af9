package gormtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type account struct {
	ID   uint
	Name string `gorm:"uniqueIndex"`
	Hits int
	Note string
	// unique only among rows that are on
	Slot *int `gorm:"uniqueIndex:idx_slot,where:is_on"`
	IsOn bool
}

func columns(names ...string) (cs []clause.Column) {
	for _, n := range names {
		cs = append(cs, clause.Column{Name: n})
	}
	return cs
}

func where(sql string, vars ...any) clause.Where {
	return clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: sql, Vars: vars}}}
}

// All forms of an upsert of b and c, where a and b are there.
func TestUpserts(t *testing.T) {
	const before = "a 1 x, b 2 x"
	cases := []struct {
		what     string
		conflict clause.OnConflict
		affected int64
		after    string
	}{
		{"DoNothing", clause.OnConflict{DoNothing: true}, 1, before + ", c 30 new"},
		{"DoNothing of columns", clause.OnConflict{Columns: columns("name"), DoNothing: true}, 1, before + ", c 30 new"},
		{"UpdateAll", clause.OnConflict{Columns: columns("name"), UpdateAll: true}, 2, "a 1 x, b 20 new, c 30 new"},
		{"columns", clause.OnConflict{Columns: columns("name"), DoUpdates: clause.AssignmentColumns([]string{"hits"})}, 2, "a 1 x, b 20 x, c 30 new"},
		{"no target", clause.OnConflict{DoUpdates: clause.AssignmentColumns([]string{"note"})}, 2, "a 1 x, b 2 new, c 30 new"},
		{"assignments", clause.OnConflict{Columns: columns("name"), DoUpdates: clause.Assignments(map[string]any{"hits": 7, "note": "set"})}, 2,
			"a 1 x, b 7 set, c 30 new"},
		{"expressions", clause.OnConflict{Columns: columns("name"),
			DoUpdates: clause.Assignments(map[string]any{"hits": gorm.Expr("accounts.hits + excluded.hits + ?", 1)})}, 2, "a 1 x, b 23 x, c 30 new"},
		{"where that holds", clause.OnConflict{Columns: columns("name"), DoUpdates: clause.AssignmentColumns([]string{"hits"}), Where: where("accounts.hits < ?", 3)}, 2,
			"a 1 x, b 20 x, c 30 new"},
		{"where that does not hold", clause.OnConflict{Columns: columns("name"), DoUpdates: clause.AssignmentColumns([]string{"hits"}),
			Where: clause.Where{Exprs: []clause.Expression{clause.Eq{Column: "accounts.hits", Value: 3}}}}, 1, before + ", c 30 new"},
	}
	each(t, models(&account{}), func(t *testing.T, db *gorm.DB) {
		for _, c := range cases {
			t.Run(c.what, func(t *testing.T) {
				const query = "SELECT name, hits, note FROM accounts ORDER BY id"
				old := func() {
					require.NoError(t, db.Exec("DELETE FROM accounts").Error)
					done(t, db.Create(&[]account{{Name: "a", Hits: 1, Note: "x"}, {Name: "b", Hits: 2, Note: "x"}}), 2)
				}
				old()
				rows := []account{{Name: "b", Hits: 20, Note: "new"}, {Name: "c", Hits: 30, Note: "new"}}
				done(t, db.Clauses(c.conflict).Create(&rows), c.affected)
				require.Equal(t, c.after, show(t, db, query))
				// Its key may leave a gap: SQLite numbers rows that it then leaves out.
				require.Equal(t, fmt.Sprint(rows[1].ID), show(t, db, "SELECT id FROM accounts WHERE name = 'c'"))

				// The same, a row at a time.
				old()
				affected := int64(0)
				for _, row := range []account{{Name: "b", Hits: 20, Note: "new"}, {Name: "c", Hits: 30, Note: "new"}} {
					tx := db.Clauses(c.conflict).Create(&row)
					require.NoError(t, tx.Error)
					affected += tx.RowsAffected
				}
				require.Equal(t, c.affected, affected)
				require.Equal(t, c.after, show(t, db, query))
			})
		}
	})
}

func TestUpsertByKey(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		// Without columns UpdateAll is about the primary key.
		done(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&person{ID: 2, Name: "B", Age: 41}), 1)
		done(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&[]person{{ID: 3, Name: "C"}, {ID: 9, Name: "I"}}), 2)
		done(t, db.Clauses(clause.OnConflict{DoNothing: true}).Create(&person{ID: 1, Name: "no"}), 0)
		done(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Model(&person{}).Create(map[string]any{"id": 4, "name": "D"}), 1)
		require.Equal(t, "1 Anna 30 Bern, 2 B 41 , 3 C 0 , 4 D 20 Bonn, 5 Eve 50 Ulm, 9 I 0 ", people(t, db))
	})
}

// The target of a partial index.
func TestUpsertTargetWhere(t *testing.T) {
	each(t, models(&account{}), func(t *testing.T, db *gorm.DB) {
		done(t, db.Create(&[]account{{Name: "a", Slot: ptr(1), IsOn: true}, {Name: "b", Slot: ptr(1)}}), 2)
		conflict := clause.OnConflict{Columns: columns("slot"), TargetWhere: where("is_on"), DoUpdates: clause.AssignmentColumns([]string{"name"})}
		done(t, db.Clauses(conflict).Create(&account{Name: "c", Slot: ptr(1), IsOn: true}), 1)
		done(t, db.Clauses(conflict).Create(&account{Name: "d", Slot: ptr(1)}), 1)
		require.Equal(t, "c 1 1, b 1 0, d 1 0", show(t, db, "SELECT name, slot, is_on FROM accounts ORDER BY id"))
		conflict.TargetWhere = clause.Where{}
		require.Error(t, db.Clauses(conflict).Create(&account{Name: "e", Slot: ptr(1), IsOn: true}).Error, "no such index")
	})
}

type tracked struct {
	Code      string `gorm:"primaryKey"`
	Hits      int
	CreatedAt time.Time
	UpdatedAt time.Time
}

// An upsert of all columns leaves the time of the creation alone.
func TestUpsertAndTimes(t *testing.T) {
	each(t, models(&tracked{}), func(t *testing.T, db *gorm.DB) {
		later := noon.Add(time.Hour)
		done(t, at(db, noon).Create(&tracked{Code: "a"}), 1)
		done(t, at(db, later).Clauses(clause.OnConflict{UpdateAll: true}).Create(&tracked{Code: "a", Hits: 5}), 1)
		require.Equal(t, "a 5 2024-05-06T12:00:00.123456789 2024-05-06T13:00:00.123456789", show(t, db, "SELECT * FROM trackeds"))
		require.NoError(t, at(db, later.Add(time.Hour)).Save(&[]tracked{{Code: "a", Hits: 6}, {Code: "b"}}).Error)
		require.Equal(t, "a 6 2024-05-06T12:00:00.123456789 2024-05-06T14:00:00.123456789, b 0 2024-05-06T14:00:00.123456789 2024-05-06T14:00:00.123456789",
			show(t, db, "SELECT * FROM trackeds ORDER BY code"))
	})
}

func TestUpsertReturning(t *testing.T) {
	each(t, models(&account{}), func(t *testing.T, db *gorm.DB) {
		done(t, db.Create(&account{Name: "a", Hits: 1, Note: "x"}), 1)
		conflict := clause.OnConflict{Columns: columns("name"), DoUpdates: clause.Assignments(map[string]any{"hits": gorm.Expr("accounts.hits + 1")})}
		row := account{Name: "a"}
		done(t, db.Clauses(conflict, clause.Returning{}).Create(&row), 1)
		require.Equal(t, account{ID: 1, Name: "a", Hits: 2, Note: "x"}, row)
		rows := []account{{Name: "a"}, {Name: "b"}}
		done(t, db.Clauses(conflict, clause.Returning{Columns: columns("id", "hits")}).Create(&rows), 2)
		require.Equal(t, []account{{ID: 1, Name: "a", Hits: 3}, {ID: rows[1].ID, Name: "b"}}, rows)
		require.Equal(t, fmt.Sprintf("1 a 3, %d b 0", rows[1].ID), show(t, db, "SELECT id, name, hits FROM accounts"))
	})
}
