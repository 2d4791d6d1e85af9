package dialect

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator"
	"github.com/gorm-libsql/libsql/pragma"
)

// migrating is the dialect as the migrator sees it, which knows the table
// that a column is for: a STRICT one takes six types and no others
// (https://www.sqlite.org/stricttables.html).
type migrating struct {
	Dialector
	db *gorm.DB
}

var _ migrator.TableTyper = migrating{}

// TypeInTable is the type of a field's column in its table.
func (m migrating) TypeInTable(field *schema.Field, declared string) string {
	if m.strict(field) {
		return strictType(declared, field)
	}
	return declared
}

// strict tells whether the field's table is STRICT, or is about to be, by
// db.Set("gorm:table_options", " STRICT").
func (m migrating) strict(field *schema.Field) bool {
	if options, ok := m.db.Get("gorm:table_options"); ok && hasWord(fmt.Sprint(options), "STRICT") {
		return true
	}
	if field.Schema == nil {
		return false
	}
	stmt := gorm.Statement{DB: m.db, Table: field.Schema.Table}
	if m.db.Statement.Table != "" {
		stmt.Table, stmt.TableExpr = m.db.Statement.Table, m.db.Statement.TableExpr
	}
	schemaName, table := splitTable(&stmt)
	tables, err := pragma.TableList(m.db.Statement.Context, m.db.Statement.ConnPool, table)
	if err != nil {
		return false // the migrator is about to ask the same, and reports it
	}
	for _, t := range tables {
		if schemaName == "" || strings.EqualFold(t.Schema, schemaName) {
			return t.Strict
		}
	}
	return false
}

func hasWord(text, word string) bool {
	for tok := range sqltext.Tokens(text) {
		if tok.Is(text, word) {
			return true
		}
	}
	return false
}

// strictType is the type in a STRICT table of what is declared elsewhere. What
// stands behind the type in a tag (COLLATE, CHECK …) stays.
func strictType(declared string, field *schema.Field) string {
	name, rest := splitType(declared)
	switch strings.ToUpper(name) {
	case "INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY":
		return declared
	}
	switch field.GORMDataType {
	case schema.Bool, schema.Int, schema.Uint:
		return "integer" + rest
	case schema.Float:
		return "real" + rest
	case schema.String, schema.Time:
		return "text" + rest
	case schema.Bytes:
		return "blob" + rest
	}
	return "any" + rest // a type of the user's own: as the driver is given it
}

// splitType divides a declared type from the constraints behind it.
func splitType(declared string) (name, rest string) {
	depth := 0
	for tok := range sqltext.Tokens(declared) {
		switch tok.Kind {
		case sqltext.LParen:
			depth++
		case sqltext.RParen:
			depth--
		case sqltext.Ident:
			switch strings.ToUpper(tok.Text(declared)) {
			case "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS":
				if depth == 0 {
					return strings.TrimSpace(declared[:tok.Start]), " " + declared[tok.Start:]
				}
			}
		}
	}
	return strings.TrimSpace(declared), ""
}
