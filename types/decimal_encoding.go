package types

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The text of a Decimal sorts as the number does, byte by byte. See Decimal.
//
// Numbers with as many digits before the point sort as their texts do: the
// letter in front tells how many that are. Below zero the order is the other way
// round, so the letter and the digits are mirrored (z for a, 9 for 0), and the
// colon behind them is greater than a digit and a point: -1.5 is less than -1.

var errDecimalDigits = fmt.Errorf("libsql: a decimal has at most %d digits before and after the point", MaxDecimalDigits)

// splitDecimal reads a number: its digits before the point, without leading
// zeros but at least one, and after it, without trailing zeros. Its cost is that
// of the text, whatever the exponent.
func splitDecimal(s string) (negative bool, whole, fraction string, err error) {
	rest := s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		negative, rest = rest[0] == '-', rest[1:]
	}
	exponent := 0
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		exponent, err = strconv.Atoi(rest[i+1:])
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return false, "", "", notDecimal(s)
		}
		rest = rest[:i]
	}
	whole, fraction, _ = strings.Cut(rest, ".")
	if whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return false, "", "", notDecimal(s)
	}
	digits := strings.TrimRight(whole+fraction, "0")
	point := len(whole) // of the digits, before the exponent moves it
	leading := len(digits) - len(strings.TrimLeft(digits, "0"))
	digits, point = digits[leading:], point-leading
	if digits == "" {
		return false, "0", "", nil
	}
	if exponent > 2*MaxDecimalDigits+len(s) || exponent < -2*MaxDecimalDigits-len(s) {
		return false, "", "", errDecimalDigits
	}
	point += exponent
	switch {
	case point > MaxDecimalDigits || len(digits)-point > MaxDecimalDigits:
		return false, "", "", errDecimalDigits
	case point <= 0:
		return negative, "0", strings.Repeat("0", -point) + digits, nil
	case point >= len(digits):
		return negative, digits + strings.Repeat("0", point-len(digits)), "", nil
	}
	return negative, digits[:point], digits[point:], nil
}

func notDecimal(s string) error { return fmt.Errorf("libsql: %.60q is no decimal number", s) }

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// encodeDecimal is the text of a column; nothing for zero.
func encodeDecimal(negative bool, whole, fraction string) string {
	number := whole
	if fraction != "" {
		number += "." + fraction
	}
	if number == "0" {
		return ""
	}
	n := len(whole)
	if !negative {
		if n < 26 {
			return string(rune('a'+n-1)) + ":" + number
		}
		return fmt.Sprintf("z%04d:%s", n, number)
	}
	mirrored := []byte(number)
	for i, c := range mirrored {
		if c != '.' {
			mirrored[i] = '0' + '9' - c
		}
	}
	if n < 26 {
		return "-" + string(rune('z'-n+1)) + string(mirrored) + ":-" + number
	}
	return fmt.Sprintf("-a%04d%s:-%s", MaxDecimalDigits-n, mirrored, number)
}

// encoded is the text of the column.
func (d Decimal) encoded() string {
	if d.enc == "" {
		return "a:0"
	}
	return d.enc
}

// decodeDecimal reads the text of a column, or a plain number. What stands
// before the colon must be what the number has there.
func decodeDecimal(s string) (Decimal, error) {
	colon := strings.LastIndexByte(s, ':')
	d, err := ParseDecimal(s[colon+1:])
	if err != nil {
		return Decimal{}, notDecimal(s)
	}
	if colon >= 0 && d.encoded() != s {
		return Decimal{}, fmt.Errorf("libsql: %.60q is no text of a Decimal: %.60s would be %.60q", s, d, d.encoded())
	}
	return d, nil
}
