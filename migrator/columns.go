package migrator

import (
	"context"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/pragma"
)

// ColumnTypes lists the columns of a table or view as it is. Unique tells
// what a UNIQUE constraint makes unique alone, not what a unique index does,
// as with GORM's other databases. SQLite keeps no comments.
func (m Migrator) ColumnTypes(value any) (types []gorm.ColumnType, err error) {
	err = m.look(value, func(ctx context.Context, q pragma.Querier, t *pragma.Table, stmt *gorm.Statement) error {
		if t == nil {
			return tableOf(stmt).none()
		}
		columns, err := pragma.TableInfo(ctx, q, t.Schema, t.Name)
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
		key, counts := l.rowid(target{schema: t.Schema, name: t.Name})
		for _, c := range columns {
			if c.Hidden != pragma.HiddenColumn {
				isKey := same(c.Name, key)
				types = append(types, columnType(c, unique[lower(c.Name)], isKey, isKey && counts, t.Strict))
			}
		}
		return nil
	})
	return types, err
}

// uniqueColumns are the columns that a UNIQUE constraint covers alone.
func uniqueColumns(ctx context.Context, q pragma.Querier, t *pragma.Table) (map[string]bool, error) {
	out := map[string]bool{}
	_, indexes, err := readIndexes(ctx, q, target{schema: t.Schema, name: t.Name})
	for _, i := range indexes {
		if i.Origin == "u" && len(i.columns) == 1 {
			out[lower(i.columns[0])] = true
		}
	}
	return out, err
}

// rowid is the column that is another name of the rowid, "" without one, and
// whether it is AUTOINCREMENT.
func (l *live) rowid(t target) (column string, counts bool) {
	have := l.read(t)
	if have == nil {
		return "", false
	}
	i := rowidColumn(have.ddl)
	if i < 0 {
		return "", false
	}
	return have.ddl.Columns[i].Name, autoIncrement(have.ddl)
}
