package types_test

import (
	"database/sql"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/types"
)

// user has one document in both storages.
type user struct {
	ID   uint
	Name string
	Text types.JSON[json.RawMessage]
	Blob types.JSONB[json.RawMessage]
}

func create(t *testing.T, db *gorm.DB, documents ...string) {
	t.Helper()
	for i, d := range documents {
		u := user{Name: string(rune('a' + i))}
		if d != "" {
			u.Text, u.Blob = types.NewJSON(json.RawMessage(d)), types.NewJSONB(json.RawMessage(d))
		}
		require.NoError(t, db.Create(&u).Error)
	}
}

// columns runs the body for a column of either storage, and for one with its
// table.
func columns(t *testing.T, body func(t *testing.T, db *gorm.DB, c types.JSONCol), documents ...string) {
	t.Helper()
	each(t, []any{&user{}}, func(t *testing.T, db *gorm.DB) {
		create(t, db, documents...)
		for _, c := range []types.JSONCol{"text", "blob", "users.text", "Blob"} {
			t.Run(string(c), func(t *testing.T) { body(t, db, c) })
		}
	})
}

// value is the value of the expression in the first row.
func value(t *testing.T, db *gorm.DB, e clause.Expression) (v any) {
	t.Helper()
	require.NoError(t, db.Model(&user{}).Select("?", e).Order("users.id").Limit(1).Row().Scan(&v))
	return v
}

// names are the names of the rows that a condition finds.
func names(t *testing.T, db *gorm.DB, cond any, args ...any) string {
	t.Helper()
	var out []string
	require.NoError(t, db.Model(&user{}).Where(cond, args...).Order("users.id").Pluck("name", &out).Error)
	return strings.Join(out, "")
}

func TestExtract(t *testing.T) {
	columns(t, func(t *testing.T, db *gorm.DB, c types.JSONCol) {
		for p, want := range map[types.Path][2]any{
			"$.age":               {"30", int64(30)},
			"$.price":             {"99.99", 99.99},
			"$.theme":             {`"dark"`, "dark"},
			"$.on":                {"true", int64(1)},
			"$.off":               {"false", int64(0)},
			"$.none":              {"null", nil},
			"$.missing":           {nil, nil},
			"$.day":               {`"2024-01-02"`, "2024-01-02"},
			types.At("c.d"):       {"2", int64(2)},
			types.At("a'b"):       {"3", int64(3)},
			types.At(`q"?@`):      {"4", int64(4)},
			types.At(""):          {"5", int64(5)},
			types.At("l", 1, "x"): {"7", int64(7)},
			types.At("l", -1):     {"[9]", "[9]"},
			types.At("l").End():   {nil, nil},
			types.At("big"):       {"12345678901234567890123", 12345678901234567890123.0},
		} {
			require.Equal(t, want[0], value(t, db, c.Get(p)), p)
			require.Equal(t, want[1], value(t, db, c.Value(p)), p)
			require.Equal(t, want[1], value(t, db, c.Extract(p)), p)
		}
		require.Equal(t, `[30,"dark",null]`, value(t, db, c.Extract("$.age", "$.theme", "$.missing")))
		require.Equal(t, "object", value(t, db, c.Type()))
		require.Equal(t, "array", value(t, db, c.Type("$.l")))
		require.Equal(t, "null", value(t, db, c.Type("$.none")))
		require.Nil(t, value(t, db, c.Type("$.missing")))
		require.Equal(t, int64(3), value(t, db, c.Len("$.l")))
		require.Equal(t, int64(0), value(t, db, c.Len()))
		require.Equal(t, int64(1), value(t, db, c.Has("$.none")))
		require.Equal(t, int64(0), value(t, db, c.Has("$.missing")))
		require.Equal(t, int64(1), value(t, db, c.Valid()))
		require.Equal(t, int64(0), value(t, db, c.ErrorPosition()))
		require.Equal(t, `["a",null,30,{"x":1.50},"dark","dark"]`, value(t, db, types.JSONArray(clause.Column{Name: "name"}, nil, c.Get("$.age"),
			json.RawMessage(`{"x": 1.50}`), c.Value("$.theme"), gorm.Expr("? ->> '$.theme'", clause.Column{Name: "text"}))))
		require.Equal(t, `{"a\"":1,"doc":[9],"t":true}`, value(t, db, types.JSONObject(`a"`, 1, "doc", c.Get("$.l[2]"), "t", true)))
		require.Equal(t, `"a"`, value(t, db, types.JSONQuote("name")))
		require.Equal(t, `"dark"`, value(t, db, types.JSONQuote(c.Value("$.theme"))))
		require.Equal(t, `[[9]]`, value(t, db, types.JSONArray(types.JSONArray(9))))
		require.IsType(t, "", value(t, db, c))
	}, `{"age":30,"price":99.99,"theme":"dark","on":true,"off":false,"none":null,"day":"2024-01-02","c.d":2,"a'b":3,"q\"?@":4,"":5,"l":[8,{"x":7},[9]],"big":12345678901234567890123}`)
}

func TestMalformedDocuments(t *testing.T) {
	each(t, []any{&user{}}, func(t *testing.T, db *gorm.DB) {
		create(t, db, "{}", "{}", "{}")
		require.NoError(t, db.Exec(`UPDATE users SET text = '{"a":}', blob = x'1b13' WHERE id = 1`).Error)
		require.NoError(t, db.Exec(`UPDATE users SET text = '', blob = x'ff' WHERE id = 2`).Error)
		for _, c := range []types.JSONCol{"text", "blob"} {
			require.Equal(t, "c", names(t, db, c.Valid()))
			require.Equal(t, "ab", names(t, db, db.Not(c.Valid())))
			require.Equal(t, "ab", names(t, db, c.ErrorPosition().Gt(0)))
			require.ErrorContains(t, db.Where(c.Value("$.a").Eq(1)).Find(&[]user{}).Error, "malformed JSON")
		}
		require.Equal(t, int64(6), value(t, db, types.JSONCol("text").ErrorPosition()))
	})
}

func TestConditions(t *testing.T) {
	columns(t, func(t *testing.T, db *gorm.DB, c types.JSONCol) {
		n, s, at := c.Value("$.n"), c.Value("$.s"), c.Value("$.at")
		noon := time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)
		for want, cond := range map[string]clause.Expression{
			"a":     n.Eq(1),
			"ab":    n.Lte(2.5),
			"bc":    n.Gt(1),
			"abc":   n.Gte(json.Number("1")),
			"a ":    n.Lt(2),
			"bc ":   n.Neq(1),
			"ac":    n.Eq([]int{1, 3}),
			"b":     n.Neq([]any{1, 3}),
			"d":     n.Eq(nil),
			"abc ":  n.Neq(nil),
			"b ":    s.Eq("B?"),
			"ab ":   s.Like("_?"),
			"bd":    c.Value("$.t").Eq(true),
			"ac ":   c.Value("$.t").Eq(false),
			"a  ":   at.Eq(noon),
			"b  ":   at.Gt(noon),
			"c":     c.Get("$.s").Eq(`"c"`),
			"d ":    c.Value("$.o").Eq(map[string]any{"x": []int{1}}),
			"d  ":   c.Get("$.n").Eq("null"),
			"bc  ":  clause.Gt{Column: clause.Column{Name: n.String(), Raw: true}, Value: 1},
			"ad":    clause.Or(n.Eq(1), n.Eq(nil)),
			"bc   ": clause.And(n.Gt(1), s.Neq(nil)),
			"c ":    clause.Not(n.Eq(1), n.Eq(2)),
		} {
			require.Equal(t, strings.TrimSpace(want), names(t, db, cond), want)
		}
		require.Equal(t, "bc", names(t, db, "? > ?", n, 1))
		require.Equal(t, "a", names(t, db, "? = @v AND 1", n, sql.Named("v", 1)))
		require.Equal(t, "bc", names(t, db, n.String()+" > ? AND ? IS NOT NULL", 1, s))
		require.Equal(t, "ac", names(t, db, db.Not(c.Has("$.o")).Where(n.Neq(2))))
		require.Equal(t, "bc", names(t, db, "id IN (?)", db.Model(&user{}).Select("id").Where(n.Gt(1))))
		require.Equal(t, "a", names(t, db, "id IN (?)", db.Raw("SELECT id FROM users WHERE ? = ? AND ? IS NULL", s, "A?", c.Value(types.At("q?", "@id")))))
		require.Equal(t, "cba", names(t, db.Order(n.Desc()), "? > 0", n))
		require.Equal(t, "abc", names(t, db.Order(n.Asc()).Order("id DESC"), "? > 0", n))
		var long []int
		for i := range 2000 {
			long = append(long, i+2)
		}
		require.Equal(t, "bc", names(t, db, n.Eq(long)))

		var counts []struct {
			T     *bool
			Count int
			All   types.JSON[[]int]
			By    types.JSON[map[string]any]
		}
		tt := c.Value("$.t")
		require.NoError(t, db.Model(&user{}).Select("? AS t, count(*) AS count, ? AS `all`, ? AS by", tt, types.JSONGroupArray(c.Value("$.n")),
			types.JSONGroupObject("name", c.Get("$.o"))).Group(tt.String()).Having("count(*) > ?", 1).Order(tt.Desc()).Find(&counts).Error)
		require.Len(t, counts, 2)
		require.Equal(t, []any{2, 2}, []any{counts[0].Count, counts[1].Count})
		require.Equal(t, []int{2, 0}, counts[0].All.V)
		require.Equal(t, map[string]any{"b": nil, "d": map[string]any{"x": []any{json.Number("1")}}}, counts[0].By.V)
		var all []int
		require.NoError(t, db.Model(&user{}).Distinct(n.String()).Where(n.Neq(nil)).Order(n.Asc()).Pluck(n.String(), &all).Error)
		require.Equal(t, []int{1, 2, 3}, all)
		var groups types.JSON[[]map[string]any]
		require.NoError(t, db.Model(&user{}).Select("?", types.JSONGroupArray(c)).Scan(&groups).Error)
		require.Len(t, groups.V, 4)
		require.Equal(t, json.Number("1"), groups.V[0]["n"])
	}, `{"n":1,"s":"A?","t":false,"at":"2024-05-06T12:00:00Z"}`, `{"n":2,"s":"B?","t":true,"at":"2024-05-06T13:00:00Z"}`,
		`{"n":3,"s":"c","t":false}`, `{"n":null,"t":true,"o":{"x":[1]}}`)
}

func TestContains(t *testing.T) {
	columns(t, func(t *testing.T, db *gorm.DB, c types.JSONCol) {
		type o = map[string]any
		type l = []any
		for _, x := range []struct {
			v    any
			at   types.Path
			want string
		}{
			{1, "$.tags", "ad"}, {"1", "$.tags", "b"}, {true, "$.tags", "bc"}, {nil, "$.tags", "c"}, {"x", "$.tags", "ae"}, {1.5, "$.tags", "c"}, {json.Number("1.0"), "$.tags", "ad"},
			{2, "$.tags", ""}, {false, "$.tags", ""}, {"n", "$.tags", ""},
			{l{1, "x"}, "$.tags", "a"}, {l{"x", 1, 1}, "$.tags", "a"}, {l{}, "$.tags", "abc"}, {l{l{1, 2}}, "$.tags", "c"}, {l{l{2}, nil}, "$.tags", "c"}, {l{l{3}}, "$.tags", ""},
			{l{o{"k": "v"}}, "$.tags", "b"}, {l{o{}}, "$.tags", "b"}, {l{o{"k": "w"}}, "$.tags", ""}, {l{o{"z": nil}, true}, "$.tags", "b"},
			{o{"name": "Ada"}, "$", "a"}, {o{"name": "Ada", "sub": o{"a": 1}}, "$", "a"}, {o{"sub": o{"b": l{2}}}, "$", "a"}, {o{"sub": o{"b": 2}}, "$", ""},
			{o{}, "$", "abcde"}, {o{"name": nil}, "$", "b"}, {o{"n'\"?": true}, "$", "b"}, {o{"a": 1}, "$.sub", "a"},
			{struct {
				Name string `json:"name"`
			}{"Ada"}, "$", "a"},
			{"Ada", "$.name", "a"}, {1, "$.sub", ""}, {"v", "$.tags[2]", ""},
		} {
			require.Equal(t, x.want, names(t, db, c.Contains(x.v, x.at)), "%v at %s", x.v, x.at)
		}
		require.Equal(t, "cdef", names(t, db, db.Not(c.Contains([]any{1, "x"}, "$.tags")).Where("name NOT IN ?", []string{"b"})))
		require.Equal(t, "bcdef", names(t, db, db.Not(c.Contains(o{"name": "Ada"}))))
		require.Equal(t, "bcdef", names(t, db, db.Not(c.Contains(o{"sub": o{"a": 1}}))))
		many := make([]int, 5000)
		for i := range many {
			many[i] = 1
		}
		require.Equal(t, "a", names(t, db, c.Contains(many, "$.tags")))

		for _, x := range []struct {
			v    any
			at   types.Path
			want string
		}{
			{l{1, 7}, "$.tags", "ad"}, {l{7, "1", nil}, "$.tags", "bc"}, {l{}, "$.tags", ""}, {l{l{1, 2}}, "$.tags", "c"}, {"x", "$.tags", "ae"}, {l{o{"k": "v", "z": nil}}, "$.tags", "b"},
			{o{"name": "Ada", "q": 1}, "$", "a"}, {o{"name": "Eve", "q": 1}, "$", ""}, {o{"a": 1}, "$.sub", "a"}, {l{1}, "$.sub", ""}, {o{"0": 1}, "$.tags", ""},
		} {
			require.Equal(t, x.want, names(t, db, c.Overlaps(x.v, x.at)), "%v at %s", x.v, x.at)
		}
	},
		`{"tags":[1,"x","y"],"name":"Ada","sub":{"a":1,"b":[2,3]}}`,
		`{"tags":["1",true,{"k":"v","z":null}],"name":null,"n'\"?":true}`,
		`{"tags":[null,true,1.5,[1,2]]}`, `{"tags":1}`, `{"tags":"x"}`, "")
}

func TestContainsSaysWhatItTakes(t *testing.T) {
	db := open(t, &user{})
	c := types.JSONCol("text")
	var got []user
	require.EqualError(t, db.Where(c.Contains(c.Get("$.a"))).Find(&got).Error, "libsql: JSON: text is compared with a Go value, and was given a types.JSONExpr")
	require.EqualError(t, db.Where(c.Overlaps(1, "$.a", "$.b")).Find(&got).Error, "libsql: JSON: a comparison of text takes one path")
	require.ErrorContains(t, db.Where(c.Contains(make(chan int))).Find(&got).Error, "json: unsupported type")
	require.ErrorContains(t, db.Where(c.Contains(1, "a")).Find(&got).Error, "does not begin with $")
	require.ErrorContains(t, db.Where(c.Overlaps(1, "a")).Find(&got).Error, "does not begin with $")
	require.ErrorContains(t, db.Where(c.Contains([]int{1}, "a")).Find(&got).Error, "does not begin with $")
	require.ErrorContains(t, db.Where(c.Contains(map[string]any{"\x00": 1})).Find(&got).Error, "NUL")
}

// A column may have the name of a column of json_each.
func TestColumnsNamedAsThoseOfElements(t *testing.T) {
	type value struct {
		ID    uint
		Key   types.JSON[[]int]
		Value types.JSON[[]int]
		Type  types.JSONB[map[string]any]
		Path  types.JSON[[]int] `gorm:"column:Path"`
	}
	db := open(t, &value{})
	require.NoError(t, db.Create(&value{Key: types.NewJSON([]int{1}), Value: types.NewJSON([]int{2}), Type: types.NewJSONB(map[string]any{"a": []int{3}}), Path: types.NewJSON([]int{4})}).Error)
	for n, c := range map[int]types.JSONCol{1: "key", 2: "value", 4: "Path"} {
		var count int64
		require.NoError(t, db.Model(&value{}).Where(c.Contains(n)).Where(c.Contains([]int{n})).Where(c.Overlaps([]int{n})).Count(&count).Error)
		require.Equal(t, int64(1), count, c)
		var elements []types.JSONElement
		require.NoError(t, db.Model(&value{}).Select("e.*").Joins("JOIN ? AS e", c.Each()).Find(&elements).Error)
		require.Equal(t, any(int64(n)), elements[0].Value.V)
	}
	var count int64
	require.NoError(t, db.Model(&value{}).Where(types.JSONCol("type").Contains(map[string]any{"a": []any{3}})).Count(&count).Error)
	require.Equal(t, int64(1), count)
}

func TestEachAndTree(t *testing.T) {
	columns(t, func(t *testing.T, db *gorm.DB, c types.JSONCol) {
		var each []struct {
			Doc               string
			types.JSONElement `gorm:"embedded"`
		}
		require.NoError(t, db.Model(&user{}).Select("users.name AS doc, e.*").Joins("JOIN ? AS e", c.Each("$.l")).Order("users.id, e.id").Find(&each).Error)
		require.Len(t, each, 4)
		for i, e := range each[:3] {
			require.Equal(t, "a", e.Doc)
			require.Equal(t, sql.Null[any]{V: int64(i), Valid: true}, e.Key)
			require.Equal(t, types.At("l", i), e.FullKey)
			require.Equal(t, types.Path("$.l"), e.Path)
			require.Nil(t, e.Parent)
		}
		require.Equal(t, sql.Null[any]{V: "x", Valid: true}, each[1].Value)
		require.Equal(t, "array", each[2].Type)
		require.False(t, each[2].Atom.Valid)
		require.Equal(t, "b", each[3].Doc)

		var tree []types.JSONElement
		require.NoError(t, db.Table("users, ? AS e", c.Tree()).Where("users.name = ?", "c").Select("e.*").Order("e.id").Scan(&tree).Error)
		var keys []types.Path
		for _, e := range tree {
			keys = append(keys, e.FullKey)
		}
		require.Equal(t, []types.Path{"$", "$.a", "$.a.b", "$.c", "$.c[0]", "$.c[1]"}, keys)
		require.Equal(t, tree[0].ID, *tree[1].Parent)
		require.False(t, tree[0].Key.Valid)
		require.Equal(t, "a", tree[1].Key.V)

		// What a row says of its place leads there again.
		for _, e := range tree {
			require.Contains(t, names(t, db, c.Type(e.FullKey).Eq(e.Type)), "c", e.FullKey)
		}
		var items []struct{ Name string }
		require.NoError(t, db.Model(&user{}).Distinct("users.name").Joins("JOIN ? AS e ON e.type = ?", c.Each("$.l"), "text").Find(&items).Error)
		require.Len(t, items, 1)
	}, `{"l":[1,"x",[2]]}`, `{"l":5}`, `{"a":{"b":1},"c":[2,3]}`, "")
}

func TestBadExpressionsAreErrorsBeforeSQL(t *testing.T) {
	db := open(t, &user{})
	create(t, db, `{"a":1}`)
	c := types.JSONCol("text")
	for want, e := range map[string]types.JSONExpr{
		`libsql: JSON path "a": it does not begin with $`:                                        c.Get("a"),
		`libsql: JSON path "$.": a label is missing`:                                             c.Value("$."),
		`libsql: JSON path "$[x]": an index is a whole number, # or #-N`:                         c.Extract("$.a", "$[x]"),
		`libsql: JSON: Extract needs a path`:                                                     c.Extract(),
		`libsql: JSON: json_type takes one path`:                                                 c.Type("$.a", "$.b"),
		`libsql: JSON path "": it does not begin with $`:                                         c.Has(""),
		`libsql: JSON: set of text: paths and values come in pairs, and there are 3 arguments`:   c.Set("$.a", 1, "$.b"),
		`libsql: JSON: insert of text: argument 1 is to be a path, and is a int`:                 c.Insert(1, 2),
		`libsql: JSON: replace of text has nothing to do`:                                        c.Replace(),
		`libsql: JSON: remove of text has nothing to do`:                                         c.Remove(),
		`libsql: JSON path "b": it does not begin with $`:                                        c.Set("b", 1),
		`libsql: JSON path "c": it does not begin with $`:                                        c.Remove("$.a", "c"),
		`libsql: JSON: labels and values of JSONObject come in pairs, and there are 1 arguments`: types.JSONObject("a"),
		`libsql: JSON: a label of JSONObject is a string, and argument 3 is a int`:               types.JSONObject("a", 1, 2, 3),
		`libsql: JSON: a int is neither the name of a column nor an expression`:                  types.JSONQuote(5),
		`libsql: JSON: json: unsupported type: chan int, in the value for $.a of text`:           c.Set("$.a", make(chan int)),
		`libsql: JSON: json: unsupported type: func(), in a patch of text`:                       c.Patch(func() {}),
		`libsql: JSON: json: unsupported type: chan bool, in the value of "a" in an object`:      types.JSONObject("a", make(chan bool)),
		`libsql: JSON: json: unsupported type: chan string, in an array`:                         types.JSONArray(make(chan string)),
	} {
		var got []user
		require.EqualError(t, db.Where(e).Find(&got).Error, want)
		require.EqualError(t, db.Where("? = 1", e).Find(&got).Error, want)
		require.EqualError(t, db.Where(e.Eq(1)).Find(&got).Error, want)
		require.EqualError(t, db.Select("?", e).Find(&got).Error, want)
		require.EqualError(t, db.Order(e.Asc()).Find(&got).Error, want)
		require.EqualError(t, db.Model(&user{}).Where("id = 1").Update("text", e).Error, want)
		require.EqualError(t, db.Model(&user{}).Where(e).Updates(map[string]any{"name": "z"}).Error, want)
		require.EqualError(t, db.Where(e).Delete(&user{}).Error, want)
		require.EqualError(t, db.Raw("SELECT ?", e).Scan(&got).Error, want)
		require.EqualError(t, db.Exec("UPDATE users SET name = ?", e).Error, want)
		// As text there is no statement yet to have the error. SQLite's then has it.
		require.ErrorContains(t, db.Group(e.String()).Find(&got).Error, want)
		require.ErrorContains(t, db.Order(e.Desc()).Order("id").Find(&got).Error, want)
	}
	require.Equal(t, "a", names(t, db, "1"))
	require.ErrorContains(t, db.Where(c.Value("$.a").Eq(make(chan int))).Find(&[]user{}).Error, "json: unsupported type")
}

// The text of an expression says the same as the expression.
func TestExpressionsAsText(t *testing.T) {
	columns(t, func(t *testing.T, db *gorm.DB, c types.JSONCol) {
		for _, e := range []types.JSONExpr{
			c.Get("$.a"), c.Value(types.At("q'\"?@")), c.Extract("$.a", "$.b"), c.Type(), c.Len("$.l"), c.Has("$.a"), c.Valid(), c.ErrorPosition(),
			c.Contains(map[string]any{"a": "x", "l": []any{1, map[string]any{"z": 1.5}}}), c.Contains("it's\x00?", "$.l"), c.Overlaps([]any{1, "?"}, "$.l"),
			c.Set("$.a", "?", "$.b", map[string]any{"@": "'"}), c.Patch(nil), c.Remove("$.a"), types.JSONArray(1, "?", c, clause.Column{Table: "users", Name: "name"}), types.JSONObject("?", "@"),
			types.JSONQuote("users.name"),
		} {
			var x, y any
			require.NoError(t, db.Raw("SELECT ? FROM users", e).Row().Scan(&x), e)
			pool, err := db.DB()
			require.NoError(t, err)
			require.NoError(t, pool.QueryRow("SELECT "+e.String()+" FROM users").Scan(&y), e)
			require.Equal(t, x, y, e)
		}
		require.Contains(t, types.JSONArray(gorm.Expr("1")).String(), "libsql: JSON: a clause.Expr has no text outside a statement")
	}, `{"a":"x","q'\"?@":7,"l":[1,{"z":1.5},"it's\u0000?"]}`)
}

func TestNamesAreQuoted(t *testing.T) {
	type odd struct {
		ID  uint
		Doc types.JSON[map[string]int] `gorm:"column:select ? from"`
	}
	db := open(t, &odd{})
	c := types.JSONCol("select ? from")
	require.NoError(t, db.Create(&odd{Doc: types.NewJSON(map[string]int{"a": 1})}).Error)
	require.NoError(t, db.Model(&odd{}).Where(c.Value("$.a").Eq(1)).Update("select ? from", c.Set("$.b", 2)).Error)
	var got odd
	require.NoError(t, db.Order(c.Value("$.b").Desc()).Where(types.JSONCol("odds.select ? from").Has("$.b")).First(&got).Error)
	require.Equal(t, map[string]int{"a": 1, "b": 2}, got.Doc.V)
	require.Equal(t, "(`x`.`a``b` ->> '$')", types.JSONCol("x.`a``b`").Value("$").String())
}
