package docs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/libsqltest"
	"github.com/gorm-libsql/libsql/types"
)

type Article struct {
	ID    uint
	Title string
	Meta  types.JSON[Meta]            `gorm:"not null;default:'{}';check:json_valid(meta)"`
	Extra types.JSONB[map[string]any] `gorm:"check:json_valid(extra,8)"`
}

type Meta struct {
	Author string   `json:"author"`
	Tags   []string `json:"tags"`
	Views  int      `json:"views"`
}

type Event struct {
	ID   uint
	Data types.JSONB[map[string]any] `gorm:"index:idx_kind,expression:data->>'$.kind';index:idx_size,expression:json_array_length(data\\,'$.rows')"`
	// generated from the document: virtual, and stored
	Kind string `gorm:"->;type:text GENERATED ALWAYS AS (data->>'$.kind') VIRTUAL"`
	Day  string `gorm:"->;generated:data->>'$.day';index"`
}

func TestJSON(t *testing.T) {
	db := libsqltest.New(t, &Article{})
	err := db.Create(&Article{Title: "JSON", Meta: types.NewJSON(Meta{Author: "Ada", Tags: []string{"go", "sql"}, Views: 7})}).Error
	require.NoError(t, err)
	require.NoError(t, db.Create(&Article{Title: "Empty", Extra: types.NewJSONB(map[string]any{"draft": true, "n": 1})}).Error)

	meta := types.JSONCol("meta") // or "articles.meta"
	views := meta.Value("$.views")

	var articles []Article
	err = db.Where(views.Gt(5)).Where(meta.Contains("go", "$.tags")).Order(views.Desc()).Find(&articles).Error
	require.NoError(t, err)
	require.Len(t, articles, 1)

	var authors []struct {
		Author string
		Titles types.JSON[[]string]
	}
	author := meta.Value("$.author")
	err = db.Model(&Article{}).Select("? AS author, ? AS titles", author, types.JSONGroupArray("title")).
		Group(author.String()).Order(author.Asc()).Find(&authors).Error
	require.NoError(t, err)
	require.Equal(t, []string{"JSON"}, authors[1].Titles.V)

	var tags []struct {
		Title             string
		types.JSONElement `gorm:"embedded"`
	}
	err = db.Model(&Article{}).Select("articles.title, tag.*").
		Joins("JOIN ? AS tag", types.JSONCol("articles.meta").Each("$.tags")).Find(&tags).Error
	require.NoError(t, err)
	require.Equal(t, types.Path("$.tags[1]"), tags[1].FullKey)

	err = db.Model(&Article{}).Where("id = ?", 1).Update("meta", meta.Set("$.views", 8, "$.editor.name", "Eve")).Error
	require.NoError(t, err)
	err = db.Model(&Article{}).Where(meta.Has("$.editor")).Updates(map[string]any{
		"meta":  meta.Append("$.tags", "json"),
		"extra": types.JSONCol("extra").Patch(map[string]any{"draft": nil}),
	}).Error
	require.NoError(t, err)
	err = db.Model(&Article{}).Where("id = ?", 1).Update("meta", meta.Set("$.views", gorm.Expr("? + 1", views))).Error
	require.NoError(t, err)
	var text string
	require.NoError(t, db.Raw("SELECT meta FROM articles WHERE id = 1").Scan(&text).Error)
	require.Equal(t, `{"author":"Ada","tags":["go","sql","json"],"views":9,"editor":{"name":"Eve"}}`, text)
}

func TestJSONPaths(t *testing.T) {
	p := types.Path("$.items[0].name")
	p = types.At("items", 0, "name") // the same
	require.Equal(t, types.Path("$.items[0].name"), p)
	last := types.At("items", -1)  // $.items[#-1], the last element
	end := types.At("items").End() // $.items[#], the place behind it
	require.Equal(t, []types.Path{"$.items[#-1]", "$.items[#]"}, []types.Path{last, end})
	p = types.At(`a "label" with dots.`, 3) // $."a \u0022label\u0022 with dots."[3]
	require.Equal(t, types.Path(`$."a \u0022label\u0022 with dots."[3]`), p)
}

func TestJSONIndexes(t *testing.T) {
	db := libsqltest.New(t, &Event{})
	require.NoError(t, db.Create(&Event{Data: types.NewJSONB(map[string]any{"kind": "click", "day": "2024-05-06"})}).Error)
	var events []Event
	count := func(cond any, args ...any) (n int64) {
		require.NoError(t, db.Model(&Event{}).Where(cond, args...).Count(&n).Error)
		return n
	}
	require.Equal(t, []int64{1, 0, 1}, []int64{count(types.JSONCol("data").Value("$.kind").Eq("click")), count(types.JSONCol("data").Len("$.rows").Gt(100)), count("day = ?", "2024-05-06")})
	db.Where(types.JSONCol("data").Value("$.kind").Eq("click")).Find(&events) // by idx_kind
	db.Where(types.JSONCol("data").Len("$.rows").Gt(100)).Find(&events)       // by idx_size
	db.Where("day = ?", "2024-05-06").Find(&events)                           // by idx_events_day
	require.Equal(t, "click", events[0].Kind)
}
