package driver

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/driver/internal/gofunc"
)

// FuncFlags say what SQLite may do with a function:
// https://www.sqlite.org/c3ref/c_deterministic.html.
//
// Without any, a function may return something else each time, and the schema
// of a database (views, triggers, and what it computes) may call it unless
// [Config.TrustedSchema] is off. These are SQLite's defaults: a function is
// written by the program, and its own schema may use it.
type FuncFlags int

const (
	// Deterministic promises that the same arguments give the same result, for
	// as long as the database lives. Only such a function can be in an index, a
	// generated column and the WHERE of a partial index, and SQLite calls it
	// once where the arguments do not change. A function that breaks the promise
	// breaks the index.
	Deterministic FuncFlags = engine.FuncDeterministic
	// DirectOnly keeps the schema from calling the function: it is for those
	// that have an effect or tell a secret, because a file of a stranger may
	// have a trigger or a view that calls it.
	DirectOnly FuncFlags = engine.FuncDirectOnly
	// Innocuous lets the schema call the function even when
	// [Config.TrustedSchema] is off: it promises that whoever wrote the schema
	// cannot do harm with it, with any argument.
	Innocuous FuncFlags = engine.FuncInnocuous
)

// PanicError is in the chain of the error of a statement that called a function
// in Go that panicked.
type PanicError = engine.Panic

// Func makes a Go function known to SQL by the name, on this connection:
// https://www.sqlite.org/appfunc.html. For every connection of a pool call it
// in [EachConn], or in [Config.OnConnect].
//
//	err := driver.EachConn(ctx, db, "slug", func(ctx context.Context, c *driver.Conn) error {
//		return c.Func("slug", Slug, driver.Deterministic)
//	})
//
// fn takes parameters of these types, after a [context.Context] if it has one
// first, which is that of the statement that runs, and may be variadic; it
// returns a value, an error, or both. The types are int64 (INTEGER), float64
// (REAL, and INTEGER that is exact), string (TEXT), []byte (BLOB, NULL is nil),
// bool (0 and 1), time.Time (TEXT as the driver writes it) and any; other integers, and named types of these kinds;
// pointers and [database/sql.Null] for what may be NULL; every sql.Scanner as a parameter,
// every driver.Valuer as a result. Nothing is converted: an argument that does
// not fit its type is an error of the statement, with the code [ErrMismatch],
// that names the function and the argument. What fn gets is its own to keep.
//
// What goes wrong is an [Error] of the statement that begins with the name of
// the function. The error that fn returned is in its chain, for errors.Is and
// errors.As; a panic is there as a [PanicError]. [runtime.Goexit], and so
// FailNow of a test, ends the goroutine, the transaction and the connection.
//
// Functions of the same name with another number of parameters live beside each
// other, and one with the same number takes the place of the earlier one, also
// of one of SQLite's; a variadic one hides all of SQLite's of its name. A nil fn
// forgets every Go function of the name; one of SQLite's that it had replaced
// does not come back. While rows are open on the connection, a function can be
// added, but not replaced or forgotten: that is [ErrBusy].
//
// fn runs on the goroutine of the statement, and other connections may call it
// at the same time. It must not use its own connection, nor a *sql.Tx, *sql.Conn or *sql.Rows on
// it, which would wait for itself; a *sql.DB gives it another one, if the pool
// has one to give.
func (c *Conn) Func(name string, fn any, flags ...FuncFlags) error {
	return c.addFunc("functions", name, fn, func(f int) (*engine.Function, error) {
		return gofunc.Scalar(name, fn, f, c.connector.cfg.Loc)
	}, flags)
}

// addFunc is Func for one of its kinds.
func (c *Conn) addFunc(what, name string, fn any, build func(flags int) (*engine.Function, error), flags []FuncFlags) error {
	eng, ok := c.eng.(engine.Functions)
	if !ok {
		return cannot(what+" in Go", "compute the value in Go, or in SQL")
	}
	if err := checkFuncName(name); err != nil {
		return err
	}
	if fn == nil {
		return publish(eng.DropFunction(name))
	}
	all, err := joinFlags(flags)
	if err != nil {
		return err
	}
	def, err := build(all)
	if err != nil {
		return fmt.Errorf("libsql: the function %s: %w", name, err)
	}
	return publish(eng.CreateFunction(def))
}

func joinFlags(flags []FuncFlags) (all int, err error) {
	for _, f := range flags {
		if unknown := f &^ (Deterministic | DirectOnly | Innocuous); unknown != 0 {
			return 0, fmt.Errorf("libsql: %#x is no flag of a function", int(unknown))
		}
		all |= int(f)
	}
	return all, nil
}

// checkFuncName refuses what SQLite takes no function by.
func checkFuncName(name string) error {
	switch {
	case name == "":
		return errors.New("libsql: a function without a name")
	case len(name) > 255:
		return fmt.Errorf("libsql: the name of a function has %d bytes: SQLite takes 255", len(name))
	case strings.IndexByte(name, 0) >= 0:
		return errors.New("libsql: the name of a function has a NUL byte")
	}
	return nil
}

// Aggregate makes an aggregate function known to SQL by the name, on this
// connection: https://www.sqlite.org/appfunc.html#agg. newState is called for
// every group of rows, by itself or with the context of the statement, and
// returns the state of the group, alone or with an error. The state has the
// methods
//
//	Step(args...)       // of each row; may return an error
//	Final() value       // at the end; may return an error behind the value
//
// whose parameters and results are those of [Conn.Func], as all else is; a
// context may be the first one. Final is called once for every state that was made, also of a
// statement that fails or is not read to its end, so that it can let go of what
// the state holds. Of no rows at all, a state is made for Final alone. A nil
// newState forgets the functions of the name.
func (c *Conn) Aggregate(name string, newState any, flags ...FuncFlags) error {
	return c.addFunc("aggregate functions", name, newState, func(f int) (*engine.Function, error) {
		return gofunc.Aggregate(name, newState, false, f, c.connector.cfg.Loc)
	}, flags)
}

// Window makes an aggregate function known to SQL that OVER can slide along the
// rows as well: https://www.sqlite.org/windowfunctions.html#udfwinfunc. Its
// states have the methods of [Conn.Aggregate] and
//
//	Inverse(args...)    // takes back the oldest row; may return an error
//	Value() value       // of the rows as they are; may return an error behind the value
func (c *Conn) Window(name string, newState any, flags ...FuncFlags) error {
	return c.addFunc("window functions", name, newState, func(f int) (*engine.Function, error) {
		return gofunc.Aggregate(name, newState, true, f, c.connector.cfg.Loc)
	}, flags)
}

// Collation makes an order of texts known to SQL, for COLLATE, by the name, on
// this connection: https://www.sqlite.org/c3ref/create_collation.html. compare
// returns a negative number, 0 or a positive one as [strings.Compare] does. It
// must always give the same order, or indexes that are sorted by it break. A
// table with a column of the collation can be used only where it is known. A
// nil compare forgets it; all else is as of [Conn.Func].
//
// A comparison cannot fail in SQLite. When compare panics, the statement fails
// nevertheless, and its whole transaction is rolled back: what has been sorted
// is in no order.
func (c *Conn) Collation(name string, compare func(a, b string) int) error {
	eng, ok := c.eng.(engine.Functions)
	if !ok {
		return cannot("collations in Go", "sort in Go")
	}
	if err := checkFuncName(name); err != nil {
		return err
	}
	return publish(eng.CreateCollation(name, compare))
}

// TableFunc makes a table-valued function known to SQL by the name, on this
// connection: https://www.sqlite.org/vtab.html#tabfunc2. fn returns the rows as
// an [iter.Seq], or as an [iter.Seq2] of rows and errors, alone or with an
// error:
//
//	type Word struct {
//		Word   string
//		Length int
//	}
//	func Words(text string) iter.Seq[Word]
//
//	SELECT word FROM words('to be or not') WHERE length > 2
//
// The columns are the exported fields of a struct, by the tag db:"name" or
// their names in snake case, with declared types that the driver reads them
// back by; any other type of row is one column, value. The parameters are hidden columns
// arg1, arg2 and so on. Those that are pointers or sql.Null may be left out, and are NULL
// then; there are at most 30. Types and errors are those of [Conn.Func]; the
// flag [Deterministic] means nothing here.
//
// fn and its iterator run on a goroutine of their own, up to 128 rows ahead of
// the statement, and are asked to stop when it ends, by yield and by the
// context. The statement waits for that, so what may take long must heed the
// context. Nothing keeps them from the Conn itself, which they must not use: it
// is the statement's, at the same time.
//
// A function can be replaced and forgotten, by a nil fn, at any time: a
// statement that runs goes on with the one that it began with.
func (c *Conn) TableFunc(name string, fn any, flags ...FuncFlags) error {
	eng, ok := c.eng.(engine.Functions)
	if !ok {
		return cannot("table-valued functions in Go", "insert the rows into a table")
	}
	if err := checkFuncName(name); err != nil {
		return err
	}
	if fn == nil {
		return publish(eng.DropTableFunc(name))
	}
	all, err := joinFlags(flags)
	if err != nil {
		return err
	}
	def, err := gofunc.Table(name, fn, all, c.connector.cfg.Loc)
	if err != nil {
		return fmt.Errorf("libsql: the function %s: %w", name, err)
	}
	return publish(eng.CreateTableFunc(def))
}
