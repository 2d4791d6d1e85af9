package types

import (
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/gorm-libsql/libsql/internal/vecindex"
)

// The blobs of libSQL (https://github.com/tursodatabase/libsql/blob/main/libsql-sqlite3/src/vectorInt.h):
// little-endian numbers, and behind them, except with float32, the storage's
// number. That makes their length odd, and the one of float32 even.

var errEmptyVector = errors.New("libsql: an empty vector cannot be searched: store NULL, a nil vector")

func checkLength(n int) error {
	switch {
	case n == 0:
		return errEmptyVector
	case n > vecindex.MaxDims:
		return fmt.Errorf("libsql: a vector of %d dimensions: libSQL has at most %d", n, vecindex.MaxDims)
	}
	return nil
}

func notFinite[F float32 | float64](v []F) error {
	for i, x := range v {
		if x-x != 0 { // NaN or infinite
			return fmt.Errorf("libsql: the number at position %d of a vector is %v: it has no distance to anything", i, x)
		}
	}
	return nil
}

func value32(v []float32, k vecindex.Kind) (driver.Value, error) {
	if v == nil {
		return nil, nil
	}
	b, err := encode32(v, k)
	if err != nil {
		return nil, err
	}
	return b, nil
}

func value64(v []float64) (driver.Value, error) {
	if v == nil {
		return nil, nil
	}
	if err := checkLength(len(v)); err != nil {
		return nil, err
	}
	b := make([]byte, 8*len(v)+1)
	b[8*len(v)] = byte(vecindex.Float64)
	const exponent = 0x7ff << 52
	finite := true
	out := b
	for _, x := range v {
		bits := math.Float64bits(x)
		finite = finite && bits&exponent != exponent
		binary.LittleEndian.PutUint64(out, bits)
		out = out[8:]
	}
	if !finite {
		return nil, notFinite(v)
	}
	return b, nil
}

func encode32(v []float32, k vecindex.Kind) ([]byte, error) {
	if err := checkLength(len(v)); err != nil {
		return nil, err
	}
	if k == vecindex.Float32 {
		b := float32Bytes(v)
		if !allFinite(b) {
			return nil, notFinite(v)
		}
		return b, nil
	}
	if err := notFinite(v); err != nil {
		return nil, err
	}
	switch k {
	case vecindex.Float16:
		return encodeHalf(v)
	case vecindex.FloatB16:
		b := make([]byte, 2*len(v)+1)
		for i, x := range v {
			binary.LittleEndian.PutUint16(b[2*i:], uint16(math.Float32bits(x)>>16))
		}
		b[2*len(v)] = byte(k)
		return b, nil
	case vecindex.Float8:
		return encodeBytes(v)
	}
	return encodeBits(v), nil
}

// allFinite tells that none of the float32 has an exponent of all ones. It looks
// at two numbers a time, in which such an exponent carries into the sign.
func allFinite(b []byte) bool {
	const unsigned, one, sign = 0x7fffffff7fffffff, 0x0080000000800000, 0x8000000080000000
	var over uint64
	for ; len(b) >= 32; b = b[32:] {
		over |= (binary.LittleEndian.Uint64(b)&unsigned + one) | (binary.LittleEndian.Uint64(b[8:])&unsigned + one) |
			(binary.LittleEndian.Uint64(b[16:])&unsigned + one) | (binary.LittleEndian.Uint64(b[24:])&unsigned + one)
	}
	for ; len(b) >= 4; b = b[4:] {
		over |= uint64(binary.LittleEndian.Uint32(b))&unsigned + one
	}
	return over&sign == 0
}

func encodeHalf(v []float32) ([]byte, error) {
	b := make([]byte, 2*len(v)+1)
	for i, x := range v {
		h := toHalf(x)
		if h&0x7c00 == 0x7c00 {
			return nil, fmt.Errorf("libsql: the number at position %d of a vector is %v: a float16 ends at 65504", i, x)
		}
		binary.LittleEndian.PutUint16(b[2*i:], h)
	}
	b[2*len(v)] = byte(vecindex.Float16)
	return b, nil
}

// toHalf rounds to the nearest float16, to the even one of two.
func toHalf(x float32) uint16 {
	bits := math.Float32bits(x)
	sign := uint16(bits >> 16 & 0x8000)
	bits &^= 1 << 31
	switch {
	case bits >= 0x47800000: // 65536 and more
		if bits > 0x7f800000 {
			return sign | 0x7e00
		}
		return sign | 0x7c00
	case bits < 0x38800000: // below 2^-14: float16 has no exponent for it
		// libSQL cuts off what lies too low, and rounds what is left
		kept := (bits&0x7fffff | 0x800000) >> min(113-bits>>23, 31)
		return sign | uint16((kept+0xfff+kept>>13&1)>>13)
	}
	bits += 0xc8000fff + bits>>13&1 // the exponent's other bias, and half of what is cut off
	return sign | uint16(bits>>13)
}

func encodeBytes(v []float32) ([]byte, error) {
	low, high := v[0], v[0]
	for _, x := range v {
		low, high = min(low, x), max(high, x)
	}
	scale := (high - low) / 255
	if scale-scale != 0 {
		return nil, fmt.Errorf("libsql: the numbers of a vector go from %v to %v: too far for one scale of bytes", low, high)
	}
	aligned := (len(v) + 3) &^ 3
	b := make([]byte, aligned+11)
	if scale != 0 {
		for i, x := range v {
			b[i] = byte(max(0, min(255, int((x-low)/scale+0.5))))
		}
	}
	binary.LittleEndian.PutUint32(b[aligned:], math.Float32bits(scale))
	binary.LittleEndian.PutUint32(b[aligned+4:], math.Float32bits(low))
	b[aligned+9] = byte(aligned - len(v))
	b[aligned+10] = byte(vecindex.Float8)
	return b, nil
}

func encodeBits(v []float32) []byte {
	n := (len(v) + 7) / 8
	b := make([]byte, n+1-n%2, n+3)
	for i, x := range v {
		if x > 0 {
			b[i/8] |= 1 << (i % 8)
		}
	}
	return append(b, byte(8*(len(b)+1)-len(v)), byte(vecindex.Float1))
}
