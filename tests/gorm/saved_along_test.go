package gormtest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// A garage has everything that GORM knows to relate.
type garage struct {
	ID      uint
	Name    string
	TownID  *uint
	Town    *town    // belongs to
	Sign    sign     // has one
	Cars    []car    // has many
	Tools   []*tool  `gorm:"many2many:garage_tools"`
	Photo   photo    `gorm:"polymorphic:Owner"`
	Photos  []*photo `gorm:"polymorphicType:Kind;polymorphicId:Ref;polymorphicValue:shop"`
	MainID  *uint
	Main    *garage  // self referential
	Filials []garage `gorm:"foreignKey:MainID"`
}

type town struct {
	ID     uint
	Name   string
	LandID *uint
	Land   *land
}

type land struct {
	ID   uint
	Name string
}

type sign struct {
	ID       uint
	Text     string
	GarageID *uint
}

type car struct {
	ID       uint
	Plate    string
	GarageID *uint
	Wheels   []wheel
	Photo    *photo `gorm:"polymorphic:Owner"`
}

type wheel struct {
	ID    uint
	Size  int
	CarID uint
}

type tool struct {
	ID   uint
	Name string `gorm:"unique"`
}

type photo struct {
	ID        uint
	File      string
	OwnerID   *uint
	OwnerType string
	Ref       *uint
	Kind      string
}

var garageModels = models(&land{}, &town{}, &garage{}, &sign{}, &car{}, &wheel{}, &tool{}, &photo{})

func newGarage(name string) garage {
	return garage{
		Name: name, Town: &town{Name: name + " town", Land: &land{Name: name + " land"}}, Sign: sign{Text: name + " sign"},
		Cars: []car{
			{Plate: name + "-1", Wheels: []wheel{{Size: 15}, {Size: 16}}, Photo: &photo{File: name + "-1.jpg"}}, {Plate: name + "-2"},
		},
		Tools: []*tool{{Name: name + " saw"}, {Name: name + " axe"}},
		Photo: photo{File: name + ".jpg"}, Photos: []*photo{{File: name + " shop.jpg"}},
		Main:    &garage{Name: name + " main"},
		Filials: []garage{{Name: name + " filial", Cars: []car{{Plate: name + "-f"}}}},
	}
}

const (
	garages     = "SELECT id, name, town_id, main_id FROM garages ORDER BY id"
	cars        = "SELECT id, plate, garage_id FROM cars ORDER BY id"
	photos      = "SELECT id, file, owner_id, owner_type, ref, kind FROM photos ORDER BY id"
	garageTools = "SELECT garage_id, tool_id FROM garage_tools ORDER BY 1, 2"
)

func TestAssociationsAreCreatedAlong(t *testing.T) {
	each(t, garageModels, func(t *testing.T, db *gorm.DB) {
		g := newGarage("A")
		done(t, db.Create(&g), 1)
		require.Equal(t, "1 A main NULL NULL, 2 A 1 1, 3 A filial NULL 2", show(t, db, garages))
		require.Equal(t, "1 A land", show(t, db, "SELECT * FROM lands"))
		require.Equal(t, "1 A town 1", show(t, db, "SELECT * FROM towns"))
		require.Equal(t, "1 A sign 2", show(t, db, "SELECT * FROM signs"))
		require.Equal(t, "1 A-1 2, 2 A-2 2, 3 A-f 3", show(t, db, cars))
		require.Equal(t, "1 15 1, 2 16 1", show(t, db, "SELECT * FROM wheels"))
		require.Equal(t, "1 A saw, 2 A axe", show(t, db, "SELECT * FROM tools"))
		require.Equal(t, "2 1, 2 2", show(t, db, garageTools))
		require.Equal(t, "A shop.jpg NULL  2 shop, A-1.jpg 1 cars NULL , A.jpg 2 garages NULL ",
			show(t, db, "SELECT file, owner_id, owner_type, ref, kind FROM photos ORDER BY file"))
		require.EqualValues(t, 2, g.Sign.ID+1, "keys come back")
		require.EqualValues(t, 2, *g.Sign.GarageID)
		require.EqualValues(t, 1, *g.TownID)
		require.EqualValues(t, 1, g.Cars[0].Wheels[1].CarID)

		// A second one shares what there is.
		b := garage{Name: "B", Town: g.Town, Tools: g.Tools}
		done(t, db.Create(&b), 1)
		require.Equal(t, "2 1, 2 2, 4 1, 4 2", show(t, db, garageTools))
		require.Equal(t, "1 A town 1", show(t, db, "SELECT * FROM towns"))
		require.EqualValues(t, 1, *b.TownID)
		batch := []garage{newGarage("C"), newGarage("D")}
		done(t, db.Create(&batch), 2)
		require.Equal(t, "C C-1, C C-2, D D-1, D D-2", show(t, db,
			"SELECT name, plate FROM garages g JOIN cars c ON c.garage_id = g.id WHERE name IN ('C', 'D') ORDER BY plate"))
		require.Equal(t, "C C saw, C C axe, D D saw, D D axe", show(t, db,
			"SELECT g.name, t.name FROM garages g JOIN garage_tools ON garage_id = g.id JOIN tools t ON t.id = tool_id WHERE g.name IN ('C', 'D') ORDER BY g.name, t.id"))
	})
}

func TestSelectedAssociationsAreCreated(t *testing.T) {
	const all = "SELECT (SELECT count(*) FROM garages), (SELECT count(*) FROM towns), (SELECT count(*) FROM lands), (SELECT count(*) FROM signs)," +
		"(SELECT count(*) FROM cars), (SELECT count(*) FROM wheels), (SELECT count(*) FROM tools), (SELECT count(*) FROM garage_tools), (SELECT count(*) FROM photos)"
	for _, c := range []struct {
		what string
		with func(db *gorm.DB) *gorm.DB
		want string // garages, towns, lands, signs, cars, wheels, tools, garage_tools, photos
	}{
		{"everything", func(db *gorm.DB) *gorm.DB { return db }, "3 1 1 1 3 2 2 2 3"},
		{"nothing", func(db *gorm.DB) *gorm.DB { return db.Omit(clause.Associations) }, "1 0 0 0 0 0 0 0 0"},
		{"no cars", func(db *gorm.DB) *gorm.DB { return db.Omit("Cars", "Filials", "Main") }, "1 1 1 1 0 0 2 2 2"},
		{"one field and cars", func(db *gorm.DB) *gorm.DB { return db.Select("Name", "Cars") }, "1 0 0 0 2 0 0 0 0"},
		{"cars with wheels", func(db *gorm.DB) *gorm.DB { return db.Select("Name", "Cars.Plate", "Cars.Wheels", "Cars") }, "1 0 0 0 2 2 0 0 0"},
		{"town without its land", func(db *gorm.DB) *gorm.DB { return db.Omit("Town.Land", "Main", "Filials") }, "1 1 0 1 2 2 2 2 3"},
	} {
		t.Run(c.what, func(t *testing.T) {
			each(t, garageModels, func(t *testing.T, db *gorm.DB) {
				g := newGarage("A")
				done(t, c.with(db).Create(&g), 1)
				require.Equal(t, c.want, show(t, db, all))
			})
		})
	}
}

// Omit("Tools.*") writes the join rows and leaves the tools alone.
func TestOmitUpsertOfMany2Many(t *testing.T) {
	each(t, garageModels, func(t *testing.T, db *gorm.DB) {
		done(t, db.Create(&[]tool{{Name: "saw"}, {Name: "axe"}}), 2)
		done(t, db.Omit("Tools.*").Create(&garage{Name: "A", Tools: []*tool{{ID: 2}}}), 1)
		require.Equal(t, "1 2", show(t, db, garageTools))
		require.Equal(t, "1 saw, 2 axe", show(t, db, "SELECT * FROM tools"))
		require.Error(t, db.Omit("Tools.*").Create(&garage{Name: "B", Tools: []*tool{{ID: 99}}}).Error, "no such tool: the foreign key")
		if !db.SkipDefaultTransaction {
			require.Equal(t, "1 A NULL NULL", show(t, db, garages))
		}
	})
}

func TestFullSaveAssociations(t *testing.T) {
	each(t, garageModels, func(t *testing.T, db *gorm.DB) {
		g := newGarage("A")
		done(t, db.Create(&g), 1)
		g.Name, g.Town.Name, g.Town.Land.Name, g.Sign.Text, g.Cars[0].Plate, g.Cars[0].Wheels[0].Size, g.Tools[0].Name, g.Photos[0].File = "B", "t", "l", "s", "p", 99, "tool", "f"
		// Without it, what is there already stays.
		done(t, db.Save(&g), 1)
		const changed = "SELECT g.name, t.name, l.name, s.text, c.plate, w.size, o.name, p.file FROM garages g, towns t, lands l, signs s, cars c, wheels w, tools o, photos p " +
			"WHERE g.id = 2 AND c.id = 1 AND w.id = 1 AND o.id = 1 AND p.ref = 2"
		require.Equal(t, "B A town A land A sign A-1 15 A saw A shop.jpg", show(t, db, changed))
		done(t, db.Session(&gorm.Session{FullSaveAssociations: true}).Save(&g), 1)
		require.Equal(t, "B t l s p 99 tool f", show(t, db, changed))
		g.Sign.Text, g.Cars[1].Plate = "s2", "p2"
		done(t, db.Session(&gorm.Session{FullSaveAssociations: true}).Updates(&g), 1)
		require.Equal(t, "B t l s2 p 99 tool f", show(t, db, changed))
		require.Equal(t, "1 p 2, 2 p2 2, 3 A-f 3", show(t, db, cars))
	})
}

// An error in the middle of it undoes all of it.
func TestAssociationThatFails(t *testing.T) {
	each(t, garageModels, func(t *testing.T, db *gorm.DB) {
		done(t, db.Create(&tool{Name: "saw"}), 1)
		g := garage{Name: "A", Town: &town{Name: "T"}, Cars: []car{{Plate: "1"}}, TownID: ptr(uint(1))}
		g.Tools = []*tool{{ID: 50, Name: "axe"}, {ID: 51, Name: "nail"}}
		g.Filials = []garage{{Name: "F", TownID: ptr(uint(99))}} // no such town
		require.Error(t, db.Create(&g).Error)
		if !db.SkipDefaultTransaction {
			require.Equal(t, "0 0 0 1", show(t, db, "SELECT (SELECT count(*) FROM garages), (SELECT count(*) FROM towns), (SELECT count(*) FROM cars), (SELECT count(*) FROM tools)"))
		}
	})
}
