package types_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/types"
)

// edited is the document of row 1 after an update, by a statement with a model and
// by one without, which must leave it in its storage.
func edited(t *testing.T, db *gorm.DB, c types.JSONCol, before string, e types.JSONExpr) string {
	t.Helper()
	name := "text"
	if c != "text" && c != "users.text" {
		name = "blob"
	}
	var out []string
	for _, tx := range []*gorm.DB{db.Model(&user{ID: 1}), db.Table("users").Where("id = 1")} {
		require.NoError(t, db.Exec("UPDATE users SET text = ?1, blob = jsonb(?1) WHERE id = 1", before).Error)
		done := tx.Update(name, e)
		require.NoError(t, done.Error)
		require.Equal(t, int64(1), done.RowsAffected)
		require.Equal(t, name, one[string](t, db, "SELECT typeof("+name+") FROM users WHERE id = 1"))
		out = append(out, one[string](t, db, "SELECT json("+name+") FROM users WHERE id = 1"))
	}
	require.Equal(t, out[0], out[1])
	return out[0]
}

func TestEdits(t *testing.T) {
	fifth := 0.2
	columns(t, func(t *testing.T, db *gorm.DB, c types.JSONCol) {
		for _, x := range []struct {
			before string
			e      types.JSONExpr
			after  string
		}{
			{`[1,2]`, c.Set("$[#]", 3), `[1,2,3]`},
			{`[1,2]`, c.Set("$[1]", 9, "$[#-2]", 8), `[8,9]`},
			{`{}`, c.Set("$.a.b", 1, types.At("l").End(), true), `{"a":{"b":1},"l":[true]}`},
			{`{"a":1}`, c.Set("$", []int{1}), `[1]`},
			{`[1,2,3]`, c.Insert("$[1]", 99), `[1,2,3]`},
			{`{"a":1}`, c.Insert("$.a", 2, "$.b", 3), `{"a":1,"b":3}`},
			{`{"a":1}`, c.Replace("$.a", 2, "$.b", 3), `{"a":2}`},
			{`[0,1,2,3,4]`, c.Remove("$[2]", "$[0]"), `[1,3,4]`},
			{`[0,1,2,3,4]`, c.Remove("$[0]", "$[2]"), `[1,2,4]`},
			{`{"a":{"b":1},"x":2}`, c.Remove("$.a.b", "$.none"), `{"a":{},"x":2}`},
			{`{"a":{"b":1,"c":2}}`, c.Patch(map[string]any{"a": map[string]any{"b": nil, "d": 3}}), `{"a":{"c":2,"d":3}}`},
			{`{"a":1}`, c.Patch([]int{1}), `[1]`},
			{`{"l":[1]}`, c.Append("$.l", 2, "x", nil), `{"l":[1,2,"x",null]}`},
			{`{}`, c.Append("$.a.l", 2), `{"a":{"l":[2]}}`},
			{`[]`, c.Append("$", 2), `[2]`},
			{`{"l":5}`, c.Append("$.l", 2), `{"l":5}`},
			// values keep what they are
			{`{}`, c.Set("$.t", true, "$.f", false, "$.n", nil), `{"t":true,"f":false,"n":null}`},
			{`{}`, c.Set("$.a", fifth+fifth/2, "$.b", json.Number("12345678901234567890.5"), "$.c", uint64(math.MaxUint64)), `{"a":0.30000000000000004,"b":12345678901234567890.5,"c":18446744073709551615}`},
			{`{}`, c.Set("$.s", "5", "$.j", `{"a":1}`, "$.q", `"'?@`), `{"s":"5","j":"{\"a\":1}","q":"\"'?@"}`},
			{`{}`, c.Set("$.m", map[string][]int{"a": {1}}, "$.s", profile{Name: "x"}, "$.r", json.RawMessage(` [1, 2.50] `)), `{"m":{"a":[1]},"s":{"name":"x","age":0},"r":[1,2.50]}`},
			{`{}`, c.Set("$.b", []byte("abc"), "$.t", time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)), `{"b":"YWJj","t":"2024-05-06T07:08:09.00000001Z"}`},
			{`{}`, c.Set("$.j", types.NewJSON(5), "$.k", types.NewJSONB([]int{1}), "$.n", types.JSONB[int]{}), `{"j":5,"k":[1],"n":null}`},
			// and so do labels
			{`{"a.b":1}`, c.Set(types.At("a.b"), 2, types.At(`q"?\`), 3, types.At(""), 4), `{"a.b":2,"q\u0022?\\":3,"":4}`},
			// what SQL says
			{`{"n":1}`, c.Set("$.n", gorm.Expr("? + 1", c.Value("$.n"))), `{"n":2}`},
			{`{"n":[1]}`, c.Set("$.m", c.Get("$.n"), "$.t", c.Value("$.n")), `{"n":[1],"m":[1],"t":"[1]"}`},
			{`{"n":1}`, c.Set("$.name", clause.Column{Name: "name"}, "$.self", types.JSONCol("blob")), `{"n":1,"name":"a","self":{"n":1}}`},
			{`{}`, c.Set("$.n", db.Table("users").Select("count(*)")), `{"n":3}`},
			{`{}`, c.Set("$.o", types.JSONObject("a", types.JSONArray(1, clause.Column{Name: "id"}))), `{"o":{"a":[1,1]}}`},
			{`{"b":1}`, c.Patch(types.JSONCol("blob")), `{"b":1}`},
		} {
			require.Equal(t, x.after, edited(t, db, c, x.before, x.e))
		}
		require.Equal(t, []string{"null", "null"}, one[[]string](t, db, "SELECT typeof(text) FROM users WHERE id = 3 UNION ALL SELECT typeof(blob) FROM users WHERE id = 3"))
	}, `{}`, `{}`, ``)
}

func TestEditsInEveryUpdate(t *testing.T) {
	each(t, []any{&user{}}, func(t *testing.T, db *gorm.DB) {
		create(t, db, `{"n":1}`, `{"n":2}`, ``)
		text, blob := types.JSONCol("text"), types.JSONCol("blob")
		u := user{ID: 1}
		require.NoError(t, db.First(&u).Error)
		before := u
		require.NoError(t, db.Model(&u).Updates(map[string]any{"name": "z", "text": text.Set("$.n", 5), "Blob": blob.Remove("$.n")}).Error)
		before.Name = "z"
		require.Equal(t, before, u, "an expression leaves the model's field alone")
		require.NoError(t, db.First(&u).Error)
		require.Equal(t, `{"n":5} {}`, string(u.Text.V)+" "+string(u.Blob.V))
		require.NoError(t, db.Model(&u).UpdateColumn("blob", blob.Set("$.x", 1)).Error)
		require.NoError(t, db.Model(&u).UpdateColumns(map[string]any{"text": text.Append("$.l", 1)}).Error)

		all := db.Model(&user{}).Where("true").Update("text", text.Set("$.all", true))
		require.NoError(t, all.Error)
		require.Equal(t, int64(3), all.RowsAffected)
		require.Equal(t, "", one[string](t, db, "SELECT coalesce(text, '') FROM users WHERE id = 3"), "what is NULL stays NULL")
		require.NoError(t, db.Model(&user{}).Where("id = 3").Update("text", gorm.Expr("json_set(coalesce(?, '{}'), '$.a', 1)", clause.Column{Name: "text"})).Error)

		var back []user
		require.NoError(t, db.Model(&back).Clauses(clause.Returning{}).Where(blob.Value("$.n").Eq(2)).Update("blob", blob.Set("$.n", 3)).Error)
		require.Len(t, back, 1)
		require.Equal(t, `{"n":3}`, string(back[0].Blob.V))
		require.NoError(t, db.Model(&user{}).Where("id = 2").Limit(1).Update("blob", blob.Set("$.n", 4)).Error)

		// A row that another program wrote as text into the column of blobs, and
		// the other way round, gets the storage of the model; without one it keeps
		// its own.
		require.NoError(t, db.Exec(`UPDATE users SET text = jsonb('{}'), blob = '{}'`).Error)
		require.NoError(t, db.Table("users").Where("true").Updates(map[string]any{"text": text.Set("$.a", 1), "blob": blob.Set("$.a", 1)}).Error)
		require.Equal(t, "blob text", one[string](t, db, "SELECT typeof(text)||' '||typeof(blob) FROM users"))
		require.NoError(t, db.Model(&user{}).Where("true").Updates(map[string]any{"text": text.Set("$.b", 1), "blob": blob.Set("$.b", 1)}).Error)
		require.Equal(t, `text blob {"a":1,"b":1} {"a":1,"b":1}`, one[string](t, db, "SELECT typeof(text)||' '||typeof(blob)||' '||text||' '||json(blob) FROM users"))
	})
}

func TestWhatIsSentForAnEdit(t *testing.T) {
	db := open(t, &user{})
	sql := func(tx *gorm.DB) string { return tx.Statement.SQL.String() }
	dry := db.Session(&gorm.Session{DryRun: true})
	c := types.JSONCol("blob")
	require.Equal(t, "UPDATE `users` SET `blob`=jsonb_set(`blob`, ?, json(?)) WHERE (`blob` ->> '$.n') = ?",
		sql(dry.Model(&user{}).Where(c.Value("$.n").Eq(1)).Update("blob", c.Set("$.n", 2))))
	require.Equal(t, "UPDATE `users` SET `blob`=CASE typeof(`blob`) WHEN 'blob' THEN jsonb_remove(`blob`, ?) ELSE json_remove(`blob`, ?) END WHERE id = 1",
		sql(dry.Table("users").Where("id = 1").Update("blob", c.Remove("$.n"))))
	require.Equal(t, "UPDATE `users` SET `name`=CASE typeof(`other`.`blob`) WHEN 'blob' THEN jsonb_remove(`other`.`blob`, ?) ELSE json_remove(`other`.`blob`, ?) END WHERE id = 1",
		sql(dry.Model(&user{}).Where("id = 1").Update("name", types.JSONCol("other.blob").Remove("$.n"))))
}
