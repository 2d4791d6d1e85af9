package migrator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// primaryKey makes the key the model's, where that takes nothing away: a
// model that has fewer columns of the key sees a part of the table.
func (d *differ) primaryKey() error {
	want, ok := primaryKey(d.want.ddl)
	have, hasKey := primaryKey(d.have.ddl)
	if !ok {
		if hasKey {
			d.unmet("primary key "+list(have.columns), "the model has none")
		}
		return nil
	}
	if hasKey {
		switch {
		case sameSet(want.columns, have.columns):
			d.sameKey(want, have)
			return nil
		case d.longerKey():
		case !slices.ContainsFunc(want.columns, func(c string) bool { return !contains(have.columns, c) }):
			d.unmet("primary key "+list(have.columns), "the model's is "+list(want.columns)+"; a key does not become shorter")
			return nil
		default:
			d.unmet("primary key "+list(have.columns), "the model's is "+list(want.columns)+
				"; older versions of gorm.io/driver/sqlite made it so, and it stays")
			d.out.unmet[len(d.out.unmet)-1].key = true
			return nil
		}
	}
	o := op{reason: "the model's primary key is " + list(want.columns), object: "primary key " + list(want.columns)}
	var there []string
	for _, c := range want.columns {
		if d.have.column(c) >= 0 {
			there = append(there, c)
			o.must = append(o.must, must{quote(c) + " IS NULL", "a value of the primary key's " + column(c) + " is NULL"})
		}
	}
	if i := rowidColumn(d.want.ddl); i >= 0 && len(there) == 1 {
		name := d.want.ddl.Columns[i].Name
		o.must = append(o.must, must{fmt.Sprintf("typeof(%[1]s) <> 'integer' AND CAST(CAST(%[1]s AS INTEGER) AS TEXT) COLLATE BINARY IS NOT CAST(%[1]s AS TEXT)", quote(name)),
			"a value of the primary key's " + column(name) + " is no whole number"})
		if !d.have.ddl.WithoutRowID && rowidColumn(d.have.ddl) < 0 {
			d.spareRowids(&o, name)
		}
	}
	if hasKey && have.con.AutoIncrement {
		o.loses = "the AUTOINCREMENT of " + column(have.columns[0])
	}
	text := want.text(d.want.ddl)
	o.edit = func(e *ddl.Edit) {
		if hasKey {
			have.drop(e)
		}
		switch {
		case want.column < 0:
			e.AddConstraint(text)
		case len(there) == 1:
			e.AddToColumn(d.have.column(there[0]), text)
		} // else it comes with its new column
	}
	d.newKey = want.columns
	d.op(o)
	return nil
}

// spareRowids leaves the change undone when the column, which would become the
// rowid, has other numbers.
func (d *differ) spareRowids(o *op, name string) {
	if rowid := rowidName(d.have.ddl); rowid != "" {
		o.spares = []must{{rowid + " <> " + quote(name), column(name) + " would become the rowid, by which others may know the rows (FTS5, say)"}}
	}
}

// longerKey tells that the primary key is going to be another one.
func (d *differ) longerKey() bool {
	want, ok := primaryKey(d.want.ddl)
	have, hasKey := primaryKey(d.have.ddl)
	return ok && hasKey && slices.ContainsFunc(want.columns, func(c string) bool { return !contains(have.columns, c) }) &&
		!(d.want.quirk != "" && sameSet(have.columns, []string{d.want.quirk}))
}

// sameKey notes what is different about a key of the same columns.
func (d *differ) sameKey(want, have constraint) {
	switch {
	case want.con.AutoIncrement && !have.con.AutoIncrement && rowidColumn(d.have.ddl) >= 0:
		d.unmet("primary key "+list(have.columns), "it has no AUTOINCREMENT: numbers of deleted rows may be given again")
	case !want.con.AutoIncrement && have.con.AutoIncrement:
		d.unmet("primary key "+list(have.columns), "it has AUTOINCREMENT, the model's has not")
	}
}

func list(names []string) string { return "(" + strings.Join(names, ", ") + ")" }

// uniques adds what is to be unique and is not. A UNIQUE of the name that
// GORM gives goes with its tag.
func (d *differ) uniques() { d.uniquesOf("") }

// uniquesOf does so for one column alone, or with "" for all.
func (d *differ) uniquesOf(only string) {
	wanted := constraints(d.want.ddl, ddl.Unique)
	other := func(columns []string) bool { return only != "" && !sameSet(columns, []string{only}) }
	for _, w := range wanted {
		if !other(w.columns) {
			d.addUnique(w)
		}
	}
	for _, h := range constraints(d.have.ddl, ddl.Unique) {
		if other(h.columns) || slices.ContainsFunc(wanted, func(w constraint) bool { return sameSet(w.columns, h.columns) }) {
			continue
		}
		if len(h.columns) == 1 && h.con.Name != "" && columnIn(d.want.ddl, h.columns[0]) >= 0 && same(d.want.uniqueName(h.columns[0]), h.con.Name) {
			d.op(op{
				reason: "the model's " + list(h.columns) + " is not unique",
				loses:  fmt.Sprintf("the constraint %q", h.con.Name),
				edit:   h.drop,
			})
			continue
		}
		d.unmet(describe("UNIQUE "+list(h.columns), h.con.Name), "the model does not have it, and GORM did not make it")
	}
}

// addUnique makes the columns unique that are not.
func (d *differ) addUnique(w constraint) {
	if d.unique(w.columns) || w.column >= 0 && d.have.column(w.columns[0]) < 0 {
		return
	}
	text := w.text(d.want.ddl)
	if w.column >= 0 {
		text = "UNIQUE (" + quote(w.columns[0]) + ")"
	}
	d.op(op{
		reason: "the model's " + list(w.columns) + " is unique",
		edit:   func(e *ddl.Edit) { e.AddConstraint(text) },
	})
}

// inside adds the UNIQUE and REFERENCES that stand in a column of the model.
func (d *differ) inside(name string) {
	for _, w := range constraints(d.want.ddl, ddl.Unique) {
		if w.column >= 0 && same(w.columns[0], name) {
			d.addUnique(w)
		}
	}
	for _, w := range foreignKeys(d.want.ddl) {
		if w.column >= 0 && same(w.columns[0], name) {
			d.foreignKey(w)
		}
	}
}

// unique tells whether something makes the columns unique together already.
func (d *differ) unique(columns []string) bool {
	key, ok := primaryKey(d.have.ddl)
	if d.newKey != nil {
		key.columns = d.newKey
	}
	if ok && sameSet(key.columns, columns) ||
		slices.ContainsFunc(constraints(d.have.ddl, ddl.Unique), func(h constraint) bool { return sameSet(h.columns, columns) }) {
		return true
	}
	for _, o := range d.have.indexes {
		i, err := ddl.ParseIndex(o.sql)
		if err == nil && makesUnique(i, columns) && !d.replaced(i.Name, columns) {
			return true
		}
	}
	return false
}

// makesUnique tells whether an index makes the columns unique together.
func makesUnique(i *ddl.Index, columns []string) bool {
	var names []string
	for _, c := range i.Columns {
		names = append(names, c.Name)
	}
	return i.Unique && i.Where == "" && sameSet(names, columns)
}

// replaced tells whether an index of the name is the model's own, and does not
// make the columns unique at the end.
func (d *differ) replaced(name string, columns []string) bool {
	return slices.ContainsFunc(d.want.indexes, func(w wantedIndex) bool { return same(w.name, name) && !makesUnique(w.ddl, columns) })
}

func describe(what, name string) string {
	if name == "" {
		return what
	}
	return fmt.Sprintf("constraint %q %s", name, what)
}

// hasCheck tells whether the table has a CHECK that says the same.
func (d *differ) hasCheck(expr string) bool {
	return slices.ContainsFunc(constraints(d.have.ddl, ddl.Check), func(c constraint) bool { return d.sameExpr(c.con.Expr, expr) })
}

// checks adds the model's, and replaces those of the same name that say
// something else.
func (d *differ) checks() {
	wanted := constraints(d.want.ddl, ddl.Check)
	for _, w := range wanted {
		if w.column >= 0 || d.inline[lower(w.con.Name)] {
			continue // compared with its column, or added with it
		}
		text, o := w.text(d.want.ddl), op{}
		switch h := d.haveOfKind(ddl.Check, w.con.Name); {
		case h != nil && d.sameExpr(h.con.Expr, w.con.Expr):
			continue
		case h != nil:
			o.reason = fmt.Sprintf("the constraint %q is CHECK (%s), the model's CHECK (%s)", w.con.Name, h.con.Expr, w.con.Expr)
			o.edit = func(e *ddl.Edit) { h.replace(e, text) }
		case d.hasCheck(w.con.Expr):
			continue
		default:
			o.reason = fmt.Sprintf("the model has the constraint %q CHECK (%s)", w.con.Name, w.con.Expr)
			o.edit = func(e *ddl.Edit) { e.AddConstraint(text) }
		}
		if d.mentionsOldOnly(w.con.Expr) {
			o.must = []must{{"NOT (" + w.con.Expr + ")", fmt.Sprintf("a row breaks the constraint %q CHECK (%s)", w.con.Name, w.con.Expr)}}
		}
		d.op(o)
	}
	for _, h := range constraints(d.have.ddl, ddl.Check) {
		if !slices.ContainsFunc(wanted, func(w constraint) bool {
			return w.con.Name != "" && same(w.con.Name, h.con.Name) || d.sameExpr(w.con.Expr, h.con.Expr)
		}) {
			d.unmet(describe("CHECK ("+h.con.Expr+")", h.con.Name), "the model does not have it")
		}
	}
}

// mentionsOldOnly tells that the expression is about columns that are there,
// and says of them what it will say.
func (d *differ) mentionsOldOnly(expr string) bool {
	if slices.ContainsFunc(d.recast, func(name string) bool { return ddl.Mentions(expr, name) }) {
		return false
	}
	return !slices.ContainsFunc(d.want.ddl.Columns, func(c ddl.Column) bool {
		return d.have.column(c.Name) < 0 && ddl.Mentions(expr, c.Name)
	})
}

// foreignKeys adds the model's, and changes those that do something else.
func (d *differ) foreignKeys() {
	haves := foreignKeys(d.have.ddl)
	matched := map[int]bool{}
	for _, w := range foreignKeys(d.want.ddl) {
		matched[d.foreignKey(w)] = true
	}
	for i, h := range haves {
		if !matched[i] {
			d.unmet(describe("FOREIGN KEY "+list(h.columns)+" to "+h.con.Ref.Table, h.con.Name), "the model does not have it")
		}
	}
}

// foreignKey sees to one of the model's. It returns which of the table's is
// the same, -1 for none.
func (d *differ) foreignKey(w constraint) int {
	if d.inline[lower(w.con.Name)] || w.column >= 0 && d.have.column(w.columns[0]) < 0 {
		return -1
	}
	haves := foreignKeys(d.have.ddl)
	i := slices.IndexFunc(haves, func(h constraint) bool { return w.con.Name != "" && same(h.con.Name, w.con.Name) })
	stated := i >= 0 || d.want.stated[lower(w.con.Name)] || w.column >= 0
	for _, exactly := range []bool{true, false} { // two may be over the same columns
		if i < 0 {
			i = slices.IndexFunc(haves, func(h constraint) bool {
				return sameSet(h.columns, w.columns) && sameReference(w.con.Ref, h.con.Ref, exactly) && (exactly || !d.claimed(h))
			})
		}
	}
	// As a constraint of the table, and as one of a column.
	text := w.text(d.want.ddl)
	inColumn, name := references(text), ""
	if w.con.Name != "" {
		name = "CONSTRAINT " + quote(w.con.Name) + " "
	}
	if w.column >= 0 {
		text = name + "FOREIGN KEY (" + quote(w.columns[0]) + ") " + inColumn
	}
	if i < 0 {
		d.op(op{
			reason: "the model has the foreign key " + describe(list(w.columns)+" to "+w.con.Ref.Table, w.con.Name),
			edit:   func(e *ddl.Edit) { e.AddConstraint(text) },
		})
		return i
	}
	h := haves[i]
	if sameSet(h.columns, w.columns) && sameReference(w.con.Ref, h.con.Ref, stated) {
		return i
	}
	d.op(op{
		reason: fmt.Sprintf("the foreign key %s is %s, the model's %s", describe(list(h.columns), h.con.Name), describeRef(h.con.Ref), describeRef(w.con.Ref)),
		edit: func(e *ddl.Edit) {
			switch {
			case h.column < 0:
				h.replace(e, text)
			case sameSet(h.columns, w.columns):
				h.replace(e, name+inColumn)
			default:
				h.drop(e)
				e.AddConstraint(text)
			}
		},
	})
	return i
}

// claimed tells whether one of the table is a foreign key of the model as it
// is, or has the name of one.
func (d *differ) claimed(h constraint) bool {
	return slices.ContainsFunc(foreignKeys(d.want.ddl), func(w constraint) bool {
		return w.con.Name != "" && same(w.con.Name, h.con.Name) ||
			sameSet(h.columns, w.columns) && sameReference(w.con.Ref, h.con.Ref, true)
	})
}

// references is the text of a foreign key from REFERENCES on.
func references(text string) string {
	for tok := range sqltext.Tokens(text) {
		if tok.Is(text, "REFERENCES") {
			return text[tok.Start:]
		}
	}
	return text
}

func describeRef(r *ddl.Reference) string {
	return fmt.Sprintf("to %s%s ON UPDATE %s ON DELETE %s", r.Table, list(r.Columns), action(r.OnUpdate), action(r.OnDelete))
}
