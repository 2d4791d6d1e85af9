package migrator

import (
	"database/sql"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	gormmigrator "gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// GetIndexes lists the indexes of a table, without those of its UNIQUE
// constraints. An expression in an index stands among its columns as it is
// written.
func (m Migrator) GetIndexes(value any) (out []gorm.Index, err error) {
	err = m.RunWithValue(value, func(stmt *gorm.Statement) error {
		table, indexes, err := readIndexes(m.context(), m.DB.Statement.ConnPool, tableOf(stmt))
		if err == nil && table == "" {
			err = tableOf(stmt).none()
		}
		for _, i := range indexes {
			if err != nil || i.Origin == "u" {
				continue
			}
			out = append(out, &gormmigrator.Index{
				TableName: table, NameValue: i.Name, ColumnList: i.columns,
				PrimaryKeyValue: sql.NullBool{Bool: i.Origin == "pk", Valid: true},
				UniqueValue:     sql.NullBool{Bool: i.Unique, Valid: true},
			})
		}
		return err
	})
	return out, err
}

// HasIndex tells whether the table has an index of that name, or that of the
// model's field.
func (m Migrator) HasIndex(value any, name string) bool {
	return m.has(value, "pragma_index_list", func(stmt *gorm.Statement) string { return indexName(stmt, name) })
}

// indexName is the name of a field's index, or the name itself.
func indexName(stmt *gorm.Statement, name string) string {
	if stmt.Schema != nil {
		if idx := stmt.Schema.LookIndex(name); idx != nil {
			return whole(idx.Name)
		}
		if f := stmt.Schema.LookUpField(name); f != nil {
			if o, ok, _ := vectorOptions(f); ok {
				return vectorIndexName(stmt, o, f)
			}
		}
	}
	return name
}

// BuildIndexOptions writes the columns of an index.
func (m Migrator) BuildIndexOptions(opts []schema.IndexOption, _ *gorm.Statement) (out []any) {
	for _, o := range opts {
		col := quote(o.DBName)
		if o.Expression != "" {
			col = o.Expression
			if o.Collate != "" { // which binds tighter than the operators: a->>'$.b' COLLATE NOCASE would be a->>('$.b' COLLATE NOCASE)
				col = "(" + col + ")"
			}
		}
		if o.Collate != "" {
			col += " COLLATE " + o.Collate
		}
		if o.Sort != "" {
			col += " " + o.Sort
		}
		out = append(out, clause.Expr{SQL: col})
	}
	return out
}

// RenameIndex gives an index another name; what it is over, and that it is
// unique or partial, stays. SQLite makes it anew for that.
func (m Migrator) RenameIndex(value any, oldName, newName string) error {
	return m.change(value, func(l *live, d *differ, stmt *gorm.Statement) error {
		newName := indexName(stmt, newName)
		o, err := d.index(indexName(stmt, oldName))
		if err != nil || o.name == newName {
			return err
		}
		if err := checkName(newName); err != nil {
			return fmt.Errorf("libsql: table %q: index %q: renaming it to %q: %w", d.have.label(), o.name, newName, err)
		}
		if !same(o.name, newName) {
			if err := d.freeForIndex(l, newName); err != nil {
				return err
			}
		}
		parsed, err := ddl.ParseIndex(o.sql)
		if err != nil {
			return fmt.Errorf("libsql: table %q: index %q: its CREATE INDEX cannot be read, so it is left alone: %w", d.have.label(), o.name, err)
		}
		renamed := o.sql[:parsed.NameSpan.Start] + quote(newName) + o.sql[parsed.NameSpan.End:]
		if parsed, err = ddl.ParseIndex(renamed); err != nil {
			return err
		}
		d.out.drop = []object{o}
		d.out.dropReason = fmt.Sprintf("it gets the name %q", newName)
		d.out.create = []wantedIndex{{newName, renamed, parsed}}
		return nil
	})
}

// CreateIndex makes the index of a model, by its name or a field's. What
// SQLite does not have is left out of it, as gorm.io/driver/sqlite leaves it
// out: type, length, comment and option. A class is UNIQUE or an error.
func (m Migrator) CreateIndex(value any, name string) error {
	return m.change(value, func(l *live, d *differ, stmt *gorm.Statement) error {
		indexed := indexName(stmt, name)
		if d.want != nil {
			for _, w := range d.want.indexes {
				if same(w.name, indexed) {
					d.out.create = []wantedIndex{w}
				}
			}
		}
		if d.out.create == nil {
			return fmt.Errorf("libsql: table %q: the model has no index %q", d.have.label(), name)
		}
		return d.freeForIndex(l, indexed)
	})
}

// DropIndex drops an index of the table, by its name or a field's. One that a
// foreign key of another table needs is an error.
func (m Migrator) DropIndex(value any, name string) error {
	return m.change(value, func(_ *live, d *differ, stmt *gorm.Statement) error {
		o, err := d.index(indexName(stmt, name))
		if err != nil {
			return err
		}
		d.out.drop, d.out.dropReason = []object{o}, "it is to be dropped"
		return nil
	})
}

// index is the table's index of a name.
func (d *differ) index(name string) (object, error) {
	for _, o := range d.have.indexes {
		if same(o.name, name) {
			return o, nil
		}
	}
	return object{}, fmt.Errorf("libsql: table %q: it has no index %q", d.have.label(), name)
}

// freeForIndex refuses a name that something has: names of indexes are names
// of the whole schema.
func (d *differ) freeForIndex(l *live, name string) error {
	o, taken := l.indexes[key(d.have.schema, name)]
	switch {
	case taken && same(o.table, d.have.name):
		return fmt.Errorf("libsql: table %q: it has an index %q already", d.have.label(), o.name)
	case taken:
		return takenIndex(o.name, target{schema: o.schema, name: o.table}, d.have.target)
	}
	if t := l.find(target{schema: d.have.schema, name: name}); t != nil {
		return fmt.Errorf("libsql: table %q: index %q: there is a %s of that name", d.have.label(), name, t.kind)
	}
	return nil
}
