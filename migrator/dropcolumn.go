package migrator

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// DropColumn drops a column of a field or name, with the indexes and
// constraints that it is in. The primary key, and a column that a view, a
// trigger, a generated column or a foreign key of another table uses, or seems
// to use in double quotes, is an error.
func (m Migrator) DropColumn(value any, name string) error {
	return m.change(value, func(_ *live, d *differ, stmt *gorm.Statement) error {
		return d.dropColumn(columnName(stmt, name))
	})
}

func (d *differ) dropColumn(name string) error {
	j := d.have.column(name)
	if j < 0 {
		return d.hasNoColumn(name)
	}
	if inKey(d.have.ddl, name) {
		return fmt.Errorf("libsql: table %q: %s is of the primary key and cannot be dropped", d.have.label(), column(name))
	}
	if len(d.have.ddl.Columns) == 1 {
		return fmt.Errorf("libsql: table %q: %s is the only one and cannot be dropped", d.have.label(), column(name))
	}
	o := op{kind: DropColumn, cost: Rewrite, reason: column(name) + " is dropped", loses: column(name), drops: name, keys: true}
	edits := []func(*ddl.Edit){func(e *ddl.Edit) { e.DropColumn(j) }}
	native := true
	for _, kind := range []ddl.Kind{ddl.Unique, ddl.ForeignKey, ddl.Check, ddl.Generated} {
		for _, c := range constraints(d.have.ddl, kind) {
			mentions := contains(c.columns, name) || c.con.Expr != "" && ddl.MentionsColumn(c.con.Expr, name)
			switch {
			case !mentions:
			case c.column == j:
				native = native && kind == ddl.Check // an inline CHECK of its own goes with it
			case kind == ddl.Generated:
				return fmt.Errorf("libsql: table %q: %s cannot be dropped: %s is generated from it",
					d.have.label(), column(name), column(d.have.ddl.Columns[c.column].Name))
			default:
				native = false
				o.loses += ", " + describe(strings.TrimSpace(c.text(d.have.ddl)), "")
				edits = append(edits, c.drop)
			}
		}
	}
	for _, i := range d.have.indexes {
		if x, err := ddl.ParseIndex(i.sql); err != nil || indexMentions(x, name) {
			d.out.drop = append(d.out.drop, i)
			o.loses += fmt.Sprintf(", index %q", i.name)
		}
	}
	d.out.dropReason = o.reason
	o.edit = func(e *ddl.Edit) {
		for _, f := range edits {
			f(e)
		}
	}
	if native && dropsPlainly(d.have.ddl, j) {
		o.native = []string{"ALTER TABLE " + d.have.quoted() + " DROP COLUMN " + quote(d.have.ddl.Columns[j].Name)}
	}
	d.op(o)
	return nil
}

// dropsPlainly tells whether SQLite's DROP COLUMN takes away the column and no
// more. It takes the comments up to the next column, too, and of the last
// column all from the comma before it on, be that in a comment.
func dropsPlainly(t *ddl.Table, j int) bool {
	i := min(j, len(t.Columns)-2)
	for tok := range sqltext.Tokens(t.SQL[t.Columns[i].Span.End:t.Columns[i+1].Span.Start]) {
		if tok.Kind == sqltext.Comment {
			return false
		}
	}
	return true
}

func indexMentions(i *ddl.Index, name string) bool {
	return ddl.MentionsColumn(i.Where, name) || slices.ContainsFunc(i.Columns, func(c ddl.IndexColumn) bool {
		return same(c.Name, name) || ddl.MentionsColumn(c.Expr, name)
	})
}
