package migrations_test

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
)

// tags has the cases 54 to 58: what must not be migrated a second time.
type tags struct {
	ID         int
	Seconds    int       `gorm:"default:(strftime('%s','now'))"`
	Token      string    `gorm:"default:(lower(hex(randomblob(16))))"`
	Its        string    `gorm:"default:it's"`
	JSON       string    `gorm:"type:json;not null;default:'{\"a\":[1,2]}'"`
	Price      string    `gorm:"type:decimal(10,2)"`
	Small      string    `gorm:"type:numeric(3,1)"`
	Hello      string    `gorm:"default:hello world"`
	Odd        string    `gorm:"default:'a, (b)'"`
	Empty      string    `gorm:"size:100;not null;default:''"`
	Minus      int       `gorm:"default:-1"`
	Half       float64   `gorm:"default:1.5"`
	Yes        bool      `gorm:"default:true"`
	No         bool      `gorm:"default:false"`
	Null       *string   `gorm:"default:null"`
	At         time.Time `gorm:"default:CURRENT_TIMESTAMP"`
	Stamped    time.Time `gorm:"not null;default:CURRENT_TIMESTAMP"`
	Big        uint64    `gorm:"type:bigint unsigned"`
	Double     float64   `gorm:"type:double precision"`
	Varying    string    `gorm:"type:character varying(20)"`
	NoCase     string    `gorm:"type:text COLLATE NOCASE"`
	Unique     string    `gorm:"unique"`
	Indexed    string    `gorm:"uniqueIndex"`
	A          string    `gorm:"uniqueIndex:both,priority:2"`
	B          string    `gorm:"uniqueIndex:both,priority:1"`
	Where      string    `gorm:"index:,where:length(where_) > 0;column:where_"`
	Expression string    `gorm:"index:,expression:lower(expression)"`
	Collated   string    `gorm:"index:,collate:nocase,sort:desc"`
	Checked    int       `gorm:"check:checked > 0"`
	Named      int       `gorm:"check:is_named,named <> 7"`
	Vector     []byte    `gorm:"type:F32_BLOB(3)"`
	Comment    string    `gorm:"comment:why, oh why"`
	Sum        int       `gorm:"->;generated:checked + named"`
	ParentID   *int
	Parent     *tags  `gorm:"constraint:OnUpdate:CASCADE,OnDelete:SET NULL"`
	Friends    []tags `gorm:"many2many:tag_friends"`
}

type inner struct {
	Street string
	City   string `gorm:"default:Bern"`
}

type point struct{ X, Y int }

// kinds has a field of each type that GORM knows.
type kinds struct {
	gorm.Model
	Bool     bool
	Int      int
	Int8     int8
	Int16    int16
	Int32    int32
	Int64    int64
	Uint     uint
	Uint8    uint8
	Uint16   uint16
	Uint32   uint32
	Uint64   uint64
	Float32  float32
	Float64  float64
	Text     string
	Sized    string `gorm:"size:20"`
	Bytes    []byte
	SizedB   []byte  `gorm:"size:20"`
	Precise  float64 `gorm:"precision:10;scale:2"`
	Sizes    int     `gorm:"size:8"`
	Time     time.Time
	TimeP    *time.Time
	Second   time.Time `gorm:"precision:0"`
	Unix     int64     `gorm:"autoCreateTime"`
	Milli    int64     `gorm:"autoUpdateTime:milli"`
	String   *string
	IntP     *int
	BoolP    *bool
	NullS    sql.NullString
	NullI    sql.NullInt64
	NullF    sql.NullFloat64
	NullB    sql.NullBool
	NullT    sql.NullTime
	Null     sql.Null[int16]
	Raw      json.RawMessage
	JSON     map[string]any `gorm:"serializer:json"`
	Gob      point          `gorm:"serializer:gob"`
	UnixTime int64          `gorm:"serializer:unixtime;type:datetime"`
	Inner    inner          `gorm:"embedded"`
	Outer    *inner         `gorm:"embedded;embeddedPrefix:outer_"`
	Ignored  string         `gorm:"-"`
	Unseen   string         `gorm:"-:migration"`
	WriteMe  string         `gorm:"<-:create"`
	ReadMe   string         `gorm:"->"`
}

type textKey struct {
	Key   string `gorm:"primaryKey;size:20"`
	Value string
}

type pairKey struct {
	Org  uint   `gorm:"primaryKey;autoIncrement:false"`
	Name string `gorm:"primaryKey"`
}

type plainNumber struct {
	ID uint `gorm:"primaryKey;autoIncrement:false"`
}

type noKey struct{ Name string }

var everything = []any{&tags{}, &kinds{}, &textKey{}, &pairKey{}, &autoKey{}, &plainNumber{}, &noKey{}}

// The second AutoMigrate of unchanged models writes nothing and takes no lock:
// it is done while another connection holds the write lock.
func TestTheSecondTimeNothingIsDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db := openFile(t, path)
	require.NoError(t, db.AutoMigrate(everything...))
	requireNothingToDo(t, db, path, everything...)
}

func requireNothingToDo(t *testing.T, db *gorm.DB, path string, models ...any) {
	t.Helper()
	plan, err := libsql.Plan(db, models...)
	require.NoError(t, err)
	require.True(t, plan.Empty(), plan)
	other := openFile(t, path+"?_busy_timeout=0")
	require.NoError(t, other.Connection(func(conn *gorm.DB) error {
		var version, again, data, dataAgain int
		require.NoError(t, conn.Raw("PRAGMA schema_version").Scan(&version).Error)
		require.NoError(t, conn.Raw("PRAGMA data_version").Scan(&data).Error)
		require.NoError(t, conn.Exec("BEGIN IMMEDIATE").Error)
		require.NoError(t, db.AutoMigrate(models...))
		require.NoError(t, conn.Exec("ROLLBACK").Error)
		require.NoError(t, conn.Raw("PRAGMA schema_version").Scan(&again).Error)
		require.NoError(t, conn.Raw("PRAGMA data_version").Scan(&dataAgain).Error)
		require.Equal(t, version, again)
		require.Equal(t, data, dataAgain)
		return nil
	}))
}
