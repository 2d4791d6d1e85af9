package dialect

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// columnRules is what to look after in the columns of a model.
type columnRules struct {
	r        *rules
	numbers  map[string]numberField
	typed    map[string]typedField
	bytesKey bool // the primary key is a blob
}

// columns are the rules of the statement's model.
func (r *rules) columns(stmt *gorm.Statement) *columnRules {
	if stmt.Schema == nil {
		return &noRules
	}
	if v, ok := r.schemas.Load(stmt.Schema); ok {
		return v.(*columnRules)
	}
	key := stmt.Schema.PrioritizedPrimaryField
	c := &columnRules{
		r: r, numbers: r.numberFields(stmt), typed: r.typedFields(stmt.Schema),
		bytesKey: key != nil && key.GORMDataType == schema.Bytes,
	}
	r.schemas.Store(stmt.Schema, c)
	return c
}

var noRules columnRules

// columnType is a type with one form in a column, as a UUID that is a blob.
// SQLite would store or compare another form, such as the text of the UUID, and
// find it different; and it knows nothing of the field's tag, such as the
// dimensions of a vector. Types of the types package are such; the interface
// keeps the two apart.
type columnType interface {
	// ColumnValue is the value of a column in the type's form. It gets values
	// of the type itself, and pointers to them, as they are, and all others,
	// of which a map may hold any, without their pointers and driver.Valuer.
	ColumnValue(f *schema.Field, v any) (any, error)
}

// typedField is a field of such a type, or of a sql.Null of it.
type typedField struct {
	*schema.Field
	typ reflect.Type // of its values
	columnType
}

// typedFields are those of a model, by their column; mostly none.
func (r *rules) typedFields(s *schema.Schema) map[string]typedField {
	if v, ok := r.typed.Load(s); ok {
		return v.(map[string]typedField)
	}
	var fields map[string]typedField
	for _, f := range s.FieldsByDBName {
		t := valueType(f.IndirectFieldType)
		c, ok := reflect.Zero(t).Interface().(columnType)
		if !ok || f.Serializer != nil {
			continue
		}
		if fields == nil {
			fields = map[string]typedField{}
		}
		fields[f.DBName] = typedField{f, t, c}
	}
	r.typed.Store(s, fields)
	return fields
}

// valueType is the type of the values in a field: T of a sql.Null[T].
func valueType(t reflect.Type) reflect.Type {
	if t.PkgPath() == "database/sql" && strings.HasPrefix(t.Name(), "Null[") {
		return t.Field(0).Type
	}
	return t
}

// convert is a value in the form of the field.
func (f typedField) convert(stmt *gorm.Statement, v any) any {
	switch v.(type) {
	case nil, clause.Expression, gorm.Valuer, *gorm.DB, clause.Column, clause.Table:
		return v
	}
	x := v
	if t := reflect.TypeOf(v); t != f.typ && (t.Kind() != reflect.Pointer || t.Elem() != f.typ) {
		if _, ok := v.(driver.Valuer); ok || t.Kind() == reflect.Pointer {
			if plain, err := plainValue(v); err == nil {
				x = plain
			}
			if x == nil {
				return nil
			}
		}
	}
	converted, err := f.ColumnValue(f.Field, x)
	if err != nil {
		stmt.AddError(fmt.Errorf("libsql: column %s.%s: %w", stmt.Table, f.DBName, err))
		return v
	}
	return converted
}

// convertRows puts the values of an INSERT in the form of their fields.
func (r *rules) convertRows(stmt *gorm.Statement, values clause.Values) {
	fields := r.columns(stmt).typed
	if len(fields) == 0 {
		return
	}
	for at, column := range values.Columns {
		f, ok := fields[column.Name]
		if !ok {
			continue
		}
		for _, row := range values.Values {
			if at < len(row) {
				row[at] = f.convert(stmt, row[at])
			}
		}
	}
}

// convertSet does the same for assignments.
func (r *rules) convertSet(stmt *gorm.Statement, set clause.Set) clause.Set {
	fields := r.columns(stmt).typed
	if len(fields) == 0 {
		return set
	}
	converted := append(clause.Set(nil), set...)
	for i, a := range converted {
		if f, ok := fields[a.Column.Name]; ok {
			converted[i].Value = f.convert(stmt, a.Value)
		}
	}
	return converted
}

// convertWhere does the same for what columns are compared with.
func (r *rules) convertWhere(stmt *gorm.Statement, exprs []clause.Expression) (_ []clause.Expression, changed bool) {
	c := r.columns(stmt)
	if stmt.Schema == nil || len(c.typed) == 0 && !c.bytesKey && len(stmt.Joins) == 0 {
		return exprs, false
	}
	return c.convertConditions(stmt, exprs), true
}

// convertJoins does the same for the conditions of joined associations, which
// GORM writes without the dialect.
func (r *rules) convertJoins(stmt *gorm.Statement) {
	for i, join := range stmt.Joins {
		if join.On == nil || stmt.Schema == nil {
			continue
		}
		if to := joined(stmt.Schema, strings.Split(join.Name, ".")); to != nil {
			c := &columnRules{r: r, typed: r.typedFields(to)}
			on := &gorm.Statement{DB: stmt.DB, Table: to.Table, Schema: to}
			stmt.Joins[i].On = &clause.Where{Exprs: c.convertConditions(on, join.On.Exprs)}
		}
	}
}

// joinedAs is the model of the association that is joined under the alias, nil
// if there is none.
func joinedAs(stmt *gorm.Statement, alias string) *schema.Schema {
	for _, join := range stmt.Joins {
		path := strings.Split(join.Name, ".")
		if join.Alias == alias {
			return joined(stmt.Schema, path)
		}
		// Those on the way are joined too, under their path.
		if join := strings.Join(path, "__"); join == alias || strings.HasPrefix(join, alias+"__") {
			return joined(stmt.Schema, strings.Split(alias, "__"))
		}
	}
	return nil
}

// joined is the model at the end of a path of associations, nil if there is
// none.
func joined(s *schema.Schema, path []string) *schema.Schema {
	for _, name := range path {
		relation := s.Relationships.Relations[name]
		if relation == nil {
			return nil
		}
		s = relation.FieldSchema
	}
	return s
}

func (c *columnRules) convertConditions(stmt *gorm.Statement, exprs []clause.Expression) []clause.Expression {
	converted := make([]clause.Expression, len(exprs))
	for i, e := range exprs {
		converted[i] = c.convertCondition(stmt, e)
	}
	return converted
}

func (c *columnRules) convertCondition(stmt *gorm.Statement, e clause.Expression) clause.Expression {
	switch e := e.(type) {
	case clause.Where:
		e.Exprs = c.convertConditions(stmt, e.Exprs)
		return e
	case clause.AndConditions:
		e.Exprs = c.convertConditions(stmt, e.Exprs)
		return e
	case clause.OrConditions:
		e.Exprs = c.convertConditions(stmt, e.Exprs)
		return e
	case clause.NotConditions:
		e.Exprs = c.convertConditions(stmt, e.Exprs)
		return e
	case clause.Eq:
		return clause.Eq{Column: e.Column, Value: c.compared(stmt, e.Column, e.Value)}
	case clause.Neq:
		return clause.Neq{Column: e.Column, Value: c.compared(stmt, e.Column, e.Value)}
	case clause.Gt:
		return clause.Gt{Column: e.Column, Value: c.compared(stmt, e.Column, e.Value)}
	case clause.Gte:
		return clause.Gte{Column: e.Column, Value: c.compared(stmt, e.Column, e.Value)}
	case clause.Lt:
		return clause.Lt{Column: e.Column, Value: c.compared(stmt, e.Column, e.Value)}
	case clause.Lte:
		return clause.Lte{Column: e.Column, Value: c.compared(stmt, e.Column, e.Value)}
	case clause.IN:
		if b, ok := c.keyBytes(e); ok {
			return clause.Eq{Column: e.Column, Value: b}
		}
		return clause.IN{Column: e.Column, Values: c.comparedList(stmt, e.Column, e.Values)}
	}
	return e
}

// compared is the value that a column is compared with, or a list of them.
func (c *columnRules) compared(stmt *gorm.Statement, column, value any) any {
	f, ok := c.field(stmt, column)
	if !ok {
		return value
	}
	if _, single := value.(driver.Valuer); single || value == nil {
		return f.convert(stmt, value)
	}
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice || list.Type().Elem().Kind() == reflect.Uint8 {
		return f.convert(stmt, value)
	}
	if one, err := f.ColumnValue(f.Field, value); err == nil {
		return one // the numbers of a vector
	}
	values := make([]any, list.Len())
	for i := range values {
		values[i] = f.convert(stmt, list.Index(i).Interface())
	}
	return values
}

func (c *columnRules) comparedList(stmt *gorm.Statement, column any, values []any) []any {
	f, ok := c.field(stmt, column)
	if !ok {
		return values
	}
	converted := make([]any, len(values))
	for i, v := range values {
		converted[i] = f.convert(stmt, v)
	}
	return converted
}

// field is the typed field that a condition means by its column.
func (c *columnRules) field(stmt *gorm.Statement, column any) (f typedField, ok bool) {
	var table, name string
	switch column := column.(type) {
	case string:
		name = column
	case clause.Column:
		if column.Raw {
			return f, false
		}
		table, name = column.Table, column.Name
	}
	if at := strings.LastIndexByte(name, '.'); table == "" && at >= 0 {
		table, name = sqltext.Unquote(name[:at]), sqltext.Unquote(name[at+1:])
	}
	// An upsert knows the row that it was about to insert as excluded.
	if table != "" && table != clause.CurrentTable && table != stmt.Table && table != "excluded" {
		if to := joinedAs(stmt, table); to != nil {
			f, ok = c.r.typedFields(to)[name]
		}
		return f, ok
	}
	if name == clause.PrimaryKey && stmt.Schema.PrioritizedPrimaryField != nil {
		name = stmt.Schema.PrioritizedPrimaryField.DBName
	}
	if f, ok = c.typed[name]; ok {
		return f, true
	}
	for other, f := range c.typed {
		if sqltext.EqualFold(name, other) { // as SQLite finds it
			return f, true
		}
	}
	return f, false
}

// keyBytes is the blob of a condition such as First(&doc, id). GORM asks a
// driver.Valuer for its value there, and takes the bytes for a list of keys.
func (c *columnRules) keyBytes(in clause.IN) ([]byte, bool) {
	if column, ok := in.Column.(clause.Column); !ok || column.Name != clause.PrimaryKey || !c.bytesKey || len(in.Values) == 0 {
		return nil, false
	}
	bytes := make([]byte, len(in.Values))
	for i, v := range in.Values {
		b, ok := v.(byte)
		if !ok {
			return nil, false
		}
		bytes[i] = b
	}
	return bytes, true
}
