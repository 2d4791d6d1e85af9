package vecindex

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// marker is the function that makes an index one of vectors.
const marker = "libsql_vector_idx"

// Index is what stands in a CREATE INDEX of vectors.
type Index struct {
	Schema, Name string
	Column       string
	args         []string // behind the column, those that are texts
	empty        bool     // no argument at all
}

// Scan reads a CREATE INDEX, at least as far as SQLite would understand it; ok
// is false when it is none of vectors.
func Scan(sql string) (x Index, ok bool) {
	toks := solid(sql)
	i := 0
	accept := func(words ...string) {
		for _, w := range words {
			if i < len(toks) && toks[i].Is(sql, w) {
				i++
			}
		}
	}
	accept("CREATE", "UNIQUE", "INDEX", "IF", "NOT", "EXISTS")
	if i >= len(toks) {
		return x, false
	}
	x.Name = sqltext.Unquote(toks[i].Text(sql))
	if i+2 < len(toks) && toks[i+1].Kind == sqltext.Dot {
		x.Schema, x.Name = x.Name, sqltext.Unquote(toks[i+2].Text(sql))
	}
	for ; i+1 < len(toks); i++ {
		if isMarker(sql, toks[i]) && toks[i+1].Kind == sqltext.LParen {
			x.call(sql, toks[i+2:])
			return x, true
		}
	}
	return x, false
}

// ParseCall reads the expression of an index. ok is false when it is none of
// vectors, or one that the engine would not take.
func ParseCall(expr string) (column string, o Options, ok bool) {
	toks := solid(expr)
	if len(toks) < 2 || !isMarker(expr, toks[0]) || toks[1].Kind != sqltext.LParen {
		return "", o, false
	}
	var x Index
	x.call(expr, toks[2:])
	for _, arg := range x.args {
		key, value, _ := strings.Cut(arg, "=")
		switch key = sqltext.Lower(key); key {
		case "type":
			continue
		case "metric":
			o.Metric, ok = prefixed(value, metrics)
		case "compress_neighbors":
			o.Compress, ok = prefixed(value, compressions)
		default:
			ok = o.set(key, value) == nil
		}
		if !ok {
			return "", o, false
		}
	}
	return x.Column, o, x.Column != ""
}

// prefixed finds the value as the engine does, which takes the beginning of
// one for it.
func prefixed(value string, all []string) (string, bool) {
	for _, v := range all {
		if strings.HasPrefix(v, sqltext.Lower(value)) {
			return v, true
		}
	}
	return "", false
}

func isMarker(sql string, tok sqltext.Token) bool {
	return (tok.Kind == sqltext.Ident || tok.Kind == sqltext.QuotedIdent || tok.Kind == sqltext.String) &&
		sqltext.EqualFold(sqltext.Unquote(tok.Text(sql)), marker)
}

// call reads the arguments behind the opening parenthesis.
func (x *Index) call(sql string, toks []sqltext.Token) {
	for i, tok := range toks {
		switch {
		case tok.Kind == sqltext.RParen:
			x.empty = i == 0
			return
		case tok.Kind == sqltext.Comma:
		case i == 0:
			x.Column = sqltext.Unquote(tok.Text(sql))
		case tok.Kind == sqltext.String || tok.Kind == sqltext.QuotedIdent:
			x.args = append(x.args, sqltext.Unquote(tok.Text(sql)))
		}
	}
}

// Dangerous is the error of an index that would end the process, now or at a
// search.
func (x Index) Dangerous() error {
	if x.empty {
		return errors.New("vector index: " + marker + " must contain at least one argument")
	}
	for _, arg := range x.args {
		key, value, _ := strings.Cut(sqltext.Lower(arg), "=")
		if key != "search_l" && key != "insert_l" {
			continue
		}
		digits := strings.TrimLeft(value, "+ ")
		if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
			digits = digits[:end]
		}
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil && n > MaxL {
			return fmt.Errorf("vector index: %s must be from 1 to %d", key, MaxL)
		}
	}
	return nil
}

func solid(sql string) (out []sqltext.Token) {
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind == sqltext.Semicolon {
			break
		}
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			out = append(out, tok)
		}
	}
	return out
}
