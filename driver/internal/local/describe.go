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

func classifyVerb(sql string) sqltext.Verb { return sqltext.Classify(sql).Verb }

// Describe tells what the schema proves about a column of the statement that
// runs, or nothing when it has ended.
func (r *rows) Describe(i int) engine.ColumnFacts {
	var f engine.ColumnFacts
	if r.s == nil || r.s.p == nil {
		return f
	}
	var notNull, pk C.int
	if C.lq_column_meta(r.s.p, C.int(i), &notNull, &pk) == 0 {
		return f
	}
	meta := C.GoStringN((*C.char)(unsafe.Pointer(r.c.p.meta.p)), C.int(r.c.p.meta.n))
	part := strings.Split(meta, "\x00") // database, table, origin, collation
	f.Strict = r.c.strict(part[0], part[1])
	switch {
	case notNull == 0 && (pk == 0 || !strings.EqualFold(engine.BaseType(r.cols[i].DeclType), "INTEGER")):
		f.Nullable, f.NullableKnown = true, true
	case onlyTable(r.s.text, part[1]):
		f.NullableKnown = true
	}
	return f
}

// strict tells a STRICT table: https://www.sqlite.org/stricttables.html.
func (c *conn) strict(database, table string) bool {
	r, err := c.Query(context.Background(), "SELECT strict FROM pragma_table_list(?) WHERE schema = ?",
		[]driver.NamedValue{{Ordinal: 1, Value: table}, {Ordinal: 2, Value: database}})
	if err != nil {
		return false
	}
	defer r.Close()
	v := []driver.Value{nil}
	return r.Next(v) == nil && v[0] == int64(1)
}

// onlyTable tells that the statement reads just that one table, so that a
// NOT NULL of its column holds for the result too: an outer join, here or in
// a view, can fill it with NULL.
func onlyTable(sql, table string) bool {
	froms, tables, inFrom := 0, 0, false
	pos := 0
	for {
		tok, ok := sqltext.Next(sql, pos)
		if !ok {
			break
		}
		pos = tok.End
		word := tok.Text(sql)
		switch {
		case tok.Is(sql, "FROM"):
			froms++
			inFrom = true
		case tok.Is(sql, "JOIN"), tok.Is(sql, "UNION"), inFrom && word == ",", inFrom && word == "(":
			return false
		case tok.Is(sql, "WHERE"), tok.Is(sql, "ORDER"), tok.Is(sql, "GROUP"), tok.Is(sql, "LIMIT"):
			inFrom = false
		case inFrom && (tok.Kind == sqltext.Ident || tok.Kind == sqltext.QuotedIdent):
			if strings.EqualFold(sqltext.Unquote(word), table) {
				tables++
			}
		}
	}
	return froms == 1 && tables == 1
}
