package migrator

import (
	"context"
	"fmt"

	"gorm.io/gorm"
	gormmigrator "gorm.io/gorm/migrator"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/pragma"
)

// Migrator is the gorm.Migrator for libSQL. A type of your own may embed it.
type Migrator struct {
	gormmigrator.Migrator

	// OnMigrate, if there is one, is told of each step of a migration as it
	// begins, and of the rows of a long copy. It is called from one goroutine
	// at a time, not always the same, and must not use the database.
	OnMigrate func(Event)
}

var _ gorm.Migrator = Migrator{}

// tableOf is the table of the statement; most are named without a schema.
func tableOf(stmt *gorm.Statement) target {
	schema, table := sqltext.SplitName(stmt.Table)
	if schema == "" && stmt.TableExpr != nil {
		// stmt.Table has lost the schema of db.Table("schema.table"), and a
		// name in quotes altogether. For a name that a method was given, the
		// expression is another table's.
		if s, t, ok := sqltext.FirstTable(stmt.TableExpr.SQL); ok && (t == table || stmt.Schema != nil) {
			schema, table = s, t
		}
	}
	return target{schema: schema, name: table}
}

// look calls fn with the table or view of value, nil when there is none, and a
// way to ask questions that is the connection of the transaction, where there
// is one. DryRun reads too.
func (m Migrator) look(value any, fn func(ctx context.Context, q pragma.Querier, t *pragma.Table, stmt *gorm.Statement) error) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		ctx, q := m.context(), m.DB.Statement.ConnPool
		t, err := tableIn(ctx, q, tableOf(stmt))
		if err != nil {
			return err
		}
		return fn(ctx, q, t, stmt)
	})
}

// tableIn is the table or view of a name, looked up as SQLite does it: temp,
// main, then the attached ones.
func tableIn(ctx context.Context, q pragma.Querier, t target) (found *pragma.Table, err error) {
	if checkName(t.name) != nil {
		return nil, nil // PRAGMAs take another name for it
	}
	tables, err := pragma.TableList(ctx, q, t.name)
	for _, x := range tables { // main, temp, and the attached ones
		if t.schema == "" && (found == nil || x.Schema == "temp") || same(t.schema, x.Schema) {
			found = &x
		}
	}
	return found, err
}

// none is the error of a table that is not there.
func (t target) none() error {
	return fmt.Errorf("libsql: table %q: there is none of that name", t.label())
}

func (m Migrator) context() context.Context {
	if ctx := m.DB.Statement.Context; ctx != nil {
		return ctx
	}
	return context.Background()
}

// HasTable tells whether there is a table of that name; a view is none. It is
// false when the database cannot be asked.
func (m Migrator) HasTable(value any) bool {
	found := false
	m.noteError(m.look(value, func(_ context.Context, _ pragma.Querier, t *pragma.Table, _ *gorm.Statement) error {
		found = t != nil && t.Type != "view"
		return nil
	}))
	return found
}

// noteError keeps an error where a method of gorm.Migrator has no result for
// it.
func (m Migrator) noteError(err error) {
	if err != nil {
		m.DB.AddError(err)
	}
}

// CurrentDatabase is "main", the schema of the file that was opened.
func (m Migrator) CurrentDatabase() string { return "main" }

// HasColumn tells whether the table or view has a column of that field or
// name, compared as SQLite compares names.
func (m Migrator) HasColumn(value any, name string) bool {
	return m.has(value, "pragma_table_xinfo", func(stmt *gorm.Statement) string { return columnName(stmt, name) })
}

// columnName is the column of a field, or the name itself.
func columnName(stmt *gorm.Statement, name string) string {
	if stmt.Schema != nil {
		if f := stmt.Schema.LookUpField(name); f != nil {
			return f.DBName
		}
	}
	return name
}

func quote(name string) string { return sqltext.Backquote(name) }
