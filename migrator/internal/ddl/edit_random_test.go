package ddl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// editor makes random edits of a table and of its model.
type editor struct {
	g *generator
	*model
	edit     *ddl.Edit
	sensible bool // the library ought to accept the result
}

// newEditor makes some edits.
func newEditor(g *generator, table *ddl.Table) *editor {
	e := &editor{g: g, model: newModel(table), edit: table.Edit(), sensible: true}
	for range 1 + g.r.IntN(5) {
		e.step()
	}
	return e
}

// TestRandomEdits: edits of a table come out as they were asked for, all the
// rest stays, and the library takes what makes sense.
func TestRandomEdits(t *testing.T) {
	g, rounds := random(t)
	db := newDatabase(t)
	sensible := 0
	for range rounds / 2 {
		text := g.table()
		table, err := ddl.ParseTable(text)
		require.NoError(t, err)
		e := newEditor(g, table)
		sql := e.edit.SQL()
		e.compare(t, sql)
		if !e.makesSense() {
			continue
		}
		if _, _, _, err := db.create(t, text); err != nil {
			continue
		}
		_, _, err = db.check(t, sql)
		if err != nil && strings.Contains(err.Error(), "conflicting ON CONFLICT") {
			continue // two keys have become one
		}
		require.NoError(t, err, "%q of %q", sql, text)
		sensible++
	}
	t.Logf("%d of %d accepted", sensible, rounds/2)
	require.Greater(t, sensible, rounds/8)
}

// step is one edit.
func (e *editor) step() {
	col := e.g.r.IntN(len(e.columns))
	column := e.table.Columns[col]
	n := len(e.addedColumns)
	switch e.g.r.IntN(12) {
	case 0:
		e.name = pick(e.g.r, []string{"new", "n e w", "it`s", "\"new\"", "größe"})
		e.edit.Rename(e.name)
		e.gone = append(e.gone, ddl.Span{Start: 0, End: e.table.NameSpan.End})
	case 1:
		e.sense(!e.needed(column))
		e.edit.DropColumn(col)
		e.set(&e.columns[col].modelItem, "")
	case 2:
		e.sense(!e.needed(column))
		def := e.definition(fmt.Sprintf("[c, %d] TEXT %s", e.g.r.IntN(1e9), pick(e.g.r, []string{"", "NOT NULL", "CHECK (')' <> '(')"})))
		e.edit.ReplaceColumn(col, def)
		e.set(&e.columns[col].modelItem, def)
	case 3, 4:
		def := e.definition(fmt.Sprintf("`c, %d` %s", n, pick(e.g.r, []string{"INT", "TEXT DEFAULT 'x,' NOT NULL", "INT REFERENCES p (x)"})))
		e.edit.AddColumn(def)
		e.addedColumns = append(e.addedColumns, solid(def))
	case 5:
		def := e.definition(pick(e.g.r, []string{"CHECK (1)", "CONSTRAINT k CHECK (2 > 1)", "CONSTRAINT alone"}))
		e.edit.AddConstraint(def)
		e.addedItems = append(e.addedItems, solid(def))
	case 6:
		def := e.definition(pick(e.g.r, []string{"NOT NULL", "UNIQUE", "CHECK (1)", "CONSTRAINT k DEFAULT 1", "COLLATE nocase"}))
		e.sense(!strings.Contains(def, "DEFAULT") || !has(column, ddl.Generated))
		e.edit.AddToColumn(col, def)
		e.columns[col].added = append(e.columns[col].added, solid(def))
	case 7:
		typ := pick(e.g.r, []string{"", "TEXT", "INT", "\"TEXT\"", " INT -- i"})
		e.sense(typ != "" || !e.table.Strict)
		e.edit.SetType(col, typ)
		e.columns[col].typ = solid(typ)
		e.gone = append(e.gone, column.TypeSpan)
	case 8:
		options := pick(e.g.r, []string{"", "", "WITHOUT ROWID", "RANDOM ROWID, STRICT"})
		e.sense(options == "")
		e.edit.SetOptions(options)
		e.options = options
		e.gone = append(e.gone, e.table.Options)
	case 9, 10:
		e.inner(col)
	case 11:
		e.constraint()
	}
}

// inner edits a constraint of a column.
func (e *editor) inner(col int) {
	constraints := e.table.Columns[col].Constraints
	if len(constraints) == 0 {
		return
	}
	i := e.g.r.IntN(len(constraints))
	e.sense(constraints[i].Kind != ddl.PrimaryKey || !e.table.WithoutRowID)
	if e.g.chance(2) {
		e.edit.DropColumnConstraint(col, i)
		e.dropInner(col, i)
		return
	}
	def := e.definition(pick(e.g.r, []string{"NULL", "CONSTRAINT n CHECK (1)"}))
	e.edit.ReplaceColumnConstraint(col, i, def)
	e.set(&e.columns[col].inner[i], def)
}

// constraint edits a constraint of the table.
func (e *editor) constraint() {
	if len(e.items) == 0 {
		return
	}
	i := e.g.r.IntN(len(e.items))
	e.sense(e.table.Constraints[i].Kind != ddl.PrimaryKey || !e.table.WithoutRowID)
	if e.g.chance(2) {
		e.edit.DropConstraint(i)
		e.set(&e.items[i], "")
		return
	}
	e.edit.ReplaceConstraint(i, "CHECK (3)")
	e.set(&e.items[i], "CHECK (3)")
}

// definition is the text, now and then with a comment at an end.
func (e *editor) definition(text string) string {
	return pick(e.g.r, []string{"", "", "", " ", "/* , */"}) + text + pick(e.g.r, []string{"", "", "", "\n", " -- ,", "/* ) "})
}

func (e *editor) sense(ok bool) { e.sensible = e.sensible && ok }

// makesSense asks also for what no edit alone can know.
func (e *editor) makesSense() bool {
	left := len(e.addedColumns)
	for i := range e.columns {
		if e.columns[i].text != "" && !has(e.table.Columns[i], ddl.Generated) {
			left++
		}
	}
	typed := slices.ContainsFunc(e.gone, func(s ddl.Span) bool {
		return slices.ContainsFunc(e.table.Columns, func(c ddl.Column) bool { return c.TypeSpan == s })
	})
	return e.sensible && left > 0 && !(typed && strings.Contains(fold(e.table.SQL), "autoincrement"))
}

// needed reports whether another part of the table needs the column.
func (e *editor) needed(c ddl.Column) bool {
	sql := e.table.SQL
	return e.table.WithoutRowID || ddl.Mentions(sql[:c.Span.Start]+" "+sql[c.Span.End:], c.Name)
}

func has(c ddl.Column, kind ddl.Kind) bool {
	return slices.ContainsFunc(c.Constraints, func(k ddl.Constraint) bool { return k.Kind == kind })
}
