package migrations_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// randField is a field of a random model.
type randField struct {
	old       *randColumn // nil: a new column
	name, typ string
	tail      string // what stands behind the type in the tag
	notNull   bool
	def       string // as it stands behind DEFAULT
	key       bool
	unique    bool
	generated string
	virtual   bool
	tags      []string
	goType    reflect.Type
}

// wantIndex is an index that the model has.
type wantIndex struct {
	name    string
	unique  bool
	partial bool
	over    []string // as tableState has it
}

// randModel is a model that follows a table, and what is different about it.
type randModel struct {
	table   *randTable
	fields  []*randField
	indexes []wantIndex
	checks  []string
	options string // of db.Set("gorm:table_options", …)

	changes    []string        // what is different, for people
	may        []string        // parts of the errors that there can be
	touched    map[string]bool // columns whose text may be another
	recollated map[string]bool
	recomputed map[string]bool // columns that are generated from something else
	rereferred map[string]bool // columns with another foreign key
	newKey     bool
	required   bool // a column is NOT NULL that was not
	retyped    bool // a column has another type
	defaulted  bool // a column has another default
	generated  bool // a column is generated that was not
}

// following is a model that says what the table is.
func (d *randDB) following(t *randTable) *randModel {
	m := &randModel{table: t, touched: map[string]bool{}, recollated: map[string]bool{}, recomputed: map[string]bool{}, rereferred: map[string]bool{}}
	for _, c := range t.columns {
		f := &randField{
			old: c, name: c.name, typ: c.typ, notNull: c.notNull, def: c.def, key: c.key, unique: c.unique,
			generated: c.generated, virtual: c.generated != "" && !c.stored,
		}
		m.fields = append(m.fields, f)
	}
	return m
}

var (
	plainWord = regexp.MustCompile(`^'[a-z]+'$`)
	number    = regexp.MustCompile(`^-?\d+$`)
)

// build makes the type of the model. Most fields are []byte, for which GORM
// leaves a default as it is.
func (m *randModel) build(r rnd) any {
	var fields []reflect.StructField
	for i, f := range m.fields {
		goType := reflect.TypeFor[[]byte]()
		typ := strings.ToUpper(f.typ)
		switch {
		case f.generated != "":
		case strings.Contains(typ, "INT") && (f.def == "" || number.MatchString(f.def) && len(f.def) < 15) && !f.key && r.often(50):
			goType = reflect.TypeFor[int64]()
		case strings.Contains(typ, "TEXT") && (f.def == "" || plainWord.MatchString(f.def)) && r.often(50):
			goType = reflect.TypeFor[string]()
		}
		if f.goType != nil {
			goType = f.goType
		}
		f.goType = goType
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("F%d", i), Type: goType,
			Tag: reflect.StructTag("gorm:" + strconv.Quote(f.tag())),
		})
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

func (f *randField) tag() string {
	escape := func(s string) string { return strings.ReplaceAll(s, ";", `\;`) }
	typ := f.typ
	if strings.EqualFold(typ, "int") || strings.EqualFold(typ, "bool") {
		typ += " " // those are GORM's own words
	}
	if f.virtual {
		typ += " AS (" + f.generated + ") VIRTUAL"
	}
	parts := []string{"column:" + escape(f.name), "type:" + escape(typ+f.tail)}
	if f.generated != "" {
		parts = append(parts, "->")
		if !f.virtual {
			parts = append(parts, "generated:"+escape(f.generated))
		}
	}
	if f.notNull {
		parts = append(parts, "not null")
	}
	if f.def != "" {
		parts = append(parts, "default:"+escape(f.def))
	}
	if f.key {
		parts = append(parts, "primaryKey")
	}
	if f.unique {
		parts = append(parts, "unique")
	}
	return strings.Join(append(parts, f.tags...), ";")
}

// change notes what is different.
func (m *randModel) change(format string, args ...any) {
	m.changes = append(m.changes, fmt.Sprintf(format, args...))
}

func (m *randModel) mayFail(parts ...string) { m.may = append(m.may, parts...) }

// field is one that meets the condition, nil without one.
func (d *randDB) field(m *randModel, ok func(*randField) bool) *randField {
	var all []*randField
	for _, f := range m.fields {
		if ok(f) {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return pick(d.rnd, all...)
}

// id is the name of the column in the table.
func (f *randField) id() string {
	if f.old != nil {
		return f.old.name
	}
	return f.name
}

func isOld(f *randField) bool { return f.old != nil }

func isPlain(f *randField) bool { return f.old != nil && f.generated == "" && !f.key && !f.old.vector }

// newName is one that no column of the table or model has.
func (d *randDB) newName(m *randModel) string {
	taken := map[string]bool{}
	for _, f := range m.fields {
		taken[strings.ToLower(f.name)] = true
	}
	for _, c := range m.table.columns {
		taken[strings.ToLower(c.name)] = true
	}
	for _, n := range rowidNames {
		taken[n] = true // would hide the rowid from the comparison
	}
	return d.name(taken)
}

// columnType is a type for a column of the table.
func (d *randDB) columnType(t *randTable) string {
	if t.strict {
		return pick(d.rnd, strictTypes...)
	}
	return pick(d.rnd, anyTypes...)
}

// defaultFor is a constant that a column of the type can have.
func (d *randDB) defaultFor(t *randTable, typ string) string {
	if t.strict {
		switch strings.ToUpper(typ) {
		case "INT", "INTEGER":
			return pick(d.rnd, "5", "-3", "0")
		case "REAL":
			return pick(d.rnd, "1.5", "-3", "5.0")
		case "TEXT":
			return pick(d.rnd, "'text'", "'007'", "''", "'5'")
		case "BLOB":
			return "x'00ff'"
		}
	}
	return pick(d.rnd, plainDefaults...)
}
