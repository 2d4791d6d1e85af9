package dialect

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/pragma"
)

// SQLite as it is built has no LIMIT on UPDATE and DELETE, and GORM leaves
// the clause out without a word: Where(…).Limit(2).Delete(…) would delete all
// that match. Here the rows are chosen by a subquery. ORDER BY without LIMIT
// chooses nothing and stays out.

// limitEverything gives a limited UPDATE or DELETE of all rows, which GORM
// allows with AllowGlobalUpdate, the WHERE in which the limit can be written.
func limitEverything(base func(*gorm.DB)) func(*gorm.DB) {
	return func(db *gorm.DB) {
		if db.AllowGlobalUpdate && db.Error == nil && hasLimit(db.Statement) {
			db.Statement.AddClauseIfNotExists(clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "1 = 1"}}})
		}
		base(db)
	}
}

func hasLimit(stmt *gorm.Statement) bool {
	limit, ok := stmt.Clauses["LIMIT"].Expression.(clause.Limit)
	return ok && (limit.Limit != nil && *limit.Limit >= 0 || limit.Offset > 0)
}

// limitsChange tells whether the statement is an UPDATE or a DELETE with a
// limit.
func limitsChange(stmt *gorm.Statement) bool {
	if len(stmt.BuildClauses) == 0 || stmt.BuildClauses[0] == "SELECT" || !hasLimit(stmt) {
		return false
	}
	for _, name := range stmt.BuildClauses {
		if name == "UPDATE" || name == "DELETE" {
			return true
		}
	}
	return false
}

// buildLimited writes WHERE key IN (SELECT key FROM table WHERE … LIMIT …).
func buildLimited(stmt *gorm.Statement, where clause.Clause) {
	if from, ok := stmt.Clauses["FROM"].Expression.(clause.From); ok && stmt.BuildClauses[0] == "UPDATE" && len(from.Tables)+len(from.Joins) > 0 {
		stmt.AddError(fmt.Errorf("libsql: LIMIT on an UPDATE with FROM is %w: choose the rows by their key in a subquery", driver.ErrUnsupported))
		return
	}
	key, err := rowKey(stmt)
	if err != nil {
		stmt.AddError(err)
		return
	}
	stmt.WriteString("WHERE (")
	stmt.WriteString(key)
	stmt.WriteString(") IN (SELECT ")
	stmt.WriteString(key)
	stmt.WriteString(" FROM ")
	stmt.WriteQuoted(clause.Table{Name: clause.CurrentTable})
	stmt.WriteByte(' ')
	where.Build(stmt)
	for _, name := range []string{"ORDER BY", "LIMIT"} {
		if c, ok := stmt.Clauses[name]; ok {
			stmt.WriteByte(' ')
			if build, ok := stmt.DB.ClauseBuilders[name]; ok {
				build(c, stmt)
			} else {
				c.Build(stmt)
			}
		}
	}
	stmt.WriteByte(')')
}

// rowKey is what tells the rows of the statement's table apart: the rowid,
// under the name that no column has taken, or the primary key.
func rowKey(stmt *gorm.Statement) (string, error) {
	schema, table := splitTable(stmt)
	pool := stmt.ConnPool
	tables, err := pragma.TableList(stmt.Context, pool, table)
	if err != nil {
		return "", err
	}
	withoutRowID := false
	for _, t := range tables {
		if schema != "" && !strings.EqualFold(t.Schema, schema) {
			continue
		}
		if t.Type == "view" {
			return "", fmt.Errorf("libsql: LIMIT on an UPDATE or DELETE of the view %q is %w: a view has no key", table, driver.ErrUnsupported)
		}
		withoutRowID = t.WithoutRowID
		break
	}
	columns, err := pragma.TableInfo(stmt.Context, pool, schema, table)
	if err != nil {
		return "", err
	}
	if withoutRowID {
		return primaryKey(columns), nil
	}
	for _, name := range []string{"_rowid_", "rowid", "oid"} {
		if !hasColumn(columns, name) {
			return name, nil
		}
	}
	return "", fmt.Errorf("libsql: LIMIT on an UPDATE or DELETE of %q is %w: its columns hide the rowid", table, driver.ErrUnsupported)
}

func hasColumn(columns []pragma.Column, name string) bool {
	for _, c := range columns {
		if strings.EqualFold(c.Name, name) {
			return true
		}
	}
	return false
}

// primaryKey lists the columns of the primary key in their order.
func primaryKey(columns []pragma.Column) string {
	names := make([]string, len(columns)+1)
	last := 0
	for _, c := range columns {
		if c.PrimaryKey > 0 {
			names[c.PrimaryKey] = quoteName(c.Name)
			last = max(last, c.PrimaryKey)
		}
	}
	return strings.Join(names[1:last+1], ",")
}

// splitTable is the schema, "" for any, and the name of the statement's table.
func splitTable(stmt *gorm.Statement) (schema, table string) {
	if stmt.TableExpr != nil {
		if schema, table, ok := sqltext.FirstTable(stmt.TableExpr.SQL); ok {
			return schema, table
		}
	}
	return sqltext.SplitName(stmt.Table)
}
