package dialect

import (
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// filler is a create clause by which a field gives itself a value, as the keys
// of package types do. It is called here and not left to GORM, which forgets
// it under Unscoped, and so that a value can be taken back.
type filler interface {
	// Fill returns the field, and what empties the field of row i again if it
	// was filled; nil when there was nothing to fill.
	Fill(stmt *gorm.Statement) (f *schema.Field, takeBack func(i int))
}

// filled are the fields of a statement that were filled.
type filled []func(i int)

// fill fills the fields that fill themselves.
func fill(db *gorm.DB) filled {
	stmt := db.Statement
	if stmt.Schema == nil || len(stmt.Schema.CreateClauses) == 0 || db.Error != nil || stmt.SQL.Len() > 0 {
		return nil
	}
	var all filled
	var fields []*schema.Field
	for _, c := range stmt.Schema.CreateClauses {
		if c, ok := c.(filler); ok {
			if f, takeBack := c.Fill(stmt); takeBack != nil {
				all = append(all, takeBack)
				fields = append(fields, f)
			}
		}
	}
	if len(all) > 0 && mayKeepAnother(stmt, fields) {
		returnFilled(stmt, fields)
	}
	return all
}

// mayKeepAnother tells whether a row may be left out, or be one that is there
// already and keeps its values.
func mayKeepAnother(stmt *gorm.Statement, fields []*schema.Field) bool {
	if maySkip(stmt) {
		return true
	}
	conflict, ok := stmt.Clauses["ON CONFLICT"].Expression.(clause.OnConflict)
	if !ok {
		return false
	}
	columns := conflict.Columns
	if len(columns) == 0 && conflict.UpdateAll { // as GORM is about to add
		return !slices.ContainsFunc(stmt.Schema.PrimaryFields, func(f *schema.Field) bool { return slices.Contains(fields, f) })
	}
	// No row has the value yet: nothing conflicts with it.
	return !slices.ContainsFunc(columns, func(c clause.Column) bool {
		f := stmt.Schema.LookUpField(c.Name)
		return f != nil && slices.Contains(fields, f)
	})
}

// returnFilled has what the fields are in the end come back.
func returnFilled(stmt *gorm.Statement, fields []*schema.Field) {
	if columns, ok := returning(stmt); !ok {
		addReturning(stmt, append(slices.Clip(stmt.Schema.FieldsWithDefaultDBValue), fields...))
	} else if len(columns) > 0 {
		addReturning(stmt, slices.DeleteFunc(fields, func(f *schema.Field) bool {
			return slices.ContainsFunc(columns, func(c clause.Column) bool { return stmt.Schema.LookUpField(c.Name) == f })
		}))
	}
}

// takeBack empties the fields of the rows from i up to j.
func (f filled) takeBack(i, j int) {
	for _, takeBack := range f {
		for k := i; k < j; k++ {
			takeBack(k)
		}
	}
}
