package scandest

import (
	"reflect"
	"time"
)

// IsRows is false for a destination of one value, as that of Count.
func IsRows(dest any) bool {
	t := typeOf(dest)
	return t == nil || t.Kind() == reflect.Slice || isRow(t)
}

// Row is the struct whose fields take the columns of a row. Without one it is
// nil, and anyName tells what takes a column by whatever name, as a map or a
// destination that is not known yet, from what takes none, as that of Pluck.
func Row(dest any) (row reflect.Type, anyName bool) {
	t := typeOf(dest)
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		for t = t.Elem(); t.Kind() == reflect.Pointer; {
			t = t.Elem()
		}
	}
	switch {
	case t == nil || t.Kind() == reflect.Map || t.Kind() == reflect.Interface:
		return nil, true
	case !isRow(t):
		return nil, false
	}
	return t, false
}

// isRow tells what a row is scanned into.
func isRow(t reflect.Type) bool {
	return t.Kind() == reflect.Map || t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]()
}

// typeOf is the type behind the pointers, nil when it is unknown.
func typeOf(dest any) reflect.Type {
	t := reflect.TypeOf(dest)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}
