package migrator

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// constraint is a constraint with the place where it stands: in a column, or
// in the table.
type constraint struct {
	con     ddl.Constraint
	column  int // -1: of the table
	index   int // in the constraints of the column or table
	columns []string
}

// drop takes the constraint out of the text.
func (c constraint) drop(e *ddl.Edit) {
	if c.column < 0 {
		e.DropConstraint(c.index)
		return
	}
	e.DropColumnConstraint(c.column, c.index)
}

// replace puts another text in its place.
func (c constraint) replace(e *ddl.Edit, text string) {
	if c.column < 0 {
		e.ReplaceConstraint(c.index, text)
		return
	}
	e.ReplaceColumnConstraint(c.column, c.index, text)
}

// text is the constraint as it is written.
func (c constraint) text(d *ddl.Table) string { return c.con.Span.Of(d.SQL) }

// constraints are those of a kind, of the columns and of the table.
func constraints(d *ddl.Table, kind ddl.Kind) (out []constraint) {
	for i, col := range d.Columns {
		for j, c := range col.Constraints {
			if c.Kind == kind {
				out = append(out, constraint{c, i, j, []string{col.Name}})
			}
		}
	}
	for j, c := range d.Constraints {
		if c.Kind == kind {
			var names []string
			for _, k := range c.Columns {
				names = append(names, k.Name)
			}
			out = append(out, constraint{c, -1, j, names})
		}
	}
	return out
}

func foreignKeys(d *ddl.Table) []constraint { return constraints(d, ddl.ForeignKey) }

// primaryKey is the primary key of a table; ok is false without one.
func primaryKey(d *ddl.Table) (key constraint, ok bool) {
	for _, c := range constraints(d, ddl.PrimaryKey) {
		return c, true
	}
	return constraint{}, false
}

// rowidColumn is the column that is another name of the rowid, -1 without
// one: https://www.sqlite.org/lang_createtable.html#rowid.
func rowidColumn(d *ddl.Table) int {
	key, ok := primaryKey(d)
	if !ok || d.WithoutRowID || len(key.columns) != 1 || key.column >= 0 && key.con.Desc {
		return -1
	}
	i := columnIn(d, key.columns[0])
	if i < 0 || !strings.EqualFold(d.Columns[i].Type, "INTEGER") {
		return -1
	}
	return i
}

// foldNames are names ready to be compared, in their order.
func foldNames(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = lower(n)
	}
	return out
}

// sameSet tells whether the names are the same, in whatever order.
func sameSet(a, b []string) bool {
	x, y := foldNames(a), foldNames(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return same(n, name) })
}

// traits are what a column's constraints say together. SQLite takes the last
// one of a kind.
type traits struct {
	notNull   bool
	def       string // the text of DEFAULT
	hasDef    bool
	collation string
	generated *ddl.Constraint
}

func traitsOf(c ddl.Column) (t traits) {
	for i, k := range c.Constraints {
		switch k.Kind {
		case ddl.NotNull:
			t.notNull = true
		case ddl.Default:
			t.def, t.hasDef = k.Expr, !isNull(k.Expr)
		case ddl.Collate:
			t.collation = k.Collation
		case ddl.Generated:
			t.generated = &c.Constraints[i]
		}
	}
	return t
}

func isNull(expr string) bool { return ddl.Normal(expr) == "null" }

// sameType compares the type of a model with that of a table, without regard
// to case, blanks and comments; SQLite finds the affinity in a comment, too.
// As for GORM, a type that begins as the table's is the same: integer and INT,
// varchar(20) and varchar, datetime and DATE.
func sameType(want, have string) bool {
	if want == have {
		return true
	}
	w, h := foldType(want), foldType(have)
	return (w == h || h != "" && strings.HasPrefix(w, h)) && affinityOf(want) == affinityOf(have)
}

func foldType(s string) string {
	var b strings.Builder
	for _, tok := range solid(s) {
		b.WriteString(tok.Text(s))
	}
	return lower(b.String())
}

// sameExpr compares expressions by what they say, not by how they are spelt.
func sameExpr(a, b string) bool { return a == b || ddl.Normal(a) == ddl.Normal(b) }

// sameExpr does so for expressions of the table, where a column may have the
// table's name before it: a rebuild takes that away.
func (d *differ) sameExpr(a, b string) bool {
	return a == b || sameExpr(ownColumns(a, d.have.name, 0), ownColumns(b, d.have.name, 0))
}

// sameDefault compares defaults by what they mean in a column of the type: 1
// and true are the same, and so are 'x', "x" and x. '007' is 7 in a column that
// holds numbers alone.
func sameDefault(a, b, declared string) bool {
	if a == b {
		return true
	}
	x, isText := plainText(a)
	y, alsoText := plainText(b)
	if !isText {
		x = meaning(a)
	}
	if !alsoText {
		y = meaning(b)
	}
	if a := affinityOf(declared); isText || alsoText {
		switch {
		case a != affText && a != affBlob:
			x, y = number(x), number(y)
		case a == affBlob && isText != alsoText:
			return false // a column that keeps what it is given
		}
	}
	return x == y
}

func meaning(expr string) string {
	n := ddl.Normal(expr)
	switch n {
	case "true":
		return "1"
	case "false":
		return "0"
	}
	n = strings.TrimPrefix(n, "+ ")
	digits := strings.TrimPrefix(n, "- ")
	sign := n[:min(1, len(n)-len(digits))]
	if hex, ok := strings.CutPrefix(digits, "0x"); ok { // not so in a text
		if u, err := strconv.ParseUint(hex, 16, 64); err == nil {
			return strings.TrimPrefix(sign+strconv.FormatInt(int64(u), 10), "--")
		}
	}
	if n = number(sign + digits); strings.ContainsAny(n, " (") || strings.HasPrefix(n, "current_") {
		return "(" + n + ")" // no text says that
	}
	return n
}

// number is a number in one way of writing; another text stays as it is.
func number(text string) string {
	digits := strings.TrimLeft(text, "+-")
	if digits == "" || digits[0] != '.' && (digits[0] < '0' || digits[0] > '9') || strings.Contains(digits, "_") {
		return text
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return text
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// sameReference compares the foreign keys of the model and of the table. A
// key that names no columns means the primary key of the other table.
func sameReference(want, have *ddl.Reference, stated bool) bool {
	if !same(want.Table, have.Table) || len(have.Columns) > 0 && len(want.Columns) > 0 &&
		!slices.Equal(foldNames(want.Columns), foldNames(have.Columns)) {
		return false
	}
	return !stated || action(want.OnDelete) == action(have.OnDelete) && action(want.OnUpdate) == action(have.OnUpdate)
}

func action(s string) string {
	if s == "" {
		return "NO ACTION"
	}
	return strings.ToUpper(s)
}

// sameIndex compares what two indexes do.
func sameIndex(a, b *ddl.Index) bool {
	if a.Unique != b.Unique || !same(a.Table, b.Table) || len(a.Columns) != len(b.Columns) || !sameExpr(a.Where, b.Where) {
		return false
	}
	for i := range a.Columns {
		x, y := a.Columns[i], b.Columns[i]
		if x.Desc != y.Desc || !same(x.Collation, y.Collation) || !sameExpr(x.Expr, y.Expr) && !sameVectors(x.Expr, y.Expr) {
			return false
		}
	}
	return true
}
