package dialect

import (
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// clauseBuilders write the clauses that SQLite spells its own way.
var clauseBuilders = map[string]clause.ClauseBuilder{
	"INSERT": buildInsert,
	"VALUES": buildValues,
	"LIMIT":  buildLimit,
	"FOR":    buildFor,
}

// buildInsert writes INSERT with a modifier before INTO, such as OR IGNORE:
// https://www.sqlite.org/lang_insert.html.
func buildInsert(c clause.Clause, b clause.Builder) {
	insert, ok := c.Expression.(clause.Insert)
	stmt, isStmt := b.(*gorm.Statement)
	if !ok || !isStmt {
		c.Build(b)
		return
	}
	stmt.WriteString("INSERT ")
	if insert.Modifier != "" {
		stmt.WriteString(insert.Modifier)
		stmt.WriteByte(' ')
	}
	stmt.WriteString("INTO ")
	if insert.Table.Name == "" {
		stmt.WriteQuoted(stmt.Table)
	} else {
		stmt.WriteQuoted(insert.Table)
	}
}

// buildValues writes the rows of an INSERT. Several rows without any value
// cannot be DEFAULT VALUES, which is one row: they leave their rowid to
// SQLite instead. A number in a composite key is filled in.
func buildValues(c clause.Clause, b clause.Builder) {
	values, ok := c.Expression.(clause.Values)
	stmt, isStmt := b.(*gorm.Statement)
	if !ok || !isStmt {
		c.Build(b)
		return
	}
	if numbered, ok := numberRows(stmt, values); ok {
		values = numbered
	} else if len(values.Columns) == 0 && len(values.Values) > 1 {
		values.Columns = []clause.Column{{Name: "rowid"}}
		for i := range values.Values {
			values.Values[i] = []any{nil}
		}
	}
	values.Build(b)
}

// numberRows adds to an INSERT the auto-increment column of a composite key,
// where the rows leave it out: SQLite numbers only a key of one column.
func numberRows(stmt *gorm.Statement, values clause.Values) (clause.Values, bool) {
	if stmt.Schema == nil || stmt.Schema.PrioritizedPrimaryField == nil {
		return values, false
	}
	f := stmt.Schema.PrioritizedPrimaryField
	if !f.AutoIncrement || !inCompositeKey(f) || len(values.Values) == 0 {
		return values, false
	}
	at := -1
	for i, col := range values.Columns {
		if col.Name == f.DBName {
			at = i
		}
	}
	if at < 0 {
		at = len(values.Columns)
		values.Columns = append(values.Columns, clause.Column{Name: f.DBName})
		for i := range values.Values {
			values.Values[i] = append(values.Values[i], clause.Expr{SQL: "NULL"})
		}
	}
	for i := range values.Values {
		if isNull(values.Values[i][at]) {
			values.Values[i][at] = clause.Expr{
				SQL:  "(SELECT COALESCE(MAX(?), 0) + 1 FROM ?)",
				Vars: []any{clause.Column{Name: f.DBName}, clause.Table{Name: stmt.Table}},
			}
		}
	}
	return values, true
}

func isNull(v any) bool {
	e, ok := v.(clause.Expr)
	return v == nil || ok && e.SQL == "NULL"
}

// buildLimit writes LIMIT and OFFSET; an offset alone needs LIMIT -1.
func buildLimit(c clause.Clause, b clause.Builder) {
	limit, ok := c.Expression.(clause.Limit)
	if !ok {
		c.Build(b)
		return
	}
	n := -1
	if limit.Limit != nil && *limit.Limit >= 0 {
		n = *limit.Limit
	}
	if n >= 0 || limit.Offset > 0 {
		b.WriteString("LIMIT " + strconv.Itoa(n))
	}
	if limit.Offset > 0 {
		b.WriteString(" OFFSET " + strconv.Itoa(limit.Offset))
	}
}

// buildFor leaves out row locks, which SQLite has not: a transaction locks
// the whole database.
func buildFor(c clause.Clause, b clause.Builder) {
	if _, ok := c.Expression.(clause.Locking); !ok {
		c.Build(b)
	}
}
