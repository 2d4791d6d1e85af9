package shape

import "github.com/gorm-libsql/libsql/internal/sqltext"

// Table is the first table that a text names, without its schema, and "" for a
// text that names none: the one that is written to, or the first behind FROM.
func Table(sql string) string {
	var behind []string
	switch sqltext.Classify(sql).Verb {
	case sqltext.Insert:
		behind = []string{"INTO"}
	case sqltext.Update:
		behind = []string{"UPDATE"}
	case sqltext.Create, sqltext.Drop, sqltext.Alter:
		behind = []string{"TABLE", "ON", "VIEW"}
	case sqltext.Select, sqltext.Delete, sqltext.Values, sqltext.Explain:
		behind = []string{"FROM"}
	default:
		return ""
	}
	for pos := 0; ; {
		tok, ok := sqltext.Next(sql, pos)
		if !ok {
			return ""
		}
		if pos = tok.End; tok.Kind != sqltext.Ident || !isOne(tok.Text(sql), behind) {
			continue
		}
		if name := nameAt(sql, pos); name != "" {
			return name
		}
	}
}

// nameAt is the name of the table that stands at pos: of s.t, t.
func nameAt(sql string, pos int) (name string) {
	dot := false
	for {
		tok, ok := sqltext.Next(sql, pos)
		if !ok {
			return name
		}
		pos = tok.End
		switch tok.Kind {
		case sqltext.Space, sqltext.Comment:
		case sqltext.Dot:
			dot = true
		case sqltext.Ident, sqltext.QuotedIdent, sqltext.String:
			switch word := tok.Text(sql); {
			case name != "" && !dot:
				return name
			case tok.Kind == sqltext.Ident && name == "" && isOne(word, []string{"IF", "NOT", "EXISTS"}):
			case tok.Kind == sqltext.Ident && name == "" && isOne(word, []string{"OR"}): // UPDATE OR IGNORE t
				for tok, ok = sqltext.Next(sql, pos); ok && tok.Kind != sqltext.Ident; tok, ok = sqltext.Next(sql, pos) {
					pos = tok.End
				}
				if !ok {
					return ""
				}
				pos = tok.End
			default:
				name, dot = sqltext.Unquote(word), false
			}
		default:
			return name
		}
	}
}
