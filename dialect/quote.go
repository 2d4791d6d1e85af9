package dialect

import (
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
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
		part, name = cutName(name)
		w.WriteString(quoteName(part))
		if name == "." { // a trailing dot is an empty last part
			w.WriteString(".``")
			return
		}
		name = strings.TrimPrefix(name, ".")
	}
}

// cutName takes the first part of a dotted name. The rest begins with the dot.
func cutName(s string) (part, rest string) {
	if !strings.HasPrefix(s, "`") {
		if i := strings.IndexByte(s, '.'); i >= 0 {
			return s[:i], s[i:]
		}
		return s, ""
	}
	for i := 1; i < len(s); i++ {
		if s[i] != '`' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '`' {
			i++
			continue
		}
		if i+1 == len(s) || s[i+1] == '.' {
			return strings.ReplaceAll(s[1:i], "``", "`"), s[i+1:]
		}
	}
	return s, "" // not a quoted name after all
}

func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
