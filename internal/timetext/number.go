package timetext

import (
	"math"
	"time"
)

// maxUnixSeconds is the largest magnitude that FromInt takes as seconds. It is
// the rule of mattn/go-sqlite3, which has the most databases behind it.
const maxUnixSeconds = 1e12

// FromInt reads an integer of a time column: Unix time in seconds, or in
// milliseconds where v is above 1e12 or below -1e12. The time is in UTC.
//
// It is false when the year would be outside 0..9999; the caller then has a
// number. The milliseconds of a time between 1938-04-24 and 2001-09-09 are within
// ±1e12 and so taken as seconds: out of range for most of them, another time for
// those of 1968 to 1978. Whoever stores such milliseconds has to read numbers.
func FromInt(v int64) (time.Time, bool) {
	if v > maxUnixSeconds || v < -maxUnixSeconds {
		if v < minSecond*1000 || v > maxSecond*1000+999 {
			return time.Time{}, false
		}
		return time.UnixMilli(v).UTC(), true
	}
	if v < minSecond || v > maxSecond {
		return time.Time{}, false
	}
	return time.Unix(v, 0).UTC(), true
}

// The bounds of SQLite's 'auto' modifier.
// https://www.sqlite.org/lang_datefunc.html#automod
const (
	julianEnd     = 5373484.5     // 10000-01-01 00:00:00, the first that is no Julian day
	minAutoSecond = -210866760000 // -4713-11-24 12:00:00, Julian day 0
	maxAutoSecond = maxSecond
)

// FromFloat reads a float of a time column as SQLite's 'auto' modifier does:
// 0 up to but not including 5373484.5 is a Julian day number, and any other in
// -210866760000..253402300799 is Unix time in seconds. The time is in UTC.
// https://www.sqlite.org/lang_datefunc.html#automod
//
// It is false for every other number, NaN and the infinities included; the caller
// then has a number.
//
// A Julian day is rounded to the millisecond, with the arithmetic of SQLite: a
// float64 near today's 2.46 million resolves some 0.04 ms. Unix time is rounded to
// the microsecond while a float64 resolves that (1697 to 2242), and to the
// millisecond, as SQLite does always, beyond. So a decimal fraction of a second
// comes back as it was written, and not as its binary neighbour.
//
// Both scales begin in -4713 for SQLite, and here in the year 0, as [Append] does:
// a small number such as 5.5 is more likely a mistake than a day of the stone age,
// and comes back as the number it is.
func FromFloat(v float64) (time.Time, bool) {
	var t time.Time
	ok := true
	switch {
	case v >= 0 && v < julianEnd:
		t, ok = fromJulian(v)
	case v >= minAutoSecond && v <= maxAutoSecond:
		t = fromSeconds(v)
	default:
		return t, false
	}
	if !ok || t.Year() < 0 {
		return time.Time{}, false
	}
	return t, true
}

// fromJulian turns a Julian day in [0, julianEnd) into a time. It is false in the
// last half millisecond of the range, which rounds up into the year 10000.
func fromJulian(day float64) (time.Time, bool) {
	// The conversion keeps the compiler from fusing the product with the sum, which
	// rounds once instead of twice and so may differ from SQLite by a millisecond.
	ms := int64(float64(day*86400_000) + 0.5)
	ms += minAutoSecond * 1000
	if ms > maxSecond*1000+999 {
		return time.Time{}, false
	}
	return time.UnixMilli(ms).UTC(), true
}

// fromSeconds turns Unix time in seconds into a time.
func fromSeconds(v float64) time.Time {
	// The spacing of float64 below 2^33 is at most 2^-20 s, just under 1 µs.
	const microsecondEnd = 1 << 33
	units := 1e6
	if math.Abs(v) >= microsecondEnd {
		units = 1e3
	}
	// The whole and the fraction apart, since their product would be rounded.
	whole, fraction := math.Modf(v)
	ns := int64(math.Floor(fraction*units+0.5)) * int64(1e9/units)
	return time.Unix(int64(whole), ns).UTC()
}
