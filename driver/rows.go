package driver

import (
	"database/sql/driver"
	"io"
	"math"
	"reflect"
	"slices"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/rowhook"
)

// rows iterates over the rows of a text.
type rows struct {
	eng    engine.Rows
	hook   *rowhook.Context // nil for most
	span   *span
	names  []string       // of the columns, once they were asked for
	left   []driver.Value // the row that a sink did not take
	err    error          // that ended the iteration
	closed bool
}

var (
	_ driver.Rows                           = (*rows)(nil)
	_ driver.RowsNextResultSet              = (*rows)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
	_ driver.RowsColumnTypeLength           = (*rows)(nil)
	_ driver.RowsColumnTypeNullable         = (*rows)(nil)
	_ driver.RowsColumnTypePrecisionScale   = (*rows)(nil)
	_ driver.RowsColumnTypeScanType         = (*rows)(nil)
)

// Columns returns the names of the columns.
func (r *rows) Columns() []string {
	cols := r.eng.Columns()
	if r.names == nil {
		r.names = make([]string, len(cols))
		for i := range cols {
			r.names[i] = cols[i].Name
		}
	}
	if r.hook != nil && r.hook.Columns != nil {
		r.hook.Columns(r.names, func(i int) bool { return cols[i].Kind == engine.Time })
	}
	return r.names
}

// Next reads the next row.
func (r *rows) Next(dest []driver.Value) error {
	if r.left != nil {
		copy(dest, r.left)
		r.left = nil
		return nil
	}
	return r.note(r.eng.Next(dest))
}

// pour gives the rows to the sink, as far as it takes them.
func (r *rows) pour(sink rowhook.Sink, scratch *sinkScratch) error {
	cols := r.eng.Columns()
	scratch.names, scratch.row = scratch.names[:0], scratch.row[:0]
	for i := range cols {
		scratch.names, scratch.row = append(scratch.names, cols[i].Name), append(scratch.row, nil)
	}
	if len(cols) == 0 || !sink.Begin(scratch.names) {
		return nil
	}
	row := scratch.row
	defer clear(row) // it keeps no values alive
	for {
		switch err := r.eng.Next(row); {
		case err == io.EOF:
			return nil
		case err != nil:
			err = r.note(err)
			r.Close()
			return err
		}
		if !sink.Row(row) {
			r.left = slices.Clone(row)
			return nil
		}
	}
}

// sinkScratch is memory of a connection's, for each query with a sink.
type sinkScratch struct {
	names []string
	row   []driver.Value
}

func (r *rows) note(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	r.err = publish(err)
	return r.err
}

// HasNextResultSet tells whether statements of the text are left.
func (r *rows) HasNextResultSet() bool { return r.eng.HasNextResultSet() }

// NextResultSet goes to the next statement that returns rows.
func (r *rows) NextResultSet() error {
	r.names, r.left = nil, nil
	return r.note(r.eng.NextResultSet())
}

// Close runs the statements that are left and returns their error.
func (r *rows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	err := publish(r.eng.Close())
	if err != nil {
		r.err = err
	}
	if r.span != nil {
		r.span.end(r.eng.Result(), r.err)
	}
	return err
}

// ColumnTypeDatabaseTypeName is the declared type in upper case without its
// length, "" for an expression: https://www.sqlite.org/c3ref/column_decltype.html.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	return engine.BaseType(r.eng.Columns()[i].DeclType)
}

// ColumnTypeDeclared is the declared type as SQLite keeps it, with its length
// and in the case of its letters; "" for an expression.
func (r *rows) ColumnTypeDeclared(i int) string { return r.eng.Columns()[i].DeclType }

// ColumnTypeLength is unbounded for TEXT and BLOB, and unknown else: SQLite
// does not keep to a length that is declared.
func (r *rows) ColumnTypeLength(i int) (int64, bool) {
	switch r.eng.Columns()[i].DeclType {
	case "TEXT", "BLOB", "text", "blob":
		return math.MaxInt64, true
	}
	return 0, false
}

// ColumnTypePrecisionScale is never known: SQLite does not keep to what is
// declared.
func (r *rows) ColumnTypePrecisionScale(int) (precision, scale int64, ok bool) { return 0, 0, false }

// ColumnTypeNullable tells what the schema proves. A NOT NULL column is known
// to hold no NULL only in a query of that table alone: an outer join fills it.
func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	f := r.eng.Describe(i)
	return f.Nullable, f.NullableKnown
}

var (
	anyType   = reflect.TypeFor[any]()
	strictTyp = map[string]reflect.Type{
		"INT": reflect.TypeFor[int64](), "INTEGER": reflect.TypeFor[int64](), "REAL": reflect.TypeFor[float64](),
		"TEXT": reflect.TypeFor[string](), "BLOB": reflect.TypeFor[[]byte](),
	}
)

// ColumnTypeScanType is a concrete type only where every row fits it, which
// is a NOT NULL column of a STRICT table; else it is any, because a column of
// SQLite holds values of any type.
func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	f := r.eng.Describe(i)
	if t, ok := strictTyp[engine.BaseType(r.eng.Columns()[i].DeclType)]; ok && f.Strict && f.NullableKnown && !f.Nullable {
		return t
	}
	return anyType
}
