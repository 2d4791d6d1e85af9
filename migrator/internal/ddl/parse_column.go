package ddl

import (
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// column reads a column with its constraints.
func (c *cursor) column() Column {
	var col Column
	col.Name, col.NameSpan = c.name("the name of a column")
	c.columnType(&col)
	for c.err == nil {
		constraint, ok := c.columnConstraint()
		if !ok {
			break
		}
		col.Constraints = append(col.Constraints, constraint)
	}
	col.Span = Span{col.NameSpan.Start, c.end()}
	return col
}

// columnType reads the type: any number of names, and then perhaps numbers in
// parentheses. SQLite takes GENERATED ALWAYS for names too and removes them
// from the type again; here they belong to the constraint if AS follows.
func (c *cursor) columnType(col *Column) {
	col.TypeSpan = Span{col.NameSpan.End, col.NameSpan.End}
	first := c.pos
	for nameToken(c.sql, c.tokens[c.pos]) {
		c.pos++
	}
	last := c.pos // of the text, GENERATED ALWAYS left out
	switch {
	case c.pos == first:
		return
	case c.kind() == sqltext.LParen:
		c.parens()
		last = c.pos
	case c.pos-first >= 2 && c.tokens[c.pos-1].Is(c.sql, "ALWAYS") && c.tokens[c.pos-2].Is(c.sql, "GENERATED"):
		last -= 2
		if c.at("AS") {
			c.pos -= 2
		}
	}
	if c.err != nil || c.pos == first {
		return
	}
	col.Type = c.text(first, last)
	col.TypeSpan = Span{c.tokens[first].Start, c.end()}
}

// columnConstraint reads a constraint of a column, if there is one.
func (c *cursor) columnConstraint() (Constraint, bool) {
	k := c.constraintName()
	switch {
	case c.accept("PRIMARY"):
		c.expect("KEY")
		k.Kind = PrimaryKey
		if !c.accept("ASC") {
			k.Desc = c.accept("DESC")
		}
		k.OnConflict = c.onConflict()
		k.AutoIncrement = c.accept("AUTOINCREMENT")
	case c.accept("UNIQUE"):
		k.Kind, k.OnConflict = Unique, c.onConflict()
	case c.at("NOT", "DEFERRABLE"), c.at("DEFERRABLE"):
		k.Kind, k.Ref = Deferrable, &Reference{Deferrable: c.deferrable()}
	case c.accept("NOT"):
		c.expect("NULL")
		k.Kind, k.OnConflict = NotNull, c.onConflict()
	case c.accept("NULL"):
		k.Kind, k.OnConflict = Null, c.onConflict()
	case c.accept("CHECK"):
		k.Kind, k.Expr, k.OnConflict = Check, c.expression(), c.onConflict()
	case c.accept("DEFAULT"):
		k.Kind, k.Expr = Default, c.defaultValue()
	case c.accept("COLLATE"):
		k.Kind = Collate
		k.Collation, _ = c.name("the name of a collation")
	case c.at("REFERENCES"):
		k.Kind, k.Ref = ForeignKey, c.reference()
	case c.accept("GENERATED"):
		c.expect("ALWAYS")
		c.expect("AS")
		c.generated(&k)
	case c.accept("AS"):
		c.generated(&k)
	case k.Kind == NameOnly:
	default:
		return Constraint{}, false
	}
	k.Span.End = c.end()
	return k, true
}

// generated reads the rest of a generated column's constraint.
func (c *cursor) generated(k *Constraint) {
	k.Kind, k.Expr = Generated, c.expression()
	if k.Stored = c.accept("STORED"); !k.Stored {
		c.accept("VIRTUAL")
	}
}

// expression goes past an expression in parentheses and returns it without
// them, from its first to its last token.
func (c *cursor) expression() string {
	lo, hi := c.parens()
	return c.text(lo, hi)
}

// defaultValue returns a default as SQLite's PRAGMA table_info does: between
// the parentheses, blanks at the ends left out and comments not, or the
// literal with its sign, or the name, as they are written.
func (c *cursor) defaultValue() string {
	first := c.pos
	switch tok := c.tokens[c.pos]; {
	case tok.Kind == sqltext.LParen:
		_, hi := c.parens()
		if c.err != nil {
			return ""
		}
		return strings.Trim(c.sql[tok.End:c.tokens[hi].Start], blanks)
	case tok.Kind == sqltext.Op && (tok.Text(c.sql) == "-" || tok.Text(c.sql) == "+"):
		c.pos++
	}
	switch tok := c.tokens[c.pos]; {
	case nameToken(c.sql, tok), tok.Is(c.sql, "NULL"), tok.Kind == sqltext.Number, tok.Kind == sqltext.Blob:
		c.pos++
	default:
		c.fail("a default")
		return ""
	}
	return c.text(first, c.pos)
}
