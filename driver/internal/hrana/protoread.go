package hrana

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"database/sql/driver"
)

// Protobuf, which the engine speaks in cursors alone. The messages are those of the appendix of
// https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md, and
// of libsql-server, which ends a cursor with an entry of its own.

// The kinds of fields: https://protobuf.dev/programming-guides/encoding/.
const (
	kindVarint = 0
	kindFixed8 = 1
	kindBytes  = 2
	kindFixed4 = 5
)

// protoReader reads the fields of a message. The first error stays, as with
// reader; it names the message.
type protoReader struct {
	what string
	err  error
}

func (r *protoReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s %s", errMalformed, r.what, fmt.Sprintf(format, args...))
	}
}

// protoField is a field of a message.
type protoField struct {
	number int
	kind   int
	n      uint64 // of a number
	data   []byte // of a message, a text or a blob: a part of the buffer
}

// next takes the next field of a message.
func (r *protoReader) next(b []byte) (f protoField, rest []byte) {
	tag, n := binary.Uvarint(b)
	if n <= 0 || tag>>3 == 0 || tag > math.MaxUint32 {
		r.fail("has a field that is none")
		return f, nil
	}
	f.number, f.kind = int(tag>>3), int(tag&7)
	b = b[n:]
	switch f.kind {
	case kindVarint:
		if f.n, n = binary.Uvarint(b); n > 0 {
			return f, b[n:]
		}
	case kindFixed8:
		if len(b) >= 8 {
			f.n = binary.LittleEndian.Uint64(b)
			return f, b[8:]
		}
	case kindFixed4:
		if len(b) >= 4 {
			return f, b[4:]
		}
	case kindBytes:
		if size, n := binary.Uvarint(b); n > 0 && size <= uint64(len(b)-n) {
			f.data = b[n : n+int(size)]
			return f, b[n+int(size):]
		}
	}
	r.fail("has a field %d that is cut short or of an unknown kind", f.number)
	return f, nil
}

// is checks the kind of a field that is known.
func (r *protoReader) is(f *protoField, kind int) bool {
	if f.kind != kind {
		r.fail("has a field %d of the wrong kind", f.number)
	}
	return r.err == nil
}

func (r *protoReader) text(f *protoField) string {
	if r.is(f, kindBytes) && !utf8.Valid(f.data) {
		r.fail("has a text that is not UTF-8")
	}
	return string(f.data)
}

func zigzag(n uint64) int64 { return int64(n>>1) ^ -int64(n&1) }

// The entries of a cursor by their numbers.
var entryTypes = [...]string{1: "step_begin", 2: "step_end", 3: "step_error", 4: "row", 5: "error", 6: "replication_index"}

// readProtoEntry reads an entry of a cursor; row is memory for the values.
func readProtoEntry(b []byte, row []driver.Value) (e entry, err error) {
	r := &protoReader{what: "an entry"}
	e.step = -1
	for len(b) > 0 && r.err == nil {
		var f protoField
		f, b = r.next(b)
		if r.err != nil || f.number >= len(entryTypes) || !r.is(&f, kindBytes) {
			continue
		}
		e.typ = entryTypes[f.number]
		r.what = e.typ
		if e.typ == "row" {
			e.row = r.row(f.data, row[:0])
			continue
		}
		r.entry(f.data, &e)
	}
	return e, r.err
}

func (r *protoReader) entry(b []byte, e *entry) {
	if e.typ != "replication_index" && e.typ != "step_end" && e.typ != "error" {
		e.step = 0 // a zero is left out
	}
	if e.typ == "error" {
		e.err = r.serverError(b)
		return
	}
	for len(b) > 0 && r.err == nil {
		var f protoField
		f, b = r.next(b)
		switch {
		case r.err != nil:
		case f.number == 1 && r.is(&f, kindVarint):
			switch e.typ {
			case "step_end":
				e.result.changes = int64(f.n)
			case "replication_index":
				e.result.written = int64(f.n)
			default:
				e.step = int(f.n)
			}
		case f.number == 2 && e.typ == "step_end":
			if r.is(&f, kindVarint) {
				e.result.rowid = zigzag(f.n)
			}
		case f.number == 2 && r.is(&f, kindBytes):
			if e.typ == "step_begin" {
				e.cols = append(e.cols, r.column(f.data))
			} else {
				e.err = r.serverError(f.data)
			}
		}
	}
}

func (r *protoReader) column(b []byte) (c column) {
	r.texts(b, &c.name, &c.decl)
	return c
}

func (r *protoReader) serverError(b []byte) *serverError {
	e := &serverError{}
	r.texts(b, &e.message, &e.code)
	return e
}

// texts reads a message of two texts.
func (r *protoReader) texts(b []byte, one, two *string) {
	for len(b) > 0 && r.err == nil {
		var f protoField
		switch f, b = r.next(b); {
		case r.err != nil:
		case f.number == 1:
			*one = r.text(&f)
		case f.number == 2:
			*two = r.text(&f)
		}
	}
}

// row reads a row behind values.
func (r *protoReader) row(b []byte, values []driver.Value) []driver.Value {
	for len(b) > 0 && r.err == nil {
		var f protoField
		if f, b = r.next(b); r.err == nil && f.number == 1 && r.is(&f, kindBytes) {
			values = append(values, r.value(f.data))
		}
	}
	return values
}

func (r *protoReader) value(b []byte) (v driver.Value) {
	known := false
	for len(b) > 0 && r.err == nil {
		var f protoField
		if f, b = r.next(b); r.err != nil {
			break
		}
		known = true
		switch f.number {
		case 1:
			v = nil
		case 2:
			r.is(&f, kindVarint)
			v = zigzag(f.n)
		case 3:
			r.is(&f, kindFixed8)
			v = math.Float64frombits(f.n)
		case 4:
			v = r.text(&f)
		case 5:
			r.is(&f, kindBytes)
			v = append(make([]byte, 0, len(f.data)), f.data...)
		default:
			known = false
		}
	}
	if !known {
		r.fail("has a value of no type")
	}
	return v
}
