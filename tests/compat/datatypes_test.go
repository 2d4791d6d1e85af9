package compat

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/datatypes"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

// What gorm.io/datatypes' own suite leaves out, as a program uses it.

type settings struct {
	Theme string `json:"theme"`
	Size  int    `json:"size"`
}

type member struct {
	ID       datatypes.UUID `gorm:"primaryKey"`
	Bin      datatypes.BinUUID
	BinPtr   *datatypes.BinUUID
	Doc      datatypes.JSON `gorm:"check:json_valid(doc);index:idx_members_age,expression:json_extract(doc\\,'$.age')"`
	DocPtr   *datatypes.JSON
	Map      datatypes.JSONMap `gorm:"default:'{}'"`
	Typed    datatypes.JSONType[settings]
	Tags     datatypes.JSONSlice[string]
	Birthday datatypes.Date
	Opens    datatypes.Time
	Home     datatypes.URL
	Nick     datatypes.NullString
	Score    datatypes.NullInt64
	Seen     datatypes.NullTime
	Ratio    datatypes.Null[float64]
	Cards    []card
}

type card struct {
	ID       uint
	MemberID datatypes.UUID
	Data     datatypes.JSON
}

func newMember(age string) member {
	bin := datatypes.NewBinUUIDv4()
	doc := datatypes.JSON(`{"age":` + age + `,"orgs":{"a":"b"},"tags":["x","y"],"big":12345678901234567890,"at":"2024-05-06"}`)
	home, _ := url.Parse("https://example.com/a?b=c#d")
	return member{
		ID: datatypes.NewUUIDv4(), Bin: datatypes.NewBinUUIDv4(), BinPtr: &bin, Doc: doc, DocPtr: &doc,
		Map: datatypes.JSONMap{"a": "b", "n": json.Number("12345678901234567890")}, Typed: datatypes.NewJSONType(settings{"dark", 3}),
		Tags: datatypes.NewJSONSlice([]string{"x", "y"}), Birthday: datatypes.Date(time.Date(1990, 5, 6, 0, 0, 0, 0, time.UTC)),
		Opens: datatypes.NewTime(8, 30, 0, 5), Home: datatypes.URL(*home), Nick: datatypes.NewNull("nick"), Score: datatypes.NewNull(int64(5)),
		Seen: datatypes.NewNull(time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)), Ratio: datatypes.NewNull(1.5),
		Cards: []card{{Data: datatypes.JSON(`[1]`)}},
	}
}

func members(t *testing.T, prepare bool) *gorm.DB {
	t.Helper()
	db := openFile(t, filepath.Join(t.TempDir(), "test.db"), prepare)
	require.NoError(t, db.AutoMigrate(&member{}, &card{}))
	return db
}

func TestDatatypes(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := members(t, prepare)
		plan, err := libsql.Plan(db, &member{}, &card{})
		require.NoError(t, err)
		require.True(t, plan.Empty(), plan)

		m := newMember("30")
		require.NoError(t, db.Create(&m).Error)
		var got member
		require.NoError(t, db.Preload("Cards").First(&got, "id = ?", m.ID).Error)
		want, err := json.Marshal(m)
		require.NoError(t, err)
		have, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(have))
		require.Equal(t, time.Time(m.Birthday), time.Time(got.Birthday))
		require.Equal(t, m.Home, got.Home)

		// All of it empty: NULL where there is one.
		none := member{ID: datatypes.NewUUIDv4()}
		require.NoError(t, db.Create(&none).Error)
		got = member{}
		require.NoError(t, db.First(&got, "id = ?", none.ID).Error)
		require.Nil(t, got.DocPtr)
		require.Nil(t, got.BinPtr)
		require.False(t, got.Nick.Valid || got.Score.Valid || got.Seen.Valid || got.Ratio.Valid)
		require.Equal(t, datatypes.JSONMap{}, got.Map)

		batch := []member{newMember("1"), newMember("2"), newMember("3")}
		require.NoError(t, db.CreateInBatches(&batch, 2).Error)
		age := datatypes.JSONQuery("doc").Extract("age")
		var ages []int
		require.NoError(t, db.Model(&member{}).Select("?", age).Where("? IS NOT NULL", age).Order("json_extract(doc, '$.age')").Scan(&ages).Error)
		require.Equal(t, []int{1, 2, 3, 30}, ages)
		for want, tx := range map[int64]*gorm.DB{
			4: db.Where(datatypes.JSONQuery("doc").HasKey("orgs", "a")),
			0: db.Where(datatypes.JSONQuery("doc").HasKey("orgs", "b")),
			1: db.Where(datatypes.JSONQuery("doc").Equals(30, "age")),
			3: db.Where(datatypes.JSONArrayQuery("tags").Contains("x")).Where("? < 30", age),
		} {
			var n int64
			require.NoError(t, tx.Model(&member{}).Count(&n).Error)
			require.Equal(t, want, n)
		}
		var found []member
		require.NoError(t, db.Where(datatypes.JSONQuery("map").Likes("%b%", "a")).Where(datatypes.JSONArrayQuery("doc").In([]string{"b"}, "orgs", "a")).Find(&found).Error)
		require.Len(t, found, 4)
		require.NoError(t, db.Where(&member{Bin: m.Bin, Score: m.Score}).Where(map[string]any{"id": m.ID, "bin_ptr": m.BinPtr}).Find(&found).Error)
		require.Len(t, found, 1)

		require.NoError(t, db.Model(&m).UpdateColumn("doc", datatypes.JSONSet("doc").Set("age", 31).Set("orgs.c", map[string]any{"d": 1}).Set("tags[#]", "z")).Error)
		require.NoError(t, db.Model(&m).Updates(map[string]any{"map": datatypes.JSONMap{"z": 1.5}, "tags": datatypes.JSONSlice[string]{"q"},
			"typed": datatypes.NewJSONType(settings{"light", 4}), "nick": datatypes.NullString{}, "birthday": datatypes.Date(time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC))}).Error)
		got = member{}
		require.NoError(t, db.First(&got, "id = ?", m.ID).Error)
		require.JSONEq(t, `{"age":31,"orgs":{"a":"b","c":{"d":1}},"tags":["x","y","z"],"big":12345678901234567890,"at":"2024-05-06"}`, got.Doc.String())
		require.Equal(t, settings{"light", 4}, got.Typed.Data())
		require.Equal(t, []string{"q"}, []string(got.Tags))
		require.False(t, got.Nick.Valid)

		var docs []datatypes.JSON
		require.NoError(t, db.Model(&member{}).Where("doc IS NOT NULL").Pluck("doc", &docs).Error)
		require.Len(t, docs, 4)
		var dto struct {
			Doc   datatypes.JSONMap
			Typed datatypes.JSONType[map[string]any]
		}
		require.NoError(t, db.Model(&member{}).Where("id = ?", m.ID).Scan(&dto).Error)
		require.Equal(t, "light", dto.Typed.Data()["theme"])

		m.Doc = datatypes.JSON(`{"age":99}`)
		require.NoError(t, db.Omit("Cards").Clauses(clause.OnConflict{UpdateAll: true}).Create(&m).Error)
		first, err := gorm.G[member](db).Where(datatypes.JSONQuery("doc").Equals(99, "age")).First(t.Context())
		require.NoError(t, err)
		require.Equal(t, m.ID, first.ID)
		require.ErrorContains(t, db.Create(&member{ID: datatypes.NewUUIDv4(), Doc: datatypes.JSON(`{`)}).Error, "CHECK constraint failed")
	})
}

// datatypes declares its columns as JSON, which has NUMERIC affinity: a document
// that is a number is stored as one. A number that would lose digits is refused.
func TestDatatypesNumbers(t *testing.T) {
	db := members(t, false)
	require.NoError(t, db.Create(&card{MemberID: owner(t, db), Data: datatypes.JSON(`"5"`)}).Error)
	require.NoError(t, db.Create(&card{MemberID: owner(t, db), Data: datatypes.JSON(`5`)}).Error)
	var kinds []string
	require.NoError(t, db.Raw("SELECT typeof(data) FROM cards").Scan(&kinds).Error)
	require.Equal(t, []string{"text", "integer"}, kinds)
	require.ErrorContains(t, db.Create(&card{MemberID: owner(t, db), Data: datatypes.JSON(`12345678901234567890`)}).Error, "has more digits")
	require.ErrorContains(t, db.Find(&[]card{}).Error, "Failed to unmarshal JSONB value:5", "as on gorm.io/driver/sqlite")
}

func owner(t *testing.T, db *gorm.DB) datatypes.UUID {
	t.Helper()
	m := member{ID: datatypes.NewUUIDv4()}
	require.NoError(t, db.Create(&m).Error)
	return m.ID
}

// A program that goes from datatypes to types keeps its rows. The tag type:JSON
// keeps the column as it is, too; without it, it becomes TEXT, so that a
// document that is a number stays what it is.
func TestFromDatatypesToTypes(t *testing.T) {
	type kept struct {
		ID       uint
		MemberID datatypes.UUID
		Data     types.JSON[any] `gorm:"type:JSON"`
	}
	type changed struct {
		ID       uint
		MemberID datatypes.UUID
		Data     types.JSON[any]
	}
	type binary struct {
		ID       uint
		MemberID datatypes.UUID
		Data     types.JSONB[any]
	}
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := openFile(t, filepath.Join(t.TempDir(), "test.db"), prepare)
		require.NoError(t, db.AutoMigrate(&card{}))
		documents := []string{`5`, `"5"`, `1.5`, `{"a":12345678901234567890}`, `[true]`, `null`}
		for _, d := range documents {
			require.NoError(t, db.Create(&card{Data: datatypes.JSON(d)}).Error)
		}
		read := func() (out []string) {
			var docs []types.JSON[any]
			require.NoError(t, db.Table("cards").Order("id").Pluck("data", &docs).Error)
			for _, d := range docs {
				text, err := json.Marshal(d)
				require.NoError(t, err)
				out = append(out, string(text))
			}
			return out
		}
		db = db.Table("cards").Session(&gorm.Session{})
		plan, err := libsql.Plan(db, &kept{})
		require.NoError(t, err)
		require.True(t, plan.Empty(), plan)
		require.Equal(t, documents, read())
		for _, model := range []any{&changed{}, &binary{}, &kept{}, &card{}, &changed{}} {
			require.NoError(t, db.AutoMigrate(model))
			plan, err := libsql.Plan(db, model)
			require.NoError(t, err)
			require.True(t, plan.Empty(), plan)
			require.Equal(t, documents, read(), "%T", model)
		}
	})
}
