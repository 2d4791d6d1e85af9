package gormdb

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Table is the table of the statement, without an alias.
func Table(stmt *gorm.Statement) (schemaName, table string) {
	if stmt.TableExpr != nil {
		if s, t, ok := sqltext.FirstTable(stmt.TableExpr.SQL); ok && t != "" {
			return s, t
		}
	}
	return sqltext.SplitName(stmt.Table)
}

// Qualifier is what stands before the columns: the table's name or its alias.
// Of a db.Table("`odd name`") GORM takes the model's name for it.
func Qualifier(stmt *gorm.Statement) string {
	if stmt.TableExpr != nil && stmt.Table == stmt.Schema.Table {
		if _, table, ok := sqltext.FirstTable(stmt.TableExpr.SQL); ok && table != "" {
			return sqltext.Backquote(table)
		}
	}
	return clause.CurrentTable
}
