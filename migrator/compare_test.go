package migrator

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDefaultsCompareByWhatTheyMeanInTheirColumn(t *testing.T) {
	for _, c := range []struct {
		a, b, declared string
		same           bool
	}{
		{"0xFF", "255", "INTEGER", true},
		{"-0xFF", "-255", "INTEGER", true},
		{"0xFFFFFFFFFFFFFFFF", "-1", "INTEGER", true},
		{"'0xFF'", "255", "INTEGER", false}, // a text it stays
		{"9007199254740993", "9007199254740992", "INTEGER", false},
		{"1e6", "1000000", "REAL", true},
		{"1.0", "1", "REAL", true},
		{"-  1", "-1", "INTEGER", true},
		{"+1", "1", "INTEGER", true},
		{"'007'", "'7'", "INTEGER", true},
		{"'007'", "'7'", "TEXT", false},
		{"'007'", "7", "TEXT", false},
		{"\"7\"", "7", "TEXT", true},
		{"'0.50'", "0.5", "decimal(10,2)", true},
		{"'inf'", "'Infinity'", "REAL", false},
		{"'nan'", "'NaN'", "", false},
		{"'1_000'", "1000", "INTEGER", false},
		{"true", "1", "BOOLEAN", true},
		{"'true'", "true", "TEXT", false},
		{"(CURRENT_DATE)", "current_date", "DATE", true},
		{"'CURRENT_DATE'", "CURRENT_DATE", "DATE", false},
		{"'current_date'", "CURRENT_DATE", "DATE", false},
		{"'x'", "x", "TEXT", true},
		{"'1 + 1'", "(1 + 1)", "TEXT", false},
	} {
		require.Equal(t, c.same, sameDefault(c.a, c.b, c.declared), "%s and %s in %q", c.a, c.b, c.declared)
		require.Equal(t, c.same, sameDefault(c.b, c.a, c.declared), "%s and %s in %q", c.b, c.a, c.declared)
	}
}
