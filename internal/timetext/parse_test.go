package timetext_test

import (
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

func zone(offset int) *time.Location {
	if offset == 0 {
		return time.UTC
	}
	return time.FixedZone("", offset)
}

const h, m = 60 * 60, 60

// at is 2024-01-02 03:04:05 and ns nanoseconds on the clock of the offset.
func at(ns, offset int) time.Time {
	return time.Date(2024, 1, 2, 3, 4, 5, ns, zone(offset))
}

func minute(offset int) time.Time {
	return time.Date(2024, 1, 2, 3, 4, 0, 0, zone(offset))
}

var day = time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)

// forms is every form that Parse reads, with the program that writes or reads it.
var forms = []struct {
	in   string
	want time.Time
}{
	// SQLite: date, datetime, strftime and CURRENT_TIMESTAMP.
	{"2024-01-02", day},
	{"2024-01-02 03:04", minute(0)},
	{"2024-01-02T03:04", minute(0)},
	{"2024-01-02 03:04:05", at(0, 0)},
	{"2024-01-02T03:04:05", at(0, 0)},
	{"2024-01-02 03:04:05.678", at(678_000_000, 0)},
	{"2024-01-02T03:04:05.678", at(678_000_000, 0)},
	{"2024-01-02 03:04Z", minute(0)},
	{"2024-01-02T03:04+05:30", minute(5*h + 30*m)},
	{"2024-01-02 03:04 -05:30", minute(-5*h - 30*m)},
	{"2024-01-02 03:04:05 Z", at(0, 0)},

	// mattn/go-sqlite3, glebarez/go-sqlite, libsql-client-go, modernc with
	// _time_format=sqlite, bun. The first two also take a Z off a date.
	{"2024-01-02 03:04:05+00:00", at(0, 0)},
	{"2024-01-02 03:04:05-00:00", at(0, 0)},
	{"2024-01-02 03:04:05.123456789+02:00", at(123_456_789, 2*h)},
	{"2024-01-02 03:04:05.123456-07:00", at(123_456_000, -7*h)},
	{"2024-01-02T03:04:05.1+05:45", at(100_000_000, 5*h+45*m)},
	{"2024-01-02 03:04:05.000000001", at(1, 0)},
	{"2024-01-02 03:04:05Z", at(0, 0)},
	{"2024-01-02Z", day},

	// ncruces/go-sqlite3, tursodatabase/go-libsql: RFC 3339 with nanoseconds.
	{"2024-01-02T03:04:05Z", at(0, 0)},
	{"2024-01-02T03:04:05.999999999Z", at(999_999_999, 0)},
	{"2024-01-02T03:04:05.5-03:30", at(500_000_000, -3*h-30*m)},
	{"2024-01-02T03:04:05+14:00", at(0, 14*h)},

	// modernc.org/sqlite: time.Time.String.
	{"2024-01-02 03:04:05 +0000 UTC", at(0, 0)},
	{"2024-01-02 03:04:05.000000005 +0200 CEST", at(5, 2*h)},
	{"2024-01-02 03:04:05 +0300 +03", at(0, 3*h)},
	{"2024-01-02 03:04:05 -0330 -0330", at(0, -3*h-30*m)},
	{"2024-01-02 03:04:05.5 +0530 +0530", at(500_000_000, 5*h+30*m)},
	{"2024-01-02 03:04:05 +1000 ChST", at(0, 10*h)},
	{"2024-01-02 03:04:05 +0800 Asia/Shanghai", at(0, 8*h)},
	{"2024-01-02 03:04:05 +0800 UTC+8", at(0, 8*h)},
	{"2024-01-02 03:04:05 +0019 +001932", at(0, 19*m)},
	{"2024-01-02 03:04:05.7 +0000 UTC m=+0.123456789", at(700_000_000, 0)},
	{"2024-01-02 03:04:05.7 -0500 EST m=-12345.000000001", at(700_000_000, -5*h)},

	// Offsets of PostgreSQL's kind, which bun reads; Sequelize's space.
	{"2024-01-02 03:04:05+02", at(0, 2*h)},
	{"2024-01-02 03:04:05-0230", at(0, -2*h-30*m)},
	{"2024-01-02 03:04:05+00:19:32", at(0, 19*m+32)},
	{"2024-01-02 03:04:05.678 +00:00", at(678_000_000, 0)},
	{"2024-01-02 03:04:05 +0200", at(0, 2*h)},
	{"2024-01-02 03:04:05 -02", at(0, -2*h)},

	// Edges.
	{"2024-01-02 03:04:05.1234567890000Z", at(123_456_789, 0)},
	{"2024-01-02 03:04:05.0", at(0, 0)},
	{"2024-01-02 03:04:05+23:59", at(0, 23*h+59*m)},
	{"2024-01-02 03:04:05-23:59", at(0, -23*h-59*m)},
	{"0000-01-01", time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)},
	{"0001-01-01 00:00:00+00:00", time.Time{}},
	{"0000-01-01 00:00:00-01:00", time.Date(0, 1, 1, 0, 0, 0, 0, zone(-h))},
	{"9999-12-31 23:59:59.999999999", time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)},
	{"2000-02-29", time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC)},
	{"0000-02-29", time.Date(0, 2, 29, 0, 0, 0, 0, time.UTC)},
	{"2024-04-30 23:59:59", time.Date(2024, 4, 30, 23, 59, 59, 0, time.UTC)},
}

func TestParse(t *testing.T) {
	for _, tt := range forms {
		got, ok := timetext.Parse(tt.in)
		if !ok || !got.Equal(tt.want) {
			t.Errorf("Parse(%q) = %v, %t; want %v", tt.in, got, ok, tt.want)
			continue
		}
		if got.String() != tt.want.String() {
			t.Errorf("Parse(%q) is in the zone of %v, want that of %v", tt.in, got, tt.want)
		}
		if _, offset := got.Zone(); (got.Location() == time.UTC) != (offset == 0) {
			t.Errorf("Parse(%q) is in %p %v", tt.in, got.Location(), got.Location())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		"", " ", "now", "2024", "2024-01", "20240102", "1704164645", "2460000.5", "15:04", "15:04:05",
		"hello, world", "0123456789", "2024/01/02", "24-01-02", "2024-1-2", "12024-01-02", "-2024-01-02", "+2024-01-02",
		// No such day.
		"0000-00-00 00:00:00", "0000-00-00", "2023-02-29", "2023-02-30", "1900-02-29", "2024-02-30", "2024-04-31",
		"2024-06-31", "2024-09-31", "2024-11-31", "2024-01-00", "2024-01-32", "2024-00-01", "2024-13-01",
		// No such time of day.
		"2024-01-02 24:00", "2024-01-02 24:00:00", "2024-01-02 03:60", "2024-01-02 03:04:60", "2024-01-02 03:04:61Z",
		// Not whole.
		"2024-01-02 ", "2024-01-02T", "2024-01-02 03", "2024-01-02 03:", "2024-01-02 03:0", "2024-01-02 03:04:",
		"2024-01-02 03:04:0", "2024-01-02 03:04:05.", "2024-01-02 03:04:05.Z", "2024-01-02 3:04:05", "2024-01-02 03:04.5",
		// Digits that would be lost, and a comma.
		"2024-01-02 03:04:05.1234567891", "2024-01-02 03:04:05.00000000001Z", "2024-01-02 03:04:05,5",
		// Spaces and other bytes around.
		" 2024-01-02", "2024-01-02 03:04:05 ", "2024-01-02  03:04:05", "2024-01-02\t03:04:05", "2024-01-02 03:04:05  +02:00",
		"2024-01-02t03:04:05", "2024-01-02T03:04:05z", "2024-01-02 03:04:05\x00", "2024-01-02x", "2024-01-02ZZ",
		"2024-01-02_03:04:05", "2024-01-02 03:04:05ZZ", "２024-01-02",
		// Zones.
		"2024-01-02+02:00", "2024-01-02 Z", "2024-01-02 03:04:05+", "2024-01-02 03:04:05+2", "2024-01-02 03:04:05+020",
		"2024-01-02 03:04:05+02:0", "2024-01-02 03:04:05+02:", "2024-01-02 03:04:05+02:000", "2024-01-02 03:04:05+24:00",
		"2024-01-02 03:04:05+02:60", "2024-01-02 03:04:05+00:00:60", "2024-01-02 03:04:05+00:00-30", "2024-01-02 03:04:05+00-00:30", "2024-01-02 03:04:05+020000", "2024-01-02 03:04:05+0x:00",
		"2024-01-02 03:04:05\u221202:00", "2024-01-02 03:04:05+02:00Z", "2024-01-02 03:04:05Z+02:00", "2024-01-02 03:04:05 UTC",
		"2024-01-02 03:04:05 ", "2024-01-02 03:04:05+-2:00", "2024-01-02 03:04:05 02:00", "2024-01-02 03:04:05+02-00",
		// Almost time.Time.String.
		"2024-01-02T03:04:05 +0200 CEST", "2024-01-02 03:04 +0200 CEST", "2024-01-02 03:04:05+0200 CEST",
		"2024-01-02 03:04:05 +02:00 CEST", "2024-01-02 03:04:05 +0200 ", "2024-01-02 03:04:05 +0200  CEST",
		"2024-01-02 03:04:05 +0200 cest", "2024-01-02 03:04:05 +0200 C\u00c9ST", "2024-01-02 03:04:05 +0200 CEST ",
		"2024-01-02 03:04:05 +0200 CEST and more", "2024-01-02 03:04:05 +0200 +2", "2024-01-02 03:04:05 +0200 +02:00",
		"2024-01-02 03:04:05 +0200 m=+0.123456789", "2024-01-02 03:04:05 +2400 CEST", "2024-01-02 03:04:05 +0200 CEST m=",
		"2024-01-02 03:04:05 +0200 CEST m=0.123456789", "2024-01-02 03:04:05 +0200 CEST m=+.123456789",
		"2024-01-02 03:04:05 +0200 CEST m=+0.12345678", "2024-01-02 03:04:05 +0200 CEST m=+0.1234567890",
		"2024-01-02 03:04:05 +0200 CEST m=+0.12345678x", "2024-01-02 03:04:05 +0200 CEST m=+x.123456789",
		"2024-01-02 03:04:05 +0200 CEST m=+0,123456789", "2024-01-02 03:04:05 +0200 CEST n=+0.123456789",
		"2024-01-02 03:04:05 +0200 CEST m=+0.123456789 ", "2024-01-02 03:04:05 +0200 Abcdefghijklmnopqrstuvwxyzabcdefg",
		// A year in UTC that Append could not write.
		"0000-01-01 00:00:00+00:01", "9999-12-31 23:59:59-00:01",
	} {
		if got, ok := timetext.Parse(s); ok || !got.Equal(time.Time{}) {
			t.Errorf("Parse(%q) = %v, %t; want false", s, got, ok)
		}
	}
}

// Every day of the calendar, and the one after the end of every month.
func TestParseKnowsTheCalendar(t *testing.T) {
	for day := time.Date(1899, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2002; day = day.AddDate(0, 0, 1) {
		s := day.Format(time.DateOnly)
		if got, ok := timetext.Parse(s); !ok || !got.Equal(day) {
			t.Fatalf("Parse(%q) = %v, %t", s, got, ok)
		}
		next := s[:8] + string([]byte{'0' + byte((day.Day()+1)/10), '0' + byte((day.Day()+1)%10)})
		if _, ok := timetext.Parse(next); ok != (day.AddDate(0, 0, 1).Day() != 1) {
			t.Fatalf("Parse(%q) is %t", next, ok)
		}
	}
}

func TestParseSharesZones(t *testing.T) {
	for _, s := range []string{"+02:00", "-00:01", "+05:45", "+23:59", "-23:59"} {
		a, _ := timetext.Parse("2024-01-02 03:04:05" + s)
		b, _ := timetext.Parse("2024-01-02 03:04:05" + s)
		if a != b {
			t.Errorf("%s: two times of one text differ", s)
		}
	}
}

// Many at once make the zones of an hour and get the same ones.
func TestParseIsConcurrent(t *testing.T) {
	start, results := make(chan struct{}), make(chan [60]time.Time, 16)
	for range cap(results) {
		go func() {
			<-start
			var times [60]time.Time
			for i := range times {
				minute := string([]byte{'0' + byte(i/10), '0' + byte(i%10)})
				times[i], _ = timetext.Parse("2024-01-02 03:04:05-11:" + minute)
			}
			results <- times
		}()
	}
	close(start)
	first := <-results
	for range cap(results) - 1 {
		if got := <-results; got != first {
			t.Errorf("%v and %v", got, first)
		}
	}
}

// What Go's String writes for every zone that this machine knows is read back to
// the same instant, up to the seconds that String cuts off the offset.
func TestParseReadsString(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Amsterdam", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu",
		"America/Sao_Paulo", "Pacific/Guam", "Asia/Jakarta", "Antarctica/Troll", "Australia/Lord_Howe", "Pacific/Kiritimati"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Skip(err)
		}
		for year := 1800; year < 2100; year++ {
			at := time.Date(year, 7, 1, 12, 0, 0, year, loc)
			_, offset := at.Zone()
			got, ok := timetext.Parse(at.String())
			if want := at.Add(time.Duration(offset%60) * time.Second); !ok || !got.Equal(want) {
				t.Fatalf("Parse(%q) = %v, %t; want %v", at.String(), got, ok, want)
			}
		}
	}
	now := time.Now() // with a monotonic reading, in the zone of the machine
	if got, ok := timetext.Parse(now.String()); !ok || !got.Equal(now) {
		t.Errorf("Parse(%q) = %v, %t", now.String(), got, ok)
	}
}
