package block

import "github.com/gorm-libsql/libsql/internal/sqltext"

// terms reads conditions joined by AND.
func (p *parser) terms(lo, hi int) []Term {
	for p.kind(lo) == sqltext.LParen && p.close[lo] == hi-1 && !p.is(lo+1, "SELECT", "WITH", "VALUES") && lo < hi-1 {
		lo, hi = lo+1, hi-1
	}
	if p.depth++; p.depth > maxDepth {
		p.depth--
		return nil
	}
	defer func() { p.depth-- }()
	if branches := p.split(lo, hi, "OR"); len(branches) > 1 {
		t := Term{Op: Or}
		for _, b := range branches {
			t.Or = append(t.Or, p.terms(b[0], b[1]))
		}
		return []Term{t}
	}
	parts := p.split(lo, hi, "AND")
	if len(parts) == 1 {
		return p.term(lo, hi)
	}
	var terms []Term
	for _, part := range parts {
		terms = append(terms, p.terms(part[0], part[1])...)
	}
	return terms
}

// split cuts at a word outside of parentheses and CASE; the AND of a BETWEEN
// is not one.
func (p *parser) split(lo, hi int, word string) (parts [][2]int) {
	start, between := lo, false
	for i := lo; i < hi; i = p.next(i) {
		switch {
		case p.is(i, "CASE"):
			i = p.caseEnd(i, hi)
		case p.is(i, "BETWEEN"):
			between = true
		case p.is(i, "AND") && between:
			between = false
		case p.is(i, word):
			parts = append(parts, [2]int{start, i})
			start = i + 1
		}
	}
	return append(parts, [2]int{start, hi})
}

// term reads a condition; an equality of two columns is two, one for each.
func (p *parser) term(lo, hi int) []Term {
	for i := lo; i < hi; i = p.next(i) {
		if p.is(i, "CASE") {
			i = p.caseEnd(i, hi)
			continue
		}
		switch {
		case p.op(i, "=", "=="):
			return p.both(Eq, lo, i, i+1, hi)
		case p.op(i, "<", "<=", ">", ">="):
			return p.both(Range, lo, i, i+1, hi)
		case p.is(i, "IS"):
			return p.isTerm(lo, i, hi)
		case p.is(i, "ISNULL"):
			return []Term{{Op: IsNull, Left: p.expr(lo, i)}}
		case p.is(i, "NOTNULL"), p.is(i, "NOT") && p.is(i+1, "NULL"):
			return []Term{{Op: NotNull, Left: p.expr(lo, i)}}
		case p.is(i, "IN"):
			return []Term{{Op: In, Left: p.expr(lo, i), Right: p.expr(i+1, hi)}}
		case p.is(i, "BETWEEN"):
			return []Term{{Op: Range, Left: p.expr(lo, i), Right: p.expr(i+1, hi)}}
		case p.is(i, "LIKE"):
			return []Term{{Op: Like, Left: p.expr(lo, i), Right: p.expr(i+1, hi)}}
		case p.is(i, "GLOB"):
			return []Term{{Op: Glob, Left: p.expr(lo, i), Right: p.expr(i+1, hi)}}
		case p.op(i, "<>", "!="), p.is(i, "NOT"):
			return []Term{{Op: Opaque, Left: p.expr(lo, hi)}}
		}
	}
	return []Term{{Op: Opaque, Left: p.expr(lo, hi)}}
}

func (p *parser) both(op Op, lo, hi, lo2, hi2 int) []Term {
	left, right := p.expr(lo, hi), p.expr(lo2, hi2)
	terms := []Term{{Op: op, Left: left, Right: right}}
	if len(right.Refs) > 0 && !right.Selects {
		terms = append(terms, Term{Op: op, Left: right, Right: left})
	}
	return terms
}

// isTerm reads IS [NOT] [NULL] and IS [NOT] DISTINCT FROM.
func (p *parser) isTerm(lo, i, hi int) []Term {
	left := p.expr(lo, i)
	i++
	not := p.is(i, "NOT")
	if not {
		i++
	}
	distinct := p.is(i, "DISTINCT") && p.is(i+1, "FROM")
	switch {
	case p.is(i, "NULL") && !not:
		return []Term{{Op: IsNull, Left: left}}
	case p.is(i, "NULL"):
		return []Term{{Op: NotNull, Left: left}}
	case distinct && not:
		return []Term{{Op: Eq, Left: left, Right: p.expr(i+2, hi)}}
	case not, distinct, p.is(i, "TRUE", "FALSE"):
		return []Term{{Op: Opaque, Left: left}}
	}
	return []Term{{Op: Eq, Left: left, Right: p.expr(i, hi)}}
}

// items reads the list of ORDER BY, GROUP BY or SELECT.
func (p *parser) items(lo, hi int) (items []Item) {
	for start := lo; start < hi; {
		end := start
		for end < hi && p.kind(end) != sqltext.Comma {
			end = p.next(end)
		}
		last, desc := end, false
		if p.is(last-2, "NULLS") {
			last -= 2
		}
		if p.is(last-1, "ASC", "DESC") {
			last--
			desc = p.is(last, "DESC")
		}
		items = append(items, Item{Expr: p.expr(start, min(last, hi)), Desc: desc})
		start = end + 1
	}
	return items
}

// literals are words that stand for a value, not for a column.
var literals = []string{"NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"}

// operators are words inside of expressions that are no names.
var operators = []string{"AND", "OR", "NOT", "IS", "IN", "LIKE", "GLOB", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END",
	"COLLATE", "ESCAPE", "REGEXP", "MATCH", "CAST", "AS", "ISNULL", "NOTNULL", "DISTINCT", "EXISTS", "SELECT", "FROM"}

// expr reads an expression.
func (p *parser) expr(lo, hi int) (e Expr) {
	for lo < hi-1 && p.kind(lo) == sqltext.LParen && p.close[lo] == hi-1 && !p.is(lo+1, "SELECT", "WITH") {
		lo, hi = lo+1, hi-1
	}
	if hi-lo > 2 && p.is(hi-2, "COLLATE") {
		e.Collation = p.name(hi - 1)
		hi -= 2
		for lo < hi-1 && p.kind(lo) == sqltext.LParen && p.close[lo] == hi-1 {
			lo, hi = lo+1, hi-1
		}
	}
	if lo >= hi || hi > len(p.toks) {
		return e
	}
	base := p.toks[lo].Start
	e.Text = p.sql[base:p.toks[hi-1].End]
	e.Constant = true
	for i := lo; i < hi; i++ {
		switch p.kind(i) {
		case sqltext.Param:
			e.Params, e.Constant = true, false
		case sqltext.Ident, sqltext.QuotedIdent:
			switch {
			case p.is(i, literals...):
			case p.is(i, "SELECT"):
				e.Selects, e.Constant = true, false
			case p.is(i, operators...):
			case p.is(i-1, "AS") || p.is(i-1, "COLLATE"):
			case p.kind(i) == sqltext.Ident && p.kind(i+1) == sqltext.LParen: // a function
			case p.kind(i-1) == sqltext.Dot && i > lo:
			default:
				e.Constant = false
				i = p.ref(&e, i, hi, base)
			}
		}
	}
	e.Column = len(e.Refs) == 1 && !e.Params && !e.Selects && p.whole(lo, hi)
	return e
}

// ref reads name, table.name or schema.table.name.
func (p *parser) ref(e *Expr, i, hi, base int) int {
	r := Ref{Name: p.name(i)}
	first := i
	for p.kind(i+1) == sqltext.Dot && i+2 < hi && p.isName(i+2) {
		r.Qualifier, r.Name = r.Name, p.name(i+2)
		i += 2
	}
	r.start, r.end = p.toks[first].Start-base, p.toks[i].Start-base
	e.Refs = append(e.Refs, r)
	return i
}

// whole tells that the tokens are names and dots only.
func (p *parser) whole(lo, hi int) bool {
	for i := lo; i < hi; i++ {
		if (i-lo)%2 == 1 != (p.kind(i) == sqltext.Dot) || (i-lo)%2 == 0 && !p.isName(i) {
			return false
		}
	}
	return true
}
