package hrana

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// reader reads a JSON text. It keeps where it is, so that an error can name the
// field: "results[0].response.result.rows[3][1].value is no string".
//
// The first error stays, and ends everything: whoever reads a list or an
// object by it need not look at errors in between.
type reader struct {
	buf  []byte
	pos  int
	path []place
	err  error
	room [12]place // of the path
}

// place is a step on the way to a field: a key, or an index of a list.
type place struct {
	key   []byte
	index int // -1 for a key
}

// maxDepth is how deep an answer may be nested; none of the protocol's is
// deeper than 12.
const maxDepth = 64

var errMalformed = errors.New("malformed answer")

func (r *reader) fail(format string, args ...any) {
	if r.err != nil {
		return
	}
	r.err = fmt.Errorf("%w: %s%s", errMalformed, r.where(), fmt.Sprintf(format, args...))
	r.pos = len(r.buf)
}

// where is the path of the field, with a blank behind it.
func (r *reader) where() string {
	var b []byte
	for _, p := range r.path {
		if p.index >= 0 {
			b = append(strconv.AppendInt(append(b, '['), int64(p.index), 10), ']')
			continue
		}
		if len(b) > 0 {
			b = append(b, '.')
		}
		key := p.key[:min(len(p.key), 40)]
		for _, c := range key {
			if c < ' ' || c > '~' {
				c = '?'
			}
			b = append(b, c)
		}
	}
	if len(b) == 0 {
		return "it "
	}
	return string(append(b, ' '))
}

// peek is the next byte that counts, 0 at the end.
func (r *reader) peek() byte {
	for r.pos < len(r.buf) {
		switch c := r.buf[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// take reads the byte if it is the next that counts.
func (r *reader) take(c byte) bool {
	if r.err == nil && r.peek() == c && c != 0 {
		r.pos++
		return true
	}
	return false
}

// end fails when there is more.
func (r *reader) end() {
	if r.peek(); r.err == nil && r.pos < len(r.buf) { // a NUL is something, too
		r.fail("goes on behind its end")
	}
}

// null reads a null, if there is one.
func (r *reader) null() bool { return r.peek() == 'n' && r.word("null") }

func (r *reader) word(w string) bool {
	if r.err != nil || len(r.buf)-r.pos < len(w) || string(r.buf[r.pos:r.pos+len(w)]) != w {
		return false
	}
	r.pos += len(w)
	return true
}

// object calls field for each key; what field does not read is skipped. A key
// is good until field returns.
func (r *reader) object(field func(key []byte)) {
	if !r.take('{') {
		r.fail("is no object")
		return
	}
	if r.take('}') {
		return
	}
	depth := len(r.path)
	if depth >= maxDepth {
		r.fail("is nested too deep")
		return
	}
	r.enter(place{index: -1})
	for r.err == nil {
		key := r.stringBytes()
		r.path[depth].key = key
		if !r.take(':') {
			r.fail("has no value")
			return
		}
		r.peek()
		before := r.pos
		field(key)
		if r.err == nil && r.pos == before {
			r.skip()
		}
		if !r.take(',') {
			break
		}
	}
	if r.err == nil {
		r.path = r.path[:depth]
	}
	if !r.take('}') {
		r.fail("has no end")
	}
}

// enter goes down into a field.
func (r *reader) enter(p place) {
	if r.path == nil {
		r.path = r.room[:0]
	}
	r.path = append(r.path, p)
}

// list calls element for each element, which must read it.
func (r *reader) list(element func(i int)) {
	if !r.take('[') {
		r.fail("is no list")
		return
	}
	if r.take(']') {
		return
	}
	depth := len(r.path)
	if depth >= maxDepth {
		r.fail("is nested too deep")
		return
	}
	r.enter(place{})
	for i := 0; r.err == nil; i++ {
		r.path[depth].index = i
		element(i)
		if !r.take(',') {
			break
		}
	}
	if r.err == nil {
		r.path = r.path[:depth]
	}
	if !r.take(']') {
		r.fail("has no end")
	}
}

// skip reads a value of any kind.
func (r *reader) skip() {
	switch c := r.peek(); {
	case c == '{':
		r.object(func([]byte) {})
	case c == '[':
		r.list(func(int) { r.skip() })
	case c == '"':
		r.stringBytes()
	case c == 't' && r.word("true"), c == 'f' && r.word("false"), c == 'n' && r.word("null"):
	case c == '-' || c >= '0' && c <= '9':
		r.number()
	default:
		r.fail("is no JSON value")
	}
}

// boolean reads true or false.
func (r *reader) boolean() bool {
	switch {
	case r.peek() == 't' && r.word("true"):
		return true
	case r.peek() == 'f' && r.word("false"):
	default:
		r.fail("is neither true nor false")
	}
	return false
}

// number reads the text of a number; good until the buffer changes.
func (r *reader) number() []byte {
	r.peek()
	from, digits := r.pos, 0
	run := func() {
		for digits = 0; r.pos < len(r.buf) && r.buf[r.pos] >= '0' && r.buf[r.pos] <= '9'; r.pos++ {
			digits++
		}
	}
	next := func(set string) bool {
		for i := 0; r.pos < len(r.buf) && i < len(set); i++ {
			if r.buf[r.pos] == set[i] {
				r.pos++
				return true
			}
		}
		return false
	}
	next("-")
	first := r.pos
	run()
	good := digits > 0 && (digits == 1 || r.buf[first] != '0')
	if good && next(".") {
		run()
		good = digits > 0
	}
	if good && next("eE") {
		next("+-")
		run()
		good = digits > 0
	}
	if !good {
		r.fail("is no number")
		return nil
	}
	return r.buf[from:r.pos]
}

// float reads a number.
func (r *reader) float() float64 {
	text := r.number()
	if r.err != nil {
		return 0
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		r.fail("is a number that is too large")
	}
	return f
}

// integer reads a whole number, as a number or, as the protocol has it in most
// places, as a string.
func (r *reader) integer() int64 {
	var text []byte
	if r.peek() == '"' {
		text = r.stringBytes()
	} else {
		text = r.number()
	}
	if r.err != nil {
		return 0
	}
	n, ok := parseInt(text)
	if !ok {
		r.fail("is no 64-bit integer")
	}
	return n
}

// parseInt is strconv.ParseInt without an allocation.
func parseInt(text []byte) (int64, bool) {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		n, err := strconv.ParseInt(string(text), 10, 64)
		return n, err == nil && text[0] != '+'
	}
	n := int64(0)
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(text) {
		n = -n
	}
	return n, true
}

// text reads a string.
func (r *reader) text() string { return string(r.stringBytes()) }

// stringBytes reads a string. Without escapes it is a part of the buffer.
func (r *reader) stringBytes() []byte {
	if !r.take('"') {
		r.fail("is no string")
		return nil
	}
	from := r.pos
	for i := r.pos; i < len(r.buf); i++ {
		switch c := r.buf[i]; {
		case c == '"':
			s := r.buf[from:i]
			r.pos = i + 1
			if !utf8.Valid(s) {
				r.fail("is not UTF-8")
				return nil
			}
			return s
		case c == '\\':
			return r.escaped(from, i)
		case c < ' ':
			r.fail("holds a control character")
			return nil
		}
	}
	r.fail("has no end")
	return nil
}

// escaped reads a string from its first escape on.
func (r *reader) escaped(from, i int) []byte {
	out := append(make([]byte, 0, i-from+32), r.buf[from:i]...)
	for i < len(r.buf) {
		c := r.buf[i]
		i++
		switch {
		case c == '"':
			r.pos = i
			if !utf8.Valid(out) {
				r.fail("is not UTF-8")
				return nil
			}
			return out
		case c < ' ':
			r.fail("holds a control character")
			return nil
		case c != '\\':
			out = append(out, c)
			continue
		case i == len(r.buf):
			r.fail("has no end")
			return nil
		}
		c = r.buf[i]
		i++
		switch c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			u, ok := hex4(r.buf[i:])
			if !ok {
				r.fail("holds an escape that is none")
				return nil
			}
			i += 4
			if utf16.IsSurrogate(u) {
				low, ok := rune(0), i+6 <= len(r.buf) && r.buf[i] == '\\' && r.buf[i+1] == 'u'
				if ok {
					low, ok = hex4(r.buf[i+2:])
				}
				if u = utf16.DecodeRune(u, low); !ok || u == utf8.RuneError {
					r.fail("holds half a character")
					return nil
				}
				i += 6
			}
			out = utf8.AppendRune(out, u)
		default:
			r.fail("holds an escape that is none")
			return nil
		}
	}
	r.fail("has no end")
	return nil
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var u rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		u = u<<4 | rune(c)
	}
	return u, true
}
