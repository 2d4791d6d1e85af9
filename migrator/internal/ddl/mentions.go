package ddl

import "github.com/gorm-libsql/libsql/internal/sqltext"

// Mentions reports whether the text has the name in it: as a word, or alone in
// quotes of any kind. A 'string' counts, because SQLite takes some of them for
// names. ASCII letters are compared without their case.
func Mentions(sql, name string) bool {
	name = sqltext.Lower(name)
	for tok := range sqltext.Tokens(sql) {
		switch tok.Kind {
		case sqltext.Ident, sqltext.QuotedIdent, sqltext.String:
			if sqltext.Lower(sqltext.Unquote(tok.Text(sql))) == name {
				return true
			}
		}
	}
	return false
}

// MentionsColumn reports whether the expression has a column of the name in it.
// Unlike [Mentions] it knows what cannot be a column: a 'string', a function,
// the name of a table, of a collation or of a type. A name in double quotes is
// the column, if there is one.
func MentionsColumn(expr, name string) bool {
	name = sqltext.Lower(name)
	var last sqltext.Token
	found, inType := false, false
	for tok := range sqltext.Tokens(expr) {
		if tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment {
			continue
		}
		if found {
			if tok.Kind != sqltext.LParen && tok.Kind != sqltext.Dot {
				return true
			}
			found = false
		}
		switch {
		case tok.Kind == sqltext.RParen:
			inType = false
		case tok.Is(expr, "AS"):
			inType = true // of CAST, up to its end
		case tok.Kind == sqltext.Ident || tok.Kind == sqltext.QuotedIdent:
			found = !inType && !last.Is(expr, "COLLATE") && sqltext.Lower(sqltext.Unquote(tok.Text(expr))) == name
		}
		last = tok
	}
	return found
}
