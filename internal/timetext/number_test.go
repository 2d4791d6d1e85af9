package timetext_test

import (
	"math"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

// text is t in RFC 3339, or "" for what is no time.
func text(t time.Time, ok bool) string {
	if !ok {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func TestFromInt(t *testing.T) {
	tests := []struct {
		in   int64
		want string
	}{
		{0, "1970-01-01T00:00:00Z"},
		{-1, "1969-12-31T23:59:59Z"},
		{1704164645, "2024-01-02T03:04:05Z"},
		{1704164645678, "2024-01-02T03:04:05.678Z"},
		{-62167219200, "0000-01-01T00:00:00Z"},
		{-62167219201, ""},
		{253402300799, "9999-12-31T23:59:59Z"},
		{253402300800, ""},
		{1e12, ""}, // still seconds
		{-1e12, ""},
		{1e12 + 1, "2001-09-09T01:46:40.001Z"},
		{-1e12 - 1, "1938-04-24T22:13:19.999Z"},
		{253402300799999, "9999-12-31T23:59:59.999Z"},
		{253402300800000, ""},
		{-62167219200000, "0000-01-01T00:00:00Z"},
		{-62167219200001, ""},
		{math.MaxInt64, ""},
		{math.MinInt64, ""},
	}
	for _, tt := range tests {
		got, ok := timetext.FromInt(tt.in)
		if text(got, ok) != tt.want {
			t.Errorf("FromInt(%d) = %v, %t; want %q", tt.in, got, ok, tt.want)
		}
		if ok && got.Location() != time.UTC {
			t.Errorf("FromInt(%d) is in %v", tt.in, got.Location())
		}
	}
}

func TestFromFloat(t *testing.T) {
	tests := []struct {
		in   float64
		want string
	}{
		// Julian days, from SQLite's julianday().
		{0, ""},
		{math.Copysign(0, -1), ""},
		{math.Nextafter(1721059.4, 0), ""}, // the year before 0
		{1721059.5, "0000-01-01T00:00:00Z"},
		{2440587.5, "1970-01-01T00:00:00Z"},
		{2460311.62783565, "2024-01-02T03:04:05Z"},
		{2460311.627843495, "2024-01-02T03:04:05.678Z"},
		{5373484.49999999, "9999-12-31T23:59:59.999Z"},
		{math.Nextafter(5373484.5, 0), ""}, // rounds up into the year 10000
		// Unix time.
		{5373484.5, "1970-03-04T04:38:04.5Z"},
		{-1, "1969-12-31T23:59:59Z"},
		{-0.25, "1969-12-31T23:59:59.75Z"},
		{1704164645.678, "2024-01-02T03:04:05.678Z"},
		{1704164645.123456, "2024-01-02T03:04:05.123456Z"},
		{1704164645.999999, "2024-01-02T03:04:05.999999Z"},
		{math.Nextafter(1704164646, 0), "2024-01-02T03:04:06Z"},
		{-1704164645.123456, "1915-12-31T20:55:54.876544Z"},
		{4102444800.000001, "2100-01-01T00:00:00.000001Z"},
		{-8000000000.654321, "1716-06-28T09:46:39.345679Z"},
		{10413792000.123, "2300-01-01T00:00:00.123Z"},
		{-62167219199.75, "0000-01-01T00:00:00.25Z"},
		{-210866760000, ""},
		{math.Nextafter(-210866760000, math.Inf(-1)), ""},
		{253402300799, "9999-12-31T23:59:59Z"},
		{253402300798.999, "9999-12-31T23:59:58.999Z"},
		{math.Nextafter(253402300799, math.Inf(1)), ""},
		{1704164645678, ""}, // SQLite has no milliseconds
		{math.NaN(), ""},
		{math.Inf(1), ""},
		{math.Inf(-1), ""},
		{math.MaxFloat64, ""},
		{math.SmallestNonzeroFloat64, ""},
		{-math.SmallestNonzeroFloat64, "1970-01-01T00:00:00Z"},
	}
	for _, tt := range tests {
		got, ok := timetext.FromFloat(tt.in)
		if text(got, ok) != tt.want {
			t.Errorf("FromFloat(%v) = %q, %t; want %q", tt.in, text(got, ok), ok, tt.want)
		}
		if ok && got.Location() != time.UTC {
			t.Errorf("FromFloat(%v) is in %v", tt.in, got.Location())
		}
	}
}
