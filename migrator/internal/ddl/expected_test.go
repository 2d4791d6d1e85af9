package ddl_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
	"github.com/gorm-libsql/libsql/pragma"
)

// expected is what the library ought to tell of a table, by what was parsed
// and by what SQLite makes of it.
func expected(t *ddl.Table) (s snapshot) {
	m := newMeaning(t)
	for i, c := range t.Columns {
		s.Columns = append(s.Columns, columnLine(m.column(i, c)))
	}
	for _, k := range m.keys {
		var key []string
		for _, c := range k.columns {
			key = append(key, keyLine(t.Columns[c.column].Name, c.collation, c.desc))
		}
		s.Indexes = append(s.Indexes, k.origin+" "+strings.Join(key, ","))
	}
	slices.Sort(s.Indexes)
	s.ForeignKeys = foreignLines(t)
	s.Options = optionsLine(t.WithoutRowID, t.Strict)
	return s
}

// meaning is what the constraints of a table come to.
type meaning struct {
	table   *ddl.Table
	primary []keyColumn
	rowid   int // the column that is the rowid, -1 without
	keys    []key
}

type key struct {
	origin  string
	columns []keyColumn
}

type keyColumn struct {
	column    int
	collation string
	desc      bool
}

func newMeaning(t *ddl.Table) *meaning {
	m := &meaning{table: t, rowid: -1}
	for i, c := range t.Columns {
		for _, k := range c.Constraints {
			switch column := []keyColumn{{i, m.collation(i), k.Desc}}; k.Kind {
			case ddl.PrimaryKey:
				m.setPrimary(column, k.Desc)
			case ddl.Unique:
				m.addKey("u", column)
			}
		}
	}
	for _, k := range t.Constraints {
		switch k.Kind {
		case ddl.PrimaryKey:
			m.setPrimary(m.keyColumns(k), false)
		case ddl.Unique:
			m.addKey("u", m.keyColumns(k))
		}
	}
	if t.WithoutRowID {
		if m.rowid >= 0 {
			m.addKey("pk", m.primary)
			m.rowid = -1
		}
		for i, k := range m.keys {
			if k.origin == "pk" {
				m.keys[i].columns = once(k.columns)
				m.primary = m.keys[i].columns
			}
		}
	}
	return m
}

// once leaves out columns that stand in a key already.
func once(columns []keyColumn) (out []keyColumn) {
	for _, c := range columns {
		if !slices.ContainsFunc(out, func(o keyColumn) bool { return same(o, c) }) {
			out = append(out, c)
		}
	}
	return out
}

func same(a, b keyColumn) bool {
	return a.column == b.column && strings.EqualFold(a.collation, b.collation)
}

func (m *meaning) keyColumns(k ddl.Constraint) (out []keyColumn) {
	for _, c := range k.Columns {
		i := m.find(c.Name)
		if c.Collation == "" {
			c.Collation = m.collation(i)
		}
		out = append(out, keyColumn{i, c.Collation, c.Desc})
	}
	return out
}

func (m *meaning) find(name string) int {
	for i, c := range m.table.Columns {
		if fold(c.Name) == fold(name) {
			return i
		}
	}
	panic(fmt.Sprintf("no column %q in %q", name, m.table.SQL))
}

// fold is the lower case of ASCII.
func fold(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func (m *meaning) collation(i int) string {
	collation := "BINARY"
	for _, k := range m.table.Columns[i].Constraints {
		if k.Kind == ddl.Collate {
			collation = k.Collation
		}
	}
	return collation
}

// setPrimary takes the primary key. One INTEGER column is the rowid, and needs
// no index.
func (m *meaning) setPrimary(columns []keyColumn, desc bool) {
	m.primary = columns
	if len(columns) == 1 && !desc && strings.EqualFold(toldType(m.table, m.table.Columns[columns[0].column]), "INTEGER") {
		m.rowid = columns[0].column
		if len(columns) == 1 {
			m.primary[0].collation = m.collation(m.rowid)
		}
		return
	}
	m.addKey("pk", columns)
}

// addKey adds an index, if there is none of the same columns.
func (m *meaning) addKey(origin string, columns []keyColumn) {
	for i, k := range m.keys {
		if slices.EqualFunc(k.columns, columns, same) {
			if origin == "pk" {
				m.keys[i].origin = origin
			}
			return
		}
	}
	m.keys = append(m.keys, key{origin, columns})
}

func (m *meaning) column(i int, c ddl.Column) pragma.Column {
	out := pragma.Column{Name: c.Name, Type: toldType(m.table, c)}
	out.PrimaryKey = slices.IndexFunc(m.primary, func(k keyColumn) bool { return k.column == i }) + 1
	out.NotNull = out.PrimaryKey > 0 && m.rowid != i && (m.table.WithoutRowID || m.table.Strict)
	for _, k := range c.Constraints {
		switch k.Kind {
		case ddl.NotNull:
			out.NotNull = true
		case ddl.Default:
			out.Default = sql.NullString{String: k.Expr, Valid: true}
		case ddl.Generated:
			out.Hidden = pragma.GeneratedVirtual
			if k.Stored {
				out.Hidden = pragma.GeneratedStored
			}
		}
	}
	return out
}

// toldType is the type as SQLite tells it. SQLite looks for GENERATED ALWAYS
// in the bytes of the type, not in its tokens, and unquotes the whole of it as
// if it were one name.
func toldType(t *ddl.Table, c ddl.Column) string {
	text := c.TypeSpan.Of(t.SQL)
	if !strings.HasSuffix(text, ")") {
		for _, k := range c.Constraints {
			if k.Kind == ddl.Generated && k.Name == "" && directlyBehind(t.SQL, c.TypeSpan.End, k.Span.Start) {
				if words := sqltextWords(k.Span.Of(t.SQL), 2); strings.EqualFold(words[0].Text(k.Span.Of(t.SQL)), "GENERATED") {
					start := c.TypeSpan.Start
					if text == "" {
						start = k.Span.Start
					}
					text = t.SQL[start : k.Span.Start+words[1].End]
				}
			}
		}
	}
	const space = " \t\n\v\f\r"
	if n := len(text); n >= 16 && fold(text[n-6:]) == "always" {
		text = strings.TrimRight(text[:n-6], space)
		if n := len(text); n >= 9 && fold(text[n-9:]) == "generated" {
			text = strings.TrimRight(text[:n-9], space)
		}
	}
	const quotes = "'\"`["
	if n := len(text); n >= 3 && strings.Contains(quotes, text[:1]) && !strings.ContainsAny(text[1:n-1], quotes) {
		text = text[1 : n-1]
	}
	if text == "" || !strings.Contains(quotes, text[:1]) {
		return text
	}
	closing := text[0]
	if closing == '[' {
		closing = ']'
	}
	var out []byte
	for i := 1; i < len(text); i++ {
		if text[i] == closing {
			if i+1 >= len(text) || text[i+1] != closing {
				break
			}
			i++
		}
		out = append(out, text[i])
	}
	return string(out)
}

// directlyBehind reports whether no token stands between the offsets.
func directlyBehind(text string, start, end int) bool {
	return start <= end && sqltext.Blank(text[start:end])
}

func sqltextWords(text string, n int) (words []sqltext.Token) {
	for tok := range sqltext.Tokens(text) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			if words = append(words, tok); len(words) == n {
				break
			}
		}
	}
	return words
}

// foreignLines are the foreign keys: the last one has the number 0.
func foreignLines(t *ddl.Table) (lines []string) {
	var all [][]string
	add := func(r *ddl.Reference, columns []string) {
		var key []string
		for i, c := range columns {
			to := ""
			if len(r.Columns) > 0 {
				to = r.Columns[i]
			}
			key = append(key, fmt.Sprintf("%d %q.%q->%q %v %s %s", i, r.Table, c, to, len(r.Columns) > 0, action(r.OnUpdate), action(r.OnDelete)))
		}
		all = append(all, key)
	}
	m := meaning{table: t}
	for _, c := range t.Columns {
		for _, k := range c.Constraints {
			if k.Kind == ddl.ForeignKey {
				add(k.Ref, []string{c.Name})
			}
		}
	}
	for _, k := range t.Constraints {
		if k.Kind == ddl.ForeignKey {
			var names []string
			for _, c := range k.Columns {
				names = append(names, t.Columns[m.find(c.Name)].Name)
			}
			add(k.Ref, names)
		}
	}
	slices.Reverse(all)
	for id, key := range all {
		for _, line := range key {
			lines = append(lines, fmt.Sprintf("%d.%s", id, line))
		}
	}
	return lines
}

func action(s string) string {
	if s == "" {
		return "NO ACTION"
	}
	return s
}
