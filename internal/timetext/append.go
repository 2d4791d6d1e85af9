package timetext

import (
	"fmt"
	"time"
)

// The first and the last second that have a year of four digits, as Unix time.
const (
	minSecond = -62167219200 // 0000-01-01 00:00:00 UTC
	maxSecond = 253402300799 // 9999-12-31 23:59:59 UTC
)

// Append appends the text of t to b and returns the longer slice, as append does.
//
// The text is t in UTC in the layout 2006-01-02 15:04:05.999999999+00:00, where
// the fraction has no trailing zeros and a whole second has no dot. A monotonic
// clock reading and t's location are dropped; the instant is kept to the
// nanosecond. The zero time is 0001-01-01 00:00:00+00:00.
//
// A time whose year in UTC is outside 0000..9999 is an error that names the year,
// and b comes back as it was: SQLite's text has no form for such a year.
func Append(b []byte, t time.Time) ([]byte, error) {
	// Not by t.Year(): that wraps around for times near the ends of int64.
	if s := t.Unix(); s < minSecond || s > maxSecond {
		return b, fmt.Errorf("year %d is outside 0000..9999, the years SQLite has text for",
			t.UTC().Year())
	}
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = appendTwo(b, year/100)
	b = appendTwo(b, year%100)
	b = appendTwo(append(b, '-'), int(month))
	b = appendTwo(append(b, '-'), day)
	b = appendTwo(append(b, ' '), hour)
	b = appendTwo(append(b, ':'), minute)
	b = appendTwo(append(b, ':'), second)
	b = appendFraction(b, t.Nanosecond())
	return append(b, "+00:00"...), nil
}

// appendTwo appends n, which is 0..99, as two digits.
func appendTwo(b []byte, n int) []byte {
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

// appendFraction appends a dot and the digits of ns, which is 0..999999999, up to
// the last that is not zero; nothing for zero.
func appendFraction(b []byte, ns int) []byte {
	if ns == 0 {
		return b
	}
	digits := 9
	for ns%10 == 0 {
		ns /= 10
		digits--
	}
	var buf [9]byte
	for i := digits - 1; i >= 0; i-- {
		buf[i] = byte('0' + ns%10)
		ns /= 10
	}
	return append(append(b, '.'), buf[:digits]...)
}
