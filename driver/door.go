package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Handle is what [With] finds a connection under: *sql.DB (any connection of
// the pool), *sql.Conn or *sql.Tx (that very one).
type Handle interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// With calls fn with the driver connection under h. Nobody else uses the
// connection meanwhile; fn must not keep it, and must not use h. With
// returns the error of fn, or one that wraps [ErrUnsupported] when h is not
// of this driver.
func With(ctx context.Context, h Handle, fn func(*Conn) error) error {
	if db, ok := h.(*sql.DB); ok {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		h = conn
	}
	if conn, ok := h.(*sql.Conn); ok {
		return conn.Raw(func(c any) error {
			dc, ok := c.(*Conn)
			if !ok {
				return notOurs(c)
			}
			return fn(dc)
		})
	}
	// *sql.Tx has no Raw. Its ExecContext hands our own context through to
	// the connection, which then calls fn instead of running a statement. A
	// foreign driver runs the text, which changes nothing.
	d := &door{Context: ctx, fn: fn}
	_, err := h.ExecContext(d, doorSQL)
	switch {
	case d.entered:
		return err
	case errors.Is(err, sql.ErrTxDone), errors.Is(err, driver.ErrBadConn), ctx.Err() != nil:
		return err // it did not come as far as a driver
	case err != nil:
		return fmt.Errorf("%w: %w", notOurs(h), err)
	}
	return notOurs(h)
}

// doorSQL does nothing wherever it is run.
const doorSQL = "SELECT 1"

func notOurs(h any) error {
	return fmt.Errorf("libsql: %w: %T is not a connection of the driver %q", ErrUnsupported, h, Name)
}

// door is a context that carries a function to the connection.
type door struct {
	context.Context
	fn      func(*Conn) error
	entered bool
}

func (d *door) enter(c *Conn) error {
	d.entered = true
	return d.fn(c)
}

// EachConn calls fn with every connection of the pool: at once with one, with
// the others that exist when they are handed out next, and with each new one.
// When it fails at once, EachConn returns the error and forgets fn. A later
// failure discards the connection; one with a new connection is returned to
// who asked for it.
//
// A later fn of the same name takes the place of an earlier one, so that a
// setting that is changed a thousand times costs a new connection one call.
// Functions run in the order in which they were set; those without a name, "",
// all stay. A nil fn forgets the one of its name and undoes nothing.
//
// fn sets up a connection; it must give the same outcome whenever it runs.
func EachConn(ctx context.Context, db *sql.DB, name string, fn func(context.Context, *Conn) error) error {
	return With(ctx, db, func(c *Conn) error {
		if fn != nil {
			if err := fn(ctx, c); err != nil {
				return err
			}
		}
		c.connector.addEach(c, name, fn)
		return nil
	})
}
