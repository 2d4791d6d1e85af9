package migrations_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// randField is what a random model wants of a column.
type randField struct {
	column, typ, def     string
	key, notNull, unique bool
	fresh                bool   // the table does not have it
	retyped              bool   // to a type of another affinity
	index, check         string // the name of one that is new
	uniqueIndex          bool
	generated            string
}

// tag is the field's tag of GORM.
func (f *randField) tag() string {
	parts := []string{"column:" + f.column, "type:" + f.typ}
	if f.key {
		parts = append(parts, "primaryKey", "autoIncrement:false")
	}
	if f.notNull {
		parts = append(parts, "not null")
	}
	if f.def != "" {
		parts = append(parts, "default:"+f.def)
	}
	if f.unique {
		parts = append(parts, "unique")
	}
	switch {
	case f.index != "" && f.uniqueIndex:
		parts = append(parts, "uniqueIndex:"+f.index)
	case f.index != "":
		parts = append(parts, "index:"+f.index)
	}
	if f.check != "" {
		parts = append(parts, "check:"+f.check+","+dquote(f.column)+" IS NOT '"+f.check+"'")
	}
	if f.generated != "" {
		parts = append(parts, "->", "generated:"+f.generated)
	}
	return `gorm:` + strconv.Quote(strings.Join(parts, ";"))
}

// randModel is a model of a table.
type randModel struct{ fields []*randField }

// value is a pointer to a struct with the fields.
func (m *randModel) value() any {
	var fields []reflect.StructField
	for i, f := range m.fields {
		typ := reflect.TypeFor[*string]()
		if f.def != "" && f.def[0] != '\'' {
			typ = reflect.TypeFor[*float64]() // so that GORM does not take it for a text
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: typ, Tag: reflect.StructTag(f.tag())})
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

// The types that a model changes a column to, and defaults that GORM writes as
// they are given.
var (
	newTypes    = []string{"text", "integer", "real", "blob", "numeric", "varchar(99)", "datetime"}
	newDefaults = []string{"5", "-3", "1.5", "0"}
)

// model follows the table, with a few changes.
func (d *randDB) model(t *randTable) *randModel {
	m := &randModel{}
	taken := map[string]bool{}
	for _, c := range t.columns {
		taken[strings.ToLower(c.name)] = true
		if c.generated != "" || c.vector || !c.key && d.often(10) {
			continue // a model that sees a part of the table
		}
		f := &randField{column: c.name, typ: strings.Replace(c.typ, "bool", "boolean", 1), key: c.key, notNull: c.notNull && !c.key, unique: c.unique}
		if f.typ == "" {
			f.typ = "blob" // which is no type to SQLite, either
		}
		m.fields = append(m.fields, f)
	}
	types := newTypes
	if t.strict {
		types = []string{"TEXT", "INTEGER", "REAL", "BLOB", "ANY"}
	}
	for range d.up(0, 3) {
		if len(m.fields) == 0 || d.often(30) {
			f := &randField{column: d.name(taken), typ: pick(d.rnd, types...), fresh: true}
			f.notNull = d.often(20)
			if d.often(40) {
				f.def = pick(d.rnd, newDefaults...)
			}
			f.unique = d.often(15)
			if plain := t.stored(); f.def == "" && !f.notNull && !t.strict && len(plain) > 0 && d.often(15) {
				f.generated = "typeof(" + dquote(pick(d.rnd, plain...)) + ")"
			}
			m.fields = append(m.fields, f)
			continue
		}
		f := pick(d.rnd, m.fields...)
		if f.key || f.generated != "" {
			continue
		}
		switch d.IntN(6) {
		case 0:
			f.typ, f.retyped = pick(d.rnd, types...), true
		case 1:
			f.notNull = true
		case 2:
			f.def = pick(d.rnd, newDefaults...)
		case 3:
			f.unique = true
		case 4:
			f.index, f.uniqueIndex = "idx "+fmt.Sprint(d.IntN(1000)), d.often(30)
		case 5:
			f.check = "chk_" + fmt.Sprint(d.IntN(1000))
		}
	}
	return m
}
