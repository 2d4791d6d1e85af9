package driver

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// prepared is a prepared text on one connection, the driver.Stmt of database/sql.
type prepared struct {
	c      *Conn
	eng    engine.Stmt
	query  string
	closed bool
}

var (
	_ driver.Stmt              = (*prepared)(nil)
	_ driver.StmtExecContext   = (*prepared)(nil)
	_ driver.StmtQueryContext  = (*prepared)(nil)
	_ driver.NamedValueChecker = (*prepared)(nil)
)

var errStmtClosed = errors.New("libsql: statement is closed")

// NumInput leaves counting the arguments to the driver, whose error tells
// which is missing.
func (s *prepared) NumInput() int { return -1 }

// Close releases the statement. Closing it twice is safe.
func (s *prepared) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	// database/sql closes statements of connections that lie in the pool, too,
	// where their counts may be read. It has a lock for the calls of one.
	if p := &s.c.present; !p.held {
		p.use.Lock()
		defer p.use.Unlock()
	}
	return publish(s.eng.Close())
}

// ExecContext does as [Conn.ExecContext].
func (s *prepared) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if s.closed {
		return nil, errStmtClosed
	}
	return s.c.execVia(ctx, s.query, args, s.eng)
}

// QueryContext does as [Conn.QueryContext].
func (s *prepared) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if s.closed {
		return nil, errStmtClosed
	}
	return s.c.queryVia(ctx, s.query, args, s.eng)
}

// Exec is ExecContext with positional arguments.
func (s *prepared) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), ordinals(args))
}

// Query is QueryContext with positional arguments.
func (s *prepared) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), ordinals(args))
}

func ordinals(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}
