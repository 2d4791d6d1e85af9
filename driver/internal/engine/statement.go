package engine

import "context"

// Preparer is a [Conn] that hands out compiled statements.
type Preparer interface {
	// Statement compiles the only statement of a text. The context is that of
	// all its runs.
	Statement(ctx context.Context, sql string) (Statement, error)
}

// Statement is a compiled statement that is bound and stepped by hand. It is
// closed with its connection, and when the connection goes back to the pool.
type Statement interface {
	// Params are the names of the parameters, with their prefix, "" for those
	// without.
	Params() []string
	// Columns are those of the rows, as of the last run.
	Columns() ([]Column, error)

	// Arg is where the argument for a parameter, from 0, is written: an
	// integer, a real or NULL; nil when it cannot be, which [Statement.Refuses]
	// explains.
	Arg(param int) *Cell
	// SetBytes makes the argument a copy of a text or a blob.
	SetBytes(param int, cellType uint32, bytes string) error
	Refuses(param int) error
	// Unbind forgets the arguments.
	Unbind()

	// Next goes to the next row, beginning a run if none is under way. False
	// ends the run.
	Next() (bool, error)
	// Exec makes a run and discards its rows.
	Exec() error
	// Reset ends the run that is under way, if there is one.
	Reset() error
	// Running: a run is under way.
	Running() bool
	// Result is what the last run did.
	Result() Result

	// Cell is a column, from 0, of the row; nil without one. It is valid until
	// the next call of Next, Exec, Reset or Close.
	Cell(column int) *Cell
	// Bytes are those of a text or a blob in such a cell, valid as long.
	Bytes(*Cell) []byte

	Counters() (Counters, error)
	Close() error
}

// Cell is an argument or a value in the engine's own memory.
type Cell struct {
	Num  int64 // the integer; the bits of the real
	Len  uint32
	Type uint32 // one of the types, with bits of the engine's own above [CellType]
}

// The types are SQLite's: https://www.sqlite.org/c3ref/c_blob.html.
const (
	CellUnbound uint32 = iota
	CellInteger
	CellFloat
	CellText
	CellBlob
	CellNull

	CellType uint32 = 7 // masks the type
)
