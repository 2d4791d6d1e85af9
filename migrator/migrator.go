package migrator

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	gormmigrator "gorm.io/gorm/migrator"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/pragma"
)

// Migrator is the gorm.Migrator for libSQL.
type Migrator struct {
	gormmigrator.Migrator
}

var _ gorm.Migrator = Migrator{}

// unsupported is the error of a change that needs the table to be rebuilt.
func unsupported(table, what, reason string) error {
	return fmt.Errorf("libsql: table %q: %s is %w yet: %s; nothing was changed", table, what, driver.ErrUnsupported, reason)
}

// target is a table as the schema knows it.
type target struct{ schema, name string }

// tableOf is the table of the statement; most are named without a schema.
func tableOf(stmt *gorm.Statement) target {
	schema, table := sqltext.SplitName(stmt.Table)
	if schema == "" && stmt.TableExpr != nil {
		// stmt.Table has lost the schema of db.Table("schema.table").
		if s, t, ok := sqltext.FirstTable(stmt.TableExpr.SQL); ok && t == table {
			schema = s
		}
	}
	return target{schema, table}
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

// CreateTable makes the tables of the models, with their indexes.
func (m Migrator) CreateTable(values ...any) error {
	for _, value := range values {
		err := m.RunWithValue(value, func(stmt *gorm.Statement) error {
			if stmt.Schema == nil {
				return fmt.Errorf("libsql: create table: %v is no model", value)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return m.Migrator.CreateTable(values...)
}

// AddColumn adds the column of a field. SQLite adds no column that is UNIQUE
// or part of the primary key, and no NOT NULL column without a default to a
// table that has rows.
func (m Migrator) AddColumn(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		if stmt.Schema == nil {
			return fmt.Errorf("libsql: add column %q: %v is no model", name, value)
		}
		f := stmt.Schema.LookUpField(name)
		switch t := tableOf(stmt); {
		case f == nil:
			return fmt.Errorf("libsql: table %q: the model has no field %q", t.name, name)
		case f.PrimaryKey:
			return unsupported(t.name, "adding the primary key column "+f.DBName, "the table has to be rebuilt")
		case f.Unique:
			return unsupported(t.name, "adding the unique column "+f.DBName, "the table has to be rebuilt; a uniqueIndex tag works")
		}
		return m.Migrator.AddColumn(value, name)
	})
}

// DropColumn drops a column, with ALTER TABLE: SQLite refuses one that an
// index, a constraint, a trigger or a view uses.
func (m Migrator) DropColumn(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return m.DB.Exec("ALTER TABLE ? DROP COLUMN ?", m.CurrentTable(stmt), clause.Column{Name: columnName(stmt, name)}).Error
	})
}

// AlterColumn is not supported yet.
func (m Migrator) AlterColumn(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return unsupported(tableOf(stmt).name, "altering the column "+columnName(stmt, name), "the table has to be rebuilt")
	})
}

// CreateConstraint is not supported yet: constraints are made with the table.
func (m Migrator) CreateConstraint(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return unsupported(tableOf(stmt).name, "adding the constraint "+name, "the table has to be rebuilt")
	})
}

// DropConstraint is not supported yet.
func (m Migrator) DropConstraint(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return unsupported(tableOf(stmt).name, "dropping the constraint "+name, "the table has to be rebuilt")
	})
}

// HasConstraint tells whether the table has a constraint of that name.
func (m Migrator) HasConstraint(value any, name string) bool {
	found := false
	m.noteError(m.look(value, func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error {
		if c, table := m.GuessConstraintInterfaceAndTable(stmt, name); c != nil {
			name = c.GetName()
			if table != "" && table != stmt.Table {
				t = target{t.schema, table}
			}
		}
		ddl, err := tableSQL(ctx, q, t)
		found = namesConstraint(ddl, name)
		return err
	}))
	return found
}

// tableSQL is the text of CREATE TABLE, "" when there is no such table.
func tableSQL(ctx context.Context, q pragma.Querier, t target) (ddl string, err error) {
	schemaTable := "sqlite_schema"
	if t.schema != "" {
		schemaTable = quote(t.schema) + ".sqlite_schema"
	}
	rows, err := q.QueryContext(ctx, "SELECT sql FROM "+schemaTable+" WHERE type = 'table' AND name = ? COLLATE NOCASE", t.name)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&ddl); err != nil {
			return "", err
		}
	}
	return ddl, rows.Err()
}

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
