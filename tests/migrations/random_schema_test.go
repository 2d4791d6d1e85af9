package migrations_test

import "strings"

// randColumn is a column of a random table.
type randColumn struct {
	name, typ            string
	notNull, key, unique bool
	def                  string // "" without one
	generated            string // the expression
	stored               bool
	auto, vector         bool

	ref  *randRef // the foreign key that stands in the column
	text string   // as it stands in CREATE TABLE
	keep []string // constraints that no change takes away
}

// randConstraint is a constraint of a random table.
type randConstraint struct {
	name, text string
	columns    []string
}

// randRef is a foreign key of one column.
type randRef struct{ table, column, onDelete, onUpdate string }

type randTable struct {
	name                 string
	columns              []*randColumn
	key                  []string
	constraints          []randConstraint
	comments             []string
	indexes              []*randIndex
	withoutRowid, strict bool
	starred              bool // a trigger inserts into it without naming columns
	sql                  string
}

func (t *randTable) column(name string) *randColumn {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// stored are the columns that take values.
func (t *randTable) stored() (out []string) {
	for _, c := range t.columns {
		if c.generated == "" {
			out = append(out, c.name)
		}
	}
	return out
}

// randDB is a random database as statements that make it.
type randDB struct {
	rnd
	tables     []*randTable
	taken      map[string]bool // names of tables, indexes, views and triggers
	statements []string
	foreign    bool // foreign keys are on while the rows are put in
}

var (
	anyTypes = []string{
		"", "", "INTEGER", "integer", "BIGINT", "TEXT", "text", "VARCHAR(20)", "varchar (7)", "REAL", "DOUBLE PRECISION", "NUMERIC", "DECIMAL(10, 2)",
		"BLOB", "DATETIME", "FLOATING POINT", "STRINGS", "bool", "CHARACTER VARYING(10)", "INT8", "unsigned big int", "JSON", "date",
	}
	strictTypes = []string{"INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"}
)

func (d *randDB) add(statement string) { d.statements = append(d.statements, statement) }

// table makes a table. Foreign keys are to the tables that are there, and to
// itself.
func (d *randDB) table() *randTable {
	t := &randTable{name: d.name(d.taken), strict: d.often(15)}
	taken := map[string]bool{}
	n := d.up(1, 7)
	keyKind := d.IntN(10)
	for i := range n {
		c := &randColumn{name: d.name(taken, rowidNames...), typ: pick(d.rnd, anyTypes...)}
		if t.strict {
			c.typ = pick(d.rnd, strictTypes...)
		}
		if i == 0 && keyKind < 5 {
			c.key, c.typ = true, pick(d.rnd, "INTEGER", "INTEGER", "integer", "TEXT")
			if keyKind == 0 && !t.strict {
				c.typ = pick(d.rnd, "INT", "BIGINT", "VARCHAR(9)", "NUMERIC") // "INT PRIMARY KEY" is not the rowid
			}
			if strings.EqualFold(c.typ, "INTEGER") && d.often(50) {
				c.auto = true
			}
			t.key = []string{c.name}
		}
		if i > 0 && !t.strict && d.often(3) {
			c.typ, c.vector = "F32_BLOB(3)", true
		}
		t.columns = append(t.columns, c)
		c.text = d.column(t, c)
	}
	if keyKind == 5 || keyKind == 6 && n > 1 {
		stored := t.stored()
		d.Shuffle(len(stored), func(i, j int) { stored[i], stored[j] = stored[j], stored[i] })
		t.key = stored[:min(len(stored), keyKind-4)]
		for _, k := range t.key {
			t.column(k).key = true
		}
		t.constraints = append(t.constraints, d.named(randConstraint{text: d.word("PRIMARY") + d.blank() + "KEY" + d.blank() + "(" + d.list(t.key) + ")", columns: t.key}))
	}
	if len(t.key) > 0 && !t.columns[0].auto && d.often(25) {
		t.withoutRowid = true
	}
	d.constrain(t)
	d.write(t)
	return t
}

// column writes the definition of a column.
func (d *randDB) column(t *randTable, c *randColumn) string {
	var parts []string
	add := func(keep bool, text string) {
		if d.often(20) {
			text = "CONSTRAINT" + d.blank() + d.quoted(pick(d.rnd, randNames...)) + d.blank() + text
		}
		parts = append(parts, text)
		if keep {
			c.keep = append(c.keep, text)
		}
	}
	if c.key {
		text := d.word("PRIMARY") + d.blank() + d.word("KEY") + pick(d.rnd, "", "", " ON CONFLICT ABORT")
		if c.auto {
			text += d.blank() + d.word("AUTOINCREMENT")
		}
		add(true, text)
	}
	if c.vector {
		return d.quoted(c.name) + " " + c.typ
	}
	plain := plainColumns(t, c)
	if !c.key && len(plain) > 0 && d.often(10) {
		if t.strict {
			c.typ = "ANY" // SQLite does not hold a generated value to the type
		}
		c.generated, c.stored = d.expression(pick(d.rnd, plain...)), d.often(50)
		text := pick(d.rnd, "GENERATED ALWAYS ", "generated  always ", "") + "AS (" + c.generated + ")"
		if c.stored {
			text += " STORED"
		} else {
			text += pick(d.rnd, "", " VIRTUAL")
		}
		add(false, text)
	}
	if d.often(25) {
		c.notNull = true
		add(false, d.word("NOT")+d.blank()+d.word("NULL"))
	}
	if c.generated == "" && !c.key && d.often(35) {
		c.def = pick(d.rnd, randDefaults...)
		add(false, d.word("DEFAULT")+d.blank()+c.def)
		if c.notNull && d.often(20) {
			parts[len(parts)-2] += " ON CONFLICT REPLACE"
		}
	}
	if d.often(15) {
		add(true, d.word("COLLATE")+d.blank()+pick(d.rnd, "NOCASE", "rtrim", "BINARY", `"NoCase"`))
	}
	if d.often(12) {
		add(true, d.word("CHECK")+d.blank()+"("+d.check(t, c.name)+")")
	}
	if !c.key && d.often(12) {
		c.unique = true
		add(true, d.word("UNIQUE")+pick(d.rnd, "", "", "", " ON CONFLICT IGNORE", " ON CONFLICT REPLACE"))
	}
	if c.generated == "" && d.often(12) {
		if ref, text := d.reference(t, c.name); ref != nil {
			c.ref = ref
			add(true, text)
		}
	}
	d.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	text := d.defined(c.name)
	if c.typ != "" {
		// A comment here is taken for a part of the type by SQLite's ALTER TABLE
		// and is not what is tested.
		text += pick(d.rnd, " ", " ", "\t", "\n  ") + c.typ
	}
	for i, p := range parts {
		if i == 0 && c.generated != "" {
			text += " " + p // before GENERATED, a comment is a part of the type
			continue
		}
		text += d.blank() + p
	}
	return text
}

// plainColumns are those before c that take values.
func plainColumns(t *randTable, c *randColumn) (out []string) {
	for _, o := range t.columns {
		if o != c && o.generated == "" && !o.key {
			out = append(out, o.name)
		}
	}
	return out
}

func (d *randDB) expression(column string) string {
	c := d.quoted(column)
	return pick(d.rnd, "length("+c+")", c+" || ')'", "typeof("+c+")", "coalesce("+c+", 'it''s')", "upper("+c+")/* ( */")
}

// check is an expression that most values meet.
func (d *randDB) check(t *randTable, column string) string {
	c := d.quoted(column)
	if d.often(10) {
		c = d.quoted(t.name) + "." + c
	}
	return pick(d.rnd, c+" IS NULL OR length("+c+") < 6000", c+" <> 'x)''('", c+" IS NOT '--'", "typeof("+c+") <> 'nothing' -- )\n",
		c+` <> "a literal"`, "coalesce("+c+", 1) NOT IN ('q', 77)", "length("+c+") IS NOT 4")
}

// reference is a foreign key of one column, nil when there is nothing to refer
// to.
func (d *randDB) reference(t *randTable, column string) (*randRef, string) {
	p := pick(d.rnd, append([]*randTable{t}, d.tables...)...)
	if p == t && len(d.tables) > 0 && d.often(50) {
		p = pick(d.rnd, d.tables...)
	}
	ref := &randRef{table: p.name}
	switch {
	case len(p.key) == 1 && p.key[0] != column:
		if d.often(60) {
			ref.column = p.key[0]
		}
	case d.often(4):
		ref.column = pick(d.rnd, p.columns...).name // maybe no key at all
	default:
		return nil, ""
	}
	ref.onDelete = pick(d.rnd, "", "", "CASCADE", "CASCADE", "SET NULL", "RESTRICT", "SET DEFAULT", "NO ACTION")
	ref.onUpdate = pick(d.rnd, "", "", "", "CASCADE", "SET NULL")
	return ref, d.refText(ref) + pick(d.rnd, "", "", "", " MATCH FULL") + pick(d.rnd, "", "", " DEFERRABLE INITIALLY DEFERRED", " NOT DEFERRABLE")
}

func (d *randDB) refText(ref *randRef) string {
	text := d.word("REFERENCES") + d.blank() + d.quoted(ref.table)
	if ref.column != "" {
		text += pick(d.rnd, "", " ") + "(" + d.quoted(ref.column) + ")"
	}
	if ref.onUpdate != "" {
		text += " " + d.word("ON") + " UPDATE " + d.word(ref.onUpdate)
	}
	if ref.onDelete != "" {
		text += " ON" + d.blank() + "DELETE " + d.word(ref.onDelete)
	}
	return text
}

func (d *randDB) named(c randConstraint) randConstraint {
	if d.often(50) {
		c.name = d.name(d.taken)
		c.text = d.word("CONSTRAINT") + d.blank() + d.quoted(c.name) + d.blank() + c.text
	}
	return c
}

// constrain adds constraints of the table.
func (d *randDB) constrain(t *randTable) {
	add := func(columns []string, text string) {
		t.constraints = append(t.constraints, d.named(randConstraint{text: text, columns: columns}))
	}
	stored := t.stored()
	if d.often(20) && len(stored) > 1 {
		add(stored[:2], d.word("UNIQUE")+d.blank()+"("+d.list(stored[:2])+")"+pick(d.rnd, "", " ON CONFLICT REPLACE"))
	}
	if d.often(10) {
		c := pick(d.rnd, stored...)
		add([]string{c}, "UNIQUE ("+d.quoted(c)+pick(d.rnd, "", " DESC", " COLLATE nocase")+")")
	}
	if d.often(20) {
		c := pick(d.rnd, t.columns...).name
		add([]string{c}, d.word("CHECK")+d.blank()+"("+d.check(t, c)+")")
	}
	if d.often(25) {
		c := pick(d.rnd, stored...)
		if r, ref := d.reference(t, c); r != nil {
			add([]string{c}, d.word("FOREIGN")+d.blank()+"KEY ("+d.quoted(c)+")"+d.blank()+ref)
		}
	}
	d.Shuffle(len(t.constraints), func(i, j int) { t.constraints[i], t.constraints[j] = t.constraints[j], t.constraints[i] })
}

// write writes CREATE TABLE.
func (d *randDB) write(t *randTable) {
	var b strings.Builder
	b.WriteString(d.word("CREATE") + d.blank() + d.word("TABLE") + d.blank() + pick(d.rnd, "", "", "IF NOT EXISTS ") + d.defined(t.name) + pick(d.rnd, "", " ", "\n") + "(")
	comment := func() {
		c := d.comment()
		if strings.TrimSpace(c) != "" {
			t.comments = append(t.comments, strings.TrimSpace(c))
		}
		b.WriteString(c)
	}
	for i, c := range t.columns {
		if i > 0 {
			b.WriteString(",")
		}
		comment()
		b.WriteString(c.text)
		comment()
	}
	for _, c := range t.constraints {
		b.WriteString(",")
		comment()
		b.WriteString(c.text)
		comment()
	}
	b.WriteString(")")
	var options []string
	if t.withoutRowid {
		options = append(options, d.word("WITHOUT")+" "+d.word("ROWID"))
	}
	if t.strict {
		options = append(options, d.word("STRICT"))
	}
	b.WriteString(pick(d.rnd, "", " ") + strings.Join(options, pick(d.rnd, ",", ", ")))
	t.sql = b.String()
	d.add(t.sql)
}
