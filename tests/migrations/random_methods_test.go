package migrations_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// method is a call of one method of the migrator, and what must be afterwards.
type method struct {
	name  string
	call  func(db *gorm.DB) error
	check func(c *comparison)
	// expect is the state before as it must be afterwards, for a probe; nil: as it was
	expect func(s *randState)
}

// method is a random one, nil where the table has nothing that it could be
// called for.
func (g *round) method() *method {
	d, t := g.d, g.m.table
	table := gormName(t.name)
	c := pick(d.rnd, t.columns...)
	switch d.IntN(11) {
	case 0, 1:
		if slices.Contains(rowidNames, c.name) || c.name == "is" || c.name == "NULL" {
			return nil // the rowid would have another name; and expressions with the keyword seem to be about the column
		}
		g.m.mayFail("is of the primary key and cannot be dropped", "is the only one and cannot be dropped", "is generated from it",
			unfit, "in double quotes", mismatch, orphaned, "refers to it", "cannot be dropped")
		g.m.rereferred[c.name] = true // and other rows can be there without its constraints
		return &method{"DropColumn " + c.name, func(db *gorm.DB) error { return db.Migrator().DropColumn(table, c.name) },
			func(x *comparison) { x.dropped(c) }, func(s *randState) { s.tables[t.name].drop(c.name) }}
	case 2, 3:
		to := d.newName(g.m)
		g.m.mayFail("error in view", "error in trigger", unfit, "no such table: main.nowhere", "no such column",
			"expressions prohibited in PRIMARY KEY and UNIQUE constraints") // SQLite, of a key in a table WITHOUT ROWID
		return &method{"RenameColumn " + c.name + " to " + to, func(db *gorm.DB) error { return db.Migrator().RenameColumn(table, c.name, to) },
			func(x *comparison) { x.renamed(t.name, c.name, to) }, func(s *randState) { s.tables[t.name].rename(c.name, to) }}
	case 4:
		to := d.name(d.taken)
		g.m.mayFail("error in view", "error in trigger", unfit, "no such table: main.nowhere")
		return &method{"RenameTable to " + to, func(db *gorm.DB) error { return db.Migrator().RenameTable(table, gormName(to)) },
			func(x *comparison) { x.renamed(to, "", "") }, func(s *randState) {
				s.tables[to] = s.tables[t.name]
				delete(s.tables, t.name)
			}}
	case 5:
		if len(t.indexes) == 0 {
			return nil
		}
		i := pick(d.rnd, t.indexes...)
		g.m.mayFail("it has no index") // its CREATE INDEX did not work
		if to := d.name(d.taken); !i.vector {
			return &method{"RenameIndex " + i.name + " to " + to, func(db *gorm.DB) error { return db.Migrator().RenameIndex(table, i.name, to) },
				func(x *comparison) { x.renamedIndex(i.name, to) }, nil}
		}
		return &method{"DropIndex " + i.name, func(db *gorm.DB) error { return db.Migrator().DropIndex(table, i.name) },
			func(x *comparison) { x.droppedIndexes(i) }, nil}
	case 6:
		for _, con := range t.constraints {
			if con.name != "" && !strings.Contains(strings.ToUpper(con.text), "PRIMARY") && strings.Count(strings.ToLower(t.sql), strings.ToLower(con.name)) == 1 {
				g.m.mayFail(mismatch)
				g.m.rereferred[con.columns[0]] = true
				return &method{"DropConstraint " + con.name, func(db *gorm.DB) error { return db.Migrator().DropConstraint(table, con.name) },
					func(x *comparison) { x.droppedConstraint(con) }, nil}
			}
		}
	case 7, 8, 9:
		return g.alterColumn()
	case 10:
		d.addsColumn(g.m)
		return g.changeColumn("AddColumn", len(g.m.fields)-1)
	}
	return nil
}

// alterColumn changes one field of the model.
func (g *round) alterColumn() *method {
	d, m := g.d, g.m
	var was []randField
	for _, f := range m.fields {
		was = append(was, *f)
	}
	pick(d.rnd, d.retypes, d.requires, d.redefaults, d.loosens, d.recollates, d.generates)(m)
	for i, f := range m.fields {
		if !reflect.DeepEqual(was[i], *f) && !f.key { // a key keeps its type
			return g.changeColumn("AlterColumn", i)
		}
	}
	return nil
}

// changeColumn calls AlterColumn or AddColumn for a field.
func (g *round) changeColumn(name string, field int) *method {
	f, m := g.m.fields[field], g.m
	model := m.build(g.d.rnd)
	m.touched[f.id()] = true
	call := func(db *gorm.DB) error {
		db = db.Table(gormName(m.table.name))
		if name == "AddColumn" {
			return db.Migrator().AddColumn(model, fmt.Sprintf("F%d", field))
		}
		return db.Migrator().AlterColumn(model, fmt.Sprintf("F%d", field))
	}
	return &method{name + " " + f.name, call, func(c *comparison) {
		c.newKey = m.newKey
		c.surroundings(nil)
		c.kept(m.touched, m.recollated, m.rereferred)
		c.rows(m.touched, m.recomputed)
		i := c.after.tables[c.table.name].column(f.id())
		if i < 0 {
			c.bad("column %q is not there", f.name)
			return
		}
		c.wantedColumn(m, f, i, g.scratch)
		if col := c.after.tables[c.table.name].columns[i]; f.notNull != col.notNull && !f.key && col.key == 0 {
			c.bad("column %q: NOT NULL is %v", f.name, col.notNull)
		}
	}, nil}
}

// call calls a method of the migrator.
func (g *round) call(f *method) {
	g.m.change("%s", f.name)
	before := randStateOf(g.t, g.pool)
	fired := probe(g.t, g.pool, before, before)
	g.inside(f.call)
	after := randStateOf(g.t, g.pool)
	kind, _, _ := strings.Cut(f.name, " ")
	if g.err != nil {
		g.refused(kind, before, after)
		return
	}
	g.outcome(kind + " worked")
	c := &comparison{t: g.t, pool: g.pool, before: before, after: after, table: g.m.table}
	f.check(c)
	if f.expect != nil {
		f.expect(before)
		for k, was := range fired { // tables may have another name
			if name := strings.TrimPrefix(f.name, "RenameTable to "); name != f.name {
				delete(fired, k)
				k = strings.ReplaceAll(k, " "+g.m.table.name, " "+name)
				fired[k] = was
			}
		}
	}
	if len(c.problems) == 0 && !strings.HasPrefix(f.name, "RenameTable ") {
		c.fires(g.m, fired, probe(g.t, g.pool, before, after))
	}
	if len(c.problems) > 0 {
		g.bad("CREATE TABLE is %s", after.objects["table "+g.m.table.name])
	}
	g.problems = append(g.problems, c.problems...)
}

// drop takes a column out of the state, with what is over it.
func (s *tableState) drop(name string) {
	i := s.column(name)
	s.columns = slices.Delete(slices.Clone(s.columns), i, i+1)
	rows := slices.Clone(s.rows)
	for j, r := range rows {
		rows[j].values = slices.Delete(slices.Clone(r.values), i, i+1)
	}
	s.rows = rows
	s.sortRows()
	s.keys = slices.DeleteFunc(slices.Clone(s.keys), func(k string) bool { return strings.EqualFold(strings.Split(k, "|")[1], name) })
	s.unique = slices.DeleteFunc(slices.Clone(s.unique), func(u string) bool { return over(u, name) })
}

// over tells whether an index is over the column.
func over(index, column string) bool {
	_, terms, _ := strings.Cut(index, ": ")
	return slices.ContainsFunc(strings.Split(terms, ", "), func(term string) bool { return strings.HasPrefix(term, column+" ") })
}

func (s *tableState) rename(from, to string) {
	i := s.column(from)
	s.columns = slices.Clone(s.columns)
	s.columns[i].name = to
}

// others compares what has nothing to do with the table.
func (c *comparison) others() {
	c.same("settings", c.before.settings, c.after.settings)
	c.same("integrity_check", c.before.broken, c.after.broken)
	for name, was := range c.before.tables {
		if name != c.table.name && !strings.HasSuffix(name, "_shadow") {
			if now := c.after.tables[name]; now == nil {
				c.bad("table %q is gone", name)
			} else {
				c.same("columns of "+name, was.columns, now.columns)
				c.same("rows of "+name, was.rows, now.rows)
			}
		}
	}
}

func (c *comparison) dropped(col *randColumn) {
	gone := map[string]bool{}
	for _, i := range c.table.indexes {
		if slices.Contains(i.columns, col.name) {
			gone[i.name] = true
			gone[i.name+"_shadow"], gone[i.name+"_shadow_idx"] = i.vector, i.vector
		}
	}
	c.surroundings(gone)
	was, is := *c.before.tables[c.table.name], c.after.tables[c.table.name]
	was.drop(col.name)
	c.same("columns", was.columns, is.columns)
	c.same("rows", was.rows, is.rows)
	c.same("foreign keys", was.keys, is.keys)
	c.same("indexes of constraints", was.unique, is.unique)
	for name, index := range was.indexes {
		if _, there := is.indexes[name]; there == gone[name] {
			c.bad("index %q (%s): there is %v, there must be %v", name, index, there, !gone[name])
		}
	}
	text := c.after.objects["table "+c.table.name]
	for _, o := range c.table.columns {
		if o != col && !c.has(text, o.text) {
			c.bad("%q is not in CREATE TABLE any more", o.text)
		}
	}
	for _, o := range c.table.constraints {
		if !slices.Contains(o.columns, col.name) && !c.has(text, o.text) {
			c.bad("%q is not in CREATE TABLE any more", o.text)
		}
	}
}

// renamed compares after the table or a column got another name.
func (c *comparison) renamed(table, from, to string) {
	c.others()
	was, is := *c.before.tables[c.table.name], c.after.tables[table]
	if is == nil {
		c.bad("there is no table %q", table)
		return
	}
	if from != "" {
		was.rename(from, to)
	}
	c.same("columns", was.columns, is.columns)
	c.same("rows", was.rows, is.rows)
	c.same("number of foreign keys", len(was.keys), len(is.keys))
	c.same("number of indexes", len(was.indexes)+len(was.unique), len(is.indexes)+len(is.unique))
	if from != "" {
		c.same("sqlite_sequence", c.before.sequence, c.after.sequence)
	}
	for k := range c.before.objects {
		if _, there := c.after.objects[k]; !there && k != "table "+c.table.name && !strings.HasPrefix(k, "index sqlite_autoindex_") {
			c.bad("%s is gone", k)
		}
	}
	c.same("number of objects", len(c.before.objects), len(c.after.objects))
	c.same("number of orphans", fmt.Sprint(count(c.before.orphans)), fmt.Sprint(count(c.after.orphans)))
}

func count(orphans map[string][]string) (n int) {
	for _, all := range orphans {
		n += len(all)
	}
	return n
}

func (c *comparison) renamedIndex(from, to string) {
	c.surroundings(map[string]bool{from: true, to: true})
	was, is := *c.before.tables[c.table.name], *c.after.tables[c.table.name]
	c.same("index", was.indexes[from], is.indexes[to])
	body := func(text string) string { return text[strings.Index(text, " ON "):] }
	c.same("text of the index", body(c.before.objects["index "+from]), body(c.after.objects["index "+to]))
	if _, there := is.indexes[from]; there {
		c.bad("index %q is still there", from)
	}
	was.indexes, is.indexes = nil, nil
	c.same("table", was, is)
	c.same("CREATE TABLE", c.before.objects["table "+c.table.name], c.after.objects["table "+c.table.name])
}

func (c *comparison) droppedIndexes(i *randIndex) {
	c.surroundings(map[string]bool{i.name: true, i.name + "_shadow": true, i.name + "_shadow_idx": true})
	if _, there := c.after.objects["index "+i.name]; there {
		c.bad("index %q is still there", i.name)
	}
	c.rows(nil, nil)
}

func (c *comparison) droppedConstraint(con randConstraint) {
	c.surroundings(nil)
	was, is := c.before.tables[c.table.name], c.after.tables[c.table.name]
	c.same("columns", was.columns, is.columns)
	c.same("rows", was.rows, is.rows)
	c.same("indexes", was.indexes, is.indexes)
	text := c.after.objects["table "+c.table.name]
	if c.has(text, con.text) {
		c.bad("%q is still there", con.text)
	}
	u := strings.ToUpper(con.text)
	if strings.Contains(u, "FOREIGN") && strings.Contains(u, "REFERENCES") {
		c.same("number of foreign keys", len(was.keys)-1, len(is.keys))
	} else {
		c.same("foreign keys", was.keys, is.keys)
	}
	for _, o := range c.table.columns {
		if !c.has(text, o.text) {
			c.bad("%q is not in CREATE TABLE any more", o.text)
		}
	}
	for _, o := range c.table.constraints {
		if o.name != con.name && !c.has(text, o.text) {
			c.bad("%q is not in CREATE TABLE any more", o.text)
		}
	}
	for _, note := range c.table.comments {
		if !c.has(text, note) {
			c.bad("the comment %q is not in CREATE TABLE any more", note)
		}
	}
}
