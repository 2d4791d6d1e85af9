package gormtest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Three garages: A has it all, B has a town without a land, C has nothing.
func fillGarages(t *testing.T, db *gorm.DB) {
	t.Helper()
	done(t, db.Create(&[]garage{
		{ID: 1, Name: "A", Town: &town{ID: 1, Name: "Bern", Land: &land{ID: 1, Name: "CH"}}, Sign: sign{ID: 1, Text: "a"},
			Cars:  []car{{ID: 1, Plate: "a1", Wheels: []wheel{{ID: 1, Size: 15}, {ID: 2, Size: 16}}}, {ID: 2, Plate: "a2"}, {ID: 3, Plate: "x"}},
			Tools: []*tool{{ID: 1, Name: "saw"}, {ID: 2, Name: "axe"}}, Photo: photo{ID: 1, File: "a.jpg"}, Photos: []*photo{{ID: 2, File: "s1"}, {ID: 3, File: "s2"}}},
		{ID: 2, Name: "B", Town: &town{ID: 2, Name: "Bonn"}, Sign: sign{ID: 2, Text: "b"}, MainID: ptr(uint(1)),
			Cars: []car{{ID: 4, Plate: "b1"}}, Tools: []*tool{{ID: 3, Name: "nail"}}},
		{ID: 3, Name: "C", MainID: ptr(uint(2))},
	}), 3)
}

func eachGarages(t *testing.T, body func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	each(t, garageModels, func(t *testing.T, db *gorm.DB) {
		fillGarages(t, db)
		body(t, db)
	})
}

func garageNames(gs []garage) (s string) {
	for _, g := range gs {
		s += g.Name
	}
	return s
}

func TestJoinsByText(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		var pairs []struct{ Name, Plate string }
		done(t, db.Model(&garage{}).Select("garages.name, cars.plate").Joins("left join cars on cars.garage_id = garages.id").Order("garages.id, cars.id").Scan(&pairs), 5)
		require.Equal(t, "[{A a1} {A a2} {A x} {B b1} {C }]", text(pairs))
		var gs []garage
		done(t, db.Joins("JOIN cars ON cars.garage_id = garages.id AND cars.plate = ?", "b1").Joins("JOIN signs ON signs.garage_id = garages.id").
			Where("signs.text = ?", "b").Find(&gs), 1)
		require.Equal(t, "B", garageNames(gs))
		done(t, db.InnerJoins("JOIN cars ON cars.garage_id = garages.id AND cars.plate LIKE @p", map[string]any{"p": "a%"}).Order("cars.id").Find(&gs), 2)
		require.Equal(t, "AA", garageNames(gs))
		pairs = nil
		done(t, db.Table("garages AS g").Select("g.name, c.plate").Joins("INNER JOIN cars AS c ON c.garage_id = g.id AND c.id > ?", 2).Order("c.id").Find(&pairs), 2)
		require.Equal(t, "[{A x} {B b1}]", text(pairs))
	})
}

func TestJoinsOfAssociations(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		var gs []garage
		done(t, db.Joins("Town").Joins("Sign").Order("garages.id").Find(&gs), 3)
		require.Equal(t, "Bern", gs[0].Town.Name)
		require.Equal(t, "b", gs[1].Sign.Text)
		require.Nil(t, gs[2].Town)
		require.Zero(t, gs[2].Sign)

		done(t, db.InnerJoins("Town").Order("garages.id").Find(&gs), 2)
		require.Equal(t, "AB", garageNames(gs))
		// Conditions of the ON clause, which leave the rows of a left join.
		done(t, db.Joins("Town", db.Where(&town{Name: "Bonn"})).Order("garages.id").Find(&gs), 3)
		require.Nil(t, gs[0].Town)
		require.Equal(t, "Bonn", gs[1].Town.Name)
		done(t, db.InnerJoins("Town", db.Where("`Town`.`name` <> ?", "Bonn")).Find(&gs), 1)
		require.Equal(t, "A", garageNames(gs))
		done(t, db.Joins("Town", db.Select("Name").Where("Town.name = ? OR Town.name = ?", "Bern", "Bonn")).Where("garages.name = ?", "A").Find(&gs), 1)
		require.Equal(t, town{Name: "Bern"}, *gs[0].Town)
		done(t, db.Joins("Town", db.Omit("land_id")).Where("Town.name = ?", "Bern").Find(&gs), 1)
		require.Equal(t, town{ID: 1, Name: "Bern"}, *gs[0].Town)

		// Nested, and of the table itself.
		done(t, db.Joins("Town.Land").Joins("Main").Joins("Main.Main").Order("garages.id").Find(&gs), 3)
		require.Equal(t, "CH", gs[0].Town.Land.Name)
		require.Nil(t, gs[1].Town.Land)
		require.Equal(t, "A", gs[1].Main.Name)
		require.Equal(t, "A", gs[2].Main.Main.Name)
		done(t, db.InnerJoins("Main", db.Where(&garage{Name: "B"})).Find(&gs), 1)
		require.Equal(t, "C", garageNames(gs))
		var one garage
		done(t, db.Joins("Town").Joins("Town.Land").First(&one, 1), 1)
		require.Equal(t, "CH", one.Town.Land.Name)
		var n int64
		require.NoError(t, db.Model(&garage{}).Joins("Town").Where("`Town`.`name` LIKE ?", "B%").Count(&n).Error)
		require.EqualValues(t, 2, n)
	})
}

func TestJoinsOfDerivedTables(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		latest := db.Table("cars").Select("max(id) AS last, garage_id").Group("garage_id").Having("count(*) > ?", 1)
		var got []struct {
			Name string
			Last uint
		}
		done(t, db.Model(&garage{}).Select("garages.name, q.last").Joins("JOIN (?) q ON q.garage_id = garages.id", latest).Where("garages.id < ?", 9).Scan(&got), 1)
		require.Equal(t, "[{A 3}]", text(got))
		var gs []garage
		done(t, db.Joins("LEFT JOIN (?) AS q ON garages.id = q.garage_id", latest).Where("q.last IS NULL").Order("id").Find(&gs), 2)
		require.Equal(t, "BC", garageNames(gs))
	})
}

func TestJoinClauses(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		join := func(j clause.Join) *gorm.DB { return db.Clauses(clause.From{Joins: []clause.Join{j}}) }
		var gs []garage
		on := clause.Where{Exprs: []clause.Expression{clause.Eq{Column: clause.Column{Table: "cars", Name: "garage_id"}, Value: clause.PrimaryColumn}}}
		done(t, join(clause.Join{Type: clause.InnerJoin, Table: clause.Table{Name: "cars"}, ON: on}).Order("cars.id").Find(&gs), 4)
		require.Equal(t, "AAAB", garageNames(gs))
		done(t, join(clause.Join{Type: clause.RightJoin, Table: clause.Table{Name: "signs"}, Using: []string{"id"}}).Order("signs.id").Find(&gs), 2)
		require.Equal(t, "AB", garageNames(gs))
		done(t, join(clause.Join{Type: clause.CrossJoin, Table: clause.Table{Name: "towns", Alias: "x"}}).Where("x.id = ?", 1).Order("garages.id").Find(&gs), 3)
		require.Equal(t, "ABC", garageNames(gs))
	})
}
