package gormtest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

func plates(cs []car) (s string) {
	for _, c := range cs {
		s += c.Plate + " "
	}
	return s
}

func TestPreload(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		var gs []garage
		done(t, db.Preload("Town").Preload("Sign").Preload("Cars").Preload("Tools").Preload("Photo").Preload("Photos").Preload("Main").Preload("Filials").Order("id").Find(&gs), 3)
		a, c := gs[0], gs[2]
		require.Equal(t, "Bern", a.Town.Name)
		require.Equal(t, "a", a.Sign.Text)
		require.Equal(t, "a1 a2 x ", plates(a.Cars))
		require.Len(t, a.Tools, 2)
		require.Equal(t, "a.jpg", a.Photo.File)
		require.Len(t, a.Photos, 2)
		require.Nil(t, a.Main)
		require.Equal(t, "B", garageNames(a.Filials))
		require.Equal(t, "B", c.Main.Name)
		require.Nil(t, c.Town)
		require.Empty(t, c.Cars)

		done(t, db.Preload(clause.Associations).Order("id").Find(&gs), 3)
		require.Equal(t, "Bern", gs[0].Town.Name)
		require.Nil(t, gs[0].Town.Land, "only what is direct")
		require.Len(t, gs[0].Cars, 3)
		done(t, db.Preload("Town."+clause.Associations).Preload("Cars.Wheels").Preload(clause.Associations).Order("id").Find(&gs), 3)
		require.Equal(t, "CH", gs[0].Town.Land.Name)
		require.Len(t, gs[0].Cars[0].Wheels, 2)
		require.Empty(t, gs[0].Cars[1].Wheels)

		var one garage
		done(t, db.Preload("Filials.Filials.Cars").Preload("Cars.Wheels").First(&one), 1)
		require.Equal(t, "C", garageNames(one.Filials[0].Filials))
		require.ErrorIs(t, db.Preload("Nothing").Find(&gs).Error, gorm.ErrUnsupportedRelation)
		done(t, db.Preload("Cars").Find(&gs, 99), 0)
	})
}

func TestPreloadWithConditions(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		var gs []garage
		done(t, db.Where("name IN ?", []string{"A", "B"}).Preload("Cars", "plate NOT IN (?)", []string{"x", "a1"}).Preload("Tools", "name = ?", "axe").Order("id").Find(&gs), 2)
		require.Equal(t, "a2 ", plates(gs[0].Cars))
		require.Equal(t, "b1 ", plates(gs[1].Cars))
		require.Len(t, gs[0].Tools, 1)
		require.Empty(t, gs[1].Tools)
		done(t, db.Preload("Cars", func(db *gorm.DB) *gorm.DB { return db.Order("cars.plate DESC").Where("id <> ?", 2) }).Order("id").Find(&gs), 3)
		require.Equal(t, "x a1 ", plates(gs[0].Cars))
		done(t, db.Preload("Cars", "plate = ?", "a1").Preload("Cars.Wheels", "size > ?", 15).Order("id").Find(&gs), 3)
		require.Equal(t, "a1 ", plates(gs[0].Cars))
		require.Equal(t, []wheel{{2, 16, 1}}, gs[0].Cars[0].Wheels)
		done(t, db.Preload("Cars", func(db *gorm.DB) *gorm.DB { return db.Select("id", "garage_id").Limit(2).Order("id") }).Order("id").Find(&gs), 3)
		require.Len(t, gs[0].Cars, 2, "a limit is of all of them")
		require.Empty(t, gs[1].Cars)
		require.Empty(t, gs[0].Cars[0].Plate)
		done(t, db.Preload("Photos", "file = ?", "s2").Order("id").Find(&gs), 3)
		require.Len(t, gs[0].Photos, 1)
		require.Equal(t, "shop", gs[0].Photos[0].Kind)
	})
}

// What is joined can be gone on from.
func TestPreloadOfJoined(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		var gs []garage
		done(t, db.Joins("Town").Preload("Town.Land").Joins("Main").Preload("Main.Cars").Order("garages.id").Find(&gs), 3)
		require.Equal(t, "CH", gs[0].Town.Land.Name)
		require.Equal(t, "a1 a2 x ", plates(gs[1].Main.Cars))
		require.Nil(t, gs[2].Town)
	})
}

// More owners than a statement takes variables.
func TestPreloadOfMany(t *testing.T) {
	each(t, garageModels, func(t *testing.T, db *gorm.DB) {
		const n = 2000
		gs := make([]garage, n)
		for i := range gs {
			gs[i].Cars = []car{{Plate: "p"}}
		}
		done(t, db.Create(&gs), n)
		gs = nil
		done(t, db.Preload("Cars").Find(&gs), n)
		for _, g := range gs {
			require.Len(t, g.Cars, 1)
			require.Equal(t, g.ID, *g.Cars[0].GarageID)
		}
	})
}
