package engine

import (
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
