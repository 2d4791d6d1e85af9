package ftsindex

import (
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Read reads the CREATE VIRTUAL TABLE of an index that [Index.Objects] has
// written. ok is false when it is another one. Weights are not in it.
func Read(sql string) (x Index, content string, ok bool) {
	var toks []sqltext.Token
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			toks = append(toks, tok)
		}
	}
	if len(toks) < 7 || !toks[1].Is(sql, "VIRTUAL") || !toks[4].Is(sql, "USING") || !toks[5].Is(sql, "fts5") || toks[6].Kind != sqltext.LParen {
		return x, "", false
	}
	text := func(i int) string { return sqltext.Unquote(toks[i].Text(sql)) }
	x.Name = text(3)
	for i := 7; i < len(toks); {
		end := i
		for end < len(toks) && toks[end].Kind != sqltext.Comma && toks[end].Kind != sqltext.RParen {
			end++
		}
		switch n := end - i; {
		case n == 1 && toks[i].Kind == sqltext.QuotedIdent:
			x.Columns = append(x.Columns, Column{Name: text(i)})
		case n == 2 && toks[i].Kind == sqltext.QuotedIdent && toks[i+1].Is(sql, "UNINDEXED"):
			x.Columns = append(x.Columns, Column{Name: text(i), Unindexed: true})
		case n == 3 && toks[i].Kind == sqltext.Ident && toks[i+1].Text(sql) == "=":
			switch value := text(i + 2); toks[i].Text(sql) {
			case "content":
				content = value
			case "tokenize":
				x.Tokenize = value
			case "detail":
				x.Detail = value
			case "prefix":
				for _, s := range strings.Fields(value) {
					length, err := strconv.Atoi(s)
					if err != nil {
						return x, "", false
					}
					x.Prefix = append(x.Prefix, length)
				}
			case "content_rowid":
			default:
				return x, "", false
			}
		default:
			return x, "", false
		}
		i = end + 1
	}
	return x, content, content != ""
}
