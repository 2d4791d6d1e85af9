package gormtest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

func TestCreateForms(t *testing.T) {
	each(t, models(&person{}), func(t *testing.T, db *gorm.DB) {
		one := person{Name: "a"}
		done(t, db.Create(&one), 1)
		require.Equal(t, person{ID: 1, Name: "a"}, one)
		slice := []person{{Name: "b"}, {Name: "c"}}
		done(t, db.Create(&slice), 2)
		require.Equal(t, []person{{ID: 2, Name: "b"}, {ID: 3, Name: "c"}}, slice)
		slice = []person{{Name: "d"}}
		done(t, db.Create(slice), 1)
		require.EqualValues(t, 4, slice[0].ID, "a slice that is no pointer")
		pointers := []*person{{Name: "e"}, {Name: "f"}}
		done(t, db.Create(pointers), 2)
		require.Equal(t, []*person{{ID: 5, Name: "e"}, {ID: 6, Name: "f"}}, pointers)
		pointers = []*person{{Name: "g"}}
		done(t, db.Create(&pointers), 1)
		require.EqualValues(t, 7, pointers[0].ID)
		array := [2]person{{Name: "h"}, {Name: "i"}}
		done(t, db.Create(&array), 2)
		require.Equal(t, [2]person{{ID: 8, Name: "h"}, {ID: 9, Name: "i"}}, array)
		arrayOfPointers := [2]*person{{Name: "j"}, {Name: "k"}}
		done(t, db.Create(&arrayOfPointers), 2)
		require.EqualValues(t, 11, arrayOfPointers[1].ID)
		p := &person{Name: "l", ID: 100}
		done(t, db.Create(&p), 1)
		done(t, db.Create(&person{Name: "m"}), 1)
		require.Equal(t, "1 a, 2 b, 3 c, 4 d, 5 e, 6 f, 7 g, 8 h, 9 i, 10 j, 11 k, 100 l, 101 m", show(t, db, "SELECT id, name FROM people ORDER BY id"))
	})
}

func TestCreateNothing(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		require.ErrorIs(t, db.Create(&[]person{}).Error, gorm.ErrEmptySlice)
		require.ErrorIs(t, db.Create([]*person{nil}).Error, gorm.ErrInvalidData)
		require.ErrorIs(t, db.Create([]*person{{Name: "x"}, nil}).Error, gorm.ErrInvalidData)
		var none *person
		require.ErrorIs(t, db.Create(none).Error, gorm.ErrInvalidValue)
		require.Error(t, db.Create(7).Error)
		done(t, db.CreateInBatches(&[]person{}, 10), 0)
		require.Equal(t, allPeople, people(t, db))
	})
}

func TestCreateInBatches(t *testing.T) {
	each(t, models(&person{}), func(t *testing.T, db *gorm.DB) {
		statements := 0
		require.NoError(t, db.Callback().Create().After("gorm:create").Register("count", func(*gorm.DB) { statements++ }))
		next := uint(1)
		for _, c := range []struct{ size, statements int }{{1, 7}, {2, 4}, {3, 3}, {7, 1}, {100, 1}} {
			statements = 0
			rows := make([]person, 7)
			done(t, db.CreateInBatches(&rows, c.size), 7)
			require.Equal(t, c.statements, statements, "of %d", c.size)
			for _, r := range rows {
				require.Equal(t, next, r.ID)
				next++
			}
		}
		pointers := []*person{{}, {}, {}}
		done(t, db.CreateInBatches(pointers, 2), 3)
		require.Equal(t, next+2, pointers[2].ID)

		statements = 0
		rows := make([]person, 5)
		done(t, db.Session(&gorm.Session{CreateBatchSize: 2}).Create(&rows), 5)
		require.Equal(t, 3, statements)
		done(t, db.Session(&gorm.Session{CreateBatchSize: 2}).Create(&person{}), 1)
	})
}

// All batches are one transaction, unless there are to be none.
func TestCreateInBatchesThatFails(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		rows := []person{{Name: "x"}, {Name: "y"}, {ID: 3, Name: "there already"}, {Name: "z"}}
		require.Error(t, db.CreateInBatches(&rows, 2).Error)
		want := allPeople
		if db.SkipDefaultTransaction {
			want += ", 6 x 0 , 7 y 0 "
		}
		require.Equal(t, want, people(t, db))
	})
}

func TestCreateWithSelectAndOmit(t *testing.T) {
	each(t, models(&person{}), func(t *testing.T, db *gorm.DB) {
		done(t, db.Select("Name", "age").Create(&person{Name: "a", Age: 1, City: "x"}), 1)
		done(t, db.Omit("Name", "age").Create(&person{Name: "b", Age: 2, City: "x"}), 1)
		done(t, db.Select("Name").Create(&[]person{{Name: "c", Age: 3}, {Name: "d", Age: 4}}), 2)
		done(t, db.Select([]string{"Name", "City"}).Create(&person{Name: "e", Age: 5, City: "x"}), 1)
		done(t, db.Select("*").Omit("City").Create(&person{ID: 9, Name: "f", Age: 6, City: "x"}), 1)
		require.Equal(t, "1 a 1 NULL, 2 NULL NULL x, 3 c NULL NULL, 4 d NULL NULL, 5 e NULL x, 9 f 6 NULL", people(t, db))
	})
}

func TestCreateFromMaps(t *testing.T) {
	each(t, models(&person{}), func(t *testing.T, db *gorm.DB) {
		one := map[string]any{"Name": "a", "age": 1}
		done(t, db.Model(&person{}).Create(one), 1)
		require.EqualValues(t, 1, one["id"])
		done(t, db.Model(&person{}).Create([]map[string]any{{"Name": "b", "Age": 2}, {"name": "c", "City": "x"}}), 2)
		done(t, db.Model(person{}).Create(map[string]any{
			"Name": clause.Expr{SQL: "upper(?)", Vars: []any{"d"}}, "Age": gorm.Expr("? + ?", 40, 2), "City": gorm.Expr("(?)", db.Model(&person{}).Select("max(name)")),
		}), 1)
		table := map[string]any{"name": "e"}
		done(t, db.Table("people").Create(table), 1)
		require.EqualValues(t, 5, table["@id"])
		done(t, db.Model(&person{}).Select("Name").Create(map[string]any{"Name": "f", "Age": 6}), 1)
		require.Equal(t, "1 a 1 NULL, 2 b 2 NULL, 3 c NULL x, 4 D 42 c, 5 e NULL NULL, 6 f NULL NULL", people(t, db))
	})
}

type defaults struct {
	ID     uint
	Name   string  `gorm:"default:galeone"`
	Age    int64   `gorm:"default:18"`
	Active *bool   `gorm:"default:true"`
	Rate   float64 `gorm:"default:1.5"`
	Key    string  `gorm:"default:(lower(hex(randomblob(4))))"`
	First  string
	Last   string
	// a generated column: GORM's way to say that it is never written
	Full string `gorm:"->;type:text GENERATED ALWAYS AS (first || ' ' || last) VIRTUAL;default:(-)"`
}

func TestCreateWithDefaults(t *testing.T) {
	each(t, models(&defaults{}), func(t *testing.T, db *gorm.DB) {
		one := defaults{First: "A", Last: "B"}
		done(t, db.Create(&one), 1)
		require.Equal(t, "galeone", one.Name)
		require.EqualValues(t, 18, one.Age)
		require.Equal(t, 1.5, one.Rate)
		require.True(t, *one.Active)
		require.Len(t, one.Key, 8)
		require.Equal(t, "A B", one.Full)
		// Zero values that are to be stored are pointers.
		two := defaults{Name: "n", Age: 1, Active: ptr(false), Key: "k"}
		done(t, db.Create(&two), 1)
		require.Equal(t, "k", two.Key)
		done(t, db.Model(&defaults{}).Create(map[string]any{"age": 0}), 1)
		require.Equal(t, "1 galeone 18 1 1.5 A B, 2 n 1 0 1.5  , 3 galeone 0 1 1.5 NULL",
			show(t, db, "SELECT id, name, age, active, rate, `full` FROM defaults ORDER BY id"))
		var read defaults
		require.NoError(t, db.First(&read, 1).Error)
		require.Equal(t, one, read)
	})
}

type stamped struct {
	ID        uint
	CreatedAt time.Time
	UpdatedAt int
	Made      int64 `gorm:"autoCreateTime"`
	MadeMilli int64 `gorm:"autoCreateTime:milli"`
	MadeNano  int64 `gorm:"autoCreateTime:nano"`
	Upd       int64 `gorm:"autoUpdateTime"`
	UpdMilli  int64 `gorm:"autoUpdateTime:milli"`
	UpdNano   int64 `gorm:"autoUpdateTime:nano"`
	Note      string
	Untracked time.Time `gorm:"autoCreateTime:false;autoUpdateTime:false"`
}

const stampColumns = "SELECT created_at, updated_at, made, made_milli, made_nano, upd, upd_milli, upd_nano, note FROM stampeds"

func TestCreationTimes(t *testing.T) {
	each(t, models(&stamped{}), func(t *testing.T, db *gorm.DB) {
		one := stamped{}
		done(t, at(db, noon).Create(&one), 1)
		require.True(t, one.CreatedAt.Equal(noon))
		require.EqualValues(t, noon.Unix(), one.UpdatedAt)
		require.Equal(t, "2024-05-06T12:00:00.123456789 1714996800 1714996800 1714996800123 1714996800123456789 1714996800 1714996800123 1714996800123456789 ",
			show(t, db, stampColumns))
		var read stamped
		require.NoError(t, db.First(&read).Error)
		require.True(t, read.CreatedAt.Equal(noon), "to the nanosecond")
		require.True(t, read.Untracked.IsZero())
		// A time that is set stays.
		own := stamped{CreatedAt: noon.Add(-time.Hour), UpdatedAt: 5, MadeNano: 7}
		done(t, at(db, noon).Create(&own), 1)
		require.Equal(t, "2024-05-06T11:00:00.123456789 5 1714996800 1714996800123 7 1714996800 1714996800123 1714996800123456789 ",
			show(t, db, stampColumns+" WHERE id = 2"))
	})
}

type permitted struct {
	ID         uint
	Both       string
	CreateOnly string `gorm:"<-:create"`
	UpdateOnly string `gorm:"<-:update"`
	NoWrite    string `gorm:"<-:false"`
	ReadOnly   string `gorm:"->"`
	WriteOnly  string `gorm:"->:false;<-"`
	Ignored    string `gorm:"-"`
	Migrated   string `gorm:"-:migration"`
	Nowhere    string `gorm:"-:all"`
	Column     string `gorm:"column:other name"`
}

func TestFieldPermissions(t *testing.T) {
	each(t, nil, func(t *testing.T, db *gorm.DB) {
		require.NoError(t, db.AutoMigrate(&permitted{}))
		require.False(t, db.Migrator().HasColumn(&permitted{}, "ignored"))
		require.False(t, db.Migrator().HasColumn(&permitted{}, "migrated"))
		require.NoError(t, db.Exec("ALTER TABLE permitteds ADD migrated text").Error)
		all := permitted{0, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
		done(t, db.Create(&all), 1)
		const query = "SELECT both, create_only, update_only, no_write, read_only, write_only, migrated, `other name` FROM permitteds"
		require.Equal(t, "a b NULL NULL NULL f h j", show(t, db, query))
		more := permitted{all.ID, "A", "B", "C", "D", "E", "F", "G", "H", "I", "J"}
		done(t, db.Save(&more), 1)
		require.Equal(t, "A b C NULL NULL F H J", show(t, db, query))
		require.NoError(t, db.Exec("UPDATE permitteds SET no_write = 'x', read_only = 'y'").Error)
		var read permitted
		require.NoError(t, db.First(&read).Error)
		require.Equal(t, permitted{1, "A", "b", "C", "x", "y", "", "", "H", "", "J"}, read)
	})
}

func TestCreateReturning(t *testing.T) {
	each(t, models(&defaults{}), func(t *testing.T, db *gorm.DB) {
		all := db.Clauses(clause.Returning{}).Session(&gorm.Session{})
		one := defaults{First: "A", Last: "B"}
		done(t, all.Create(&one), 1)
		rows := []defaults{{First: "C"}, {Last: "D", Key: "k"}}
		done(t, all.Create(&rows), 2)
		array := [2]*defaults{{}, {First: "E"}}
		done(t, all.Create(&array), 2)
		some := []defaults{{First: "F"}}
		done(t, db.Clauses(clause.Returning{Columns: columns("id", "full")}).Create(&some), 1)
		require.Empty(t, some[0].Key, "not asked for")
		some[0].Key = show(t, db, "SELECT key FROM defaults WHERE id = 6")
		some[0].Active, some[0].Full = ptr(true), "F "
		for i, got := range []defaults{one, rows[0], rows[1], *array[0], *array[1], some[0]} {
			var stored defaults
			done(t, db.First(&stored, i+1), 1)
			require.Equal(t, stored, got)
		}
		maps := []map[string]any{{"first": "G"}, {"first": "H"}}
		done(t, all.Model(&defaults{}).Create(&maps), 2)
	})
}

// doubled is a GormValuer: an expression in the place of a value.
type doubled int

func (d doubled) GormValue(context.Context, *gorm.DB) clause.Expr { return gorm.Expr("? * 2", int(d)) }

type valued struct {
	ID uint
	N  doubled
}

func TestCreateWithExpressions(t *testing.T) {
	each(t, models(&valued{}), func(t *testing.T, db *gorm.DB) {
		one := valued{N: 4}
		done(t, db.Create(&one), 1)
		done(t, db.Create(&[]valued{{N: 5}, {N: 6}}), 2)
		done(t, db.Model(&one).Update("n", doubled(50)), 1)
		done(t, db.Model(&valued{}).Create(map[string]any{"n": doubled(1)}), 1)
		require.Equal(t, "1 100, 2 10, 3 12, 4 2", show(t, db, "SELECT id, n FROM valueds ORDER BY id"))
		var n int64
		require.NoError(t, db.Model(&valued{}).Where("n = ?", doubled(5)).Count(&n).Error)
		require.EqualValues(t, 1, n)
	})
}
