package driver

import (
	"context"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Description is what a statement is, told without running it.
type Description struct {
	// Columns are those of the rows that the statement returns, none for one
	// that returns no rows.
	Columns []Column
	// Params are its parameters, the one with the number n at n-1.
	Params []Param
	// ReadOnly: it does not write to a database file. EXPLAIN reads whatever
	// statement follows it: https://www.sqlite.org/c3ref/stmt_readonly.html.
	ReadOnly bool
	// Explain is 1 for EXPLAIN, 2 for EXPLAIN QUERY PLAN, else 0:
	// https://www.sqlite.org/c3ref/stmt_isexplain.html.
	Explain int
}

// Column is a column of a result. What it comes from is known when it is a
// column of a table, through aliases, views, subqueries and common table
// expressions; of an expression only the name is known.
type Column struct {
	Name     string // in the result: https://www.sqlite.org/c3ref/column_name.html
	DeclType string // of the table's column, as SQLite keeps it; "" for an expression: https://www.sqlite.org/c3ref/column_decltype.html

	// The database ("main", "temp" or the name of an attached one), table and
	// column: https://www.sqlite.org/c3ref/column_database_name.html. All are
	// "" for an expression.
	Database, Table, Origin string

	// What the schema says of that column, which for the columns of an
	// expression is nothing: https://www.sqlite.org/c3ref/table_column_metadata.html.
	PrimaryKey    bool   // it is in the primary key
	AutoIncrement bool   // it has AUTOINCREMENT
	Collation     string // "BINARY" unless it declares another; "" for an expression

	// Nullable: the rows may have NULL here. It means something when
	// NullableKnown: of an expression it is not known, and of a NOT NULL column
	// only in a query of its table alone, because an outer join fills it.
	Nullable, NullableKnown bool
}

// Param is a parameter of a statement:
// https://www.sqlite.org/c3ref/bind_parameter_name.html.
type Param struct {
	Number int    // from 1
	Name   string // with its prefix, such as ":id" or "?3"; "" for a plain "?" and for a number that no parameter has
}

// Describe compiles a statement and tells what it is, without running it. A
// text without a statement has an empty description.
//
// It refuses, by an error that wraps [ErrUnsupported], a text of several
// statements, and those that act while they are compiled: DROP and CREATE
// INDEX, with EXPLAIN in front too, because libSQL changes vector indexes
// then, and every PRAGMA that sets something.
func (c *Conn) Describe(ctx context.Context, query string) (Description, error) {
	d, ok := c.eng.(engine.Describer)
	if !ok {
		return Description{}, cannot("Describe", "query with LIMIT 0 and ask the rows for their ColumnTypes")
	}
	var s *span
	if tr := c.connector.tracer.Load(); tr != nil {
		ctx, s = c.trace(tr, ctx, OpPrepare, query)
	}
	found, err := d.Describe(ctx, query)
	err = publish(err)
	s.end(engine.Result{}, err)
	if err != nil {
		return Description{}, err
	}
	out := Description{ReadOnly: found.ReadOnly, Explain: found.Explain}
	for i, c := range found.Columns {
		f := found.Facts[i]
		out.Columns = append(out.Columns, Column{Name: c.Name, DeclType: c.DeclType,
			Database: f.Database, Table: f.Table, Origin: f.Origin,
			PrimaryKey: f.PrimaryKey, AutoIncrement: f.AutoIncrement, Collation: f.Collation,
			Nullable: f.Nullable, NullableKnown: f.NullableKnown})
	}
	for i, name := range found.Params {
		out.Params = append(out.Params, Param{Number: i + 1, Name: name})
	}
	return out, nil
}
