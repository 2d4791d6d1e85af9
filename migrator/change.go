package migrator

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// change carries out what fn finds to be changed about the table of value.
// The model is nil for a table by its name.
func (m Migrator) change(value any, fn func(l *live, d *differ, stmt *gorm.Statement) error) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return m.carryOut(func(s *session) (*Plan, error) {
			l, err := readLive(s.ctx, s.pool)
			if err != nil {
				return nil, err
			}
			t := tableOf(stmt)
			have := l.find(t)
			switch {
			case have == nil:
				return nil, fmt.Errorf("libsql: table %q: there is none of that name", t.label())
			case have.kind == "view":
				return nil, fmt.Errorf("libsql: table %q: it is a view", t.label())
			case have.virtual():
				return nil, unsupported(t.label(), "changing it", "it is a virtual table")
			}
			if err := have.parse(); err != nil {
				return nil, err
			}
			d := &differ{have: have, libsql: s.alters(), inline: map[string]bool{}}
			if stmt.Schema != nil {
				if d.want, err = m.wantedBy(stmt, l.isStrict); err == nil {
					err = d.want.parse()
				}
				if err != nil {
					return nil, err
				}
			}
			if err := fn(l, d, stmt); err != nil {
				return nil, err
			}
			p := &Plan{}
			if err := s.add(p, l, have, d.out); err != nil {
				return nil, err
			}
			return p, nil
		})
	})
}

// fieldOf is the field of a model by its name or its column's.
func fieldOf(stmt *gorm.Statement, name string) (*schema.Field, error) {
	if stmt.Schema == nil {
		return nil, fmt.Errorf("libsql: table %q: column %q: a model has to say what it is", stmt.Table, name)
	}
	f := stmt.Schema.LookUpField(name)
	if f == nil || f.DBName == "" {
		return nil, fmt.Errorf("libsql: table %q: the model has no field %q", stmt.Table, name)
	}
	return f, nil
}

// AddColumn adds the column of a field, with its UNIQUE. A NOT NULL column
// without a default is an error when the table has rows.
func (m Migrator) AddColumn(value any, name string) error {
	return m.change(value, func(_ *live, d *differ, stmt *gorm.Statement) error {
		f, err := fieldOf(stmt, name)
		if err != nil || f.IgnoreMigration {
			return err
		}
		if d.have.column(f.DBName) >= 0 {
			return fmt.Errorf("libsql: table %q: it has a column %q already", d.have.label(), f.DBName)
		}
		if err := d.addColumn(columnIn(d.want.ddl, f.DBName)); err != nil {
			return err
		}
		if f.PrimaryKey {
			return d.primaryKey()
		}
		d.uniquesOf(f.DBName)
		return nil
	})
}

// DropColumn drops a column of a field or name, with the indexes and
// constraints that it is in. The primary key, and a column that a view, a
// trigger or a generated column uses, is an error.
func (m Migrator) DropColumn(value any, name string) error {
	return m.change(value, func(_ *live, d *differ, stmt *gorm.Statement) error {
		return d.dropColumn(columnName(stmt, name))
	})
}

func (d *differ) dropColumn(name string) error {
	j := d.have.column(name)
	if j < 0 {
		return d.hasNoColumn(name)
	}
	if inKey(d.have.ddl, name) {
		return fmt.Errorf("libsql: table %q: %s is of the primary key and cannot be dropped", d.have.label(), column(name))
	}
	if len(d.have.ddl.Columns) == 1 {
		return fmt.Errorf("libsql: table %q: %s is the only one and cannot be dropped", d.have.label(), column(name))
	}
	o := op{kind: DropColumn, cost: Rewrite, reason: column(name) + " is dropped", loses: column(name), drops: name}
	edits := []func(*ddl.Edit){func(e *ddl.Edit) { e.DropColumn(j) }}
	native := true
	for _, kind := range []ddl.Kind{ddl.Unique, ddl.ForeignKey, ddl.Check, ddl.Generated} {
		for _, c := range constraints(d.have.ddl, kind) {
			mentions := contains(c.columns, name) || c.con.Expr != "" && ddl.Mentions(c.con.Expr, name)
			switch {
			case !mentions:
			case c.column == j:
				native = native && kind == ddl.Check // an inline CHECK of its own goes with it
			case kind == ddl.Generated:
				return fmt.Errorf("libsql: table %q: %s cannot be dropped: %s is generated from it",
					d.have.label(), column(name), column(d.have.ddl.Columns[c.column].Name))
			default:
				native = false
				o.loses += ", " + describe(strings.TrimSpace(c.text(d.have.ddl)), "")
				edits = append(edits, c.drop)
			}
		}
	}
	for _, i := range d.have.indexes {
		if x, err := ddl.ParseIndex(i.sql); err != nil || indexMentions(x, name) {
			d.out.drop = append(d.out.drop, i)
			o.loses += fmt.Sprintf(", index %q", i.name)
		}
	}
	d.out.dropReason = o.reason
	o.edit = func(e *ddl.Edit) {
		for _, f := range edits {
			f(e)
		}
	}
	if native {
		o.native = []string{"ALTER TABLE " + d.have.quoted() + " DROP COLUMN " + quote(d.have.ddl.Columns[j].Name)}
	}
	d.op(o)
	return nil
}

func indexMentions(i *ddl.Index, name string) bool {
	return ddl.Mentions(i.Where, name) || slices.ContainsFunc(i.Columns, func(c ddl.IndexColumn) bool {
		return ddl.Mentions(c.Expr, name)
	})
}

// AlterColumn makes the column of a field what the field says: type, NOT NULL,
// default, collation, generated or not, and what else stands in its tag type.
// What the field does not mention (COLLATE, CHECK and REFERENCES that stand in
// the column) stays. Unlike AutoMigrate it also takes NOT NULL away.
func (m Migrator) AlterColumn(value any, name string) error {
	return m.change(value, func(_ *live, d *differ, stmt *gorm.Statement) error {
		f, err := fieldOf(stmt, name)
		if err != nil {
			return err
		}
		if err := d.alterField(f, true); err != nil {
			return err
		}
		d.inside(f.DBName)
		return nil
	})
}

func (d *differ) alterField(f *schema.Field, exact bool) error {
	i, j := columnIn(d.want.ddl, f.DBName), d.have.column(f.DBName)
	if i < 0 || j < 0 {
		return d.hasNoColumn(f.DBName)
	}
	d.alter(d.want.ddl.Columns[i], j, exact)
	return nil
}

// MigrateColumn makes the column of a field what AutoMigrate would make it.
// The column type that GORM passes is not needed.
func (m Migrator) MigrateColumn(value any, field *schema.Field, _ gorm.ColumnType) error {
	if field.IgnoreMigration {
		return nil
	}
	return m.change(value, func(_ *live, d *differ, stmt *gorm.Statement) error {
		if d.want == nil {
			return fmt.Errorf("libsql: %v is no model", value)
		}
		if err := d.alterField(field, false); err != nil {
			return err
		}
		d.uniquesOf(field.DBName)
		return nil
	})
}

// MigrateColumnUnique makes the column of a field unique, or not, as
// AutoMigrate would.
func (m Migrator) MigrateColumnUnique(value any, field *schema.Field, _ gorm.ColumnType) error {
	return m.change(value, func(_ *live, d *differ, stmt *gorm.Statement) error {
		if d.want == nil {
			return fmt.Errorf("libsql: %v is no model", value)
		}
		d.uniquesOf(field.DBName)
		return nil
	})
}

// CreateConstraint adds the foreign key, UNIQUE or CHECK of a model by its
// name, or by the field that has it. One of the same name is replaced.
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
		if h := d.haveConstraint(c.GetName()); h != nil {
			if h.column < 0 && ddl.Normal(h.text(d.have.ddl)) == ddl.Normal(text) {
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
			if h.con.Name == "" && (w.con.Kind == ddl.Check || sameSet(h.columns, w.columns)) && sameExpr(h.con.Expr, w.con.Expr) &&
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
		l, err := readLive(m.context(), plain(m.DB.Statement.ConnPool))
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

// CreateTable makes the tables of the models, with their indexes, in one
// transaction.
func (m Migrator) CreateTable(values ...any) error {
	return m.carryOut(func(s *session) (*Plan, error) {
		l, err := readLive(s.ctx, s.pool)
		if err != nil {
			return nil, err
		}
		p := &Plan{}
		if _, err := m.inOrder(values); err != nil { // GORM would panic
			return nil, fmt.Errorf("libsql: create table: %w", err)
		}
		if m.DB.Statement.Table == "" { // else see inOrder
			values = m.ReorderModels(values, false)
		}
		for _, value := range values {
			w, err := m.wanted(value, func(target) bool { return false })
			if err != nil {
				return nil, fmt.Errorf("libsql: create table: %w", err)
			}
			w.target = l.madeAs(w.target)
			if have := l.find(w.target); have != nil {
				return nil, fmt.Errorf("libsql: table %q: there is a %s of that name", w.label(), have.kind)
			}
			if err := indexNames(l, []*model{w}); err != nil {
				return nil, err
			}
			steps, err := w.createSteps(l)
			if err != nil {
				return nil, err
			}
			p.steps = append(p.steps, steps...)
		}
		return p, nil
	})
}
