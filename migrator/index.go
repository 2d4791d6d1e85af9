package migrator

import (
	"context"
	"database/sql"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	gormmigrator "gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/pragma"
)

// GetIndexes lists the indexes of a table, without those of its UNIQUE
// constraints.
func (m Migrator) GetIndexes(value any) (out []gorm.Index, err error) {
	err = m.look(value, func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error {
		indexes, err := pragma.IndexList(ctx, q, t.schema, t.name)
		if err != nil {
			return err
		}
		for _, i := range indexes {
			if i.Origin == "u" {
				continue
			}
			names, err := keyColumns(ctx, q, t.schema, i.Name)
			if err != nil {
				return err
			}
			out = append(out, &gormmigrator.Index{
				TableName: stmt.Table, NameValue: i.Name, ColumnList: names,
				PrimaryKeyValue: sql.NullBool{Bool: i.Origin == "pk", Valid: true},
				UniqueValue:     sql.NullBool{Bool: i.Unique, Valid: true},
			})
		}
		return nil
	})
	return out, err
}

// HasIndex tells whether the table has an index of that name.
func (m Migrator) HasIndex(value any, name string) bool {
	found := false
	m.noteError(m.look(value, func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error {
		indexes, err := pragma.IndexList(ctx, q, t.schema, t.name)
		for _, i := range indexes {
			found = found || strings.EqualFold(i.Name, indexName(stmt, name))
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
func (m Migrator) BuildIndexOptions(opts []schema.IndexOption, stmt *gorm.Statement) (out []any) {
	for _, o := range opts {
		col := stmt.Quote(o.DBName)
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

// DropIndex drops an index by the field or by its name.
func (m Migrator) DropIndex(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		drop := "DROP INDEX "
		if t := tableOf(stmt); t.schema != "" {
			drop += quote(t.schema) + "."
		}
		return m.DB.Exec(drop+"?", clause.Column{Name: indexName(stmt, name)}).Error
	})
}
