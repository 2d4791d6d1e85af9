package migrator

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"
	gormmigrator "gorm.io/gorm/migrator"

	"github.com/gorm-libsql/libsql/pragma"
)

// GetTables lists the user's tables: not views, not virtual tables, and not
// those that SQLite, libSQL or a virtual table keep for themselves.
func (m Migrator) GetTables() (names []string, err error) {
	ctx, q := m.context(), m.DB.Statement.ConnPool
	tables, err := pragma.TableList(ctx, q, "")
	if err != nil {
		return nil, err
	}
	vectors, err := vectorIndexes(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		lower := strings.ToLower(t.Name)
		own := strings.HasPrefix(lower, "sqlite_") || lower == "libsql_vector_meta_shadow" ||
			vectors[strings.TrimSuffix(lower, "_shadow")] && strings.HasSuffix(lower, "_shadow")
		if t.Schema == "main" && t.Type == "table" && !own {
			names = append(names, t.Name)
		}
	}
	return names, nil
}

// vectorIndexes are the names of libSQL's vector indexes, each of which keeps
// an ordinary table NAME_shadow.
func vectorIndexes(ctx context.Context, q pragma.Querier) (map[string]bool, error) {
	rows, err := q.QueryContext(ctx, "SELECT lower(name) FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%libsql_vector_idx%'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out[name] = true
	}
	return out, rows.Err()
}

// TableType is the schema, the name and the type of a table: "table", "view",
// "virtual" or "shadow". SQLite keeps no comments.
func (m Migrator) TableType(value any) (out gorm.TableType, err error) {
	err = m.look(value, func(ctx context.Context, q pragma.Querier, t target, _ *gorm.Statement) error {
		tables, err := pragma.TableList(ctx, q, t.name)
		if err != nil {
			return err
		}
		for _, x := range tables {
			if t.schema == "" || same(t.schema, x.Schema) {
				out = gormmigrator.TableType{SchemaValue: x.Schema, NameValue: x.Name, TypeValue: x.Type}
				return nil
			}
		}
		return fmt.Errorf("libsql: table %q: there is none of that name", t.label())
	})
	return out, err
}

// GetTypeAliases are other names of a type: none, for SQLite keeps the name
// that a column was declared with.
func (m Migrator) GetTypeAliases(string) []string { return nil }

// CreateView makes a view of a query. With Replace, one of that name is
// dropped in the same transaction: SQLite has no CREATE OR REPLACE.
func (m Migrator) CreateView(name string, option gorm.ViewOption) error {
	if !option.Replace || option.Query == nil {
		return m.Migrator.CreateView(name, option)
	}
	option.Replace = false
	return m.DB.Transaction(func(tx *gorm.DB) error {
		base := m.Migrator
		base.DB = tx
		if err := base.DropView(name); err != nil {
			return err
		}
		return base.CreateView(name, option)
	})
}
