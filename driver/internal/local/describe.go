//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"strings"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Describe tells what the schema proves about a column.
func (r *rows) Describe(i int) engine.ColumnFacts {
	if r.facts == nil {
		r.facts = r.c.describe(r.text, len(r.cols))
	}
	return r.facts[i]
}

// describe compiles a statement once more, because the one that runs may have
// ended already, and asks for its columns. Statements that have an effect when
// they are compiled stay unknown.
func (c *conn) describe(sql string, columns int) []engine.ColumnFacts {
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
	var notNull, pk C.int
	if C.lq_column_meta(s.p, C.int(i), &notNull, &pk) == 0 {
		return f
	}
	meta := C.GoStringN((*C.char)(unsafe.Pointer(c.p.meta.p)), C.int(c.p.meta.n))
	part := strings.Split(meta, "\x00") // database, table, origin, collation
	database, table := part[0], part[1]
	f.Strict = c.holds("SELECT strict FROM pragma_table_list(?1) WHERE schema = ?2", table, database)
	// A primary key without an index of its own is the rowid. Any other may hold
	// NULL, unless it says NOT NULL: https://www.sqlite.org/quirks.html.
	if notNull == 0 && pk != 0 {
		rowid := c.holds("SELECT count(*) = 0 FROM pragma_index_list(?1, ?2) WHERE origin = 'pk'", table, database)
		notNull = cbool(rowid)
	}
	if notNull == 0 {
		f.Nullable, f.NullableKnown = true, true
	} else {
		f.NullableKnown = onlyTable(s.text, table) &&
			c.holds("SELECT count(*) = 0 FROM temp.sqlite_schema WHERE type = 'view' AND name = ?1 COLLATE NOCASE AND ?2 <> ''", table, database)
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
