package engine

import (
	"context"
	"fmt"
	"unsafe"
)

// Functions is a [Conn] that takes functions in Go. A function belongs to its
// connection, which calls it from one goroutine at a time, and is let go with
// it.
type Functions interface {
	// CreateFunction makes a function known, in the place of one of the same
	// name and number of arguments.
	CreateFunction(*Function) error
	// DropFunction forgets every function in Go of the name.
	DropFunction(name string) error
	// CreateCollation makes an order of texts known, in the place of one of the
	// same name; nil forgets it.
	CreateCollation(name string, compare func(a, b string) int) error
	// CreateTableFunc makes a table-valued function known, in the place of one
	// of the same name.
	CreateTableFunc(*TableFunc) error
	// DropTableFunc forgets it.
	DropTableFunc(name string) error
}

// The flags are SQLite's: https://www.sqlite.org/c3ref/c_deterministic.html.
const (
	FuncDeterministic = 0x000000800
	FuncDirectOnly    = 0x000080000
	FuncInnocuous     = 0x000200000
)

// CodeMismatch is the code of a value that does not fit the Go type it is for.
const CodeMismatch = 20

// Function is a function in Go: a scalar one has Call, an aggregate one New.
type Function struct {
	Name   string
	NArg   int // -1: any number
	Flags  int
	Call   func(ctx context.Context, args []Cell, out *Out) error
	New    func(ctx context.Context) (FuncState, error)
	Window bool // its states have Inverse and Value
}

// FuncState is one group of an aggregate function, or one window.
type FuncState interface {
	Step(ctx context.Context, args []Cell) error
	Inverse(ctx context.Context, args []Cell) error
	Value(ctx context.Context, out *Out) error
	// Final is called once, also when the statement is aborted.
	Final(ctx context.Context, out *Out) error
}

// TableFunc is a table-valued function in Go.
type TableFunc struct {
	Name    string
	Columns []TableColumn
	Params  []TableParam
	Flags   int
	// Open reads the arguments, one for each parameter, CellUnbound for one that
	// was left out. What it returns runs on a goroutine of its own: it calls
	// yield with each row, until it ends or yield returns false. The context
	// ends with the statement.
	Open func(args []Cell) (func(ctx context.Context, yield func(row []Out) bool) error, error)
}

// TableColumn is a column of a table-valued function.
type TableColumn struct{ Name, DeclType string }

// TableParam is a parameter of a table-valued function.
type TableParam struct {
	Name     string
	Optional bool
}

// Out is the value that a function returns; the zero Out is not a value.
type Out struct {
	Num  int64  // the integer; the bits of the real
	Text string // the bytes of a text or a blob
	Type uint32
}

// ArgBytes are the bytes of a text or a blob among the arguments of a
// function, in memory that is lent for the call.
func ArgBytes(c *Cell) []byte {
	if c.Len == 0 {
		return nil
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&c.Num)), c.Len)
}

// Panic is the error of a function in Go that panicked.
type Panic struct {
	Value any
	Stack []byte // of the goroutine, as package runtime/debug writes it
}

// Error tells the value.
func (p *Panic) Error() string { return fmt.Sprint("panic: ", p.Value) }

// Unwrap returns the value if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}
