package types

import (
	"fmt"
	"reflect"

	"gorm.io/gorm/clause"
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

func checkValue(f *schema.Field, k vecindex.Kind, value any) error {
	k, want, err := storageOf(f, k)
	if err != nil {
		return err
	}
	var have int
	got := k
	switch v := value.(type) {
	case nil, clause.Expression:
		return nil
	case vector:
		if isNil(v) {
			return nil
		}
		got, have = v.shape()
		if have == 0 { // Value tells
			return nil
		}
	case []byte:
		if v == nil {
			return nil
		}
		got, have, err = blobOf(v)
	case string:
		var numbers []float64
		numbers, err = parseText(v)
		have = len(numbers)
	default:
		if rv := reflect.Indirect(reflect.ValueOf(value)); rv.Kind() == reflect.Slice || rv.Kind() == reflect.Array {
			return fmt.Errorf("libsql: field %s: GORM takes a %T for a list: make it a %s", f.Name, value, f.IndirectFieldType)
		}
		return nil
	}
	switch {
	case err != nil:
		return fmt.Errorf("field %s: %w", f.Name, err)
	case got != k:
		return fmt.Errorf("libsql: field %s: a vector of the storage %s: the field's is %s", f.Name, got, k)
	case want != 0 && have != want:
		return fmt.Errorf("libsql: field %s: a vector of %d dimensions: the field has %d", f.Name, have, want)
	}
	return nil
}

// isNil tells a nil vector and a nil pointer to one: both are NULL.
func isNil(v any) bool {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	return (rv.Kind() == reflect.Pointer || rv.Kind() == reflect.Slice) && rv.IsNil()
}
