package migrator

import (
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// solid are the tokens of a text without blanks and comments.
func solid(s string) (out []sqltext.Token) {
	for tok := range sqltext.Tokens(s) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			out = append(out, tok)
		}
	}
	return out
}

// bare takes away the parentheses around a whole expression.
func bare(s string) string {
	for {
		toks := solid(s)
		if len(toks) < 2 || toks[0].Kind != sqltext.LParen {
			return strings.TrimSpace(s)
		}
		depth := 0
		for i, t := range toks {
			switch t.Kind {
			case sqltext.LParen:
				depth++
			case sqltext.RParen:
				depth--
			}
			if depth == 0 && i < len(toks)-1 {
				return strings.TrimSpace(s)
			}
		}
		if depth != 0 {
			return strings.TrimSpace(s)
		}
		s = s[toks[0].End:toks[len(toks)-1].Start]
	}
}

// plainText is the text that a literal stands for, in whatever quotes and
// parentheses. After DEFAULT, a name in double quotes is a text.
func plainText(s string) (text string, ok bool) {
	s = bare(s)
	toks := solid(s)
	if len(toks) != 1 {
		return "", false
	}
	switch tok := toks[0]; tok.Kind {
	case sqltext.String, sqltext.QuotedIdent:
		return sqltext.Unquote(tok.Text(s)), true
	}
	return "", false
}

// constant tells whether SQLite takes the text as the default of a column
// that is added to rows: no expression, no CURRENT_TIMESTAMP
// (https://www.sqlite.org/lang_altertable.html#altertabaddcol).
func constant(def string) bool {
	toks := solid(def)
	if len(toks) == 2 && toks[0].Kind == sqltext.Op && toks[1].Kind == sqltext.Number {
		return true // signed
	}
	if len(toks) != 1 {
		return false
	}
	switch tok := toks[0]; tok.Kind {
	case sqltext.String, sqltext.QuotedIdent, sqltext.Number, sqltext.Blob:
		return true
	case sqltext.Ident:
		return !tok.Is(def, "CURRENT_TIMESTAMP") && !tok.Is(def, "CURRENT_DATE") && !tok.Is(def, "CURRENT_TIME")
	}
	return false
}
