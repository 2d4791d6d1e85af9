package dialect

import (
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator"
)

// migrating is the dialect as the migrator sees it.
type migrating struct {
	Dialector
	db *gorm.DB
}

var _ migrator.Engine = migrating{}

// StrictType is the definition of a field's column in a STRICT table.
func (m migrating) StrictType(field *schema.Field, definition string) string {
	return strictType(definition, field)
}

// IsLibSQL tells whether the pool is of this module's driver.
func (m migrating) IsLibSQL() bool { return isOwn(m.db.Config.ConnPool) }

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
