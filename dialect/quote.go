package dialect

import (
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// BindVarTo writes the mark of a bound variable.
func (Dialector) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { w.WriteByte('?') }

// QuoteTo writes a name in backquotes. A dot separates a schema, a table and
// a column, which are quoted each by itself; in a part that is in backquotes
// already, dots are part of the name and a backquote is doubled.
func (Dialector) QuoteTo(w clause.Writer, name string) {
	for first := true; first || name != ""; first = false {
		if !first {
			w.WriteByte('.')
		}
		var part string
		part, name = sqltext.CutName(name)
		w.WriteByte('`')
		w.WriteString(strings.ReplaceAll(part, "`", "``"))
		w.WriteByte('`')
		if name == "." { // a trailing dot is an empty last part
			w.WriteString(".``")
			return
		}
		name = strings.TrimPrefix(name, ".")
	}
}

func quoteName(name string) string { return sqltext.Backquote(name) }
