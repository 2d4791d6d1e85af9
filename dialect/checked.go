package dialect

import (
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// checker is the type of a field that looks at the values before they are
// stored: a vector's number of dimensions, which only the field's tag knows.
// Types of the types package are such; the interface keeps the two apart.
type checker interface {
	CheckValue(field *schema.Field, value any) error
}

// checkedField is a field of such a type.
type checkedField struct {
	checker
	field *schema.Field
}

// checkedFields are those of the model, by their column; mostly none.
func checkedFields(s *schema.Schema) map[string]checkedField {
	var fields map[string]checkedField
	for name, f := range s.FieldsByDBName {
		if c, ok := reflect.New(f.IndirectFieldType).Interface().(checker); ok {
			if fields == nil {
				fields = map[string]checkedField{}
			}
			fields[name] = checkedField{c, f}
		}
	}
	return fields
}

// checkCreated looks at the rows of an INSERT.
func (r *rules) checkCreated(stmt *gorm.Statement, values clause.Values) {
	fields := r.columns(stmt).checked
	if len(fields) == 0 {
		return
	}
	for at, column := range values.Columns {
		f, ok := fields[column.Name]
		if !ok {
			continue
		}
		for _, row := range values.Values {
			if at < len(row) && stmt.AddError(f.CheckValue(f.field, row[at])) != nil {
				return
			}
		}
	}
}

// checkAssigned looks at the assignments of an UPDATE or an upsert.
func (r *rules) checkAssigned(stmt *gorm.Statement, set clause.Set) {
	fields := r.columns(stmt).checked
	if len(fields) == 0 {
		return
	}
	for _, a := range set {
		if f, ok := fields[a.Column.Name]; ok && stmt.AddError(f.CheckValue(f.field, a.Value)) != nil {
			return
		}
	}
}
