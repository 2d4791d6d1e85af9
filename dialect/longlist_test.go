package dialect_test

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/dialect"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type item struct {
	ID     int64
	Name   string `gorm:"index"`
	Weight float64
	Data   []byte
	At     time.Time
	Num    float64 `gorm:"type:numeric"`
	Shelf  int64   `gorm:"index"`
	Parts  []part
}

type part struct {
	ID     int64
	ItemID int64
	Serial int
}

const many = 33_000 // more than SQLite's 32,766 variables

func fill(t testing.TB, db *gorm.DB, n int) []int64 {
	t.Helper()
	require.NoError(t, db.Exec(`INSERT INTO items(id, name, weight, data, at, num, shelf)
		SELECT value, 'n'||value, value/3.0, CAST(value AS BLOB), '2024-01-01 00:00:00+00:00', value, value % 7 FROM generate_series(1, ?)`, n).Error)
	require.NoError(t, db.Exec("INSERT INTO parts(id, item_id, serial) SELECT id, id, 1 FROM items").Error)
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	return ids
}

func TestListsOfAnyLength(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &item{}, &part{})
		ids := fill(t, db, many+10)
		list := ids[:many]
		floats, names := make([]float64, many), make([]string, many)
		for i := range list {
			floats[i], names[i] = float64(i+1)/3.0, fmt.Sprint("n", i+1)
		}
		for name, q := range map[string]*gorm.DB{
			"IN ?":        db.Where("id IN ?", list),
			"IN (?)":      db.Where("id IN (?)", list),
			"IN ( ? )":    db.Where("id IN ( ? ) AND name <> ?", list, "'"),
			"and":         db.Where("name <> ? AND id IN ?", "x?", list),
			"map":         db.Where(map[string]any{"id": list}),
			"keys":        db.Where(list),
			"IN":          db.Where(clause.IN{Column: "id", Values: toAny(list)}),
			"Eq":          db.Where(clause.Eq{Column: "id", Value: list}),
			"or":          db.Where("id = ?", 1).Or("id IN ?", list),
			"group":       db.Where(db.Where("id IN ?", list).Or("id = 1")),
			"named":       db.Where("id IN @ids", sql.Named("ids", list)),
			"named (map)": db.Where("id IN (@ids) AND id > @low", map[string]any{"ids": list, "low": 0}),
			"floats":      db.Where("weight IN ?", floats),
			"texts":       db.Where("name IN ?", names),
			"numeric":     db.Where("num IN ?", list),
			"texts of ids": db.Where("id IN ?", func() (s []string) {
				for _, id := range list {
					s = append(s, fmt.Sprint(id))
				}
				return s
			}()),
			"rows":     db.Where("(id, shelf) IN ?", pairs(list)),
			"subquery": db.Where("id IN (?)", db.Model(&item{}).Select("id").Where("id IN ?", list)),
			"having":   db.Group("id").Having("id IN ?", list),
		} {
			t.Run(name, func(t *testing.T) {
				var got []int64
				require.NoError(t, q.Model(&item{}).Pluck("id", &got).Error)
				require.Len(t, got, many)
			})
		}
		var n int64
		require.NoError(t, db.Model(&item{}).Not(list).Count(&n).Error)
		require.EqualValues(t, 10, n)
		require.NoError(t, db.Model(&item{}).Where("id NOT IN ?", list).Count(&n).Error)
		require.EqualValues(t, 10, n)
		require.NoError(t, db.Model(&item{}).Not(map[string]any{"id": list}).Count(&n).Error)
		require.EqualValues(t, 10, n)
		require.NoError(t, db.Model(&item{}).Where(clause.Neq{Column: "id", Value: list}).Count(&n).Error)
		require.EqualValues(t, 10, n)
		require.NoError(t, db.Raw("SELECT count(*) FROM items WHERE shelf >= ? AND id IN ? AND name <> ?", 0, list, "?").Scan(&n).Error)
		require.EqualValues(t, many, n)
		require.NoError(t, db.Raw("SELECT count(*) FROM items WHERE id IN ?", list).Row().Scan(&n))
		require.EqualValues(t, many, n)
		tx := db.Exec("UPDATE items SET shelf = ? WHERE id IN (?)", 3, list)
		require.NoError(t, tx.Error)
		require.EqualValues(t, many, tx.RowsAffected)
	})
}

func toAny[T any](list []T) (out []any) {
	for _, v := range list {
		out = append(out, v)
	}
	return out
}

func pairs(list []int64) (out [][]any) {
	for _, id := range list {
		out = append(out, []any{id, id % 7})
	}
	return out
}

func TestLongListsOfGORMsOwn(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &item{}, &part{})
		fill(t, db, many+10)
		var items []item
		require.NoError(t, db.Preload("Parts").Find(&items).Error)
		require.Len(t, items, many+10)
		require.Len(t, items[many].Parts, 1)
		require.EqualValues(t, many+10, db.Model(&items).Association("Parts").Count())
		var parts []part
		require.NoError(t, db.Model(&items).Association("Parts").Find(&parts))
		require.Len(t, parts, many+10)
		tx := db.Model(items[:many]).Update("shelf", 99)
		require.NoError(t, tx.Error)
		require.EqualValues(t, many, tx.RowsAffected)
		tx = db.Delete(parts[:many])
		require.NoError(t, tx.Error)
		require.EqualValues(t, many, tx.RowsAffected)
		require.NoError(t, db.Model(&items).Association("Parts").Clear())
		tx = db.Delete(&item{}, "id IN ?", ids(items[:many]))
		require.NoError(t, tx.Error)
		require.EqualValues(t, many, tx.RowsAffected)
	})
}

func ids(items []item) (out []int64) {
	for _, i := range items {
		out = append(out, i.ID)
	}
	return out
}

// A list that is one variable has the answer of one that is many.
func TestLongListHasTheSameAnswer(t *testing.T) {
	db := open(t, nil)
	require.NoError(t, db.Exec("CREATE TABLE x(i INTEGER, t TEXT, r REAL, n NUMERIC, b BLOB, a, d DATETIME)").Error)
	at := time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.FixedZone("", 7200))
	pi := 3
	values := []any{nil, 1, 1.0, 1.5, "1", "1.0", "a", "", "it's \"q\" \\ \n\t\x01", "nul\x00nul", "\xff\xfe", "é€😀", []byte("a"), []byte{},
		[]byte(nil), []byte{0, 255}, true, false, math.MaxInt64, math.MinInt64, 1 << 53, 1<<53 + 1, 0.1, 0.1 + 0.2, 1e300, 5e-324, math.Inf(1), math.Inf(-1),
		math.Copysign(0, -1), at, at.UTC(), sql.NullString{}, sql.NullString{String: "v", Valid: true}, &pi, (*int)(nil), "2024-05-06 05:08:09.123456789+00:00",
		uint8(7), float32(0.1), "9223372036854775808", "0x10", " 1 "}
	values = slices.DeleteFunc(values, dbtest.CannotTravel)
	rnd := rand.New(rand.NewSource(1))
	for range 200 {
		values = append(values, rnd.NormFloat64(), math.Float64frombits(rnd.Uint64()&^(1<<62)))
	}
	for _, v := range values {
		require.NoError(t, db.Exec("INSERT INTO x VALUES( ?,?,?,?,?,?,?)", v, v, v, v, v, v, v).Error)
	}
	query := func(column string, list []any, threshold int) (rowids []int) {
		defer dialect.SetLongList(dialect.SetLongList(threshold))
		for _, not := range []string{"", "NOT "} {
			var got []int
			require.NoError(t, db.Table("x").Where(column+" "+not+"IN ?", list).Order("rowid").Pluck("rowid", &got).Error)
			rowids = append(append(rowids, got...), -1)
		}
		return rowids
	}
	big := func(v any) bool { n, ok := v.(int); return ok && (n > 1<<53 || n < -1<<53) }
	all := values
	for _, column := range []string{"i", "t", "r", "n", "b", "a", "d", "lower(t)", "+i", "CAST(a AS TEXT)"} {
		values := all
		if column == "r" { // see jsonList
			values = slices.DeleteFunc(slices.Clone(values), big)
		}
		for _, v := range values {
			list := []any{v, "none of them"}
			require.Equal(t, query(column, list, 1000), query(column, list, 2), "%s %#v", column, v)
		}
		require.Equal(t, query(column, values, 1000), query(column, values, 2), column)
		var rows []any
		for _, v := range values {
			rows = append(rows, []any{v, v})
		}
		tuple := "(" + column + ", b)"
		require.Equal(t, query(tuple, rows, 1000), query(tuple, rows, 2), tuple)
	}
}

// What JSON cannot carry, and marks that are no list, stay as they are.
func TestListsThatStayVariables(t *testing.T) {
	defer dialect.SetLongList(dialect.SetLongList(2))
	db := open(t, nil, &item{}, &part{})
	for want, q := range map[string]func(*gorm.DB) *gorm.DB{
		"id IN (1,2)":                                func(tx *gorm.DB) *gorm.DB { return tx.Where("id IN ?", []any{gorm.Expr("1"), 2}) },
		"id IN (1,2,5)":                              func(tx *gorm.DB) *gorm.DB { return tx.Where("id IN (?,5)", []int{1, 2}) },
		"id = coalesce(1,2)":                         func(tx *gorm.DB) *gorm.DB { return tx.Where("id = coalesce(?)", []int{1, 2}) },
		"id IN (1,2) /* ? */":                        func(tx *gorm.DB) *gorm.DB { return tx.Where("id IN ? /* ? */", []int{1, 2}) },
		"id IN ('18446744073709551615'":              func(tx *gorm.DB) *gorm.DB { return tx.Where("id IN ?", []uint64{math.MaxUint64, 1}) },
		"name = x'0102'":                             func(tx *gorm.DB) *gorm.DB { return tx.Where("name = ?", []byte{1, 2}) },
		"IN (SELECT +value FROM json_each('[1,2]'))": func(tx *gorm.DB) *gorm.DB { return tx.Where("id IN ?", []int{1, 2}) },
	} {
		sql := db.ToSQL(func(tx *gorm.DB) *gorm.DB { return q(tx).Find(&[]item{}) })
		require.True(t, strings.Contains(sql, want), "%s\n%s", want, sql)
	}
}

func BenchmarkLongList(b *testing.B) {
	db := open(b, &gorm.Config{SkipDefaultTransaction: true}, &item{}, &part{})
	fill(b, db, 100_000)
	rnd := rand.New(rand.NewSource(1))
	for _, n := range []int{20, 100, 200, 500, 1000, 5000, 30_000} {
		list := make([]int64, n)
		for i := range list {
			list[i] = int64(rnd.Intn(100_000))
		}
		run := func(name string, threshold int, count func() error) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				defer dialect.SetLongList(dialect.SetLongList(threshold))
				b.ReportAllocs()
				for b.Loop() {
					if err := count(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		var got int64
		all := func() error { return db.Model(&item{}).Where("id IN ?", list).Count(&got).Error }
		run("variables", math.MaxInt, all)
		run("json", 1, all)
		run("chunks", math.MaxInt, func() error {
			for i := 0; i < n; i += 500 {
				if err := db.Model(&item{}).Where("id IN ?", list[i:min(i+500, n)]).Count(&got).Error; err != nil {
					return err
				}
			}
			return nil
		})
	}
}

type listOwner struct {
	ID   int
	Name string
	Tags []listTag `gorm:"many2many:owner_tags"`
}

type listTag struct {
	ID  int `gorm:"primaryKey"`
	Sub int `gorm:"primaryKey;autoIncrement:false"`
	N   int
}

// Lists stand in more places than WHERE.
func TestLongListsEverywhere(t *testing.T) {
	const n = 40_000
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &listOwner{}, &listTag{})
		owner := listOwner{ID: 1, Name: "o"}
		for i := range n {
			owner.Tags = append(owner.Tags, listTag{ID: i + 1, Sub: i % 3})
		}
		require.NoError(t, db.Create(&owner).Error)
		ids, pairs, texts, anys := make([]int, n), make([][2]int, n), make([][]string, n), make([][]any, n)
		for i := range n {
			ids[i] = i + 1
			pairs[i] = [2]int{i + 1, i % 3}
			texts[i] = []string{fmt.Sprint(i + 1), fmt.Sprint(i % 3)}
			anys[i] = []any{i + 1, i % 3}
		}
		res := db.Model(&listTag{}).Where("1 = 1").Update("n", gorm.Expr("CASE WHEN id IN ? THEN 1 ELSE 2 END", ids[:n-1]))
		require.NoError(t, res.Error)
		count := func(where string, args ...any) (n int64) {
			require.NoError(t, db.Model(&listTag{}).Where(where, args...).Count(&n).Error)
			return n
		}
		require.Equal(t, int64(1), count("n = 2"))
		require.Equal(t, int64(n-1), count("(id, sub) IN ?", pairs[1:]))
		require.Equal(t, int64(n-1), count("(id, sub) IN ?", anys[1:]))
		require.Equal(t, int64(n), count("(CAST(id AS TEXT), CAST(sub AS TEXT)) IN ?", texts))
		require.NoError(t, db.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "id"}, {Name: "sub"}}, DoUpdates: clause.Assignments(map[string]any{"n": 9}),
			Where: clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "list_tags.id IN ?", Vars: []any{ids}}}},
		}).Create(&listTag{ID: 1, Sub: 0}).Error)
		require.Equal(t, int64(1), count("n = 9"))
		require.NoError(t, db.Model(&listOwner{ID: 1}).Association("Tags").Delete(owner.Tags[:n-10]))
		require.Equal(t, int64(10), db.Model(&listOwner{ID: 1}).Association("Tags").Count())
	})
}

// point is a slice that writes itself.
type point [2]int

func (p point) GormValue(context.Context, *gorm.DB) clause.Expr {
	return clause.Expr{SQL: "?", Vars: []any{p[0]}}
}

type ownByte uint8

// Slices in a list are row values, unless they say what they are.
func TestListsOfSlices(t *testing.T) {
	db := open(t, nil, &listTag{})
	tags := make([]listTag, 1000)
	for i := range tags {
		tags[i] = listTag{ID: i + 1, Sub: i % 200}
	}
	require.NoError(t, db.Create(&tags).Error)
	for _, n := range []int{10, 600} {
		points, bytes := make([]point, n), make([][]ownByte, n)
		for i := range n {
			points[i] = point{i + 1, 7}
			bytes[i] = []ownByte{ownByte(i%250 + 1), ownByte((i % 250) % 200)}
		}
		var got int64
		require.NoError(t, db.Model(&listTag{}).Where("id IN ?", points).Count(&got).Error)
		require.Equal(t, int64(n), got)
		require.NoError(t, db.Model(&listTag{}).Where("(id, sub) IN ?", bytes).Count(&got).Error)
		require.Equal(t, int64(min(n, 250)), got)
	}
}
