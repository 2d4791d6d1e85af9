package types

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// The types of JSONB's elements: https://www.sqlite.org/jsonb.html.
const (
	jsonbNull byte = iota
	jsonbTrue
	jsonbFalse
	jsonbInt
	jsonbInt5 // hexadecimal
	jsonbFloat
	jsonbFloat5 // with no digit before or behind the point
	jsonbText   // with nothing to escape
	jsonbTextJ  // with JSON's escapes
	jsonbText5  // with JSON5's escapes
	jsonbTextRaw
	jsonbArray
	jsonbObject
)

// An element begins with its type in the low half of a byte. The high half is
// the size of its payload up to 11; 12 to 15 say that the size stands behind, in
// 1, 2, 4 or 8 bytes.

// jsonbHeader reads the header of the element at the beginning of b. The size is
// checked against what is there.
func jsonbHeader(b []byte) (typ byte, payload, rest []byte, err error) {
	if len(b) == 0 {
		return 0, nil, nil, errors.New("an element is missing")
	}
	typ, size, n := b[0]&0x0f, uint64(b[0]>>4), 1
	if size > 11 {
		n = 1 + 1<<(size-12)
		if len(b) < n {
			return 0, nil, nil, errors.New("a header is cut off")
		}
		var wide [8]byte
		copy(wide[8-(n-1):], b[1:n])
		size = binary.BigEndian.Uint64(wide[:])
	}
	if size > uint64(len(b)-n) {
		return 0, nil, nil, errors.New("an element is longer than what is there")
	}
	end := n + int(size)
	return typ, b[n:end], b[end:], nil
}

// appendJSONBHeader writes the shortest header.
func appendJSONBHeader(b []byte, typ byte, size int) []byte {
	switch {
	case size <= 11:
		return append(b, byte(size)<<4|typ)
	case size <= math.MaxUint8:
		return append(b, 12<<4|typ, byte(size))
	case size <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, 13<<4|typ), uint16(size))
	}
	return binary.BigEndian.AppendUint32(append(b, 14<<4|typ), uint32(size))
}

// maxJSONB is the size of the largest value in SQLite.
const maxJSONB = 1<<31 - 1

// maxDepth is how deep a document may be for SQLite.
const maxDepth = 1000

// encodeJSONB makes JSONB of a text that encoding/json has written: the very
// bytes that SQLite's jsonb() makes of it.
func encodeJSONB(text []byte) ([]byte, error) {
	e := jsonbEncoder{text: text, out: make([]byte, 0, len(text))}
	if err := e.element(0); err != nil {
		return []byte{}, fmt.Errorf("libsql: JSONB: %w", err)
	}
	if e.at != len(text) {
		return []byte{}, fmt.Errorf("libsql: JSONB: %w", e.unexpected())
	}
	if len(e.out) > maxJSONB {
		return []byte{}, fmt.Errorf("libsql: JSONB: the document has %d bytes, more than a value in SQLite can have", len(e.out))
	}
	return e.out, nil
}

type jsonbEncoder struct {
	text []byte // without blanks
	at   int
	out  []byte
}

func (e *jsonbEncoder) unexpected() error {
	if e.at >= len(e.text) {
		return errors.New("the text ends too early")
	}
	return fmt.Errorf("unexpected %q at byte %d", e.text[e.at], e.at)
}

// next tells whether the byte is next, and takes it if it is.
func (e *jsonbEncoder) next(c byte) bool {
	if e.at < len(e.text) && e.text[e.at] == c {
		e.at++
		return true
	}
	return false
}

func (e *jsonbEncoder) element(depth int) error {
	if e.at >= len(e.text) {
		return e.unexpected()
	}
	switch c := e.text[e.at]; c {
	case 'n':
		return e.word("null", jsonbNull)
	case 't':
		return e.word("true", jsonbTrue)
	case 'f':
		return e.word("false", jsonbFalse)
	case '"':
		return e.string()
	case '[', '{':
		if depth == maxDepth {
			return fmt.Errorf("the document is deeper than %d levels", maxDepth)
		}
		return e.container(c == '{', depth+1)
	}
	return e.number()
}

func (e *jsonbEncoder) word(word string, typ byte) error {
	for i := range len(word) {
		if !e.next(word[i]) {
			return e.unexpected()
		}
	}
	e.out = append(e.out, typ)
	return nil
}

func (e *jsonbEncoder) string() error {
	if !e.next('"') {
		return e.unexpected()
	}
	start, typ := e.at, jsonbText
	for ; e.at < len(e.text); e.at++ {
		switch c := e.text[e.at]; {
		case c == '"':
			e.payload(typ, e.text[start:e.at])
			e.at++
			return nil
		case c == '\\':
			typ = jsonbTextJ
			n := escapeLen(e.text[e.at:])
			if n == 0 {
				return e.unexpected()
			}
			e.at += n - 1
		case c < ' ':
			return e.unexpected()
		}
	}
	return e.unexpected()
}

func (e *jsonbEncoder) number() error {
	n, float := numberLen(e.text[e.at:])
	if n == 0 {
		return e.unexpected()
	}
	typ := jsonbInt
	if float {
		typ = jsonbFloat
	}
	e.payload(typ, e.text[e.at:e.at+n])
	e.at += n
	return nil
}

func (e *jsonbEncoder) payload(typ byte, p []byte) {
	e.out = append(appendJSONBHeader(e.out, typ, len(p)), p...)
}

// container makes room for a header of one byte, and for more once it knows its
// size.
func (e *jsonbEncoder) container(object bool, depth int) error {
	typ, end := jsonbArray, byte(']')
	if object {
		typ, end = jsonbObject, '}'
	}
	e.at++
	start := len(e.out)
	e.out = append(e.out, typ)
	for first := true; !e.next(end); first = false {
		if !first && !e.next(',') {
			return e.unexpected()
		}
		if object {
			if err := e.string(); err != nil {
				return err
			}
			if !e.next(':') {
				return e.unexpected()
			}
		}
		if err := e.element(depth); err != nil {
			return err
		}
	}
	header := appendJSONBHeader(make([]byte, 0, 5), typ, len(e.out)-start-1)
	e.out = slices.Replace(e.out, start, start+1, header...)
	return nil
}

// escapeLen is the length of the escape of JSON at the beginning, 0 if it is
// none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) >= 6 && isHex(b[2:6]) {
			return 6
		}
	}
	return 0
}

func isHex(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

func digitsLen(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// numberLen is the length of the JSON number at the beginning, 0 if there is
// none, and whether it has a point or an exponent.
func numberLen(b []byte) (n int, float bool) {
	if n < len(b) && b[n] == '-' {
		n++
	}
	whole := digitsLen(b[n:])
	if whole == 0 || whole > 1 && b[n] == '0' {
		return 0, false
	}
	n += whole
	if n < len(b) && b[n] == '.' {
		fraction := digitsLen(b[n+1:])
		if fraction == 0 {
			return 0, false
		}
		n += 1 + fraction
		float = true
	}
	if n < len(b) && b[n]|0x20 == 'e' {
		n++
		if n < len(b) && (b[n] == '+' || b[n] == '-') {
			n++
		}
		exponent := digitsLen(b[n:])
		if exponent == 0 {
			return 0, false
		}
		n += exponent
		float = true
	}
	return n, float
}
