package models

import (
	"database/sql/driver"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// Custom has fields of types that say themselves how they are declared, as
// those of gorm.io/datatypes and of programs do.
type Custom struct {
	ID     uint
	Path   Path
	Paths  *Path `gorm:"not null"`
	Sized  Path  `gorm:"type:varchar(9)"`
	JSON   JSON  `gorm:"not null;default:'{}'"`
	JSONs  *JSON `gorm:"index"`
	Day    Day
	Clock  Clock `gorm:"default:0"`
	UUID   UUID  `gorm:"unique"`
	Money  Money `gorm:"check:money_,money <> '-'"`
	Plain  Plain
	Status Status `gorm:"default:open"`
	Level  Level  `gorm:"default:-2"`
	Flag   Flag   `gorm:"default:true"`
	Blob   Blob
	When   When
}

// Path names its own data type.
type Path []string

// GormDataType is the declared type.
func (Path) GormDataType() string { return "varchar(255)" }

// JSON has a declared type for each database.
type JSON []byte

// GormDataType is what GORM takes it for.
func (JSON) GormDataType() string { return "json" }

// GormDBDataType is the declared type.
func (JSON) GormDBDataType(db *gorm.DB, _ *schema.Field) string {
	if db.Name() == "sqlite" {
		return "JSON"
	}
	return ""
}

// Day is a date.
type Day time.Time

// GormDataType is the declared type.
func (Day) GormDataType() string { return "date" }

// Clock is a time of the day.
type Clock time.Duration

// GormDataType is the declared type.
func (Clock) GormDataType() string { return "time" }

// GormDBDataType is none of the database's own.
func (Clock) GormDBDataType(*gorm.DB, *schema.Field) string { return "" }

// UUID is stored as a text.
type UUID [16]byte

// GormDataType is GORM's own word.
func (UUID) GormDataType() string { return "string" }

// Money is a number of two parts.
type Money struct{ Units, Cents int64 }

// GormDBDataType is the declared type.
func (Money) GormDBDataType(*gorm.DB, *schema.Field) string { return "decimal(12,2)" }

// Value is how it is stored.
func (m Money) Value() (driver.Value, error) { return fmt.Sprintf("%d.%02d", m.Units, m.Cents), nil }

// Scan reads it.
func (m *Money) Scan(v any) error {
	_, err := fmt.Sscanf(fmt.Sprint(v), "%d.%d", &m.Units, &m.Cents)
	return err
}

// Plain says nothing but what it is stored as.
type Plain struct{ S string }

// Value is how it is stored.
func (p Plain) Value() (driver.Value, error) { return p.S, nil }

// Scan reads it.
func (p *Plain) Scan(v any) error {
	p.S, _ = v.(string)
	return nil
}

// Types that are others.
type (
	Status string
	Level  int8
	Flag   bool
	Blob   []byte
	When   time.Time
)

// GormDataType is GORM's own word.
func (When) GormDataType() string { return string(schema.Time) }
