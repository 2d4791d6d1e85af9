package libsql_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/libsqltest"
)

var errShort = errors.New("too short")

// Functions in Go work in every kind of query that GORM makes.
func TestEachConnWithFunctions(t *testing.T) {
	type Note struct {
		ID   uint
		Text string
		Loud string `gorm:"->;type:text GENERATED ALWAYS AS (loud(text)) VIRTUAL"`
	}
	db := libsqltest.New(t)
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
