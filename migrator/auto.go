package migrator

import (
	"fmt"
	"reflect"
	"slices"

	"gorm.io/gorm"
)

// AutoMigrate makes the tables what the models say: it adds tables, columns,
// constraints and indexes, and changes those that differ. It drops no column,
// table or row. All of it is one transaction: when a model asks for what
// cannot be done, the error names the table, the column and the reason, and
// the database is as before. When nothing is to be done, nothing is locked
// or written. Two processes that migrate at once take turns.
//
// What it is going to do, [NewPlan] tells. With db.DryRun it prints the
// statements and runs none.
func (m Migrator) AutoMigrate(values ...any) error {
	told := false
	return m.carryOut(func(s *session) (*Plan, error) {
		p, err := m.plan(s, values)
		if err == nil && !told && !s.guessing() {
			told = true
			p.warn(s)
		}
		return p, err
	})
}

// warn tells the logger of the differences that stay and that GORM's own
// numbering of rows depends on.
func (p *Plan) warn(s *session) {
	for _, u := range p.unmet {
		if u.key {
			s.m.DB.Logger.Warn(s.ctx, "libsql: %s: to change it, make a new table and copy the rows", u)
		}
	}
}

// NewPlan is what AutoMigrate of the models is going to do. It reads, and
// writes nothing; [Plan.Run] carries it out. The error is that of
// AutoMigrate when a model asks for what cannot be done.
func NewPlan(db *gorm.DB, models ...any) (*Plan, error) {
	return newPlan(db, func(s *session) (*Plan, error) { return s.m.plan(s, models) })
}

// plan compares the models with the schema.
func (m Migrator) plan(s *session, values []any) (*Plan, error) {
	l, err := s.live()
	if err != nil {
		return nil, err
	}
	values, err = m.inOrder(values)
	if err != nil {
		return nil, err
	}
	var wants []*model
	for _, value := range values {
		w, err := m.wanted(value, l.isStrict)
		if err != nil {
			return nil, err
		}
		wants = append(wants, w)
	}
	if err := indexNames(l, wants); err != nil {
		return nil, err
	}
	if m.isNamed() { // what the models depend on does not come with them
		if err := parentsExist(l, wants); err != nil {
			return nil, err
		}
	}
	p := &Plan{}
	seen := map[string]bool{}
	for _, w := range wants {
		have := l.find(w.target)
		k := key(w.schema, w.name)
		if have != nil {
			k = key(have.schema, have.name)
		}
		if seen[k] {
			p.later++
			continue
		}
		n := len(p.steps)
		if err := s.planTable(p, l, w, have); err != nil {
			return nil, err
		}
		seen[k] = len(p.steps) > n
	}
	return p, nil
}

// inOrder is the models with those that they depend on, in the order in which
// their tables can be made. GORM keeps one model of a table; the others of the
// same table follow at the end. Models of a table that db.Table names come as
// they are: what they depend on has other tables, which it does not name.
func (m Migrator) inOrder(values []any) ([]any, error) {
	types := map[reflect.Type]any{}
	var order []reflect.Type
	for _, v := range values {
		err := m.RunWithValue(v, func(stmt *gorm.Statement) error {
			if stmt.Schema == nil {
				return noModel(v)
			}
			if _, ok := types[stmt.Schema.ModelType]; !ok {
				order = append(order, stmt.Schema.ModelType)
			}
			types[stmt.Schema.ModelType] = v
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if m.isNamed() {
		return values, nil
	}
	out := m.ReorderModels(values, true)
	for _, v := range out {
		_ = m.RunWithValue(v, func(stmt *gorm.Statement) error {
			if stmt.Schema != nil {
				delete(types, stmt.Schema.ModelType)
			}
			return nil
		})
	}
	for _, t := range order {
		if v, left := types[t]; left {
			out = append(out, v)
		}
	}
	return out, nil
}

// parentsExist refuses a new foreign key to a table that is not there: no row
// could be written.
func parentsExist(l *live, wants []*model) error {
	for _, w := range wants {
		if err := w.parse(); err != nil {
			return err
		}
		for _, f := range foreignKeys(w.ddl) {
			parent := target{schema: w.schema, name: f.con.Ref.Table}
			made := slices.ContainsFunc(wants, func(x *model) bool { return same(x.name, parent.name) })
			if !made && l.find(parent) == nil && !l.refers(w.target, f) {
				return fmt.Errorf("libsql: table %q: its foreign key %s refers to the table %q, which is not there: migrate that first",
					w.label(), describe(list(f.columns), f.con.Name), parent.name)
			}
		}
	}
	return nil
}

// refers tells whether the table is there and has the foreign key.
func (l *live) refers(t target, f constraint) bool {
	have := l.read(t)
	return have != nil && slices.ContainsFunc(foreignKeys(have.ddl), func(h constraint) bool {
		return sameSet(h.columns, f.columns) && same(h.con.Ref.Table, f.con.Ref.Table)
	})
}

// isNamed tells whether db.Table names the table.
func (m Migrator) isNamed() bool {
	return m.DB.Statement.Table != "" || m.DB.Statement.TableExpr != nil
}

// planTable adds what one model asks for.
func (s *session) planTable(p *Plan, l *live, w *model, have *table) error {
	switch {
	case have == nil:
		w.target = l.madeAs(w.target)
		steps, err := s.createSteps(l, w)
		p.steps = append(p.steps, steps...)
		return err
	case have.kind == "view":
		return fmt.Errorf("libsql: table %q: there is a view of that name", have.label())
	case have.virtual():
		return have.holdsVirtual(s, w)
	}
	d, err := diff(w, have, s.alters())
	if err != nil {
		return err
	}
	d.fullText, d.integerKey, d.isModel = w.fullText, w.integerKey, true
	return s.add(p, l, have, d)
}

// add settles the changes of a table and adds them to the plan.
func (s *session) add(p *Plan, l *live, have *table, d difference) error {
	if err := s.spare(have, &d); err != nil {
		return err
	}
	ft, err := l.fullTextOf(have, &d)
	if err != nil {
		return err
	}
	p.unmet = append(p.unmet, d.unmet...)
	l, have = l.without(ft.gone), have.without(ft.gone)
	steps, anew, err := s.settle(l, have, d)
	if err != nil {
		return err
	}
	p.steps = append(append(append(p.steps, ft.before...), steps...), ft.after...)
	if anew != nil {
		p.steps = append(p.steps, ft.filled...)
	}
	p.gone = append(p.gone, ft.gone...)
	switch {
	case anew != nil:
		p.rebuild, p.remote = append(p.rebuild, *anew), s.isRemote()
	case have.mayBreakKeys(d) && (len(foreignKeys(have.ddl)) > 0 || len(l.referrers(have.target)) > 0):
		p.checked = append(p.checked, have.target)
	}
	return nil
}

// createSteps make the model's table.
func (s *session) createSteps(l *live, w *model) ([]Step, error) {
	if err := w.parse(); err != nil {
		return nil, err
	}
	steps := []Step{w.step(CreateTable, w.qualify(w.sql), "the database does not have the table", Instant, "")}
	for _, i := range w.indexes {
		reason := fmt.Sprintf("the model has the index %q", i.name)
		more, err := s.createIndex(l, w.target, i.name, i.sql, w.step(CreateIndex, "", reason, Instant, ""))
		if err != nil {
			return nil, err
		}
		steps = append(steps, more...)
	}
	if w.fullText == nil {
		return steps, nil
	}
	more, err := l.createWithTable(w)
	return append(steps, more...), err
}

// madeAs is where a table that is not there is made: in main, without a
// schema. Its indexes must not go to a table of temp.
func (l *live) madeAs(t target) target {
	if t.schema == "" {
		t.schema = "main"
	}
	t.twin = l.twin(t.name)
	return t
}

// indexNames refuses an index whose name is that of another table's: names
// of indexes are names of the whole schema.
func indexNames(l *live, wants []*model) error {
	owner := map[string]target{}
	for _, w := range wants {
		t := w.target
		if have := l.find(t); have != nil {
			t = have.target
		} else if t.schema == "" {
			t.schema = "main"
		}
		for _, i := range w.indexes {
			k := key(t.schema, i.name)
			other, taken := owner[k]
			if o, ok := l.indexes[k]; ok && !taken {
				other, taken = target{schema: o.schema, name: o.table}, true
			}
			if taken && !same(other.name, t.name) {
				return takenIndex(i.name, other, t)
			}
			owner[k] = t
		}
	}
	return nil
}

func takenIndex(name string, has, wants target) error {
	return fmt.Errorf("libsql: the index %q is of the table %q already, and the table %q wants one of that name: "+
		"give one of them another name", name, has.label(), wants.label())
}

// isStrict tells whether the table is there and STRICT.
func (l *live) isStrict(t target) bool {
	if have := l.find(t); have == nil || !hasWord(have.sql, "STRICT") {
		return false // the usual case, found without reading it
	}
	have := l.read(t)
	return have != nil && have.ddl.Strict
}

// holdsVirtual tells whether a virtual table has the columns of the model.
// It cannot be altered.
func (t *table) holdsVirtual(s *session, w *model) error {
	there := map[string]bool{}
	names, err := s.texts("SELECT name FROM pragma_table_xinfo(?, ?)", t.name, t.schema)
	if err != nil {
		return fmt.Errorf("libsql: table %q: %w", t.label(), err)
	}
	for _, name := range names {
		there[lower(name)] = true
	}
	if err := w.parse(); err != nil {
		return err
	}
	for _, c := range w.ddl.Columns {
		if !there[lower(c.Name)] && !same(c.Name, "rowid") {
			return unsupported(t.label(), "adding the "+column(c.Name), "it is a virtual table")
		}
	}
	return nil
}
