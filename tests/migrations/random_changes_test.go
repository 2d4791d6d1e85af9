package migrations_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// What errors say.
const (
	notUnique   = "UNIQUE constraint failed"
	breaksCheck = "CHECK constraint failed"
	breaksRow   = "breaks"
	hasNull     = "is NULL"
	noValue     = "have no value for it"
	lossy       = "a value would not be the same"
	orphaned    = "rows refer to what is not there"
	mismatch    = "foreign key mismatch"
	unfit       = "does not work with the new table"
	wrongType   = "cannot store"
	nullFailed  = "NOT NULL constraint failed"
)

// alter makes some random changes of the model.
func (d *randDB) alter(m *randModel) {
	kinds := []func(*randModel){
		d.addsColumn, d.addsColumn, d.addsColumn, d.retypes, d.retypes, d.requires, d.redefaults, d.redefaults, d.makesUnique, d.addsIndex, d.addsIndex,
		d.replacesIndex, d.checks, d.forgets, d.extendsKey, d.recollates, d.loosens, d.respells, d.sets, d.generates, d.refersTo,
	}
	for range d.up(1, 3) {
		pick(d.rnd, kinds...)(m)
	}
}

// addsColumn adds a field.
func (d *randDB) addsColumn(m *randModel) {
	f := &randField{name: d.newName(m), typ: d.columnType(m.table)}
	if m.table.starred {
		m.mayFail(unfit)
	}
	m.fields = append(m.fields, f)
	if d.often(12) && len(m.table.stored()) > 0 {
		f.generated, f.virtual = d.expression(pick(d.rnd, m.table.stored()...)), d.often(50)
		if m.table.strict {
			f.typ = "ANY"
		}
		m.change("new generated %s", f.tag())
		return
	}
	switch d.IntN(10) {
	case 0, 1, 2, 3:
		f.def = d.defaultFor(m.table, f.typ)
	case 4:
		f.def = pick(d.rnd, "CURRENT_TIMESTAMP", "(lower('X'))", "(1 + 2)")
		if m.table.strict {
			f.typ = "ANY"
		}
	}
	if d.often(25) {
		f.notNull = true
		if f.def == "" {
			m.mayFail(noValue)
		}
	}
	switch d.IntN(8) {
	case 0:
		f.unique = true
		m.mayFail(notUnique)
	case 1:
		f.tail = " CHECK (" + dquote(f.name) + pick(d.rnd, " IS NOT 'q')", " <> ';')", " > 1)")
		m.mayFail(breaksCheck, breaksRow)
	case 2:
		f.tail = pick(d.rnd, " COLLATE NOCASE", " COLLATE RTRIM")
	case 3:
		if p := d.parent(m); p != nil {
			f.tail = " REFERENCES " + dquote(p.name) + pick(d.rnd, "", "("+dquote(p.key[0])+")") + pick(d.rnd, "", " ON DELETE CASCADE", " ON DELETE SET NULL")
			m.rereferred[f.name] = true
			m.mayFail(orphaned)
		}
	case 4:
		name := d.name(d.taken)
		if !tagWord(name) {
			break
		}
		f.tags = append(f.tags, "index:"+name)
		m.indexes = append(m.indexes, wantIndex{name: name, over: []string{f.name + " 0 BINARY"}})
	}
	m.change("new %s", f.tag())
}

// tagWord tells that GORM's tags can say the name.
func tagWord(name string) bool { return !strings.ContainsAny(name, ",;:") }

// parent is a table with a key of one column.
func (d *randDB) parent(m *randModel) *randTable {
	p := pick(d.rnd, d.tables...)
	if len(p.key) != 1 {
		return nil
	}
	return p
}

// retypes gives a column another type.
func (d *randDB) retypes(m *randModel) {
	f := d.field(m, isPlain)
	if d.often(10) {
		f = d.field(m, func(f *randField) bool { return isOld(f) && !f.old.vector && f.generated == "" })
	}
	if f == nil {
		return
	}
	f.typ = d.columnType(m.table)
	m.touched[f.id()] = true
	for _, c := range m.table.columns {
		m.recomputed[c.name] = m.recomputed[c.name] || c.generated != ""
	}
	m.mayFail(lossy, notUnique, breaksCheck, orphaned, wrongType)
	m.retyped = true
	if f.key {
		m.newKey = true // it may be another name of the rowid then, or no longer be one
		m.mayFail(hasNull, "_shadow\" would not be the same")
	}
	m.change("column %q has type %q, from %q", f.name, f.typ, f.old.typ)
}

func (d *randDB) requires(m *randModel) {
	f := d.field(m, func(f *randField) bool { return isOld(f) && !f.key && !f.old.vector && !f.notNull })
	if f == nil {
		return
	}
	f.notNull = true
	m.touched[f.id()] = true
	m.required = true
	m.mayFail("cannot be NOT NULL: a value is NULL", nullFailed)
	m.change("column %q is NOT NULL", f.name)
}

func (d *randDB) redefaults(m *randModel) {
	f := d.field(m, isPlain)
	if f == nil {
		return
	}
	f.def = d.defaultFor(m.table, f.typ)
	if f.old.def != "" && d.often(30) {
		f.def = ""
	}
	f.goType = reflect.TypeFor[[]byte]() // which takes any
	m.touched[f.id()] = true
	m.defaulted = true
	m.change("column %q has default %s, from %s", f.name, f.def, f.old.def)
}

func (d *randDB) makesUnique(m *randModel) {
	f := d.field(m, func(f *randField) bool { return isPlain(f) && !f.unique })
	if f == nil {
		return
	}
	f.unique = true
	m.mayFail(notUnique, orphaned) // a foreign key to it may have been wrong before
	m.change("column %q is unique", f.name)
}

// addsIndex adds an index of one or two columns.
func (d *randDB) addsIndex(m *randModel) {
	name := d.name(d.taken)
	if !tagWord(name) {
		return
	}
	d.indexes(m, name)
}

// replacesIndex gives an index of the table another definition.
func (d *randDB) replacesIndex(m *randModel) {
	if len(m.table.indexes) == 0 {
		return
	}
	i := pick(d.rnd, m.table.indexes...)
	if name := i.name; !i.vector && tagWord(name) && !slices.ContainsFunc(m.indexes, func(i wantIndex) bool { return i.name == name }) {
		d.indexes(m, name)
	}
}

func (d *randDB) indexes(m *randModel, name string) {
	w := wantIndex{name: name, unique: d.often(25)}
	n := d.up(1, 2)
	for i := range n {
		f := d.field(m, func(f *randField) bool {
			return isOld(f) && !f.old.vector && f.generated == "" && !strings.Contains(strings.Join(f.tags, ""), ":"+name)
		})
		if f == nil {
			break
		}
		tag, over := "index:"+name, " 0"
		if d.often(30) {
			tag += ",sort:desc"
			over = " 1"
		}
		tag += ",collate:rtrim"
		over += " rtrim"
		if i == 0 && w.unique {
			tag += ",unique"
			m.mayFail(notUnique)
		}
		if i == 0 && tagWord(f.name) && d.often(25) {
			tag += ",where:" + dquote(f.name) + pick(d.rnd, " IS NOT NULL", " > 3", " <> 'it''s'")
			w.partial = true
		}
		tag += fmt.Sprintf(",priority:%d", i+1)
		f.tags = append(f.tags, tag)
		w.over = append(w.over, f.id()+over)
	}
	if len(w.over) == 0 {
		return
	}
	m.indexes = append(m.indexes, w)
	m.change("index %q unique %v over %q", name, w.unique, w.over)
}

func (d *randDB) checks(m *randModel) {
	f := d.field(m, func(f *randField) bool { return isOld(f) && !strings.Contains(strings.Join(f.tags, ""), "check:") })
	if f == nil {
		return
	}
	expr := dquote(f.name) + pick(d.rnd, " IS NOT 'zz'", " <> 'a (b'", " > 0 OR 1", " > -5", " IS NOT NULL")
	f.tags = append(f.tags, fmt.Sprintf("check:chk_%d,%s", len(m.checks), expr))
	m.checks = append(m.checks, expr)
	m.mayFail(breaksCheck, breaksRow)
	m.change("CHECK (%s)", expr)
}

// forgets takes a field away: its column stays.
func (d *randDB) forgets(m *randModel) {
	if len(m.fields) < 2 {
		return
	}
	f := d.field(m, func(f *randField) bool { return isPlain(f) && len(f.tags) == 0 })
	if f == nil {
		return
	}
	m.fields = slices.DeleteFunc(m.fields, func(o *randField) bool { return o == f })
	delete(m.touched, f.id())
	m.change("no column %q", f.name)
}

// extendsKey puts another column into the primary key.
func (d *randDB) extendsKey(m *randModel) {
	f := d.field(m, isPlain)
	if f == nil || len(m.table.key) == 0 && d.often(80) {
		return
	}
	f.key = true
	m.newKey = true
	m.touched[f.id()] = true
	for _, k := range m.table.key {
		m.touched[k] = true
	}
	m.mayFail(hasNull, notUnique, mismatch, "is no whole number", "datatype mismatch", orphaned, "vector index")
	m.change("column %q is in the primary key", f.name)
}

func (d *randDB) recollates(m *randModel) {
	f := d.field(m, func(f *randField) bool { return isPlain(f) && f.tail == "" })
	if f == nil {
		return
	}
	f.tail = pick(d.rnd, " COLLATE NOCASE", " COLLATE RTRIM", " COLLATE BINARY")
	m.touched[f.id()], m.recollated[f.id()] = true, true
	m.mayFail(notUnique, orphaned, mismatch, breaksCheck)
	m.change("column %q has%s", f.name, f.tail)
}

func (d *randDB) loosens(m *randModel) {
	f := d.field(m, func(f *randField) bool { return isPlain(f) && f.notNull && f.old.notNull })
	if f == nil {
		return
	}
	f.notNull = false
	m.change("column %q may be NULL", f.name)
}

// respells writes the name in another case, which is the same column.
func (d *randDB) respells(m *randModel) {
	f := d.field(m, func(f *randField) bool { return isOld(f) && len(f.tags) == 0 && !m.touched[f.id()] })
	if f == nil {
		return
	}
	var b strings.Builder
	for _, c := range f.name {
		if c < 128 {
			c = []rune(strings.ToUpper(string(c)))[0]
		}
		b.WriteRune(c)
	}
	f.name = b.String()
	m.change("column %q is spelt %q", f.old.name, f.name)
}

// sets asks for options of the table.
func (d *randDB) sets(m *randModel) {
	switch {
	case !m.table.withoutRowid && len(m.table.key) > 0 && !strings.Contains(strings.ToUpper(m.table.sql), "AUTOINCREMENT") && d.often(40):
		m.options = " WITHOUT ROWID"
		for _, k := range m.table.key {
			m.touched[k] = true // they are NOT NULL then
		}
		m.mayFail(hasNull, nullFailed, wrongType, "vector index", "_shadow\" would not be the same")
	default:
		return
	}
	m.change("options%s", m.options)
}

// generates changes what a generated column is generated from, or makes one of
// a plain one.
func (d *randDB) generates(m *randModel) {
	f := d.field(m, func(f *randField) bool { return isOld(f) && f.generated != "" })
	if f == nil && d.often(30) {
		f = d.field(m, func(f *randField) bool { return isPlain(f) && len(f.tags) == 0 && !f.unique })
		m.mayFail("a value is not what")
	}
	if f == nil {
		return
	}
	from := d.field(m, func(o *randField) bool { return isPlain(o) && o != f && o.old.generated == "" })
	if from == nil {
		return
	}
	f.generated, f.virtual, f.def = d.expression(from.old.name), d.often(50), ""
	m.recomputed[f.id()] = f.old.generated != ""
	m.generated = m.generated || f.old.generated == ""
	if m.table.starred || f.old.generated == "" {
		m.mayFail(unfit) // a trigger may write to it
	}
	m.touched[f.id()] = true
	m.mayFail(notUnique, breaksCheck, nullFailed, "a value is not what", wrongType, orphaned, "unknown datatype") // a comment is a part of the type then
	m.change("column %q is generated as %s, virtual %v", f.name, f.generated, f.virtual)
}

// refersTo gives a column a foreign key.
func (d *randDB) refersTo(m *randModel) {
	f := d.field(m, func(f *randField) bool { return isPlain(f) && f.tail == "" })
	p := d.parent(m)
	if f == nil || p == nil {
		return
	}
	f.tail = " REFERENCES " + dquote(p.name) + pick(d.rnd, "", "("+dquote(p.key[0])+")") + pick(d.rnd, "", " ON DELETE CASCADE")
	m.mayFail(orphaned, mismatch)
	m.touched[f.id()], m.rereferred[f.id()] = true, true
	m.change("column %q%s", f.name, f.tail)
}
