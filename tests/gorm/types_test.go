package gormtest

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// jsonMap has its own data type, Scanner and Valuer.
type jsonMap map[string]any

func (jsonMap) GormDataType() string                          { return "json" }
func (jsonMap) GormDBDataType(*gorm.DB, *schema.Field) string { return "JSON" }

func (m *jsonMap) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*m = nil
		return nil
	case string:
		return json.Unmarshal([]byte(v), m)
	case []byte:
		return json.Unmarshal(v, m)
	}
	return fmt.Errorf("%T", v)
}

func (m jsonMap) Value() (sqldriver.Value, error) {
	if m == nil {
		return nil, nil
	}
	b, err := json.Marshal(m)
	return string(b), err
}

// color is a number in Go and a word in the database.
type color int

func (c *color) Scan(v any) error {
	for i, name := range []string{"red", "blue"} {
		if v == name {
			*c = color(i)
			return nil
		}
	}
	return errors.New("no color")
}

func (c color) Value() (sqldriver.Value, error) {
	if c < 0 || c > 1 {
		return nil, errStop
	}
	return []string{"red", "blue"}[c], nil
}

// point becomes an expression of SQL.
type point struct{ X, Y int }

func (point) GormDataType() string { return "text" }

func (p point) GormValue(context.Context, *gorm.DB) clause.Expr {
	return clause.Expr{SQL: "printf('%d:%d', ?, ?)", Vars: []any{p.X, p.Y}}
}

func (p *point) Scan(v any) error {
	_, err := fmt.Sscanf(fmt.Sprint(v), "%d:%d", &p.X, &p.Y)
	return err
}

type typed struct {
	ID    string `gorm:"type:uuid;primaryKey;default:(lower(hex(randomblob(16))))"`
	JSON  jsonMap
	Color color
	Point point
	Bytes []byte
	Raw   json.RawMessage
	I8    int8
	I64   int64
	U64   uint64
	F32   float32
	F64   float64
	Bool  bool
	Rune  rune
	Dur   time.Duration
	Time  time.Time

	PInt   *int
	PStr   *string
	PBool  *bool
	PTime  *time.Time
	PBytes *[]byte
	PColor *color
	PPoint *point

	NStr   sql.NullString
	NInt   sql.NullInt64
	NInt32 sql.NullInt32
	NFloat sql.NullFloat64
	NBool  sql.NullBool
	NTime  sql.NullTime
	NByte  sql.NullByte
	NAny   sql.Null[string]
}

func fullTyped() typed {
	return typed{
		ID: "8a6e0804-2bd0-4672-b79d-d97027f9071a", JSON: jsonMap{"a": 1.5, "b": []any{"x"}}, Color: 1, Point: point{3, -4},
		Bytes: []byte{0, 255, 'x'}, Raw: json.RawMessage(`{"r":1}`), I8: math.MinInt8, I64: math.MinInt64, U64: math.MaxInt64, F32: 1.5, F64: math.MaxFloat64,
		Bool: true, Rune: 'ß', Dur: time.Hour, Time: noon,
		PInt: ptr(0), PStr: ptr(""), PBool: ptr(false), PTime: ptr(noon), PBytes: ptr([]byte{1}), PColor: ptr(color(0)), PPoint: &point{1, 2},
		NStr: sql.NullString{String: "s", Valid: true}, NInt: sql.NullInt64{Int64: 0, Valid: true}, NInt32: sql.NullInt32{Int32: -3, Valid: true},
		NFloat: sql.NullFloat64{Float64: 0.25, Valid: true}, NBool: sql.NullBool{Bool: false, Valid: true}, NTime: sql.NullTime{Time: noon, Valid: true},
		NByte: sql.NullByte{Byte: 200, Valid: true}, NAny: sql.Null[string]{V: "any", Valid: true},
	}
}

func TestTypes(t *testing.T) {
	each(t, models(&typed{}), func(t *testing.T, db *gorm.DB) {
		full, empty := fullTyped(), typed{}
		done(t, db.Create(&full), 1)
		require.Equal(t, fullTyped(), full)
		done(t, db.Create(&empty), 1)
		require.Len(t, empty.ID, 32, "the default comes back")
		batch := []typed{fullTyped(), {}}
		batch[0].ID = "batch"
		done(t, db.Create(&batch), 2)
		require.Len(t, batch[1].ID, 32)
		for _, want := range []typed{full, empty, batch[0], batch[1]} {
			var read typed
			done(t, db.First(&read, "id = ?", want.ID), 1)
			require.Equal(t, want, read)
			var found []typed
			done(t, db.Where(&typed{ID: want.ID}).Find(&found), 1)
			require.Equal(t, want, found[0])
		}
		require.Equal(t, "blue 3:-4 x'00ff78' text 0 0 0:X'01'", show(t, db,
			"SELECT color, point, bytes, typeof(json), p_int, p_bool, p_str || n_int || ':' || quote(p_bytes) FROM typeds WHERE id = 'batch'"))
		require.Equal(t, "0", show(t, db, "SELECT count(p_int) + count(p_str) + count(p_time) + count(p_bytes) + count(p_color) + count(n_str) + count(n_time) + count(n_any) FROM typeds WHERE id = '"+empty.ID+"'"))

		// Pointers and NULLs, to and fro.
		done(t, db.Model(&typed{ID: "batch"}).Updates(map[string]any{"p_int": nil, "n_str": nil, "json": jsonMap{"c": nil}, "color": color(0), "point": point{9, 9}}), 1)
		var read typed
		done(t, db.First(&read, "id = ?", "batch"), 1)
		require.Nil(t, read.PInt)
		require.False(t, read.NStr.Valid)
		require.Equal(t, jsonMap{"c": nil}, read.JSON)
		require.Equal(t, point{9, 9}, read.Point)
		done(t, db.Model(&read).Updates(typed{PInt: ptr(0), PBool: ptr(false), NStr: sql.NullString{Valid: true}}), 1)
		require.Equal(t, "0 0 ", show(t, db, "SELECT p_int, p_bool, n_str FROM typeds WHERE id = 'batch'"))
		done(t, db.Where("color = ? AND point = ?", color(0), point{9, 9}).Find(&[]typed{}), 1)
		done(t, db.Where(&typed{PInt: ptr(0), NByte: sql.NullByte{Byte: 200, Valid: true}}).Find(&[]typed{}), 2)
		done(t, db.Where("time = ?", noon).Find(&[]typed{}), 2)
		done(t, db.Where("bytes = ?", []byte{0, 255, 'x'}).Find(&[]typed{}), 2)
		done(t, db.Where("p_time BETWEEN ? AND ?", noon.Add(-1), ptr(noon.Add(1))).Find(&[]typed{}), 2)

		// What a value cannot be is an error, and nothing is stored.
		require.ErrorIs(t, db.Create(&typed{Color: 7}).Error, errStop)
		require.ErrorIs(t, db.Create(&[]typed{{}, {Color: 7}}).Error, errStop)
		require.Error(t, db.Create(&typed{U64: math.MaxUint64}).Error)
		require.NoError(t, db.Exec("UPDATE typeds SET color = 'green' WHERE id = 'batch'").Error)
		require.ErrorContains(t, db.First(&read, "id = ?", "batch").Error, "no color")
		require.Equal(t, "4", show(t, db, "SELECT count(*) FROM typeds"))
	})
}

// Texts as keys: GORM's own example has uuids.
type uuidBlog struct {
	ID    string `gorm:"primaryKey;size:36"`
	Title string
	Posts []uuidPost `gorm:"foreignKey:BlogID"`
}

type uuidPost struct {
	ID     string `gorm:"primaryKey"`
	BlogID string `gorm:"index"`
}

func (b *uuidBlog) BeforeCreate(*gorm.DB) error {
	if b.ID == "" {
		b.ID = "blog-" + b.Title
	}
	return nil
}

func TestTextKeys(t *testing.T) {
	each(t, models(&uuidBlog{}, &uuidPost{}), func(t *testing.T, db *gorm.DB) {
		done(t, db.Create(&[]uuidBlog{{Title: "a", Posts: []uuidPost{{ID: "1"}, {ID: "0x2"}}}, {Title: "b"}}), 2)
		var b uuidBlog
		done(t, db.Preload("Posts").First(&b, "id = ?", "blog-a"), 1)
		require.Equal(t, []uuidPost{{"1", "blog-a"}, {"0x2", "blog-a"}}, b.Posts)
		done(t, db.Save(&uuidBlog{ID: "blog-c", Title: "c"}), 1)
		done(t, db.Delete(&uuidBlog{ID: "blog-b"}), 1)
		done(t, db.Delete(&uuidPost{}, "id = ?", "1"), 1)
		require.Equal(t, "blog-a a, blog-c c", show(t, db, "SELECT * FROM uuid_blogs ORDER BY id"))
		done(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&[]uuidBlog{{ID: "blog-a", Title: "A"}, {Title: "d"}}), 2)
		require.Equal(t, "blog-a A, blog-c c, blog-d d", show(t, db, "SELECT * FROM uuid_blogs ORDER BY id"))
		require.Equal(t, "0x2 blog-a", show(t, db, "SELECT * FROM uuid_posts"))
	})
}
