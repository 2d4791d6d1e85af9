package ddl

import "github.com/gorm-libsql/libsql/internal/sqltext"

// ParseIndex takes a CREATE INDEX statement apart, as it stands in
// sqlite_schema or as it was executed. The USING of libSQL, which names a kind
// of index, is read and left out.
func ParseIndex(sql string) (*Index, error) {
	c := newCursor(sql)
	x := &Index{SQL: sql}
	c.expect("CREATE")
	x.Unique = c.accept("UNIQUE")
	c.expect("INDEX")
	c.accept("IF", "NOT", "EXISTS")
	x.Name, x.NameSpan = c.name("the name of the index")
	if c.acceptKind(sqltext.Dot) {
		x.Schema = x.Name
		x.Name, x.NameSpan = c.name("the name of the index")
	}
	c.indexKind()
	c.expect("ON")
	x.Table, _ = c.name("the name of the table")
	x.Columns, _ = c.keyColumns()
	if c.accept("WHERE") {
		x.Where = c.condition()
	}
	c.finish()
	if c.err != nil {
		return nil, c.err
	}
	return x, nil
}

func (c *cursor) indexKind() {
	if !c.accept("USING") {
		return
	}
	for {
		c.name("a kind of index")
		if !c.acceptKind(sqltext.Comma) {
			return
		}
	}
}

// condition goes past an expression that reaches to the end of the statement.
func (c *cursor) condition() string {
	first := c.pos
	for c.kind() != sqltext.Semicolon && c.kind() != sqltext.RParen {
		if c.kind() == sqltext.LParen {
			c.parens()
		} else {
			c.pos++
		}
	}
	if c.pos == first {
		c.fail("an expression")
	}
	if c.err != nil {
		return ""
	}
	return c.text(first, c.pos)
}
