package migrator

import (
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// RenameTable gives a table another name; its indexes and triggers, and the
// views, triggers and foreign keys that refer to it, follow. A name that is
// taken is an error, and so is one of another schema.
func (m Migrator) RenameTable(oldName, newName any) error {
	name := func(v any) (t target, err error) {
		err = m.RunWithValue(v, func(stmt *gorm.Statement) error {
			t = tableOf(stmt)
			return nil
		})
		return t, err
	}
	from, err := name(oldName)
	if err != nil {
		return err
	}
	to, err := name(newName)
	if err != nil {
		return err
	}
	return m.carryOut(func(s *session) (*Plan, error) {
		l, err := s.live()
		if err != nil {
			return nil, err
		}
		have := l.find(from)
		switch {
		case have == nil:
			return nil, from.none()
		case have.kind == "view":
			return nil, unsupported(have.label(), "renaming it", "it is a view")
		case to.schema != "" && !same(to.schema, have.schema):
			return nil, unsupported(have.label(), fmt.Sprintf("renaming it to %q", to.label()), "that is another schema")
		}
		if err := checkName(to.name); err != nil {
			return nil, fmt.Errorf("libsql: table %q: renaming it to %q: %w", have.label(), to.name, err)
		}
		if err := s.refuseShadow(l, have, "renaming it"); err != nil {
			return nil, err
		}
		if l.isFullText(have.target) {
			return nil, unsupported(have.label(), "renaming it", "it is a full-text index of a table: rename that")
		}
		p, err := l.renameSteps(have, to.name)
		if err != nil || p.Empty() {
			return p, err
		}
		before, after, err := l.renamesFullText(have, to.name, p.steps[0].Reason)
		p.steps = append(append(before, p.steps...), after...)
		return p, err
	})
}

func (l *live) renameSteps(have *table, to string) (*Plan, error) {
	p := &Plan{}
	if have.name == to {
		return p, nil
	}
	for _, o := range l.objects {
		if same(o.schema, have.schema) && same(o.name, to) && !same(o.name, have.name) && o.kind != "trigger" {
			kind := map[string]string{"table": "a table", "view": "a view", "index": "an index"}[o.kind]
			return nil, fmt.Errorf("libsql: table %q: renaming it to %q: there is %s of that name", have.label(), to, kind)
		}
	}
	if err := l.refuseHidden(have, "renaming it"); err != nil {
		return nil, err
	}
	reason := fmt.Sprintf("it gets the name %q", to)
	from := have.target
	rename := func(to string) {
		p.steps = append(p.steps, from.step(RenameTable, "ALTER TABLE "+from.quoted()+" RENAME TO "+quote(to), reason, Instant, ""))
		from.name, from.twin = to, l.twin(to)
	}
	if same(have.name, to) { // SQLite takes it for one that is there
		rename(l.freeName(have.target))
	}
	rename(to)
	for _, stat := range l.stats(have.target) {
		p.steps = append(p.steps, have.step(KeepStats, fmt.Sprintf("UPDATE %s SET tbl = %s WHERE tbl = %s",
			stat, sqltext.QuoteString(to), sqltext.QuoteString(have.name)), reason, Instant, ""))
	}
	return p, nil
}

// RenameColumn gives a column another name; what refers to it follows:
// indexes, constraints, generated columns, foreign keys of other tables,
// triggers and views. A name that is taken is an error. SQLite writes the texts
// in double quotes of all objects in single ones then; they say the same.
func (m Migrator) RenameColumn(value any, oldName, newName string) error {
	return m.change(value, func(l *live, d *differ, stmt *gorm.Statement) error {
		from, to := columnName(stmt, oldName), columnName(stmt, newName)
		j := d.have.column(from)
		if j < 0 {
			return d.hasNoColumn(from)
		}
		if err := checkName(to); err != nil {
			return fmt.Errorf("libsql: table %q: %s: renaming it to %q: %w", d.have.label(), column(from), to, err)
		}
		name := d.have.ddl.Columns[j].Name
		if other := d.have.column(to); other >= 0 && other != j {
			return fmt.Errorf("libsql: table %q: %s: renaming it to %q: there is a column of that name", d.have.label(), column(name), to)
		}
		if name != to {
			if err := l.refuseHidden(d.have, "renaming the "+column(name)); err != nil {
				return err
			}
			d.op(op{
				kind: RenameColumn, cost: Instant, reason: fmt.Sprintf("%s gets the name %q", column(name), to),
				renames: name, renamed: to,
				native: []string{"ALTER TABLE " + d.have.quoted() + " RENAME COLUMN " + quote(name) + " TO " + quote(to)},
			})
		}
		return nil
	})
}

// refuseHidden refuses what ALTER TABLE alone can do and cannot do here.
func (l *live) refuseHidden(have *table, what string) error {
	if h := l.hidden(have.schema); h != "" {
		return unsupported(have.label(), what, fmt.Sprintf("temp has a table %q, which SQLite takes for the one of %s", h, have.schema))
	}
	return nil
}

// hasNoColumn is the error of a column that is not there.
func (d *differ) hasNoColumn(name string) error {
	return fmt.Errorf("libsql: table %q: it has no column %q", d.have.label(), name)
}

// checkName refuses what cannot be, or had better not be, the name of
// something. SQLite takes an empty name.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("a name cannot be empty")
	case strings.ContainsRune(name, 0):
		return errors.New("a name cannot hold a NUL byte")
	}
	return nil
}
