package types

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Path says where in a document something is: https://www.sqlite.org/json1.html#path_arguments.
// "$" is the document, "$.items[0].name" a label in the first element of a label.
// [0] counts from the beginning, [#-1] is the last element, and [#] the place
// behind it. A label with other characters than letters, digits and _ stands in
// double quotes, with the escapes of JSON. [At] writes that.
//
// A path that SQLite cannot follow makes an error of the statement that it is
// used in: one that is no path, a label with a NUL, which SQLite does not tell
// from others, one that is no UTF-8, and an index beyond 2^32-1.
type Path string

// At is the path of labels, which are strings, and indexes, which are integers:
// At("items", 0, "name") is $.items[0].name. A negative index counts from the
// end: -1 is the last element. At() is the whole document.
func At(labels ...any) Path { return Path("$").At(labels...) }

// At goes further down.
func (p Path) At(labels ...any) Path {
	b := []byte(p)
	for _, l := range labels {
		b = appendStep(b, l)
	}
	return Path(b)
}

// End is the place behind the last element of the array at the path, where a
// new one can be inserted.
func (p Path) End() Path { return p + "[#]" }

func appendStep(b []byte, label any) []byte {
	switch v := reflect.ValueOf(label); v.Kind() {
	case reflect.String:
		if _, isPath := label.(Path); !isPath {
			return appendLabel(b, v.String(), "")
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n := v.Int(); n < 0 {
			return append(strconv.AppendInt(append(b, "[#"...), n, 10), ']')
		}
		return append(strconv.AppendInt(append(b, '['), v.Int(), 10), ']')
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return append(strconv.AppendUint(append(b, '['), v.Uint(), 10), ']')
	}
	return fmt.Appendf(b, "[%T %v]", label, label) // which is no index, and is refused where it is used
}

// appendLabel writes a label, in quotes if it needs them. Those of the extra
// characters are escaped.
func appendLabel(b []byte, label, extra string) []byte {
	b = append(b, '.')
	if isWord(label) {
		return append(b, label...)
	}
	b = append(b, '"')
	for i := range len(label) {
		switch c := label[i]; {
		case c == '\\':
			b = append(b, '\\', '\\')
		case c == '"' || c < ' ' || strings.IndexByte(extra, c) >= 0:
			b = appendUnicode(b, c) // for SQLite 3.45, \" would end the label
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

func isWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// check is the path as SQLite is given it, with those of the extra characters
// escaped.
func (p Path) check(extra string) (string, error) {
	rest, ok := strings.CutPrefix(string(p), "$")
	if !ok {
		return "", p.bad("it does not begin with $")
	}
	if !utf8.ValidString(rest) {
		return "", p.bad("it is not UTF-8")
	}
	b := []byte("$")
	for rest != "" {
		var n int
		var err error
		if rest[0] == '.' {
			b, n, err = p.label(b, rest, extra)
		} else {
			n, err = p.index(rest)
			b = append(b, rest[:n]...)
		}
		if err != nil {
			return "", err
		}
		rest = rest[n:]
	}
	return string(b), nil
}

func (p Path) bad(why string) error { return fmt.Errorf("libsql: JSON path %q: %s", string(p), why) }

// label reads the label that rest begins with and writes it to b.
func (p Path) label(b []byte, rest, extra string) (_ []byte, n int, err error) {
	label := ""
	quoted := strings.HasPrefix(rest, `."`)
	if quoted {
		if n = quotedLen(rest[1:]); n == 0 {
			return nil, 0, p.bad("a label has no closing quote")
		}
		n++
		if json.Unmarshal([]byte(rest[1:n]), &label) != nil {
			label = rest[2 : n-1] // as it stands, with a tab, say
			if strings.IndexByte(label, '\\') >= 0 {
				return nil, 0, p.bad("a label has a bad escape")
			}
		}
	} else {
		if n = strings.IndexAny(rest[1:], ".[") + 1; n == 0 {
			n = len(rest)
		}
		if label = rest[1:n]; label == "" {
			return nil, 0, p.bad("a label is missing")
		}
	}
	if strings.IndexByte(label, 0) >= 0 {
		return nil, 0, p.bad("a label has a NUL, at which it would end for SQLite")
	}
	if !strings.ContainsAny(label, `"\`+extra) {
		return append(b, rest[:n]...), n, nil // as it is written, so that it is found in an index
	}
	return appendLabel(b, label, extra), n, nil
}

// quotedLen is the length of the text in quotes at the beginning, 0 if it does
// not end.
func quotedLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// index is the length of the index that rest begins with.
func (p Path) index(rest string) (n int, err error) {
	inner, _, ok := strings.Cut(rest, "]")
	if !ok || inner == "" || inner[0] != '[' {
		return 0, p.bad("a label begins with a dot, an index is in brackets")
	}
	digits := inner[1:]
	if end, fromEnd := strings.CutPrefix(digits, "#"); fromEnd {
		if end == "" {
			return len("[#]"), nil
		}
		if digits, ok = strings.CutPrefix(end, "-"); !ok {
			digits = ""
		}
	}
	if digits == "" || digitsLen([]byte(digits)) < len(digits) {
		return 0, p.bad("an index is a whole number, # or #-N")
	}
	if _, err := strconv.ParseUint(digits, 10, 32); err != nil {
		return 0, p.bad(fmt.Sprintf("an index is greater than %d", uint32(math.MaxUint32)))
	}
	return len(inner) + 1, nil
}

// literal is the path as SQL. It stands in the text of a statement because an
// index on an expression is found only by the very same text. Characters that
// GORM takes for marks of variables are escaped in it.
func (p Path) literal() (string, error) {
	text, err := p.check("?@")
	return sqltext.QuoteString(text), err
}
