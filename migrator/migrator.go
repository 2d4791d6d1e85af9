package migrator

import (
	"context"
	"strings"

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

// target is a table by its name. twin tells that a table of temp has the same
// name, so that one of main has to be named with its schema.
type target struct {
	schema, name string
	twin         bool
}

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

// look calls fn with the table of value and a way to ask questions that is
// the connection of the transaction, where there is one. DryRun reads too.
func (m Migrator) look(value any, fn func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return fn(m.context(), m.DB.Statement.ConnPool, tableOf(stmt), stmt)
	})
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
	m.noteError(m.look(value, func(ctx context.Context, q pragma.Querier, t target, _ *gorm.Statement) error {
		tables, err := pragma.TableList(ctx, q, t.name)
		for _, x := range tables {
			found = found || x.Type != "view" && (t.schema == "" || strings.EqualFold(t.schema, x.Schema))
		}
		return err
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

// HasColumn tells whether the table has a column of that field or name,
// compared as SQLite compares names.
func (m Migrator) HasColumn(value any, name string) bool {
	found := false
	m.noteError(m.look(value, func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error {
		columns, err := pragma.TableInfo(ctx, q, t.schema, t.name)
		for _, c := range columns {
			found = found || strings.EqualFold(c.Name, columnName(stmt, name))
		}
		return err
	}))
	return found
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

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
