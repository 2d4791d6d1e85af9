package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/timetext"
)

// Statement is a compiled statement for loops that a prepared statement of
// database/sql is too slow for: https://www.sqlite.org/c3ref/stmt.html. Its
// arguments are bound and its columns read by their type, without reflection
// and, for numbers, without memory.
//
//	s, err := c.Statement(ctx, "SELECT price FROM items WHERE id = ?")
//	...
//	for _, id := range ids {
//		s.BindInt64(1, id)
//		for s.Next() {
//			sum += s.Float64(0)
//		}
//	}
//	return s.Close()
//
// Parameters are numbered from 1, columns from 0, as in SQLite. Each run takes
// the arguments with it: a parameter that was not bound again is an error of
// the next run, so that no value of an earlier one is used by mistake.
// [Statement.ClearBindings] makes all of them NULL.
//
// Bind and the column methods return no error. What goes wrong with them ends
// the run, and is told by Err, Reset and Close, and by the next Exec.
//
// A Statement belongs to its connection, and like it to one goroutine at a
// time. It is closed with the connection, and when the connection goes back to
// the pool; using it afterwards is an error. When a transaction ends, so does
// a run that has not come to its end, with [ErrAbort].
type Statement struct {
	c     *Conn
	eng   engine.Statement
	query string
	ctx   context.Context // for the tracer
	span  *span           // of the run that is under way
	fault error           // of a binding or a column, not told yet
	err   error           // that ended the run
	room  [48]byte        // for the text of a time
}

// Statement compiles a statement to be run many times. The context is that of
// all its runs: when it ends, the one that is under way ends, and no other
// begins.
//
// It takes SELECT, VALUES, INSERT, UPDATE, DELETE and those that begin and end
// transactions and savepoints. The error of any other, and of a text of
// several statements, wraps [ErrUnsupported].
func (c *Conn) Statement(ctx context.Context, query string) (*Statement, error) {
	p, ok := c.eng.(engine.Preparer)
	if !ok {
		return nil, cannot("Statement", "use PrepareContext")
	}
	var s *span
	if tr := c.connector.tracer.Load(); tr != nil {
		_, s = c.trace(tr, ctx, OpPrepare, query)
	}
	st, err := p.Statement(ctx, query)
	err = publish(err)
	s.end(engine.Result{}, err)
	if err != nil {
		return nil, err
	}
	return &Statement{c: c, eng: st, query: query, ctx: ctx}, nil
}

// String returns the SQL text.
func (s *Statement) String() string { return s.query }

// ---- arguments ----

// NumParams is the number of parameters, the largest that is written as ?NNN.
func (s *Statement) NumParams() int { return len(s.eng.Params()) }

// Param is the number of the parameter with the name, with or without its
// prefix, for the Bind methods. An unknown one is 0, which no parameter has,
// and an error of the next run:
// https://www.sqlite.org/c3ref/bind_parameter_index.html.
func (s *Statement) Param(name string) int {
	for i, p := range s.eng.Params() {
		if p != "" && (p == name || p[0] != '?' && p[1:] == name) {
			return i + 1
		}
	}
	s.fail(fmt.Errorf("libsql: no parameter is named %q", name))
	return 0
}

// fail keeps the first thing that goes wrong until it is told.
func (s *Statement) fail(err error) {
	if s.fault == nil {
		s.fault = publish(err)
	}
}

// arg is where the argument of a parameter goes; nil, with the fault noted,
// when it cannot.
func (s *Statement) arg(param int) *engine.Cell {
	a := s.eng.Arg(param - 1)
	if a == nil {
		s.fail(s.eng.Refuses(param - 1))
	}
	return a
}

// BindInt64 binds an integer: https://www.sqlite.org/c3ref/bind_blob.html.
func (s *Statement) BindInt64(param int, v int64) {
	if a := s.arg(param); a != nil {
		a.Type, a.Num = engine.CellInteger, v
	}
}

// BindFloat64 binds a real. NaN is an error, because SQLite would make it NULL.
func (s *Statement) BindFloat64(param int, v float64) {
	if math.IsNaN(v) {
		s.fail(fmt.Errorf("libsql: argument %d: NaN cannot be stored (SQLite would store NULL): bind NULL", param))
	} else if a := s.arg(param); a != nil {
		a.Type, a.Num = engine.CellFloat, int64(math.Float64bits(v))
	}
}

// BindBool binds 0 or 1.
func (s *Statement) BindBool(param int, v bool) {
	n := int64(0)
	if v {
		n = 1
	}
	s.BindInt64(param, n)
}

// BindText binds a copy of a text.
func (s *Statement) BindText(param int, v string) {
	if err := s.eng.SetBytes(param-1, engine.CellText, v); err != nil {
		s.fail(err)
	}
}

// BindBytes binds a copy of a blob. nil is NULL, an empty one is not.
func (s *Statement) BindBytes(param int, v []byte) {
	if v == nil {
		s.BindNull(param)
	} else if err := s.eng.SetBytes(param-1, engine.CellBlob, unsafe.String(unsafe.SliceData(v), len(v))); err != nil {
		s.fail(err)
	}
}

// BindTime binds a time as the driver writes it: in UTC, as a text.
func (s *Statement) BindTime(param int, v time.Time) {
	text, err := timetext.Append(s.room[:0], v)
	if err == nil {
		err = s.eng.SetBytes(param-1, engine.CellText, unsafe.String(unsafe.SliceData(text), len(text)))
	}
	if err != nil {
		s.fail(fmt.Errorf("libsql: argument %d: %w", param, err))
	}
}

// BindNull binds NULL.
func (s *Statement) BindNull(param int) {
	if a := s.arg(param); a != nil {
		a.Type = engine.CellNull
	}
}

// Bind binds a value of any type that the driver takes: see
// [Conn.CheckNamedValue].
func (s *Statement) Bind(param int, v any) {
	nv := driver.NamedValue{Ordinal: param, Value: v}
	if err := checkValue(&nv); err != nil {
		s.fail(err)
		return
	}
	switch v := nv.Value.(type) {
	case nil:
		s.BindNull(param)
	case int64:
		s.BindInt64(param, v)
	case float64:
		s.BindFloat64(param, v)
	case bool:
		s.BindBool(param, v)
	case string:
		s.BindText(param, v)
	case []byte:
		s.BindBytes(param, v)
	case time.Time:
		s.BindTime(param, v)
	}
}

// BindAll binds every parameter: one argument for each, in their order, or
// sql.Named ones by name and the others, in order, to the parameters that have
// no name. Too few and too many are an error, and so is a name that no
// parameter has.
func (s *Statement) BindAll(args ...any) {
	names := s.eng.Params()
	named := 0
	for _, a := range args {
		if _, ok := a.(sql.NamedArg); ok {
			named++
		}
	}
	if named == 0 {
		if len(args) != len(names) {
			s.fail(fmt.Errorf("libsql: %d arguments for %d parameters", len(args), len(names)))
			return
		}
		for i, a := range args {
			s.Bind(i+1, a)
		}
		return
	}
	s.bindNamed(names, args)
}

func (s *Statement) bindNamed(names []string, args []any) {
	bound := make([]bool, len(names))
	next := 0
	for _, a := range args {
		if n, ok := a.(sql.NamedArg); ok {
			i := s.Param(n.Name) - 1
			if i < 0 {
				return
			}
			if bound[i] {
				s.fail(fmt.Errorf("libsql: two arguments are named %q", n.Name))
				return
			}
			bound[i] = true
			s.Bind(i+1, n.Value)
			continue
		}
		for next < len(names) && names[next] != "" && names[next][0] != '?' {
			next++
		}
		if next == len(names) {
			s.fail(errors.New("libsql: an argument without a parameter"))
			return
		}
		bound[next] = true
		next++
		s.Bind(next, a)
	}
	for i, ok := range bound {
		if !ok {
			s.fail(fmt.Errorf("libsql: no argument for parameter %d %s", i+1, names[i]))
			return
		}
	}
}

// ClearBindings binds NULL to every parameter:
// https://www.sqlite.org/c3ref/clear_bindings.html.
func (s *Statement) ClearBindings() {
	for i := range s.eng.Params() {
		s.BindNull(i + 1)
	}
}

// ---- runs ----

// Exec runs the statement to its end and discards its rows: with the
// arguments, one for each parameter as [Statement.BindAll] takes them, or,
// called without any, with those that were bound.
func (s *Statement) Exec(args ...any) error {
	if len(args) > 0 {
		s.BindAll(args...)
	}
	if s.fault != nil {
		return s.take()
	}
	s.err = nil
	var sp *span
	if t := s.c.connector.tracer.Load(); t != nil {
		_, sp = s.c.trace(t, s.ctx, OpExec, s.query)
	}
	err := publish(s.eng.Exec())
	if sp != nil {
		sp.end(s.eng.Result(), err)
	}
	return err
}

// take tells the fault, once, ends the run that it came up in, and forgets
// what else was bound.
func (s *Statement) take() error {
	err := s.fault
	s.fault = nil
	s.end(err)
	s.eng.Unbind()
	return err
}

// end ends the run, if one is under way.
func (s *Statement) end(err error) error {
	if rerr := publish(s.eng.Reset()); err == nil {
		err = rerr
	}
	if s.span != nil {
		s.span.end(s.eng.Result(), err)
		s.span = nil
	}
	return err
}

// Next goes to the next row, and begins a run if none is under way. It returns
// false when there is no row left, or an error that Err tells; the next call
// then begins the next run: https://www.sqlite.org/c3ref/step.html.
//
// Rows are fetched in blocks, a few at first. Of a result that fits in the
// first block nothing is open any more when its first row is read.
func (s *Statement) Next() bool {
	if s.fault != nil {
		s.err = s.take()
		return false
	}
	if t := s.c.connector.tracer.Load(); t != nil && s.span == nil && !s.eng.Running() {
		_, s.span = s.c.trace(t, s.ctx, OpQuery, s.query)
	}
	row, err := s.eng.Next()
	if row {
		return true
	}
	s.err = publish(err)
	if s.span != nil {
		s.span.end(s.eng.Result(), s.err)
		s.span = nil
	}
	return false
}

// Err tells why Next returned false, or what was wrong with a binding or a
// column since; nil at the end of the rows.
func (s *Statement) Err() error {
	if s.err == nil {
		return s.fault
	}
	return s.err
}

// Reset ends the run that is under way, so that the statement can be bound and
// run again; after the last row that is not necessary. It returns the error
// that Err has, and that of ending the run, and forgets them:
// https://www.sqlite.org/c3ref/reset.html. Arguments that no run has taken
// stay bound.
func (s *Statement) Reset() error {
	if s.err == nil && s.fault != nil {
		return s.take()
	}
	err := s.err
	s.err, s.fault = nil, nil
	return s.end(err)
}

// Close releases the statement, and returns what Reset does. Closing it twice
// is safe.
func (s *Statement) Close() error {
	err := s.Reset()
	if cerr := publish(s.eng.Close()); err == nil {
		err = cerr
	}
	return err
}

// RowsAffected is how many rows the last run has changed, if it was an INSERT,
// UPDATE or DELETE that came to its end; else 0.
func (s *Statement) RowsAffected() int64 { return s.eng.Result().Changes }

// LastInsertID is the rowid of the last row that the last run has inserted,
// if it came to its end; else 0.
func (s *Statement) LastInsertID() int64 { return s.eng.Result().LastInsertID }

// Counters are the counts of all runs since the statement was compiled:
// https://www.sqlite.org/c3ref/c_stmtstatus_counter.html.
func (s *Statement) Counters() (Counters, error) {
	c, err := s.eng.Counters()
	return Counters(c), publish(err)
}

// ---- columns ----

// Columns are the names of the columns. A change of the schema may change
// them with the next run.
func (s *Statement) Columns() ([]string, error) {
	cols, err := s.eng.Columns()
	if err != nil {
		return nil, publish(err)
	}
	names := make([]string, len(cols))
	for i := range cols {
		names[i] = cols[i].Name
	}
	return names, nil
}

var cellNames = [...]string{"nothing", "INTEGER", "REAL", "TEXT", "BLOB", "NULL"}

// noValue notes that a column has no value of the type that was asked for.
func (s *Statement) noValue(column int, c *engine.Cell, want string) {
	if c == nil {
		s.fail(fmt.Errorf("libsql: no column %d, or no row", column))
		return
	}
	s.fail(fmt.Errorf("libsql: column %d is %s, and no %s", column, cellNames[c.Type&engine.CellType], want))
}

// IsNull tells whether the column is NULL.
func (s *Statement) IsNull(column int) bool {
	c := s.eng.Cell(column)
	if c == nil {
		s.noValue(column, nil, "")
		return false
	}
	return c.Type == engine.CellNull
}

// Int64 returns an INTEGER, or a REAL that is a whole number. Of anything
// else, NULL too, it returns 0 and Err tells it.
func (s *Statement) Int64(column int) int64 {
	c := s.eng.Cell(column)
	if c != nil && c.Type == engine.CellInteger {
		return c.Num
	}
	if c != nil && c.Type == engine.CellFloat {
		f := math.Float64frombits(uint64(c.Num))
		if n := int64(f); f >= -1<<63 && f < 1<<63 && float64(n) == f {
			return n
		}
	}
	s.noValue(column, c, "64-bit integer")
	return 0
}

// Float64 returns a REAL or an INTEGER. Of anything else, NULL too, it returns
// 0 and Err tells it.
func (s *Statement) Float64(column int) float64 {
	c := s.eng.Cell(column)
	if c != nil && c.Type == engine.CellFloat {
		return math.Float64frombits(uint64(c.Num))
	}
	if c != nil && c.Type == engine.CellInteger {
		return float64(c.Num)
	}
	s.noValue(column, c, "number")
	return 0
}

// Bool returns an INTEGER that is 0 or 1. Of anything else, NULL too, it
// returns false and Err tells it.
func (s *Statement) Bool(column int) bool {
	c := s.eng.Cell(column)
	if c != nil && c.Type == engine.CellInteger && uint64(c.Num) <= 1 {
		return c.Num == 1
	}
	s.noValue(column, c, "boolean")
	return false
}

// bytes are those of a TEXT or a BLOB; valid until the next row.
func (s *Statement) bytes(column int) ([]byte, *engine.Cell) {
	c := s.eng.Cell(column)
	if c != nil {
		if t := c.Type & engine.CellType; t == engine.CellText || t == engine.CellBlob {
			return s.eng.Bytes(c), c
		}
	}
	return nil, c
}

// Text returns a TEXT or BLOB as a string. Of anything else, NULL too, it
// returns "" and Err tells it.
func (s *Statement) Text(column int) string {
	b, c := s.bytes(column)
	if b == nil {
		s.noText(column, c)
	}
	return string(b)
}

func (s *Statement) noText(column int, c *engine.Cell) { s.noValue(column, c, "text or blob") }

// Bytes returns a copy of a BLOB or TEXT; nil for NULL. Of anything else it
// returns nil and Err tells it.
func (s *Statement) Bytes(column int) []byte {
	b, c := s.bytes(column)
	if b == nil && (c == nil || c.Type != engine.CellNull) {
		s.noText(column, c)
	}
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}

// AppendBytes appends a BLOB or TEXT to dst, and nothing for NULL. Of anything
// else it appends nothing and Err tells it.
func (s *Statement) AppendBytes(dst []byte, column int) []byte {
	b, c := s.bytes(column)
	if b == nil && (c == nil || c.Type != engine.CellNull) {
		s.noText(column, c)
	}
	return append(dst, b...)
}

// Time returns a time, from each of the texts and numbers that a time column
// may hold, whatever type the column was declared with; in [Config.Loc]. Of
// anything else, NULL too, it returns the zero time and Err tells it.
func (s *Statement) Time(column int) time.Time {
	c := s.eng.Cell(column)
	if c != nil {
		if t, ok := engine.ToTime(s.plain(c), s.c.connector.cfg.Loc); ok {
			return t
		}
	}
	s.noValue(column, c, "time")
	return time.Time{}
}

// Value returns the value as the rows of database/sql have it: int64, float64,
// string, []byte, nil, and by the declared type of the column bool and
// time.Time.
func (s *Statement) Value(column int) any {
	c := s.eng.Cell(column)
	if c == nil {
		s.noValue(column, nil, "")
		return nil
	}
	v := s.plain(c)
	cols, err := s.eng.Columns()
	if err != nil {
		s.fail(err)
	} else if column < len(cols) {
		v = cols[column].Convert(v, s.c.connector.cfg.Loc)
	}
	return v
}

// plain is the value of a cell as SQLite has it.
func (s *Statement) plain(c *engine.Cell) driver.Value {
	switch c.Type & engine.CellType {
	case engine.CellInteger:
		return c.Num
	case engine.CellFloat:
		return math.Float64frombits(uint64(c.Num))
	case engine.CellText:
		return string(s.eng.Bytes(c))
	case engine.CellBlob:
		return append([]byte{}, s.eng.Bytes(c)...)
	}
	return nil
}
