package ftsindex

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Table is what an index has to know of the table that it is over.
type Table struct {
	Name       string
	Columns    []string
	Generated  bool        // some column is generated
	Key        []KeyColumn // of the primary key
	IntegerKey bool        // which is an INTEGER PRIMARY KEY
	Rowid      string      // a name of the rowid where it is not the key; "" without one
	Uniques    [][]Term    // what is unique besides
}

// Rename gives a column another name.
func (t *Table) Rename(from, to string) {
	as := func(name string) string {
		if sqltext.EqualFold(name, from) {
			return to
		}
		return name
	}
	for i := range t.Columns {
		t.Columns[i] = as(t.Columns[i])
	}
	for i := range t.Key {
		t.Key[i].Name = as(t.Key[i].Name)
	}
	for _, u := range t.Uniques {
		for i := range u {
			u[i].Column = as(u[i].Column)
			u[i].Expr = renameIn(u[i].Expr, from, to)
		}
	}
}

// KeyColumn is a column of a primary key.
type KeyColumn struct{ Name, Type, Collation string }

// Term is a column or expression that an index is over.
type Term struct{ Column, Expr, Collation string }

// Object is a part of an index: a row of sqlite_schema.
type Object struct {
	Kind string // "table", "view" or "trigger"
	Name string
	SQL  string // CREATE …, without a schema
}

// Objects are the parts of the index, in the order in which they are made.
func (x Index) Objects(t Table) []Object {
	m := &maker{Index: x, table: t, name: x.TableName(t.Name)}
	m.content, m.docid = t.Name, "rowid"
	if t.IntegerKey {
		m.docid = t.Key[0].Name
	} else {
		m.content, m.docid = Rows(m.name), DocID
	}
	out := []Object{{"table", Replaced(m.name), m.createReplaced()}}
	if !t.IntegerKey {
		out = append(out, Object{"table", Key(m.name), m.createKey()}, Object{"view", Rows(m.name), m.createRows()})
	}
	out = append(out, Object{"table", m.name, m.createTable()})
	for i, body := range []string{m.beforeInsert(), m.afterInsert(), m.beforeUpdate(), m.afterUpdate(), m.afterDelete()} {
		name := Triggers(m.name)[i]
		out = append(out, Object{"trigger", name, "CREATE TRIGGER " + q(name) + " " + body})
	}
	return out
}

// Fill are the statements that make the index anew from the rows, without the
// names' schema, which prefix is.
func (x Index) Fill(t Table, prefix string) (out []string) {
	name := x.TableName(t.Name)
	if !t.IntegerKey {
		out = append(out, FillKeys(name, t, prefix)...)
	}
	return append(out, "INSERT INTO "+prefix+q(name)+"("+q(name)+") VALUES('rebuild')")
}

// FillKeys number the keys that have no number yet, and forget those that no row
// has. A row whose key holds NULL has none.
func FillKeys(name string, t Table, prefix string) []string {
	m := &maker{table: t, name: name}
	key := prefix + q(Key(name))
	keys := m.keys("")
	row := prefix + q(t.Name)
	return []string{
		"DELETE FROM " + key + " WHERE NOT EXISTS (SELECT 1 FROM " + row + " AS t WHERE " + m.sameKey("t.", key+".") + ")",
		"INSERT INTO " + key + "(" + keys + ") SELECT " + keys + " FROM " + row + " AS t WHERE " + m.notNull("t.") +
			" AND NOT EXISTS (SELECT 1 FROM " + key + " AS k WHERE " + m.sameKey("k.", "t.") + ")",
	}
}

func q(name string) string { return sqltext.Backquote(name) }

// maker writes the parts of one index.
type maker struct {
	Index
	table          Table
	name           string
	content, docid string
}

// columns are those of the index, each behind a prefix.
func (m *maker) columns(prefix string) string {
	var out []string
	for _, c := range m.Columns {
		out = append(out, prefix+q(c.Name))
	}
	return strings.Join(out, ", ")
}

func (m *maker) keys(prefix string) string {
	var out []string
	for _, k := range m.table.Key {
		out = append(out, prefix+q(k.Name))
	}
	return strings.Join(out, ", ")
}

func (m *maker) sameKey(a, b string) string {
	var out []string
	for _, k := range m.table.Key {
		out = append(out, a+q(k.Name)+" = "+b+q(k.Name))
	}
	return strings.Join(out, " AND ")
}

func (m *maker) notNull(prefix string) string {
	var out []string
	for _, k := range m.table.Key {
		out = append(out, prefix+q(k.Name)+" IS NOT NULL")
	}
	return strings.Join(out, " AND ")
}

func (m *maker) createTable() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE VIRTUAL TABLE %s USING fts5(", q(m.name))
	for _, c := range m.Columns {
		b.WriteString(q(c.Name))
		if c.Unindexed {
			b.WriteString(" UNINDEXED")
		}
		b.WriteString(", ")
	}
	fmt.Fprintf(&b, "content=%s, content_rowid=%s", sqltext.QuoteString(m.content), sqltext.QuoteString(m.docid))
	if m.Tokenize != "" {
		b.WriteString(", tokenize=" + sqltext.QuoteString(m.Tokenize))
	}
	if len(m.Prefix) > 0 {
		var lengths []string
		for _, n := range m.Prefix {
			lengths = append(lengths, strconv.Itoa(n))
		}
		b.WriteString(", prefix=" + sqltext.QuoteString(strings.Join(lengths, " ")))
	}
	if m.Detail != "" && m.Detail != "full" {
		b.WriteString(", detail=" + m.Detail)
	}
	b.WriteString(")")
	return b.String()
}

func (m *maker) createReplaced() string {
	return "CREATE TABLE " + q(Replaced(m.name)) + "(" + DocID + " INTEGER PRIMARY KEY, " + m.columns("") + ")"
}

func (m *maker) createKey() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + q(Key(m.name)) + "(" + DocID + " INTEGER PRIMARY KEY")
	for _, k := range m.table.Key {
		b.WriteString(", " + q(k.Name))
		if k.Type != "" {
			b.WriteString(" " + k.Type)
		}
		if k.Collation != "" {
			b.WriteString(" COLLATE " + q(k.Collation))
		}
	}
	b.WriteString(", UNIQUE(" + m.keys("") + "))")
	return b.String()
}

func (m *maker) createRows() string {
	return "CREATE VIEW " + q(Rows(m.name)) + " AS SELECT k." + DocID + ", " + m.columns("t.") +
		" FROM " + q(Key(m.name)) + " AS k JOIN " + q(m.table.Name) + " AS t ON " + m.sameKey("t.", "k.")
}

// number is the number of the row that of is, "NEW." or "OLD.".
func (m *maker) number(of string) string {
	if m.table.IntegerKey {
		return of + q(m.docid)
	}
	return "(SELECT " + DocID + " FROM " + q(Key(m.name)) + " WHERE " + m.sameKey("", of) + ")"
}

// conflicts is the condition of a row of the table that REPLACE may take away
// for NEW: one with the same key, or the same in some unique index, be it a
// partial one that does not even have it.
func (m *maker) conflicts() string {
	t := m.table
	var all []string
	add := func(terms []Term) {
		var same []string
		for _, c := range terms {
			left, right := c.Expr, m.newExpr(c.Expr)
			if c.Column != "" {
				left, right = q(c.Column), "NEW."+q(c.Column)
			}
			if c.Collation != "" {
				left = "(" + left + ") COLLATE " + q(c.Collation)
				if c.Column != "" {
					left = q(c.Column) + " COLLATE " + q(c.Collation)
				}
			}
			same = append(same, left+" = "+right)
		}
		all = append(all, strings.Join(same, " AND "))
	}
	var key []Term
	for _, k := range t.Key {
		key = append(key, Term{Column: k.Name})
	}
	add(key)
	if t.Rowid != "" {
		all = append(all, t.Rowid+" = NEW."+t.Rowid)
	}
	for _, u := range t.Uniques {
		add(u)
	}
	return strings.Join(all, " OR ")
}

// newExpr is an expression over the columns of NEW.
func (m *maker) newExpr(expr string) string {
	return "(" + eachColumn(expr, func(name string) (string, bool) {
		ok := slices.ContainsFunc(m.table.Columns, func(c string) bool { return sqltext.EqualFold(c, name) })
		return "NEW." + q(name), ok
	}) + ")"
}

func renameIn(expr, from, to string) string {
	return eachColumn(expr, func(name string) (string, bool) { return q(to), sqltext.EqualFold(name, from) })
}

// eachColumn replaces the names of columns in an expression over one table.
func eachColumn(expr string, fn func(name string) (string, bool)) string {
	var toks []sqltext.Token
	for tok := range sqltext.Tokens(expr) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			toks = append(toks, tok)
		}
	}
	var b strings.Builder
	at := 0
	for i, tok := range toks {
		switch {
		case tok.Kind != sqltext.Ident && tok.Kind != sqltext.QuotedIdent:
			continue
		case i > 0 && (toks[i-1].Kind == sqltext.Dot || toks[i-1].Is(expr, "COLLATE")):
			continue
		case i+1 < len(toks) && toks[i+1].Kind == sqltext.LParen && tok.Kind == sqltext.Ident:
			continue
		}
		text, ok := fn(sqltext.Unquote(tok.Text(expr)))
		if !ok {
			continue
		}
		b.WriteString(expr[at:tok.Start] + text)
		at = tok.End
	}
	return b.String() + expr[at:]
}

// setAside keeps rows that may be taken away.
func (m *maker) setAside(condition string) string {
	number := q(m.docid)
	from := q(m.table.Name)
	if !m.table.IntegerKey {
		number = "k." + DocID
		from += " AS t JOIN " + q(Key(m.name)) + " AS k ON " + m.sameKey("k.", "t.")
		return "DELETE FROM " + q(Replaced(m.name)) + "; INSERT INTO " + q(Replaced(m.name)) + " SELECT " + number + ", " + m.columns("t.") +
			" FROM " + from + " WHERE k." + DocID + " IN (SELECT " + m.number("t2.") + " FROM " + q(m.table.Name) + " AS t2 WHERE " + condition + ")"
	}
	return "DELETE FROM " + q(Replaced(m.name)) + "; INSERT INTO " + q(Replaced(m.name)) + " SELECT " + number + ", " + m.columns("") +
		" FROM " + from + " WHERE " + condition
}

func (m *maker) exists(condition string) string {
	return "EXISTS (SELECT 1 FROM " + q(m.table.Name) + " WHERE " + condition + ")"
}

func (m *maker) forget(from string) string {
	return "INSERT INTO " + q(m.name) + "(" + q(m.name) + ", rowid, " + m.columns("") + ") SELECT 'delete', " + from
}

// forgetReplaced takes those out of the index that were taken away: they are
// not there any more, or NEW is in their place.
func (m *maker) forgetReplaced() string {
	gone := "(r." + DocID + " = " + m.number("NEW.") + " OR NOT EXISTS (SELECT 1 FROM " + q(m.content) + " AS c WHERE c." + q(m.docid) + " = r." + DocID + "))"
	out := m.forget("r."+DocID+", "+m.columns("r.")+" FROM "+q(Replaced(m.name))+" AS r WHERE "+gone) + "; "
	if !m.table.IntegerKey {
		out += "DELETE FROM " + q(Key(m.name)) + " WHERE " + DocID + " IN (SELECT r." + DocID + " FROM " + q(Replaced(m.name)) + " AS r WHERE " + gone + "); "
	}
	return out + "DELETE FROM " + q(Replaced(m.name)) + "; "
}

// keep takes OLD from those that may be taken away: its own trigger sees to it.
// ON CONFLICT DO UPDATE sets a row aside that it then updates.
func (m *maker) keep() string {
	return "DELETE FROM " + q(Replaced(m.name)) + " WHERE " + DocID + " = " + m.number("OLD.") + "; "
}

// add puts NEW into the index.
func (m *maker) add() string {
	if m.table.IntegerKey {
		return "INSERT INTO " + q(m.name) + "(rowid, " + m.columns("") + ") VALUES (NEW." + q(m.docid) + ", " + m.columns("NEW.") + "); "
	}
	return "INSERT INTO " + q(m.name) + "(rowid, " + m.columns("") + ") SELECT " + DocID + ", " + m.columns("NEW.") +
		" FROM " + q(Key(m.name)) + " WHERE " + m.sameKey("", "NEW.") + "; "
}

// remove takes OLD out of the index.
func (m *maker) remove() string {
	if m.table.IntegerKey {
		return "INSERT INTO " + q(m.name) + "(" + q(m.name) + ", rowid, " + m.columns("") + ") VALUES ('delete', OLD." + q(m.docid) + ", " + m.columns("OLD.") + "); "
	}
	return m.forget(DocID+", "+m.columns("OLD.")+" FROM "+q(Key(m.name))+" WHERE "+m.sameKey("", "OLD.")) + "; "
}

func (m *maker) numberNew() string {
	if m.table.IntegerKey {
		return ""
	}
	return "INSERT INTO " + q(Key(m.name)) + "(" + m.keys("") + ") SELECT " + m.keys("NEW.") + " WHERE " + m.notNull("NEW.") + "; "
}

func (m *maker) beforeInsert() string {
	c := m.conflicts()
	return "BEFORE INSERT ON " + q(m.table.Name) + " WHEN " + m.exists(c) + " BEGIN " + m.setAside(c) + "; END"
}

func (m *maker) afterInsert() string {
	return "AFTER INSERT ON " + q(m.table.Name) + " BEGIN " + m.forgetReplaced() + m.numberNew() + m.add() + "END"
}

func (m *maker) beforeUpdate() string {
	var other []string
	for _, k := range m.table.Key {
		other = append(other, q(k.Name)+" IS NOT OLD."+q(k.Name))
	}
	c := "(" + m.conflicts() + ") AND (" + strings.Join(other, " OR ") + ")"
	return "BEFORE UPDATE" + m.of(false) + " ON " + q(m.table.Name) + " WHEN " + m.exists(c) + " BEGIN " + m.setAside(c) + "; END"
}

func (m *maker) afterUpdate() string {
	var changed []string
	for _, c := range m.Columns {
		changed = append(changed, "CAST(OLD."+q(c.Name)+" AS TEXT) IS NOT CAST(NEW."+q(c.Name)+" AS TEXT)")
	}
	keyChanged := []string{}
	for _, k := range m.table.Key {
		keyChanged = append(keyChanged, "OLD."+q(k.Name)+" IS NOT NEW."+q(k.Name))
	}
	moved := "(" + strings.Join(keyChanged, " OR ") + ")"
	out := "AFTER UPDATE" + m.of(true) + " ON " + q(m.table.Name) + " WHEN " + strings.Join(append(changed, keyChanged...), " OR ") +
		" OR EXISTS (SELECT 1 FROM " + q(Replaced(m.name)) + ") BEGIN " + m.keep() + m.forgetReplaced() + m.remove()
	if !m.table.IntegerKey {
		var set []string
		for _, k := range m.table.Key {
			set = append(set, q(k.Name)+" = NEW."+q(k.Name))
		}
		out += "UPDATE " + q(Key(m.name)) + " SET " + strings.Join(set, ", ") + " WHERE " + moved + " AND " + m.sameKey("", "OLD.") + " AND " + m.notNull("NEW.") + "; " +
			"DELETE FROM " + q(Key(m.name)) + " WHERE NOT (" + m.notNull("NEW.") + ") AND " + m.sameKey("", "OLD.") + "; " +
			"INSERT INTO " + q(Key(m.name)) + "(" + m.keys("") + ") SELECT " + m.keys("NEW.") + " WHERE " + m.notNull("NEW.") +
			" AND NOT EXISTS (SELECT 1 FROM " + q(Key(m.name)) + " WHERE " + m.sameKey("", "NEW.") + "); "
	}
	return out + m.add() + "END"
}

func (m *maker) afterDelete() string {
	out := "AFTER DELETE ON " + q(m.table.Name) + " BEGIN " + m.keep() + m.remove()
	if !m.table.IntegerKey {
		out += "DELETE FROM " + q(Key(m.name)) + " WHERE " + m.sameKey("", "OLD.") + "; "
	}
	return out + "END"
}

// of are the columns whose updates a trigger is for. Updates of columns that a
// generated one or an expression is made of do not name it.
func (m *maker) of(texts bool) string {
	if m.table.Generated {
		return ""
	}
	var names []string
	add := func(name string) {
		if !slices.ContainsFunc(names, func(n string) bool { return sqltext.EqualFold(n, name) }) {
			names = append(names, name)
		}
	}
	for _, k := range m.table.Key {
		add(k.Name)
	}
	for _, u := range m.table.Uniques {
		for _, c := range u {
			if c.Column == "" {
				return ""
			}
			add(c.Column)
		}
	}
	if texts {
		for _, c := range m.Columns {
			add(c.Name)
		}
	}
	for i := range names {
		names[i] = q(names[i])
	}
	return " OF " + strings.Join(names, ", ")
}
