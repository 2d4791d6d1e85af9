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
