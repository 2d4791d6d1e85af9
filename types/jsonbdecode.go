package types

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// maybeJSONB tells a BLOB that is JSONB by its first header, which is how SQLite
// tells: what it says is all that is there.
func maybeJSONB(b []byte) bool {
	typ, payload, rest, err := jsonbHeader(b)
	return err == nil && len(rest) == 0 && typ <= jsonbObject && (typ > jsonbFalse || len(payload) == 0)
}

// decodeDepth is how deep JSONB may be that is read: as deep as encoding/json
// reads. SQLite's functions can make it deeper than they read.
const decodeDepth = 10_000

// decodeJSONB is the JSON text of JSONB, as SQLite's json() writes it. What
// JSON5 has and JSON has not becomes JSON.
func decodeJSONB(blob []byte) ([]byte, error) {
	out, rest, err := appendElement(make([]byte, 0, len(blob)+len(blob)/4+8), blob, decodeDepth)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("there are %d bytes behind the document", len(rest))
	}
	if err != nil {
		return nil, fmt.Errorf("libsql: malformed JSONB: %w", err)
	}
	return out, nil
}

func appendElement(out, blob []byte, depth int) (_, rest []byte, err error) {
	typ, p, rest, err := jsonbHeader(blob)
	if err != nil {
		return nil, nil, err
	}
	switch typ {
	case jsonbNull, jsonbTrue, jsonbFalse:
		if blob[0] != typ {
			return nil, nil, errors.New("a null or bool is longer than a byte")
		}
		return append(out, [...]string{"null", "true", "false"}[typ]...), rest, nil
	case jsonbInt, jsonbFloat:
		if n, float := numberLen(p); n == 0 || n != len(p) || float != (typ == jsonbFloat) {
			return nil, nil, fmt.Errorf("%.40q is no number", p)
		}
		out = append(out, p...)
	case jsonbInt5:
		out, err = appendHex(out, p)
	case jsonbFloat5:
		out, err = appendFloat5(out, p)
	case jsonbText, jsonbTextJ, jsonbText5, jsonbTextRaw:
		out, err = appendString(out, typ, p)
	case jsonbArray, jsonbObject:
		if depth == 0 {
			return nil, nil, fmt.Errorf("it is deeper than %d levels", decodeDepth)
		}
		out, err = appendContainer(out, typ, p, depth-1)
	default:
		err = fmt.Errorf("an element has the type %d", typ)
	}
	return out, rest, err
}

func appendContainer(out []byte, typ byte, p []byte, depth int) (_ []byte, err error) {
	open, end := byte('['), byte(']')
	if typ == jsonbObject {
		open, end = '{', '}'
	}
	out = append(out, open)
	for first := true; len(p) > 0; first = false {
		if !first {
			out = append(out, ',')
		}
		if typ == jsonbObject {
			if t := p[0] & 0x0f; t < jsonbText || t > jsonbTextRaw {
				return nil, errors.New("a label is no text")
			}
			if out, p, err = appendElement(out, p, depth); err != nil {
				return nil, err
			}
			out = append(out, ':')
		}
		if out, p, err = appendElement(out, p, depth); err != nil {
			return nil, err
		}
	}
	return append(out, end), nil
}

// appendHex writes a hexadecimal number as a decimal one, and one of more than 64
// bits as SQLite does: as more than every number.
func appendHex(out, p []byte) ([]byte, error) {
	digits := p
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		if digits[0] == '-' {
			out = append(out, '-')
		}
		digits = digits[1:]
	}
	if len(digits) < 3 || digits[0] != '0' || digits[1]|0x20 != 'x' || !isHex(digits[2:]) {
		return nil, fmt.Errorf("%.40q is no hexadecimal number", p)
	}
	u, err := strconv.ParseUint(string(digits[2:]), 16, 64)
	if err != nil {
		return append(out, "9.0e999"...), nil
	}
	return strconv.AppendUint(out, u, 10), nil
}

// appendFloat5 adds the digits that JSON5 may leave out, as in .5 and 5.
func appendFloat5(out, p []byte) ([]byte, error) {
	start := len(out)
	rest := p
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		if rest[0] == '-' {
			out = append(out, '-')
		}
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0] == '.' {
		out = append(out, '0')
	}
	if whole, fraction, ok := bytes.Cut(rest, []byte(".")); ok && digitsLen(fraction) == 0 {
		out = append(append(append(out, whole...), ".0"...), fraction...)
	} else {
		out = append(out, rest...)
	}
	if n, _ := numberLen(out[start:]); n == 0 || n != len(out)-start || len(rest) < 2 {
		return nil, fmt.Errorf("%.40q is no number", p)
	}
	return out, nil
}

func appendString(out []byte, typ byte, p []byte) ([]byte, error) {
	out = append(out, '"')
	for len(p) > 0 {
		n := plainLen(p)
		out, p = append(out, p[:n]...), p[n:]
		if len(p) == 0 {
			break
		}
		if typ == jsonbText || p[0] != '\\' && typ == jsonbTextJ {
			return nil, fmt.Errorf("a text has an unescaped %q", p[0])
		}
		if n = 1; p[0] != '\\' || typ == jsonbTextRaw {
			out = appendEscaped(out, p[0])
		} else if n = escapeLen(p); n > 0 {
			out = append(out, p[:n]...)
		} else if typ == jsonbText5 {
			out, n = appendEscape5(out, p)
		}
		if n == 0 {
			return nil, fmt.Errorf("a text has a bad escape, %.6q", p)
		}
		p = p[n:]
	}
	return append(out, '"'), nil
}

// plainLen is the length of what JSON need not escape at the beginning.
func plainLen(b []byte) int {
	for i, c := range b {
		if c == '"' || c == '\\' || c < ' ' {
			return i
		}
	}
	return len(b)
}

// appendEscaped escapes a byte that JSON has to.
func appendEscaped(out []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(out, '\\', c)
	case '\b':
		return append(out, '\\', 'b')
	case '\t':
		return append(out, '\\', 't')
	case '\n':
		return append(out, '\\', 'n')
	case '\f':
		return append(out, '\\', 'f')
	case '\r':
		return append(out, '\\', 'r')
	}
	return appendUnicode(out, c)
}

// appendUnicode writes an ASCII character as \u00xx.
func appendUnicode(out []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	return append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}

// appendEscape5 writes an escape that only JSON5 has, and tells how long it is;
// 0 means that it is none. \v is U+000B, of which SQLite's json(), but not its
// ->>, makes a tab.
func appendEscape5(out, p []byte) ([]byte, int) {
	if len(p) < 2 {
		return out, 0
	}
	switch p[1] {
	case '\'':
		return append(out, '\''), 2
	case 'v':
		return appendUnicode(out, '\v'), 2
	case '0':
		return appendUnicode(out, 0), 2
	case 'x':
		if len(p) >= 4 && isHex(p[2:4]) {
			return append(append(out, '\\', 'u', '0', '0'), p[2:4]...), 4
		}
	case '\n':
		return out, 2
	case '\r':
		if len(p) >= 3 && p[2] == '\n' {
			return out, 3
		}
		return out, 2
	case 0xe2: // U+2028 and U+2029 end a line, too
		if len(p) >= 4 && p[2] == 0x80 && (p[3] == 0xa8 || p[3] == 0xa9) {
			return out, 4
		}
	}
	return out, 0
}
