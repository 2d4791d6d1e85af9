package timetext_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

func TestAppend(t *testing.T) {
	cest := time.FixedZone("CEST", 2*60*60)
	tests := []struct {
		in   time.Time
		want string
	}{
		{time.Time{}, "0001-01-01 00:00:00+00:00"},
		{time.Unix(0, 0), "1970-01-01 00:00:00+00:00"},
		{time.Date(2024, 2, 29, 13, 4, 5, 0, time.UTC), "2024-02-29 13:04:05+00:00"},
		{time.Date(2024, 2, 29, 1, 4, 5, 0, cest), "2024-02-28 23:04:05+00:00"},
		{time.Date(2024, 1, 2, 3, 4, 5, 1, time.UTC), "2024-01-02 03:04:05.000000001+00:00"},
		{time.Date(2024, 1, 2, 3, 4, 5, 100_000_000, time.UTC), "2024-01-02 03:04:05.1+00:00"},
		{time.Date(2024, 1, 2, 3, 4, 5, 120_300_000, time.UTC), "2024-01-02 03:04:05.1203+00:00"},
		{time.Date(2024, 1, 2, 3, 4, 5, 999_999_999, time.UTC), "2024-01-02 03:04:05.999999999+00:00"},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), "0000-01-01 00:00:00+00:00"},
		{time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), "9999-12-31 23:59:59.999999999+00:00"},
		// Years that are in range in UTC only.
		{time.Date(10000, 1, 1, 1, 0, 0, 0, cest), "9999-12-31 23:00:00+00:00"},
		{time.Date(-1, 12, 31, 23, 0, 0, 0, time.FixedZone("", -60*60)), "0000-01-01 00:00:00+00:00"},
	}
	for _, tt := range tests {
		got, err := timetext.Append(nil, tt.in)
		if err != nil || string(got) != tt.want {
			t.Errorf("Append(%v) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestAppendOutOfRange(t *testing.T) {
	tests := []struct {
		in   time.Time
		year string
	}{
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "10000"},
		{time.Date(-1, 12, 31, 23, 59, 59, 999_999_999, time.UTC), "-1"},
		{time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -60*60)), "10000"},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 60*60)), "-1"},
		{time.Unix(1<<40, 0), "36812"},
		// Year wraps around here, so that the number says little; an error it must be.
		{time.Unix(math.MaxInt64, 0), ""},
		{time.Unix(math.MinInt64, 0), ""},
	}
	for _, tt := range tests {
		got, err := timetext.Append([]byte("before"), tt.in)
		if err == nil || !strings.Contains(err.Error(), "year "+tt.year) {
			t.Errorf("Append(%v): error %v, want one naming the year %s", tt.in, err, tt.year)
		}
		if string(got) != "before" {
			t.Errorf("Append(%v) with an error gave %q", tt.in, got)
		}
	}
}

func TestAppendAppends(t *testing.T) {
	got, err := timetext.Append([]byte("at "), time.Unix(0, 0))
	if want := "at 1970-01-01 00:00:00+00:00"; err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestAppendDropsMonotonicReading(t *testing.T) {
	now := time.Now()
	a, _ := timetext.Append(nil, now)
	b, _ := timetext.Append(nil, now.Round(0))
	if string(a) != string(b) {
		t.Errorf("%q with a monotonic reading, %q without", a, b)
	}
}
