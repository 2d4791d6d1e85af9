package models

import (
	"database/sql"
	"encoding/json"
	"time"

	"gorm.io/gorm"
)

// All lists the models that every dialect has a table for.
func All() []any {
	return []any{
		&Default{}, &Hard{}, &Type{}, &Unique{}, &Index{}, &Check{}, &Kind{}, &Null{}, &Stored{}, &Custom{},
		&TextKey{}, &PairKey{}, &TripleKey{}, &PlainNumber{}, &BigNumber{}, &NamedKey{}, &StartNumber{}, &NoKey{}, &AutoKey{}, &OddNames{},
		&Owner{}, &Thing{}, &Label{}, &Remark{}, &Profile{}, &Employee{}, &Ring{}, &Finger{}, &Link{},
	}
}

// Default has a default of each sort.
type Default struct {
	ID        uint
	Seconds   int     `gorm:"default:(strftime('%s','now'))"`
	Token     string  `gorm:"default:(lower(hex(randomblob(16))))"`
	Nested    int     `gorm:"default:((1 + 2) * 3)"`
	Its       string  `gorm:"default:it's"`
	Quoted    string  `gorm:"default:'it''s (so)'"`
	Hello     string  `gorm:"default:hello world"`
	Odd       string  `gorm:"default:'a, (b)'"`
	Comma     string  `gorm:"default:a\\, b"`
	Dashes    string  `gorm:"default:-- no comment"`
	Backslash string  `gorm:"default:C:\\\\x"`
	Empty     string  `gorm:"size:100;not null;default:''"`
	After     string  `gorm:"size:100"`
	Number    string  `gorm:"default:007"`
	True      string  `gorm:"default:true"`
	Word      string  `gorm:"default:CURRENT_USER"`
	Umlaut    string  `gorm:"default:größer als 用户"`
	Minus     int     `gorm:"default:-1"`
	Plus      int     `gorm:"default:+1"`
	Zero      int     `gorm:"default:0"`
	Large     int64   `gorm:"default:9223372036854775807"`
	Unsigned  uint64  `gorm:"default:9007199254740993"`
	Half      float64 `gorm:"default:1.5"`
	Whole     float64 `gorm:"default:1.0"`
	Float     float32 `gorm:"default:-0.25"`
	Yes       bool    `gorm:"default:true"`
	No        bool    `gorm:"default:false"`
	One       bool    `gorm:"default:1"`
	NotNull   bool    `gorm:"not null;default:false"`
	Null      *string `gorm:"default:null"`
	NullInt   *int    `gorm:"default:NULL"`
	Bytes     []byte  `gorm:"default:x'00ff'"`
	// A default that the database alone knows.
	Database string    `gorm:"default:(-)"`
	At       time.Time `gorm:"default:CURRENT_TIMESTAMP"`
	Lower    time.Time `gorm:"default:current_timestamp"`
	Stamped  time.Time `gorm:"not null;default:CURRENT_TIMESTAMP"`
	Day      time.Time `gorm:"type:date;default:CURRENT_DATE"`
	Fixed    time.Time `gorm:"default:'2020-01-02 03:04:05'"`
}

// Hard has what old versions do not write as it is said.
type Hard struct {
	Hour string `gorm:"type:time"`
	ID   uint
	Tiny float64 `gorm:"default:1e-10"`
	Said string  `gorm:"default:say \"hi\""`
	JSON string  `gorm:"type:json;not null;default:'{\"a\":[1,2]}'"`
}

// Type has a declared type of each sort.
type Type struct {
	ID       uint
	Price    string  `gorm:"type:decimal(10,2)"`
	Spaced   string  `gorm:"type:decimal(10, 2)"`
	Small    string  `gorm:"type:numeric(3,1)"`
	Big      uint64  `gorm:"type:bigint unsigned"`
	Double   float64 `gorm:"type:double precision"`
	Varying  string  `gorm:"type:character varying(20)"`
	Varchar  string  `gorm:"type:varchar(20);not null"`
	Upper    string  `gorm:"type:VARCHAR(20)"`
	Native   string  `gorm:"type:native character(70)"`
	Char     string  `gorm:"type:char(2);default:de"`
	NoCase   string  `gorm:"type:text COLLATE NOCASE"`
	LowCase  string  `gorm:"type:text collate rtrim;not null;default:x"`
	Clob     string  `gorm:"type:clob"`
	UUID     string  `gorm:"type:uuid;index"`
	JSONB    string  `gorm:"type:jsonb"`
	Enum     string  `gorm:"type:enum"`
	Bool     bool    `gorm:"type:boolean;not null;default:0"`
	TinyBool bool    `gorm:"type:tinyint(1)"`
	Bit      []byte  `gorm:"type:bit(8)"`
	Date     time.Time
	Day      time.Time `gorm:"type:date"`
	Stamp    time.Time `gorm:"type:timestamp"`
	StampTZ  time.Time `gorm:"type:timestamp with time zone"`
	Timetz   time.Time `gorm:"type:datetime(6);precision:6"`
	Vector   []byte    `gorm:"type:F32_BLOB(3)"`
	Vector64 []byte    `gorm:"type:F64_BLOB(3)"`
	Any      string    `gorm:"type:any"`
	Comment  string    `gorm:"type:varchar(9);comment:why, oh 'why' (here)"`
}

// Unique has what is unique alone and together.
type Unique struct {
	ID       uint
	Plain    string  `gorm:"unique"`
	Sized    *string `gorm:"unique;size:200;not null;default:x"`
	Indexed  string  `gorm:"uniqueIndex"`
	Both     string  `gorm:"unique;uniqueIndex:idx_really"`
	A        string  `gorm:"uniqueIndex:idx_both,priority:2"`
	B        string  `gorm:"uniqueIndex:idx_both,priority:1"`
	C        string  `gorm:"index:idx_class,class:UNIQUE"`
	Checksum string  `gorm:"unique"`
	Deleted  gorm.DeletedAt
	Live     string `gorm:"uniqueIndex:idx_live,where:deleted IS NULL"`
	// Words of SQL as names.
	Constraints string `gorm:"unique"`
	UniqueCode  string `gorm:"column:unique;unique"`
	Primary     string `gorm:"uniqueIndex"`
}

// Index has an index of each sort.
type Index struct {
	ID         uint
	Where      string `gorm:"index:,where:length(where_) > 0;column:where_"`
	Expression string `gorm:"index:,expression:lower(expression)"`
	Collated   string `gorm:"index:,collate:nocase,sort:desc"`
	Descending int    `gorm:"index:,sort:desc"`
	Twice      int    `gorm:"index;index:idx_other"`
	First      int    `gorm:"index:idx_three,priority:1"`
	Second     int    `gorm:"index:idx_three,priority:2,sort:desc"`
	Third      string `gorm:"index:idx_three,priority:3,collate:nocase"`
	Comment    string `gorm:"index:,comment:the best, (really)"`
	Named      string `gorm:"index:my index"`
	Quoted     string `gorm:"index:,where:quoted <> 'it''s' AND quoted IN ('a'\\,'b')"`
	Created    int64  `gorm:"index;autoCreateTime"`
}

// Check has checks with and without names.
type Check struct {
	ID      uint
	Checked int    `gorm:"check:checked > 0"`
	Named   int    `gorm:"check:is_named,named <> 7"`
	Text    string `gorm:"check:text_,text <> 'it''s' AND text NOT LIKE '%(%';not null;default:x"`
	One     string `gorm:"check:one_of,one IN ('a', 'b')"`
	Two     int    `gorm:"check:sum_,two + named < 100"`
	Name    string `gorm:"check:name <> 'jinzhu'"`
}

// Kind has a field of each kind that GORM has a data type for.
type Kind struct {
	gorm.Model
	Bool    bool
	Int     int
	Int8    int8
	Int16   int16
	Int32   int32
	Int64   int64
	Uint    uint
	Uint8   uint8
	Uint16  uint16
	Uint32  uint32
	Uint64  uint64
	Float32 float32
	Float64 float64
	Text    string
	Sized   string `gorm:"size:20"`
	Long    string `gorm:"size:70000"`
	Bytes   []byte
	SizedB  []byte  `gorm:"size:20"`
	Array   [4]byte `gorm:"type:blob"`
	Precise float64 `gorm:"precision:10;scale:2"`
	Sizes   int     `gorm:"size:8"`
	Float   float64 `gorm:"size:32"`
	Time    time.Time
	Second  time.Time `gorm:"precision:0"`
	Milli   time.Time `gorm:"precision:3;not null"`
	Unix    int64     `gorm:"autoCreateTime"`
	MilliI  int64     `gorm:"autoUpdateTime:milli"`
	Nano    uint64    `gorm:"autoCreateTime:nano"`
	Nanos   time.Duration
	Count   int `gorm:"autoIncrementIncrement:10"`
	Raw     json.RawMessage
	Field   string `gorm:"column:other;not null;comment:a column"`
}

// Null has the types that can be NULL.
type Null struct {
	ID      int64
	Time    *time.Time
	String  *string
	Int     *int
	Uint8   *uint8
	Bool    *bool
	Float   *float32
	Bytes   *[]byte
	NullS   sql.NullString `gorm:"size:30"`
	NullI   sql.NullInt64
	NullI32 sql.NullInt32
	NullI16 sql.NullInt16
	NullU   sql.NullByte
	NullF   sql.NullFloat64
	NullB   sql.NullBool `gorm:"default:true"`
	NullT   sql.NullTime `gorm:"index"`
	NullX   sql.Null[int16]
	NullY   sql.Null[string]
	Deleted gorm.DeletedAt `gorm:"index"`
}

// Stored has fields that serializers store, embedded ones and permissions.
type Stored struct {
	ID       uint
	JSON     map[string]any `gorm:"serializer:json"`
	List     []string       `gorm:"serializer:json;not null;default:'[]'"`
	Struct   Point          `gorm:"serializer:json;type:text"`
	Gob      Point          `gorm:"serializer:gob"`
	UnixTime int64          `gorm:"serializer:unixtime;type:datetime"`
	Inner    Inner          `gorm:"embedded"`
	Outer    *Inner         `gorm:"embedded;embeddedPrefix:outer_"`
	Inner2   struct {
		Deep Point `gorm:"embedded;embeddedPrefix:deep_"`
	} `gorm:"embedded;embeddedPrefix:in_"`
	Ignored string `gorm:"-"`
	Gone    string `gorm:"-:all"`
	WriteMe string `gorm:"<-:create"`
	Update  string `gorm:"<-:update;not null"`
	ReadMe  string `gorm:"->"`
	Hidden  string `gorm:"->:false;<-:create"`
}

// Inner is embedded.
type Inner struct {
	Street string
	City   string `gorm:"default:Bern;index"`
}

// Point is stored in one column or in two.
type Point struct{ X, Y int }

// TextKey has a text as its key.
type TextKey struct {
	Key   string `gorm:"primaryKey;size:20"`
	Value string
}

// PairKey has two columns as its key.
type PairKey struct {
	Org  uint   `gorm:"primaryKey;autoIncrement:false"`
	Name string `gorm:"primaryKey"`
}

// TripleKey has three, and another order of fields.
type TripleKey struct {
	Note string
	C    time.Time `gorm:"primaryKey"`
	A    string    `gorm:"primaryKey;type:varchar(3);default:x"`
	B    int       `gorm:"primaryKey;autoIncrement:false;not null"`
}

// PlainNumber has a number that nobody counts up.
type PlainNumber struct {
	ID uint `gorm:"primaryKey;autoIncrement:false"`
}

// BigNumber has a key whose type is no rowid.
type BigNumber struct {
	ID int64 `gorm:"primaryKey;type:bigint;autoIncrement:false"`
}

// NamedKey has a key of another name.
type NamedKey struct {
	Number int32 `gorm:"column:no;primaryKey;autoIncrement"`
	Text   string
}

// StartNumber has tags of other databases.
type StartNumber struct {
	ID   uint   `gorm:"primarykey;autoIncrement;not null;comment:first"`
	Text string `gorm:"not null;index"`
}

// NoKey has no key.
type NoKey struct{ Name string }

// AutoKey has a composite key that is counted up, too.
type AutoKey struct {
	A int    `gorm:"primaryKey;autoIncrement"`
	B string `gorm:"primaryKey"`
}

// OddNames has names that need quotes.
type OddNames struct {
	ID     uint
	Order  string `gorm:"column:order"`
	Dash   string `gorm:"column:first-name;index"`
	Space  string `gorm:"column:a b;not null;default:x"`
	Dot    int    `gorm:"column:naïve;check:nai,naïve > 0"`
	Upper  string `gorm:"column:UPPER;uniqueIndex"`
	Camel  string `gorm:"column:camelCase;unique"`
	Number string `gorm:"column:1st"`
}

// TableName has a dash and a word of SQL.
func (OddNames) TableName() string { return "order-group" }
