package hranaserver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// The kinds of fields: https://protobuf.dev/programming-guides/encoding/.
const (
	protoVarint = 0
	protoFixed8 = 1 // 8 bytes
	protoBytes  = 2
	protoFixed4 = 5
)

// protoDepth bounds messages within messages.
const protoDepth = 100

var errProto = errors.New("the message is cut short or malformed")

// field is a field of a message, of one of the kinds.
type field struct {
	number, kind int
	n            uint64
	data         []byte
}

// fields calls fn with each field of a message.
func fields(b []byte, depth int, fn func(f field) error) error {
	if depth > protoDepth {
		return errors.New("recursion limit reached")
	}
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 || tag>>3 == 0 || tag > math.MaxUint32 {
			return errProto
		}
		f := field{number: int(tag >> 3), kind: int(tag & 7)}
		b = b[n:]
		switch f.kind {
		case protoVarint:
			if f.n, n = binary.Uvarint(b); n <= 0 {
				return errProto
			}
			b = b[n:]
		case protoFixed8, protoFixed4:
			size := 8
			if f.kind == protoFixed4 {
				size = 4
			}
			if len(b) < size {
				return errProto
			}
			f.data, b = b[:size], b[size:]
		case protoBytes:
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) {
				return errProto
			}
			f.data, b = b[n:n+int(size)], b[n+int(size):]
		default:
			return errProto
		}
		if err := fn(f); err != nil {
			return err
		}
	}
	return nil
}

// is checks the kind of a field that is known.
func (f field) is(kind int) error {
	if f.kind != kind {
		return fmt.Errorf("field %d has the wrong wire type", f.number)
	}
	return nil
}

func (f field) text() (*string, error) {
	if err := f.is(protoBytes); err != nil {
		return nil, err
	}
	if !utf8.Valid(f.data) {
		return nil, errors.New("a string is not UTF-8")
	}
	s := string(f.data)
	return &s, nil
}

func (f field) int32() (*int32, error) {
	n := int32(f.n)
	return &n, f.is(protoVarint)
}

func (f field) uint32() (*uint32, error) {
	n := uint32(f.n)
	return &n, f.is(protoVarint)
}

// message decodes a message within the message.
func (f field) message(depth int, fn func(f field) error) error {
	if err := f.is(protoBytes); err != nil {
		return err
	}
	return fields(f.data, depth, fn)
}

func (protoCodec) readPipeline(body []byte, into *pipelineRequest) error {
	return protoError(fields(body, 0, func(f field) (err error) {
		switch f.number {
		case 1:
			into.Baton, err = f.text()
		case 2:
			var r streamRequest
			err = r.fromProto(f, 1)
			into.Requests = append(into.Requests, r)
		}
		return err
	}))
}

func (protoCodec) readCursor(body []byte, into *cursorRequest) error {
	into.Batch = &batchRequest{Steps: []stepRequest{}}
	return protoError(fields(body, 0, func(f field) (err error) {
		switch f.number {
		case 1:
			into.Baton, err = f.text()
		case 2:
			err = into.Batch.fromProto(f, 1)
		}
		return err
	}))
}

func protoError(err error) error {
	var r *refusal
	if err == nil || errors.As(err, &r) {
		return err
	}
	return protocolError("Could not decode client message from Protobuf: %v", err)
}

var requestTypes = [...]string{1: "close", 2: "execute", 3: "batch", 4: "sequence", 5: "describe", 6: "store_sql", 7: "close_sql", 8: "get_autocommit"}

func (r *streamRequest) fromProto(f field, depth int) error {
	err := f.message(depth, func(f field) error {
		if f.number >= len(requestTypes) {
			return nil
		}
		*r = streamRequest{Type: requestTypes[f.number]}
		return r.fieldsFromProto(f, depth+1)
	})
	if err == nil && r.Type == "" {
		return protocolError("StreamRequest type not recognized")
	}
	return err
}

func (r *streamRequest) fieldsFromProto(f field, depth int) error {
	switch r.Type {
	case "execute":
		r.Stmt = &stmtRequest{}
		return f.message(depth, func(f field) error {
			if f.number == 1 {
				return r.Stmt.fromProto(f, depth+1)
			}
			return nil
		})
	case "batch":
		r.Batch = &batchRequest{Steps: []stepRequest{}}
		return f.message(depth, func(f field) error {
			if f.number == 1 {
				return r.Batch.fromProto(f, depth+1)
			}
			return nil
		})
	case "store_sql", "close_sql":
		r.SQL, r.SQLID = new(string), new(int32)
		return f.message(depth, func(f field) (err error) {
			switch f.number {
			case 1:
				r.SQLID, err = f.int32()
			case 2:
				r.SQL, err = f.text()
			}
			return err
		})
	}
	return f.message(depth, func(f field) (err error) {
		switch f.number {
		case 1:
			r.SQL, err = f.text()
		case 2:
			r.SQLID, err = f.int32()
		}
		return err
	})
}

func (s *stmtRequest) fromProto(f field, depth int) error {
	return f.message(depth, func(f field) (err error) {
		switch f.number {
		case 1:
			s.SQL, err = f.text()
		case 2:
			s.SQLID, err = f.int32()
		case 3:
			var v value
			err = v.fromProto(f, depth+1)
			s.Args = append(s.Args, v)
		case 4:
			a := namedArg{Name: new(string)}
			err = a.fromProto(f, depth+1)
			s.NamedArgs = append(s.NamedArgs, a)
		case 5:
			want := f.n != 0
			s.WantRows, err = &want, f.is(protoVarint)
		}
		return err
	})
}

func (a *namedArg) fromProto(f field, depth int) error {
	err := f.message(depth, func(f field) (err error) {
		switch f.number {
		case 1:
			a.Name, err = f.text()
		case 2:
			a.Value = &value{}
			err = a.Value.fromProto(f, depth+1)
		}
		return err
	})
	if err == nil && a.Value == nil {
		return errNoValue
	}
	return err
}

var errNoValue = protocolError("Value type not recognized")

func (v *value) fromProto(f field, depth int) error {
	known := false
	err := f.message(depth, func(f field) error {
		if f.number > 5 {
			return nil
		}
		known = true
		return v.fieldFromProto(f)
	})
	if err == nil && !known {
		return errNoValue
	}
	return err
}

func (v *value) fieldFromProto(f field) error {
	switch f.number {
	case 1:
		v.v = nil
	case 2:
		v.v = int64(f.n>>1) ^ -int64(f.n&1)
		return f.is(protoVarint)
	case 3:
		if err := f.is(protoFixed8); err != nil {
			return err
		}
		x := math.Float64frombits(binary.LittleEndian.Uint64(f.data))
		if math.IsNaN(x) {
			return errors.New("NaN cannot be stored")
		}
		v.v = x
	case 4:
		s, err := f.text()
		if err != nil {
			return err
		}
		v.v = *s
	case 5:
		v.v = append([]byte{}, f.data...)
		return f.is(protoBytes)
	}
	return nil
}

func (b *batchRequest) fromProto(f field, depth int) error {
	return f.message(depth, func(f field) error {
		if f.number != 1 {
			return nil
		}
		s := stepRequest{Stmt: &stmtRequest{}}
		err := f.message(depth+1, func(f field) error {
			switch f.number {
			case 1:
				s.Condition = &condition{}
				return s.Condition.fromProto(f, depth+2)
			case 2:
				return s.Stmt.fromProto(f, depth+2)
			}
			return nil
		})
		b.Steps = append(b.Steps, s)
		return err
	})
}

func (c *condition) fromProto(f field, depth int) error {
	err := f.message(depth, func(f field) (err error) {
		switch f.number {
		case 1:
			c.Type = "ok"
			c.Step, err = f.uint32()
		case 2:
			c.Type = "error"
			c.Step, err = f.uint32()
		case 3:
			c.Type, c.Cond = "not", &condition{}
			err = c.Cond.fromProto(f, depth+1)
		case 4, 5:
			c.Type = map[int]string{4: "and", 5: "or"}[f.number]
			c.Conds = &[]condition{}
			err = f.message(depth+1, func(f field) error {
				if f.number != 1 {
					return nil
				}
				var one condition
				err := one.fromProto(f, depth+2)
				*c.Conds = append(*c.Conds, one)
				return err
			})
		case 6:
			c.Type = "is_autocommit"
		}
		return err
	})
	if err == nil && c.Type == "" {
		return protocolError("BatchCond type not recognized")
	}
	return err
}
