package dialect

import (
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
)

// clauseBuilders write the clauses that SQLite spells its own way.
func (r *rules) clauseBuilders() map[string]clause.ClauseBuilder {
	return map[string]clause.ClauseBuilder{
		"SELECT":      buildSelect,
		"INSERT":      buildInsert,
		"VALUES":      r.buildValues,
		"ON CONFLICT": r.buildOnConflict,
		"SET":         r.buildSet,
		"WHERE":       r.buildWhere,
		"LIMIT":       buildLimit,
		"FOR":         buildFor,
	}
}

// buildSelect leaves out values that the text of Select has no ? for, as in
// Select("id", 42). GORM would bind them before all others, which then stand
// at the wrong places.
func buildSelect(c clause.Clause, b clause.Builder) {
	if text, ok := c.Expression.(clause.Expr); ok {
		if marks := strings.Count(text.SQL, "?"); marks < len(text.Vars) {
			text.Vars = text.Vars[:marks]
			c.Expression = text
		}
	}
	c.Build(b)
}

// buildInsert writes INSERT with a modifier before INTO, such as OR IGNORE:
// https://www.sqlite.org/lang_insert.html.
func buildInsert(c clause.Clause, b clause.Builder) {
	insert, ok := c.Expression.(clause.Insert)
	if !ok {
		c.Build(b)
		return
	}
	if c.BeforeExpression != nil {
		c.BeforeExpression.Build(b)
		b.WriteByte(' ')
	}
	b.WriteString("INSERT ")
	if c.AfterNameExpression != nil {
		c.AfterNameExpression.Build(b)
		b.WriteByte(' ')
	}
	if insert.Modifier != "" {
		b.WriteString(insert.Modifier)
		b.WriteByte(' ')
	}
	b.WriteString("INTO ")
	table := insert.Table
	if table.Name == "" {
		table.Name = clause.CurrentTable // with its schema, which stmt.Table has lost
	}
	b.WriteQuoted(table)
	if c.AfterExpression != nil {
		b.WriteByte(' ')
		c.AfterExpression.Build(b)
	}
}

// buildOnConflict writes the upsert clause:
// https://www.sqlite.org/lang_upsert.html.
func (r *rules) buildOnConflict(c clause.Clause, b clause.Builder) {
	conflict, ok := c.Expression.(clause.OnConflict)
	if !ok {
		c.Build(b)
		return
	}
	if conflict.OnConstraint != "" {
		b.AddError(fmt.Errorf("libsql: ON CONFLICT ON CONSTRAINT %s is %w: SQLite knows a conflict by its columns: set OnConflict.Columns",
			conflict.OnConstraint, driver.ErrUnsupported))
		return
	}
	if stmt, ok := b.(*gorm.Statement); ok {
		conflict.DoUpdates = r.convertSet(stmt, conflict.DoUpdates)
		r.checkNumbers(stmt, conflict.DoUpdates)
		conflict.DoUpdates = r.shortenSet(conflict.DoUpdates)
		conflict.Where.Exprs, _ = r.convertWhere(stmt, conflict.Where.Exprs)
		conflict.TargetWhere.Exprs, _ = r.convertWhere(stmt, conflict.TargetWhere.Exprs)
		if exprs, changed := r.shortenAll(conflict.Where.Exprs); changed {
			conflict.Where.Exprs = exprs
		}
		conflict.TargetWhere = literalWhere(stmt, conflict.TargetWhere)
		c.Expression = conflict
	}
	c.Build(b)
}

// literalWhere is a condition with its values written out. SQLite finds a
// partial index only by a condition without variables.
func literalWhere(stmt *gorm.Statement, where clause.Where) clause.Where {
	if len(where.Exprs) == 0 {
		return where
	}
	s := &gorm.Statement{
		DB: stmt.DB, ConnPool: stmt.ConnPool, Context: stmt.Context, Table: stmt.Table, TableExpr: stmt.TableExpr, Schema: stmt.Schema,
		Clauses: map[string]clause.Clause{},
	}
	where.Build(s)
	if len(s.Vars) == 0 {
		return where
	}
	return clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: stmt.Dialector.Explain(s.SQL.String(), s.Vars...), WithoutParentheses: true}}}
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
		b.WriteString("LIMIT ")
		b.WriteString(strconv.Itoa(n))
	}
	if limit.Offset > 0 {
		b.WriteString(" OFFSET ")
		b.WriteString(strconv.Itoa(limit.Offset))
	}
}

// buildFor leaves out row locks, which SQLite has not: a transaction locks
// the whole database.
func buildFor(c clause.Clause, b clause.Builder) {
	if _, ok := c.Expression.(clause.Locking); !ok {
		c.Build(b)
	}
}
