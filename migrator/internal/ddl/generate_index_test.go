package ddl_test

import "strings"

var indexedColumns = strings.Split("id|a|b|c d|größe|desc|asc|key|like|it's|select|nulls|first|collate|end|nowhere", "|")

// index writes a CREATE INDEX on the indexedTable.
func (g *generator) index() string {
	g.out.Reset()
	g.out.WriteString("CREATE ")
	if g.chance(3) {
		g.keyword("UNIQUE")
	}
	g.keyword("INDEX")
	if g.chance(5) {
		g.keyword("IF NOT EXISTS")
	}
	if g.chance(5) {
		g.name("main")
		g.emit(".")
	}
	name := pick(g.r, someNames)
	if name == "if" {
		name = "if not" // as of a table
	}
	g.name(name)
	g.keyword("ON")
	g.name("t")
	for i := range 1 + g.r.IntN(4) {
		g.emit(map[bool]string{true: "(", false: ","}[i == 0])
		g.expr(g.r.IntN(3))
		if g.chance(3) {
			g.keyword("COLLATE")
			g.emit(pick(g.r, collations))
		}
		if g.chance(3) {
			g.keyword(pick(g.r, []string{"ASC", "DESC"}))
		}
	}
	g.emit(")")
	if g.chance(3) {
		g.keyword("WHERE")
		g.expr(2)
	}
	if g.chance(5) {
		g.emit(";")
	}
	return g.out.String()
}

// expr writes an expression of that depth.
func (g *generator) expr(depth int) {
	if depth == 0 {
		if g.chance(5) {
			g.emit(pick(g.r, []string{"1", "'x'", "NULL", "x'00'", "1.5", "CURRENT_DATE"}))
		} else {
			g.name(pick(g.r, indexedColumns))
		}
		return
	}
	sub := func() { g.expr(g.r.IntN(depth)) }
	switch g.r.IntN(12) {
	case 0, 1:
		g.emit("(")
		sub()
		g.emit(")")
	case 2:
		sub()
		g.keyword("COLLATE")
		g.emit(pick(g.r, collations))
	case 3, 4:
		sub()
		g.emit(pick(g.r, []string{"+", "||", "=", "<>", "->", "AND", "LIKE", "IS", "IS NOT", "-", "%", "NOT GLOB", "IS DISTINCT FROM"}))
		sub()
	case 5:
		g.emit(pick(g.r, []string{"-", "+", "~", "NOT"}))
		sub()
	case 6:
		g.emit(pick(g.r, []string{"lower (", "abs(", "coalesce(1,", "max(", "like ("}))
		sub()
		g.emit(",")
		sub()
		g.emit(")")
	case 7:
		g.keyword("CASE")
		sub()
		g.keyword("WHEN")
		sub()
		g.keyword("THEN")
		sub()
		g.keyword("END")
	case 8:
		sub()
		g.keyword(pick(g.r, []string{"ISNULL", "NOTNULL", "NOT NULL", "IS NULL"}))
	case 9:
		g.emit("CAST(")
		sub()
		g.keyword("AS INT)")
	case 10:
		sub()
		g.keyword(pick(g.r, []string{"IN (", "NOT IN ("}))
		sub()
		g.emit(",")
		sub()
		g.emit(")")
	case 11:
		sub()
		g.keyword("BETWEEN")
		sub()
		g.keyword("AND")
		sub()
	}
}
