package block

import "github.com/gorm-libsql/libsql/internal/sqltext"

var joins = []string{"NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "OUTER", "JOIN"}

// notAlias are the words that may follow a table and are no name for it.
var notAlias = append([]string{"ON", "USING", "INDEXED", "NOT", "SET", "WHERE"}, joins...)

// sources reads tables and joins into the block.
func (p *parser) sources(b *Block, i, hi int) {
	for i < hi {
		switch {
		case p.kind(i) == sqltext.Comma:
			i++
		case p.is(i, joins...):
			i++
		case p.is(i, "ON"):
			end := p.joinEnd(i+1, hi)
			b.Terms = append(b.Terms, p.terms(i+1, end)...)
			p.nested(i+1, end)
			i = end
		case p.is(i, "USING") && p.kind(i+1) == sqltext.LParen:
			p.using(b, i+2, min(p.close[i+1], hi))
			i = p.close[i+1] + 1
		default:
			i = p.source(b, i, hi)
		}
	}
}

// joinEnd is where the condition of an ON ends.
func (p *parser) joinEnd(i, hi int) int {
	for ; i < hi; i = p.next(i) {
		if p.kind(i) == sqltext.Comma || p.is(i, joins...) {
			return i
		}
	}
	return hi
}

// using makes a condition of each column of USING (…), for the last table and
// for those before it.
func (p *parser) using(b *Block, i, hi int) {
	n := len(b.Sources)
	for ; i < hi; i++ {
		if p.kind(i) == sqltext.Comma || n < 2 {
			continue
		}
		name := p.name(i)
		last := Expr{Text: p.text(i), Column: true, Refs: []Ref{{Qualifier: b.Sources[n-1].Name(), Name: name}}}
		for _, s := range b.Sources[:n-1] {
			before := Expr{Text: p.text(i), Column: true, Refs: []Ref{{Qualifier: s.Name(), Name: name}}}
			b.Terms = append(b.Terms, Term{Op: Eq, Left: last, Right: before}, Term{Op: Eq, Left: before, Right: last})
		}
	}
}

// source reads one table, function, subquery, or join in parentheses.
func (p *parser) source(b *Block, i, hi int) int {
	if p.kind(i) == sqltext.LParen {
		end := min(p.close[i], hi)
		if p.is(i+1, "SELECT", "WITH", "VALUES") {
			p.statement(i+1, end)
			return p.alias(b, Source{Subquery: true}, end+1, hi)
		}
		p.sources(b, i+1, end)
		return end + 1
	}
	if !p.isName(i) {
		return i + 1
	}
	s := Source{Table: p.name(i)}
	i++
	for p.kind(i) == sqltext.Dot && p.isName(i+1) {
		s.Schema, s.Table = s.Table, p.name(i+1)
		i += 2
	}
	if i < hi && p.kind(i) == sqltext.LParen {
		s.Function = true
		p.nested(i+1, min(p.close[i], hi))
		i = p.close[i] + 1
	}
	return p.alias(b, s, i, hi)
}

func (p *parser) isName(i int) bool {
	switch p.kind(i) {
	case sqltext.Ident, sqltext.QuotedIdent, sqltext.String:
		return true
	}
	return false
}

func (p *parser) alias(b *Block, s Source, i, hi int) int {
	if p.is(i, "AS") {
		i++
	}
	if i < hi && p.isName(i) && !p.is(i, notAlias...) {
		s.Alias = p.name(i)
		i++
	}
	switch {
	case p.is(i, "INDEXED"):
		s.Fixed, i = true, i+3
	case p.is(i, "NOT") && p.is(i+1, "INDEXED"):
		s.Fixed, i = true, i+2
	}
	b.Sources = append(b.Sources, s)
	return i
}
