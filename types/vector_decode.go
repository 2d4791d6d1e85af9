package types

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/internal/vecindex"
)

// blobOf tells what a blob is, and where its numbers are; the error when it is
// none of libSQL's.
func blobOf(b []byte) (k vecindex.Kind, dims int, err error) {
	n := len(b)
	if n%2 == 0 {
		k, dims = vecindex.Float32, n/4
		if n%4 != 0 {
			dims = -1
		}
	} else {
		k, dims = vecindex.Kind(b[n-1]), -1
		data := n - 1
		switch k {
		case vecindex.Float32:
			if data%4 == 0 {
				dims = data / 4
			}
		case vecindex.Float64:
			if data%8 == 0 {
				dims = data / 8
			}
		case vecindex.Float16, vecindex.FloatB16:
			dims = data / 2
		case vecindex.Float8:
			if aligned := n - 11; aligned >= 0 && aligned%4 == 0 && int(b[n-2]) <= min(3, aligned) {
				dims = aligned - int(b[n-2])
			}
		case vecindex.Float1:
			if data > 0 && int(b[n-2]) <= 8*data {
				if d := 8*data - int(b[n-2]); (d+7)/8 < data {
					dims = d
				}
			}
		default:
			return 0, 0, fmt.Errorf("libsql: a blob that ends in %d is no vector", b[n-1])
		}
	}
	switch {
	case dims < 0:
		return 0, 0, fmt.Errorf("libsql: a blob of %d bytes is no vector of the storage %s", n, k)
	case dims > vecindex.MaxDims:
		return 0, 0, fmt.Errorf("libsql: a vector of %d dimensions: libSQL has at most %d", dims, vecindex.MaxDims)
	}
	return k, dims, nil
}

func scan32(src any, out *[]float32) error {
	switch src := src.(type) {
	case nil:
		*out = nil
		return nil
	case string:
		xs, err := parseText(src)
		if err != nil {
			return err
		}
		v := make([]float32, len(xs))
		for i, x := range xs {
			v[i] = float32(x)
		}
		*out = v
		return nil
	case []byte:
		k, dims, err := blobOf(src)
		if err != nil {
			return err
		}
		v := make([]float32, dims)
		if k == vecindex.Float64 {
			err = narrow(v, src)
		} else {
			decode32(v, src, k)
		}
		if err == nil {
			*out = v
		}
		return err
	}
	return noVector(src)
}

func scan64(src any, out *[]float64) error {
	switch src := src.(type) {
	case nil:
		*out = nil
		return nil
	case string:
		v, err := parseText(src)
		if err == nil {
			*out = v
		}
		return err
	case []byte:
		k, dims, err := blobOf(src)
		if err != nil {
			return err
		}
		v := make([]float64, dims)
		if k == vecindex.Float64 {
			for i := range v {
				v[i] = math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:]))
			}
		} else {
			v32 := make([]float32, dims)
			decode32(v32, src, k)
			for i, x := range v32 {
				v[i] = float64(x)
			}
		}
		*out = v
		return nil
	}
	return noVector(src)
}

func noVector(src any) error { return fmt.Errorf("libsql: a value of the type %T is no vector", src) }

// narrow reads float64 numbers that are float32 numbers, too.
func narrow(v []float32, b []byte) error {
	for i := range v {
		x := math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		v[i] = float32(x)
		if float64(v[i]) != x && x == x {
			return fmt.Errorf("libsql: the number at position %d of a vector is %v, which a float32 cannot hold: scan it into a Vector64", i, x)
		}
	}
	return nil
}

func decode32(v []float32, b []byte, k vecindex.Kind) {
	switch k {
	case vecindex.Float32:
		getFloat32(v, b)
	case vecindex.Float16:
		for i := range v {
			v[i] = fromHalf(binary.LittleEndian.Uint16(b[2*i:]))
		}
	case vecindex.FloatB16:
		for i := range v {
			v[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
		}
	case vecindex.Float8:
		tail := b[len(b)-11:]
		scale := math.Float32frombits(binary.LittleEndian.Uint32(tail))
		low := math.Float32frombits(binary.LittleEndian.Uint32(tail[4:]))
		for i := range v {
			v[i] = float32(scale*float32(b[i])) + low // rounded twice, as libSQL does
		}
	case vecindex.Float1:
		for i := range v {
			v[i] = float32(int(b[i/8]>>(i%8)&1)*2 - 1)
		}
	}
}

// fromHalf is exact: a float32 holds every float16.
func fromHalf(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent, fraction := uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0:
		x := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(x) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

var errNoVectorText = errors.New(`libsql: no vector: a text of one is like "[1, 2.5]"`)

// parseText reads the text form, in which libSQL takes numbers as C writes
// them: 1e400 is infinite.
func parseText(s string) ([]float64, error) {
	const blanks = " \t\n\v\f\r"
	s = strings.Trim(s, blanks)
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		return nil, errNoVectorText
	}
	s = strings.Trim(s[1:len(s)-1], blanks)
	if s == "" {
		return []float64{}, nil
	}
	n := strings.Count(s, ",") + 1
	if n > vecindex.MaxDims {
		return nil, fmt.Errorf("libsql: a vector of %d dimensions: libSQL has at most %d", n, vecindex.MaxDims)
	}
	v := make([]float64, n)
	for i := range v {
		var number string
		number, s, _ = strings.Cut(s, ",")
		number = strings.Trim(number, blanks)
		x, err := strconv.ParseFloat(number, 64)
		if strings.Trim(number, "0123456789+-.eE") != "" || err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, fmt.Errorf("libsql: no vector: the text at position %d is %.40q, no number", i, number)
		}
		v[i] = x
	}
	return v, nil
}
