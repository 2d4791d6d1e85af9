package migrator

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// change carries out what fn finds to be changed about the table of value.
// The model is nil for a table by its name.
func (m Migrator) change(value any, fn func(l *live, d *differ, stmt *gorm.Statement) error) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return m.carryOut(func(s *session) (*Plan, error) {
			l, err := s.live()
			if err != nil {
				return nil, err
			}
			t := tableOf(stmt)
			have := l.find(t)
			switch {
			case have == nil:
				return nil, t.none()
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
			return noModel(value)
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
			return noModel(value)
		}
		d.uniquesOf(field.DBName)
		return nil
	})
}

// CreateTable makes the tables of the models, with their indexes, in one
// transaction.
func (m Migrator) CreateTable(values ...any) error {
	return m.carryOut(func(s *session) (*Plan, error) {
		l, err := s.live()
		if err != nil {
			return nil, err
		}
		p := &Plan{}
		if _, err := m.inOrder(values); err != nil { // GORM would panic
			return nil, fmt.Errorf("libsql: create table: %w", err)
		}
		if !m.isNamed() { // else see inOrder
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
			steps, err := s.createSteps(l, w)
			if err != nil {
				return nil, err
			}
			p.steps = append(p.steps, steps...)
		}
		return p, nil
	})
}
