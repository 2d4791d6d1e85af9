package gormtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
)

func TestDeletes(t *testing.T) {
	cases := []struct {
		what     string
		do       func(db *gorm.DB) *gorm.DB
		affected int64
		left     string
	}{
		{"row", func(db *gorm.DB) *gorm.DB { return db.Delete(&person{ID: 2}) }, 1, "1 3 4 5"},
		{"row and condition", func(db *gorm.DB) *gorm.DB { return db.Where("name = ?", "Eve").Delete(&person{ID: 2}) }, 0, "1 2 3 4 5"},
		{"key", func(db *gorm.DB) *gorm.DB { return db.Delete(&person{}, 2) }, 1, "1 3 4 5"},
		{"text key", func(db *gorm.DB) *gorm.DB { return db.Delete(&person{}, "2") }, 1, "1 3 4 5"},
		{"keys", func(db *gorm.DB) *gorm.DB { return db.Delete(&person{}, []int{1, 3, 99}) }, 2, "2 4 5"},
		{"slice", func(db *gorm.DB) *gorm.DB { return db.Delete(&[]person{{ID: 1}, {ID: 5}}) }, 2, "2 3 4"},
		{"slice and condition", func(db *gorm.DB) *gorm.DB { return db.Delete(&[]person{{ID: 1}, {ID: 5}}, "name LIKE ?", "%a%") }, 1, "2 3 4 5"},
		{"pointers", func(db *gorm.DB) *gorm.DB { return db.Delete([]*person{{ID: 1}, {ID: 5}}) }, 2, "2 3 4"},
		{"condition", func(db *gorm.DB) *gorm.DB { return db.Where("city = ?", "Bonn").Delete(&person{}) }, 2, "1 3 5"},
		{"inline", func(db *gorm.DB) *gorm.DB { return db.Delete(&person{}, "city = ? AND age < ?", "Bonn", 30) }, 1, "1 2 3 5"},
		{"struct", func(db *gorm.DB) *gorm.DB { return db.Where(&person{City: "Bern"}).Delete(&person{}) }, 2, "2 4 5"},
		{"map", func(db *gorm.DB) *gorm.DB { return db.Delete(&person{}, map[string]any{"age": []int{20, 50}}) }, 2, "1 2 3"},
		{"subquery", func(db *gorm.DB) *gorm.DB {
			return db.Where("age = (?)", db.Model(&person{}).Select("max(age)")).Delete(&person{})
		}, 1, "1 2 3 4"},
		{"limit", func(db *gorm.DB) *gorm.DB {
			return db.Where("age >= ?", 30).Order("age DESC").Limit(2).Delete(&person{})
		}, 2, "1 3 4"},
		{"table", func(db *gorm.DB) *gorm.DB { return db.Table("people").Where("id > ?", 3).Delete(nil) }, 2, "1 2 3"},
		{"model", func(db *gorm.DB) *gorm.DB { return db.Model(&person{ID: 4}).Delete(&person{}) }, 1, "1 2 3 5"},
		{"raw", func(db *gorm.DB) *gorm.DB { return db.Exec("DELETE FROM people WHERE id < ?", 3) }, 2, "3 4 5"},
		{"nobody", func(db *gorm.DB) *gorm.DB { return db.Delete(&person{}, 99) }, 0, "1 2 3 4 5"},
		{"everybody", func(db *gorm.DB) *gorm.DB { return db.Where("1 = 1").Delete(&person{}) }, 5, ""},
		{"global", func(db *gorm.DB) *gorm.DB {
			return db.Session(&gorm.Session{AllowGlobalUpdate: true}).Delete(&person{})
		}, 5, ""},
	}
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		for _, c := range cases {
			t.Run(c.what, func(t *testing.T) {
				again(t, db)
				done(t, c.do(db), c.affected)
				require.Equal(t, c.left, show(t, db, "SELECT coalesce(group_concat(id, ' '), '') FROM (SELECT id FROM people ORDER BY id)"))
			})
		}
	})
}

func TestGlobalDeletes(t *testing.T) {
	each(t, models(&person{}, &soft{}), func(t *testing.T, db *gorm.DB) {
		fill(t, db)
		done(t, db.Create(&soft{Name: "a"}), 1)
		for _, tx := range []*gorm.DB{db.Delete(&person{}), db.Delete(&[]person{}), db.Table("people").Delete(nil), db.Delete(&soft{}), db.Unscoped().Delete(&soft{})} {
			require.ErrorIs(t, tx.Error, gorm.ErrMissingWhereClause)
			require.Zero(t, tx.RowsAffected)
		}
		require.Equal(t, allPeople, people(t, db))
		require.Equal(t, "1 a NULL", show(t, db, "SELECT * FROM softs"))
	})
}

func TestDeleteReturning(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var all []person
		done(t, db.Clauses(clause.Returning{}).Where("city = ?", "Bonn").Delete(&all), 2)
		require.Equal(t, []person{{2, "Ben", 40, "Bonn"}, {4, "Dan", 20, "Bonn"}}, all)
		var some []person
		done(t, db.Clauses(clause.Returning{Columns: columns("name")}).Where("city = ?", "Bern").Delete(&some), 2)
		require.Equal(t, []person{{Name: "Anna"}, {Name: "Cleo"}}, some)
		one := person{ID: 5}
		done(t, db.Clauses(clause.Returning{}).Delete(&one), 1)
		require.Equal(t, person{5, "Eve", 50, "Ulm"}, one)
		require.Empty(t, people(t, db))
	})
}

type soft struct {
	ID        uint
	Name      string
	DeletedAt gorm.DeletedAt
}

const softs = "SELECT id, name, deleted_at FROM softs ORDER BY id"

func TestSoftDelete(t *testing.T) {
	each(t, models(&soft{}), func(t *testing.T, db *gorm.DB) {
		done(t, db.Create(&[]soft{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}), 4)
		db = at(db, noon)
		a := soft{ID: 1}
		done(t, db.Delete(&a), 1)
		require.True(t, a.DeletedAt.Valid)
		done(t, db.Where("name = ?", "b").Delete(&soft{}), 1)
		const two = "1 a 2024-05-06T12:00:00.123456789, 2 b 2024-05-06T12:00:00.123456789, "
		require.Equal(t, two+"3 c NULL, 4 d NULL", show(t, db, softs))
		// What is deleted is neither found, nor counted, nor changed, nor deleted again.
		var found []soft
		done(t, db.Order("id").Find(&found), 2)
		require.Equal(t, []soft{{ID: 3, Name: "c"}, {ID: 4, Name: "d"}}, found)
		require.ErrorIs(t, db.First(&soft{}, 1).Error, gorm.ErrRecordNotFound)
		done(t, db.Where("name = ?", "a").Or("name = ?", "c").Find(&found), 1)
		var n int64
		require.NoError(t, db.Model(&soft{}).Count(&n).Error)
		require.EqualValues(t, 2, n)
		done(t, db.Model(&soft{}).Where("1 = 1").Update("name", "x"), 2)
		done(t, at(db, noon.Add(time.Hour)).Delete(&soft{}, []int{1, 2}), 0)
		require.Equal(t, two+"3 x NULL, 4 x NULL", show(t, db, softs))
		// Unless asked for.
		done(t, db.Unscoped().Where("name = ?", "a").Find(&found), 1)
		require.True(t, found[0].DeletedAt.Time.Equal(noon))
		require.NoError(t, db.Unscoped().Model(&soft{}).Count(&n).Error)
		require.EqualValues(t, 4, n)
		done(t, db.Unscoped().Model(&soft{}).Where("id = 1").Update("deleted_at", nil), 1)
		done(t, db.First(&soft{}, 1), 1)
		done(t, db.Unscoped().Delete(&soft{ID: 2}), 1)
		done(t, db.Unscoped().Delete(&soft{}, "id IN ?", []int{3}), 1)
		require.Equal(t, "1 a NULL, 4 x NULL", show(t, db, softs))
		var gone []soft
		done(t, db.Clauses(clause.Returning{}).Where("id = ?", 4).Delete(&gone), 1)
		require.True(t, gone[0].DeletedAt.Time.Equal(noon))
		done(t, db.Limit(1).Where("1 = 1").Delete(&soft{}), 1)
		require.Equal(t, "0", show(t, db, "SELECT count(*) FROM softs WHERE deleted_at IS NULL"))
	})
}

func TestDeletedRowsLeaveTheirAssociations(t *testing.T) {
	type softCar struct {
		ID        uint
		Plate     string
		OwnerID   uint
		DeletedAt gorm.DeletedAt
	}
	type owner struct {
		ID   uint
		Cars []softCar `gorm:"foreignKey:OwnerID"`
	}
	each(t, models(&owner{}, &softCar{}), func(t *testing.T, db *gorm.DB) {
		done(t, db.Create(&owner{Cars: []softCar{{Plate: "a"}, {Plate: "b"}}}), 1)
		done(t, db.Delete(&softCar{}, "plate = ?", "a"), 1)
		var o owner
		done(t, db.Preload("Cars").First(&o), 1)
		require.Len(t, o.Cars, 1)
		done(t, db.Preload("Cars", func(db *gorm.DB) *gorm.DB { return db.Unscoped() }).First(&o), 1)
		require.Len(t, o.Cars, 2)
		o = owner{ID: 1}
		require.EqualValues(t, 1, db.Model(&o).Association("Cars").Count())
		require.EqualValues(t, 2, db.Unscoped().Model(&o).Association("Cars").Count())
	})
}

// Associations that Select names are deleted along.
func TestSelectDelete(t *testing.T) {
	const left = "SELECT (SELECT group_concat(id) FROM garages), (SELECT group_concat(id) FROM signs), (SELECT group_concat(id) FROM cars), (SELECT group_concat(id) FROM wheels), (SELECT count(*) FROM garage_tools), (SELECT count(*) FROM tools)"
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		require.Equal(t, "1,2,3 1,2 1,2,3,4 1,2 3 3", show(t, db, left))
		require.Error(t, db.Select("Sign", "Cars", "Tools").Delete(&garage{ID: 1}).Error, "a car has wheels")
		if !db.SkipDefaultTransaction {
			require.Equal(t, "1,2,3 1,2 1,2,3,4 1,2 3 3", show(t, db, left))
		}
	})
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		done(t, db.Delete(&garage{ID: 3}), 1)
		done(t, db.Select("Sign", "Cars", "Tools").Delete(&garage{ID: 2}), 1)
		require.Equal(t, "1 1 1,2,3 1,2 2 3", show(t, db, left))
		done(t, db.Select(clause.Associations).Delete(&[]car{{ID: 1}, {ID: 2}}), 2)
		done(t, db.Select(clause.Associations).Delete(&garage{ID: 1}), 1)
		require.Equal(t, "NULL NULL NULL NULL 0 3", show(t, db, left))
		require.Equal(t, "0", show(t, db, "SELECT count(*) FROM photos"))
		require.Equal(t, "1 Bern 1, 2 Bonn NULL", show(t, db, "SELECT * FROM towns"), "what it belongs to stays")
	})
}

type country struct {
	Code   string   `gorm:"primaryKey"`
	Cities []city   `gorm:"foreignKey:CountryCode;references:Code;constraint:OnUpdate:CASCADE,OnDelete:SET NULL"`
	Rivers []river  `gorm:"foreignKey:Mouth;constraint:OnDelete:CASCADE"`
	Flag   *theFlag `gorm:"foreignKey:Of;references:Code;constraint:OnDelete:RESTRICT"`
}

type city struct {
	ID          uint
	CountryCode *string
}

type river struct {
	ID    uint
	Mouth string
}

type theFlag struct {
	ID uint
	Of string
}

// What the database does by itself to the rows that refer to a row.
func TestConstraintsOfTags(t *testing.T) {
	each(t, models(&country{}, &city{}, &river{}, &theFlag{}), func(t *testing.T, db *gorm.DB) {
		const all = "SELECT (SELECT group_concat(coalesce(country_code, '-')) FROM cities), (SELECT group_concat(mouth) FROM rivers), (SELECT group_concat(`of`) FROM the_flags)"
		done(t, db.Create(&[]country{
			{Code: "a", Cities: []city{{}, {}}, Rivers: []river{{}}}, {Code: "b", Cities: []city{{}}, Rivers: []river{{}}, Flag: &theFlag{}},
		}), 2)
		require.Equal(t, "a,a,b a,b b", show(t, db, all))
		done(t, db.Model(&country{}).Where("code = ?", "b").Update("code", "b"), 1)
		done(t, db.Delete(&country{Code: "a"}), 1)
		require.Equal(t, "-,-,b b b", show(t, db, all))
		require.ErrorIs(t, db.Delete(&country{Code: "b"}).Error, driver.ErrConstraint)
		require.Equal(t, "-,-,b b b", show(t, db, all))
		done(t, db.Delete(&theFlag{}, "`of` = ?", "b"), 1)
		done(t, db.Delete(&river{}, "mouth = ?", "b"), 1)
		done(t, db.Model(&country{}).Where("code = ?", "b").Update("code", "c"), 1)
		require.Equal(t, "-,-,c NULL NULL", show(t, db, all))
	})
}
