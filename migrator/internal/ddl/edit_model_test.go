package ddl_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// model is a table as a list of texts, to which edits are easy.
type model struct {
	table   *ddl.Table
	name    string
	options string
	columns []modelColumn
	items   []modelItem // the constraints of the table

	addedColumns, addedItems []string
	gone                     []ddl.Span // of what was dropped or replaced
}

type modelColumn struct {
	modelItem
	name, typ string
	inner     []modelItem
	added     []string
}

type modelItem struct {
	text string // "" of what is gone
	span ddl.Span
	kind ddl.Kind
}

func newModel(t *ddl.Table) *model {
	m := &model{table: t, name: t.Name, options: t.Options.Of(t.SQL)}
	for _, c := range t.Columns {
		column := modelColumn{name: c.NameSpan.Of(t.SQL), typ: c.TypeSpan.Of(t.SQL), modelItem: modelItem{c.Span.Of(t.SQL), c.Span, 0}}
		for _, k := range c.Constraints {
			column.inner = append(column.inner, modelItem{k.Span.Of(t.SQL), k.Span, k.Kind})
		}
		m.columns = append(m.columns, column)
	}
	for _, k := range t.Constraints {
		m.items = append(m.items, modelItem{k.Span.Of(t.SQL), k.Span, k.Kind})
	}
	return m
}

// set replaces an item that is not gone.
func (m *model) set(item *modelItem, text string) {
	m.gone = append(m.gone, item.span)
	if item.text != "" {
		item.text, item.kind = solid(text), 0
	}
}

func (m *model) dropInner(col, i int) {
	inner := m.columns[col].inner
	foreign := m.table.Columns[col].Constraints[i].Kind == ddl.ForeignKey
	m.set(&inner[i], "")
	for j := i + 1; foreign && j < len(inner) && m.table.Columns[col].Constraints[j].Kind != ddl.ForeignKey; j++ {
		if m.table.Columns[col].Constraints[j].Kind == ddl.Deferrable {
			m.set(&inner[j], "")
		}
	}
}

// column is the text of what becomes of a column, with single blanks.
func (m *model) column(c *modelColumn) string {
	parts := []string{c.name, c.typ}
	if c.text != c.span.Of(m.table.SQL) {
		return strings.Join(append([]string{c.text}, c.added...), " ")
	}
	var left []*modelItem
	for i := range c.inner {
		if c.inner[i].text != "" {
			left = append(left, &c.inner[i])
		}
	}
	// A name alone may stand before a constraint with a name, or last.
	for i := len(left) - 2; i >= 0; i-- {
		if left[i].kind == ddl.NameOnly && !sqltextWords(left[i+1].text, 1)[0].Is(left[i+1].text, "CONSTRAINT") {
			m.set(left[i], "")
			left = slices.Delete(left, i, i+1)
		}
	}
	end := len(left)
	for end > 0 && left[end-1].kind == ddl.NameOnly {
		end--
	}
	for i, item := range left {
		if i == end {
			parts = append(parts, c.added...)
		}
		parts = append(parts, item.text)
	}
	if end == len(left) {
		parts = append(parts, c.added...)
	}
	return strings.Join(parts, " ")
}

// lists are the columns and the constraints of the table.
func (m *model) lists() (columns, constraints []string) {
	for i := range m.columns {
		if m.columns[i].text != "" {
			columns = append(columns, solid(m.column(&m.columns[i])))
		}
	}
	columns = append(columns, m.addedColumns...)
	for _, item := range m.items {
		if item.text != "" {
			constraints = append(constraints, solid(item.text))
		}
	}
	constraints = append(constraints, m.addedItems...)
	return columns, constraints
}

// solid is the text with one blank between tokens, and no comments.
func solid(text string) string {
	var words []string
	for tok := range sqltext.Tokens(text) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			words = append(words, tok.Text(text))
		}
	}
	return strings.Join(words, " ")
}

// compare checks that the statement is what the model says, and that no
// comment is lost that need not be.
func (m *model) compare(t *testing.T, sql string) {
	t.Helper()
	columns, constraints := m.lists()
	if len(columns) == 0 {
		return // not a table any more
	}
	have, err := ddl.ParseTable(sql)
	require.NoError(t, err, "%q of %q", sql, m.table.SQL)
	requireSpans(t, have)
	require.Equal(t, m.name, have.Name)
	require.Equal(t, solid(m.options), solid(have.Options.Of(sql)))
	var haveColumns, haveConstraints []string
	for _, c := range have.Columns {
		haveColumns = append(haveColumns, solid(c.Span.Of(sql)))
	}
	for _, k := range have.Constraints {
		haveConstraints = append(haveConstraints, solid(k.Span.Of(sql)))
	}
	require.Equal(t, columns, haveColumns, "%q of %q", sql, m.table.SQL)
	require.Equal(t, constraints, haveConstraints, "%q of %q", sql, m.table.SQL)

	all := comments(sql, nil)
	for _, comment := range comments(m.table.SQL, m.gone) {
		i := slices.Index(all, comment)
		require.GreaterOrEqual(t, i, 0, "%q of %q: comment %q", sql, m.table.SQL, comment)
		all = all[i+1:]
	}
}

// comments are those that do not stand in the spans.
func comments(sql string, gone []ddl.Span) (out []string) {
	for tok := range sqltext.Tokens(sql) {
		inside := func(s ddl.Span) bool { return s.Start <= tok.Start && tok.Start < s.End }
		if tok.Kind == sqltext.Comment && !slices.ContainsFunc(gone, inside) {
			out = append(out, tok.Text(sql))
		}
	}
	return out
}
