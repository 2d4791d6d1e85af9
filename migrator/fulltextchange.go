package migrator

import (
	"fmt"
	"slices"

	"github.com/gorm-libsql/libsql/internal/ftsindex"
)

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
