package dialect_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/dialect"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestKeepsDigits(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "1": true, "-1.50": true, "abc": true, "0.1": true, "12345678901234567.12345678": false, "9223372036854775807": true,
		"9223372036854775808": false, "-9223372036854775808": true, "1e3": true, "1e400": false, "1e-400": false, "0.12345678901234567": false, "0.30000000000000004": true,
		"0.123456789012345678": false, "12345678901234567890": false, "100000000000000000000000": true, "1.0000000000000000000": true,
		" 12345678901234567.12345678 ": false, "0x1234567890abcdef12345": true, "1.2.3": true, "123456789012345678901234567890abc": true,
		"inf": true, "+5": true, "1e": true, ".": true, "1e99999999999999999999": false, "1e-99999999999999999999": false, "0.000000000000000000000": true, "9007199254740993": true,
	} {
		require.Equal(t, want, dialect.KeepsDigits(text, false), text)
	}
	// A REAL column has no integers.
	require.False(t, dialect.KeepsDigits("9007199254740993", true))
	require.True(t, dialect.KeepsDigits("9007199254740992", true))
}

type amount struct {
	ID    uint
	Price string         `gorm:"type:decimal(20,8)"`
	Total sql.NullString `gorm:"type:numeric"`
	Note  string
}

// decimal(20,8) keeps a 64-bit float: digits were lost without a word.
func TestTextsThatLoseDigits(t *testing.T) {
	const long = "12345678901234567.12345678"
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &amount{})
		for what, err := range map[string]error{
			"create": db.Create(&amount{Price: long}).Error,
			"batch":  db.Create([]amount{{Price: "1"}, {Price: long}}).Error,
			"map":    db.Model(&amount{}).Create(map[string]any{"price": long}).Error,
			"valuer": db.Create(&amount{Price: "1", Total: sql.NullString{String: long, Valid: true}}).Error,
			"update": db.Model(&amount{}).Where("1 = 1").Update("price", long).Error,
			"save":   db.Save(&amount{ID: 1, Price: long}).Error,
		} {
			require.ErrorContains(t, err, "amounts.", what)
			require.ErrorContains(t, err, long, what)
		}
		require.NoError(t, db.Create([]amount{{Price: "1.50", Note: long}, {Price: "0.1"}, {Price: "n/a"}}).Error)
		require.NoError(t, db.Model(&amount{}).Where("1 = 1").Update("price", gorm.Expr("price * 1")).Error)
	})
	// What a field is in Go does not matter: a map holds what it likes.
	each(t, func(t *testing.T, config *gorm.Config) {
		type loose struct {
			ID    uint
			F     float64 `gorm:"type:decimal(20,8)"`
			I     int64
			R     string `gorm:"type:double"`
			Any   any    `gorm:"type:numeric"`
			Plain any    `gorm:"type:text"`
			Check string `gorm:"type:decimal(20,8) CHECK (typeof(id) <> 'text')"`
			Named string `gorm:"type:real CONSTRAINT named CHECK (id > 0)"`
		}
		db := open(t, config, &loose{})
		for what, err := range map[string]error{
			"float":   db.Model(&loose{}).Create(map[string]any{"f": long}).Error,
			"integer": db.Model(&loose{}).Create(map[string]any{"i": "9223372036854775809"}).Error,
			"real":    db.Create(&loose{R: "9007199254740993"}).Error,
			"check":   db.Create(&loose{Check: "9007199254740993.5"}).Error,
			"named":   db.Create(&loose{Named: "9007199254740993"}).Error,
			"any":     db.Create(&loose{Any: long}).Error,
			"update":  db.Model(&loose{}).Where("1 = 1").Update("f", long).Error,
			"updates": db.Model(&loose{}).Where("1 = 1").Updates(map[string]any{"i": "1e400"}).Error,
		} {
			require.ErrorContains(t, err, "has more digits", what)
		}
		require.NoError(t, db.Create(&loose{F: 1.5, I: 7, R: "2.5", Any: 1, Plain: long}).Error)
		require.NoError(t, db.Model(&loose{}).Create(map[string]any{"f": "1.50", "i": "7", "any": []byte(long)}).Error)
	})
	db := openWith(t, libsql.New(libsql.Config{DSN: dbtest.DSN(t), AllowLossyNumeric: true}), nil, &amount{})
	require.NoError(t, db.Create(&amount{Price: long}).Error)
	// What the table says counts, not the model.
	db = open(t, nil)
	require.NoError(t, db.Exec("CREATE TABLE amounts(id INTEGER PRIMARY KEY, price TEXT, total, note)").Error)
	require.NoError(t, db.Create(&amount{Price: long}).Error)
	var got amount
	require.NoError(t, db.Take(&got).Error)
	require.Equal(t, long, got.Price)
}
