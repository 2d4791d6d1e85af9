package ddl

import "github.com/gorm-libsql/libsql/internal/sqltext"

// keyColumns reads the columns of a key, in parentheses. AUTOINCREMENT may
// stand behind the last.
func (c *cursor) keyColumns() (columns []IndexColumn, autoIncrement bool) {
	open := c.pos
	lo, hi := c.parens()
	if c.err != nil {
		return nil, false
	}
	if hi > lo && c.tokens[hi-1].Is(c.sql, "AUTOINCREMENT") {
		autoIncrement = true
		hi--
	}
	for {
		end := c.itemEnd(lo, hi)
		if lo == end {
			c.pos = open // where the message points to
			c.fail("a list of columns")
			return nil, false
		}
		columns = append(columns, c.keyColumn(lo, end))
		if end == hi {
			return columns, autoIncrement
		}
		lo = end + 1
	}
}

// columnNames reads names in parentheses. Databases of old may have a COLLATE
// or an order behind a name, which say nothing.
func (c *cursor) columnNames() (columns []IndexColumn) {
	c.expectKind(sqltext.LParen, "(")
	for c.err == nil {
		first := c.pos
		name, _ := c.name("the name of a column")
		column := IndexColumn{Name: name, Expr: c.text(first, c.pos)}
		if c.accept("COLLATE") {
			column.Collation, _ = c.name("the name of a collation")
		}
		if !c.accept("ASC") {
			column.Desc = c.accept("DESC")
		}
		columns = append(columns, column)
		if !c.acceptKind(sqltext.Comma) {
			break
		}
	}
	c.expectKind(sqltext.RParen, ", or )")
	return columns
}

// itemEnd is where the item that begins at lo ends: at a comma outside of
// parentheses, or at hi.
func (c *cursor) itemEnd(lo, hi int) int {
	for i := lo; i < hi; i++ {
		switch c.tokens[i].Kind {
		case sqltext.Comma:
			return i
		case sqltext.LParen:
			i = c.closing[i]
		}
	}
	return hi
}

// keyColumn reads one column or expression of a key. Parentheses around a
// column, also with its collation, mean nothing to SQLite: it is a column.
func (c *cursor) keyColumn(lo, hi int) (column IndexColumn) {
	hi, column.Desc = c.order(lo, hi)
	hi, column.Collation = c.collation(lo, hi)
	column.Expr = c.text(lo, hi)
	for hi-lo > 2 && c.closing[lo] == hi-1 {
		lo, hi = lo+1, hi-1
		end, collation := c.collation(lo, hi)
		if hi = end; column.Collation == "" { // the outer one counts
			column.Collation = collation
		}
	}
	if hi-lo == 1 && nameToken(c.sql, c.tokens[lo]) {
		column.Expr = c.text(lo, hi)
		column.Name = sqltext.Unquote(column.Expr)
	}
	return column
}

// order cuts ASC, DESC and NULLS FIRST from the end of an item.
func (c *cursor) order(lo, hi int) (end int, desc bool) {
	if hi-lo >= 3 && c.tokens[hi-2].Is(c.sql, "NULLS") &&
		(c.tokens[hi-1].Is(c.sql, "FIRST") || c.tokens[hi-1].Is(c.sql, "LAST")) {
		hi -= 2
	}
	if hi-lo < 2 {
		return hi, false // asc and desc are names too
	}
	asc, desc := c.tokens[hi-1].Is(c.sql, "ASC"), c.tokens[hi-1].Is(c.sql, "DESC")
	if !asc && !desc || !c.endsOperand(lo, hi-1) {
		return hi, false
	}
	return hi - 1, desc
}

// likeWords are operators that may also be names.
var likeWords = wordSet("LIKE GLOB REGEXP MATCH")

// endsOperand reports whether an expression can end before the token at end:
// "a || desc" has a column desc, "a desc" has not.
func (c *cursor) endsOperand(lo, end int) bool {
	if end <= lo {
		return false
	}
	switch tok := c.tokens[end-1]; tok.Kind {
	case sqltext.Op, sqltext.Dot:
		return false
	case sqltext.Ident:
		switch word := upper(tok.Text(c.sql)); {
		case word == "NULL", word == "ISNULL", word == "NOTNULL":
			return true
		case likeWords[word]:
			return !c.infix(lo, end-1)
		default:
			return !reserved[word]
		}
	}
	return true
}

// infix reports whether the word at i is the operator of "a LIKE b" or "a NOT
// LIKE b", rather than a name.
func (c *cursor) infix(lo, i int) bool {
	if i > lo && c.tokens[i-1].Is(c.sql, "NOT") {
		i--
	}
	return c.endsOperand(lo, i)
}

// collation cuts COLLATE from the end of an item, if it is the collation of
// the whole item: in "a || b COLLATE c" it is that of b. That of a predicate,
// "a ISNULL COLLATE c", means nothing and stays.
func (c *cursor) collation(lo, hi int) (end int, collation string) {
	end = c.operandEnd(lo, hi)
	for i := end; i < hi; i += 2 {
		if i+2 > hi || !c.tokens[i].Is(c.sql, "COLLATE") || !nameToken(c.sql, c.tokens[i+1]) {
			return hi, ""
		}
		collation = sqltext.Unquote(c.tokens[i+1].Text(c.sql)) // the last one counts
	}
	return end, collation
}

// operandEnd is the end of the operand that begins at lo: what binds stronger
// than COLLATE.
func (c *cursor) operandEnd(lo, hi int) int {
	i := lo
	for i < hi && c.tokens[i].Kind == sqltext.Op {
		i++ // a sign, or ~
	}
	if i < hi && c.tokens[i].Is(c.sql, "CASE") {
		return c.caseEnd(i, hi)
	}
	for i+2 < hi && c.tokens[i+1].Kind == sqltext.Dot {
		i += 2
	}
	if i+1 < hi && c.tokens[i].Kind == sqltext.Ident && !c.tokens[i].Is(c.sql, "NOT") && c.tokens[i+1].Kind == sqltext.LParen {
		i++ // the arguments of a function
	}
	if i < hi && c.tokens[i].Kind == sqltext.LParen {
		i = c.closing[i]
	}
	return min(i+1, hi)
}

// caseEnd is the end of the CASE … END that begins at lo.
func (c *cursor) caseEnd(lo, hi int) int {
	depth := 0
	for i := lo; i < hi; i++ {
		switch tok := c.tokens[i]; {
		case tok.Kind == sqltext.LParen:
			i = c.closing[i]
		case tok.Is(c.sql, "CASE"):
			depth++
		case tok.Is(c.sql, "END"):
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return hi
}
