package dialect_test

import (
	"database/sql"
	"errors"
	"math"
	"math/rand"
	"slices"
	"testing"
	"time"

	"database/sql/driver"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/dialect"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type broken struct{}

func (broken) Value() (driver.Value, error) { return nil, errors.New("broken") }

type code string

func (c code) Value() (driver.Value, error) { return "<" + string(c) + ">", nil }

func TestExplainText(t *testing.T) {
	var d dialect.Dialector
	at := time.Date(2024, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))
	for _, c := range []struct {
		sql  string
		vars []any
		want string
	}{
		{"SELECT 1", nil, "SELECT 1"},
		{"SELECT '?', `?`, \"?\", [?], ? -- ?\n, ? /* ? */", []any{1, "a"}, "SELECT '?', `?`, \"?\", [?], 1 -- ?\n, 'a' /* ? */"},
		{"SELECT ?2, ?1, ?", []any{1, 2, 3}, "SELECT 2, 1, 3"},
		{"SELECT ?3, ?", []any{1, 2, 3, 4}, "SELECT 3, 4"},
		{"SELECT :a, @b, $c, :none", []any{sql.Named("a", 1), sql.Named("b", "x"), sql.Named("c", nil)}, "SELECT 1, 'x', NULL, :none"},
		{"SELECT ?, ?", []any{1}, "SELECT 1, ?"},
		{"SELECT 1-?", []any{-5}, "SELECT 1- -5"},
		{"WHERE a=?AND b LIKE?", []any{1, []byte{0xab}}, "WHERE a=1 AND b LIKE x'ab'"},
		{"a IS ?, a IS NOT ?, a = ?", []any{true, false, true}, "a IS 1, a IS NOT 0, a = true"},
		{"?", []any{at}, "'2024-01-02 02:04:05.000006+00:00'"},
		{"?", []any{[]byte(nil)}, "NULL"},
		{"?", []any{(*int)(nil)}, "NULL"},
		{"?", []any{code("x")}, "'<x>'"},
		{"?", []any{(*code)(nil)}, "NULL"},
		{"?", []any{broken{}}, "'{}'"},
		{"?", []any{uint64(math.MaxUint64)}, "'18446744073709551615'"},
		{"?", []any{math.Inf(-1)}, "-9e999"},
		{"?", []any{math.NaN()}, "NULL"},
		{"?", []any{2.0}, "2.0"},
		{"?", []any{"it's\x00"}, "CAST(x'6974277300' AS TEXT)"},
		{"?", []any{time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}, ""},
		{"?0 ?99999999999999999999", []any{1}, "?0 ?99999999999999999999"},
	} {
		got := d.Explain(c.sql, c.vars...)
		if c.want == "" {
			require.Contains(t, got, "NULL /*")
			continue
		}
		require.Equal(t, c.want, got, c.sql)
	}
}

// What Explain writes, run as it stands, has the values that were bound.
func TestExplainedStatementsHaveTheSameValues(t *testing.T) {
	db := open(t, nil)
	pool, err := db.DB()
	require.NoError(t, err)
	n := 7
	values := []any{nil, true, 1, -1, math.MaxInt64, math.MinInt64, 0.1, 1.0, -2.5e-300, math.Inf(1), math.Inf(-1), math.Copysign(0, -1), "", "it's", "?", "a\x00b",
		"\xff", "é", "--", "/*", []byte{}, []byte("?'"), []byte{0}, time.Now(), time.Time{}, &n, sql.NullString{}, code("c"), gorm.DeletedAt{}}
	values = slices.DeleteFunc(values, dbtest.CannotTravel)
	rnd := rand.New(rand.NewSource(2))
	for range 2000 {
		values = append(values, rnd.NormFloat64(), math.Float64frombits(rnd.Uint64()&^(1<<62)))
	}
	const query = "SELECT typeof(?1), quote(?1), hex(CAST(?1 AS BLOB)), ?1 IS ?2, 5-?1, '?'"
	scan := func(rows *sql.Rows, err error) (out [6]any) {
		require.NoError(t, err)
		defer rows.Close()
		require.True(t, rows.Next())
		require.NoError(t, rows.Scan(&out[0], &out[1], &out[2], &out[3], &out[4], &out[5]))
		return out
	}
	for _, v := range values {
		bound := scan(pool.Query(query, v, v))
		explained := scan(pool.Query(db.Dialector.Explain(query, v, v)))
		require.Equal(t, bound, explained, "%#v", v)
	}
}

// A view was made with "<binary>" for a blob, and times cut to milliseconds.
func TestToSQLAndViewsAreExact(t *testing.T) {
	db := open(t, nil, &event{})
	at := time.Date(2024, 1, 2, 3, 4, 5, 123456789, time.UTC)
	require.NoError(t, db.Create(&event{Kind: "what? it's @me", CreatedAt: at}).Error)
	query := db.Model(&event{}).Where("kind = ? AND created_at = ? AND x'00' = ?", "what? it's @me", at, []byte{0})
	require.NoError(t, db.Migrator().CreateView("seen", gorm.ViewOption{Query: query}))
	var n int64
	require.NoError(t, db.Table("seen").Count(&n).Error)
	require.EqualValues(t, 1, n)
	text := db.ToSQL(func(tx *gorm.DB) *gorm.DB {
		return tx.Where("kind = ? AND created_at = ?", "what? it's @me", at).Find(&[]event{})
	})
	var got []event
	require.NoError(t, db.Raw(text).Find(&got).Error)
	require.Len(t, got, 1)
}
