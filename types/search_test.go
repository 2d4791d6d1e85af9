package types_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/types"
)

func openGORM(t testing.TB, models ...any) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dbtest.Memory(t)), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { dbtest.Close(t, pool) })
	require.NoError(t, db.AutoMigrate(models...))
	return db
}

type author struct {
	ID   uint
	Name string
}

type doc struct {
	ID        uint
	Lang      string `gorm:"index"`
	AuthorID  uint
	Author    author
	Notes     []docNote
	Embedding types.Vector `gorm:"dims:8;vectorIndex"`
	DeletedAt gorm.DeletedAt
}

// Doc is exported, for GORM embeds nothing else.
type Doc = doc

// hit is a document with its distance.
type hit struct {
	Doc
	Distance float64
}

type docNote struct {
	ID    uint
	DocID uint
	Text  string
}

func unit(r *rand.Rand, dims int) types.Vector {
	v := make(types.Vector, dims)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// fill makes n documents, every tenth in Go, and returns them.
func fill(t testing.TB, db *gorm.DB, n int) []doc {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	require.NoError(t, db.Create([]author{{Name: "a"}, {Name: "b"}}).Error)
	docs := make([]doc, n)
	for i := range docs {
		docs[i] = doc{Lang: "c", AuthorID: uint(1 + i%2), Embedding: unit(r, 8), Notes: []docNote{{Text: "x"}, {Text: "y"}}}
		if i%10 == 0 {
			docs[i].Lang = "go"
		}
	}
	require.NoError(t, db.Create(&docs).Error)
	return docs
}

func cosine(a, b types.Vector) float64 {
	var dot, x, y float64
	for i := range a {
		dot, x, y = dot+float64(a[i])*float64(b[i]), x+float64(a[i])*float64(a[i]), y+float64(b[i])*float64(b[i])
	}
	return 1 - dot/math.Sqrt(x*y)
}

// nearest are the ids of the k nearest of those that ok likes.
func nearest(docs []doc, q types.Vector, k int, ok func(doc) bool) (ids []uint) {
	var left []doc
	for _, d := range docs {
		if ok == nil || ok(d) {
			left = append(left, d)
		}
	}
	sort.Slice(left, func(i, j int) bool { return cosine(left[i].Embedding, q) < cosine(left[j].Embedding, q) })
	for _, d := range left[:min(k, len(left))] {
		ids = append(ids, d.ID)
	}
	return ids
}

func idsOf(docs []doc) (ids []uint) {
	for _, d := range docs {
		ids = append(ids, d.ID)
	}
	return ids
}

func TestNearest(t *testing.T) {
	db := openGORM(t, &author{}, &doc{}, &docNote{})
	docs := fill(t, db, 150) // fewer than search_l: the index sees all of them
	q := docs[42].Embedding
	inGo := func(d doc) bool { return d.Lang == "go" }
	near := types.Nearest("Embedding", q, 10)

	var got []doc
	require.NoError(t, db.Scopes(near).Find(&got).Error)
	require.Equal(t, nearest(docs, q, 10, nil), idsOf(got))
	require.Equal(t, docs[42].Embedding, got[0].Embedding)

	got = nil
	require.NoError(t, db.Scopes(near).Where("lang = ?", "go").Find(&got).Error)
	require.Equal(t, nearest(docs, q, 10, inGo), idsOf(got))
	got = nil
	require.NoError(t, db.Where("lang = ?", "go").Or("lang = ?", "rust").Scopes(near).Find(&got).Error)
	require.Equal(t, nearest(docs, q, 10, inGo), idsOf(got))
	got = nil
	require.NoError(t, db.Scopes(near, func(tx *gorm.DB) *gorm.DB { return tx.Where("lang = ?", "x").Or("id > ?", 100) }).Find(&got).Error)
	require.Equal(t, nearest(docs, q, 10, func(d doc) bool { return d.ID > 100 }), idsOf(got))
	got = nil
	require.NoError(t, db.Scopes(near).Find(&got, []uint{1, 2, 3}).Error)
	require.Equal(t, nearest(docs, q, 10, func(d doc) bool { return d.ID <= 3 }), idsOf(got))

	// pages of the ten, and how many they are
	var n int64
	tx := db.Model(&doc{}).Scopes(near).Where("lang = ?", "go")
	require.NoError(t, tx.Count(&n).Error)
	require.EqualValues(t, 10, n)
	got = nil
	require.NoError(t, tx.Offset(6).Limit(3).Find(&got).Error)
	require.Equal(t, nearest(docs, q, 10, inGo)[6:9], idsOf(got))
	got = nil
	require.NoError(t, db.Scopes(near).Offset(8).Limit(5).Find(&got).Error)
	require.Equal(t, nearest(docs, q, 10, nil)[8:], idsOf(got))
	require.NoError(t, db.Model(&doc{}).Scopes(near).Where("lang = ?", "none").Count(&n).Error)
	require.Zero(t, n)

	// joins and preloads
	got = nil
	require.NoError(t, db.Scopes(near).Joins("Author").Preload("Notes").Where("Author.name = ?", "a").Find(&got).Error)
	require.Equal(t, nearest(docs, q, 10, func(d doc) bool { return d.AuthorID == 1 }), idsOf(got))
	require.Equal(t, "a", got[0].Author.Name)
	require.Len(t, got[0].Notes, 2)
	got = nil
	require.NoError(t, db.Scopes(near).Joins("JOIN doc_notes ON doc_notes.doc_id = docs.id AND doc_notes.text = ?", "x").Find(&got).Error)
	require.Equal(t, nearest(docs, q, 10, nil), idsOf(got))
	require.NoError(t, db.Model(&doc{}).Scopes(near).Joins("JOIN doc_notes ON doc_notes.doc_id = docs.id").Count(&n).Error)
	require.EqualValues(t, 20, n, "two notes each")

	// other shapes of a result
	var ids []uint
	require.NoError(t, db.Model(&doc{}).Scopes(near).Pluck("id", &ids).Error)
	require.Equal(t, nearest(docs, q, 10, nil), ids)
	var one doc
	require.NoError(t, db.Scopes(near).Take(&one).Error)
	require.Equal(t, docs[42].ID, one.ID)
	require.NoError(t, db.Scopes(near).Order("lang desc").Limit(1).Find(&got).Error)
	require.Equal(t, "go", got[0].Lang)
	got = nil
	require.NoError(t, db.Where("id IN (?)", db.Model(&doc{}).Select("id").Scopes(near)).Find(&got).Error)
	require.ElementsMatch(t, nearest(docs, q, 10, nil), idsOf(got))
	var batches []uint
	require.NoError(t, db.Scopes(near).FindInBatches(&got, 3, func(*gorm.DB, int) error {
		batches = append(batches, idsOf(got)...)
		return nil
	}).Error)
	require.ElementsMatch(t, nearest(docs, q, 10, nil), batches)
	found, err := gorm.G[doc](db).Scopes(types.Search{Field: "Embedding", Query: q, K: 10}.ModifyStatement).Where("lang = ?", "go").Find(t.Context())
	require.NoError(t, err)
	require.Equal(t, nearest(docs, q, 10, inGo), idsOf(found))
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		got = nil
		err := tx.Table("docs AS d").Scopes(near).Where("d.lang = ?", "go").Find(&got).Error
		require.Equal(t, nearest(docs, q, 10, inGo), idsOf(got))
		return err
	}))

	// rows that are gone are not found
	require.NoError(t, db.Scopes(near).Where("lang = ?", "go").Delete(&doc{}).Error)
	gone := map[uint]bool{}
	for _, id := range nearest(docs, q, 10, inGo) {
		gone[id] = true
	}
	got = nil
	require.NoError(t, db.Scopes(near).Find(&got).Error)
	require.Equal(t, nearest(docs, q, 10, func(d doc) bool { return !gone[d.ID] }), idsOf(got))
	got = nil
	require.NoError(t, db.Unscoped().Scopes(near).Find(&got).Error)
	require.Equal(t, nearest(docs, q, 10, nil), idsOf(got))
	require.NoError(t, db.Model(&doc{}).Scopes(near).Update("lang", "found").Error)
	require.NoError(t, db.Model(&doc{}).Where("lang = ?", "found").Count(&n).Error)
	require.EqualValues(t, 10, n)
	tx = db.Scopes(near).Delete(&doc{})
	require.NoError(t, tx.Error, "a search is a condition")
	require.EqualValues(t, 10, tx.RowsAffected)
	require.ErrorIs(t, db.Delete(&doc{}).Error, gorm.ErrMissingWhereClause)
	require.ErrorIs(t, db.Model(&doc{}).Update("lang", "all").Error, gorm.ErrMissingWhereClause)
}

// The distance goes where it is wanted, and nowhere else.
func TestDistanceInto(t *testing.T) {
	db := openGORM(t, &author{}, &doc{}, &docNote{})
	docs := fill(t, db, 60)
	q := docs[3].Embedding
	s := types.Search{Field: "embedding", Query: &q, K: 5, DistanceInto: "Distance"}
	want := nearest(docs, q, 5, nil)
	check := func(distances ...float64) {
		t.Helper()
		require.Len(t, distances, 5)
		for i, d := range distances {
			require.InDelta(t, cosine(docs[want[i]-1].Embedding, q), d, 1e-6)
		}
	}
	var got []hit
	distances := func() (ids []uint, out []float64) {
		for _, d := range got {
			ids, out = append(ids, d.ID), append(out, d.Distance)
		}
		return ids, out
	}
	for name, tx := range map[string]*gorm.DB{
		"plain":        db,
		"joins":        db.Joins("Author"),
		"raw join":     db.Joins("JOIN authors ON authors.id = docs.author_id"),
		"query fields": db.Session(&gorm.Session{QueryFields: true}),
		"select":       db.Select("id", "embedding"),
		"select it":    db.Select("id", "Distance"),
		"select text":  db.Select("docs.id, ? AS lang", "x"),
		"omit":         db.Omit("lang"),
		"distinct":     db.Distinct(),
	} {
		got = nil
		require.NoError(t, tx.Model(&doc{}).Scopes(s.Scope).Find(&got).Error, name)
		ids, far := distances()
		require.Equal(t, want, ids, name)
		check(far...)
		require.Equal(t, name == "joins", got[0].Author.Name != "")
	}
	var dto []struct {
		ID       uint
		Distance *float32
	}
	require.NoError(t, db.Model(&doc{}).Scopes(s.Scope).Find(&dto).Error)
	require.Len(t, dto, 5)
	require.InDelta(t, 0, float64(*dto[0].Distance), 1e-6)
	dto = nil
	require.NoError(t, db.Model(&doc{}).Scopes(s.Scope).Scan(&dto).Error)
	require.Len(t, dto, 5)
	require.InDelta(t, 0, float64(*dto[0].Distance), 1e-6)
	var rows []map[string]any
	require.NoError(t, db.Model(&doc{}).Select("id").Scopes(types.Search{Field: "Embedding", Query: q, K: 5, DistanceInto: "far"}.Scope).Find(&rows).Error)
	require.Len(t, rows, 5)
	require.Contains(t, rows[0], "far")
	var ids []uint
	require.NoError(t, db.Model(&doc{}).Scopes(s.Scope).Pluck("id", &ids).Error)
	require.Equal(t, want, ids)
	var n int64
	require.NoError(t, db.Model(&doc{}).Scopes(s.Scope).Count(&n).Error)
	require.EqualValues(t, 5, n)
	s.DistanceInto = "Nowhere"
	require.ErrorContains(t, db.Model(&doc{}).Scopes(s.Scope).Find(&got).Error, "no field Nowhere")
}

type measured struct {
	ID       uint
	V        types.Vector `gorm:"dims:2;vectorIndex"`
	Distance *float64     `gorm:"->;-:migration"`
}

// The distance may be a field of the model itself.
func TestDistanceInTheModel(t *testing.T) {
	db := openGORM(t, &measured{})
	require.False(t, db.Migrator().HasColumn(&measured{}, "distance"))
	require.NoError(t, db.Create([]measured{{V: types.Vector{1, 0}}, {V: types.Vector{0, 2}}, {V: types.Vector{0, 0}}, {}}).Error)
	var got []measured
	s := types.Search{Field: "V", Query: types.Vector{0, 1}, K: 5, DistanceInto: "distance"}
	require.NoError(t, db.Scopes(s.Scope).Find(&got).Error)
	require.Len(t, got, 3)
	require.EqualValues(t, 2, got[0].ID)
	require.Zero(t, *got[0].Distance)
	require.InDelta(t, 1, *got[1].Distance, 1e-6)
	require.EqualValues(t, 3, got[2].ID)
	require.Nil(t, got[2].Distance, "the cosine of zeros")
	var one measured
	require.NoError(t, db.Scopes(s.Scope).First(&one).Error)
	require.EqualValues(t, 1, one.ID, "by key, as First says")
	require.InDelta(t, 1, *one.Distance, 1e-6)
	require.NoError(t, db.Take(&one).Error)
	require.NoError(t, db.Save(&one).Error)
}

func TestSearchErrors(t *testing.T) {
	db := openGORM(t, &author{}, &doc{}, &docNote{})
	q := make([]float32, 8)
	q[0] = 1
	for text, s := range map[string]types.Search{
		"K is 0":              {Field: "Embedding", Query: q},
		"K is -3":             {Field: "Embedding", Query: q, K: -3},
		"no metric":           {Field: "Embedding", Query: q, K: 1, Metric: "hamming"},
		"no such field":       {Field: "Nothing", Query: q, K: 1},
		"no vector":           {Field: "Lang", Query: q, K: 1},
		"3 dimensions":        {Field: "Embedding", Query: q[:3], K: 1},
		"empty vector":        {Field: "Embedding", Query: []float64{}, K: 1},
		"the query is a":      {Field: "Embedding", Query: "[1,2]", K: 1},
		"<nil>":               {Field: "Embedding", K: 1},
		"position 1":          {Field: "Embedding", Query: []float32{0, float32(math.NaN()), 0, 0, 0, 0, 0, 0}, K: 1},
		"zeros":               {Field: "Embedding", Query: make(types.Vector, 8), K: 1},
		"no cosine distance":  {Field: "Embedding", Query: make(types.Vector64, 8), K: 1},
		"at most 65536":       {Field: "Embedding", Query: make([]float32, 70000), K: 1},
		"there is no metric ": {Field: "Embedding", Query: q, K: 1, Metric: "L2"},
	} {
		var got []doc
		if s.Query != nil && text == "at most 65536" {
			require.Error(t, db.Scopes(s.Scope).Find(&got).Error)
			continue
		}
		require.ErrorContains(t, db.Scopes(s.Scope).Find(&got).Error, text)
	}
	require.ErrorContains(t, db.Table("docs").Scopes(types.Nearest("Embedding", q, 1)).Find(&[]map[string]any{}).Error, "no model")
	two := types.Nearest("Embedding", q, 1)
	require.ErrorContains(t, db.Scopes(two, two).Find(&[]doc{}).Error, "two vector searches")
	require.NoError(t, db.Migrator().DropIndex(&doc{}, "Embedding"))
	require.ErrorContains(t, db.Scopes(two).Find(&[]doc{}).Error, `no index "idx_docs_embedding"`)
	require.NoError(t, db.Scopes(types.Search{Field: "Embedding", Query: q, K: 1, Exact: true}.Scope).Find(&[]doc{}).Error)
}

// A value that is no vector of the field never comes to the database.
func TestVectorsAreCheckedBeforeTheyAreStored(t *testing.T) {
	db := openGORM(t, &author{}, &doc{}, &docNote{})
	good := types.Vector{1, 2, 3, 4, 5, 6, 7, 8}
	d := doc{Author: author{Name: "x"}, Embedding: good}
	require.NoError(t, db.Create(&d).Error)
	bad := map[string]any{
		"2 dimensions":              types.Vector{1, 2},
		"a vector of 3 dimensions:": &types.Vector{1, 2, 3},
		"F64_BLOB":                  types.Vector64{1, 2, 3, 4, 5, 6, 7, 8},
		"empty vector":              types.Vector{},
		"no vector":                 []byte{1, 2, 3},
		"1 dimensions":              "[1]",
		"position 7":                types.Vector{1, 2, 3, 4, 5, 6, 7, float32(math.Inf(1))},
		"1 dimensions: the column":  []float32{1},
		"a []int is no vector":      []int{1, 2, 3, 4, 5, 6, 7, 8},
		"position 6":                []float64{1, 2, 3, 4, 5, 6, 1e300, 8},
	}
	for text, v := range bad {
		require.ErrorContains(t, db.Model(&d).Update("embedding", v).Error, text)
		require.ErrorContains(t, db.Model(&d).Updates(map[string]any{"Embedding": v}).Error, text)
		require.ErrorContains(t, db.Model(&doc{}).Create(map[string]any{"Embedding": v}).Error, text)
		require.ErrorContains(t, db.Model(&doc{}).Create([]map[string]any{{"embedding": good}, {"embedding": v}}).Error, text)
		if v, ok := v.(types.Vector); ok {
			require.ErrorContains(t, db.Create(&doc{Embedding: v}).Error, text)
			require.ErrorContains(t, db.Unscoped().Create([]doc{{Embedding: good}, {Embedding: v}}).Error, text)
			require.ErrorContains(t, db.Model(&d).Updates(doc{Embedding: v}).Error, text)
			require.ErrorContains(t, db.Save(&doc{ID: d.ID, Embedding: v}).Error, text)
		}
	}
	for _, v := range []any{good, &good, nil, types.Vector(nil), (*types.Vector)(nil), "[1,2,3,4,5,6,7,8]", gorm.Expr("vector('[1,2,3,4,5,6,7,8]')")} {
		require.NoError(t, db.Model(&d).Update("embedding", v).Error)
	}
	stored, err := good.Value()
	require.NoError(t, err)
	for _, v := range []any{good, "[1,2,3,4,5,6,7,8]", []float32(good), []float64{1, 2, 3, 4, 5, 6, 7, 8}, stored} {
		fresh := map[string]any{"embedding": v}
		require.NoError(t, db.Model(&doc{}).Create(fresh).Error)
		require.NoError(t, db.Model(&d).Updates(map[string]any{"Embedding": v}).Error)
		var n int64
		require.NoError(t, db.Model(&doc{}).Where("embedding = ?", stored).Count(&n).Error)
		require.EqualValues(t, 2, n, "%T is stored as a vector", v)
		require.NoError(t, db.Model(&doc{}).Where("embedding", v).Count(&n).Error)
		require.EqualValues(t, 2, n, "%T is compared as a vector", v)
		require.NoError(t, db.Where("id <> ?", d.ID).Delete(&doc{}).Error)
	}
	var e *driver.Error // past the types, the engine's own text stands
	require.ErrorAs(t, db.Exec("UPDATE docs SET embedding = vector('[1]')").Error, &e)
	require.Equal(t, "vector index(insert): dimensions are different: 1 != 8", e.Message)
}

type flagged struct {
	ID   uint
	Good bool
	V    types.Vector `gorm:"dims:3;vectorIndex:metric=l2,where=good = 1 AND v IS NOT NULL"`
}

type named struct {
	Key string         `gorm:"primaryKey"`
	V   types.Vector64 `gorm:"dims:3;vectorIndex"`
	W   *types.Vector8 `gorm:"type:F8_BLOB(4);vectorIndex:metric=l2"`
}

type blobKey struct {
	Key []byte       `gorm:"primaryKey"`
	V   types.Vector `gorm:"dims:3;vectorIndex"`
}

type inAux struct {
	ID uint
	V  types.Vector `gorm:"dims:3;vectorIndex"`
}

func (inAux) TableName() string { return "aux.places" }

func TestPartialIndex(t *testing.T) {
	db := openGORM(t, &flagged{})
	require.NoError(t, db.Create([]flagged{{ID: 1, Good: true, V: types.Vector{1, 0, 0}}, {ID: 2, V: types.Vector{1, 0, 0}},
		{ID: 3, Good: true, V: types.Vector{0, 1, 0}}, {ID: 4, Good: true}}).Error)
	for _, exact := range []bool{false, true} {
		for _, k := range []int{1, 5, 300} {
			var got []flagged
			s := types.Search{Field: "V", Query: types.Vector{1, 0, 0}, K: k, Exact: exact}
			require.NoError(t, db.Scopes(s.Scope).Find(&got).Error)
			require.Equal(t, []uint{1, 3}[:min(k, 2)], []uint{got[0].ID, got[len(got)-1].ID}[:min(k, 2)])
			require.Len(t, got, min(k, 2))
		}
	}
	require.NoError(t, db.Model(&flagged{ID: 2}).Update("good", true).Error)
	require.NoError(t, db.Model(&flagged{ID: 1}).Update("good", false).Error)
	require.NoError(t, libsql.Reindex(db, "idx_flaggeds_v")) // the index of two rows may lose one by an update
	var one flagged
	require.NoError(t, db.Scopes(types.Nearest("V", []float32{1, 0, 0}, 1)).Take(&one).Error)
	require.EqualValues(t, 2, one.ID)
}

// Text keys, blobs as keys, tables WITHOUT ROWID, another schema, several
// vectors of a row.
func TestKeysAndPlaces(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	for _, options := range []string{"", "WITHOUT ROWID"} {
		db := openGORM(t)
		require.NoError(t, db.Set("gorm:table_options", options).AutoMigrate(&named{}, &blobKey{}))
		for i, key := range []string{"a", "b", "it's", "d"} {
			v := types.Vector64{0, 0, 0}
			v[i%3] = 1 + float64(i)
			w := types.Vector8{float32(i), 0, 1, 2}
			require.NoError(t, db.Create(&named{Key: key, V: v, W: &w}).Error)
			require.NoError(t, db.Create(&blobKey{Key: []byte(key + "\x00"), V: types.Vector{float32(i), 1, 0}}).Error)
		}
		require.NoError(t, db.Create(&named{Key: "none"}).Error)
		require.NoError(t, db.Delete(&named{Key: "d"}).Error)
		keys := func(s types.Search) (out []string) {
			require.NoError(t, db.Model(&named{}).Scopes(s.Scope).Where("key <> ?", "x").Pluck("key", &out).Error)
			return out
		}
		require.Equal(t, []string{"it's"}, keys(types.Search{Field: "V", Query: types.Vector64{0, .1, 1}, K: 1}))
		require.Equal(t, []string{"it's", "b"}, keys(types.Search{Field: "V", Query: []float64{0, .1, 1}, K: 2}))
		require.Equal(t, []string{"b", "a"}, keys(types.Search{Field: "W", Query: types.Vector{0.9, 0, 1, 1.5}, K: 2})[:2])
		require.Len(t, keys(types.Search{Field: "V", Query: types.Vector{1, 1, 1}, K: 10}), 3)
		require.Len(t, keys(types.Search{Field: "V", Query: types.Vector{1, 1, 1}, K: 10, Metric: types.L2}), 3)
		var b blobKey
		require.NoError(t, db.Scopes(types.Nearest("V", types.Vector{0, 1, 0}, 1)).Take(&b).Error)
		require.Equal(t, "a\x00", string(b.Key))
	}
	db := openGORM(t)
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	require.NoError(t, db.Exec("ATTACH ':memory:' AS aux").Error)
	require.NoError(t, db.AutoMigrate(&inAux{}))
	require.NoError(t, db.AutoMigrate(&inAux{}))
	require.NoError(t, db.Create([]inAux{{V: types.Vector{1, 0, 0}}, {V: types.Vector{0, 1, 0}}}).Error)
	var got []inAux
	require.NoError(t, db.Scopes(types.Nearest("V", types.Vector{0, 1, 0}, 1)).Where("id > 0").Find(&got).Error)
	require.Len(t, got, 1)
	require.EqualValues(t, 2, got[0].ID)
}

type everyMetric struct {
	ID  uint
	V   types.Vector    `gorm:"dims:6"`
	V64 types.Vector64  `gorm:"dims:6"`
	V16 types.Vector16  `gorm:"dims:6"`
	B16 types.VectorB16 `gorm:"dims:6"`
	V8  types.Vector8   `gorm:"dims:6"`
	V1  types.Vector1   `gorm:"dims:6"`
	D   float64         `gorm:"->;-:migration"`
}

// Exact search over every storage gives the distances that Go computes.
func TestExactSearch(t *testing.T) {
	db := openGORM(t, &everyMetric{})
	r := rand.New(rand.NewPCG(5, 6))
	var rows []everyMetric
	for range 40 {
		v := unit(r, 6)
		rows = append(rows, everyMetric{V: v, V64: wide(v), V16: types.Vector16(v), B16: types.VectorB16(v), V8: types.Vector8(v), V1: types.Vector1(v)})
	}
	rows = append(rows, everyMetric{})
	require.NoError(t, db.Create(&rows).Error)
	rows = nil
	require.NoError(t, db.Find(&rows).Error) // as they are stored
	q := unit(r, 6)
	stored := everyMetric{V: q, V64: wide(q), V16: types.Vector16(q), B16: types.VectorB16(q), V8: types.Vector8(q), V1: types.Vector1(q)}
	require.NoError(t, db.Create(&stored).Error)
	id := stored.ID
	stored = everyMetric{}
	require.NoError(t, db.Take(&stored, id).Error)
	require.NoError(t, db.Delete(&stored).Error)
	vector := func(e everyMetric, field string) types.Vector {
		switch field {
		case "V64":
			return narrow(e.V64)
		case "V16":
			return types.Vector(e.V16)
		case "B16":
			return types.Vector(e.B16)
		case "V8":
			return types.Vector(e.V8)
		case "V1":
			return types.Vector(e.V1)
		}
		return e.V
	}
	for _, field := range []string{"V", "V64", "V16", "B16", "V8", "V1"} {
		for _, metric := range []types.Metric{"", types.Cosine, types.L2, types.Dot} {
			s := types.Search{Field: field, Query: q, K: 100, Metric: metric, DistanceInto: "D"}
			var got []everyMetric
			err := db.Scopes(s.Scope).Find(&got).Error
			if field == "V1" && metric == types.L2 {
				require.ErrorContains(t, err, "no l2")
				continue
			}
			require.NoError(t, err)
			require.Len(t, got, 40, "the NULL is left out")
			last := math.Inf(-1)
			for _, g := range got {
				a, b := vector(g, field), vector(stored, field)
				var dot, l2, signs float64
				for i := range a {
					dot += float64(a[i]) * float64(b[i])
					l2 += math.Pow(float64(a[i])-float64(b[i]), 2)
					if a[i] != b[i] {
						signs++
					}
				}
				want := map[types.Metric]float64{"": cosine(a, b), types.Cosine: cosine(a, b), types.L2: math.Sqrt(l2), types.Dot: -dot}[metric]
				if field == "V1" && metric != types.Dot {
					want = signs
				}
				require.InDelta(t, want, g.D, 1e-5, "%s %s", field, metric)
				require.GreaterOrEqual(t, g.D, last)
				last = g.D
			}
		}
	}
}

// The values of libSQL's own distances.
func TestDistancesOfLibSQL(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	for text, want := range map[string]float64{
		"vector_distance_cos(vector('[1,0]'), vector('[0,1]'))":              1,
		"vector_distance_cos(vector('[1,2]'), vector('[1,2]'))":              0,
		"vector_distance_cos(vector('[1,2]'), vector('[-1,-2]'))":            2,
		"vector_distance_cos(vector('[1,2,3]'), vector('[4,5,6]'))":          0.0253681540489197,
		"vector_distance_l2(vector('[0,0]'), vector('[3,4]'))":               5,
		"vector_distance_l2(vector('[1,2,3]'), vector('[4,6,3]'))":           5,
		"vector_distance_cos(vector8('[1,2,3,4]'), vector8('[4,3,2,1]'))":    0.333333343,
		"vector_distance_l2(vector16('[1,2,3,4]'), vector16('[4,3,2,1]'))":   4.47213602,
		"vector_distance_cos(vector1bit('[1,1,1]'), vector1bit('[-1,1,1]'))": 1,
	} {
		var got float64
		require.NoError(t, db.QueryRow("SELECT "+text).Scan(&got))
		require.InDelta(t, want, got, 1e-6, text)
	}
}

// Conditions that few rows meet, among many: no row is lost.
func TestFiltersWidenTheSearch(t *testing.T) {
	db := openGORM(t, &author{}, &doc{}, &docNote{})
	r := rand.New(rand.NewPCG(9, 9))
	docs := make([]doc, 1500)
	for i := range docs {
		docs[i] = doc{Lang: "c", Embedding: unit(r, 8)}
		if i%300 == 7 {
			docs[i].Lang = "go"
		}
	}
	require.NoError(t, db.Omit("Author").Session(&gorm.Session{}).Exec("PRAGMA foreign_keys = OFF").Error)
	require.NoError(t, db.Omit("Author").CreateInBatches(&docs, 500).Error)
	for range 20 {
		q := unit(r, 8)
		var got []doc
		require.NoError(t, db.Scopes(types.Nearest("Embedding", q, 4)).Where("lang = ?", "go").Find(&got).Error)
		require.Equal(t, nearest(docs, q, 4, func(d doc) bool { return d.Lang == "go" }), idsOf(got))
		got = nil
		require.NoError(t, db.Scopes(types.Nearest("Embedding", q, 10)).Where("lang = ?", "go").Find(&got).Error)
		require.Len(t, got, 5, "all there are")
		got = nil
		require.NoError(t, db.Scopes(types.Nearest("Embedding", q, 700)).Find(&got).Error)
		require.Equal(t, nearest(docs, q, 700, nil), idsOf(got), "more than search_l")
	}
	var plan []map[string]any
	sql := db.ToSQL(func(tx *gorm.DB) *gorm.DB {
		return tx.Scopes(types.Nearest("Embedding", unit(r, 8), 4)).Where("lang = ?", "go").Find(&[]doc{})
	})
	require.Contains(t, sql, "vector_top_k")
	stmt := db.Session(&gorm.Session{DryRun: true}).Scopes(types.Nearest("Embedding", unit(r, 8), 4)).Where("lang = ?", "go").Find(&[]doc{}).Statement
	require.NoError(t, db.Raw("EXPLAIN QUERY PLAN "+stmt.SQL.String(), stmt.Vars...).Scan(&plan).Error)
	var text strings.Builder
	for _, step := range plan {
		fmt.Fprintln(&text, step["detail"])
	}
	require.Contains(t, text.String(), "SEARCH docs USING INTEGER PRIMARY KEY (rowid=?)")
	require.Contains(t, text.String(), "SCAN vector_top_k VIRTUAL TABLE")
}

// TestALimitedDeleteOfTheNearest: without another condition the limit was lost,
// and all K rows were deleted.
func TestALimitedDeleteOfTheNearest(t *testing.T) {
	db := openGORM(t, &author{}, &doc{}, &docNote{})
	require.NoError(t, db.Create(&author{ID: 1}).Error)
	for i := range 4 {
		require.NoError(t, db.Create(&doc{AuthorID: 1, Embedding: types.Vector{float32(i + 1), 1, 0, 0, 0, 0, 0, 0}}).Error)
	}
	tx := db.Unscoped().Scopes(types.Nearest("Embedding", types.Vector{1, 1, 0, 0, 0, 0, 0, 0}, 3)).Limit(1).Delete(&doc{})
	require.NoError(t, tx.Error)
	require.EqualValues(t, 1, tx.RowsAffected)
}
