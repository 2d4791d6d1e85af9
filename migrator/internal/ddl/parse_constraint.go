package ddl

import "github.com/gorm-libsql/libsql/internal/sqltext"

// atTableConstraint reports whether a constraint of the table follows, rather
// than a column: all the words that can begin one are reserved.
func (c *cursor) atTableConstraint() bool {
	return c.at("CONSTRAINT") || c.at("PRIMARY") || c.at("UNIQUE") || c.at("CHECK") || c.at("FOREIGN")
}

// constraintName reads CONSTRAINT name, if it is there. The constraint is
// NameOnly until more of it is read.
func (c *cursor) constraintName() (k Constraint) {
	k.Span.Start = c.start()
	if c.accept("CONSTRAINT") {
		k.Name, _ = c.name("the name of a constraint")
		k.Kind = NameOnly
	}
	return k
}

// tableConstraint reads a constraint of the table.
func (c *cursor) tableConstraint() Constraint {
	k := c.constraintName()
	switch {
	case c.accept("PRIMARY"):
		c.expect("KEY")
		k.Kind = PrimaryKey
		k.Columns, k.AutoIncrement = c.keyColumns()
		k.OnConflict = c.onConflict()
	case c.accept("UNIQUE"):
		k.Kind = Unique
		k.Columns, _ = c.keyColumns()
		k.OnConflict = c.onConflict()
	case c.accept("CHECK"):
		k.Kind, k.Expr, k.OnConflict = Check, c.expression(), c.onConflict()
	case c.accept("FOREIGN"):
		c.expect("KEY")
		k.Kind = ForeignKey
		k.Columns = c.columnNames()
		k.Ref = c.reference()
	case k.Kind == NameOnly:
	default:
		c.fail("a constraint")
	}
	k.Span.End = c.end()
	return k
}

// onConflict reads ON CONFLICT, if it is there.
func (c *cursor) onConflict() string {
	if !c.accept("ON", "CONFLICT") {
		return ""
	}
	if c.kind() != sqltext.Ident {
		c.fail("what to do on a conflict")
		return ""
	}
	c.pos++
	return upper(c.text(c.pos-1, c.pos))
}

// reference reads REFERENCES with all that belongs to it. What is said twice
// is as it is said last.
func (c *cursor) reference() *Reference {
	r := &Reference{}
	c.expect("REFERENCES")
	r.Table, _ = c.name("the name of a table")
	if c.kind() == sqltext.LParen {
		for _, column := range c.columnNames() {
			r.Columns = append(r.Columns, column.Name)
		}
	}
	for {
		switch {
		case c.accept("MATCH"):
			r.Match, _ = c.name("the name of a MATCH")
		case c.accept("ON", "DELETE"):
			r.OnDelete = c.action()
		case c.accept("ON", "UPDATE"):
			r.OnUpdate = c.action()
		case c.accept("ON", "INSERT"): // SQLite reads it and forgets it
			c.action()
		default:
			r.Deferrable = c.deferrable()
			return r
		}
	}
}

// action reads what a foreign key does.
func (c *cursor) action() string {
	for _, words := range [][]string{{"SET", "NULL"}, {"SET", "DEFAULT"}, {"CASCADE"}, {"RESTRICT"}, {"NO", "ACTION"}} {
		if c.accept(words...) {
			action := words[0]
			if len(words) > 1 {
				action += " " + words[1]
			}
			return action
		}
	}
	c.fail("SET NULL, SET DEFAULT, CASCADE, RESTRICT or NO ACTION")
	return ""
}

// deferrable reads [NOT] DEFERRABLE [INITIALLY …], if it is there.
func (c *cursor) deferrable() (text string) {
	switch {
	case c.accept("NOT", "DEFERRABLE"):
		text = "NOT DEFERRABLE"
	case c.accept("DEFERRABLE"):
		text = "DEFERRABLE"
	default:
		return ""
	}
	switch {
	case c.accept("INITIALLY", "DEFERRED"):
		text += " INITIALLY DEFERRED"
	case c.accept("INITIALLY", "IMMEDIATE"):
		text += " INITIALLY IMMEDIATE"
	}
	return text
}
