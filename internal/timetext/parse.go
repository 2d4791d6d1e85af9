package timetext

import "time"

// Parse reads a time from the text of a column. False means that the text is no
// time, and says nothing more: the caller has a text.
//
// It reads these forms, the zone being optional in each that has a clock:
//
//	2006-01-02                                      also with Z at its end
//	2006-01-02 15:04                                or T for the space
//	2006-01-02 15:04:05                             or T for the space
//	2006-01-02 15:04:05.999999999                   or T for the space
//	2006-01-02 15:04:05.999999999 -0700 MST         only with the space
//	2006-01-02 15:04:05.999999999 -0700 MST m=+0.000000001
//
// A zone is Z, ±07, ±0700, ±07:00 or ±07:00:00, up to 23:59:59, with at most one
// space before it. These are the forms of SQLite's date functions
// (https://www.sqlite.org/lang_datefunc.html#time_values), of mattn/go-sqlite3,
// modernc.org/sqlite (whose default is [time.Time.String], the last two),
// glebarez/go-sqlite, ncruces/go-sqlite3, tursodatabase/go-libsql,
// tursodatabase/libsql-client-go and uptrace/bun, and the space before ±07:00 is
// that of Sequelize (https://github.com/mattn/go-sqlite3/issues/420).
//
// A text without a zone is in UTC. A zero offset in any spelling gives exactly
// [time.UTC]; another gives a fixed zone of that offset without a name, the same
// *time.Location each time where the offset is of whole minutes. Where a text has
// both an offset and a name of a zone, the offset counts and the name is dropped.
// The location is never [time.Local].
//
// What would lose or invent something is no time: a day the calendar has not, the
// hour 24, the second 60, more digits of a fraction than nanoseconds unless they
// are zeros, spaces around the text, a clock without a date, a number, 'now', and an
// instant whose year in UTC is outside 0000..9999, which [Append] could not write
// back. So are some that [time.Parse] lets through and no program writes: an hour of
// one digit, a comma before the fraction, two spaces, an offset of 24 hours. MySQL's 0000-00-00 00:00:00 is no day, so no time.
//
// [time.Time.String] cuts the seconds off the offset of a zone that has some, as
// local mean times before about 1900 do; such a text is read as it stands.
func Parse(s string) (time.Time, bool) {
	year, month, day, ok := parseDate(s)
	if !ok {
		return time.Time{}, false
	}
	s = s[dateLen:]
	if s == "" || s == "Z" {
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC), true
	}
	c, rest, ok := parseClock(s[1:])
	if !ok || s[0] != ' ' && s[0] != 'T' {
		return time.Time{}, false
	}
	offset, ok := parseZone(rest, s[0] == ' ' && c.hasSecond)
	if !ok {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, c.hour, c.minute, c.second, c.nanosecond, time.UTC)
	if offset == 0 {
		return t, true
	}
	t = t.Add(-time.Duration(offset) * time.Second)
	if u := t.Unix(); u < minSecond || u > maxSecond {
		return time.Time{}, false
	}
	return t.In(fixedZone(offset)), true
}

const dateLen = len("2006-01-02")

// parseDate reads the date at the start of s, a day of the proleptic Gregorian
// calendar. It comes first because it turns almost every other text away at once.
func parseDate(s string) (year int, month time.Month, day int, ok bool) {
	if len(s) < dateLen || s[4] != '-' || s[7] != '-' {
		return 0, 0, 0, false
	}
	high, low, m, day := two(s), two(s[2:]), two(s[5:]), two(s[8:])
	if high < 0 || low < 0 || m < 1 || m > 12 || day < 1 {
		return 0, 0, 0, false
	}
	year, month = high*100+low, time.Month(m)
	return year, month, day, day <= daysIn(year, month)
}

func daysIn(year int, month time.Month) int {
	switch month {
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case time.April, time.June, time.September, time.November:
		return 30
	}
	return 31
}

// clock is a time of day. hasSecond is that the text had one, zero or not.
type clock struct {
	hour, minute, second, nanosecond int
	hasSecond                        bool
}

// parseClock reads 15:04, 15:04:05 or 15:04:05.999999999 at the start of s and
// returns what follows it.
func parseClock(s string) (c clock, rest string, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return c, "", false
	}
	c.hour, c.minute = two(s), two(s[3:])
	if c.hour < 0 || c.hour > 23 || c.minute < 0 || c.minute > 59 {
		return c, "", false
	}
	s = s[5:]
	if s == "" || s[0] != ':' {
		return c, s, true
	}
	if len(s) < 3 {
		return c, "", false
	}
	c.second, c.hasSecond = two(s[1:]), true
	if c.second < 0 || c.second > 59 {
		return c, "", false
	}
	s = s[3:]
	if s == "" || s[0] != '.' {
		return c, s, true
	}
	c.nanosecond, s, ok = parseFraction(s[1:])
	return c, s, ok
}

// parseFraction reads the digits of a fraction of a second, one at least, and
// returns the nanoseconds and what follows the digits.
func parseFraction(s string) (ns int, rest string, ok bool) {
	i := 0
	for unit := 100_000_000; i < len(s) && isDigit(s[i]); i++ {
		digit := int(s[i] - '0')
		// Past the ninth digit unit is 0: only a zero can follow without a loss.
		if unit == 0 && digit != 0 {
			return 0, "", false
		}
		ns += digit * unit
		unit /= 10
	}
	return ns, s[i:], i > 0
}

// two is the number that the first two bytes of s, which has them, spell in
// digits; -1 if they are not digits.
func two(s string) int {
	_ = s[1]
	if !isDigit(s[0]) || !isDigit(s[1]) {
		return -1
	}
	return int(s[0]-'0')*10 + int(s[1]-'0')
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
