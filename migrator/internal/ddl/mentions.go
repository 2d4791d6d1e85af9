package ddl

import "github.com/gorm-libsql/libsql/internal/sqltext"

// Mentions reports whether the text has the name in it: as a word, or alone in
// quotes of any kind. A 'string' counts, because SQLite takes some of them for
// names. ASCII letters are compared without their case.
func Mentions(sql, name string) bool {
	name = lower(name)
	for tok := range sqltext.Tokens(sql) {
		switch tok.Kind {
		case sqltext.Ident, sqltext.QuotedIdent, sqltext.String:
			if lower(sqltext.Unquote(tok.Text(sql))) == name {
				return true
			}
		}
	}
	return false
}
