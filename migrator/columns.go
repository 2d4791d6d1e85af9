package migrator

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/pragma"
)

// ColumnTypes lists the columns of a table as it is.
func (m Migrator) ColumnTypes(value any) (types []gorm.ColumnType, err error) {
	err = m.look(value, func(ctx context.Context, q pragma.Querier, t target, _ *gorm.Statement) error {
		columns, err := pragma.TableInfo(ctx, q, t.schema, t.name)
		if err != nil {
			return err
		}
		unique, err := uniqueColumns(ctx, q, t)
		if err != nil {
			return err
		}
		l, err := readLive(ctx, q)
		if err != nil {
			return err
		}
		counts := l.counts(t)
		for _, c := range columns {
			if c.Hidden != pragma.HiddenColumn {
				types = append(types, columnType(c, unique[strings.ToLower(c.Name)], counts))
			}
		}
		return nil
	})
	return types, err
}

// uniqueColumns are the columns that a UNIQUE constraint covers alone.
func uniqueColumns(ctx context.Context, q pragma.Querier, t target) (map[string]bool, error) {
	out := map[string]bool{}
	indexes, err := pragma.IndexList(ctx, q, t.schema, t.name)
	if err != nil {
		return nil, err
	}
	for _, i := range indexes {
		if i.Origin != "u" {
			continue
		}
		names, err := keyColumns(ctx, q, t.schema, i.Name)
		if err != nil {
			return nil, err
		}
		if len(names) == 1 {
			out[strings.ToLower(names[0])] = true
		}
	}
	return out, nil
}

func keyColumns(ctx context.Context, q pragma.Querier, schemaName, index string) (names []string, err error) {
	columns, err := pragma.IndexInfo(ctx, q, schemaName, index)
	for _, c := range columns {
		if c.Key {
			names = append(names, c.Name.String)
		}
	}
	return names, err
}

// counts tells whether the table's key is AUTOINCREMENT.
func (l *live) counts(t target) bool {
	have := l.find(t)
	return have != nil && have.kind == "table" && !have.virtual() && have.parse() == nil && autoIncrement(have.ddl)
}
