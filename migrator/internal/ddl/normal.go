package ddl

import (
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Normal returns a form of an expression or a statement that is the same for
// texts that differ only in how they are written: without comments, with one
// blank between tokens, words and names in lower case and without their
// quotes, blobs in lower case, without parentheses around the whole of an
// expression, and without semicolons at the end. Only ASCII letters have a
// case. Strings, numbers and parameters stay as they are.
//
// Equal forms do not mean equal texts in all cases. A quoted name is not told
// from a keyword or from a bare name, nor from the tokens it looks like: "a b"
// is a b, "1" is 1, and "'x'" is 'x'. Nor is a "word" that SQLite takes for a
// string, because no column has that name, told from the name.
//
// And different forms do not mean different expressions: 1.0 is not 1 here, ==
// not =, and (a) + b not a + b.
func Normal(sql string) string {
	var tokens []sqltext.Token
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			tokens = append(tokens, tok)
		}
	}
	for n := len(tokens); n > 0 && tokens[n-1].Kind == sqltext.Semicolon; n-- {
		tokens = tokens[:n-1]
	}
	words := make([]string, len(tokens))
	for i, tok := range tokens {
		switch words[i] = tok.Text(sql); tok.Kind {
		case sqltext.Ident, sqltext.QuotedIdent:
			words[i] = sqltext.Lower(sqltext.Unquote(words[i]))
		case sqltext.Blob:
			words[i] = sqltext.Lower(words[i])
		}
	}
	lo, hi := bare(sql, tokens)
	return strings.Join(words[lo:hi], " ")
}

// bare returns the range of the tokens without the parentheses around them.
// Those of a row value and of a subquery stay: they mean something.
func bare(sql string, tokens []sqltext.Token) (lo, hi int) {
	closing := closings(tokens)
	lo, hi = 0, len(tokens)
	for hi-lo > 2 && closing[lo] == hi-1 {
		lo, hi = lo+1, hi-1
	}
	if lo == 0 {
		return lo, hi
	}
	if tok := tokens[lo]; tok.Is(sql, "SELECT") || tok.Is(sql, "VALUES") || tok.Is(sql, "WITH") {
		return lo - 1, hi + 1
	}
	for i := lo; i < hi; i++ {
		switch {
		case tokens[i].Kind == sqltext.Comma:
			return lo - 1, hi + 1
		case closing[i] > 0:
			i = closing[i]
		}
	}
	return lo, hi
}
