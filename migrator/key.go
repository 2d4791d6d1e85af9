package migrator

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/pragma"
)

// reportKeys tells the logger of tables that were made with one column of a
// composite key that has an auto-increment in it, as gorm.io/driver/sqlite
// makes them. Such a table stays as it is.
func (m Migrator) reportKeys(values ...any) error {
	for _, value := range m.ReorderModels(values, true) { // with those that they depend on
		err := m.look(value, func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error {
			s := stmt.Schema
			if s == nil || len(s.PrimaryFields) < 2 || s.PrioritizedPrimaryField == nil || !s.PrioritizedPrimaryField.AutoIncrement {
				return nil
			}
			columns, err := pragma.TableInfo(ctx, q, t.schema, t.name)
			if err != nil {
				return err
			}
			var key []string
			for _, c := range columns {
				if c.PrimaryKey > 0 {
					key = append(key, strings.ToLower(c.Name))
				}
			}
			if slices.Equal(key, []string{strings.ToLower(s.PrioritizedPrimaryField.DBName)}) {
				m.DB.Logger.Warn(ctx, "libsql: table %q keeps its primary key (%s), which is not the model's (%s): to change it, make a new table and copy the rows",
					t.name, strings.Join(key, ", "), strings.Join(s.PrimaryFieldDBNames, ", "))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
