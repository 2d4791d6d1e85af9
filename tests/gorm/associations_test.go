package gormtest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

func of(db *gorm.DB, owner any, name string) *gorm.Association {
	return db.Model(owner).Association(name)
}

func TestBelongsTo(t *testing.T) {
	const towns = "SELECT id, name FROM towns ORDER BY id"
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		c := garage{ID: 3}
		require.Zero(t, of(db, &c, "Town").Count())
		require.NoError(t, of(db, &c, "Town").Append(&town{Name: "Ulm"}))
		require.EqualValues(t, 3, *c.TownID)
		require.EqualValues(t, 1, of(db, &c, "Town").Count())
		require.NoError(t, of(db, &c, "Town").Replace(&town{Name: "Genf"}))
		var found town
		require.NoError(t, of(db, &c, "Town").Find(&found))
		require.Equal(t, town{ID: 4, Name: "Genf"}, found)
		require.Equal(t, "1 Bern, 2 Bonn, 3 Ulm, 4 Genf", show(t, db, towns), "what is replaced stays")
		require.Equal(t, "1 A 1 NULL, 2 B 2 1, 3 C 4 2", show(t, db, garages))
		require.NoError(t, of(db, &c, "Town").Delete(&town{ID: 1}), "not this one's")
		require.Equal(t, "1 A 1 NULL, 2 B 2 1, 3 C 4 2", show(t, db, garages))
		require.NoError(t, of(db, &c, "Town").Delete(&found))
		require.Equal(t, "1 A 1 NULL, 2 B 2 1, 3 C NULL 2", show(t, db, garages))
		require.NoError(t, of(db, &garage{ID: 2}, "Town").Clear())
		require.Equal(t, "1 A 1 NULL, 2 B NULL 1, 3 C NULL 2", show(t, db, garages))
		require.Equal(t, "1 Bern, 2 Bonn, 3 Ulm, 4 Genf", show(t, db, towns))

		// Two owners at once, each its own.
		both := []garage{{ID: 2}, {ID: 3}}
		require.NoError(t, of(db, &both, "Town").Append(&town{ID: 3}, &town{ID: 4}))
		require.Equal(t, "1 A 1 NULL, 2 B 3 1, 3 C 4 2", show(t, db, garages))
		require.EqualValues(t, 2, of(db, &both, "Town").Count())
		require.ErrorIs(t, of(db, &both, "Town").Append(&town{ID: 3}), gorm.ErrInvalidValueOfLength)
		var ts []town
		require.NoError(t, of(db, &[]garage{{ID: 1, TownID: ptr(uint(1))}, both[0]}, "Town").Find(&ts, "name <> ?", "x"))
		require.Len(t, ts, 2)
		require.ErrorIs(t, of(db, &both, "Nothing").Error, gorm.ErrUnsupportedRelation)
	})
}

func TestHasOne(t *testing.T) {
	const signs = "SELECT id, text, garage_id FROM signs ORDER BY id"
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		a := garage{ID: 1}
		var s sign
		require.NoError(t, of(db, &a, "Sign").Find(&s))
		require.Equal(t, "a", s.Text)
		require.NoError(t, of(db, &a, "Sign").Replace(&sign{Text: "new"}))
		require.Equal(t, "1 a NULL, 2 b 2, 3 new 1", show(t, db, signs))
		require.NoError(t, of(db, &a, "Sign").Append(&sign{ID: 1}))
		require.Equal(t, "1 a 1, 2 b 2, 3 new NULL", show(t, db, signs))
		require.EqualValues(t, 1, of(db, &a, "Sign").Count())
		require.NoError(t, of(db, &a, "Sign").Delete(&sign{ID: 2}))
		require.NoError(t, of(db, &a, "Sign").Delete(&sign{ID: 1}))
		require.Equal(t, "1 a NULL, 2 b 2, 3 new NULL", show(t, db, signs))
		require.NoError(t, of(db, &garage{ID: 2}, "Sign").Clear())
		require.Equal(t, "1 a NULL, 2 b NULL, 3 new NULL", show(t, db, signs))
		require.NoError(t, of(db, &[]garage{{ID: 1}, {ID: 2}}, "Sign").Append(&sign{ID: 2}, &sign{ID: 1}))
		require.Equal(t, "1 a 2, 2 b 1, 3 new NULL", show(t, db, signs))
	})
}

func TestHasMany(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		a, c := garage{ID: 1}, garage{ID: 3}
		var found []car
		require.NoError(t, of(db, &a, "Cars").Find(&found, "plate LIKE ?", "a%"))
		require.Equal(t, "a1 a2 ", plates(found))
		require.EqualValues(t, 3, of(db, &a, "Cars").Count())
		require.EqualValues(t, 2, of(db.Where("plate LIKE ?", "a%"), &a, "Cars").Count())
		require.NoError(t, of(db, &c, "Cars").Append(&car{Plate: "c1"}, &car{ID: 3, Plate: "not stored"}))
		require.NoError(t, of(db, &c, "Cars").Append([]car{{Plate: "c2"}}))
		require.Equal(t, "1 a1 1, 2 a2 1, 3 x 3, 4 b1 2, 5 c1 3, 6 c2 3", show(t, db, cars))
		require.Equal(t, "c1 not stored c2 ", plates(c.Cars))
		require.NoError(t, of(db, &c, "Cars").Replace([]car{{ID: 5}, {Plate: "c3"}}))
		require.Equal(t, "1 a1 1, 2 a2 1, 3 x NULL, 4 b1 2, 5 c1 3, 6 c2 NULL, 7 c3 3", show(t, db, cars))
		require.NoError(t, of(db, &c, "Cars").Delete(&car{ID: 5}, &car{ID: 4}), "only its own")
		require.Equal(t, "1 a1 1, 2 a2 1, 3 x NULL, 4 b1 2, 5 c1 NULL, 6 c2 NULL, 7 c3 3", show(t, db, cars))
		require.NoError(t, of(db, &a, "Cars").Clear())
		require.Equal(t, "1 a1 NULL, 2 a2 NULL, 3 x NULL, 4 b1 2, 5 c1 NULL, 6 c2 NULL, 7 c3 3", show(t, db, cars))

		three := []garage{{ID: 1}, {ID: 2}, {ID: 3}}
		require.NoError(t, of(db, &three, "Cars").Append(&car{ID: 1}, &[]car{{ID: 2}, {ID: 5}}, &car{Plate: "c4"}))
		require.Equal(t, "1 a1 1, 2 a2 2, 3 x NULL, 4 b1 2, 5 c1 2, 6 c2 NULL, 7 c3 3, 8 c4 3", show(t, db, cars))
		require.EqualValues(t, 6, of(db, &three, "Cars").Count())
		require.NoError(t, of(db, &three, "Cars").Find(&found))
		require.Len(t, found, 6)
		require.NoError(t, of(db, &three, "Cars").Replace(&car{ID: 1}, &car{ID: 4}, &[]car{{ID: 7}, {ID: 8}}))
		require.Equal(t, "1 a1 1, 2 a2 NULL, 3 x NULL, 4 b1 2, 5 c1 NULL, 6 c2 NULL, 7 c3 3, 8 c4 3", show(t, db, cars))
		require.NoError(t, of(db, &three, "Cars").Delete([]car{{ID: 1}, {ID: 7}}))
		require.EqualValues(t, 2, of(db, &three, "Cars").Count())
		require.NoError(t, of(db, &three, "Cars").Clear())
		require.Zero(t, of(db, &three, "Cars").Count())
		require.ErrorIs(t, of(db, &garage{}, "Cars").Delete(&car{ID: 1}), gorm.ErrPrimaryKeyRequired)
	})
}

func TestMany2Many(t *testing.T) {
	const tools = "SELECT id, name FROM tools ORDER BY id"
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		a, c := garage{ID: 1}, garage{ID: 3}
		require.Equal(t, "1 1, 1 2, 2 3", show(t, db, garageTools))
		require.NoError(t, of(db, &c, "Tools").Append(&tool{ID: 1, Name: "saw"}, &tool{Name: "new"}))
		require.NoError(t, of(db, &c, "Tools").Append([]*tool{{ID: 1, Name: "saw"}}), "twice is once")
		require.Equal(t, "1 1, 1 2, 2 3, 3 1, 3 4", show(t, db, garageTools))
		require.Equal(t, "1 saw, 2 axe, 3 nail, 4 new", show(t, db, tools))
		var found []tool
		require.NoError(t, of(db, &c, "Tools").Find(&found))
		require.Equal(t, []tool{{1, "saw"}, {4, "new"}}, found)
		require.NoError(t, of(db, &c, "Tools").Find(&found, "name LIKE ?", "n%"))
		require.Equal(t, []tool{{4, "new"}}, found)
		require.EqualValues(t, 2, of(db, &c, "Tools").Count())
		require.NoError(t, of(db, &c, "Tools").Replace(&tool{ID: 2}, &tool{ID: 4}))
		require.Equal(t, "1 1, 1 2, 2 3, 3 2, 3 4", show(t, db, garageTools))
		require.NoError(t, of(db, &c, "Tools").Delete(&tool{ID: 2}, &tool{ID: 3}))
		require.Equal(t, "1 1, 1 2, 2 3, 3 4", show(t, db, garageTools))
		require.NoError(t, of(db, &a, "Tools").Clear())
		require.Equal(t, "2 3, 3 4", show(t, db, garageTools))

		three := []garage{{ID: 1}, {ID: 2}, {ID: 3}}
		require.NoError(t, of(db, &three, "Tools").Append(&tool{ID: 1}, &[]tool{{ID: 1}, {ID: 2}}, &tool{ID: 4}))
		require.Equal(t, "1 1, 2 1, 2 2, 2 3, 3 4", show(t, db, garageTools))
		require.EqualValues(t, 5, of(db, &three, "Tools").Count())
		require.NoError(t, of(db, &three, "Tools").Delete(&tool{ID: 1}))
		require.Equal(t, "2 2, 2 3, 3 4", show(t, db, garageTools))
		require.NoError(t, of(db, &three, "Tools").Clear())
		require.Empty(t, show(t, db, garageTools))
		require.Equal(t, "1 saw, 2 axe, 3 nail, 4 new", show(t, db, tools), "the tools stay")
	})
}

// Select and Omit say what is written of what is appended.
func TestAppendWithSelectAndOmit(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		c := garage{ID: 3}
		require.NoError(t, of(db.Omit("Tools.*"), &c, "Tools").Append(&tool{ID: 2}))
		require.Error(t, of(db.Omit("Tools.*"), &c, "Tools").Append(&tool{ID: 99}), "no such tool: the foreign key")
		require.Equal(t, "1 1, 1 2, 2 3, 3 2", show(t, db, garageTools))
		require.NoError(t, of(db.Select("Cars", "Cars.Plate"), &c, "Cars").Append(&car{Plate: "c1", Wheels: []wheel{{Size: 9}}}))
		require.Equal(t, "2", show(t, db, "SELECT count(*) FROM wheels"))
		require.Equal(t, "c1", show(t, db, "SELECT plate FROM cars WHERE id = 5"))
	})
}

func TestPolymorphic(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		// Another kind of owner with the same key.
		done(t, db.Create(&photo{ID: 9, File: "car.jpg", OwnerID: ptr(uint(1)), OwnerType: "cars"}), 1)
		a := garage{ID: 1}
		var p photo
		require.NoError(t, of(db, &a, "Photo").Find(&p))
		require.Equal(t, "a.jpg", p.File)
		require.EqualValues(t, 1, of(db, &a, "Photo").Count())
		require.NoError(t, of(db, &a, "Photo").Replace(&photo{File: "b.jpg"}))
		require.Equal(t, "1 a.jpg NULL garages NULL , 2 s1 NULL  1 shop, 3 s2 NULL  1 shop, 9 car.jpg 1 cars NULL , 10 b.jpg 1 garages NULL ", show(t, db, photos))
		require.NoError(t, of(db, &a, "Photos").Append(&photo{File: "s3"}))
		require.EqualValues(t, 3, of(db, &a, "Photos").Count())
		require.NoError(t, of(db, &a, "Photos").Delete(&photo{ID: 2}))
		require.NoError(t, of(db, &a, "Photo").Delete(&photo{ID: 9}), "not its own")
		require.NoError(t, of(db, &a, "Photo").Clear())
		require.Equal(t, "1 a.jpg NULL garages NULL , 2 s1 NULL  NULL shop, 3 s2 NULL  1 shop, 9 car.jpg 1 cars NULL , 10 b.jpg NULL garages NULL , 11 s3 NULL  1 shop",
			show(t, db, photos))
		var other photo
		require.NoError(t, of(db, &car{ID: 1}, "Photo").Find(&other))
		require.Equal(t, "car.jpg", other.File)
	})
}

func TestSelfReferential(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		a, c := garage{ID: 1}, garage{ID: 3}
		require.EqualValues(t, 1, of(db, &a, "Filials").Count())
		require.NoError(t, of(db, &a, "Filials").Append(&c, &garage{Name: "D"}))
		require.Equal(t, "1 A 1 NULL, 2 B 2 1, 3 C NULL 1, 4 D NULL 1", show(t, db, garages))
		require.NoError(t, of(db, &a, "Main").Append(&garage{Name: "M"}))
		require.NoError(t, of(db, &a, "Filials").Replace(&garage{ID: 2}))
		require.Equal(t, "1 A 1 5, 2 B 2 1, 3 C NULL NULL, 4 D NULL NULL, 5 M NULL NULL", show(t, db, garages))
		require.NoError(t, of(db, &a, "Main").Clear())
		require.NoError(t, of(db, &a, "Filials").Clear())
		require.Equal(t, "1 A 1 NULL, 2 B 2 NULL, 3 C NULL NULL, 4 D NULL NULL, 5 M NULL NULL", show(t, db, garages))
	})
}

type pal struct {
	ID      uint
	Name    string
	Friends []*pal `gorm:"many2many:friendships"`
}

func TestSelfReferentialMany2Many(t *testing.T) {
	each(t, models(&pal{}), func(t *testing.T, db *gorm.DB) {
		const all = "SELECT a.name, b.name FROM friendships JOIN pals a ON a.id = pal_id JOIN pals b ON b.id = friend_id ORDER BY 1, 2"
		a := pal{Name: "a", Friends: []*pal{{Name: "b"}, {Name: "c", Friends: []*pal{{Name: "d"}}}}}
		done(t, db.Create(&a), 1)
		require.Equal(t, "a b, a c, c d", show(t, db, all))
		var read pal
		done(t, db.Preload("Friends.Friends").First(&read, "name = ?", "a"), 1)
		require.Len(t, read.Friends, 2)
		require.Empty(t, read.Friends[0].Friends)
		require.Equal(t, "d", read.Friends[1].Friends[0].Name)
		require.NoError(t, of(db, a.Friends[1], "Friends").Append(&pal{ID: a.ID}))
		require.Equal(t, "a b, a c, c a, c d", show(t, db, all))
		require.EqualValues(t, 2, of(db, a.Friends[1], "Friends").Count())
		require.NoError(t, of(db, &a, "Friends").Clear())
		require.Equal(t, "c a, c d", show(t, db, all))
	})
}

// Unscoped deletes what is taken away.
func TestUnscopedAssociations(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		a := garage{ID: 1, TownID: ptr(uint(1))}
		require.NoError(t, of(db, &a, "Sign").Unscoped().Clear())
		require.NoError(t, of(db, &garage{ID: 2}, "Cars").Unscoped().Delete(&car{ID: 4}, &car{ID: 1}))
		require.Equal(t, "1 a1 1, 2 a2 1, 3 x 1", show(t, db, cars))
		require.NoError(t, of(db, &a, "Cars").Unscoped().Replace(&car{ID: 1}, &car{Plate: "new"}))
		require.Equal(t, "1 a1 1, 5 new 1", show(t, db, cars))
		require.NoError(t, of(db, &a, "Photos").Unscoped().Clear())
		require.Equal(t, "1 a.jpg 1 garages NULL ", show(t, db, photos))
		require.Equal(t, "2 b 2", show(t, db, "SELECT * FROM signs"))
		require.NoError(t, of(db, &a, "Tools").Unscoped().Clear())
		require.Equal(t, "2 3", show(t, db, garageTools))
		require.Equal(t, "3", show(t, db, "SELECT count(*) FROM tools"), "of many to many only the rows between")
	})
}

type part struct {
	ID      uint
	Name    string
	MakerID uint
	Maker   maker
}

type maker struct {
	ID   uint
	Name string
}

func TestUnscopedBelongsTo(t *testing.T) {
	each(t, models(&maker{}, &part{}), func(t *testing.T, db *gorm.DB) {
		require.NoError(t, db.Exec("PRAGMA foreign_keys = OFF").Error)
		const all = "SELECT (SELECT group_concat(id || name) FROM makers), (SELECT group_concat(maker_id) FROM parts)"
		ps := []part{{Maker: maker{Name: "a"}}, {Maker: maker{Name: "b"}}, {Maker: maker{Name: "c"}}}
		done(t, db.Create(&ps), 3)
		require.NoError(t, of(db, &ps[0], "Maker").Unscoped().Replace(&maker{Name: "d"}))
		require.Equal(t, "2b,3c,4d 4,2,3", show(t, db, all))
		require.NoError(t, of(db, &ps[1], "Maker").Unscoped().Delete(&maker{ID: 2}))
		require.Equal(t, "3c,4d 4,3", show(t, db, all))
	})
}
