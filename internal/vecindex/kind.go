package vecindex

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// MaxDims is how many numbers a vector has at most.
const MaxDims = 65536

// Kind is a storage of vectors; its number is the one that ends the blobs.
type Kind uint8

// The storages.
const (
	Float32  Kind = 1
	Float64  Kind = 2
	Float1   Kind = 3
	Float8   Kind = 4
	Float16  Kind = 5
	FloatB16 Kind = 6
)

// kinds are the two names that a column of each storage can have; the first
// has no affinity that would change a value.
var kinds = [...][2]string{
	Float32:  {"F32_BLOB", "FLOAT32"},
	Float64:  {"F64_BLOB", "FLOAT64"},
	Float1:   {"F1BIT_BLOB", "FLOAT1BIT"},
	Float8:   {"F8_BLOB", "FLOAT8"},
	Float16:  {"F16_BLOB", "FLOAT16"},
	FloatB16: {"FB16_BLOB", "FLOATB16"},
}

// String is the name of a column's type, such as "F32_BLOB".
func (k Kind) String() string {
	if k < 1 || int(k) >= len(kinds) {
		return "Kind(" + strconv.Itoa(int(k)) + ")"
	}
	return kinds[k][0]
}

// Type is the declared type of a column, "F32_BLOB(384)". Without dims it
// takes vectors of any length, and cannot be indexed.
func (k Kind) Type(dims int) string {
	if dims == 0 {
		return k.String()
	}
	return k.String() + "(" + strconv.Itoa(dims) + ")"
}

// bytes is about how many bytes a vector takes.
func (k Kind) bytes(dims int) int {
	switch k {
	case Float64:
		return 8 * dims
	case Float1:
		return (dims + 7) / 8
	case Float8:
		return dims + 8
	case Float16, FloatB16:
		return 2 * dims
	}
	return 4 * dims
}

// ParseType reads a declared type. dims is 0 where the type says none; ok is
// false for what is no type of vectors.
func ParseType(declared string) (k Kind, dims int, ok bool) {
	name, rest, _ := strings.Cut(strings.TrimSpace(declared), "(")
	name = strings.TrimSpace(name)
	for i, names := range kinds {
		if i > 0 && (sqltext.EqualFold(name, names[0]) || sqltext.EqualFold(name, names[1])) {
			k = Kind(i)
		}
	}
	if k == 0 || rest == "" {
		return k, 0, k != 0 && !strings.Contains(declared, "(")
	}
	number, after, closed := strings.Cut(rest, ")")
	dims, err := strconv.Atoi(strings.TrimSpace(number))
	return k, dims, closed && err == nil && dims >= 0 && strings.TrimSpace(after) == ""
}

// Dims are those of a field: by the tag dims, or by its type. 0: any number.
func Dims(tag, declared string) (int, error) {
	_, typed, isVector := ParseType(declared)
	if tag == "" {
		if isVector && typed > MaxDims {
			return 0, fmt.Errorf("%s: a vector has at most %d dimensions", declared, MaxDims)
		}
		return typed, nil
	}
	n, err := strconv.Atoi(tag)
	switch {
	case err != nil || n < 1 || n > MaxDims:
		return 0, fmt.Errorf("dims:%s is no number from 1 to %d", tag, MaxDims)
	case isVector && typed != 0 && typed != n:
		return 0, fmt.Errorf("dims:%s contradicts the type %s", tag, declared)
	}
	return n, nil
}
