// Command floor runs a workload on a driver that does nothing, so that what is
// left is GORM, this module's dialect and database/sql.
package main

import (
	"database/sql"
	"database/sql/driver"
	"io"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

func main() {
	sql.Register("nothing", nothing{})
	kit.Main(kit.Dialect{Empty: true, Open: func(path string) gorm.Dialector {
		return libsql.New(libsql.Config{DriverName: "nothing", DSN: path})
	}})
}

type nothing struct{}

func (nothing) Open(string) (driver.Conn, error)                   { return nothing{}, nil }
func (nothing) Prepare(string) (driver.Stmt, error)                { return nil, driver.ErrSkip }
func (nothing) Close() error                                       { return nil }
func (nothing) Begin() (driver.Tx, error)                          { return nothing{}, nil }
func (nothing) Commit() error                                      { return nil }
func (nothing) Rollback() error                                    { return nil }
func (nothing) CheckNamedValue(*driver.NamedValue) error           { return nil }
func (nothing) LastInsertId() (int64, error)                       { return 1, nil }
func (nothing) RowsAffected() (int64, error)                       { return 1, nil }
func (nothing) Exec(string, []driver.Value) (driver.Result, error) { return nothing{}, nil }

var (
	moment = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	all    = table{
		[]string{"id", "created_at", "updated_at", "name", "email", "age", "score", "active", "note", "data"},
		[]driver.Value{int64(1000), moment, moment, "name 1000", "user1000@example.com", int64(1000), 333.3, int64(1), nil, []byte("0123456789abcdef")},
	}
	four   = table{[]string{"id", "name", "age", "score"}, []driver.Value{int64(1000), "name 1000", int64(1000), 333.3}}
	groups = table{[]string{"age", "n", "total"}, []driver.Value{int64(1000), int64(1000), 333.3}}
	id     = table{[]string{"id"}, []driver.Value{int64(1000)}}
)

type table struct {
	names []string
	row   []driver.Value
}

func (nothing) Query(query string, _ []driver.Value) (driver.Rows, error) {
	switch {
	case strings.HasPrefix(query, "INSERT"):
		return &rows{id, max(1, strings.Count(query, "),("))}, nil
	case strings.Contains(query, "GROUP BY"):
		return &rows{groups, 90}, nil
	case strings.Contains(query, "LIMIT"):
		return &rows{all, 1}, nil
	case strings.HasPrefix(query, "SELECT *"):
		return &rows{all, 30_000}, nil
	}
	return &rows{four, 30_000}, nil
}

type rows struct {
	table
	left int
}

func (r *rows) Columns() []string { return r.names }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	copy(dest, r.row)
	return nil
}
