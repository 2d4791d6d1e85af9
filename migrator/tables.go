package migrator

import (
	"context"
	"strings"

	"gorm.io/gorm"
	gormmigrator "gorm.io/gorm/migrator"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/pragma"
)

// GetTables lists the user's tables of the file that was opened: not views, not
// virtual tables, and not those that SQLite, libSQL, a virtual table or ExecFS
// keep for themselves.
func (m Migrator) GetTables() (names []string, err error) {
	ctx, q := m.context(), m.DB.Statement.ConnPool
	tables, err := pragma.TableList(ctx, q, "")
	if err != nil {
		return nil, err
	}
	l, err := readLive(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		own := strings.HasPrefix(lower(t.Name), "sqlite_") || same(t.Name, driver.FilesTable) || l.vectors(target{schema: t.Schema, name: t.Name}) ||
			l.ofFullText(target{schema: t.Schema, name: t.Name})
		if t.Schema == "main" && t.Type == "table" && !own {
			names = append(names, t.Name)
		}
	}
	return names, nil
}

// TableType is the schema, the name and the type of a table: "table", "view",
// "virtual" or "shadow". SQLite keeps no comments.
func (m Migrator) TableType(value any) (out gorm.TableType, err error) {
	err = m.look(value, func(_ context.Context, _ pragma.Querier, t *pragma.Table, stmt *gorm.Statement) error {
		if t == nil {
			return tableOf(stmt).none()
		}
		out = gormmigrator.TableType{SchemaValue: t.Schema, NameValue: t.Name, TypeValue: t.Type}
		return nil
	})
	return out, err
}

// GetTypeAliases are other names of a type under which AutoMigrate would
// leave a column alone: none, for SQLite keeps the name that a column was
// declared with and gives each its meaning (INT is no INTEGER in a primary
// key), so that a type of another name is another type.
func (m Migrator) GetTypeAliases(string) []string { return nil }
