package migrator

import (
	"database/sql"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gorm.io/gorm/clause"
	gormmigrator "gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/pragma"
)

// columnType is a column of the schema as GORM asks for it. A length is of
// texts, blobs and integers, precision and scale are of other numbers.
func columnType(c pragma.Column, unique, rowid, autoIncrement, strict bool) gormmigrator.ColumnType {
	base, length, scale := splitType(c.Type)
	var precision sql.NullInt64
	if a := affinityOf(c.Type); a == affNumeric || a == affReal {
		length, precision = sql.NullInt64{}, length
	} else {
		scale = sql.NullInt64{}
	}
	nullable := !c.NotNull && !rowid
	return gormmigrator.ColumnType{
		NameValue:          sql.NullString{String: c.Name, Valid: true},
		DataTypeValue:      sql.NullString{String: base, Valid: true},
		ColumnTypeValue:    sql.NullString{String: c.Type, Valid: true},
		PrimaryKeyValue:    sql.NullBool{Bool: c.PrimaryKey > 0, Valid: true},
		UniqueValue:        sql.NullBool{Bool: unique, Valid: true},
		AutoIncrementValue: sql.NullBool{Bool: autoIncrement, Valid: true},
		LengthValue:        length,
		DecimalSizeValue:   precision,
		ScaleValue:         scale,
		NullableValue:      sql.NullBool{Bool: nullable, Valid: true},
		DefaultValueValue:  defaultValue(c.Default),
		ScanTypeValue:      scanType(c.Type, rowid || strict && !nullable),
	}
}

// scanType is a Go type that holds every value of a column: any, because a
// column of SQLite holds values of all types, if it is not strict and NOT
// NULL.
func scanType(declared string, strict bool) reflect.Type {
	if strict {
		switch strings.ToUpper(declared) {
		case "INT", "INTEGER":
			return reflect.TypeFor[int64]()
		case "REAL":
			return reflect.TypeFor[float64]()
		case "TEXT":
			return reflect.TypeFor[string]()
		case "BLOB":
			return reflect.TypeFor[[]byte]()
		}
	}
	return reflect.TypeFor[any]()
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
	if !d.Valid || isNull(d.String) {
		return sql.NullString{}
	}
	if text, ok := plainText(d.String); ok {
		d.String = text
	} else {
		d.String = bare(d.String)
	}
	return d
}

// Engine is what a Dialector of the migrator may do besides.
type Engine interface {
	// StrictType is the definition of a column as a STRICT table takes it,
	// which knows six types only (https://www.sqlite.org/stricttables.html).
	StrictType(field *schema.Field, definition string) string
	// IsLibSQL tells whether the database is libSQL, not another SQLite.
	IsLibSQL() bool
}

// alters tells whether there is libSQL's ALTER TABLE … ALTER COLUMN.
func (s *session) alters() bool {
	e, ok := s.m.Dialector.(Engine)
	return ok && e.IsLibSQL()
}

// FullDataTypeOf is the type of a field's column with NOT NULL and DEFAULT. A
// text stands in double quotes, as gorm.io/driver/sqlite writes it: in single
// quotes that does not recognise it, and its AutoMigrate would rebuild the
// table. After DEFAULT, SQLite takes a name for a text whatever its settings.
func (m Migrator) FullDataTypeOf(field *schema.Field) clause.Expr {
	expr := m.Migrator.FullDataTypeOf(field)
	if g := generatedBy(field); g != "" {
		declared := m.DataTypeOf(field)
		expr.SQL = declared + " GENERATED ALWAYS AS (" + g + ") STORED" + strings.TrimPrefix(expr.SQL, declared)
	}
	if text, ok := field.DefaultValueInterface.(string); ok && field.HasDefaultValue && !strings.ContainsRune(text, 0) {
		if bare, ok := strings.CutSuffix(expr.SQL, m.Explain("?", text)); ok {
			expr.SQL = bare + `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		}
	}
	return expr
}

// generatedBy is the expression of a tag such as generated:price * quantity,
// which makes the column a generated one; give the field -> besides, because
// SQLite takes no values for it. The word identity is PostgreSQL's.
func generatedBy(field *schema.Field) string {
	g := strings.TrimSpace(field.TagSettings["GENERATED"])
	if word, _, _ := strings.Cut(g, " "); strings.EqualFold(g, "GENERATED") || strings.EqualFold(word, "identity") {
		return ""
	}
	return g
}
