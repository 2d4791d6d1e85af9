package pragma

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Table is a row of https://www.sqlite.org/pragma.html#pragma_table_list.
type Table struct {
	Schema       string
	Name         string
	Type         string // "table", "view", "virtual" or "shadow"
	Columns      int    // generated and hidden ones included
	WithoutRowID bool
	Strict       bool
}

// TableList lists the tables and views of all schemas, or those with the
// name, which is compared as SQLite compares names. SQLite's own tables
// (sqlite_schema …) are listed too.
func TableList(ctx context.Context, q Querier, name string) ([]Table, error) {
	query, args := "SELECT schema, name, type, ncol, wr, strict FROM pragma_table_list", []any(nil)
	if name != "" {
		query, args = query+"(?)", []any{name}
	}
	return list(ctx, q, "table_list", query, args, func(t *Table) []any {
		return []any{&t.Schema, &t.Name, &t.Type, &t.Columns, &t.WithoutRowID, &t.Strict}
	})
}

// Column is a row of https://www.sqlite.org/pragma.html#pragma_table_xinfo.
type Column struct {
	ID         int // from 0, in the order of the table
	Name       string
	Type       string // as declared, "" without
	NotNull    bool
	Default    sql.NullString // the text of the default's expression
	PrimaryKey int            // place in the primary key, from 1; 0: not in it
	Hidden     Hidden
}

// Hidden says whether a column is an ordinary one.
type Hidden int

// The kinds of columns.
const (
	Ordinary         Hidden = 0
	HiddenColumn     Hidden = 1 // of a virtual table
	GeneratedVirtual Hidden = 2
	GeneratedStored  Hidden = 3
)

// TableInfo lists the columns of a table or view, generated and hidden ones
// included; none when there is no such table.
func TableInfo(ctx context.Context, q Querier, schema, table string) ([]Column, error) {
	query, args := function("pragma_table_xinfo", schema, table)
	return list(ctx, q, "table_xinfo", "SELECT cid, name, type, \"notnull\", dflt_value, pk, hidden FROM "+query, args,
		func(c *Column) []any {
			return []any{&c.ID, &c.Name, &c.Type, &c.NotNull, &c.Default, &c.PrimaryKey, &c.Hidden}
		})
}

// Index is a row of https://www.sqlite.org/pragma.html#pragma_index_list.
type Index struct {
	Name    string
	Unique  bool
	Origin  string // "c" CREATE INDEX, "u" UNIQUE constraint, "pk" PRIMARY KEY
	Partial bool
}

// IndexList lists the indexes of a table.
func IndexList(ctx context.Context, q Querier, schema, table string) ([]Index, error) {
	query, args := function("pragma_index_list", schema, table)
	return list(ctx, q, "index_list", "SELECT name, \"unique\", origin, partial FROM "+query, args,
		func(i *Index) []any { return []any{&i.Name, &i.Unique, &i.Origin, &i.Partial} })
}

// IndexColumn is a row of https://www.sqlite.org/pragma.html#pragma_index_xinfo.
type IndexColumn struct {
	Column    int            // the column's ID, -1 the rowid, -2 an expression
	Name      sql.NullString // NULL for the rowid and for an expression
	Desc      bool
	Collation string
	Key       bool // false: stored beside the key
}

// IndexInfo lists the columns of an index, those of its key first.
func IndexInfo(ctx context.Context, q Querier, schema, index string) ([]IndexColumn, error) {
	query, args := function("pragma_index_xinfo", schema, index)
	return list(ctx, q, "index_xinfo", "SELECT cid, name, \"desc\", coll, key FROM "+query, args,
		func(c *IndexColumn) []any { return []any{&c.Column, &c.Name, &c.Desc, &c.Collation, &c.Key} })
}

// ForeignKey is a row of https://www.sqlite.org/pragma.html#pragma_foreign_key_list:
// one column of one foreign key.
type ForeignKey struct {
	ID       int // equal for the columns of one key
	Seq      int // the column's place in the key, from 0
	Table    string
	From     string
	To       sql.NullString // NULL: the primary key of Table
	OnUpdate string         // "NO ACTION", "CASCADE", …
	OnDelete string
}

// ForeignKeyList lists the foreign keys of a table.
func ForeignKeyList(ctx context.Context, q Querier, schema, table string) ([]ForeignKey, error) {
	query, args := function("pragma_foreign_key_list", schema, table)
	return list(ctx, q, "foreign_key_list", "SELECT id, seq, \"table\", \"from\", \"to\", on_update, on_delete FROM "+query,
		args, func(f *ForeignKey) []any {
			return []any{&f.ID, &f.Seq, &f.Table, &f.From, &f.To, &f.OnUpdate, &f.OnDelete}
		})
}

// Violation is a row of https://www.sqlite.org/pragma.html#pragma_foreign_key_check:
// a row of a table that refers to what is not there.
type Violation struct {
	Table  string        // that the row is of, the child
	RowID  sql.NullInt64 // NULL in a WITHOUT ROWID table
	Parent string        // the table that it refers to
	Key    int           // the ID of the [ForeignKey] of Table
}

// ForeignKeyCheck lists the rows that break a foreign key of a table, or with
// table "" of all tables of the schema, whether or not foreign keys are
// switched on. A table that is not there is an error. The schema "" is main;
// together with a table, the one that has it.
func ForeignKeyCheck(ctx context.Context, q Querier, schema, table string) ([]Violation, error) {
	query, args := function("pragma_foreign_key_check", schema, table)
	if table == "" {
		args[0] = nil
	}
	return list(ctx, q, "foreign_key_check", "SELECT \"table\", rowid, parent, fkid FROM "+query, args,
		func(v *Violation) []any { return []any{&v.Table, &v.RowID, &v.Parent, &v.Key} })
}

// function is the call of a table-valued PRAGMA function for a name.
func function(name, schema, arg string) (query string, args []any) {
	if schema == "" {
		return name + "(?)", []any{arg}
	}
	return name + "(?, ?)", []any{arg, schema}
}

// list reads all rows of a question about the schema; those before a failure,
// too.
func list[T any](ctx context.Context, q Querier, pragma, query string, args []any, fields func(*T) []any) (out []T, err error) {
	for _, a := range args {
		if name, ok := a.(string); ok && strings.ContainsRune(name, 0) { // SQLite would read it up to there
			return nil, fmt.Errorf("libsql: PRAGMA %s: %q: a name cannot hold a NUL byte", pragma, name)
		}
	}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("libsql: PRAGMA %s: %w", pragma, err)
	}
	if rows == nil {
		return nil, nil // a pool that a test has made up
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := rows.Scan(fields(&v)...); err != nil {
			return nil, fmt.Errorf("libsql: PRAGMA %s: %w", pragma, err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return out, fmt.Errorf("libsql: PRAGMA %s: %w", pragma, err)
	}
	return out, nil
}
