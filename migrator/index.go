package migrator

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	gormmigrator "gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
	"github.com/gorm-libsql/libsql/pragma"
)

// GetIndexes lists the indexes of a table, without those of its UNIQUE
// constraints. An expression in an index stands among its columns as it is
// written.
func (m Migrator) GetIndexes(value any) (out []gorm.Index, err error) {
	err = m.look(value, func(ctx context.Context, q pragma.Querier, t *pragma.Table, stmt *gorm.Statement) error {
		if t == nil {
			return tableOf(stmt).none()
		}
		indexes, err := pragma.IndexList(ctx, q, t.Schema, t.Name)
		if err != nil {
			return err
		}
		for _, i := range indexes {
			if i.Origin == "u" {
				continue
			}
			names, err := keyColumns(ctx, q, t.Schema, i.Name)
			if err != nil {
				return err
			}
			out = append(out, &gormmigrator.Index{
				TableName: t.Name, NameValue: i.Name, ColumnList: names,
				PrimaryKeyValue: sql.NullBool{Bool: i.Origin == "pk", Valid: true},
				UniqueValue:     sql.NullBool{Bool: i.Unique, Valid: true},
			})
		}
		return nil
	})
	return out, err
}

// keyColumns are the columns and expressions of an index.
func keyColumns(ctx context.Context, q pragma.Querier, schemaName, index string) (names []string, err error) {
	columns, err := pragma.IndexInfo(ctx, q, schemaName, index)
	if err != nil {
		return nil, err
	}
	var parsed *ddl.Index
	for i, c := range columns {
		switch {
		case !c.Key:
			continue
		case c.Name.Valid:
			names = append(names, c.Name.String)
			continue
		case parsed == nil:
			var text string
			query := "SELECT sql FROM " + quote(schemaName) + ".sqlite_master WHERE type = 'index' AND name = ?"
			if err := scanAll(ctx, q, query, []any{index}, func(scan scanner) error { return scan(&text) }); err != nil {
				return nil, err
			}
			if parsed, err = ddl.ParseIndex(text); err != nil {
				return nil, fmt.Errorf("libsql: index %q: its CREATE INDEX cannot be read: %w", index, err)
			}
		}
		if i < len(parsed.Columns) {
			names = append(names, parsed.Columns[i].Expr)
		}
	}
	return names, nil
}

// HasIndex tells whether the table has an index of that name, or that of the
// model's field.
func (m Migrator) HasIndex(value any, name string) bool {
	found := false
	m.noteError(m.look(value, func(ctx context.Context, q pragma.Querier, t *pragma.Table, stmt *gorm.Statement) error {
		if t == nil {
			return nil
		}
		indexes, err := pragma.IndexList(ctx, q, t.Schema, t.Name)
		for _, i := range indexes {
			found = found || same(i.Name, indexName(stmt, name))
		}
		return err
	}))
	return found
}

// indexName is the name of a field's index, or the name itself.
func indexName(stmt *gorm.Statement, name string) string {
	if stmt.Schema != nil {
		if idx := stmt.Schema.LookIndex(name); idx != nil {
			return idx.Name
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
