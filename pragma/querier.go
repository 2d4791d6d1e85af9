package pragma

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"

	"github.com/gorm-libsql/libsql/driver"
)

// Querier is where questions go: *sql.DB, *sql.Conn, *sql.Tx, [On], or a
// gorm.ConnPool, such as tx.Statement.ConnPool of a *gorm.DB.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// On asks the driver's own connection, as [driver.With], [driver.EachConn] and
// [driver.Config.OnConnect] hand it out. The Querier is good for as long as
// the connection is.
func On(c *driver.Conn) Querier { return onConn{c} }

type onConn struct{ c *driver.Conn }

// QueryContext lends the connection to a pool, which alone can make *sql.Rows.
// A pool that is closed gives up a connection in use when its rows are closed.
func (o onConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	db := sql.OpenDB(lender(o))
	defer db.Close()
	return db.QueryContext(ctx, query, args...)
}

type lender struct{ c *driver.Conn }

func (l lender) Connect(context.Context) (sqldriver.Conn, error) { return lent{l.c}, nil }
func (lender) Driver() sqldriver.Driver                          { return driver.Driver{} }

// lent is a connection that its pool neither settles nor closes.
type lent struct{ *driver.Conn }

func (lent) Close() error                       { return nil }
func (lent) IsValid() bool                      { return true }
func (lent) ResetSession(context.Context) error { return nil }

// pool is *sql.DB, and whatever embeds one.
type pool interface {
	Conn(ctx context.Context) (*sql.Conn, error)
}

// poolOf is the pool that q takes any connection of; nil when it is one.
func poolOf(q Querier) pool {
	switch q := q.(type) {
	case pool:
		return q
	case interface { // a transaction, GORM's own included
		Commit() error
		Rollback() error
	}:
		return nil
	case interface{ GetDBConn() (*sql.DB, error) }: // GORM's statement cache, and plugins
		if db, err := q.GetDBConn(); err == nil && db != nil {
			return db
		}
	}
	return nil
}

// onOne calls fn with q, or with one connection if q is a pool.
func onOne(ctx context.Context, q Querier, fn func(Querier) error) error {
	p := poolOf(q)
	if p == nil {
		return fn(q)
	}
	conn, err := p.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return fn(conn)
}

// one returns the only value of a query, as text; false if it has no row.
func one(ctx context.Context, q Querier, query string) (text string, ok bool, err error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return "", false, err
	}
	defer rows.Close()
	for rows.Next() {
		ok = true
		if err := rows.Scan(&text); err != nil {
			return "", false, err
		}
	}
	return text, ok, rows.Err()
}
