package dialect_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/driver"
)

type strictModel struct {
	gorm.Model
	B     bool
	F     float64
	S     string  `gorm:"type:varchar(20) COLLATE NOCASE;not null;default:x"`
	D     string  `gorm:"type:decimal(20,8)"`
	Money float64 `gorm:"type:decimal(10,2)"`
	At    time.Time
	Null  sql.NullTime
	Data  []byte
	Any   string `gorm:"type:any"`
	JSON  strictJSON
	Long  strictJSON `gorm:"size:10;not null;default:'{}'"`
}

// strictJSON has a declared type of its own, as gorm.io/datatypes' types have.
type strictJSON string

func (strictJSON) GormDBDataType(*gorm.DB, *schema.Field) string { return "JSON" }

func TestStrictTables(t *testing.T) {
	db := open(t, nil)
	require.NoError(t, db.Set("gorm:table_options", " STRICT").AutoMigrate(&strictModel{}))
	var ddl string
	require.NoError(t, db.Raw("SELECT sql FROM sqlite_schema WHERE name = 'strict_models'").Scan(&ddl).Error)
	require.Contains(t, ddl, "STRICT")
	require.Contains(t, ddl, "`s` text COLLATE NOCASE NOT NULL DEFAULT \"x\"")
	require.Contains(t, ddl, "`created_at` text")
	require.Contains(t, ddl, "`json` text,`long` text NOT NULL DEFAULT \"{}\"")
	require.NoError(t, db.Set("gorm:table_options", " STRICT").AutoMigrate(&strictModel{}))
	require.NoError(t, db.AutoMigrate(&strictModel{}), "the table says itself that it is STRICT")

	at := time.Date(2024, 1, 2, 3, 4, 5, 6, time.UTC)
	in := strictModel{B: true, F: 1, S: "s", D: "12345678901234567.12345678", Money: 2.5, At: at, Null: sql.NullTime{Time: at, Valid: true},
		Data: []byte{0, 1}, Any: "a", JSON: `{"a":1}`, Long: "[]"}
	require.NoError(t, db.Create(&in).Error)
	var out strictModel
	require.NoError(t, db.First(&out).Error)
	require.True(t, out.At.Equal(at) && out.Null.Time.Equal(at) && out.CreatedAt.Equal(in.CreatedAt))
	require.Equal(t, in.D, out.D)
	require.Equal(t, in.JSON, out.JSON)
	require.Equal(t, in.Long, out.Long)
	require.Equal(t, in.Data, out.Data)
	require.True(t, out.B && out.F == 1 && out.Money == 2.5)
	require.ErrorIs(t, db.Exec("UPDATE strict_models SET f = 'no'").Error, driver.ErrConstraintDataType)
	require.NoError(t, db.Delete(&out).Error)
	require.ErrorIs(t, db.First(&strictModel{}).Error, gorm.ErrRecordNotFound)
	require.NoError(t, db.Unscoped().First(&out).Error)
	require.True(t, out.DeletedAt.Valid)
}
