package block

import "github.com/gorm-libsql/libsql/internal/sqltext"

// maxDepth bounds the recursion, as SQLite bounds that of its own parser.
const maxDepth = 200

type parser struct {
	sql    string
	toks   []sqltext.Token // without blanks
	close  []int           // of a parenthesis that opens, the index of the one that closes, or the end
	blocks []Block
	ctes   map[string]bool
	depth  int
}

func newParser(sql string) *parser {
	p := &parser{sql: sql, ctes: map[string]bool{}}
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind == sqltext.Semicolon && len(p.toks) > 0 {
			break
		}
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment && tok.Kind != sqltext.Semicolon {
			p.toks = append(p.toks, tok)
		}
	}
	p.close = make([]int, len(p.toks))
	var open []int
	for i, tok := range p.toks {
		p.close[i] = len(p.toks)
		switch tok.Kind {
		case sqltext.LParen:
			open = append(open, i)
		case sqltext.RParen:
			if n := len(open); n > 0 {
				p.close[open[n-1]] = i
				open = open[:n-1]
			}
		}
	}
	return p
}

func (p *parser) is(i int, words ...string) bool {
	if i < 0 || i >= len(p.toks) {
		return false
	}
	for _, w := range words {
		if p.toks[i].Is(p.sql, w) {
			return true
		}
	}
	return false
}

func (p *parser) kind(i int) sqltext.Kind {
	if i < 0 || i >= len(p.toks) {
		return sqltext.Illegal
	}
	return p.toks[i].Kind
}

func (p *parser) text(i int) string { return p.toks[i].Text(p.sql) }

// op tells that the token is this operator.
func (p *parser) op(i int, ops ...string) bool {
	if p.kind(i) != sqltext.Op {
		return false
	}
	for _, o := range ops {
		if p.text(i) == o {
			return true
		}
	}
	return false
}

func (p *parser) name(i int) string { return sqltext.Unquote(p.text(i)) }

// next is the token behind i, past what is in parentheses.
func (p *parser) next(i int) int {
	if p.kind(i) == sqltext.LParen {
		return p.close[i] + 1
	}
	return i + 1
}

// find is the first of the words from lo on, outside of parentheses and of
// CASE … END; hi without one.
func (p *parser) find(lo, hi int, words ...string) int {
	for i := lo; i < hi; i = p.next(i) {
		if p.is(i, "CASE") {
			i = p.caseEnd(i, hi)
			continue
		}
		if p.is(i, words...) && !p.distinctFrom(i) && p.kind(i-1) != sqltext.Dot {
			return i
		}
	}
	return hi
}

// caseEnd is the END of the CASE at i.
func (p *parser) caseEnd(i, hi int) int {
	for depth := 0; i < hi; i = p.next(i) {
		switch {
		case p.is(i, "CASE"):
			depth++
		case p.is(i, "END"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return hi
}

// distinctFrom: the FROM of IS DISTINCT FROM.
func (p *parser) distinctFrom(i int) bool {
	return p.is(i, "FROM") && p.is(i-1, "DISTINCT") && p.is(i-2, "IS", "NOT")
}

// nested reads the subqueries in parentheses between lo and hi.
func (p *parser) nested(lo, hi int) {
	for i := lo; i < hi; i++ {
		if p.kind(i) == sqltext.LParen && p.is(i+1, "SELECT", "WITH") {
			p.statement(i+1, min(p.close[i], hi))
			i = min(p.close[i], hi)
		}
	}
}

func (p *parser) statement(lo, hi int) {
	if p.depth++; p.depth > maxDepth {
		p.depth--
		return
	}
	defer func() { p.depth-- }()
	for p.is(lo, "EXPLAIN", "QUERY", "PLAN") {
		lo++
	}
	if p.is(lo, "WITH") {
		lo = p.with(lo+1, hi)
	}
	switch {
	case p.is(lo, "SELECT"):
		p.selects(lo, hi)
	case p.is(lo, "UPDATE"):
		p.update(lo+1, hi)
	case p.is(lo, "DELETE"):
		p.writes(lo+2, p.find(lo, hi, "WHERE", "RETURNING", "ORDER", "LIMIT"), hi)
	case p.is(lo, "INSERT", "REPLACE"):
		if at := p.find(lo, hi, "SELECT", "VALUES", "DEFAULT"); p.is(at, "SELECT") {
			p.selects(at, hi)
		} else {
			p.nested(lo, hi)
		}
	default:
		p.nested(lo, hi)
	}
}

// with reads common table expressions and returns where the statement begins.
func (p *parser) with(i, hi int) int {
	if p.is(i, "RECURSIVE") {
		i++
	}
	for i < hi {
		p.ctes[sqltext.Lower(p.name(i))] = true
		i = p.find(i+1, hi, "AS") + 1
		for p.is(i, "NOT", "MATERIALIZED") {
			i++
		}
		if p.kind(i) != sqltext.LParen {
			return i
		}
		p.statement(i+1, min(p.close[i], hi))
		if i = p.close[i] + 1; p.kind(i) != sqltext.Comma {
			return i
		}
		i++
	}
	return i
}

func (p *parser) update(i, hi int) {
	if p.is(i, "OR") {
		i += 2
	}
	set := p.find(i, hi, "SET")
	b := Block{Writes: true}
	p.sources(&b, i, set)
	from := p.find(set, hi, "FROM", "WHERE", "RETURNING", "ORDER", "LIMIT")
	p.nested(set, from)
	if p.is(from, "FROM") {
		end := p.find(from+1, hi, "WHERE", "RETURNING", "ORDER", "LIMIT")
		p.sources(&b, from+1, end)
		from = end
	}
	p.tail(b, from, hi)
}

// writes reads a DELETE: its table up to from, and what follows.
func (p *parser) writes(i, from, hi int) {
	b := Block{Writes: true}
	p.sources(&b, i, from)
	p.tail(b, from, hi)
}

// tail reads WHERE and what follows it, and tells which block that makes.
func (p *parser) tail(b Block, i, hi int) (at int) {
	if p.is(i, "WHERE") {
		end := p.find(i+1, hi, "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "RETURNING", "ON")
		b.Terms = append(b.Terms, p.terms(i+1, end)...)
		p.nested(i+1, end)
		i = end
	}
	if p.is(i, "GROUP") {
		end := p.find(i+2, hi, "HAVING", "WINDOW", "ORDER", "LIMIT", "RETURNING", "ON")
		b.Group = p.items(i+2, end)
		p.nested(i+2, end)
		i = end
	}
	if p.is(i, "HAVING", "WINDOW") {
		end := p.find(i+1, hi, "ORDER", "LIMIT", "RETURNING", "ON")
		p.nested(i+1, end)
		i = end
	}
	if p.is(i, "ORDER") {
		end := p.find(i+2, hi, "LIMIT", "RETURNING", "ON")
		b.Order = p.items(i+2, end)
		i = end
	}
	b.Limit = p.find(i, hi, "LIMIT") < hi
	p.nested(i, hi)
	p.blocks = append(p.blocks, b)
	return len(p.blocks) - 1
}

// selects reads the SELECTs of a compound, whose ORDER BY is of all of them.
func (p *parser) selects(lo, hi int) {
	for compound := false; lo < hi; {
		end := p.find(lo, hi, "UNION", "EXCEPT", "INTERSECT")
		compound = compound || end < hi
		if at, ok := p.oneSelect(lo, end); ok && compound {
			p.blocks[at].Order = nil
		}
		for lo = end + 1; p.is(lo, "ALL"); lo++ {
		}
	}
}

// aggregates are the functions that make one row of many.
var aggregates = map[string]bool{"count": true, "sum": true, "total": true, "avg": true, "min": true, "max": true,
	"group_concat": true, "string_agg": true, "json_group_array": true, "json_group_object": true}

// oneSelect reads a SELECT and tells which block it is.
func (p *parser) oneSelect(lo, hi int) (at int, ok bool) {
	if !p.is(lo, "SELECT") {
		p.nested(lo, hi) // VALUES
		return 0, false
	}
	var b Block
	i := lo + 1
	from := p.find(i, hi, "FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT")
	distinct := p.is(i, "DISTINCT")
	for p.is(i, "DISTINCT", "ALL") {
		i++
	}
	for j := i; j < from; j = p.next(j) {
		if p.kind(j+1) == sqltext.LParen && aggregates[sqltext.Lower(p.text(j))] && !p.is(p.close[j+1]+1, "OVER", "FILTER") {
			b.Aggregates = true
		}
	}
	if p.is(i, "min", "max") && p.kind(i+1) == sqltext.LParen && (p.close[i+1] == from-1 || p.is(p.close[i+1]+1, "AS")) {
		b.Extreme = p.items(i+2, min(p.close[i+1], from))
	}
	if distinct {
		b.Lists = p.items(i, from)
	}
	p.nested(i, from)
	end := from
	if p.is(from, "FROM") {
		end = p.find(from+1, hi, "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT")
		p.sources(&b, from+1, end)
	}
	return p.tail(b, end, hi), true
}
