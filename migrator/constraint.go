package migrator

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/gormdb"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// CreateConstraint adds the foreign key, UNIQUE or CHECK of a model by its
// name, or by the field that has it. One of the same kind and name is
// replaced.
func (m Migrator) CreateConstraint(value any, name string) error {
	value, name, c, err := m.constraintOf(value, name)
	if err != nil {
		return err
	}
	return m.change(value, func(_ *live, d *differ, stmt *gorm.Statement) error {
		if c == nil {
			return fmt.Errorf("libsql: table %q: the model has no constraint %q", d.have.label(), name)
		}
		if err := d.have.refuseOtherSchema(c); err != nil {
			return err
		}
		text := built(stmt, c)
		o := op{reason: fmt.Sprintf("the constraint %q is asked for", c.GetName()), edit: func(e *ddl.Edit) { e.AddConstraint(text) }}
		kind := kindOf(c)
		h := d.haveOfKind(kind, c.GetName())
		if other := d.haveConstraint(c.GetName()); h == nil && other != nil {
			return fmt.Errorf("libsql: table %q: it has another constraint %q: %s", d.have.label(), c.GetName(), other.text(d.have.ddl))
		}
		if h != nil {
			if h.column < 0 && d.sameExpr(h.text(d.have.ddl), text) {
				return nil // it is there
			}
			o.edit = func(e *ddl.Edit) {
				h.drop(e)
				e.AddConstraint(text)
			}
		}
		if chk, ok := c.(*schema.CheckConstraint); ok {
			o.must = []must{{"NOT (" + chk.Constraint + ")", fmt.Sprintf("a row breaks the constraint %q CHECK (%s)", chk.Name, chk.Constraint)}}
		}
		d.op(o)
		return nil
	})
}

func kindOf(c schema.ConstraintInterface) ddl.Kind {
	switch c.(type) {
	case *schema.CheckConstraint:
		return ddl.Check
	case *schema.UniqueConstraint:
		return ddl.Unique
	}
	return ddl.ForeignKey
}

// DropConstraint drops a constraint by its name, or the one of a model's
// field. A UNIQUE or foreign key without a name goes when the model has it.
func (m Migrator) DropConstraint(value any, name string) error {
	value, name, c, err := m.constraintOf(value, name)
	if err != nil {
		return err
	}
	return m.change(value, func(_ *live, d *differ, stmt *gorm.Statement) error {
		h := d.constraint(stmt, name, c)
		if h == nil {
			return fmt.Errorf("libsql: table %q: it has no constraint %q", d.have.label(), name)
		}
		d.op(op{
			reason: fmt.Sprintf("the constraint %q is dropped", name),
			loses:  fmt.Sprintf("the constraint %q", name),
			edit:   h.drop,
		})
		return nil
	})
}

// constraint is the one of the table that has the name or, without a name,
// does what that of the model does.
func (d *differ) constraint(stmt *gorm.Statement, name string, c schema.ConstraintInterface) *constraint {
	if h := d.haveConstraint(name); h != nil {
		return h
	}
	for _, h := range constraints(d.have.ddl, ddl.NotNull) {
		if h.con.Name != "" && same(h.con.Name, name) {
			return &h
		}
	}
	if c == nil {
		return nil
	}
	return d.unnamed(stmt, c)
}

// unnamed is the constraint of the table that does what one of the model does.
func (d *differ) unnamed(stmt *gorm.Statement, c schema.ConstraintInterface) *constraint {
	parsed, err := ddl.ParseTable("CREATE TABLE t (x, " + built(stmt, c) + ")")
	if err != nil || len(parsed.Constraints) != 1 {
		return nil
	}
	for _, w := range constraints(parsed, parsed.Constraints[0].Kind) {
		for _, h := range constraints(d.have.ddl, w.con.Kind) {
			// A CHECK of a table has no columns, one in a column has one.
			if h.con.Name == "" && (w.con.Kind == ddl.Check || sameSet(h.columns, w.columns)) && d.sameExpr(h.con.Expr, w.con.Expr) &&
				(w.con.Ref == nil || sameReference(w.con.Ref, h.con.Ref, false)) {
				return &h
			}
		}
	}
	return nil
}

// constraintOf is the constraint of a model that a name or a field stands
// for, and the table that has it: of a has-many that is the other one.
func (m Migrator) constraintOf(value any, name string) (table any, _ string, c schema.ConstraintInterface, err error) {
	table = value
	err = m.RunWithValue(value, func(stmt *gorm.Statement) error {
		found, of := m.GuessConstraintInterfaceAndTable(stmt, name)
		if found == nil {
			return nil
		}
		c, name = found, found.GetName()
		if fk, ok := found.(*schema.Constraint); ok && fk.Schema != nil {
			of = fk.Schema.Table
		}
		if of != stmt.Table && stmt.Schema != nil && of != stmt.Schema.Table {
			table = of
		}
		return nil
	})
	return table, name, c, err
}

// HasConstraint tells whether the table has a constraint of that name, or the
// one of the model's field or relation, which may have been made without a
// name.
func (m Migrator) HasConstraint(value any, name string) bool {
	table, name, c, err := m.constraintOf(value, name)
	m.noteError(err)
	found := false
	m.noteError(m.RunWithValue(table, func(stmt *gorm.Statement) error {
		l, err := readLive(m.context(), gormdb.Pool(m.DB.Statement.ConnPool))
		if err != nil {
			return err
		}
		have := l.find(tableOf(stmt))
		if have == nil || have.kind == "view" || have.virtual() {
			return nil
		}
		if err := have.parse(); err != nil {
			return err
		}
		found = (&differ{have: have}).constraint(stmt, name, c) != nil
		return nil
	}))
	return found
}
