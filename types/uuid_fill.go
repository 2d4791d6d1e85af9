package types

import (
	"fmt"
	"reflect"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// fillUUID is the create clause of a field that fills itself. GORM runs it
// through ModifyStatement, except under Unscoped. The dialect finds it in the
// schema and calls Fill itself, so that it can take back what was not stored.
type fillUUID struct {
	field  *schema.Field
	tag    string // of the field: v7, v4, or nothing for a primary key
	asText bool
}

// fillClauses is the clause of a field, if it has one.
func fillClauses(f *schema.Field, asText bool) []clause.Interface {
	tag, tagged := f.TagSettings["UUID"]
	switch {
	case tagged && sqltext.EqualFold(tag, "none"), f.HasDefaultValue, !f.Creatable, f.DBName == "":
		return nil
	case !tagged && !f.PrimaryKey:
		return nil
	case !tagged:
		tag = ""
	}
	return []clause.Interface{fillUUID{f, tag, asText}}
}

// Name implements clause.Interface.
func (fillUUID) Name() string { return "libsql:uuid" }

// Build implements clause.Interface: there is nothing to write.
func (fillUUID) Build(clause.Builder) {}

// MergeClause implements clause.Interface.
func (fillUUID) MergeClause(*clause.Clause) {}

// ModifyStatement implements gorm.StatementModifier.
func (c fillUUID) ModifyStatement(stmt *gorm.Statement) { c.Fill(stmt) }

// Fill gives the field a UUID in the rows of the statement that have none. It
// returns the field and what takes the UUID of row i back, nil when there was
// nothing to fill.
func (c fillUUID) Fill(stmt *gorm.Statement) (_ *schema.Field, takeBack func(i int)) {
	f := c.field
	if stmt.Schema == nil || stmt.Schema.FieldsByDBName[f.DBName] != f || c.tag == "" && isForeignKey(f) {
		return f, nil
	}
	next, err := c.generator()
	if err != nil {
		stmt.AddError(err)
		return f, nil
	}
	if !selected(stmt, f) {
		return f, nil
	}
	return f, fillRows(stmt, f, next)
}

// generator makes UUIDs of the type of the field.
func (c fillUUID) generator() (func() any, error) {
	next := NewV7
	switch {
	case c.tag == "", sqltext.EqualFold(c.tag, "v7"):
	case sqltext.EqualFold(c.tag, "v4"):
		next = NewV4
	default:
		return nil, fmt.Errorf("libsql: field %s.%s: tag uuid:%s: want v7, v4 or none", c.field.Schema.Name, c.field.Name, c.tag)
	}
	if c.asText {
		return func() any { return UUIDText(next()) }, nil
	}
	return func() any { return next() }, nil
}

// isForeignKey tells a key that refers to another table: a random one would
// refer to nothing.
func isForeignKey(f *schema.Field) bool {
	relations := &f.Schema.Relationships
	relations.Mux.RLock()
	defer relations.Mux.RUnlock()
	for _, relation := range relations.Relations {
		for _, ref := range relation.References {
			if ref.ForeignKey == f {
				return true
			}
		}
	}
	return false
}

// selected tells whether the field goes into the row. Select means the fields
// with values: a key that it does not name belongs to them, for a row without
// it would have the key NULL. What Omit names stays out.
func selected(stmt *gorm.Statement, f *schema.Field) bool {
	if len(stmt.Selects)+len(stmt.Omits) == 0 {
		return true
	}
	columns, restricted := stmt.SelectAndOmitColumns(true, false)
	if in, named := columns[f.DBName]; named || !restricted {
		return in || !named
	}
	if f.PrimaryKey {
		stmt.Selects = append(slices.Clip(stmt.Selects), f.DBName)
	}
	return f.PrimaryKey
}

// fillRows fills what is created: structs or maps, one or several.
func fillRows(stmt *gorm.Statement, f *schema.Field, next func() any) (takeBack func(i int)) {
	switch dest := stmt.Dest.(type) {
	case map[string]any:
		return fillMaps([]map[string]any{dest}, f, next)
	case *map[string]any:
		return fillMaps([]map[string]any{*dest}, f, next)
	case []map[string]any:
		return fillMaps(dest, f, next)
	case *[]map[string]any:
		return fillMaps(*dest, f, next)
	}
	rows := stmt.ReflectValue
	row := func(int) reflect.Value { return rows }
	n := 1
	if k := rows.Kind(); k == reflect.Slice || k == reflect.Array {
		row, n = rows.Index, rows.Len()
	}
	var filled []int
	for i := range n {
		rv := reflect.Indirect(row(i))
		if rv.Kind() != reflect.Struct || !rv.CanSet() {
			continue // GORM tells what is wrong with it
		}
		if _, zero := f.ValueOf(stmt.Context, rv); zero {
			stmt.AddError(f.Set(stmt.Context, rv, next()))
			filled = append(filled, i)
		}
	}
	if filled == nil {
		return nil
	}
	return func(i int) {
		if _, found := slices.BinarySearch(filled, i); found {
			stmt.AddError(f.Set(stmt.Context, reflect.Indirect(row(i)), nil))
		}
	}
}

// fillMaps fills the maps that do not name the column.
func fillMaps(maps []map[string]any, f *schema.Field, next func() any) (takeBack func(i int)) {
	var filled []int
	for i, m := range maps {
		if m == nil || names(m, f) {
			continue
		}
		m[f.DBName] = next()
		filled = append(filled, i)
	}
	if filled == nil {
		return nil
	}
	return func(i int) {
		if _, found := slices.BinarySearch(filled, i); found {
			delete(maps[i], f.DBName)
		}
	}
}

// names tells whether a map names the field, in a way that GORM knows.
func names(m map[string]any, f *schema.Field) bool {
	for name := range m {
		if f.Schema.LookUpField(name) == f {
			return true
		}
	}
	return false
}
