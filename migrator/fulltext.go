package migrator

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/ftsindex"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// wantFullText is the index of the tags fts, nil without one.
func (m Migrator) wantFullText(stmt *gorm.Statement, w *model) (err error) {
	if w.fullText, err = indexOfTags(stmt.Schema); err != nil {
		return fmt.Errorf("libsql: table %q: %w", w.name, err)
	}
	w.integerKey = w.fullText != nil && hasIntegerKey(stmt.Schema, m.DataTypeOf)
	return nil
}

// indexOfTags is the index of the model's tags fts, nil without one.
func indexOfTags(s *schema.Schema) (*ftsindex.Index, error) {
	return ftsindex.OfTags(s.DBNames, func(column string) (string, bool) {
		f := s.FieldsByDBName[column]
		tag, ok := f.TagSettings["FTS"]
		return tag, ok && !f.IgnoreMigration
	})
}

// hasIntegerKey tells that the model's table has an INTEGER PRIMARY KEY.
func hasIntegerKey(s *schema.Schema, dataType func(*schema.Field) string) bool {
	return len(s.PrimaryFields) == 1 && ftsindex.IsRowid(dataType(s.PrimaryFields[0]))
}

// checkKey refuses an index by which searches would look for rows by another
// key than the table has.
func checkKey(t target, integer bool, shape ftsindex.Table) error {
	if integer == shape.IntegerKey {
		return nil
	}
	of := map[bool]string{true: "an INTEGER PRIMARY KEY", false: "none"}
	return fmt.Errorf("libsql: table %q: full-text index: the model's key is %s, the table's is %s: rows are found by it, so they have to agree",
		t.label(), of[integer], of[shape.IntegerKey])
}

// fullText is a full-text index as it is: its definition, nil when that cannot
// be read, and what it consists of.
type fullText struct {
	name  string
	index *ftsindex.Index
	parts []object
	stale bool // its triggers know less than the table has
}

// isFullText tells whether the table is the FTS5 table of an index of ours.
func (l *live) isFullText(t target) bool {
	return len(l.byTable[key(t.schema, ftsindex.Replaced(t.name))]) > 0 && len(l.byTable[key(t.schema, t.name)]) > 0
}

// ofFullText tells whether the table or view is one that an index of ours keeps
// beside its FTS5 table.
func (l *live) ofFullText(t target) bool {
	name := lower(t.name)
	for _, part := range []func(string) string{ftsindex.Replaced, ftsindex.Key, ftsindex.Rows} {
		if index, ok := strings.CutSuffix(name, part("")); ok && index != "" && l.isFullText(target{schema: t.schema, name: index}) {
			return true
		}
	}
	return false
}

// fullTexts are the indexes over the table, that of the name among them.
func (l *live) fullTexts(t target, wanted string) (out []fullText) {
	var names []string
	if wanted != "" && len(l.byTable[key(t.schema, ftsindex.Replaced(wanted))]) > 0 {
		names = append(names, wanted)
	}
	for _, o := range l.byTable[key(t.schema, t.name)] {
		if o.kind != "trigger" {
			continue
		}
		for _, suffix := range ftsindex.Triggers("") {
			name, ok := strings.CutSuffix(lower(o.name), suffix)
			if ok && l.isFullText(target{schema: t.schema, name: name}) && !contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		out = append(out, l.fullText(t.schema, name))
	}
	return out
}

func (l *live) fullText(schema, name string) fullText {
	ft := fullText{name: name}
	own := append([]string{name, ftsindex.Replaced(name), ftsindex.Key(name), ftsindex.Rows(name)}, ftsindex.Triggers(name)...)
	for _, o := range l.objects {
		if !same(o.schema, schema) || o.kind == "index" || !contains(own, o.name) {
			continue
		}
		ft.parts = append(ft.parts, o)
		if same(o.name, name) {
			ft.name = o.name
			if x, _, ok := ftsindex.Read(o.sql); ok {
				ft.index = &x
			}
		}
	}
	return ft
}

// shadows are the tables of an FTS5 table, which come and go with it.
var shadows = []string{"_data", "_idx", "_content", "_docsize", "_config"}

// dropSteps take parts of an index away.
func (ft fullText) dropSteps(t target, parts []object, reason, loses string) (steps []Step) {
	parts = slices.Clone(parts)
	order := func(o object) int { // triggers, the FTS5 table, what it reads from
		switch {
		case o.kind == "trigger":
			return 0
		case same(o.name, ft.name):
			return 1
		case o.kind == "view":
			return 2
		}
		return 3
	}
	slices.SortStableFunc(parts, func(a, b object) int { return order(a) - order(b) })
	for i, o := range parts {
		st := t.step(DropFullText, "DROP "+strings.ToUpper(o.kind)+" "+t.prefix()+quote(o.name), reason, Instant, "")
		if st.part = i > 0; i == 0 {
			st.Loses = loses
		}
		steps = append(steps, st)
	}
	return steps
}

// shapeOf is what an index has to know of a table.
func shapeOf(d *ddl.Table, indexes []string) (ftsindex.Table, error) {
	t := ftsindex.Table{Name: d.Name}
	for _, c := range d.Columns {
		t.Columns = append(t.Columns, c.Name)
		t.Generated = t.Generated || traitsOf(c).generated != nil
	}
	pk, ok := primaryKey(d)
	if !ok {
		return t, errors.New("a full-text index needs a primary key: the number of a row may change, and its key does not")
	}
	for _, name := range pk.columns {
		c := d.Columns[columnIn(d, name)]
		t.Key = append(t.Key, ftsindex.KeyColumn{Name: c.Name, Type: c.Type, Collation: traitsOf(c).collation})
	}
	t.IntegerKey = rowidColumn(d) >= 0
	if !t.IntegerKey && !d.WithoutRowID {
		t.Rowid = rowidName(d)
	}
	for _, u := range constraints(d, ddl.Unique) {
		var terms []ftsindex.Term
		if u.column >= 0 {
			terms = []ftsindex.Term{{Column: u.columns[0]}}
		}
		for _, c := range u.con.Columns {
			terms = append(terms, ftsindex.Term{Column: c.Name, Collation: c.Collation})
		}
		t.Uniques = append(t.Uniques, terms)
	}
	for _, sql := range indexes {
		i, err := ddl.ParseIndex(sql)
		if err != nil || !i.Unique {
			continue
		}
		var terms []ftsindex.Term
		for _, c := range i.Columns {
			terms = append(terms, ftsindex.Term{Column: c.Name, Expr: c.Expr, Collation: c.Collation})
		}
		t.Uniques = append(t.Uniques, terms)
	}
	return t, nil
}

// shapeAfter is the table as the changes leave it.
func shapeAfter(have *table, d difference) (ftsindex.Table, error) {
	if err := have.parse(); err != nil {
		return ftsindex.Table{}, err
	}
	after := have.ddl
	e, edited := after.Edit(), false
	for _, o := range d.ops {
		if o.edit != nil {
			o.edit(e)
			edited = true
		}
	}
	if edited {
		var err error
		if after, err = ddl.ParseTable(e.SQL()); err != nil {
			return ftsindex.Table{}, err
		}
	}
	var indexes []string
	for _, o := range have.indexes {
		gone := slices.ContainsFunc(d.drop, func(x object) bool { return same(x.name, o.name) }) ||
			slices.ContainsFunc(d.replace, func(w wantedIndex) bool { return same(w.name, o.name) })
		if !gone {
			indexes = append(indexes, o.sql)
		}
	}
	for _, w := range append(slices.Clone(d.create), d.replace...) {
		indexes = append(indexes, w.sql)
	}
	slices.Sort(indexes) // the same triggers whenever the indexes were made
	t, err := shapeOf(after, indexes)
	for _, o := range d.ops {
		if o.renames != "" {
			t.Rename(o.renames, o.renamed)
		}
	}
	return t, err
}

// changeFullText is what becomes of the full-text indexes of a table that
// changes.
type changeFullText struct {
	before, after []Step
	gone          []object // that is dropped before
	filled        []Step   // for a table that is made anew
}

// fullTextOf plans it.
func (l *live) fullTextOf(have *table, d *difference) (c changeFullText, err error) {
	wanted := ""
	if d.fullText != nil {
		wanted = d.fullText.TableName(have.name)
		if err := l.freeForFullText(have.target, wanted); err != nil {
			return c, err
		}
	}
	there := l.fullTexts(have.target, wanted)
	if len(there) == 0 && d.fullText == nil {
		return c, nil
	}
	shape, err := shapeAfter(have, *d)
	if err != nil {
		return c, fmt.Errorf("libsql: table %q: %w", have.label(), err)
	}
	before, err := shapeAfter(have, difference{})
	if err != nil {
		return c, fmt.Errorf("libsql: table %q: %w", have.label(), err)
	}
	for i := range there {
		there[i].stale = there[i].knowsLess(before)
	}
	if d.fullText != nil {
		if err := checkKey(have.target, d.integerKey, shape); err != nil {
			return c, err
		}
	}
	found := false
	for _, ft := range there {
		switch {
		case d.fullText != nil && same(ft.name, wanted):
			found = true
			l.alterFullText(&c, have.target, ft, *d.fullText, shape, "the model has another full-text index than the table", "")
		case ft.index == nil: // nothing that this version has made: it stays as it is
			c.filled = append(c.filled, have.step(FillFullText, "INSERT INTO "+have.prefix()+quote(ft.name)+"("+quote(ft.name)+") VALUES('rebuild')", "the table is made anew", Rewrite, ""))
		default:
			if d.isModel {
				d.unmet = append(d.unmet, Unmet{Table: have.label(), Object: fmt.Sprintf("full-text index %q", ft.name),
					Reason: "the model does not have it; AutoMigrate drops no indexes"})
			}
			x, loses := afterOps(*ft.index, d.ops)
			reason := fmt.Sprintf("the table of the full-text index %q changes", ft.name)
			if x.Check() != nil { // no column is left to search in
				c.before = append(c.before, ft.dropSteps(have.target, ft.parts, reason, fmt.Sprintf("the full-text index %q", ft.name))...)
				c.gone = append(c.gone, l.allOf(have.schema, ft, ft.parts)...)
				continue
			}
			l.alterFullText(&c, have.target, ft, x, shape, reason, loses)
		}
	}
	if d.fullText != nil && !found {
		c.after = append(c.after, createFullText(have.target, *d.fullText, shape, fmt.Sprintf("the model has the full-text index %q", wanted), true)...)
	}
	return c, nil
}

// afterOps is the definition of an index after changes of its table.
func afterOps(x ftsindex.Index, ops []op) (ftsindex.Index, string) {
	x.Columns = slices.Clone(x.Columns)
	loses := ""
	for _, o := range ops {
		if o.drops != "" {
			n := len(x.Columns)
			x.Columns = slices.DeleteFunc(x.Columns, func(c ftsindex.Column) bool { return same(c.Name, o.drops) })
			if len(x.Columns) < n {
				loses = fmt.Sprintf("%s of the full-text index %q", column(o.drops), x.Name)
			}
		}
		for i := range x.Columns {
			if o.renames != "" && same(x.Columns[i].Name, o.renames) {
				x.Columns[i].Name = o.renamed
			}
		}
	}
	return x, loses
}

// knowsLess tells that the triggers are not those that the table has needed until
// now: another program has given it a unique index, by which REPLACE may have
// taken rows away that the triggers did not see.
func (ft fullText) knowsLess(shape ftsindex.Table) bool {
	if ft.index == nil {
		return false
	}
	return slices.ContainsFunc(ft.index.Objects(shape), func(w ftsindex.Object) bool {
		return !slices.ContainsFunc(ft.parts, func(o object) bool { return w.Kind == o.kind && w.SQL == o.sql })
	})
}

// alterFullText makes an index what x is: its triggers alone, when they alone
// differ.
func (l *live) alterFullText(c *changeFullText, t target, ft fullText, x ftsindex.Index, shape ftsindex.Table, reason, loses string) {
	wanted := x.Objects(shape)
	stays := func(o object) bool {
		return slices.ContainsFunc(wanted, func(w ftsindex.Object) bool { return w.Kind == o.kind && w.SQL == o.sql })
	}
	isThere := func(w ftsindex.Object) bool {
		return slices.ContainsFunc(ft.parts, func(o object) bool { return w.Kind == o.kind && w.SQL == o.sql })
	}
	isTrigger := func(o object) bool { return o.kind == "trigger" }
	var gone []object
	for _, o := range ft.parts {
		if !stays(o) {
			gone = append(gone, o)
		}
	}
	missing, missesTable := 0, false
	for _, w := range wanted {
		if !isThere(w) {
			missing++
			missesTable = missesTable || w.Kind != "trigger"
		}
	}
	switch {
	case missing == 0 && len(gone) == 0:
		c.filled = append(c.filled, fillFullText(t, x, shape, "the table is made anew")...)
		return
	case missesTable || slices.ContainsFunc(gone, func(o object) bool { return !isTrigger(o) }):
		c.before = append(c.before, ft.dropSteps(t, ft.parts, reason, loses)...)
		c.gone = append(c.gone, l.allOf(t.schema, ft, ft.parts)...)
		c.after = append(c.after, createFullText(t, x, shape, reason, true)...)
		return
	}
	reason = fmt.Sprintf("the triggers of the full-text index %q are not what the table needs", ft.name)
	c.before = append(c.before, ft.dropSteps(t, gone, reason, "")...)
	c.gone = append(c.gone, gone...)
	for i, w := range wanted {
		if !isThere(w) {
			st := t.step(CreateFullText, t.qualify(w.SQL), reason, Instant, "")
			st.part = i > 0 && len(c.before) > 0
			c.after = append(c.after, st)
		}
	}
	fill := fillFullText(t, x, shape, reason)
	if missing > len(gone) || ft.stale { // rows have changed without it
		c.after = append(c.after, fill...)
	} else {
		c.filled = append(c.filled, fill...)
	}
}

// allOf are the parts of an index with the tables that FTS5 makes.
func (l *live) allOf(schema string, ft fullText, parts []object) []object {
	out := slices.Clone(parts)
	for _, s := range shadows {
		out = append(out, l.byTable[key(schema, ft.name+s)]...)
	}
	return append(out, l.byTable[key(schema, ftsindex.Key(ft.name))]...)
}

// createFullText makes an index, and fills it if there may be rows.
func createFullText(t target, x ftsindex.Index, shape ftsindex.Table, reason string, fill bool) (steps []Step) {
	for i, o := range x.Objects(shape) {
		st := t.step(CreateFullText, t.qualify(o.SQL), reason, Instant, "")
		st.part = i > 0
		steps = append(steps, st)
	}
	if fill {
		steps = append(steps, fillFullText(t, x, shape, reason)...)
	}
	return steps
}

func fillFullText(t target, x ftsindex.Index, shape ftsindex.Table, reason string) (steps []Step) {
	for i, sql := range x.Fill(shape, t.prefix()) {
		st := t.step(FillFullText, sql, reason, Rewrite, "")
		st.part = i > 0
		steps = append(steps, st)
	}
	return steps
}

// freeForFullText refuses a name that something else has.
func (l *live) freeForFullText(t target, name string) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("libsql: table %q: full-text index: %w", t.label(), err)
	}
	for _, o := range l.objects {
		if !same(o.schema, t.schema) {
			continue
		}
		switch {
		case o.kind == "trigger" && contains(ftsindex.Triggers(name), o.name) && !same(o.table, t.name):
			return fmt.Errorf("libsql: table %q: the full-text index %q is of the table %q: give one of them another name with name=… in a tag fts",
				t.label(), name, o.table)
		case o.kind != "trigger" && same(o.name, name) && !l.isFullText(target{schema: t.schema, name: name}):
			return fmt.Errorf("libsql: table %q: full-text index: there is a %s %q, which is none of this module's: choose another name with name=… in a tag fts",
				t.label(), o.kind, o.name)
		}
	}
	return nil
}

// without is the schema without objects.
func (l *live) without(gone []object) *live {
	if len(gone) == 0 {
		return l
	}
	isGone := map[object]bool{}
	for _, o := range gone {
		isGone[o] = true
	}
	out := &live{schemas: l.schemas, byTable: map[string][]object{}, indexes: map[string]object{}}
	for _, o := range l.objects {
		if !isGone[o] {
			out.objects = append(out.objects, o)
		}
	}
	out.fill()
	return out
}

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
		l, err := readLive(s.ctx, s.pool)
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
