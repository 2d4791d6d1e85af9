package migrations_test

import (
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// scratch answers what a default is when it is stored.
type scratch struct {
	*sql.DB
	t    *testing.T
	seen map[string]string
}

// stored is the value of a column of the type whose default is def.
func (s scratch) stored(typ, def string, strict bool) string {
	if def == "" {
		return "null:"
	}
	text := "(x ANY, y " + typ + " DEFAULT %s)"
	if strict {
		text += " STRICT"
	}
	k := fmt.Sprintf(text, def)
	if v, ok := s.seen[k]; ok {
		return v
	}
	if _, err := s.Exec("CREATE TABLE s" + k); err != nil {
		// A PRAGMA tells an expression without its parentheses.
		_, err = s.Exec("CREATE TABLE s" + fmt.Sprintf(text, "("+def+")"))
		require.NoError(s.t, err, k)
	}
	out := "error"
	if _, err := s.Exec("INSERT INTO s(x) VALUES (1)"); err == nil {
		out = tableStateOf(s.t, s.DB, "s").rows[0].values[1]
	}
	_, err := s.Exec("DROP TABLE s")
	require.NoError(s.t, err)
	s.seen[k] = out
	return out
}

var comment = regexp.MustCompile(`(?s)/\*.*?\*/|--[^\n]*(\n|$)`)

func depends(def string) bool {
	d := strings.ToLower(def)
	return strings.Contains(d, "current") || strings.Contains(d, "strftime") || strings.Contains(d, "random")
}

// wanted looks whether what the model asks for is there, or reported.
func (c *comparison) wanted(m *randModel, s scratch) {
	a := c.after.tables[c.table.name]
	var key []string
	for _, f := range m.fields {
		if f.key {
			key = append(key, f.id())
		}
		i := a.column(f.id())
		switch {
		case i < 0:
			c.bad("column %q is not there", f.name)
		case !c.leavesColumn(f.id()):
			c.wantedColumn(m, f, i, s)
		}
	}
	var have []string
	for _, col := range a.columns {
		if col.key > 0 {
			have = append(have, col.name)
		}
	}
	slices.Sort(key)
	slices.Sort(have)
	if !slices.Equal(key, have) && !c.leaves("primary key") {
		c.bad("the primary key is %q, the model's %q", have, key)
	}
	for _, w := range m.indexes {
		partial := map[bool]int{true: 1}[w.partial]
		want := fmt.Sprintf("c unique %d partial %d: %s", map[bool]int{true: 1}[w.unique], partial, strings.Join(w.over, ", "))
		if !strings.EqualFold(a.indexes[w.name], want) {
			c.bad("index %q is %q, the model's %q", w.name, a.indexes[w.name], want)
		}
	}
	for _, expr := range m.checks {
		if !strings.Contains(c.after.objects["table "+c.table.name], "CHECK ("+expr+")") {
			c.bad("there is no CHECK (%s)", expr)
		}
	}
	if m.options != "" && !strings.HasPrefix(a.options, "without rowid 1") {
		c.bad("the options are %s", a.options)
	}
}

func (c *comparison) wantedColumn(m *randModel, f *randField, i int, s scratch) {
	a := c.after.tables[c.table.name]
	col := a.columns[i]
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
	declared := col.typ
	if f.virtual || f.generated != "" {
		declared = generatedAlways.ReplaceAllString(comment.ReplaceAllString(declared, ""), "") // SQLite has it in the type
	}
	if fold(declared) != fold(f.typ) && (declared == "" || !strings.HasPrefix(fold(f.typ), fold(declared))) { // as GORM compares
		c.bad("the type of %q is %q, the model's %q", col.name, col.typ, f.typ)
	}
	if f.notNull && !col.notNull && col.key == 0 {
		c.bad("column %q is not NOT NULL", col.name)
	}
	if !f.notNull && f.old != nil && col.notNull && col.key == 0 {
		c.bad("column %q is NOT NULL, the model's is not, and nothing says so", col.name)
	}
	if !f.key && f.generated == "" && fold(f.def) != fold(col.def) {
		strict := c.table.strict
		if x, y := s.stored(f.typ, f.def, strict), s.stored(f.typ, col.def, strict); x != y && !depends(f.def) {
			c.bad("the default of %q is %q (%s), the model's %q (%s)", col.name, col.def, y, f.def, x)
		}
	}
	if want := map[bool]int{true: 2, false: 3}[f.virtual]; f.generated != "" && col.hidden != want {
		c.bad("column %q: hidden is %d, not %d", col.name, col.hidden, want)
	}
	unique := slices.AppendSeq(slices.Clone(a.unique), maps.Values(a.indexes))
	if f.unique && !slices.ContainsFunc(unique, func(u string) bool {
		_, over, _ := strings.Cut(u, ": ")
		return strings.Contains(u, " unique 1 partial 0: ") && !strings.Contains(over, ", ") && strings.HasPrefix(over, col.name+" ")
	}) {
		c.bad("column %q is not unique: %q", col.name, unique)
	}
	if strings.HasPrefix(f.tail, " REFERENCES ") && !slices.ContainsFunc(a.keys, func(k string) bool {
		return strings.Contains(strings.ToLower(k), "|"+strings.ToLower(col.name)+"|")
	}) {
		c.bad("column %q has no foreign key: %q", col.name, a.keys)
	}
	switch {
	case strings.HasPrefix(f.tail, " CHECK ") && !strings.Contains(c.after.objects["table "+c.table.name], f.tail[1:]):
		c.bad("column %q has no%s", col.name, f.tail)
	case strings.HasPrefix(f.tail, " COLLATE ") && !strings.EqualFold(f.tail, " COLLATE "+c.collation(col.name)):
		c.bad("column %q has not%s, but %s", col.name, f.tail, c.collation(col.name))
	}
	if f.old == nil && f.generated == "" && !depends(f.def) {
		want := s.stored(f.typ, f.def, c.table.strict)
		for _, row := range a.rows {
			if row.values[i] != want {
				c.bad("new column %q has %q, not %q", col.name, row.values[i], want)
			}
		}
	}
}

// collation is that of a column, which an index of it tells.
func (c *comparison) collation(column string) string {
	tx, err := c.pool.Begin()
	require.NoError(c.t, err)
	defer tx.Rollback()
	_, err = tx.Exec("CREATE INDEX \"its collation\" ON " + dquote(c.table.name) + "(" + dquote(column) + ")")
	require.NoError(c.t, err)
	return lines(c.t, tx, "SELECT coll FROM pragma_index_xinfo('its collation')")[0]
}
