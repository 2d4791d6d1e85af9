package migrator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/internal/ftsindex"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// op is one change of a table, with the two ways to do it: statements of
// SQLite and libSQL for it, and an edit of CREATE TABLE for a rebuild.
type op struct {
	reason string
	loses  string
	kind   Kind
	cost   Cost     // of the native way
	native []string // nil: only a rebuild does it
	edit   func(*ddl.Edit)

	// unless are conditions of rows: one such row, and the native way is not
	// right.
	unless []string
	// must are conditions of rows that make the change impossible.
	must []must
	// spares are conditions of rows for which the change is left undone, and
	// reported.
	spares []must
	object string // for the report
	// drops is the column that goes, "" for another change.
	drops string
	// renames is the column that gets the name renamed, "" for another change.
	renames, renamed string
	// keys tells that a foreign key to the table may not hold afterwards.
	keys bool
	// fromRowid is the column that takes the rowid of each row.
	fromRowid string
}

// must is a condition that no row may meet. The error says how many do.
type must struct{ rows, why string }

const anyRow = "1" // the condition of every row

// difference is what a model wants of a table that is there.
type difference struct {
	ops     []op
	create  []wantedIndex
	replace []wantedIndex // indexes of another definition under the same name
	unmet   []Unmet

	fullText   *ftsindex.Index // that the model has; nil: none, and nothing about it changes
	integerKey bool            // of the model with it
	isModel    bool            // it is all that a model wants

	drop       []object // indexes that go
	dropReason string
}

// differ compares. It knows no database: what depends on the rows is left as
// conditions of the ops.
type differ struct {
	want *model
	have *table
	// libsql tells that the engine has ALTER TABLE … ALTER COLUMN
	// (https://github.com/tursodatabase/libsql/blob/main/libsql-sqlite3/doc/libsql_extensions.md).
	libsql bool
	out    difference
	inline map[string]bool // constraints that came with their new column
	newKey []string        // the primary key that takes the place of the old
	recast []string        // columns whose values compare in another way
}

func diff(want *model, have *table, libsql bool) (difference, error) {
	if sameBody(want.sql, have.sql) && slices.EqualFunc(sortedIndexes(want), have.indexesOf(want), func(w wantedIndex, h object) bool {
		return w.sql == h.sql
	}) {
		d := &differ{want: want, have: have} // the usual case, found without reading either
		d.unwanted()
		return d.out, nil
	}
	if err := have.parse(); err != nil {
		return difference{}, err
	}
	if err := want.parse(); err != nil {
		return difference{}, err
	}
	d := &differ{want: want, have: have, libsql: libsql, inline: map[string]bool{}}
	if err := d.columns(); err != nil {
		return difference{}, err
	}
	if err := d.primaryKey(); err != nil {
		return difference{}, err
	}
	d.uniques()
	d.checks()
	d.foreignKeys()
	d.options()
	if err := d.indexes(); err != nil {
		return difference{}, err
	}
	return d.out, nil
}

// sameBody tells that two CREATE TABLE differ in no more than how the name
// is quoted: a rename leaves it in double quotes.
func sameBody(a, b string) bool {
	i, j := strings.IndexByte(a, '('), strings.IndexByte(b, '(')
	return i > 0 && j > 0 && a[i:] == b[j:]
}

func sortedIndexes(w *model) []wantedIndex {
	out := slices.Clone(w.indexes)
	slices.SortFunc(out, func(a, b wantedIndex) int { return strings.Compare(lower(a.name), lower(b.name)) })
	return out
}

// indexesOf are the table's indexes of the names that the model has, in the
// order of the names.
func (t *table) indexesOf(w *model) (out []object) {
	for _, o := range t.indexes {
		if slices.ContainsFunc(w.indexes, func(i wantedIndex) bool { return same(i.name, o.name) }) {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b object) int { return strings.Compare(lower(a.name), lower(b.name)) })
	return out
}

func (d *differ) op(o op) { d.out.ops = append(d.out.ops, o) }

func (d *differ) unmet(object, reason string) {
	d.out.unmet = append(d.out.unmet, Unmet{Table: d.have.label(), Object: object, Reason: reason})
}

func (d *differ) columns() error {
	for i, c := range d.want.ddl.Columns {
		if j := d.have.column(c.Name); j >= 0 {
			d.alter(c, j, false)
		} else if err := d.addColumn(i); err != nil {
			return err
		}
	}
	for _, c := range d.have.ddl.Columns {
		if columnIn(d.want.ddl, c.Name) < 0 {
			reason := "the model does not have it; AutoMigrate drops no columns"
			if t := traitsOf(c); t.notNull && !t.hasDef && t.generated == nil {
				reason += "; it is NOT NULL without a default, so the model can insert no rows"
			}
			d.unmet(column(c.Name), reason)
		}
	}
	return nil
}

func column(name string) string { return fmt.Sprintf("column %q", name) }

// addColumn adds a column of the model.
func (d *differ) addColumn(i int) error {
	c := d.want.ddl.Columns[i]
	if user := d.have.textOf(c.Name); user != "" {
		return fmt.Errorf("libsql: table %q: %s cannot be added: %s has the text in double quotes, which would be the column then: write it in single quotes",
			d.have.label(), column(c.Name), user)
	}
	t := traitsOf(c)
	definition := c.Span.Of(d.want.sql)
	o := op{kind: AddColumn, cost: Instant, reason: fmt.Sprintf("the model has %s", column(c.Name))}
	o.edit = func(e *ddl.Edit) { e.AddColumn(definition) }
	if inKey(d.want.ddl, c.Name) {
		// The key itself is made by primaryKey.
		if _, hasKey := primaryKey(d.have.ddl); hasKey || rowidColumn(d.want.ddl) != i {
			o.must = append(o.must, must{anyRow, fmt.Sprintf("%s is of the primary key, and the rows that are there have no value for it", column(c.Name))})
		} else {
			o.fromRowid = c.Name
		}
		d.op(o)
		return nil
	}
	if t.notNull && !t.hasDef && t.generated == nil {
		o.must = append(o.must, must{anyRow, fmt.Sprintf("%s is NOT NULL without a default, and the rows that are there have no value for it", column(c.Name))})
	}
	if !d.addsNatively(c, t) {
		d.op(o)
		return nil
	}
	if t.hasDef && !(constant(t.def) && d.sameInOldRows(c, t)) {
		o.unless = append(o.unless, anyRow)
	}
	if !has(c.Constraints, ddl.ForeignKey) && !t.hasDef && !t.notNull {
		definition += d.inlined(c.Name) // be it by ALTER TABLE or, with other changes, by a rebuild
	}
	o.native = []string{"ALTER TABLE " + d.have.quoted() + " ADD COLUMN " + definition}
	d.op(o)
	return nil
}

// addsNatively tells whether ALTER TABLE ADD COLUMN takes the definition:
// https://www.sqlite.org/lang_altertable.html#altertabaddcol.
func (d *differ) addsNatively(c ddl.Column, t traits) bool {
	return !has(c.Constraints, ddl.Unique) && !has(c.Constraints, ddl.PrimaryKey) &&
		(t.generated == nil || !t.generated.Stored) &&
		(!t.hasDef || !has(c.Constraints, ddl.ForeignKey))
}

// sameInOldRows tells whether ADD COLUMN does right by the rows that it finds.
// A number such as 1e3 is its digits in a column of texts there, and an integer
// in one that keeps what it is given; new rows get its value. And a fraction
// that is NOT NULL is NULL to integrity_check.
func (d *differ) sameInOldRows(c ddl.Column, t traits) bool {
	toks, a := solid(t.def), affinityOf(c.Type)
	last := toks[len(toks)-1]
	text, isText := plainText(t.def)
	switch {
	case last.Kind == sqltext.Number:
		text = last.Text(t.def)
	case !isText || !t.notNull || a == affText || a == affBlob:
		return true
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return true
	}
	_, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return err != nil || !isText && !t.notNull && !d.have.ddl.Strict && a != affText && a != affBlob
}

// inlined are the constraints of the model that concern the new column alone:
// they go with it, where the table would have to be rebuilt for them later.
func (d *differ) inlined(name string) string {
	var b strings.Builder
	for _, f := range foreignKeys(d.want.ddl) {
		if f.column < 0 && len(f.columns) == 1 && same(f.columns[0], name) && f.con.Name != "" && d.haveConstraint(f.con.Name) == nil {
			b.WriteString(" CONSTRAINT " + quote(f.con.Name) + " " + references(f.text(d.want.ddl)))
			d.inline[lower(f.con.Name)] = true
		}
	}
	for _, c := range constraints(d.want.ddl, ddl.Check) {
		if c.column < 0 && c.con.Name != "" && d.haveConstraint(c.con.Name) == nil && ddl.Mentions(c.con.Expr, name) && d.alone(c.con.Expr, name) {
			b.WriteString(" " + c.text(d.want.ddl))
			d.inline[lower(c.con.Name)] = true
		}
	}
	return b.String()
}

// alone tells that an expression mentions no other column of the model.
func (d *differ) alone(expr, name string) bool {
	return !slices.ContainsFunc(d.want.ddl.Columns, func(c ddl.Column) bool {
		return !same(c.Name, name) && ddl.Mentions(expr, c.Name)
	})
}

// haveConstraint is the constraint of the table that has the name.
func (d *differ) haveConstraint(name string) *constraint {
	for _, kind := range []ddl.Kind{ddl.ForeignKey, ddl.Check, ddl.Unique, ddl.PrimaryKey} {
		if c := d.haveOfKind(kind, name); c != nil {
			return c
		}
	}
	return nil
}

// haveOfKind is the one of a kind: SQLite does not mind that others have the
// name, too.
func (d *differ) haveOfKind(kind ddl.Kind, name string) *constraint {
	for _, c := range constraints(d.have.ddl, kind) {
		if c.con.Name != "" && same(c.con.Name, name) {
			return &c
		}
	}
	return nil
}

// options adds the options of the table that the model asks for; it drops
// none.
func (d *differ) options() {
	w, h := d.want.ddl, d.have.ddl
	var more []string
	for _, o := range []struct {
		want, have bool
		name       string
	}{
		{w.Strict, h.Strict, "STRICT"},
		{w.WithoutRowID, h.WithoutRowID, "WITHOUT ROWID"},
		{w.RandomRowID, h.RandomRowID, "RANDOM ROWID"},
	} {
		if o.want && !o.have {
			more = append(more, o.name)
		}
	}
	if len(more) == 0 {
		return
	}
	text := strings.Join(more, ", ")
	reason := "the model's table is " + text
	if old := h.Options.Of(h.SQL); old != "" {
		text = old + ", " + text
	}
	d.op(op{reason: reason, edit: func(e *ddl.Edit) { e.SetOptions(text) }})
}

// indexes finds those that are missing or have another definition.
func (d *differ) indexes() error {
	for _, w := range d.want.indexes {
		i := slices.IndexFunc(d.have.indexes, func(o object) bool { return same(o.name, w.name) })
		if i < 0 {
			d.out.create = append(d.out.create, w)
			continue
		}
		h, err := ddl.ParseIndex(d.have.indexes[i].sql)
		if err != nil {
			return fmt.Errorf("libsql: table %q: index %q: its CREATE INDEX cannot be read, so it is left alone: %w", d.have.label(), w.name, err)
		}
		if !sameIndex(w.ddl, h) {
			d.out.replace = append(d.out.replace, w)
		}
	}
	d.unwanted()
	return nil
}

// unwanted reports the indexes that the model does not have. One that makes
// unique what the model wants to be so is not reported.
func (d *differ) unwanted() {
	for _, o := range d.have.indexes {
		if !slices.ContainsFunc(d.want.indexes, func(w wantedIndex) bool { return same(w.name, o.name) }) && !d.serves(o) {
			d.unmet(fmt.Sprintf("index %q", o.name), "the model does not have it; AutoMigrate drops no indexes")
		}
	}
}

// serves tells whether an index stands for a UNIQUE of the model.
func (d *differ) serves(o object) bool {
	if d.want.ddl == nil {
		return false // not read: the table has the model's UNIQUE itself
	}
	i, err := ddl.ParseIndex(o.sql)
	return err == nil && slices.ContainsFunc(constraints(d.want.ddl, ddl.Unique), func(w constraint) bool {
		return makesUnique(i, w.columns)
	})
}
