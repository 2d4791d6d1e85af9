package driver

import (
	"context"
	"math"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Sizes is how much room a database takes.
type Sizes struct {
	PageSize  int64 // bytes
	Pages     int64 // of the database: https://www.sqlite.org/pragma.html#pragma_page_count
	FreePages int64 // of them, those that are not in use: https://www.sqlite.org/pragma.html#pragma_freelist_count
	Objects   []ObjectSize
}

// ObjectSize is how much room a table or an index takes.
type ObjectSize struct {
	Name           string
	Table          string // that it is or that the index is of
	Index          bool
	Pages          int64
	Bytes          int64 // of all its pages
	Payload        int64 // bytes of what is stored
	Unused         int64 // bytes of its pages that hold nothing
	Cells          int64 // rows or entries of the index, and in a table what leads to its pages
	LargestPayload int64 // bytes of the largest entry
}

// Sizes tells how much room the tables and indexes of a schema take, in the
// order of their names; "" is the schema main. It reads every page of the
// database: https://www.sqlite.org/dbstat.html. All numbers are of one
// moment.
func (c *Conn) Sizes(ctx context.Context, schema string) (s Sizes, err error) {
	if schema == "" {
		schema = "main"
	}
	name := sqltext.QuoteIdent(schema)
	res, err := c.BatchStmts(ctx, []BatchStmt{
		{SQL: "PRAGMA " + name + ".page_size"},
		{SQL: "PRAGMA " + name + ".page_count"},
		{SQL: "PRAGMA " + name + ".freelist_count"},
		{SQL: "SELECT s.name, coalesce(o.tbl_name, s.name), coalesce(o.type, '') = 'index', s.pageno, s.pgsize, s.payload, s.unused, s.ncell, s.mx_payload " +
			"FROM dbstat(?, 1) s LEFT JOIN " + name + ".sqlite_schema o ON o.name = s.name AND o.type IN ('table', 'index') ORDER BY s.name", Args: []any{schema}},
	}, BatchOptions{MaxRows: math.MaxInt})
	if err != nil {
		return s, err
	}
	for i, n := range []*int64{&s.PageSize, &s.Pages, &s.FreePages} {
		*n, _ = res[i].Rows[0][0].(int64)
	}
	for _, row := range res[3].Rows {
		o := ObjectSize{Index: row[2] == int64(1)}
		o.Name, _ = row[0].(string)
		o.Table, _ = row[1].(string)
		for i, n := range []*int64{&o.Pages, &o.Bytes, &o.Payload, &o.Unused, &o.Cells, &o.LargestPayload} {
			*n, _ = row[3+i].(int64)
		}
		s.Objects = append(s.Objects, o)
	}
	return s, nil
}
