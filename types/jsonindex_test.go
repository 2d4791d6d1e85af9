package types_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

// indexed has indexes on paths, and columns that are generated from paths.
type indexed struct {
	ID   uint
	Data types.JSON[map[string]any]  `gorm:"check:json_valid(data);index:idx_age,expression:data->>'$.age';index:idx_email,unique,expression:data->>'$.email',where:data->>'$.email' IS NOT NULL;index:idx_label,expression:data->>'$.\"first name\"',collate:NOCASE;index:idx_type,expression:json_type(data\\,'$.age');index:idx_extract,expression:json_extract(data\\, '$.n'),sort:desc"`
	Blob types.JSONB[map[string]any] `gorm:"check:json_valid(blob,8);index:idx_blob,expression:blob->>'$.age';index:idx_get,expression:blob->'$.tags[0]';index:idx_len,expression:json_array_length(blob\\,'$.tags')"`
	// Read from the documents, virtual and stored.
	Age   int64  `gorm:"->;type:integer GENERATED ALWAYS AS (data->>'$.age') VIRTUAL;index"`
	Email string `gorm:"->;generated:data->>'$.email';index"`
	Tags  int64  `gorm:"->;generated:json_array_length(blob, '$.tags')"`
}

func TestIndexesOnPaths(t *testing.T) {
	db := open(t, &indexed{})
	rows := make([]indexed, 500)
	for i := range rows {
		doc := map[string]any{"age": i, "email": fmt.Sprintf("e%d@example.com", i), "first name": fmt.Sprintf("N%d", i), "n": i, "tags": []string{fmt.Sprint(i)}}
		rows[i] = indexed{Data: types.NewJSON(doc), Blob: types.NewJSONB(doc)}
	}
	require.NoError(t, db.Create(&rows).Error)
	data, blob := types.JSONCol("data"), types.JSONCol("indexeds.blob")
	type query = func(*gorm.DB) *gorm.DB
	where := func(c clause.Expression) query { return func(tx *gorm.DB) *gorm.DB { return tx.Where(c) } }
	for _, x := range []struct {
		index string
		q     query
		found int
	}{
		{"idx_age (<expr>=?)", where(data.Value("$.age").Eq(7)), 1},
		{"idx_age (<expr>=?)", where(types.JSONCol("indexeds.data").Value(types.At("age")).Eq(7)), 1},
		{"idx_age (<expr>=?)", where(data.Value("$.age").Eq([]int{7, 8})), 2},
		{"idx_age (<expr>>? AND <expr><?)", func(tx *gorm.DB) *gorm.DB {
			return tx.Where(data.Value("$.age").Gt(7)).Where(data.Value("$.age").Lt(10))
		}, 2},
		{"SCAN indexeds USING INDEX idx_age", func(tx *gorm.DB) *gorm.DB { return tx.Order(data.Value("$.age").Desc()).Limit(3) }, 3},
		{"idx_email (<expr>=?)", where(data.Value("$.email").Eq("e7@example.com")), 1},
		{"idx_label (<expr>=?)", func(tx *gorm.DB) *gorm.DB {
			return tx.Where("? = ? COLLATE NOCASE", data.Value(types.At("first name")), "n7")
		}, 1},
		{"idx_type (<expr>=?)", where(data.Type("$.age").Eq("text")), 0},
		{"idx_extract (<expr>=?)", where(data.Extract("$.n").Eq(7)), 1},
		{"idx_blob (<expr>=?)", where(blob.Value("$.age").Eq(7)), 1},
		{"idx_get (<expr>=?)", where(blob.Get("$.tags[0]").Eq(`"7"`)), 1},
		{"idx_get (<expr>=?)", where(blob.Get(types.At("tags", 0)).Eq(`"7"`)), 1},
		{"idx_len (<expr>>?)", where(blob.Len("$.tags").Gt(1)), 0},
		{"idx_indexeds_age (age=?)", func(tx *gorm.DB) *gorm.DB { return tx.Where("age = ?", 7) }, 1},
		{"idx_indexeds_email (email=?)", func(tx *gorm.DB) *gorm.DB { return tx.Where(indexed{Email: "e7@example.com"}) }, 1},
	} {
		t.Run(x.index, func(t *testing.T) {
			require.Contains(t, explain(t, db, x.q), x.index)
			var got []indexed
			require.NoError(t, x.q(db).Find(&got).Error)
			require.Len(t, got, x.found)
		})
	}
	// A condition that only contains the path finds its index within a join, too.
	require.Contains(t, explain(t, db, func(tx *gorm.DB) *gorm.DB {
		return tx.Joins("JOIN indexeds AS o ON ? = ?", types.JSONCol("o.data").Value("$.age"), blob.Value("$.age"))
	}), "SEARCH o USING INDEX idx_age (<expr>=?)")

	var got indexed
	require.NoError(t, db.First(&got, 8).Error)
	require.Equal(t, []any{int64(7), "e7@example.com", int64(1)}, []any{got.Age, got.Email, got.Tags})
	require.NoError(t, db.Model(&got).Update("data", data.Set("$.age", 1000)).Error)
	require.NoError(t, db.First(&got, 8).Error)
	require.Equal(t, int64(1000), got.Age)
	require.ErrorContains(t, db.Create(&indexed{Data: types.NewJSON(map[string]any{"email": "e7@example.com"})}).Error, "UNIQUE constraint failed: index 'idx_email'")
}

// explain is how SQLite goes about a query.
func explain(t *testing.T, db *gorm.DB, q func(*gorm.DB) *gorm.DB) string {
	t.Helper()
	stmt := q(db.Session(&gorm.Session{DryRun: true})).Find(&[]indexed{}).Statement
	pool, err := db.DB()
	require.NoError(t, err)
	rows, err := pool.Query("EXPLAIN QUERY PLAN "+stmt.SQL.String(), stmt.Vars...)
	require.NoError(t, err)
	defer rows.Close()
	var details []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		details = append(details, detail)
	}
	require.NoError(t, rows.Err())
	return strings.Join(details, "\n")
}

func TestJSONMigratesOnce(t *testing.T) {
	db := open(t, &indexed{}, &docs{}, &user{})
	require.NoError(t, db.Create(&indexed{Data: types.NewJSON(map[string]any{"age": 5}), Blob: types.NewJSONB(map[string]any{})}).Error)
	p, err := libsql.Plan(db, &indexed{}, &docs{}, &user{})
	require.NoError(t, err)
	require.True(t, p.Empty(), p)
	require.Empty(t, p.Unmet())

	// A rebuild, which a new NOT NULL with a reference takes, keeps all of it.
	type parent struct{ ID uint }
	type changed struct {
		indexed
		Note     string `gorm:"not null;default:x;unique"`
		ParentID *uint
		Parent   *parent
	}
	before := one[[]string](t, db, "SELECT name FROM sqlite_master WHERE tbl_name = 'indexeds' AND type = 'index' ORDER BY name")
	require.NoError(t, db.AutoMigrate(&parent{}))
	p, err = libsql.Plan(db.Table("indexeds"), &changed{})
	require.NoError(t, err)
	require.Contains(t, p.String(), "rebuild (rewrite)")
	require.NoError(t, db.Table("indexeds").AutoMigrate(&changed{}))
	p, err = libsql.Plan(db.Table("indexeds"), &changed{})
	require.NoError(t, err)
	require.True(t, p.Empty(), p)
	after := one[[]string](t, db, "SELECT name FROM sqlite_master WHERE tbl_name = 'indexeds' AND type = 'index' ORDER BY name")
	for _, name := range before {
		require.Contains(t, after, name)
	}
	require.Equal(t, int64(5), one[int64](t, db, "SELECT age FROM indexeds"))
	require.Contains(t, explain(t, db, func(tx *gorm.DB) *gorm.DB { return tx.Where(types.JSONCol("data").Value("$.age").Eq(7)) }), "idx_age")
}

// What the tags say of a path can change.
func TestIndexesOnPathsChange(t *testing.T) {
	type before struct {
		ID   uint
		Data types.JSON[any] `gorm:"index:idx_path,expression:data->>'$.a'"`
	}
	type after struct {
		ID   uint
		Data types.JSONB[any] `gorm:"index:idx_path,expression:data->>'$.b'"`
	}
	db := open(t)
	require.NoError(t, db.Table("things").AutoMigrate(&before{}))
	require.NoError(t, db.Table("things").Create(&before{Data: types.NewJSON[any](map[string]any{"b": 1})}).Error)
	require.NoError(t, db.Table("things").AutoMigrate(&after{}))
	require.Contains(t, one[string](t, db, "SELECT sql FROM sqlite_master WHERE name = 'idx_path'"), "$.b")
	p, err := libsql.Plan(db.Table("things"), &after{})
	require.NoError(t, err)
	require.True(t, p.Empty(), p)
	// The rows stay the documents that they were.
	var got []after
	require.NoError(t, db.Table("things").Where(types.JSONCol("data").Value("$.b").Eq(1)).Find(&got).Error)
	require.Len(t, got, 1)
}

func TestJSONInStrictTables(t *testing.T) {
	type strict struct {
		ID   uint
		Text types.JSON[any]
		Blob types.JSONB[any]
	}
	db := open(t)
	require.NoError(t, db.Set("gorm:table_options", " STRICT").AutoMigrate(&strict{}))
	require.NoError(t, db.Create(&strict{Text: types.NewJSON[any](5), Blob: types.NewJSONB[any](5)}).Error)
	require.Equal(t, "text blob", one[string](t, db, "SELECT typeof(text)||' '||typeof(blob) FROM stricts"))
	p, err := libsql.Plan(db, &strict{})
	require.NoError(t, err)
	require.True(t, p.Empty(), p)
}
