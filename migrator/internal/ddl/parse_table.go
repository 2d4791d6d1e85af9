package ddl

import (
	"fmt"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// ParseTable takes a CREATE TABLE statement apart, as it stands in
// sqlite_schema or as it was executed: also with TEMP, IF NOT EXISTS and a
// schema, but not CREATE TABLE … AS SELECT and not CREATE VIRTUAL TABLE.
//
// It reads everything that SQLite accepts, and more: it does not ask whether a
// column exists, or whether an expression is one.
func ParseTable(sql string) (*Table, error) {
	c := newCursor(sql)
	t := &Table{SQL: sql}
	c.createTable(t)
	c.body(t)
	c.options(t)
	c.finish()
	if c.err != nil {
		return nil, c.err
	}
	return t, nil
}

// createTable reads up to the name of the table.
func (c *cursor) createTable(t *Table) {
	c.expect("CREATE")
	if !c.accept("TEMP") {
		c.accept("TEMPORARY")
	}
	c.expect("TABLE")
	c.accept("IF", "NOT", "EXISTS")
	t.Name, t.NameSpan = c.name("the name of the table")
	if c.acceptKind(sqltext.Dot) {
		t.Schema = t.Name
		t.Name, t.NameSpan = c.name("the name of the table")
	}
}

// body reads the columns and the constraints of the table.
func (c *cursor) body(t *Table) {
	t.Body.Start = c.start()
	c.expectKind(sqltext.LParen, "(")
	t.Columns = append(t.Columns, c.column())
	for c.acceptKind(sqltext.Comma) {
		if c.atTableConstraint() {
			c.tableConstraints(t)
			break
		}
		t.Columns = append(t.Columns, c.column())
	}
	c.expectKind(sqltext.RParen, ", or )")
	t.Body.End = c.end()
}

// tableConstraints reads the constraints of the table, which commas may divide.
func (c *cursor) tableConstraints(t *Table) {
	for {
		t.Constraints = append(t.Constraints, c.tableConstraint())
		if comma := c.acceptKind(sqltext.Comma); !comma && !c.atTableConstraint() {
			return
		}
	}
}

// options reads what stands behind the body. SQLite takes a comma before the
// first of them.
func (c *cursor) options(t *Table) {
	t.Options = Span{t.Body.End, t.Body.End}
	if c.kind() == sqltext.Semicolon {
		return
	}
	t.Options.Start = c.start()
	c.acceptKind(sqltext.Comma)
	for {
		c.option(t)
		if !c.acceptKind(sqltext.Comma) {
			break
		}
	}
	t.Options.End = c.end()
}

func (c *cursor) option(t *Table) {
	switch {
	case c.accept("WITHOUT", "ROWID"):
		t.WithoutRowID = true
	case c.accept("RANDOM", "ROWID"):
		t.RandomRowID = true
	case c.accept("STRICT"):
		t.Strict = true
	case nameToken(c.sql, c.tokens[c.pos]):
		if c.err == nil {
			tok := c.tokens[c.pos]
			c.err = fmt.Errorf("ddl: unknown table option %.40q at byte %d", tok.Text(c.sql), tok.Start)
		}
		c.fail("")
	default:
		c.fail("a table option")
	}
}
