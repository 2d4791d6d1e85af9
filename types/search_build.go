package types

import (
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/gormdb"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// searching writes the clauses of a statement that has a search.
type searching struct{ search Search }

// plan is nil when the statement has failed: the first error is enough.
func (s *searching) plan(stmt *gorm.Statement) *plan {
	if stmt.Error != nil {
		return nil
	}
	p, err := s.search.plan(stmt)
	if err != nil {
		stmt.AddError(err)
		return nil
	}
	return p
}

// Names inside the subquery that nobody else has.
const (
	nearTable  = "libsql_near"  // what the index proposes
	foundTable = "libsql_found" // those of them that meet the conditions
	idColumn   = "libsql_id"
)

// buildWhere writes the conditions of the statement, and that the row is one of
// the K nearest that meet them:
//
//	key IN (
//	  WITH near(id) AS MATERIALIZED (SELECT id FROM vector_top_k(index, query, n)),
//	  found(id) AS MATERIALIZED (SELECT key FROM near CROSS JOIN table … WHERE key = near.id AND … ORDER BY distance LIMIT k)
//	  SELECT id FROM found WHERE (SELECT count(*) FROM found) = k
//	  UNION ALL
//	  SELECT key FROM (SELECT key FROM table … WHERE … ORDER BY distance LIMIT k unless found has k rows))
//
// The second half costs nothing when the first has found K rows: SQLite does
// not begin a loop whose LIMIT is 0.
func (s *searching) buildWhere(c clause.Clause, b clause.Builder) {
	stmt, ok := b.(*gorm.Statement)
	if !ok {
		b.AddError(errNoStatement)
		return
	}
	p := s.plan(stmt)
	if p == nil {
		return
	}
	key, err := p.keyOf(stmt)
	if err != nil {
		stmt.AddError(err)
		return
	}
	q := &query{stmt: stmt, plan: p, key: key}
	if where, ok := c.Expression.(clause.Where); ok && len(where.Exprs) > 0 {
		q.where = &where
	}
	if from, ok := stmt.Clauses["FROM"].Expression.(clause.From); ok {
		q.from = from
	}
	b.WriteString("WHERE ")
	q.writeConditions()
	q.where = withoutBatch(q.where)
	q.writeKey()
	b.WriteString(" IN (")
	if p.candidates > 0 {
		q.writeIndexed()
	} else {
		q.writeExact()
		b.WriteString(" LIMIT ")
		b.AddVar(b, p.k)
	}
	b.WriteByte(')')
	if q.where != nil {
		countAsCondition(stmt, c, q.where)
	}
}

// countAsCondition adds a condition to those that are written. GORM changes no
// rows without one, and asks when all is written; that of a soft delete it does
// not count.
func countAsCondition(stmt *gorm.Statement, c clause.Clause, where *clause.Where) {
	c.Expression = clause.Where{Exprs: append(slices.Clone(where.Exprs), clause.Expr{SQL: "TRUE"})}
	stmt.Clauses["WHERE"] = c
}

var errNoStatement = errors.New("libsql: vector search: not a statement of GORM")

// query is what buildWhere writes.
type query struct {
	stmt  *gorm.Statement
	plan  *plan
	key   []clause.Column
	where *clause.Where // nil: no conditions
	from  clause.From
}

func (q *query) write(parts ...any) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			q.stmt.WriteString(p)
		case clause.Column:
			q.stmt.WriteQuoted(p)
		}
	}
}

// writeConditions writes those of the statement, with AND behind them.
func (q *query) writeConditions() {
	if q.where == nil {
		return
	}
	q.write("(")
	q.where.Build(q.stmt)
	q.write(") AND ")
}

// withoutBatch takes the condition out by which FindInBatches goes on behind the
// last key: the batches are of one answer.
func withoutBatch(where *clause.Where) *clause.Where {
	if where == nil {
		return nil
	}
	exprs := slices.DeleteFunc(slices.Clone(where.Exprs), func(e clause.Expression) bool {
		after, ok := e.(clause.Gt)
		return ok && after.Column == clause.Column{Table: clause.CurrentTable, Name: clause.PrimaryKey}
	})
	if len(exprs) == 0 {
		return nil
	}
	return &clause.Where{Exprs: exprs}
}

func (q *query) writeKey() {
	if len(q.key) == 1 {
		q.write(q.key[0])
		return
	}
	q.write("(")
	q.writeKeys()
	q.write(")")
}

func (q *query) writeKeys() {
	for i, c := range q.key {
		if i > 0 {
			q.write(", ")
		}
		q.write(c)
	}
}

func (q *query) writeIndexed() {
	p := q.plan
	n := p.candidates
	if q.where == nil && len(q.from.Joins) == 0 {
		n = p.k // all of them are wanted
	}
	index := p.index
	if schemaName, _ := gormdb.Table(q.stmt); schemaName != "" {
		index = schemaName + "." + index
	}
	q.write("WITH " + nearTable + "(" + idColumn + ") AS MATERIALIZED (SELECT id FROM vector_top_k(")
	q.stmt.AddVar(q.stmt, index, p.query, n)
	q.write(")), "+foundTable+"("+idColumn+") AS MATERIALIZED (SELECT ", q.key[0], " FROM "+nearTable+" CROSS JOIN ")
	q.from.Build(q.stmt)
	q.write(" WHERE ", q.key[0], " = "+nearTable+"."+idColumn+" AND ")
	q.writeRest()
	q.write(" LIMIT ")
	q.stmt.AddVar(q.stmt, p.k)
	q.write(") SELECT " + idColumn + " FROM " + foundTable + " WHERE (SELECT count(*) FROM " + foundTable + ") = ")
	q.stmt.AddVar(q.stmt, p.k)
	q.write(" UNION ALL SELECT * FROM (")
	q.writeExact()
	q.write(" LIMIT (SELECT iif(count(*) = ")
	q.stmt.AddVar(q.stmt, p.k)
	q.write(", 0, ")
	q.stmt.AddVar(q.stmt, p.k)
	q.write(") FROM " + foundTable + "))")
}

// writeExact looks at every vector.
func (q *query) writeExact() {
	q.write("SELECT ")
	q.writeKeys()
	q.write(" FROM ")
	q.from.Build(q.stmt)
	q.write(" WHERE ")
	if q.plan.where != "" {
		schemaName, table := gormdb.Table(q.stmt)
		name := sqltext.Backquote(table)
		if schemaName != "" {
			name = sqltext.Backquote(schemaName) + "." + name
		}
		q.writeKey()
		q.write(" IN (SELECT ")
		for i, c := range q.key {
			if i > 0 {
				q.write(", ")
			}
			q.write(sqltext.Backquote(c.Name))
		}
		q.write(" FROM " + name + " WHERE " + q.plan.where + ") AND ")
	}
	q.writeRest()
}

// writeRest writes the conditions and the order of both ways to search. Joins
// can make several rows of one.
func (q *query) writeRest() {
	q.writeConditions()
	q.write(q.plan.column, " IS NOT NULL")
	if len(q.from.Joins) > 0 {
		q.write(" GROUP BY ")
		q.writeKeys()
	}
	q.write(" ORDER BY ")
	q.plan.Build(q.stmt)
	q.write(" NULLS LAST")
}

// Build writes the distance.
func (p *plan) Build(b clause.Builder) {
	call := func(name string, v []byte) {
		b.WriteString("vector_distance_" + name + "(")
		b.WriteQuoted(p.column)
		b.WriteString(", ")
		b.AddVar(b, v)
		b.WriteByte(')')
	}
	switch {
	case p.metric == Cosine:
		call("cos", p.query)
	case p.metric == L2:
		call("l2", p.query)
	case p.bits > 0: // of n signs that differ in h, the product is n - 2h
		b.WriteString("(2 * ")
		call("cos", p.query)
		b.WriteString(" - ")
		b.AddVar(b, p.bits)
		b.WriteByte(')')
	default: // |a-b|² = |a|² + |b|² - 2ab; libSQL has no product of its own
		square := func(v []byte) {
			call("l2", v)
			b.WriteString(" * ")
			call("l2", v)
		}
		b.WriteString("((")
		square(p.query)
		b.WriteString(" - ")
		square(p.zero)
		b.WriteString(" - ")
		b.AddVar(b, p.norm)
		b.WriteString(") / 2)")
	}
}

// buildOrder puts the distance behind what the statement orders by.
func (s *searching) buildOrder(c clause.Clause, b clause.Builder) {
	c.Builder = nil
	stmt, ok := b.(*gorm.Statement)
	_, grouped := stmt.Clauses["GROUP BY"]
	if !ok || grouped || !gormdb.IsRows(stmt.Dest) {
		c.Build(b)
		return
	}
	p := s.plan(stmt)
	if p == nil {
		return
	}
	if c.Expression != nil {
		c.Build(b)
		b.WriteString(", ")
	} else {
		b.WriteString("ORDER BY ")
	}
	p.Build(b)
	b.WriteString(" NULLS LAST")
}

// buildSelect adds the distance to the columns.
func (s *searching) buildSelect(c clause.Clause, b clause.Builder) {
	c.Builder = nil
	stmt, ok := b.(*gorm.Statement)
	if ok && s.search.DistanceInto != "" {
		switch name, err := gormdb.ResultColumn(stmt, s.search.DistanceInto); {
		case err != nil:
			stmt.AddError(fmt.Errorf("libsql: vector search: %w", err))
			return
		case name != "":
			p := s.plan(stmt)
			if p == nil {
				return
			}
			c.Expression = selection{c.Expression, p, name, s.search.DistanceInto}
		}
	}
	c.Build(b)
}

// selection is the columns of a statement with the distance among them.
type selection struct {
	clause.Expression
	plan *plan
	name string // of the column
	into string // as the search has it, which may be a field's
}

// Build writes them.
func (s selection) Build(b clause.Builder) {
	sel, ok := s.Expression.(clause.Select)
	switch {
	case !ok && s.Expression != nil:
		s.Expression.Build(b)
		b.WriteByte(',')
	case sel.Distinct:
		b.WriteString("DISTINCT ")
	}
	done := false
	for i, c := range sel.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		if done = done || s.isDistance(c); s.isDistance(c) {
			s.distance(b)
		} else {
			b.WriteQuoted(c)
		}
	}
	switch {
	case done:
		return
	case len(sel.Columns) > 0:
		b.WriteByte(',')
	case ok || s.Expression == nil:
		b.WriteString("*,")
	}
	s.distance(b)
}

func (s selection) isDistance(c clause.Column) bool {
	return (c.Name == s.name || c.Name == s.into) && c.Alias == "" && s.name != s.plan.column.Name
}

func (s selection) distance(b clause.Builder) {
	s.plan.Build(b)
	b.WriteString(" AS ")
	b.WriteQuoted(clause.Column{Name: s.name})
}
