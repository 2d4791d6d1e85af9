package timetext_test

import (
	"bytes"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

// inRange makes any time that Append writes out of any numbers.
func inRange(second, nanosecond int64, offset int32) time.Time {
	const first, count = -62167219200, 253402300800 + 62167219200
	second, nanosecond = second%count, nanosecond%1e9
	if second < 0 {
		second += count
	}
	if nanosecond < 0 {
		nanosecond += 1e9
	}
	return time.Unix(first+second, nanosecond).In(time.FixedZone("", int(offset)))
}

func mustAppend(t *testing.T, at time.Time) []byte {
	t.Helper()
	b, err := timetext.Append(nil, at)
	if err != nil {
		t.Fatalf("Append(%v): %v", at, err)
	}
	return b
}

// What Append writes, Parse reads back to the same instant in UTC, and it is what
// Go writes in that layout.
func FuzzRoundTrip(f *testing.F) {
	f.Add(int64(0), int64(0), int32(0))
	f.Add(int64(62135596800), int64(1), int32(7200))
	f.Add(int64(-1), int64(999_999_999), int32(-12600))
	f.Add(int64(math.MaxInt64), int64(math.MinInt64), int32(math.MaxInt32))
	f.Add(int64(63871200000), int64(120_000_000), int32(1172))
	f.Fuzz(func(t *testing.T, second, nanosecond int64, offset int32) {
		at := inRange(second, nanosecond, offset)
		written := mustAppend(t, at)
		if want := at.UTC().Format("2006-01-02 15:04:05.999999999-07:00"); string(written) != want {
			t.Fatalf("Append(%v) = %q, want %q", at, written, want)
		}
		read, ok := timetext.Parse(string(written))
		if !ok || !read.Equal(at) || read.Location() != time.UTC {
			t.Fatalf("Parse(%q) = %v, %t; want %v", written, read, ok, at.UTC())
		}
		if again := mustAppend(t, read); !bytes.Equal(again, written) {
			t.Fatalf("%q was written again as %q", written, again)
		}
	})
}

// The order of the texts as bytes is the order of the times.
func FuzzOrder(f *testing.F) {
	f.Add(int64(0), int64(0), int64(0), int64(1))
	f.Add(int64(5), int64(100_000_000), int64(5), int64(120_000_000))
	f.Add(int64(5), int64(100_000_000), int64(5), int64(10_000_000))
	f.Add(int64(5), int64(999_999_999), int64(6), int64(0))
	f.Add(int64(-1), int64(0), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, second1, nanosecond1, second2, nanosecond2 int64) {
		a, b := inRange(second1, nanosecond1, 3600), inRange(second2, nanosecond2, -3600)
		sameSecond := a.Truncate(time.Second).Add(time.Duration(b.Nanosecond()))
		for _, b := range []time.Time{b, sameSecond} {
			textA, textB := mustAppend(t, a), mustAppend(t, b)
			if got, want := bytes.Compare(textA, textB), a.Compare(b); got != want {
				t.Fatalf("%q and %q compare as %d, their times as %d", textA, textB, got, want)
			}
		}
	})
}

// goLayouts are the forms that Parse documents, in Go's terms, without the tail of
// time.Time.String.
func goLayouts() []string {
	layouts := []string{"2006-01-02", "2006-01-02Z"}
	for _, sep := range []string{" ", "T"} {
		for _, clock := range []string{"15:04", "15:04:05.999999999"} {
			form := "2006-01-02" + sep + clock
			layouts = append(layouts, form)
			for _, zone := range []string{"Z07", "Z0700", "Z07:00", "Z07:00:00"} {
				layouts = append(layouts, form+zone, form+" "+zone)
			}
		}
	}
	return layouts
}

var (
	// lax is what time.Parse lets through beyond its layouts, and Parse refuses: more
	// spaces, an hour of one digit, a comma, digits past the nanosecond, an offset of
	// 24 hours or 60 minutes or seconds.
	lax = regexp.MustCompile(`  |[ T]\d:|,|\.\d{9}0*[1-9]|[+-]24|[+-]\d\d:?60|[+-]\d\d:\d\d:60`)
	// tail is what time.Time.String has after the offset.
	tail = regexp.MustCompile(`^(\S+ \S+:\d\d(?:\.\d+)? [+-]\d{4}) \S+(?: m=[+-]\d+\.\d{9})?$`)
)

// parseByGo reads s with package time, in one of the layouts.
func parseByGo(s string) (time.Time, bool) {
	for _, layout := range goLayouts() {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// Parse reads what package time reads in the documented forms, less its laxities,
// and nothing else, as the same instant with the same offset; and that can be
// written and read again.
func FuzzParseAgreesWithGo(f *testing.F) {
	for _, layout := range goLayouts() {
		for _, offset := range []int{0, 7200, -12600, 1172} {
			f.Add(time.Date(2024, 2, 29, 23, 4, 5, 120_000_000, time.FixedZone("", offset)).Format(layout))
		}
	}
	for _, s := range []string{"", "now", "2023-02-30", "0000-00-00 00:00:00", "2024-01-02 24:00",
		"2024-01-02 3:04:05+24:60", "2024-01-02 03:04:05,5", "2024-01-02 03:04:05.1234567890",
		"2024-01-02 03:04:05 +0200 CEST m=+0.123456789", "2024-01-02 03:04:05 -0330 -0330",
		"2024-01-02  03:04", "0000-01-01 00:00:00+00:01", "9999-12-31 23:59:59.9-00:01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := timetext.Parse(s)
		bare := tail.ReplaceAllString(s, "$1")
		want, wantOK := parseByGo(bare)
		if bare == s && wantOK && !ok && !lax.MatchString(s) && 0 <= want.UTC().Year() && want.UTC().Year() <= 9999 {
			t.Fatalf("Parse(%q) is false, package time reads %v", s, want)
		}
		if !ok {
			return
		}
		if !wantOK || !got.Equal(want) {
			t.Fatalf("Parse(%q) = %v, package time reads %v, %t", s, got, want, wantOK)
		}
		if g, w := strings.Fields(got.String())[2], strings.Fields(want.String())[2]; g != w {
			t.Fatalf("Parse(%q) has the offset %s, package time %s", s, g, w)
		}
		if again, ok := timetext.Parse(string(mustAppend(t, got))); !ok || !again.Equal(got) {
			t.Fatalf("Parse(%q) = %v was written and read again as %v, %t", s, got, again, ok)
		}
	})
}

// Whatever a float or an integer is read as, it is near what it says.
func FuzzNumbers(f *testing.F) {
	for _, v := range []float64{0, -1, 2440587.5, 5373484.5, 1704164645.678, -210866760000, 253402300799, math.NaN()} {
		f.Add(v, int64(1704164645678))
	}
	f.Fuzz(func(t *testing.T, v float64, n int64) {
		if at, ok := timetext.FromInt(n); ok {
			if at.Unix() != n && at.UnixMilli() != n {
				t.Fatalf("FromInt(%d) = %v", n, at)
			}
			mustAppend(t, at)
		}
		at, ok := timetext.FromFloat(v)
		if !ok {
			return
		}
		seconds := v
		if v >= 0 && v < 5373484.5 {
			seconds = (v - 2440587.5) * 86400
		}
		// Half a millisecond, and what the comparison itself loses.
		if d := math.Abs(float64(at.Unix()) + float64(at.Nanosecond())/1e9 - seconds); d > 0.0006 {
			t.Fatalf("FromFloat(%v) = %v is %g s off", v, at, d)
		}
	})
}
