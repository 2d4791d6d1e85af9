package types

import (
	"fmt"
	"reflect"

	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/vecindex"
)

// columnType is the declared type of a field's column. A tag type is taken as
// it stands, which "" tells GORM. A number of dimensions that is none is left
// to the migrator, which refuses it.
func columnType(f *schema.Field, k vecindex.Kind) string {
	if f == nil {
		return k.String()
	}
	if f.TagSettings["TYPE"] != "" {
		return ""
	}
	dims, _ := vecindex.Dims(f.TagSettings["DIMS"], "")
	return k.Type(dims)
}

// storageOf is the storage and the number of dimensions of a field's column.
func storageOf(f *schema.Field, k vecindex.Kind) (vecindex.Kind, int, error) {
	declared := f.TagSettings["TYPE"]
	if typed, _, ok := vecindex.ParseType(declared); ok && typed != k {
		return k, 0, fmt.Errorf("libsql: field %s: its type %s does not store what a %s is", f.Name, declared, f.IndirectFieldType)
	}
	dims, err := vecindex.Dims(f.TagSettings["DIMS"], declared)
	if err != nil {
		return k, 0, fmt.Errorf("libsql: field %s: %w", f.Name, err)
	}
	return k, dims, nil
}

func columnValue(f *schema.Field, k vecindex.Kind, value any) (any, error) {
	k, want, err := storageOf(f, k)
	if err != nil {
		return nil, err
	}
	got, have, stored := k, 0, value
	switch v := value.(type) {
	case vector:
		if isNil(v) {
			return nil, nil
		}
		got, have = v.shape()
		if have == 0 {
			return value, nil // Value tells
		}
	case []byte:
		if v == nil {
			return nil, nil
		}
		got, have, err = blobOf(v)
	default:
		var numbers []float64
		if text, ok := v.(string); ok {
			numbers, err = parseText(text)
		} else if numbers, ok = numbersOf(v); !ok {
			err = fmt.Errorf("a %T is no vector", v)
		}
		if have = len(numbers); err == nil && (want == 0 || have == want) {
			stored, err = encodeVector(numbers, k)
		}
	}
	switch {
	case err != nil:
		return nil, err
	case got != k:
		return nil, fmt.Errorf("a vector of the storage %s: the column's is %s", got, k)
	case want != 0 && have != want:
		return nil, fmt.Errorf("a vector of %d dimensions: the column has %d", have, want)
	}
	return stored, nil
}

// isNil tells a nil vector and a nil pointer to one: both are NULL.
func isNil(v any) bool {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	return (rv.Kind() == reflect.Pointer || rv.Kind() == reflect.Slice) && rv.IsNil()
}
