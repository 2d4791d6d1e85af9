package migrator

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/ftsindex"
)

// PlanFullText is the plan that makes a full-text index over the model's table,
// or makes the one of that name what it is to be. The columns are named as the
// model's fields or as its columns. AutoMigrate of a model without the tag fts
// keeps it.
func PlanFullText(db *gorm.DB, model any, x ftsindex.Index) (*Plan, error) {
	return newPlan(db, func(s *session) (*Plan, error) {
		return s.planFullText(model, func(l *live, have *table, stmt *gorm.Statement) (*Plan, error) {
			x := x
			x.Columns = slices.Clone(x.Columns)
			for i, c := range x.Columns {
				x.Columns[i].Name = columnName(stmt, c.Name)
				if have.column(x.Columns[i].Name) < 0 {
					return nil, fmt.Errorf("libsql: table %q: full-text index: it has no column %q", have.label(), c.Name)
				}
			}
			if err := x.Check(); err != nil {
				return nil, fmt.Errorf("libsql: table %q: %w", have.label(), err)
			}
			p := &Plan{}
			return p, s.add(p, l, have, difference{fullText: &x, integerKey: hasIntegerKey(stmt.Schema, s.m.DataTypeOf)})
		})
	})
}

// PlanDropFullText is the plan that takes the full-text index of that name away; ""
// is the default name of the table's.
func PlanDropFullText(db *gorm.DB, model any, name string) (*Plan, error) {
	return newPlan(db, func(s *session) (*Plan, error) {
		return s.planFullText(model, func(l *live, have *table, _ *gorm.Statement) (*Plan, error) {
			name := ftsindex.Index{Name: name}.TableName(have.name)
			for _, ft := range l.fullTexts(have.target, "") {
				if same(ft.name, name) {
					p := &Plan{}
					p.steps = ft.dropSteps(have.target, ft.parts, "it is to be dropped", fmt.Sprintf("the full-text index %q", ft.name))
					return p, nil
				}
			}
			return nil, fmt.Errorf("libsql: table %q: it has no full-text index %q", have.label(), name)
		})
	})
}

// planFullText plans something about the index of a table.
func (s *session) planFullText(model any, fn func(*live, *table, *gorm.Statement) (*Plan, error)) (p *Plan, err error) {
	err = s.m.RunWithValue(model, func(stmt *gorm.Statement) error {
		l, err := s.live()
		if err != nil {
			return err
		}
		t := tableOf(stmt)
		have := l.find(t)
		switch {
		case stmt.Schema == nil:
			return noModel(model)
		case have == nil:
			return t.none()
		case have.kind == "view":
			return fmt.Errorf("libsql: table %q: it is a view", t.label())
		case have.virtual():
			return unsupported(have.label(), "a full-text index over it", "it is a virtual table")
		}
		if err := have.parse(); err != nil {
			return err
		}
		p, err = fn(l, have, stmt)
		return err
	})
	return p, err
}

// PlanRebuildFullText is the plan that makes the words of the full-text index of
// that name anew from the rows.
func PlanRebuildFullText(db *gorm.DB, model any, name string) (*Plan, error) {
	return newPlan(db, func(s *session) (*Plan, error) {
		return s.planFullText(model, func(l *live, have *table, _ *gorm.Statement) (*Plan, error) {
			name := ftsindex.Index{Name: name}.TableName(have.name)
			for _, ft := range l.fullTexts(have.target, name) {
				if !same(ft.name, name) || ft.index == nil {
					continue
				}
				shape, err := shapeAfter(have, difference{})
				if err != nil {
					return nil, err
				}
				return &Plan{steps: fillFullText(have.target, *ft.index, shape, "it is to be made anew")}, nil
			}
			return nil, fmt.Errorf("libsql: table %q: it has no full-text index %q", have.label(), name)
		})
	})
}

// dropsFullText are the steps that drop what hangs on a table that is going to
// be dropped or renamed.
func (l *live) dropsFullText(have *table, reason string) (steps []Step) {
	for _, ft := range l.fullTexts(have.target, "") {
		steps = append(steps, ft.dropSteps(have.target, ft.parts, reason, fmt.Sprintf("the full-text index %q", ft.name))...)
	}
	return steps
}

// renamesFullText are the steps before and after a table gets another name.
func (l *live) renamesFullText(have *table, to, reason string) (before, after []Step, err error) {
	for _, ft := range l.fullTexts(have.target, "") {
		if ft.index == nil {
			return nil, nil, unsupported(have.label(), "renaming it", fmt.Sprintf("the full-text index %q cannot be read", ft.name))
		}
		x := *ft.index
		if same(x.Name, ftsindex.Index{}.TableName(have.name)) {
			x.Name = ""
		}
		shape, err := shapeAfter(have, difference{})
		if err != nil {
			return nil, nil, err
		}
		shape.Name = to
		renamed := have.target
		renamed.name = to
		if err := l.freeForFullText(renamed, x.TableName(to)); err != nil && !same(x.TableName(to), ft.name) {
			return nil, nil, err
		}
		before = append(before, ft.dropSteps(have.target, ft.parts, reason, "")...)
		after = append(after, createFullText(renamed, x, shape, reason, true)...)
	}
	return before, after, nil
}

// createWithTable are the steps that make the index of a table that is new. One
// that a table of that name has left behind goes.
func (l *live) createWithTable(w *model) ([]Step, error) {
	name := w.fullText.TableName(w.name)
	if err := l.freeForFullText(w.target, name); err != nil {
		return nil, err
	}
	var indexes []string
	for _, i := range w.indexes {
		indexes = append(indexes, i.sql)
	}
	slices.Sort(indexes)
	shape, err := shapeOf(w.ddl, indexes)
	if err != nil {
		return nil, fmt.Errorf("libsql: table %q: %w", w.label(), err)
	}
	if err := checkKey(w.target, w.integerKey, shape); err != nil {
		return nil, err
	}
	reason := fmt.Sprintf("the model has the full-text index %q", name)
	var steps []Step
	for _, ft := range l.fullTexts(w.target, name) {
		steps = append(steps, ft.dropSteps(w.target, ft.parts, reason, "")...)
	}
	return append(steps, createFullText(w.target, *w.fullText, shape, reason, false)...), nil
}

// without is the table without triggers.
func (t *table) without(gone []object) *table {
	if len(gone) == 0 {
		return t
	}
	out := *t
	out.triggers = slices.DeleteFunc(slices.Clone(t.triggers), func(o object) bool { return slices.Contains(gone, o) })
	return &out
}
