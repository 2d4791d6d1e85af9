package kit

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/utils/tests"
)

// Models lists one of each, for AutoMigrate, and those that GORM tests its
// dialects with.
func Models() []any {
	return append(GORM(), &Kind{}, &Default{}, &Author{}, &Book{}, &Topic{}, &Note{}, &Cell{}, &Token{}, &Event{})
}

// GORM lists the models of GORM's own tests.
func GORM() []any {
	return []any{
		&tests.User{}, &tests.Account{}, &tests.Pet{}, &tests.Company{}, &tests.Toy{}, &tests.Tools{},
		&tests.Language{}, &tests.Coupon{}, &tests.CouponProduct{}, &tests.Order{}, &tests.Parent{}, &tests.Child{},
	}
}

// Restless lists the models that gorm.io/driver/sqlite does not recognise in
// the files that it made itself: each of its AutoMigrates rebuilds their
// tables.
func Restless() []any { return []any{&Price{}} }

// All lists all models.
func All() []any { return append(Models(), Restless()...) }

// Price is one of the [Restless].
type Price struct {
	ID       uint
	Amount   float64 `gorm:"type:decimal(10,2)"`
	Currency string  `gorm:"default:(lower('EUR'));not null"`
}

// Kind has a field of each kind that GORM has a data type for.
type Kind struct {
	ID        uint64
	Bool      bool
	Int       int
	Int8      int8
	Int16     int16
	Int32     int32
	Int64     int64
	Uint      uint
	Uint8     uint8
	Uint16    uint16
	Uint32    uint32
	Float32   float32
	Float64   float64
	String    string
	Sized     string `gorm:"size:64"`
	Varchar   string `gorm:"type:varchar(32)"`
	Char      string `gorm:"type:char(2)"`
	Collated  string `gorm:"type:text collate nocase"`
	Bytes     []byte
	SizedBlob []byte  `gorm:"size:1000"`
	Decimal   float64 `gorm:"type:decimal"`
	Precise   float64 `gorm:"precision:8;scale:3"`
	Double    float64 `gorm:"type:double precision"`
	BigInt    int64   `gorm:"type:bigint"`
	TinyInt   int8    `gorm:"type:tinyint"`
	RealBool  bool    `gorm:"type:boolean"`
	Time      time.Time
	TimePtr   *time.Time
	Date      time.Time  `gorm:"type:date"`
	Timestamp *time.Time `gorm:"type:timestamp"`
	Millis    time.Time  `gorm:"precision:3"`
	IntPtr    *int
	StringPtr *string
	BoolPtr   *bool
	NullStr   sql.NullString
	NullInt   sql.NullInt64
	NullFloat sql.NullFloat64
	NullBool  sql.NullBool
	NullTime  sql.NullTime
	JSON      map[string]any `gorm:"serializer:json"`
	Gob       []string       `gorm:"serializer:gob"`
	Unix      int64          `gorm:"serializer:unixtime;type:datetime"`
	Path      Path
	Nested    Nested `gorm:"embedded;embeddedPrefix:nested_"`
	Ignored   string `gorm:"-"`
	ReadOnly  string `gorm:"->"`
}

// Nested is embedded with a prefix.
type Nested struct {
	X, Y  float64
	Label string `gorm:"size:20;default:none"`
}

// Path stores a list as one text, with a data type of its own.
type Path []string

// GormDataType is the declared type of the column.
func (Path) GormDataType() string { return "varchar(255)" }

// Value joins the parts.
func (p Path) Value() (driver.Value, error) { return strings.Join(p, "/"), nil }

// Scan splits the text.
func (p *Path) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*p = nil
	case string:
		*p = strings.Split(v, "/")
	case []byte:
		*p = strings.Split(string(v), "/")
	default:
		return fmt.Errorf("kit: %T is no path", v)
	}
	return nil
}

// Default has a default of each kind.
type Default struct {
	ID      uint
	Name    string    `gorm:"default:anonymous"`
	Quote   string    `gorm:"default:'it''s, (so) \"said\"'"`
	Empty   string    `gorm:"default:''"`
	Count   int       `gorm:"default:42"`
	Below   int       `gorm:"default:-1"`
	Ratio   float64   `gorm:"default:0.5"`
	Yes     bool      `gorm:"default:true"`
	No      bool      `gorm:"default:false"`
	Null    *string   `gorm:"default:null"`
	Made    time.Time `gorm:"default:CURRENT_TIMESTAMP"`
	Comment string    `gorm:"comment:what it's for;not null;default:x"`
}

// Author has books, notes and a mentor.
type Author struct {
	gorm.Model
	Name     string `gorm:"size:100;not null;uniqueIndex:,sort:desc,collate:nocase"`
	Email    string `gorm:"unique;size:200"`
	Age      int    `gorm:"check:age_positive,age >= 0;index:idx_authors_age_active,where:active = 1"`
	Active   bool   `gorm:"index:idx_authors_age_active"`
	MentorID *uint
	Mentor   *Author
	Books    []Book  `gorm:"constraint:OnUpdate:CASCADE,OnDelete:SET NULL"`
	Topics   []Topic `gorm:"many2many:author_topics"`
	Notes    []Note  `gorm:"polymorphic:Owner"`
}

// Book belongs to an author.
type Book struct {
	ID        string `gorm:"primaryKey;size:13"`
	Title     string `gorm:"index:,expression:lower(title)"`
	Price     int    `gorm:"check:price > 0"`
	AuthorID  *uint  `gorm:"index:idx_books_author_year,priority:1"`
	Year      int    `gorm:"index:idx_books_author_year,priority:2,sort:desc"`
	Notes     []Note `gorm:"polymorphic:Owner"`
	CreatedAt time.Time
}

// Topic is shared by authors.
type Topic struct {
	ID   uint
	Name string `gorm:"uniqueIndex"`
}

// Note is owned by an author or a book.
type Note struct {
	ID        uint
	Text      string
	OwnerID   string `gorm:"index:idx_notes_owner"`
	OwnerType string `gorm:"index:idx_notes_owner"`
}

// Cell has a composite key.
type Cell struct {
	Sheet string `gorm:"primaryKey;size:20"`
	Row   int    `gorm:"primaryKey;autoIncrement:false"`
	Col   int    `gorm:"primaryKey;autoIncrement:false"`
	Value *float64
}

// Token has a name that must be quoted, as have its columns.
type Token struct {
	ID    int64  `gorm:"column:token id;primaryKey"`
	Order string `gorm:"column:order"`
	Group string `gorm:"column:group-by;uniqueIndex:uniq token"`
	Dot   string `gorm:"column:naïve"`
}

// TableName needs quotes. One with a space is not for gorm.io/driver/sqlite.
func (Token) TableName() string { return "my-tökens" }

// Event keeps its times as numbers.
type Event struct {
	ID        uint
	CreatedAt int64  `gorm:"autoCreateTime:nano"`
	UpdatedAt int64  `gorm:"autoUpdateTime"`
	Seen      uint32 `gorm:"autoCreateTime:milli;type:bigint"`
	DeletedAt gorm.DeletedAt
}
