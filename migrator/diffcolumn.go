package migrator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// alter makes column j of the table what the model says. exact also takes
// away what the model does not mention and AutoMigrate leaves alone.
func (d *differ) alter(w ddl.Column, j int, exact bool) {
	h := d.have.ddl.Columns[j]
	want, have := traitsOf(w), traitsOf(h)
	if want.generated == nil && have.generated != nil && !exact {
		d.unmet(column(h.Name), "it is generated, and the model's is not")
		return
	}
	o := op{kind: AlterColumn, cost: Scan}
	var reasons []string
	var edits []func(*ddl.Edit)
	because := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	edit := func(f func(*ddl.Edit)) { edits = append(edits, f) }
	plain := want.generated == nil && have.generated == nil // ALTER COLUMN can do it
	anew := d.regenerated(want, have)                       // the values that are there do not matter

	key := inKey(d.have.ddl, h.Name)
	if d.retype(w, h, key, exact) {
		because("its type is %q, the model's %q", h.Type, w.Type)
		edit(func(e *ddl.Edit) { e.SetType(j, w.Type) })
		from, to := affinityOf(h.Type), affinityOf(w.Type)
		o.keys = from != to
		// A whole number in a REAL column is stored as an integer.
		if d.have.ddl.Strict || d.have.vectorIndexed(h.Name) || from == affReal && to == affBlob || o.keys && (d.computed(h.Name) || d.indexed(h.Name)) {
			plain = false
		}
		switch {
		case from == to || want.generated != nil:
		case to != affBlob:
			conv, lossy := converted(h.Name, to)
			o.unless = append(o.unless, conv)
			o.must = append(o.must, must{lossy, fmt.Sprintf("%s: a value would not be the same in the type %q", column(h.Name), w.Type)})
		case have.hasDef:
			o.unless = append(o.unless, maybeDefault(h.Name, have))
		}
		if d.numbers(w, key) {
			o.must = append(o.must, must{quote(h.Name) + " IS NULL", column(h.Name) + " would become the rowid: a value is NULL"})
			if !exact {
				d.spareRowids(&o, h.Name)
				o.object = column(h.Name)
			}
		}
	}
	if want.notNull && !have.notNull && !key {
		because("the model's is NOT NULL")
		edit(func(e *ddl.Edit) { e.AddToColumn(j, firstOf(w, d.want.sql, ddl.NotNull)) })
		if !anew {
			o.must = append(o.must, must{quote(h.Name) + " IS NULL", column(h.Name) + " cannot be NOT NULL: a value is NULL"})
		}
	}
	switch {
	case want.notNull || !have.notNull || key:
	case exact:
		because("the model's may be NULL")
		edit(dropAll(h, j, ddl.NotNull))
	default:
		d.unmet(column(h.Name), "it is NOT NULL, the model's may be NULL; AlterColumn changes that")
	}
	if d.redefault(w.Type, want, have, key) {
		o.unless = append(o.unless, maybeDefault(h.Name, have))
		switch {
		case !want.hasDef:
			because("the model's has no default")
			edit(dropAll(h, j, ddl.Default))
		case len(indexesOf(h, ddl.Default)) > 0:
			because("its default is %s, the model's %s", have.def, want.def)
			edit(replaceAll(h, j, ddl.Default, firstOf(w, d.want.sql, ddl.Default)))
		default:
			because("the model's default is %s", want.def)
			edit(func(e *ddl.Edit) { e.AddToColumn(j, firstOf(w, d.want.sql, ddl.Default)) })
		}
	}
	if want.collation != "" && !same(want.collation, collationOf(have)) {
		because("its collation is %s, the model's %s", collationOf(have), want.collation)
		if len(indexesOf(h, ddl.Collate)) > 0 {
			edit(replaceAll(h, j, ddl.Collate, "COLLATE "+quote(want.collation)))
		} else {
			edit(func(e *ddl.Edit) { e.AddToColumn(j, "COLLATE "+quote(want.collation)) })
		}
		o.cost, o.keys = Rewrite, true                               // of the indexes
		plain = plain && !d.computed(h.Name) && !d.have.hasVectors() // REINDEX empties those
	}
	if want.collation == "" && !same(collationOf(have), "BINARY") {
		d.unmet(column(h.Name), "its collation is "+have.collation+", the model names none")
	}
	for _, c := range w.Constraints {
		if c.Kind == ddl.Check && !d.hasCheck(c.Expr) {
			because("the model's has CHECK (%s)", c.Expr)
			edit(func(e *ddl.Edit) { e.AddToColumn(j, c.Span.Of(d.want.sql)) })
			plain = plain && !o.keys // the rows are asked before they compare otherwise
			if !anew {
				o.must = append(o.must, must{"NOT (" + c.Expr + ")", fmt.Sprintf("%s: a value breaks CHECK (%s)", column(h.Name), c.Expr)})
			}
		}
	}
	switch {
	case want.generated == nil && have.generated != nil:
		because("the model's is not generated")
		edit(dropAll(h, j, ddl.Generated))
	case want.generated != nil && have.generated == nil:
		because("the model's is generated")
		if !have.hasDef {
			edit(dropAll(h, j, ddl.Default)) // a DEFAULT NULL
		}
		edit(func(e *ddl.Edit) { e.AddToColumn(j, want.generated.Span.Of(d.want.sql)) })
		o.must = append(o.must, must{quote(h.Name) + " COLLATE BINARY IS NOT +(" + want.generated.Expr + ")", // + takes the affinity away
			fmt.Sprintf("%s: a value is not what %s generates", column(h.Name), want.generated.Expr)})
	case anew:
		because("it is generated as %s, the model's as %s", describeGenerated(have), describeGenerated(want))
		edit(replaceAll(h, j, ddl.Generated, want.generated.Span.Of(d.want.sql)))
	}
	if len(reasons) == 0 {
		return
	}
	if o.keys {
		d.recast = append(d.recast, h.Name)
	}
	o.reason = column(h.Name) + ": " + strings.Join(reasons, "; ")
	o.edit = func(e *ddl.Edit) {
		for _, f := range edits {
			f(e)
		}
	}
	if plain && d.libsql && !key && !has(h.Constraints, ddl.Unique) {
		if o.native = d.alterSQL(o.edit, j); o.native != nil && o.cost == Rewrite {
			o.native = append(o.native, "REINDEX "+d.have.quoted())
		}
	}
	d.op(o)
}

// maybeDefault is the condition of the rows whose value may stand nowhere but
// in DEFAULT: those that were there when ADD COLUMN added the column. ALTER
// COLUMN writes no rows, so that another default would be another value
// (https://www.sqlite.org/fileformat2.html#record_format).
func maybeDefault(name string, t traits) string {
	text, isText := plainText(t.def)
	switch def := bare(t.def); {
	case !t.hasDef:
		return quote(name) + " IS NULL"
	case isText:
		return quote(name) + " IS " + sqltext.QuoteString(text)
	case constant(def) && solid(def)[0].Kind != sqltext.Ident:
		return quote(name) + " IS " + def
	}
	return anyRow
}

// alterSQL is libSQL's ALTER COLUMN with the definition after the edit, nil
// where it would spoil what stands around it.
func (d *differ) alterSQL(edit func(*ddl.Edit), j int) []string {
	if !endsPlainly(d.have.ddl.SQL, d.have.ddl.Columns[j].Span) {
		return nil
	}
	e := d.have.ddl.Edit()
	edit(e)
	after, err := ddl.ParseTable(e.SQL())
	if err != nil || j >= len(after.Columns) {
		return nil
	}
	c := after.Columns[j]
	// libSQL wants both names spelt alike.
	name := c.NameSpan.Of(after.SQL)
	return []string{"ALTER TABLE " + d.have.quoted() + " ALTER COLUMN " + name + " TO " + c.Span.Of(after.SQL)}
}

// endsPlainly tells whether libSQL's ALTER COLUMN finds the end of the column's
// definition, and takes nothing else away: it goes by the first comma or closing
// parenthesis, be it in decimal(10,2), in a text or in a comment, and leaves out
// a comment before it.
func endsPlainly(sql string, column ddl.Span) bool {
	for tok := range sqltext.Tokens(sql) {
		switch {
		case tok.Start < column.Start || tok.Kind == sqltext.Space:
		case tok.Start >= column.End:
			return tok.Kind == sqltext.Comma || tok.Kind == sqltext.RParen
		case tok.Kind == sqltext.Comma:
			return false
		case tok.Kind == sqltext.String, tok.Kind == sqltext.QuotedIdent, tok.Kind == sqltext.Comment:
			if strings.ContainsAny(tok.Text(sql), ",()") {
				return false
			}
		}
	}
	return false
}

// computed tells whether a constraint or a generated column may have another
// result when the column's values compare otherwise: ALTER COLUMN computes
// neither anew.
func (d *differ) computed(name string) bool {
	return slices.ContainsFunc([]ddl.Kind{ddl.Check, ddl.Generated}, func(kind ddl.Kind) bool {
		return slices.ContainsFunc(constraints(d.have.ddl, kind), func(c constraint) bool { return ddl.Mentions(c.con.Expr, name) })
	})
}

// indexed tells so of an index of an expression and of a partial one.
func (d *differ) indexed(name string) bool {
	return slices.ContainsFunc(d.have.indexes, func(o object) bool {
		i, err := ddl.ParseIndex(o.sql)
		return err != nil || ddl.Mentions(i.Where, name) || slices.ContainsFunc(i.Columns, func(c ddl.IndexColumn) bool {
			return c.Name == "" && ddl.Mentions(c.Expr, name)
		})
	})
}

// numbers tells whether the type makes the column, which is the primary key,
// another name of the rowid.
func (d *differ) numbers(w ddl.Column, key bool) bool {
	k, _ := primaryKey(d.have.ddl)
	return key && len(k.columns) == 1 && !d.have.ddl.WithoutRowID && rowidColumn(d.have.ddl) < 0 &&
		strings.EqualFold(w.Type, "INTEGER") && !(k.column >= 0 && k.con.Desc)
}

// retype tells whether the type has to change. The type of a key that is the
// rowid stays: another one would make it another key.
func (d *differ) retype(w, h ddl.Column, key, exact bool) bool {
	if foldType(w.Type) == foldType(h.Type) || !exact && sameType(w.Type, h.Type) {
		return false
	}
	stays := key && !d.longerKey() && (d.have.ddl.WithoutRowID || !d.want.ddl.WithoutRowID)
	if stays && (rowidColumn(d.have.ddl) == d.have.column(h.Name) || affinityOf(h.Type) == affInteger && affinityOf(w.Type) == affInteger) {
		d.unmet(column(h.Name), fmt.Sprintf("its type is %q, the model's %q; the numbering of the rows would change with it", h.Type, w.Type))
		return false
	}
	return true
}

func (d *differ) redefault(declared string, want, have traits, key bool) bool {
	if key || !want.hasDef && !have.hasDef {
		return false
	}
	if d.have.ddl.Strict && same(declared, "ANY") {
		declared = "" // which has no affinity there
	}
	return want.hasDef != have.hasDef || !sameDefault(want.def, have.def, declared)
}

// regenerated tells that a column is generated, and will be from something
// else, or in the other way.
func (d *differ) regenerated(want, have traits) bool {
	return want.generated != nil && have.generated != nil &&
		(!d.sameExpr(want.generated.Expr, have.generated.Expr) || want.generated.Stored != have.generated.Stored)
}

func describeGenerated(t traits) string {
	kind := "VIRTUAL"
	if t.generated.Stored {
		kind = "STORED"
	}
	return "(" + t.generated.Expr + ") " + kind
}

func collationOf(t traits) string {
	if t.collation == "" {
		return "BINARY"
	}
	return t.collation
}

// inKey tells whether the column is of the primary key.
func inKey(t *ddl.Table, name string) bool {
	key, ok := primaryKey(t)
	return ok && contains(key.columns, name)
}

// indexesOf are the places of the column's constraints of a kind.
func indexesOf(c ddl.Column, kind ddl.Kind) (out []int) {
	for i, k := range c.Constraints {
		if k.Kind == kind {
			out = append(out, i)
		}
	}
	return out
}

func dropAll(c ddl.Column, j int, kind ddl.Kind) func(*ddl.Edit) {
	return func(e *ddl.Edit) {
		for _, i := range indexesOf(c, kind) {
			e.DropColumnConstraint(j, i)
		}
	}
}

// replaceAll puts the text where the last one stands, which is the one that
// counts, and takes the others away.
func replaceAll(c ddl.Column, j int, kind ddl.Kind, text string) func(*ddl.Edit) {
	return func(e *ddl.Edit) {
		all := indexesOf(c, kind)
		for _, i := range all[:len(all)-1] {
			e.DropColumnConstraint(j, i)
		}
		e.ReplaceColumnConstraint(j, all[len(all)-1], text)
	}
}

// firstOf is the text of the column's constraint of a kind; of several the
// last counts.
func firstOf(c ddl.Column, sql string, kind ddl.Kind) string {
	all := indexesOf(c, kind)
	return c.Constraints[all[len(all)-1]].Span.Of(sql)
}
