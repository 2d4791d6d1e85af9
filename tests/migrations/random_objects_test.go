package migrations_test

import (
	"fmt"
	"strings"
)

// randIndex is an index of a random table.
type randIndex struct {
	name    string
	columns []string // that it is about
	unique  bool
	vector  bool
}

// newRandDB makes the statements of a whole database. What does not work is
// left out when they run.
func newRandDB(r rnd) *randDB {
	d := &randDB{rnd: r, taken: map[string]bool{"log": true}, foreign: r.often(80)}
	d.add("CREATE TABLE log(who TEXT, n INTEGER)")
	for range d.up(1, 4) {
		d.tables = append(d.tables, d.table())
	}
	for _, t := range d.tables {
		for range d.up(0, 2) {
			d.index(t)
		}
		for _, c := range t.columns {
			if c.vector {
				i := &randIndex{name: d.name(d.taken), columns: []string{c.name}, vector: true}
				t.indexes = append(t.indexes, i)
				d.add("CREATE INDEX " + d.quoted(i.name) + " ON " + d.quoted(t.name) + "(libsql_vector_idx(" + d.quoted(c.name) + "))")
			}
		}
	}
	for _, t := range d.tables {
		d.rows(t)
	}
	for range d.up(0, 3) {
		d.view()
	}
	for range d.up(0, 4) {
		d.trigger()
	}
	if d.often(10) {
		d.add("ANALYZE")
	}
	if d.often(4) {
		d.add("CREATE VIEW \"broken view\" AS SELECT none FROM nowhere")
	}
	if d.often(3) {
		d.add("CREATE TRIGGER \"broken trigger\" AFTER INSERT ON log BEGIN DELETE FROM nowhere; END")
	}
	return d
}

func (d *randDB) index(t *randTable) {
	i := &randIndex{name: d.name(d.taken), unique: d.often(25)}
	var terms []string
	for range d.up(1, 2) {
		c := pick(d.rnd, t.columns...)
		if c.generated != "" && !d.often(50) {
			continue
		}
		i.columns = append(i.columns, c.name)
		term := d.quoted(c.name)
		if d.often(20) {
			term = d.expression(c.name)
		}
		terms = append(terms, term+pick(d.rnd, "", "", " COLLATE NOCASE", " COLLATE rtrim")+pick(d.rnd, "", "", " DESC", " ASC"))
	}
	if len(terms) == 0 {
		return
	}
	sql := "CREATE " + map[bool]string{true: "UNIQUE "}[i.unique] + "INDEX" + d.blank() + d.defined(i.name) + " ON " + d.quoted(t.name) + pick(d.rnd, "", " ") + "(" + strings.Join(terms, ", ") + ")"
	if d.often(25) {
		c := pick(d.rnd, t.columns...).name
		i.columns = append(i.columns, c)
		sql += d.blank() + "WHERE " + d.quoted(c) + pick(d.rnd, " IS NOT NULL", " > 3", ` <> "a text"`, " NOT IN (1, 2) -- ; end")
	}
	t.indexes = append(t.indexes, i)
	d.add(sql)
}

// rows puts rows into a table. Those that its constraints forbid are left out.
func (d *randDB) rows(t *randTable) {
	for range d.up(0, 14) {
		var columns, values []string
		for _, c := range t.columns {
			switch {
			case c.generated != "" || d.often(12):
				continue
			case c.vector:
				values = append(values, fmt.Sprintf("vector32('[%d,%d,1]')", d.up(0, 9), d.up(0, 9)))
			case d.refers(t, c.name) && d.often(80):
				values = append(values, d.parentValue(t, c.name))
			case strings.EqualFold(c.typ, "INTEGER") && d.often(80):
				values = append(values, fmt.Sprint(d.up(-3, 40)))
			default:
				values = append(values, d.value())
			}
			columns = append(columns, d.quoted(c.name))
		}
		if len(columns) == 0 {
			d.add("INSERT INTO " + d.quoted(t.name) + " DEFAULT VALUES")
			continue
		}
		d.add("INSERT OR IGNORE INTO " + d.quoted(t.name) + "(" + strings.Join(columns, ",") + ") VALUES (" + strings.Join(values, ",") + ")")
	}
	if d.often(40) {
		c := pick(d.rnd, t.columns...)
		d.add("DELETE FROM " + d.quoted(t.name) + " WHERE " + d.quoted(c.name) + " IN (" + d.value() + ", " + d.value() + ")")
	}
	if name := freeRowid(t); name != "" && !t.withoutRowid && d.often(30) {
		d.add("UPDATE OR IGNORE " + d.quoted(t.name) + " SET " + name + " = " + name + " * 7")
	}
}

// freeRowid is a name of the rowid that no column hides.
func freeRowid(t *randTable) string {
	for _, n := range rowidNames {
		hidden := false
		for _, c := range t.columns {
			hidden = hidden || strings.EqualFold(c.name, n)
		}
		if !hidden {
			return n
		}
	}
	return ""
}

// refers tells roughly whether a foreign key begins at the column.
func (d *randDB) refers(t *randTable, column string) bool {
	if strings.Contains(strings.ToUpper(t.column(column).text), "REFERENCES") {
		return true
	}
	for _, c := range t.constraints {
		if strings.Contains(strings.ToUpper(c.text), "REFERENCES") && c.columns[0] == column {
			return true
		}
	}
	return false
}

func (d *randDB) parentValue(t *randTable, column string) string {
	p := t
	texts := t.column(column).text
	for _, c := range t.constraints {
		if c.columns[0] == column {
			texts += c.text
		}
	}
	for _, o := range d.tables {
		for _, q := range []string{dquote(o.name), "`" + o.name + "`", "[" + o.name + "]", " " + o.name} {
			if o != t && strings.Contains(texts, q) {
				p = o
			}
		}
	}
	if len(p.key) != 1 {
		return "NULL"
	}
	return fmt.Sprintf("(SELECT %s FROM %s LIMIT 1 OFFSET %d)", dquote(p.key[0]), dquote(p.name), d.IntN(5))
}

func (d *randDB) view() {
	t := pick(d.rnd, d.tables...)
	name := d.name(d.taken)
	body := "SELECT *, \"a text\" FROM " + d.quoted(t.name)
	if d.often(60) {
		c := pick(d.rnd, t.columns...).name
		body = "SELECT " + d.quoted(c) + " AS one, 'it''s (' AS two /* don't */ FROM " + d.quoted(t.name) + " AS x WHERE x." + d.quoted(c) + " IS NOT \"nothing\""
	}
	d.add("CREATE VIEW" + d.blank() + d.defined(name) + pick(d.rnd, "", "\n") + " AS " + body)
	if d.often(30) {
		d.add("CREATE VIEW " + dquote(d.name(d.taken)) + " AS SELECT count(*) AS n FROM " + d.quoted(name))
	}
	if d.often(30) {
		d.add("CREATE TRIGGER " + dquote(d.name(d.taken)) + " INSTEAD OF DELETE ON " + d.quoted(name) +
			" BEGIN INSERT INTO log VALUES ('instead', 1); DELETE FROM " + d.quoted(t.name) + " WHERE 0; END")
	}
}

func (d *randDB) trigger() {
	t, other := pick(d.rnd, d.tables...), pick(d.rnd, d.tables...)
	name := d.name(d.taken)
	on := pick(d.rnd, "INSERT", "UPDATE", "DELETE")
	row := map[string]string{"INSERT": "new", "UPDATE": "old", "DELETE": "old"}[on]
	c := pick(d.rnd, t.columns...).name
	if on == "UPDATE" && d.often(40) {
		on += " OF " + d.quoted(t.stored()[0])
	}
	body := "INSERT INTO log SELECT " + squote(name) + ", count(*) FROM " + d.quoted(other.name) + ";"
	switch d.IntN(8) {
	case 0:
		body += " DELETE FROM " + d.quoted(other.name) + " WHERE \"no text\" = 'no';"
	case 1:
		o := pick(d.rnd, other.columns...).name
		body += " UPDATE log SET n = n + 0 WHERE EXISTS (SELECT 1 FROM " + d.quoted(other.name) + " AS y WHERE y." + d.quoted(o) + " IS " + row + "." + d.quoted(c) + ");"
	case 2:
		body = "INSERT INTO log(who, n) VALUES (" + squote(name) + ", typeof(" + row + "." + d.quoted(c) + ") <> \"it's\"); -- ; END\n"
	case 3:
		if all := other.stored(); len(all) == len(other.columns) {
			body += " INSERT INTO " + d.quoted(other.name) + " SELECT " + strings.TrimSuffix(strings.Repeat("NULL, ", len(all)), ", ") + " WHERE 0;"
			other.starred = true
		}
	}
	when := pick(d.rnd, "", "", " WHEN 1 <> \"a text\"", " FOR EACH ROW", " WHEN "+row+"."+d.quoted(c)+" IS NOT '('")
	d.add("CREATE TRIGGER" + d.blank() + d.defined(name) + pick(d.rnd, " AFTER ", " BEFORE ", "\nAFTER\t") + on + " ON " + d.quoted(t.name) + when + " BEGIN " + body + " END")
}
