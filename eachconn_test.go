package libsql_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

var errShort = errors.New("too short")

// Functions in Go work in every kind of query that GORM makes.
func TestEachConnWithFunctions(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	type Note struct {
		ID   uint
		Text string
		Loud string `gorm:"->;type:text GENERATED ALWAYS AS (loud(text)) VIRTUAL"`
	}
	db := fresh(t)
	calls := 0
	require.NoError(t, libsql.EachConn(db, "loud", func(_ context.Context, c *driver.Conn) error {
		calls++
		return c.Func("loud", func(s string) (string, error) {
			if len(s) < 2 {
				return "", errShort
			}
			return strings.ToUpper(s) + "!", nil
		}, driver.Deterministic)
	}))
	require.NoError(t, db.AutoMigrate(&Note{}))
	require.NoError(t, db.Create([]Note{{Text: "one"}, {Text: "two"}, {Text: "three"}}).Error)
	var notes []Note
	require.NoError(t, db.Where("loud(text) <> ?", "TWO!").Order("loud(text)").Find(&notes).Error)
	require.Len(t, notes, 2)
	require.Equal(t, "ONE!", notes[0].Loud)
	one, err := libsql.One[string](db.Model(&Note{}).Select("loud(text)").Where("id = ?", 2))
	require.NoError(t, err)
	require.Equal(t, "TWO!", one)
	require.NoError(t, db.Model(&Note{}).Where("id = 1").Update("text", gorm.Expr("loud(text)")).Error)
	_, err = libsql.ExecBatch(db, "UPDATE notes SET text = loud('x')")
	require.ErrorIs(t, err, errShort)
	var failed *libsql.Error
	err = db.Where("loud(?) = text", "x").Find(&notes).Error
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, errShort)
	require.Equal(t, "loud(): too short", failed.Message)
	require.ErrorIs(t, db.Create(&Note{Text: "x"}).Error, errShort)

	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.ErrorContains(t, libsql.EachConn(tx, "", nil), "db is a transaction")
		return tx.Where("loud(text) LIKE 'T%'").First(&Note{}, 2).Error
	}))
	require.Positive(t, calls)
	require.ErrorIs(t, libsql.EachConn(&gorm.DB{Error: errShort}, "", nil), errShort)
}

// A function that asks GORM for what it needs gets another connection of the
// pool, which sees what is committed; when the pool has none to spare, the
// function's context is what ends the wait.
func TestFunctionsThatQuery(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	type Rate struct {
		Code string `gorm:"primaryKey"`
		Per  int64
	}
	db := fresh(t, &Rate{})
	require.NoError(t, libsql.EachConn(db, "rate", func(_ context.Context, c *driver.Conn) error {
		return c.Func("rate", func(ctx context.Context, code string) (int64, error) {
			var r Rate
			err := db.WithContext(ctx).First(&r, "code = ?", code).Error
			return r.Per, err
		})
	}))
	require.NoError(t, db.Create(&Rate{"chf", 95}).Error)
	ask := func(db *gorm.DB) (n int64, err error) { return n, db.Raw("SELECT rate('chf')").Scan(&n).Error }
	n, err := ask(db)
	require.NoError(t, err)
	require.EqualValues(t, 95, n)
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Model(&Rate{}).Where("code = 'chf'").Update("per", 96).Error)
		n, err := ask(tx)
		require.EqualValues(t, 95, n, "of before the transaction")
		return err
	}))
	var none int64
	require.ErrorIs(t, db.Raw("SELECT rate('usd')").Scan(&none).Error, gorm.ErrRecordNotFound)

	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = ask(db.WithContext(ctx))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	n, err = libsql.One[int64](db.Raw("SELECT 1"))
	require.NoError(t, err, "the connection goes on")
	require.EqualValues(t, 1, n)
}

// A program may have any number of functions.
func TestHundredFunctions(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := fresh(t)
	require.NoError(t, libsql.EachConn(db, "many", func(_ context.Context, c *driver.Conn) error {
		for i := range 100 {
			if err := c.Func(fmt.Sprintf("f%d", i), func() int { return i }, driver.Deterministic); err != nil {
				return err
			}
		}
		return nil
	}))
	var terms []string
	for i := range 100 {
		terms = append(terms, fmt.Sprintf("f%d()", i))
	}
	var sum int64
	require.NoError(t, db.Raw("SELECT "+strings.Join(terms, "+")).Scan(&sum).Error)
	require.EqualValues(t, 4950, sum)
}
