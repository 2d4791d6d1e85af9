package fts

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/ftsindex"
	"github.com/gorm-libsql/libsql/internal/gormdb"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// searching writes the clauses of a statement that has a search. A query is
//
//	SELECT posts.*, … FROM (SELECT rowid, rank, … FROM posts_fts WHERE posts_fts MATCH ?) CROSS JOIN posts …
//	WHERE posts.id = rowid AND (…) ORDER BY rank
//
// SQLite takes the subquery as a part of it, and the rows as they come from FTS5
// in the order of the rank: with a LIMIT the others are not looked at. CROSS
// keeps it from asking FTS5 about each row of the table.
type searching struct{ search Search }

// Names that nobody else has.
const (
	found     = "libsql_fts"
	foundID   = "libsql_fts_id"
	foundRank = "libsql_fts_rank"
	foundText = "libsql_fts_text"
)

var errNoStatement = errors.New("libsql: full-text search: not a statement of GORM")

// plan is nil when the statement has failed: the first error is enough.
func (s *searching) plan(b clause.Builder) (*gorm.Statement, *plan) {
	stmt, ok := b.(*gorm.Statement)
	if !ok {
		_ = b.AddError(errNoStatement)
		return nil, nil
	}
	if stmt.Error != nil {
		return stmt, nil
	}
	p, err := s.search.plan(stmt)
	if err == nil {
		if err = p.setResults(stmt, s.search); err != nil {
			err = fmt.Errorf("libsql: full-text search in %s: %w", stmt.Schema.Name, err)
		}
	}
	if err != nil {
		stmt.AddError(err)
		return stmt, nil
	}
	return stmt, p
}

// isQuery tells that the statement is a SELECT: an UPDATE and a DELETE have no
// FROM that the search could stand in.
func isQuery(stmt *gorm.Statement) bool {
	return len(stmt.BuildClauses) > 0 && stmt.BuildClauses[0] == "SELECT"
}

func foundColumn(name string) string {
	return sqltext.Backquote(found) + "." + sqltext.Backquote(name)
}

// keyColumn is the name of a part of the key in the subquery.
func keyColumn(i int) string { return foundID + strconv.Itoa(i) }

// buildFrom puts the search before the tables.
func (s *searching) buildFrom(c clause.Clause, b clause.Builder) {
	c.Builder = nil
	stmt, p := s.plan(b)
	if p == nil || !isQuery(stmt) {
		c.Build(b)
		return
	}
	b.WriteString("FROM ")
	p.writeFound(stmt)
	b.WriteString(" AS " + sqltext.Backquote(found) + " CROSS JOIN ")
	if c.Expression == nil {
		c.Expression = clause.From{}
	}
	c.Expression.Build(b)
}

// writeFound writes the subquery.
func (p *plan) writeFound(stmt *gorm.Statement) {
	stmt.WriteString("(SELECT ")
	p.writeKey(stmt, true)
	stmt.WriteString(", rank AS " + foundRank)
	for i, e := range p.excerpts {
		stmt.WriteString(", ")
		p.writeExcerpt(stmt, e)
		stmt.WriteString(" AS " + foundText + strconv.Itoa(i))
	}
	p.writeMatch(stmt)
	if _, grouped := stmt.Clauses["GROUP BY"]; grouped && len(p.excerpts) > 0 {
		stmt.WriteString(" LIMIT -1") // FTS5's functions are not to be had when rows are grouped, but before
	}
	stmt.WriteByte(')')
}

// writeKey writes the key of the rows that are found.
func (p *plan) writeKey(stmt *gorm.Statement, named bool) {
	for i, k := range p.key {
		if i > 0 {
			stmt.WriteString(", ")
		}
		if p.integerKey {
			stmt.WriteString(sqltext.Backquote(p.name) + ".rowid")
		} else {
			stmt.WriteString("k." + sqltext.Backquote(k))
		}
		if named {
			stmt.WriteString(" AS " + keyColumn(i))
		}
	}
}

func (p *plan) qualified(name string) string {
	if p.schema == "" {
		return sqltext.Backquote(name)
	}
	return sqltext.Backquote(p.schema) + "." + sqltext.Backquote(name)
}

func (p *plan) writeMatch(stmt *gorm.Statement) {
	name := sqltext.Backquote(p.name)
	stmt.WriteString(" FROM " + p.qualified(p.name))
	if !p.integerKey {
		stmt.WriteString(" CROSS JOIN " + p.qualified(ftsindex.Key(p.name)) + " AS k ON k." + ftsindex.DocID + " = " + name + ".rowid")
	}
	stmt.WriteString(" WHERE " + name + " MATCH ")
	stmt.AddVar(stmt, p.match)
	if p.rank != "" {
		stmt.WriteString(" AND rank MATCH ")
		stmt.AddVar(stmt, p.rank)
	}
}

// Marks that no text has, or hardly any, where the text is escaped between them
// and the tags.
const openMark, closeMark, cutMark = "\x02", "\x03", "\x1a"

func (p *plan) writeExcerpt(stmt *gorm.Statement, e excerpt) {
	open, closing, cut := e.Open, e.Close, e.Cut
	if e.HTML {
		open, closing, cut = openMark, closeMark, cutMark
		stmt.WriteString("replace(replace(replace(replace(replace(replace(replace(replace(")
	}
	if e.Words > 0 {
		stmt.WriteString("snippet(")
	} else {
		stmt.WriteString("highlight(")
	}
	stmt.WriteString(sqltext.Backquote(p.name) + ", " + strconv.Itoa(e.column) + ", ")
	stmt.AddVar(stmt, open, closing)
	if e.Words > 0 {
		stmt.WriteString(", ")
		stmt.AddVar(stmt, cut)
		stmt.WriteString(", " + strconv.Itoa(e.Words))
	}
	stmt.WriteByte(')')
	if !e.HTML {
		return
	}
	for _, r := range [][2]string{
		{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {`"`, "&#34;"}, {"'", "&#39;"},
		{openMark, e.Open}, {closeMark, e.Close}, {cutMark, e.Cut},
	} {
		stmt.WriteString(", ")
		stmt.AddVar(stmt, r[0], r[1])
		stmt.WriteByte(')')
	}
}

// buildWhere writes that a row is one that was found, and the conditions of the
// statement.
func (s *searching) buildWhere(c clause.Clause, b clause.Builder) {
	stmt, p := s.plan(b)
	if p == nil {
		return
	}
	b.WriteString("WHERE ")
	if isQuery(stmt) {
		for i, k := range p.key {
			if i > 0 {
				b.WriteString(" AND ")
			}
			b.WriteQuoted(clause.Column{Table: p.table, Name: k})
			b.WriteString(" = " + foundColumn(keyColumn(i)))
		}
	} else {
		b.WriteByte('(')
		for i, k := range p.key {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteQuoted(clause.Column{Table: p.table, Name: k})
		}
		b.WriteString(") IN (SELECT ")
		p.writeKey(stmt, false)
		p.writeMatch(stmt)
		b.WriteByte(')')
	}
	where, ok := c.Expression.(clause.Where)
	if ok && len(where.Exprs) > 0 {
		b.WriteString(" AND (")
		where.Build(b)
		b.WriteByte(')')
	}
	if isQuery(stmt) {
		return
	}
	// GORM changes no rows without a condition, and asks when all is written;
	// that of a soft delete it does not count.
	c.Expression = clause.Where{Exprs: append(slices.Clone(where.Exprs), clause.Expr{SQL: "TRUE"})}
	stmt.Clauses["WHERE"] = c
}

// buildOrder puts the rank behind what the statement orders by.
func (s *searching) buildOrder(c clause.Clause, b clause.Builder) {
	c.Builder = nil
	stmt, ok := b.(*gorm.Statement)
	if !ok {
		c.Build(b)
		return
	}
	_, grouped := stmt.Clauses["GROUP BY"]
	if grouped || !gormdb.IsRows(stmt.Dest) || !isQuery(stmt) {
		c.Build(b)
		return
	}
	if c.Expression != nil {
		c.Build(b)
		b.WriteString(", ")
	} else {
		b.WriteString("ORDER BY ")
	}
	b.WriteString(foundColumn(foundRank))
}

// buildSelect adds the rank and the excerpts to the columns.
func (s *searching) buildSelect(c clause.Clause, b clause.Builder) {
	c.Builder = nil
	stmt, p := s.plan(b)
	if p == nil || !isQuery(stmt) {
		c.Build(b)
		return
	}
	sel := selection{Expression: c.Expression, table: stmt.Quote(p.table)}
	if p.table == clause.CurrentTable {
		sel.table = stmt.Quote(stmt.Table) // its alias, where it has one
	}
	if p.rankInto != "" {
		sel.results = append(sel.results, result{p.rankInto, s.search.RankInto, foundRank})
	}
	for i, e := range p.excerpts {
		sel.results = append(sel.results, result{e.into, e.Into, foundText + strconv.Itoa(i)})
	}
	c.Expression = sel
	c.Build(b)
}

// selection is the columns of a statement with the results of the search among
// them.
type selection struct {
	clause.Expression
	table   string // as SQL
	results []result
}

// result is a column of the subquery that goes into one of the answer.
type result struct {
	name string // of the column
	into string // as the search has it, which may be a field's
	from string
}

// Build writes them.
func (s selection) Build(b clause.Builder) {
	sel, ok := s.Expression.(clause.Select)
	switch {
	case !ok && s.Expression != nil:
		s.Expression.Build(b)
		s.rest(b, s.results)
		return
	case sel.Distinct:
		b.WriteString("DISTINCT ")
	}
	left := slices.Clone(s.results)
	for i, c := range sel.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		r := slices.IndexFunc(left, func(r result) bool { return (c.Name == r.name || c.Name == r.into) && c.Alias == "" })
		switch {
		case r >= 0:
			left[r].write(b)
			left = slices.Delete(left, r, r+1)
		case c.Name == "*" && c.Table == "":
			s.star(b)
		default:
			b.WriteQuoted(c)
		}
	}
	if len(sel.Columns) == 0 {
		s.star(b)
	}
	s.rest(b, left)
}

// star is all columns of the statement's table, and none of the search.
func (s selection) star(b clause.Builder) {
	b.WriteString(s.table + ".*")
}

func (s selection) rest(b clause.Builder, results []result) {
	for _, r := range results {
		b.WriteByte(',')
		r.write(b)
	}
}

func (r result) write(b clause.Builder) {
	b.WriteString(foundColumn(r.from) + " AS ")
	b.WriteQuoted(clause.Column{Name: r.name})
}
