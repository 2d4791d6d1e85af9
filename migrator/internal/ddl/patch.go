package ddl

import (
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// patches are changes of a text that do not overlap. At one place they stand
// in the order in which they were made.
type patches struct {
	sql    string
	tokens []sqltext.Token // all of them, read when needed
	list   []patch
}

type patch struct {
	Span
	text string
}

func (p *patches) replace(s Span, text string) { p.list = append(p.list, patch{s, text}) }

func (p *patches) insert(at int, text string) { p.replace(Span{at, at}, text) }

// drop removes a span and the blanks before it. Behind a comment they stay:
// one of them ends it.
func (p *patches) drop(s Span) {
	if i := p.tokenBefore(s.Start); i > 0 && p.tokens[i].Kind == sqltext.Space && p.tokens[i-1].Kind != sqltext.Comment {
		s.Start = p.tokens[i].Start
	}
	p.replace(s, "")
}

// dropLeading removes the comma behind what was dropped at the beginning, and
// the blanks behind it.
func (p *patches) dropLeading(comma int) {
	s := Span{comma, comma + 1}
	if i := p.tokenBefore(s.End) + 1; i < len(p.tokens) && p.tokens[i].Kind == sqltext.Space {
		s.End = p.tokens[i].End
	}
	p.replace(s, "")
}

// tokenBefore is the index of the token that ends at the offset.
func (p *patches) tokenBefore(offset int) int {
	if p.tokens == nil {
		p.tokens = slices.Collect(sqltext.Tokens(p.sql))
	}
	i, found := slices.BinarySearchFunc(p.tokens, offset, func(tok sqltext.Token, end int) int { return tok.End - end })
	if !found {
		return -1
	}
	return i
}

// String is the text with its changes. A blank keeps apart what would otherwise
// become one token.
func (p *patches) String() string {
	slices.SortStableFunc(p.list, func(a, b patch) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return a.End - b.End
	})
	var out joined
	at := 0
	for _, change := range p.list {
		out.add(p.sql[at:change.Start])
		out.add(change.text)
		at = change.End
	}
	out.add(p.sql[at:])
	return string(out)
}

// joined is a text of parts.
type joined []byte

func (j *joined) add(s string) {
	if s == "" {
		return
	}
	if n := len(*j); n > 0 && !apart((*j)[n-1]) && !apart(s[0]) {
		*j = append(*j, ' ')
	}
	*j = append(*j, s...)
}

// apart reports whether the byte never becomes part of a token beside it.
func apart(c byte) bool { return strings.IndexByte(blanks+"(),;", c) >= 0 }
