package migrator

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/ftsindex"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// model is a table as a GORM model wants it: read from the very CREATE TABLE
// that the model makes, so that a table is compared with a table.
type model struct {
	target
	sql     string     // CREATE TABLE, without the schema
	ddl     *ddl.Table // nil before parse
	options string     // of db.Set("gorm:table_options", …)
	columns []string   // of the fields; nil when a text is all there is
	indexes []wantedIndex

	fullText   *ftsindex.Index // of the tags fts, nil without
	integerKey bool            // with it: that the key is the rowid

	// uniqueName is the name that GORM gives to the UNIQUE of a column: it
	// goes when the model drops the tag.
	uniqueName func(column string) string
	// stated are the actions of foreign keys that the model spells out.
	stated map[string]bool
	// quirk is the one key column that gorm.io/driver/sqlite makes of a
	// composite key with an auto-increment in it, "" without.
	quirk string
}

type wantedIndex struct {
	name string
	sql  string     // CREATE INDEX, without the schema
	ddl  *ddl.Index // nil before parse
}

// parse reads the texts that the model makes, once. A table that is as the
// model wants it is known by the texts alone.
func (w *model) parse() (err error) {
	if w.ddl != nil {
		return nil
	}
	if w.ddl, err = ddl.ParseTable(w.sql); err != nil {
		return fmt.Errorf("libsql: table %q: the model makes a CREATE TABLE that is none: %w", w.name, err)
	}
	for i, c := range w.ddl.Columns {
		if w.columns != nil && (i >= len(w.columns) || c.Name != w.columns[i]) {
			return fmt.Errorf("libsql: table %q: a type makes the %s, which no field has", w.name, column(c.Name))
		}
	}
	for i, x := range w.indexes {
		if w.indexes[i].ddl, err = ddl.ParseIndex(x.sql); err != nil {
			return fmt.Errorf("libsql: table %q: index %q: the model makes a CREATE INDEX that is none: %w", w.name, x.name, err)
		}
	}
	return nil
}

func noModel(value any) error { return fmt.Errorf("libsql: %v is no model", value) }

// wanted is what a model wants. strict says that the table is STRICT already.
func (m Migrator) wanted(value any, strict func(target) bool) (*model, error) {
	var out *model
	err := m.RunWithValue(value, func(stmt *gorm.Statement) (err error) {
		if stmt.Schema == nil {
			return noModel(value)
		}
		out, err = m.wantedBy(stmt, strict)
		return err
	})
	return out, err
}

func (m Migrator) wantedBy(stmt *gorm.Statement, strict func(target) bool) (*model, error) {
	w := &model{target: tableOf(stmt), stated: map[string]bool{}}
	w.uniqueName = func(column string) string { return m.DB.NamingStrategy.UniqueName(stmt.Table, column) }
	if w.name == "" {
		return nil, fmt.Errorf("libsql: %s: the model has no table: name its type, or the table with db.Table", stmt.Schema)
	}
	if strings.ContainsRune(w.name, 0) {
		return nil, fmt.Errorf("libsql: table %q: a name cannot hold a NUL byte", w.name)
	}
	if o, ok := m.DB.Get("gorm:table_options"); ok {
		w.options = fmt.Sprint(o)
	}
	isStrict := strict(w.target) || hasWord(w.options, "STRICT")

	parts, err := m.columnDefinitions(stmt, w, isStrict)
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("libsql: table %q: the model has no column", w.name)
	}
	for _, c := range m.foreignKeysOf(stmt) {
		if err := w.refuseOtherSchema(c); err != nil {
			return nil, err
		}
		parts = append(parts, built(stmt, c))
		w.stated[lower(c.Name)] = c.OnDelete != "" || c.OnUpdate != ""
	}
	uniques := stmt.Schema.ParseUniqueConstraints()
	for _, name := range sortedKeys(uniques) {
		u := uniques[name]
		parts = append(parts, built(stmt, &u))
	}
	checks := stmt.Schema.ParseCheckConstraints()
	for _, f := range stmt.Schema.FieldsByDBName { // GORM keeps one of a name
		if f.TagSettings["CHECK"] != "" && !slices.ContainsFunc(sortedKeys(checks), func(name string) bool { return checks[name].Field == f }) {
			return nil, fmt.Errorf("libsql: table %q: the check of %s has the name of another field's: give one of them another name", w.name, column(f.DBName))
		}
	}
	for _, name := range sortedKeys(checks) {
		c := checks[name]
		parts = append(parts, built(stmt, &c))
	}
	w.sql = "CREATE TABLE " + quote(w.name) + " (" + strings.Join(parts, ",") + ")" + w.options
	if f := stmt.Schema.PrioritizedPrimaryField; f != nil && f.AutoIncrement && len(stmt.Schema.PrimaryFields) > 1 {
		w.quirk = f.DBName
	}
	return w, m.wantIndexes(stmt, w)
}

// columnDefinitions are the columns of CREATE TABLE, and the primary key.
func (m Migrator) columnDefinitions(stmt *gorm.Statement, w *model, strict bool) (parts []string, err error) {
	types := m.DB.Migrator() // which may be a type that embeds this one
	fields := map[string]*schema.Field{}
	hasKey := false
	for _, dbName := range stmt.Schema.DBNames {
		f := stmt.Schema.FieldsByDBName[dbName]
		if f.IgnoreMigration {
			continue
		}
		if twin := fields[lower(dbName)]; twin != nil {
			return nil, fmt.Errorf("libsql: table %q: the fields %s and %s are one column, %q: SQLite's names have no case",
				w.name, twin.Name, f.Name, dbName)
		}
		if strings.ContainsRune(dbName, 0) {
			return nil, fmt.Errorf("libsql: table %q: the column %q of the field %s: a name cannot hold a NUL byte", w.name, dbName, f.Name)
		}
		fields[lower(dbName)] = f
		expr := types.FullDataTypeOf(f)
		definition := build(stmt, expr.SQL, expr.Vars)
		for _, twin := range stmt.Schema.Fields {
			if twin == f || twin.DBName != dbName || hides(f, twin) {
				continue
			}
			if expr := types.FullDataTypeOf(twin); build(stmt, expr.SQL, expr.Vars) != definition {
				return nil, fmt.Errorf("libsql: table %q: the fields %s and %s are one column, %q, and differ", w.name, f.Name, twin.Name, dbName)
			}
		}
		if t, ok := m.Dialector.(Engine); ok && strict {
			definition = t.StrictType(f, definition)
		}
		if err := checkVector(f, m.DataTypeOf(f)); err != nil {
			return nil, fmt.Errorf("libsql: table %q: %s: %w", w.name, column(dbName), err)
		}
		hasKey = hasKey || hasKeyInside(definition)
		w.columns = append(w.columns, dbName)
		parts = append(parts, quote(dbName)+" "+definition)
	}
	if !hasKey && len(stmt.Schema.PrimaryFields) > 0 {
		var key []string
		for _, f := range stmt.Schema.PrimaryFields {
			if f.IgnoreMigration {
				return nil, fmt.Errorf("libsql: table %q: the field %s is in the primary key, and is not migrated", w.name, f.Name)
			}
			key = append(key, quote(f.DBName))
		}
		parts = append(parts, "PRIMARY KEY ("+strings.Join(key, ",")+")")
	}
	return parts, nil
}

// hides tells whether a field of the same column has no say: one of an
// embedded struct, which the outer one hides, or one that is read or written alone.
func hides(f, twin *schema.Field) bool {
	writes := func(f *schema.Field) bool { return f.Creatable || f.Updatable }
	return len(f.BindNames) != len(twin.BindNames) || twin.IgnoreMigration || !writes(twin) || !twin.Readable
}

func hasKeyInside(definition string) bool {
	if !hasWord(definition, "PRIMARY") {
		return false
	}
	d, err := ddl.ParseTable("CREATE TABLE t (c " + definition + ")")
	return err == nil && len(d.Columns) > 0 && has(d.Columns[0].Constraints, ddl.PrimaryKey)
}

func has(constraints []ddl.Constraint, kind ddl.Kind) bool {
	return slices.ContainsFunc(constraints, func(c ddl.Constraint) bool { return c.Kind == kind })
}

// foreignKeysOf are the foreign keys of the model's own table, in the order
// of their names.
func (m Migrator) foreignKeysOf(stmt *gorm.Statement) (out []*schema.Constraint) {
	if m.DB.DisableForeignKeyConstraintWhenMigrating || m.DB.IgnoreRelationshipsWhenMigrating {
		return nil
	}
	for _, rel := range stmt.Schema.Relationships.Relations {
		if rel.Field.IgnoreMigration {
			continue
		}
		if c := rel.ParseConstraint(); c != nil && c.Schema == stmt.Schema {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *schema.Constraint) int { return strings.Compare(a.Name, b.Name) })
	// Two relations over the same columns, such as a has-many and its
	// belongs-to, are one constraint.
	return slices.CompactFunc(out, func(a, b *schema.Constraint) bool { return a.Name == b.Name })
}

// built is the text of a constraint.
func built(stmt *gorm.Statement, c schema.ConstraintInterface) string {
	named := "CONSTRAINT " + quote(whole(c.GetName()))
	switch c := c.(type) {
	case *schema.UniqueConstraint:
		return named + " UNIQUE (" + quote(c.Field.DBName) + ")"
	case *schema.CheckConstraint:
		return named + " CHECK (" + c.Constraint + ")"
	case *schema.Constraint:
		// SQLite takes no schema here: the other table is in the same one.
		_, table := sqltext.SplitName(c.ReferenceSchema.Table)
		text := named + " FOREIGN KEY " + quotedList(c.ForeignKeys) + " REFERENCES " + quote(table) + quotedList(c.References)
		if c.OnDelete != "" {
			text += " ON DELETE " + c.OnDelete
		}
		if c.OnUpdate != "" {
			text += " ON UPDATE " + c.OnUpdate
		}
		return text
	}
	sql, vars := c.Build()
	return build(stmt, sql, vars)
}

func quotedList(fields []*schema.Field) string {
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		names = append(names, quote(f.DBName))
	}
	return "(" + strings.Join(names, ",") + ")"
}

// refuseOtherSchema refuses a foreign key to a table that names another schema.
func (t target) refuseOtherSchema(c schema.ConstraintInterface) error {
	fk, ok := c.(*schema.Constraint)
	if !ok {
		return nil
	}
	of := t.schema
	if of == "" {
		of = "main"
	}
	if parent, _ := sqltext.SplitName(fk.ReferenceSchema.Table); parent != "" && !same(parent, of) {
		return unsupported(t.label(), fmt.Sprintf("the foreign key %q to %q", fk.Name, fk.ReferenceSchema.Table),
			"that is another schema: give the relation the tag constraint:-")
	}
	return nil
}

// build writes an expression whose values are names and expressions.
func build(stmt *gorm.Statement, sql string, vars []any) string {
	if len(vars) == 0 {
		return sql
	}
	s := &gorm.Statement{DB: stmt.DB, Table: stmt.Table, Schema: stmt.Schema, Clauses: map[string]clause.Clause{}}
	clause.Expr{SQL: sql, Vars: vars}.Build(s)
	return s.SQL.String()
}

// wantIndexes adds the indexes of the model.
func (m Migrator) wantIndexes(stmt *gorm.Statement, w *model) error {
	for _, idx := range stmt.Schema.ParseIndexes() {
		idx.Name = whole(idx.Name)
		sql, err := m.indexSQL(stmt, idx)
		if err != nil {
			return err
		}
		for _, other := range w.indexes {
			if same(other.name, idx.Name) {
				return fmt.Errorf("libsql: table %q: two indexes have the name %q: SQLite's names have no case", w.name, idx.Name)
			}
		}
		w.indexes = append(w.indexes, wantedIndex{name: idx.Name, sql: sql})
	}
	if err := m.wantFullText(stmt, w); err != nil {
		return err
	}
	return m.wantVectorIndexes(stmt, w)
}

// indexSQL is the CREATE INDEX of an index, without the schema.
func (m Migrator) indexSQL(stmt *gorm.Statement, idx *schema.Index) (string, error) {
	class := strings.ToUpper(idx.Class)
	if class != "" && class != "UNIQUE" {
		return "", fmt.Errorf("libsql: table %q: index %q: SQLite has no class %s; UNIQUE is the only one", stmt.Table, idx.Name, idx.Class)
	}
	if strings.ContainsRune(idx.Name, 0) {
		return "", fmt.Errorf("libsql: table %q: index %q: a name cannot hold a NUL byte", stmt.Table, idx.Name)
	}
	create := "CREATE "
	if class != "" {
		create += class + " "
	}
	builder, ok := m.DB.Migrator().(interface {
		BuildIndexOptions([]schema.IndexOption, *gorm.Statement) []any
	})
	if !ok {
		builder = m
	}
	create += "INDEX " + quote(idx.Name) + " ON " + quote(tableOf(stmt).name) +
		build(stmt, " ?", []any{builder.BuildIndexOptions(idx.Fields, stmt)})
	if idx.Where != "" {
		create += " WHERE " + idx.Where
	}
	return create, nil
}

func hasWord(text, word string) bool {
	for tok := range sqltext.Tokens(text) {
		if tok.Is(text, word) {
			return true
		}
	}
	return false
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
