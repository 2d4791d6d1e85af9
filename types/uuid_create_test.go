package types_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/types"
)

type uuidAuthor struct {
	ID      types.UUID
	Public  types.UUIDText `gorm:"uuid:v4"`
	Email   string         `gorm:"unique"`
	Name    string
	Profile uuidProfile `gorm:"foreignKey:AuthorID"`
	Books   []uuidBook  `gorm:"foreignKey:AuthorID"`
	Tags    []uuidTag   `gorm:"many2many:uuid_author_tags"`
	Notes   []uuidNote  `gorm:"polymorphic:Owner"`
}

// uuidProfile has the key of its author.
type uuidProfile struct {
	AuthorID types.UUID `gorm:"primaryKey"`
	Bio      string
}

type uuidBook struct {
	ID       types.UUIDText
	Title    string
	AuthorID types.UUID
	Author   *uuidAuthor
}

type uuidTag struct {
	ID   *types.UUID `gorm:"primaryKey;uuid:v4"`
	Name string
}

type uuidNote struct {
	ID        types.UUID
	Text      string
	OwnerID   types.UUID
	OwnerType string
}

var uuidModels = []any{&uuidAuthor{}, &uuidProfile{}, &uuidBook{}, &uuidTag{}, &uuidNote{}}

func orderByName(db *gorm.DB) *gorm.DB { return db.Order("name") }

func version(u types.UUID) int { return int(uuid.UUID(u).Version()) }

func TestUUIDKeysFillThemselves(t *testing.T) {
	eachUUIDBase(t, uuidModels, func(t *testing.T, db *gorm.DB) {
		a := uuidAuthor{
			Email: "a", Profile: uuidProfile{Bio: "b"},
			Books: []uuidBook{{Title: "1"}, {Title: "2"}}, Tags: []uuidTag{{Name: "x"}, {Name: "y"}}, Notes: []uuidNote{{Text: "n"}},
		}
		require.NoError(t, db.Create(&a).Error)
		require.Equal(t, 7, version(a.ID))
		require.Equal(t, 4, version(types.UUID(a.Public)))
		require.Equal(t, a.ID, a.Profile.AuthorID)
		require.Equal(t, 7, version(types.UUID(a.Books[0].ID)))
		require.Equal(t, a.ID, a.Books[1].AuthorID)
		require.NotEqual(t, a.Books[0].ID, a.Books[1].ID)
		require.Equal(t, 4, version(*a.Tags[0].ID))
		require.Equal(t, a.ID, a.Notes[0].OwnerID)

		var got uuidAuthor
		require.NoError(t, db.Preload(clause.Associations).Preload("Tags", orderByName).First(&got, a.ID).Error)
		require.Equal(t, a, got)

		b := uuidBook{Title: "3", Author: &uuidAuthor{Email: "b"}}
		require.NoError(t, db.Create(&b).Error)
		require.Equal(t, b.Author.ID, b.AuthorID)
		require.False(t, b.AuthorID.IsZero())

		var joined []uuidBook
		require.NoError(t, db.Joins("Author").Order("title").Find(&joined).Error)
		require.Len(t, joined, 3)
		require.Equal(t, a.ID, joined[0].Author.ID)

		require.NoError(t, db.Model(&a).Association("Tags").Append(&uuidTag{Name: "z"}))
		require.NoError(t, db.Model(&a).Association("Tags").Delete(&a.Tags[0]))
		require.NoError(t, db.Model(&a).Association("Books").Append(&uuidBook{Title: "4"}))
		require.NoError(t, db.Model(&a).Association("Profile").Replace(&uuidProfile{Bio: "c"}))
		require.EqualValues(t, 2, db.Model(&a).Association("Tags").Count())
		require.EqualValues(t, 3, db.Model(&a).Association("Books").Count())
	})
}

func TestUUIDKeysOfEveryCreate(t *testing.T) {
	for name, session := range map[string]func(*gorm.DB) *gorm.DB{
		"plain":       func(db *gorm.DB) *gorm.DB { return db },
		"Unscoped":    func(db *gorm.DB) *gorm.DB { return db.Unscoped() },
		"SkipHooks":   func(db *gorm.DB) *gorm.DB { return db.Session(&gorm.Session{SkipHooks: true}) },
		"Select":      func(db *gorm.DB) *gorm.DB { return db.Select("Email", "Public") },
		"Omit others": func(db *gorm.DB) *gorm.DB { return db.Omit("Name") },
		"transaction": func(db *gorm.DB) *gorm.DB { return db.Session(&gorm.Session{SkipDefaultTransaction: true}) },
		"Batch":       func(db *gorm.DB) *gorm.DB { return db.Session(&gorm.Session{CreateBatchSize: 2}) },
		"Returning":   func(db *gorm.DB) *gorm.DB { return db.Clauses(clause.Returning{}) },
		"Returning id": func(db *gorm.DB) *gorm.DB {
			return db.Clauses(clause.Returning{Columns: []clause.Column{{Name: "id"}}})
		},
		"DoNothing": func(db *gorm.DB) *gorm.DB { return db.Clauses(clause.OnConflict{DoNothing: true}) },
		"UpdateAll": func(db *gorm.DB) *gorm.DB { return db.Clauses(clause.OnConflict{UpdateAll: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, uuidModels...)
			explicit := types.NewV7()
			one := uuidAuthor{Email: "one"}
			kept := uuidAuthor{Email: "kept", ID: explicit}
			slice := []uuidAuthor{{Email: "s1"}, {Email: "s2"}, {Email: "s3"}}
			pointers := []*uuidAuthor{{Email: "p1"}, {Email: "p2"}}
			array := [3]uuidAuthor{{Email: "a1"}, {Email: "a2"}, {Email: "a3"}}
			for _, dest := range []any{&one, &kept, &slice, slice[:0:0], pointers, &pointers, &array} {
				if s, ok := dest.([]uuidAuthor); ok && len(s) == 0 {
					if name != "Batch" {
						require.ErrorIs(t, session(db).Create(dest).Error, gorm.ErrEmptySlice)
					}
					continue
				}
				if dest == any(&array) && name == "Batch" {
					dest = array[:] // GORM panics for an array in batches
				}
				if dest == any(&pointers) {
					pointers = []*uuidAuthor{{Email: "p3"}, {Email: "p4"}}
				}
				require.NoError(t, session(db).Create(dest).Error)
			}
			require.Equal(t, explicit, kept.ID)
			all := append([]uuidAuthor{one, kept, *pointers[0], *pointers[1], array[0], array[1], array[2]}, slice...)
			for _, a := range all {
				require.Equal(t, 7, version(a.ID), a.Email)
				var email string
				require.NoError(t, db.Model(&uuidAuthor{}).Where("id = ?", a.ID).Pluck("email", &email).Error)
				require.Equal(t, a.Email, email)
			}
			require.Negative(t, bytes.Compare(slice[0].ID[:], slice[1].ID[:]), "in the order of the slice")
		})
	}
}

func TestUUIDKeysOfMaps(t *testing.T) {
	eachUUIDBase(t, uuidModels, func(t *testing.T, db *gorm.DB) {
		one := map[string]any{"email": "one"}
		require.NoError(t, db.Model(&uuidAuthor{}).Create(one).Error)
		require.Equal(t, 7, version(one["id"].(types.UUID)))
		explicit := types.NewV4()
		maps := []map[string]any{{"email": "1"}, {"email": "2", "ID": explicit.String()}, {"email": "3", "id": explicit.String()[:35] + "x"}}
		require.Error(t, db.Model(&uuidAuthor{}).Create(&maps).Error)
		require.NotContains(t, maps[0], "id", "what was not stored is taken back")
		maps[2] = map[string]any{"Email": "3", "public": nil}
		require.NoError(t, db.Model(&uuidAuthor{}).Create(&maps).Error)
		require.Equal(t, explicit.String(), maps[1]["ID"])
		require.NotContains(t, maps[1], "id")
		require.Nil(t, maps[2]["public"])
		require.IsType(t, types.UUIDText{}, maps[0]["public"])
		require.NoError(t, db.Model(&uuidAuthor{}).Unscoped().Create(map[string]any{"email": "4"}).Error)
		var n int64
		require.NoError(t, db.Model(&uuidAuthor{}).Where("typeof(id) = 'blob' AND length(id) = 16").Count(&n).Error)
		require.EqualValues(t, 5, n)
		var got uuidAuthor
		require.NoError(t, db.First(&got, explicit).Error)
		require.Equal(t, "2", got.Email)
	})
}

// The row that is there keeps its key, and the struct gets that one.
func TestUUIDUpserts(t *testing.T) {
	eachUUIDBase(t, uuidModels, func(t *testing.T, db *gorm.DB) {
		first := uuidAuthor{Email: "a", Name: "old"}
		require.NoError(t, db.Create(&first).Error)
		update := clause.OnConflict{Columns: []clause.Column{{Name: "email"}}, DoUpdates: clause.AssignmentColumns([]string{"name"})}
		again := uuidAuthor{Email: "a", Name: "new"}
		require.NoError(t, db.Clauses(update).Create(&again).Error)
		require.Equal(t, first.ID, again.ID)
		require.Equal(t, first.Public, again.Public)
		batch := []uuidAuthor{{Email: "b"}, {Email: "a", Name: "newer"}, {Email: "c"}}
		require.NoError(t, db.Clauses(update).Create(&batch).Error)
		require.Equal(t, first.ID, batch[1].ID)
		requireAuthors(t, db, batch)

		all := clause.OnConflict{Columns: []clause.Column{{Name: "email"}}, UpdateAll: true}
		again = uuidAuthor{Email: "a", Name: "all"}
		require.NoError(t, db.Clauses(all).Create(&again).Error)
		require.Equal(t, first.ID, again.ID)
		requireAuthors(t, db, []uuidAuthor{again})

		nothing := clause.OnConflict{DoNothing: true}
		again = uuidAuthor{Email: "a"}
		tx := db.Clauses(nothing).Create(&again)
		require.NoError(t, tx.Error)
		require.Zero(t, tx.RowsAffected)
		require.True(t, again.ID.IsZero(), "no such row")
		require.True(t, again.Public.IsZero())
		for _, modifier := range []clause.Expression{nothing, clause.Insert{Modifier: "OR IGNORE"}} {
			require.NoError(t, db.Where("email LIKE ?", "m%").Delete(&uuidAuthor{}).Error)
			mixed := []uuidAuthor{{Email: "m"}, {Email: "b"}, {Email: "c"}, {Email: "mm"}}
			tx = db.Clauses(modifier).Create(&mixed)
			require.NoError(t, tx.Error)
			require.EqualValues(t, 2, tx.RowsAffected)
			require.True(t, mixed[1].ID.IsZero())
			require.True(t, mixed[2].ID.IsZero())
			requireAuthors(t, db, []uuidAuthor{mixed[0], mixed[3]})
			none := []uuidAuthor{{Email: "b"}, {Email: "c"}}
			require.NoError(t, db.Clauses(modifier).Create(&none).Error)
			require.True(t, none[0].ID.IsZero())
			require.True(t, none[1].ID.IsZero())
		}

		// With a condition that leaves the row as it is.
		update.Where = clause.Where{Exprs: []clause.Expression{gorm.Expr("uuid_authors.name = 'x'")}}
		again = uuidAuthor{Email: "a", Name: "no"}
		require.NoError(t, db.Clauses(update).Create(&again).Error)
		require.True(t, again.ID.IsZero())
	})
}

func requireAuthors(t *testing.T, db *gorm.DB, want []uuidAuthor) {
	t.Helper()
	for _, a := range want {
		var got uuidAuthor
		require.NoError(t, db.First(&got, a.ID).Error)
		require.Equal(t, a, got)
	}
}

// A belongs-to whose row is there already is left out by GORM: nothing may
// refer to the key that it would have got.
func TestUUIDOfAnAssociationThatIsThere(t *testing.T) {
	db := open(t, uuidModels...)
	require.NoError(t, db.Create(&uuidAuthor{Email: "a"}).Error)
	b := uuidBook{Title: "1", Author: &uuidAuthor{Email: "a"}}
	require.Error(t, db.Create(&b).Error)
	require.True(t, b.ID.IsZero())
	require.True(t, b.Author.ID.IsZero())
}

func TestUUIDsThatWereNotStoredAreTakenBack(t *testing.T) {
	db := open(t, uuidModels...)
	require.NoError(t, db.Create(&uuidAuthor{Email: "a"}).Error)
	one := uuidAuthor{Email: "a"}
	require.Error(t, db.Create(&one).Error)
	require.True(t, one.ID.IsZero())
	explicit := types.NewV7()
	many := []*uuidAuthor{{Email: "b"}, {ID: explicit, Email: "c"}, {Email: "a"}}
	require.Error(t, db.Create(&many).Error)
	require.True(t, many[0].ID.IsZero())
	require.True(t, many[0].Public.IsZero())
	require.Equal(t, explicit, many[1].ID)
	many[2] = nil
	require.Error(t, db.Create(&many).Error)
	require.True(t, many[0].ID.IsZero())
	text := db.ToSQL(func(tx *gorm.DB) *gorm.DB { return tx.Create(&one) })
	require.Contains(t, text, "x'01")
	require.True(t, one.ID.IsZero())
	two := many[:2]
	require.NotEmpty(t, db.ToSQL(func(tx *gorm.DB) *gorm.DB { return tx.Create(&two) }))
	require.True(t, two[0].ID.IsZero())
	require.NoError(t, db.Create(&two).Error)
}

func TestUUIDWithFirstOrCreateAndSave(t *testing.T) {
	eachUUIDBase(t, uuidModels, func(t *testing.T, db *gorm.DB) {
		var a, b, c uuidAuthor
		require.NoError(t, db.Where(uuidAuthor{Email: "a"}).Attrs(uuidAuthor{Name: "n"}).FirstOrCreate(&a).Error)
		require.Equal(t, 7, version(a.ID))
		require.NoError(t, db.Where(uuidAuthor{Email: "a"}).FirstOrCreate(&b).Error)
		require.Equal(t, a, b)
		id := types.NewV4()
		require.NoError(t, db.FirstOrCreate(&c, uuidAuthor{ID: id, Email: "c"}).Error)
		require.Equal(t, id, c.ID)
		var d uuidAuthor
		require.NoError(t, db.Where(map[string]any{"id": id}).Assign(map[string]any{"name": "N"}).FirstOrCreate(&d).Error)
		require.Equal(t, "N", d.Name)

		s := uuidAuthor{Email: "s"}
		require.NoError(t, db.Save(&s).Error)
		require.Equal(t, 7, version(s.ID))
		s.Name = "saved"
		require.NoError(t, db.Save(&s).Error)
		requireAuthors(t, db, []uuidAuthor{s})
		e := uuidAuthor{ID: types.NewV4(), Email: "e"} // not there yet
		require.NoError(t, db.Save(&e).Error)
		list := []uuidAuthor{{Email: "l"}, s}
		list[1].Name = "again"
		require.NoError(t, db.Save(&list).Error)
		require.Equal(t, s.ID, list[1].ID)
		requireAuthors(t, db, append(list, e))
		require.NoError(t, db.Session(&gorm.Session{FullSaveAssociations: true}).Save(&uuidAuthor{Email: "f", Books: []uuidBook{{Title: "x"}}}).Error)
	})
}

func TestUUIDWithGenerics(t *testing.T) {
	eachUUIDBase(t, uuidModels, func(t *testing.T, db *gorm.DB) {
		ctx := context.Background()
		a := uuidAuthor{Email: "a"}
		require.NoError(t, gorm.G[uuidAuthor](db).Create(ctx, &a))
		require.Equal(t, 7, version(a.ID))
		batch := []uuidAuthor{{Email: "b"}, {Email: "c"}, {Email: "d"}}
		require.NoError(t, gorm.G[uuidAuthor](db).CreateInBatches(ctx, &batch, 2))
		require.Equal(t, 7, version(batch[2].ID))
		got, err := gorm.G[uuidAuthor](db).Where("id = ?", a.ID).First(ctx)
		require.NoError(t, err)
		require.Equal(t, a, got)
		n, err := gorm.G[uuidAuthor](db).Where(&uuidAuthor{ID: a.ID}).Update(ctx, "public", types.UUIDText(a.ID))
		require.NoError(t, err)
		require.Equal(t, 1, n)
		found, err := gorm.G[uuidAuthor](db).Where("public", types.UUIDText(a.ID)).Find(ctx)
		require.NoError(t, err)
		require.Len(t, found, 1)
		n, err = gorm.G[uuidAuthor](db).Where("id IN ?", []types.UUID{a.ID, batch[0].ID}).Delete(ctx)
		require.NoError(t, err)
		require.Equal(t, 2, n)
	})
}

// UUIDBase is exported: GORM does not look into others.
type UUIDBase struct{ ID types.UUID }

type uuidEmbedded struct {
	UUIDBase
	Named  uuidPart  `gorm:"embedded;embeddedPrefix:named_"`
	Behind *uuidPart `gorm:"embedded;embeddedPrefix:behind_"`
	Name   string
}

type uuidPart struct {
	Token types.UUIDText `gorm:"uuid:v4;index"`
}

type uuidComposite struct {
	Tenant types.UUID `gorm:"primaryKey;uuid:none"`
	Part   types.UUID `gorm:"primaryKey"`
	Number int        `gorm:"primaryKey;autoIncrement:false"`
}

type uuidShadow struct {
	UUIDBase
	ID   types.UUIDText `gorm:"primaryKey"`
	Name string
}

type uuidNone struct {
	ID  types.UUID `gorm:"uuid:none"`
	Bad int
}

type uuidBadTag struct {
	ID types.UUID `gorm:"uuid:v5"`
}

type uuidReadOnly struct {
	ID    int
	Token types.UUID `gorm:"->;uuid:v7"`
	Other types.UUID `gorm:"<-:update;uuid:v7;default:null"`
}

func TestUUIDTagsAndPlaces(t *testing.T) {
	eachUUIDBase(t, []any{&uuidEmbedded{}, &uuidComposite{}, &uuidShadow{}, &uuidNone{}, &uuidReadOnly{}}, func(t *testing.T, db *gorm.DB) {
		e := []uuidEmbedded{{Name: "1"}, {Name: "2", Behind: &uuidPart{Token: types.UUIDText(types.NewV7())}}}
		require.NoError(t, db.Create(&e).Error)
		require.Equal(t, 7, version(e[0].ID))
		require.Equal(t, 4, version(types.UUID(e[0].Named.Token)))
		require.Equal(t, 4, version(types.UUID(e[0].Behind.Token)))
		require.Equal(t, 7, version(types.UUID(e[1].Behind.Token)))
		var got []uuidEmbedded
		require.NoError(t, db.Order("name").Find(&got).Error)
		require.Equal(t, e, got)

		c := uuidComposite{Number: 3}
		require.NoError(t, db.Create(&c).Error)
		require.True(t, c.Tenant.IsZero())
		require.Equal(t, 7, version(c.Part))
		require.NoError(t, db.Save(&uuidComposite{Tenant: types.NewV7(), Part: types.NewV7(), Number: 1}).Error)
		require.NoError(t, db.Delete(&c).Error)

		s := uuidShadow{Name: "s"}
		require.NoError(t, db.Create(&s).Error)
		require.Equal(t, 7, version(types.UUID(s.ID)))
		require.True(t, s.UUIDBase.ID.IsZero())

		n := uuidNone{}
		require.NoError(t, db.Create(&n).Error)
		require.True(t, n.ID.IsZero())
		require.NoError(t, db.First(&uuidNone{}, "id = x'00000000000000000000000000000000'").Error)

		r := uuidReadOnly{}
		require.NoError(t, db.Create(&r).Error)
		require.True(t, r.Token.IsZero())
		require.True(t, r.Other.IsZero())
	})
	db := open(t, &uuidBadTag{})
	require.ErrorContains(t, db.Create(&uuidBadTag{}).Error, "uuid:v5")
}

// A key that is a foreign key is that of another row, and none of its own.
func TestUUIDOfAForeignKey(t *testing.T) {
	db := open(t, uuidModels...)
	text := db.ToSQL(func(tx *gorm.DB) *gorm.DB { return tx.Create(&uuidProfile{Bio: "b"}) })
	require.Contains(t, text, "x'00000000000000000000000000000000'")
	require.Error(t, db.Create(&uuidProfile{Bio: "b"}).Error)
}

// Omit is explicit: the key is NULL then, as SQLite allows.
func TestUUIDOmitted(t *testing.T) {
	db := open(t, uuidModels...)
	a := uuidAuthor{Email: "a"}
	require.NoError(t, db.Omit("ID").Create(&a).Error)
	require.True(t, a.ID.IsZero())
	var n int64
	require.NoError(t, db.Model(&uuidAuthor{}).Where("id IS NULL").Count(&n).Error)
	require.EqualValues(t, 1, n)
	require.NoError(t, db.Unscoped().Where("id IS NULL").Delete(&uuidAuthor{}).Error)
}

// uuidHooked looks at its key after it was created, and sets it before.
type uuidHooked struct {
	ID    types.UUID
	Own   bool
	after types.UUID
}

var errUUIDHook = errors.New("stop")

func (h *uuidHooked) BeforeCreate(*gorm.DB) error {
	if h.Own {
		h.ID = uuidBytes
	}
	return nil
}

func (h *uuidHooked) AfterCreate(*gorm.DB) error {
	if h.after = h.ID; h.ID.IsZero() {
		return errUUIDHook
	}
	return nil
}

func TestUUIDAndHooks(t *testing.T) {
	db := open(t, &uuidHooked{})
	h := uuidHooked{Own: true}
	require.NoError(t, db.Create(&h).Error)
	require.Equal(t, types.UUID(uuidBytes), h.ID)
	h = uuidHooked{}
	require.NoError(t, db.Create(&h).Error)
	require.Equal(t, h.ID, h.after)
}
