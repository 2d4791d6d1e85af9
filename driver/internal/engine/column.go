package engine

import (
	"database/sql/driver"
	"math"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

// Column is a column of a result.
type Column struct {
	Name     string
	DeclType string // as declared, "" for an expression
	Kind     Kind
}

// Kind is how the values of a column become Go values.
type Kind uint8

// The kinds: only the declared type makes a column a time or a bool.
const (
	Plain Kind = iota
	Bool
	Time
)

// NewColumn decides once for a column what its values become.
func NewColumn(name, declType string) Column {
	return Column{Name: name, DeclType: declType, Kind: kindOf(declType)}
}

func kindOf(declType string) Kind {
	switch BaseType(declType) {
	case "BOOL", "BOOLEAN":
		return Bool
	case "DATE", "DATETIME", "TIMESTAMP", "TIMESTAMPTZ", "DATETIMETZ",
		"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITHOUT TIME ZONE":
		return Time
	}
	return Plain
}

// BaseType is the declared type in upper case without "(n)" or "(n,m)".
func BaseType(declType string) string {
	if i := strings.IndexByte(declType, '('); i >= 0 {
		rest := ""
		if j := strings.IndexByte(declType[i:], ')'); j >= 0 {
			rest = declType[i+j+1:]
		}
		declType = strings.TrimSpace(declType[:i]) + rest
	}
	return strings.ToUpper(strings.TrimSpace(declType))
}

// Convert gives a value of a bool or time column its Go type.
func (c Column) Convert(v driver.Value, loc *time.Location) driver.Value {
	switch c.Kind {
	case Bool:
		if n, ok := v.(int64); ok && (n == 0 || n == 1) {
			return n == 1
		}
	case Time:
		if t, ok := ToTime(v, loc); ok {
			return t
		}
	}
	return v
}

// ToTime reads a value of a time column; false leaves it what it is.
func ToTime(v driver.Value, loc *time.Location) (time.Time, bool) {
	switch v := v.(type) {
	case int64:
		return TimeFromInt(v, loc)
	case float64:
		if !math.IsNaN(v) {
			return TimeFromFloat(v, loc)
		}
	case string:
		return TimeFromText(v, loc)
	}
	return time.Time{}, false
}

// TimeFromText reads the text of a time column; false leaves it a text.
func TimeFromText(s string, loc *time.Location) (time.Time, bool) {
	t, ok := timetext.Parse(s)
	return in(t, loc), ok
}

// TimeFromInt reads an integer of a time column; false leaves it an integer.
func TimeFromInt(v int64, loc *time.Location) (time.Time, bool) {
	t, ok := timetext.FromInt(v)
	return in(t, loc), ok
}

// TimeFromFloat reads a real of a time column; false leaves it a real.
func TimeFromFloat(v float64, loc *time.Location) (time.Time, bool) {
	t, ok := timetext.FromFloat(v)
	return in(t, loc), ok
}

func in(t time.Time, loc *time.Location) time.Time {
	if loc == nil {
		return t
	}
	return t.In(loc)
}
