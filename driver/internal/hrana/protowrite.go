package hrana

import (
	"database/sql/driver"
	"encoding/binary"
	"math"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/bind"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/timetext"
)

func appendKey(b []byte, number, kind int) []byte {
	return binary.AppendUvarint(b, uint64(number<<3|kind))
}

// appendField writes a text or a blob.
func appendField[T string | []byte](b []byte, number int, s T) []byte {
	b = binary.AppendUvarint(appendKey(b, number, kindBytes), uint64(len(s)))
	return append(b, s...)
}

// appendNested writes a message, in front of which its length is put.
func appendNested(b []byte, number int, message func(b []byte) []byte) []byte {
	b = appendKey(b, number, kindBytes)
	from := len(b)
	b = message(b)
	n := len(b) - from
	var length [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(length[:], uint64(n))
	b = append(b, length[:size]...) // room
	copy(b[from+size:], b[from:from+n])
	copy(b[from:], length[:size])
	return b
}

// appendArguments writes those of a statement, the only one of its text.
func appendArguments(b []byte, s *statement, args []driver.NamedValue) ([]byte, error) {
	names, err := sqltext.Params(s.text)
	if err != nil {
		return b, err
	}
	own, err := bind.Arrange(bind.Names(names), args)
	if err != nil {
		return b, err
	}
	shared := sharedNames(names)
	for i, a := range own {
		write := func(b []byte) []byte {
			var v []byte
			v, err = appendProtoValue(b, a.Value)
			return v
		}
		if s.at < 0 || !bind.IsName(names[i]) {
			b = appendNested(b, 3, write)
		} else {
			b = appendNested(b, 4, func(b []byte) []byte {
				return appendNested(appendField(b, 1, argumentName(names[i], shared)), 2, write)
			})
		}
		if err != nil {
			return b, bind.Bad(a, err)
		}
	}
	return b, nil
}

func appendProtoValue(b []byte, value driver.Value) ([]byte, error) {
	switch v := value.(type) {
	case int64:
		return appendSigned(b, v), nil
	case bool:
		if v {
			return appendSigned(b, 1), nil
		}
		return appendSigned(b, 0), nil
	case float64:
		return binary.LittleEndian.AppendUint64(appendKey(b, 3, kindFixed8), math.Float64bits(v)), nil
	case string:
		return appendField(b, 4, v), nil
	case []byte:
		if v != nil {
			return appendField(b, 5, v), nil
		}
	case time.Time:
		text, err := timetext.Append(nil, v)
		return appendField(b, 4, text), err
	}
	return append(appendKey(b, 1, kindBytes), 0), nil // NULL
}

func appendSigned(b []byte, n int64) []byte {
	return binary.AppendUvarint(appendKey(b, 2, kindVarint), uint64(n)<<1^uint64(n>>63))
}
