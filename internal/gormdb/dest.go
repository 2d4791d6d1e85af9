package gormdb

import (
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"
)

// IsRows is false for a destination of one value, as that of Count.
func IsRows(dest any) bool {
	t := typeOf(dest)
	return t == nil || t.Kind() == reflect.Slice || isRow(t)
}

// ResultColumn is the name that a column gets which a scope adds for the field
// name of what the rows are scanned into, "" where nothing can receive it: Count
// and Pluck want one column.
func ResultColumn(stmt *gorm.Statement, name string) (string, error) {
	t, anyName := row(stmt.Dest)
	switch {
	case anyName:
		return name, nil
	case t == nil:
		return "", nil
	}
	into := &gorm.Statement{DB: stmt.DB}
	if err := into.Parse(reflect.New(t).Interface()); err != nil {
		return "", err
	}
	f := into.Schema.LookUpField(name)
	if _, later := stmt.Settings.Load("rows"); later && f == nil {
		return stmt.NamingStrategy.ColumnName("", name), nil // Rows and Scan scan into something else, later
	}
	if f == nil || f.DBName == "" || !f.Readable {
		return "", fmt.Errorf("%s has no field %s that can receive a result", t, name)
	}
	return f.DBName, nil
}

// row is the struct whose fields take the columns of a row. Without one it is
// nil, and anyName tells what takes a column by whatever name, as a map or a
// destination that is not known yet, from what takes none, as that of Pluck.
func row(dest any) (row reflect.Type, anyName bool) {
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
