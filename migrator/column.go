package migrator

import (
	"database/sql"
	"regexp"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	gormmigrator "gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/pragma"
)

// columnType is a column of the schema as GORM asks for it.
func columnType(c pragma.Column, unique, autoIncrement bool) gormmigrator.ColumnType {
	base, length, scale := splitType(c.Type)
	autoIncrement = autoIncrement && c.PrimaryKey > 0
	return gormmigrator.ColumnType{
		NameValue:          sql.NullString{String: c.Name, Valid: true},
		DataTypeValue:      sql.NullString{String: base, Valid: true},
		ColumnTypeValue:    sql.NullString{String: c.Type, Valid: true},
		PrimaryKeyValue:    sql.NullBool{Bool: c.PrimaryKey > 0, Valid: true},
		UniqueValue:        sql.NullBool{Bool: unique, Valid: true},
		AutoIncrementValue: sql.NullBool{Bool: autoIncrement, Valid: true},
		LengthValue:        length,
		DecimalSizeValue:   length,
		ScaleValue:         scale,
		NullableValue:      sql.NullBool{Bool: !c.NotNull, Valid: true},
		DefaultValueValue:  defaultValue(c.Default),
	}
}

var typeArgs = regexp.MustCompile(`^\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*$`)

// splitType takes "varchar(20)" and "decimal(10, 2)" apart.
func splitType(declared string) (base string, length, scale sql.NullInt64) {
	i := strings.IndexByte(declared, '(')
	if i < 0 {
		return declared, length, scale
	}
	m := typeArgs.FindStringSubmatch(declared[i:])
	if m == nil {
		return declared, length, scale
	}
	number := func(s string) sql.NullInt64 {
		n, err := strconv.ParseInt(s, 10, 64)
		return sql.NullInt64{Int64: n, Valid: err == nil}
	}
	return strings.TrimSpace(declared[:i]), number(m[1]), number(m[2])
}

// defaultValue is a default as GORM's tags spell it: without the quotes of a
// text and without the parentheses of an expression; NULL is none.
func defaultValue(d sql.NullString) sql.NullString {
	if !d.Valid || strings.EqualFold(strings.TrimSpace(d.String), "NULL") {
		return sql.NullString{}
	}
	d.String = plainDefault(d.String)
	return d
}

func plainDefault(s string) string {
	s = strings.TrimSpace(s)
	for strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	if tok, ok := sqltext.Next(s, 0); ok && tok.End == len(s) &&
		(tok.Kind == sqltext.String || tok.Kind == sqltext.QuotedIdent) {
		if tok.Kind == sqltext.String {
			return strings.ReplaceAll(s[1:len(s)-1], "''", "'")
		}
		return sqltext.Unquote(s)
	}
	return s
}

// MigrateColumn compares a column with its field. A difference in type, NOT
// NULL or default needs the table to be rebuilt, which is not supported yet.
func (m Migrator) MigrateColumn(value any, field *schema.Field, column gorm.ColumnType) error {
	if field.IgnoreMigration {
		return nil
	}
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		table := tableOf(stmt).name
		declared, _ := column.ColumnType()
		if want := m.declaredType(field); !sameType(want, declared) {
			return unsupported(table, "changing the column "+field.DBName+" from "+strconv.Quote(declared)+" to "+strconv.Quote(want),
				"the table has to be rebuilt")
		}
		if nullable, _ := column.Nullable(); nullable == field.NotNull && !field.PrimaryKey {
			return unsupported(table, "changing NOT NULL of the column "+field.DBName, "the table has to be rebuilt")
		}
		if !sameDefault(m.modelDefault(field), column) {
			return unsupported(table, "changing the default of the column "+field.DBName, "the table has to be rebuilt")
		}
		return m.MigrateColumnUnique(value, field, column)
	})
}

// declaredType is the type of the field alone, without PRIMARY KEY and what
// else stands behind it.
func (m Migrator) declaredType(field *schema.Field) string {
	t := m.DataTypeOf(field)
	if i := strings.Index(strings.ToUpper(t), " PRIMARY KEY"); i >= 0 {
		t = t[:i]
	}
	return t
}

// sameType compares declared types without regard to case and spaces. A type
// tag may hold constraints behind the type, which the schema does not repeat.
func sameType(want, have string) bool {
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
	w, h := fold(want), fold(have)
	return w == h || h != "" && strings.HasPrefix(w, h)
}

// TableTyper is what a Dialector of the migrator may do besides: say how a
// type is declared in the very table of the field, such as a STRICT one, which
// takes six types only.
type TableTyper interface {
	TypeInTable(field *schema.Field, declared string) string
}

// DataTypeOf is the declared type of a field's column: that of its
// GormDBDataType, if it has one, or the dialect's.
func (m Migrator) DataTypeOf(field *schema.Field) string {
	declared := m.Migrator.DataTypeOf(field)
	if t, ok := m.Dialector.(TableTyper); ok {
		return t.TypeInTable(field, declared)
	}
	return declared
}

// FullDataTypeOf is the type of a field's column with NOT NULL and DEFAULT. A
// text stands in double quotes, as gorm.io/driver/sqlite writes it: in single
// quotes that does not recognise it, and its AutoMigrate would rebuild the
// table. After DEFAULT, SQLite takes a name for a text whatever its settings.
func (m Migrator) FullDataTypeOf(field *schema.Field) clause.Expr {
	expr := m.Migrator.FullDataTypeOf(field)
	expr.SQL = m.DataTypeOf(field) + strings.TrimPrefix(expr.SQL, m.Migrator.DataTypeOf(field))
	if text, ok := field.DefaultValueInterface.(string); ok && field.HasDefaultValue && !strings.ContainsRune(text, 0) {
		if bare, ok := strings.CutSuffix(expr.SQL, m.Explain("?", text)); ok {
			expr.SQL = bare + `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		}
	}
	return expr
}

// modelDefault is the default as the model would write it into the schema.
func (m Migrator) modelDefault(field *schema.Field) sql.NullString {
	if !field.HasDefaultValue || field.AutoIncrement || field.DefaultValue == "(-)" ||
		field.DefaultValueInterface == nil && field.DefaultValue == "" {
		return sql.NullString{}
	}
	if field.DefaultValueInterface != nil {
		return defaultValue(sql.NullString{String: m.Explain("?", field.DefaultValueInterface), Valid: true})
	}
	return defaultValue(sql.NullString{String: field.DefaultValue, Valid: true})
}

// sameDefault compares defaults by what they mean: 1 and true are the same.
func sameDefault(want sql.NullString, column gorm.ColumnType) bool {
	have, ok := column.DefaultValue()
	if want.Valid != ok {
		return false
	}
	return !ok || meaning(want.String) == meaning(have)
}

func meaning(s string) string {
	switch lower := strings.ToLower(s); lower {
	case "true":
		return "1"
	case "false":
		return "0"
	case "current_timestamp", "current_date", "current_time":
		return lower
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return s
}

// MigrateColumnUnique adds what is not supported yet as an error. A UNIQUE
// that the model does not ask for stays.
func (m Migrator) MigrateColumnUnique(value any, field *schema.Field, column gorm.ColumnType) error {
	if unique, _ := column.Unique(); unique || !field.Unique || field.PrimaryKey {
		return nil
	}
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return unsupported(tableOf(stmt).name, "making the column "+field.DBName+" unique",
			"the table has to be rebuilt; a uniqueIndex tag works")
	})
}

// hasAutoIncrement tells whether a CREATE TABLE says AUTOINCREMENT.
func hasAutoIncrement(ddl string) bool {
	for tok := range sqltext.Tokens(ddl) {
		if tok.Kind == sqltext.Ident && tok.Is(ddl, "AUTOINCREMENT") {
			return true
		}
	}
	return false
}

// namesConstraint tells whether a CREATE TABLE has a constraint of that name.
func namesConstraint(ddl, name string) bool {
	after := false
	for tok := range sqltext.Tokens(ddl) {
		switch {
		case tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment:
		case after:
			if strings.EqualFold(sqltext.Unquote(tok.Text(ddl)), name) {
				return true
			}
			after = false
		default:
			after = tok.Kind == sqltext.Ident && tok.Is(ddl, "CONSTRAINT")
		}
	}
	return false
}
