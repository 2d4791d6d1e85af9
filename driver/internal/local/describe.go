//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"strconv"
	"strings"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/pragmas"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Describe compiles a statement, asks it and forgets it. It does not compile
// what has an effect when it is compiled.
func (c *conn) Describe(ctx context.Context, sql string) (d engine.Description, err error) {
	switch {
	case c.p == nil:
		return d, driver.ErrBadConn
	case ctx.Err() != nil:
		return d, engine.Cancelled(ctx)
	case c.lost != nil:
		return d, c.lost
	}
	if n := len(sqltext.Split(sql)); n > 1 {
		return d, notDescribed("a text of "+strconv.Itoa(n)+" statements is not described", "describe them one by one")
	}
	if err := actsCompiled(sql); err != nil {
		return d, err
	}
	s, _, err := c.compile(ctx, sql, oneUse)
	if err != nil {
		return d, err
	}
	if s == nil {
		d.ReadOnly = true
		return d, nil // nothing to run
	}
	defer s.release()
	if d.Columns, err = s.columns(); err != nil {
		return d, err
	}
	d.Facts = make([]engine.ColumnFacts, len(d.Columns))
	for i := range d.Facts {
		d.Facts[i] = c.describeColumn(s, i)
	}
	d.Params, d.ReadOnly, d.Explain = s.ParamNames(), s.readonly, int(C.lq_explains(s.p))
	return d, nil
}

func notDescribed(message, hint string) error {
	return &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported, Message: message, Hint: hint}
}

// actsCompiled refuses the statements that do something while they are only
// compiled: DROP and CREATE INDEX change what is behind a vector index, with
// EXPLAIN in front too, and most PRAGMAs that set something set it there and
// then (https://www.sqlite.org/pragma.html).
func actsCompiled(sql string) error {
	switch class := sqltext.Classify(sql); class.Verb {
	case sqltext.Explain:
		return actsCompiled(explained(sql))
	case sqltext.Create, sqltext.Drop:
		if shapesIndex(sql, class.Start) {
			return notDescribed("DROP and CREATE INDEX are not described", "libSQL changes vector indexes while it compiles the statement")
		}
	case sqltext.Pragma:
		_, name, value, ok := sqltext.ParsePragma(sql)
		row := pragmas.Find(name)
		if !ok || row != nil && row.Acts || value != "" && (row == nil || !row.Asks) {
			return notDescribed("a PRAGMA that sets something is not described", "SQLite sets it while it compiles the statement")
		}
	}
	return nil
}

// explained is the statement behind EXPLAIN or EXPLAIN QUERY PLAN, or sql
// without one.
func explained(sql string) string {
	for pos := 0; ; {
		tok, ok := sqltext.Next(sql, pos)
		if !ok {
			return sql[pos:]
		}
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment && tok.Kind != sqltext.Semicolon &&
			!tok.Is(sql, "EXPLAIN") && !tok.Is(sql, "QUERY") && !tok.Is(sql, "PLAN") {
			return sql[tok.Start:]
		}
		pos = tok.End
	}
}

// Describe tells what the schema proves about a column.
func (r *rows) Describe(i int) engine.ColumnFacts {
	if r.facts == nil {
		r.facts = r.c.facts(r.text, len(r.cols))
	}
	return r.facts[i]
}

// facts compiles a statement once more, because the one that runs may have
// ended already, and asks for its columns. Statements that have an effect when
// they are compiled stay unknown.
func (c *conn) facts(sql string, columns int) []engine.ColumnFacts {
	facts := make([]engine.ColumnFacts, columns)
	if c.p == nil || !sqltext.Classify(sql).Repeats() {
		return facts
	}
	s, _, err := c.compile(context.Background(), sql, oneUse)
	if err != nil {
		return facts
	}
	defer s.release()
	for i := range facts {
		facts[i] = c.describeColumn(s, i)
	}
	return facts
}

func (c *conn) describeColumn(s *stmt, i int) (f engine.ColumnFacts) {
	var notNull, pk, autoinc C.int
	if C.lq_column_meta(s.p, C.int(i), &notNull, &pk, &autoinc) == 0 {
		return f
	}
	meta := C.GoStringN((*C.char)(unsafe.Pointer(c.p.meta.p)), C.int(c.p.meta.n))
	part := strings.Split(meta, "\x00")
	f.Database, f.Table, f.Origin, f.Collation = part[0], part[1], part[2], part[3]
	f.PrimaryKey, f.AutoIncrement = pk != 0, autoinc != 0
	f.Strict = c.holds("SELECT strict FROM pragma_table_list(?1) WHERE schema = ?2", f.Table, f.Database)
	// A primary key without an index of its own is the rowid. Any other may hold
	// NULL, unless it says NOT NULL: https://www.sqlite.org/quirks.html.
	if notNull == 0 && pk != 0 {
		rowid := c.holds("SELECT count(*) = 0 FROM pragma_index_list(?1, ?2) WHERE origin = 'pk'", f.Table, f.Database)
		notNull = cbool(rowid)
	}
	if notNull == 0 {
		f.Nullable, f.NullableKnown = true, true
	} else {
		f.NullableKnown = onlyTable(s.text, f.Table) &&
			c.holds("SELECT count(*) = 0 FROM temp.sqlite_schema WHERE type = 'view' AND name = ?1 COLLATE NOCASE AND ?2 <> ''", f.Table, f.Database)
	}
	return f
}

// holds asks a question about a table.
func (c *conn) holds(question, table, database string) bool {
	r, err := c.Query(context.Background(), question,
		[]driver.NamedValue{{Ordinal: 1, Value: table}, {Ordinal: 2, Value: database}})
	if err != nil {
		return false
	}
	defer r.Close()
	v := []driver.Value{nil}
	return r.Next(v) == nil && v[0] == int64(1)
}

// onlyTable tells that each row of the result is a row of the table, so that a
// NOT NULL of its column holds for the result too. An outer join, here or in a
// view, fills such a column with NULL, and so do a subquery without a row and
// an aggregate of no rows: hence no parentheses but behind WHERE, where
// neither can be about the columns of the result.
func onlyTable(sql, table string) bool {
	froms, tables, inFrom, inWhere := 0, 0, false, false
	for pos := 0; ; {
		tok, ok := sqltext.Next(sql, pos)
		if !ok {
			break
		}
		pos = tok.End
		switch {
		case tok.Is(sql, "FROM"):
			froms++
			inFrom = true
		case tok.Is(sql, "JOIN"), tok.Is(sql, "UNION"), inFrom && tok.Kind == sqltext.Comma,
			!inWhere && tok.Kind == sqltext.LParen:
			return false
		case tok.Is(sql, "WHERE"):
			inFrom, inWhere = false, true
		case tok.Is(sql, "ORDER"), tok.Is(sql, "GROUP"), tok.Is(sql, "LIMIT"), tok.Is(sql, "RETURNING"):
			inFrom, inWhere = false, false
		case inFrom && (tok.Kind == sqltext.Ident || tok.Kind == sqltext.QuotedIdent):
			if strings.EqualFold(sqltext.Unquote(tok.Text(sql)), table) {
				tables++
			}
		}
	}
	return froms == 1 && tables == 1
}
