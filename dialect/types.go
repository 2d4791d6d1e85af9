package dialect

import (
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// DataTypeOf is the declared type of a field's column: what
// gorm.io/driver/sqlite declares, so that its files and ours are each
// other's.
func (Dialector) DataTypeOf(field *schema.Field) string {
	switch field.DataType {
	case schema.Bool:
		return "numeric"
	case schema.Int, schema.Uint:
		if field.AutoIncrement && !inCompositeKey(field) {
			return "integer PRIMARY KEY AUTOINCREMENT"
		}
		return "integer"
	case schema.Float:
		return "real"
	case schema.String:
		return "text"
	case schema.Time:
		if t, ok := field.TagSettings["TYPE"]; ok {
			return t
		}
		return "datetime"
	case schema.Bytes:
		return "blob"
	}
	return string(field.DataType)
}

// inCompositeKey tells a field that shares the primary key with others. Only
// a key of its own can be SQLite's AUTOINCREMENT.
func inCompositeKey(field *schema.Field) bool {
	return field.Schema != nil && field.PrimaryKey && len(field.Schema.PrimaryFields) > 1
}

// DefaultValueOf is what stands for the default of a column in a row that
// leaves it out, beside rows that set it. SQLite has no DEFAULT there, so the
// model's default is written out.
func (Dialector) DefaultValueOf(field *schema.Field) clause.Expression {
	switch {
	case field.AutoIncrement:
		return clause.Expr{SQL: "NULL"}
	case field.DefaultValueInterface != nil:
		return clause.Expr{SQL: "?", Vars: []any{field.DefaultValueInterface}}
	case field.DefaultValue == "" || field.DefaultValue == "(-)":
		return clause.Expr{SQL: "NULL"}
	}
	return clause.Expr{SQL: field.DefaultValue}
}
