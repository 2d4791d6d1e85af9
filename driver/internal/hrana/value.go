package hrana

import (
	"database/sql/driver"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/gorm-libsql/libsql/driver/internal/bind"
	"github.com/gorm-libsql/libsql/internal/timetext"
)

var (
	errInf  = errors.New("an infinity cannot be sent: JSON has no number for it")
	errUTF8 = errors.New("a text that is not UTF-8 cannot be sent: pass a []byte")
)

// appendValue writes an argument as the protocol has it.
func appendValue(b []byte, value driver.Value) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return appendNull(b), nil
	case int64:
		return appendInteger(b, v), nil
	case bool:
		n := int64(0)
		if v {
			n = 1
		}
		return appendInteger(b, n), nil
	case float64:
		switch {
		case math.IsNaN(v):
			return nil, bind.ErrNaN
		case math.IsInf(v, 0):
			return nil, errInf
		}
		b = append(b, `{"type":"float","value":`...)
		return append(appendFloat(b, v), '}'), nil
	case string:
		if !utf8.ValidString(v) {
			return nil, errUTF8
		}
		b = append(b, `{"type":"text","value":`...)
		return append(appendString(b, v), '}'), nil
	case []byte:
		if v == nil {
			return appendNull(b), nil
		}
		b = append(b, `{"type":"blob","base64":"`...)
		b = base64.RawStdEncoding.AppendEncode(b, v)
		return append(b, `"}`...), nil
	case time.Time:
		b = append(b, `{"type":"text","value":"`...)
		b, err := timetext.Append(b, v) // nothing of it has to be escaped
		return append(b, `"}`...), err
	}
	return nil, fmt.Errorf("type %T is not supported", value)
}

func appendNull(b []byte) []byte { return append(b, `{"type":"null"}`...) }

func appendInteger(b []byte, n int64) []byte {
	b = append(b, `{"type":"integer","value":"`...)
	return append(strconv.AppendInt(b, n, 10), `"}`...)
}

// appendFloat writes the shortest number that is read back as the same, and
// with a point or an exponent, so that nobody takes it for an integer.
func appendFloat(b []byte, f float64) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	from := len(b)
	b = strconv.AppendFloat(b, f, format, -1, 64)
	for _, c := range b[from:] {
		if c == '.' || c == 'e' {
			return b
		}
	}
	return append(b, ".0"...)
}

const hexDigits = "0123456789abcdef"

// appendString writes a valid UTF-8 text as a JSON string.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}

// decodeBlob takes base64 with and without padding.
func decodeBlob(text []byte) ([]byte, error) {
	for n := 0; n < 2 && len(text) > 0 && text[len(text)-1] == '='; n++ {
		text = text[:len(text)-1]
	}
	blob := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	_, err := base64.RawStdEncoding.Decode(blob, text)
	return blob, err
}
