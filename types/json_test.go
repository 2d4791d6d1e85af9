package types_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

var ctx = context.Background()

type profile struct {
	Name string   `json:"name"`
	Age  int64    `json:"age"`
	Tags []string `json:"tags,omitempty"`
}

// Every kind of document, in a column of each storage, as value and pointer.
type docs struct {
	ID      uint
	Text    types.JSON[profile]
	Blob    types.JSONB[profile]
	TextPtr *types.JSON[profile]
	BlobPtr *types.JSONB[profile]
	AnyText types.JSON[any]             `gorm:"check:json_valid(any_text)"`
	AnyBlob types.JSONB[any]            `gorm:"check:json_valid(any_blob, 8)"`
	Map     types.JSON[map[string]any]  `gorm:"not null;default:'{}'"`
	MapB    types.JSONB[map[string]any] `gorm:"not null;default:(jsonb('{\"a\":[1]}'))"`
	List    types.JSON[[]int]
	ListB   types.JSONB[[]int]
	Raw     types.JSON[json.RawMessage]
	RawB    types.JSONB[json.RawMessage]
}

// each runs the body as most programs do, and with prepared statements.
func each(t *testing.T, models []any, body func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	for _, prepare := range []bool{false, true} {
		t.Run(fmt.Sprintf("PrepareStmt=%v", prepare), func(t *testing.T) {
			db := open(t, models...)
			if prepare {
				db = db.Session(&gorm.Session{PrepareStmt: true})
				t.Cleanup(func() { db.ConnPool.(*gorm.PreparedStmtDB).Close() })
			}
			body(t, db)
		})
	}
}

func one[T any](t *testing.T, db *gorm.DB, query string, args ...any) (v T) {
	t.Helper()
	require.NoError(t, db.Raw(query, args...).Scan(&v).Error)
	return v
}

// ada is a row with all its columns filled.
func ada() docs {
	p := profile{"Ada", 36, []string{"a", "b"}}
	doc := map[string]any{"a": json.Number("12345678901234567890"), "b": []any{nil, true, "x"}}
	text, blob := types.NewJSON(p), types.NewJSONB(p)
	return docs{
		Text: text, Blob: blob, TextPtr: &text, BlobPtr: &blob,
		AnyText: types.NewJSON[any](json.Number("5")), AnyBlob: types.NewJSONB[any]("5"),
		Map: types.NewJSON(doc), MapB: types.NewJSONB(doc),
		List: types.NewJSON([]int{1, 2}), ListB: types.NewJSONB([]int{1, 2}),
		Raw: types.NewJSON(json.RawMessage(`{"z":1,"a":1.50}`)), RawB: types.NewJSONB(json.RawMessage(`{"z":1,"a":1.50}`)),
	}
}

func TestDocumentsComeBack(t *testing.T) {
	each(t, []any{&docs{}}, func(t *testing.T, db *gorm.DB) {
		d := ada()
		require.NoError(t, db.Create(&d).Error)
		var got docs
		require.NoError(t, db.First(&got, d.ID).Error)
		require.Equal(t, d, got)
		require.Equal(t, "text blob text blob text blob text blob", one[string](t, db, `SELECT typeof(text)||' '||typeof(blob)||' '||typeof(text_ptr)||
			' '||typeof(blob_ptr)||' '||typeof(any_text)||' '||typeof(any_blob)||' '||typeof(raw)||' '||typeof(raw_b) FROM docs`))
		require.Equal(t, `{"name":"Ada","age":36,"tags":["a","b"]} {"name":"Ada","age":36,"tags":["a","b"]}`, one[string](t, db, "SELECT text||' '||json(blob) FROM docs"))
		require.Equal(t, `5 "5"`, one[string](t, db, "SELECT any_text||' '||json(any_blob) FROM docs"))
		require.Equal(t, int64(1), one[int64](t, db, "SELECT min(blob = jsonb(text), json(blob) = text, json(blob_ptr) = text_ptr, raw_b = jsonb(raw)) FROM docs"))
	})
}

func TestNullIsNotJSONsNull(t *testing.T) {
	each(t, []any{&docs{}}, func(t *testing.T, db *gorm.DB) {
		null := docs{Map: types.NewJSON[map[string]any](nil), MapB: types.NewJSONB[map[string]any](nil)}
		full := docs{
			AnyText: types.NewJSON[any](nil), AnyBlob: types.NewJSONB[any](nil), List: types.NewJSON[[]int](nil), ListB: types.NewJSONB[[]int](nil),
			Map: types.NewJSON[map[string]any](nil), MapB: types.NewJSONB[map[string]any](nil),
			Raw: types.NewJSON(json.RawMessage("null")), RawB: types.NewJSONB[json.RawMessage](json.RawMessage("null")),
		}
		rows := []docs{null, full}
		require.NoError(t, db.Create(&rows).Error)
		var got []docs
		require.NoError(t, db.Order("id").Find(&got).Error)
		require.Equal(t, rows, got)
		require.Equal(t, "null null", one[string](t, db, "SELECT typeof(any_text)||' '||typeof(any_blob) FROM docs WHERE id = ?", rows[0].ID))
		require.Equal(t, "null null", one[string](t, db, "SELECT any_text||' '||json(any_blob) FROM docs WHERE id = ?", rows[1].ID))
		for _, name := range []string{"any_text", "any_blob"} {
			var ids []uint
			require.NoError(t, db.Model(&docs{}).Where(types.JSONCol(name).Type().Eq("null")).Pluck("id", &ids).Error)
			require.Equal(t, []uint{rows[1].ID}, ids)
			require.NoError(t, db.Model(&docs{}).Where(map[string]any{name: types.JSON[any]{}}).Pluck("id", &ids).Error)
			require.Equal(t, []uint{rows[0].ID}, ids)
		}
	})
}

// A default of the column stands in for a document that is not Valid.
func TestDefaultsOfDocuments(t *testing.T) {
	each(t, []any{&docs{}}, func(t *testing.T, db *gorm.DB) {
		d := docs{}
		require.NoError(t, db.Create(&d).Error)
		require.Equal(t, types.NewJSON(map[string]any{}), d.Map)
		require.Equal(t, types.NewJSONB(map[string]any{"a": []any{json.Number("1")}}), d.MapB)
		batch := []docs{{}, ada(), {}}
		require.NoError(t, db.CreateInBatches(&batch, 2).Error)
		require.Equal(t, d.MapB, batch[0].MapB)
		require.Equal(t, ada().Map, batch[1].Map)
		require.Equal(t, d.Map, batch[2].Map)
	})
}

// Types whose methods have pointers for receivers, as encoding/json calls them.
func TestDocumentsOfTypesWithMethods(t *testing.T) {
	type sums struct {
		ID   uint
		Text types.JSON[big.Int]
		Blob types.JSONB[big.Int]
		List types.JSON[[1]big.Int]
	}
	each(t, []any{&sums{}}, func(t *testing.T, db *gorm.DB) {
		n, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
		s := sums{Text: types.NewJSON(*n), Blob: types.NewJSONB(*n), List: types.NewJSON([1]big.Int{*n})}
		require.NoError(t, db.Create(&s).Error)
		var got sums
		require.NoError(t, db.Where(&sums{Text: s.Text}).First(&got).Error)
		require.Equal(t, s, got)
		text, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, `{"ID":1,"Text":123456789012345678901234567890,"Blob":123456789012345678901234567890,"List":[123456789012345678901234567890]}`, string(text))
	})
}

// The values of a document that SQLite would have made other ones of.
func TestValuesOfDocuments(t *testing.T) {
	each(t, []any{&docs{}}, func(t *testing.T, db *gorm.DB) {
		for _, text := range []string{`5`, `"5"`, `5.0`, `1e2`, `"1e2"`, `0.30000000000000004`, `123456789012345678901234567890.123456789`, `true`, `"true"`, `""`,
			`"2024-01-02"`, `"2024-01-02T03:04:05Z"`, `"x'00'"`, `"a\u0000b"`, `"<&>"`, `"😀\u2028"`, `[]`, `{}`, `9223372036854775808`, `-0`} {
			raw := json.RawMessage(text)
			d := docs{Raw: types.NewJSON(raw), RawB: types.NewJSONB(raw), AnyText: types.NewJSON[any](raw), AnyBlob: types.NewJSONB[any](raw)}
			require.NoError(t, db.Create(&d).Error, text)
			var got docs
			require.NoError(t, db.First(&got, d.ID).Error)
			require.Equal(t, d.Raw, got.Raw)
			require.Equal(t, d.RawB, got.RawB)
			require.Equal(t, any(got.AnyText.V), got.AnyBlob.V)
			again, err := json.Marshal(got.AnyText)
			require.NoError(t, err)
			require.JSONEq(t, text, string(again))
			if _, ok := got.AnyText.V.(json.Number); ok {
				require.Equal(t, text, string(again))
			}
		}
	})
}

// A column that gorm.io/datatypes declared as JSON has numbers, and other
// programs write text, JSONB and text in blobs.
func TestScan(t *testing.T) {
	for _, c := range []struct {
		src  any
		want string
	}{
		{int64(5), "5"}, {1.5, "1.5"}, {1e300, "1e+300"}, {true, "true"}, {false, "false"}, {math.Inf(1), "9.0e+999"}, {math.Inf(-1), "-9.0e+999"},
		{`{"a":1}`, `{"a":1}`}, {" [1] \n", "[1]"}, {[]byte(`{"a": 1}`), `{"a": 1}`}, {[]byte("\x4c\x17\x61\x13\x31"), `{"a":1}`}, {[]byte("null"), "null"},
		{[]byte("\x00"), "null"},
		// as for SQLite, four bytes that are JSONB are it: here 0x33, an integer of three digits
		{[]byte("3123"), "123"},
		{[]byte("8888"), `"888"`},
	} {
		var j types.JSON[json.RawMessage]
		require.NoError(t, j.Scan(c.src), "%v", c.src)
		require.Equal(t, strings.TrimSpace(c.want), string(j.V))
		require.True(t, j.Valid)
		var b types.JSONB[json.RawMessage]
		require.NoError(t, b.Scan(c.src))
		require.Equal(t, types.JSONB[json.RawMessage](j), b)
		require.NoError(t, b.Scan(nil))
		require.Zero(t, b)
		require.NoError(t, j.Scan(nil))
		require.Zero(t, j)
	}
	// What stood there before is gone, and stays when there is an error.
	m := types.NewJSON(map[string]int{"old": 1})
	require.NoError(t, m.Scan(`{"new":2}`))
	require.Equal(t, types.NewJSON(map[string]int{"new": 2}), m)
	for src, why := range map[any]string{
		"":                "libsql: JSON: unexpected EOF",
		"{":               "libsql: JSON: unexpected EOF",
		"{a:1}":           "libsql: JSON: invalid character 'a' looking for beginning of object key string",
		`{"a":1} {"a":2}`: "libsql: JSON: there is more behind byte 7, where the document ends",
		`{"a":1}}`:        "libsql: JSON: there is more behind byte 7, where the document ends",
		`{"a":"x"}`:       "libsql: JSON: json: cannot unmarshal string into Go value of type int",
		struct{}{}:        "libsql: JSON: a struct {} is no document",
	} {
		err := m.Scan(src)
		require.Error(t, err, "%v", src)
		require.Contains(t, err.Error(), strings.TrimSuffix(why, "into Go value of type int"))
	}
	require.EqualError(t, m.Scan([]byte("\x1b\x13")), "libsql: malformed JSONB: an element is longer than what is there")
	require.Equal(t, types.NewJSON(map[string]int{"new": 2}), m)
}

func TestErrorsNameTheColumn(t *testing.T) {
	each(t, []any{&docs{}}, func(t *testing.T, db *gorm.DB) {
		d := ada()
		require.NoError(t, db.Create(&d).Error)
		var got docs
		for column, why := range map[string]string{"text": `name "text"`, "blob": `name "blob"`} {
			require.NoError(t, db.Exec("UPDATE docs SET "+column+" = 'nonsense'").Error)
			require.ErrorContains(t, db.First(&got).Error, why)
			require.NoError(t, db.Model(&d).Select(column).Updates(&d).Error)
		}
		require.ErrorContains(t, db.Exec("UPDATE docs SET any_text = '{'").Error, "CHECK constraint failed: chk_docs_any_text")
		require.ErrorContains(t, db.Exec("UPDATE docs SET any_blob = '{}'").Error, "CHECK constraint failed: chk_docs_any_blob")

		const unsupported = "libsql: column any_blob: libsql: JSON: json: unsupported type: chan int"
		bad := ada()
		bad.ID, bad.AnyBlob.V = 0, make(chan int)
		require.EqualError(t, db.Create(&bad).Error, unsupported)
		require.EqualError(t, db.Create(&[]docs{ada(), bad}).Error, unsupported)
		require.EqualError(t, db.Model(&docs{}).Create(map[string]any{"any_blob": bad.AnyBlob}).Error, unsupported)
		require.EqualError(t, db.Model(&d).Update("any_blob", bad.AnyBlob).Error, unsupported)
		require.EqualError(t, db.Model(&d).Updates(docs{Text: d.Text, AnyBlob: bad.AnyBlob}).Error, unsupported)
		require.EqualError(t, db.Where(map[string]any{"id": 1, "any_blob": bad.AnyBlob}).Find(&[]docs{}).Error, unsupported)
		require.EqualError(t, db.Where("id <> ? AND any_blob = ?", 1, bad.AnyBlob).Delete(&docs{}).Error, unsupported)
		require.ErrorContains(t, db.Where("any_blob IN ?", []any{bad.AnyBlob}).Find(&[]docs{}).Error, "json: unsupported type: chan int")
		bad.AnyBlob.V = math.NaN()
		require.EqualError(t, db.Save(&bad).Error, "libsql: column any_blob: libsql: JSON: json: unsupported value: NaN")
		bad.AnyBlob, bad.Raw.V = ada().AnyBlob, json.RawMessage("{a}")
		require.ErrorContains(t, db.Create(&bad).Error, "libsql: column raw: libsql: JSON: json: error calling MarshalJSON for type *json.RawMessage: invalid character 'a'")
		var syntax *json.SyntaxError
		require.ErrorAs(t, db.Create(&bad).Error, &syntax)
		require.Equal(t, int64(1), one[int64](t, db, "SELECT count(*) FROM docs"))

		require.ErrorContains(t, db.Raw("SELECT json('{')").Scan(new(string)).Error, "malformed JSON")
		var e *libsql.Error
		require.ErrorAs(t, db.Raw("SELECT json('{')").Scan(new(string)).Error, &e)
		require.Equal(t, "malformed JSON", e.Message)
	})
}

// A document may have GORM's tags, and may refer to itself: it is no relation.
func TestADocumentIsNoModel(t *testing.T) {
	type node struct {
		ID       uint `gorm:"primaryKey;column:node_id"`
		Parent   *node
		Children []node `gorm:"foreignKey:ID"`
	}
	type tree struct {
		ID   uint
		Root types.JSON[node]
		Leaf *types.JSONB[gorm.Model]
	}
	each(t, []any{&tree{}}, func(t *testing.T, db *gorm.DB) {
		// GORM parses what it scans into, and logs what it makes nothing of.
		_, err := schema.Parse(&types.JSON[node]{}, &sync.Map{}, schema.NamingStrategy{})
		require.NoError(t, err)
		_, err = schema.Parse(&types.JSONB[profile]{}, &sync.Map{}, schema.NamingStrategy{})
		require.NoError(t, err)
		leaf := types.NewJSONB(gorm.Model{ID: 7})
		want := tree{Root: types.NewJSON(node{ID: 1, Children: []node{{ID: 2, Parent: &node{ID: 1}}}}), Leaf: &leaf}
		require.NoError(t, db.Create(&want).Error)
		var got tree
		require.NoError(t, db.First(&got).Error)
		require.Equal(t, want, got)
		require.Equal(t, "CREATE TABLE `trees` (`id` integer PRIMARY KEY AUTOINCREMENT,`root` text,`leaf` blob)",
			one[string](t, db, "SELECT sql FROM sqlite_master WHERE name = 'trees'"))
	})
}

func TestDocumentsInEveryStatement(t *testing.T) {
	each(t, []any{&docs{}}, func(t *testing.T, db *gorm.DB) {
		d := ada()
		require.NoError(t, db.Create(&d).Error)
		eve := profile{Name: "Eve"}
		row := func() (got docs) {
			require.NoError(t, db.First(&got, d.ID).Error)
			return got
		}

		require.NoError(t, db.Model(&d).Updates(map[string]any{"text": types.NewJSON(eve), "Blob": types.NewJSONB(eve), "text_ptr": nil}).Error)
		require.Equal(t, types.NewJSON(eve), row().Text)
		require.Equal(t, types.NewJSONB(eve), row().Blob)
		require.Nil(t, row().TextPtr)
		require.Equal(t, types.NewJSON(eve), d.Text)
		require.NoError(t, db.Model(&d).Updates(docs{Text: types.NewJSON(profile{}), List: types.NewJSON[[]int](nil)}).Error)
		require.Equal(t, types.NewJSON(profile{}), row().Text, "a document that is empty is no zero value")
		require.Equal(t, types.NewJSON[[]int](nil), row().List)
		require.Equal(t, types.NewJSONB(eve), row().Blob, "one that is not Valid is")
		require.NoError(t, db.Model(&d).Update("text", types.NewJSON(eve)).Error)
		require.NoError(t, db.Model(&d).Select("*").Updates(docs{ID: d.ID, Text: types.NewJSON(eve), Blob: types.NewJSONB(eve), Map: d.Map, MapB: d.MapB}).Error)
		require.False(t, row().List.Valid)

		for name, tx := range map[string]*gorm.DB{
			"struct":  db.Where(docs{Text: types.NewJSON(eve)}),
			"structB": db.Where(&docs{Blob: types.NewJSONB(eve)}),
			"map":     db.Where(map[string]any{"text": types.NewJSON(eve)}),
			"text":    db.Where("text = ? AND blob = ?", types.NewJSON(eve), types.NewJSONB(eve)),
			"named":   db.Where("text = @t", sql.Named("t", types.NewJSON(eve))),
			"in":      db.Where("blob IN ?", []types.JSONB[profile]{types.NewJSONB(profile{}), types.NewJSONB(eve)}),
			"not":     db.Not(map[string]any{"text": types.NewJSON(profile{})}),
		} {
			var got []docs
			require.NoError(t, tx.Find(&got).Error, name)
			require.Len(t, got, 1, name)
		}

		var texts []types.JSON[profile]
		require.NoError(t, db.Model(&docs{}).Pluck("text", &texts).Error)
		require.Equal(t, []types.JSON[profile]{types.NewJSON(eve)}, texts)
		var blobs []*types.JSONB[profile]
		require.NoError(t, db.Model(&docs{}).Pluck("blob_ptr", &blobs).Error)
		require.Equal(t, []*types.JSONB[profile]{{}}, blobs)
		var blob types.JSONB[profile]
		require.NoError(t, db.Raw("SELECT blob FROM docs").Row().Scan(&blob))
		require.NoError(t, db.Model(&docs{}).Select("blob").Scan(&blob).Error)
		require.Equal(t, eve, blob.V)

		var dto []struct {
			ID    uint
			Text  types.JSONB[map[string]any] // read from either storage
			Blob  *types.JSON[profile]
			Other types.JSON[json.Number]
		}
		require.NoError(t, db.Model(&docs{}).Select("id, text, blob, ? AS other", types.JSONCol("text").Get("$.age")).Find(&dto).Error)
		require.Equal(t, "Eve", dto[0].Text.V["name"])
		require.Equal(t, "Eve", dto[0].Blob.V.Name)
		require.Equal(t, json.Number("0"), dto[0].Other.V)

		var maps []map[string]any
		require.NoError(t, db.Model(&docs{}).Select("text", "blob").Find(&maps).Error)
		require.Equal(t, `{"name":"Eve","age":0}`, maps[0]["text"])
		require.IsType(t, []byte(nil), maps[0]["blob"])

		require.NoError(t, db.Model(&docs{}).Create(map[string]any{"id": 9, "text": types.NewJSON(eve), "any_blob": types.NewJSONB[any]([]int{1})}).Error)
		require.NoError(t, db.Model(&docs{}).Create([]map[string]any{{"text": types.NewJSON(eve)}, {"blob": types.NewJSONB(eve)}}).Error)
		require.Equal(t, "[1]", one[string](t, db, "SELECT json(any_blob) FROM docs WHERE id = 9"))

		up := docs{ID: 9, Text: types.NewJSON(profile{Name: "new"}), AnyBlob: types.NewJSONB[any]("new"), Map: types.NewJSON(map[string]any{"b": 1.0})}
		require.NoError(t, db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.Assignments(map[string]any{
			"text": types.JSONCol("text").Patch(types.JSONCol("excluded.text")), "any_blob": gorm.Expr("excluded.any_blob"),
			"map": types.JSONCol("map").Set("$.b", types.JSONCol("excluded.map").Value("$.b")),
		})}).Create(&up).Error)
		require.Equal(t, `{"name":"new","age":0} "new" {"b":1}`, one[string](t, db, "SELECT text||' '||json(any_blob)||' '||map FROM docs WHERE id = 9"))
		require.NoError(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&[]docs{{ID: 9, Text: types.NewJSON(eve)}, {ID: 10}}).Error)
		require.Equal(t, "Eve", one[string](t, db, "SELECT text->>'name' FROM docs WHERE id = 9"))
		require.NoError(t, db.Where(docs{Text: types.NewJSON(profile{Name: "first"})}).FirstOrCreate(&docs{}).Error)
		require.NoError(t, db.Where(docs{Text: types.NewJSON(profile{Name: "first"})}).FirstOrCreate(&docs{}).Error)
		require.Equal(t, int64(1), one[int64](t, db, "SELECT count(*) FROM docs WHERE text->>'name' = 'first'"))
		require.NoError(t, db.Clauses(clause.Returning{}).Where("id = 9").Delete(&up).Error)
		require.Equal(t, eve, up.Text.V)
	})
}

func TestDocumentsInGenerics(t *testing.T) {
	each(t, []any{&docs{}}, func(t *testing.T, db *gorm.DB) {
		d := ada()
		require.NoError(t, gorm.G[docs](db).Create(ctx, &d))
		batch := []docs{ada(), ada(), ada()}
		require.NoError(t, gorm.G[docs](db).CreateInBatches(ctx, &batch, 2))
		age := types.JSONCol("blob").Value("$.age")
		got, err := gorm.G[docs](db).Where(age.Gte(36)).Order(age.Desc()).Limit(2).Find(ctx)
		require.NoError(t, err)
		require.Len(t, got, 2)
		require.Equal(t, d.Blob, got[0].Blob)
		n, err := gorm.G[docs](db).Where("id = ?", d.ID).Set(
			clause.Assignment{Column: clause.Column{Name: "blob"}, Value: types.JSONCol("blob").Set("$.age", 37)},
			clause.Assignment{Column: clause.Column{Name: "text"}, Value: types.NewJSON(profile{Name: "x"})},
		).Update(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		first, err := gorm.G[docs](db).Where(age.Eq(37)).First(ctx)
		require.NoError(t, err)
		require.Equal(t, "x", first.Text.V.Name)
		count, err := gorm.G[docs](db).Where(types.JSONCol("text").Contains(map[string]any{"tags": []string{"b"}})).Count(ctx, "id")
		require.NoError(t, err)
		require.Equal(t, int64(3), count)
		_, err = gorm.G[docs](db).Where(types.JSONCol("text").Has("name")).Find(ctx)
		require.EqualError(t, err, `libsql: JSON path "name": it does not begin with $`)
	})
}

func TestDocumentsInEncodingJSON(t *testing.T) {
	d := ada()
	text, err := json.Marshal(d)
	require.NoError(t, err)
	var back docs
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, d, back)
	require.Contains(t, string(text), `"Text":{"name":"Ada","age":36,"tags":["a","b"]}`)
	text, err = json.Marshal([]any{types.JSON[int]{}, types.JSONB[int]{}, types.NewJSON("<"), types.NewJSONB(big.NewInt(5))})
	require.NoError(t, err)
	require.Equal(t, `[null,null,"\u003c",5]`, string(text))
	null := types.NewJSON(5)
	require.NoError(t, json.Unmarshal([]byte(" null "), &null))
	require.Zero(t, null)
	nullB := types.NewJSONB(5)
	require.NoError(t, json.Unmarshal([]byte("null"), &nullB))
	require.Zero(t, nullB)
	require.Error(t, json.Unmarshal([]byte(`"x"`), &null))
	require.Error(t, json.Unmarshal([]byte(`"x"`), &nullB))
}
