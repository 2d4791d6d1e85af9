package migrator

import (
	"fmt"

	"gorm.io/gorm"
)

// DropTable drops tables, those first that refer to others, in one
// transaction. A table that is not there is none to drop; a view is an error,
// and so is a table that a virtual table or a vector index keeps its rows in.
//
// Foreign keys are off meanwhile, because dropping a table deletes its rows
// and that would cascade to rows of tables that stay. Inside a transaction of
// the user they cannot be switched off: then it is an error when rows of a
// table that stays could refer to one that goes.
func (m Migrator) DropTable(values ...any) error {
	for _, v := range values { // GORM would panic
		if err := m.RunWithValue(v, func(*gorm.Statement) error { return nil }); err != nil {
			return fmt.Errorf("libsql: drop table: %w", err)
		}
	}
	values = m.ReorderModels(values, false)
	return m.carryOut(func(s *session) (*Plan, error) {
		l, err := s.live()
		if err != nil {
			return nil, err
		}
		p := &Plan{deferKeys: true}
		var going []*table
		gone := map[string]bool{}
		for i := len(values) - 1; i >= 0; i-- {
			have, err := m.dropped(s, l, values[i])
			if err != nil {
				return nil, err
			}
			if have != nil && !gone[key(have.schema, have.name)] {
				gone[key(have.schema, have.name)] = true
				if l.isFullText(have.target) {
					ft := l.fullText(have.schema, have.name)
					p.steps = append(p.steps, ft.dropSteps(have.target, ft.parts, "it is to be dropped", fmt.Sprintf("the full-text index %q", ft.name))...)
					continue
				}
				going = append(going, have)
				p.steps = append(p.steps, l.dropsFullText(have, "its table is to be dropped")...)
				p.steps = append(p.steps, have.step(DropTable, "DROP TABLE "+have.quoted(), "it is to be dropped", Instant, "the table with its rows"))
			}
		}
		return p, s.refuseOrphans(l, going, gone)
	})
}

// dropped is the table of a value that is to be dropped, nil without one.
func (m Migrator) dropped(s *session, l *live, value any) (have *table, err error) {
	err = m.RunWithValue(value, func(stmt *gorm.Statement) error {
		t := tableOf(stmt)
		if have = l.find(t); have == nil {
			return nil
		}
		if have.kind == "view" {
			return fmt.Errorf("libsql: table %q: it is a view: DropView drops it", have.label())
		}
		return s.refuseShadow(l, have, "dropping it")
	})
	return have, err
}

// refuseShadow refuses to change what is another table's or an index's own.
func (s *session) refuseShadow(l *live, have *table, what string) error {
	shadow, err := s.texts("SELECT name FROM pragma_table_list(?) WHERE type = 'shadow' AND schema = ? COLLATE NOCASE", have.name, have.schema)
	if err != nil {
		return err
	}
	if len(shadow) > 0 {
		return unsupported(have.label(), what, "a virtual table keeps its rows in it")
	}
	if l.ofFullText(have.target) {
		return unsupported(have.label(), what, "a full-text index keeps its rows in it")
	}
	if l.vectors(have.target) {
		return unsupported(have.label(), what, "a vector index keeps its rows in it")
	}
	return nil
}

// refuseOrphans refuses to drop tables inside a transaction of the user when
// rows that stay could refer to theirs: they would be deleted with them.
func (s *session) refuseOrphans(l *live, going []*table, gone map[string]bool) error {
	if !s.enforced {
		return nil
	}
	for _, have := range going {
		for _, child := range l.referrers(have.target) {
			if gone[key(child.schema, child.name)] {
				continue
			}
			refers, err := s.rowsRefer(l, child, have.target, false)
			if err != nil {
				return err
			}
			if refers {
				return unsupported(have.label(), "dropping it inside a transaction",
					fmt.Sprintf("%q refers to it, and foreign keys cannot be switched off here: drop it outside, or drop both", child.label()))
			}
		}
	}
	return nil
}
