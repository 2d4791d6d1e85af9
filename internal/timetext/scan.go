package timetext

import (
	"database/sql"
	"errors"
	"reflect"
	"time"
)

// Of is the time that a value of a column stands for, whatever the column is
// declared as; nil for NULL.
func Of(src any) (*time.Time, bool) {
	var at time.Time
	ok := false
	switch v := src.(type) {
	case nil:
		return nil, true
	case time.Time:
		at, ok = v, true
	case string:
		at, ok = Parse(v)
	case []byte:
		at, ok = Parse(string(v))
	case int64:
		at, ok = FromInt(v)
	case float64:
		at, ok = FromFloat(v)
	}
	return &at, ok
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	nullTime   = reflect.TypeFor[sql.NullTime]()
	nullOfTime = reflect.TypeFor[sql.Null[time.Time]]()
	scanner    = reflect.TypeFor[sql.Scanner]()
)

// Setter returns the function that stores a time where dest points, NULL being
// nil; nil where no time is wanted. Times are time.Time, sql.NullTime,
// sql.Null[time.Time], types made of them, and pointers to all of these. A
// type that reads values in a way of its own is left alone.
func Setter(dest any) func(*time.Time) error {
	v := reflect.ValueOf(dest)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return nil
	}
	v = v.Elem()
	t := v.Type()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var from func(time.Time) reflect.Value
	switch {
	case timeType.ConvertibleTo(t) && !reflect.PointerTo(t).Implements(scanner):
		from = func(at time.Time) reflect.Value { return reflect.ValueOf(at) }
	case nullTime.ConvertibleTo(t):
		from = func(at time.Time) reflect.Value { return reflect.ValueOf(sql.NullTime{Time: at, Valid: true}) }
	case nullOfTime.ConvertibleTo(t):
		from = func(at time.Time) reflect.Value { return reflect.ValueOf(sql.Null[time.Time]{V: at, Valid: true}) }
	default:
		return nil
	}
	return func(at *time.Time) error {
		if at == nil {
			if v.Type() == t && timeType.ConvertibleTo(t) {
				return errors.New("NULL does not fit into a time.Time: use *time.Time or sql.NullTime")
			}
			v.SetZero()
			return nil
		}
		into := v
		for into.Kind() == reflect.Pointer {
			into.Set(reflect.New(into.Type().Elem()))
			into = into.Elem()
		}
		into.Set(from(*at).Convert(t))
		return nil
	}
}
