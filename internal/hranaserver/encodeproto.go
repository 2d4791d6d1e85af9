package hranaserver

import (
	"database/sql/driver"
	"encoding/binary"
	"math"
)

// protoCodec encodes answers as Protobuf. It is exact where JSON is not: it has
// an infinity.
type protoCodec struct{}

func (protoCodec) pipelineType() string { return typeProto }
func (protoCodec) cursorType() string   { return "application/octet-stream" }

func appendTag(b []byte, number, kind int) []byte {
	return binary.AppendUvarint(b, uint64(number<<3|kind))
}

// appendMessage appends a message within a message, whose length comes first.
func appendMessage(b []byte, number int, fn func(b []byte) []byte) []byte {
	b = appendTag(b, number, protoBytes)
	return appendDelimited(b, fn)
}

func appendDelimited(b []byte, fn func(b []byte) []byte) []byte {
	at := len(b)
	b = fn(append(b, 0))
	n := len(b) - at - 1
	if n < 0x80 {
		b[at] = byte(n)
		return b
	}
	var length [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(length[:], uint64(n))
	b = append(b, length[:size-1]...) // room
	copy(b[at+size:], b[at+1:at+1+n])
	copy(b[at:], length[:size])
	return b
}

// appendUint appends a number, which is left out when it is zero.
func appendUint(b []byte, number int, n uint64) []byte {
	if n == 0 {
		return b
	}
	return binary.AppendUvarint(appendTag(b, number, protoVarint), n)
}

func appendBool(b []byte, number int, v bool) []byte {
	if !v {
		return b
	}
	return appendUint(b, number, 1)
}

func appendSigned(b []byte, number int, n int64) []byte {
	return binary.AppendUvarint(appendTag(b, number, protoVarint), uint64(n)<<1^uint64(n>>63))
}

func appendDouble(b []byte, number int, f float64) []byte {
	return binary.LittleEndian.AppendUint64(appendTag(b, number, protoFixed8), math.Float64bits(f))
}

func appendText(b []byte, number int, s string) []byte {
	b = binary.AppendUvarint(appendTag(b, number, protoBytes), uint64(len(s)))
	return append(b, s...)
}

func appendOptionalText(b []byte, number int, s string) []byte {
	if s == "" {
		return b
	}
	return appendText(b, number, s)
}

func protoValue(b []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case int64:
		return appendSigned(b, 2, v)
	case float64:
		return appendDouble(b, 3, v)
	case string:
		return appendText(b, 4, v)
	case []byte:
		b = binary.AppendUvarint(appendTag(b, 5, protoBytes), uint64(len(v)))
		return append(b, v...)
	}
	return append(appendTag(b, 1, protoBytes), 0)
}

func protoRow(b []byte, values []driver.Value) []byte {
	for _, v := range values {
		b = appendMessage(b, 1, func(b []byte) []byte { return protoValue(b, v) })
	}
	return b
}

func protoColumns(b []byte, number int, cols []column) []byte {
	for _, c := range cols {
		b = appendMessage(b, number, func(b []byte) []byte {
			return appendOptionalText(appendText(b, 1, c.name), 2, c.declType)
		})
	}
	return b
}

func protoFailure(f *failure) func(b []byte) []byte {
	return func(b []byte) []byte { return appendText(appendText(b, 1, f.Message), 2, f.Code) }
}

func protoStmtResult(r *stmtResult) func(b []byte) []byte {
	return func(b []byte) []byte {
		b = protoColumns(b, 1, r.cols)
		n := len(r.cols)
		for i := range r.rows {
			b = appendMessage(b, 2, func(b []byte) []byte { return protoRow(b, r.values[i*n:(i+1)*n]) })
		}
		b = appendUint(b, 3, uint64(r.outcome.affected))
		if r.outcome.lastID != nil {
			b = appendSigned(b, 4, *r.outcome.lastID)
		}
		if r.index != nil {
			b = binary.AppendUvarint(appendTag(b, 5, protoVarint), *r.index)
		}
		b = appendUint(b, 6, uint64(r.outcome.read))
		b = appendUint(b, 7, uint64(r.outcome.wrote))
		return appendDouble(b, 8, r.outcome.milliseconds)
	}
}

// protoEntry is an entry of a map from the number of a step.
func protoEntry(b []byte, number, step int, message func(b []byte) []byte) []byte {
	return appendMessage(b, number, func(b []byte) []byte {
		b = binary.AppendUvarint(appendTag(b, 1, protoVarint), uint64(step))
		return appendMessage(b, 2, message)
	})
}

func protoBatchResult(r *batchResult) func(b []byte) []byte {
	return func(b []byte) []byte {
		for i, s := range r.results {
			if s != nil {
				b = protoEntry(b, 1, i, protoStmtResult(s))
			}
		}
		for i, f := range r.errors {
			if f != nil {
				b = protoEntry(b, 2, i, protoFailure(f))
			}
		}
		return b
	}
}

func protoDescription(d *description) func(b []byte) []byte {
	return func(b []byte) []byte {
		for _, name := range d.params {
			b = appendMessage(b, 1, func(b []byte) []byte { return appendOptionalText(b, 1, name) })
		}
		b = protoColumns(b, 2, d.cols)
		return appendBool(appendBool(b, 3, d.explain), 4, d.readOnly)
	}
}

func (protoCodec) pipeline(r *pipelineResponse) []byte {
	b := appendOptionalText(make([]byte, 0, 512), 1, r.baton)
	b = appendOptionalText(b, 2, r.baseURL)
	for i := range r.results {
		b = appendMessage(b, 3, func(b []byte) []byte { return protoResult(b, &r.results[i]) })
	}
	return b
}

func protoResult(b []byte, r *streamResult) []byte {
	if r.failed != nil {
		return appendMessage(b, 2, protoFailure(r.failed))
	}
	number := 0
	for i, typ := range requestTypes {
		if typ == r.typ {
			number = i
		}
	}
	return appendMessage(b, 1, func(b []byte) []byte {
		return appendMessage(b, number, func(b []byte) []byte {
			switch {
			case r.execute != nil:
				return appendMessage(b, 1, protoStmtResult(r.execute))
			case r.batch != nil:
				return appendMessage(b, 1, protoBatchResult(r.batch))
			case r.describe != nil:
				return appendMessage(b, 1, protoDescription(r.describe))
			}
			return appendBool(b, 1, r.autocommit)
		})
	})
}

// The entries of a cursor, each behind its length.

func (protoCodec) cursor(b []byte, baton, baseURL string) []byte {
	return appendDelimited(b, func(b []byte) []byte {
		return appendOptionalText(appendOptionalText(b, 1, baton), 2, baseURL)
	})
}

func (protoCodec) stepBegin(b []byte, step int, cols []column) []byte {
	return protoCursorEntry(b, 1, func(b []byte) []byte { return protoColumns(appendUint(b, 1, uint64(step)), 2, cols) })
}

func (protoCodec) stepEnd(b []byte, o outcome) []byte {
	return protoCursorEntry(b, 2, func(b []byte) []byte {
		b = appendUint(b, 1, uint64(o.affected))
		if o.lastID != nil {
			b = appendSigned(b, 2, *o.lastID)
		}
		return b
	})
}

func (protoCodec) stepError(b []byte, step int, f *failure) []byte {
	return protoCursorEntry(b, 3, func(b []byte) []byte {
		return appendMessage(appendUint(b, 1, uint64(step)), 2, protoFailure(f))
	})
}

func (protoCodec) row(b []byte, values []driver.Value) []byte {
	return protoCursorEntry(b, 4, func(b []byte) []byte { return protoRow(b, values) })
}

func (protoCodec) replicationIndex(b []byte, index uint64) []byte {
	return protoCursorEntry(b, 6, func(b []byte) []byte { return appendUint(b, 1, index) })
}

func protoCursorEntry(b []byte, number int, message func(b []byte) []byte) []byte {
	return appendDelimited(b, func(b []byte) []byte { return appendMessage(b, number, message) })
}
