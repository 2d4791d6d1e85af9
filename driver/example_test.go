package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/gorm-libsql/libsql/driver"
)

// The driver is registered under driver.Name; a DSN names the database.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	db, err := sql.Open(driver.Name, filepath.Join(dir, "app.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	_, err = db.Exec(`CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT, done BOOLEAN, due DATETIME);
		CREATE INDEX notes_due ON notes(due)`)
	if err != nil {
		log.Fatal(err)
	}
	due := time.Date(2024, 5, 1, 9, 0, 0, 0, time.FixedZone("CEST", 2*3600))
	res, err := db.Exec("INSERT INTO notes(text, done, due) VALUES (?, ?, ?), (:text, :done, NULL)",
		"buy milk", false, due, sql.Named("text", "call Ada"), sql.Named("done", true))
	if err != nil {
		log.Fatal(err)
	}
	n, _ := res.RowsAffected()
	fmt.Println(n, "notes")

	rows, err := db.Query("SELECT id, text, done, due FROM notes ORDER BY id")
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var text string
		var done bool
		var due sql.NullTime
		if err := rows.Scan(&id, &text, &done, &due); err != nil {
			log.Fatal(err)
		}
		fmt.Println(id, text, done, due.Time.Format(time.RFC3339))
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 2 notes
	// 1 buy milk false 2024-05-01T07:00:00Z
	// 2 call Ada true 0001-01-01T00:00:00Z
}

// A configuration can be read from a DSN and changed in Go, where hooks and a tracer can be set.
func ExampleParseDSN() {
	cfg, err := driver.ParseDSN("file:app.db?mode=ro&_busy_timeout=250")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cfg.Path, cfg.Mode, cfg.BusyTimeout)

	_, err = driver.ParseDSN("app.db?busy=1")
	fmt.Println(err)
	// Output:
	// app.db ro 250ms
	// libsql: unknown DSN parameter "busy": delete it or see the DSN table in the package documentation
}

// NewConnector takes what a DSN cannot say: here a function for each new connection.
func ExampleNewConnector() {
	cfg, err := driver.ParseDSN(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	cfg.OnConnect = func(ctx context.Context, c *driver.Conn) error {
		_, err := c.ExecContext(ctx, "CREATE TEMP TABLE seen(id INTEGER PRIMARY KEY)", nil)
		return err
	}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()

	var n int
	err = db.QueryRow("SELECT count(*) FROM seen").Scan(&n)
	fmt.Println(n, err)
	// Output: 0 <nil>
}

// With reaches the connection of a transaction, which database/sql keeps to itself.
func ExampleWith() {
	ctx := context.Background()
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer tx.Rollback()

	err = driver.With(ctx, tx, func(c *driver.Conn) error {
		_, err := c.ExecContext(ctx, "CREATE TEMP TABLE ids(id)", nil)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = tx.Exec("INSERT INTO ids VALUES (1)") // the same connection
	fmt.Println(err)
	// Output: <nil>
}

// EachConn sets up every connection of a pool, those to come too.
func ExampleEachConn() {
	ctx := context.Background()
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	err = driver.EachConn(ctx, db, "recursive_triggers", func(ctx context.Context, c *driver.Conn) error {
		_, err := c.ExecContext(ctx, "PRAGMA recursive_triggers = ON", nil)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	a, _ := db.Conn(ctx)
	defer a.Close()
	b, _ := db.Conn(ctx)
	defer b.Close()
	for _, c := range []*sql.Conn{a, b} {
		var on bool
		if err := c.QueryRowContext(ctx, "PRAGMA recursive_triggers").Scan(&on); err != nil {
			log.Fatal(err)
		}
		fmt.Println(on)
	}
	// Output:
	// true
	// true
}

// Errors are told apart by their codes, extended or primary, never by their text.
func ExampleError() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE users(email TEXT UNIQUE); INSERT INTO users VALUES ('ada@example.org')"); err != nil {
		log.Fatal(err)
	}

	_, err = db.Exec("INSERT INTO users VALUES (?)", "ada@example.org")
	fmt.Println(err)
	fmt.Println(errors.Is(err, driver.ErrConstraintUnique), errors.Is(err, driver.ErrConstraint), errors.Is(err, driver.ErrBusy))

	_, err = db.Query("SELECT * FRM users")
	var e *driver.Error
	if errors.As(err, &e) {
		fmt.Printf("%s, at byte %d: %s\n", e.Message, e.Offset, e.SQL)
	}
	// Output:
	// UNIQUE constraint failed: users.email
	// true true false
	// near "FRM": syntax error, at byte 9: FRM users
}

// slowLog prints what took long.
type slowLog struct{ limit time.Duration }

func (slowLog) TraceStart(ctx context.Context, _ driver.Op, _ string) context.Context { return ctx }

func (l slowLog) TraceEnd(_ context.Context, e driver.TraceEvent) {
	if e.Duration >= l.limit && (e.Op == driver.OpExec || e.Op == driver.OpQuery) {
		fmt.Println(e.Op, e.SQL, "-", e.Rows, "rows", e.Changes, "changes")
	}
}

// A tracer comes and goes while the pool is open.
func ExampleAddTracer() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	remove, err := driver.AddTracer(db, slowLog{limit: 0})
	if err != nil {
		log.Fatal(err)
	}
	db.Exec("CREATE TABLE t(a)")
	remove()
	db.Exec("DROP TABLE t")
	// Output:
	// exec CREATE TABLE t(a) - 0 rows 0 changes
}

// A tracer sees each statement from its start to the close of its rows.
func ExampleTracer() {
	cfg, err := driver.ParseDSN(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	cfg.Tracer = slowLog{limit: 0}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	db.Exec("CREATE TABLE t(a)")
	db.Exec("INSERT INTO t VALUES (?), (?)", 1, 2)
	var sum int
	if err := db.QueryRow("SELECT sum(a) FROM t").Scan(&sum); err != nil {
		log.Fatal(err)
	}
	// Output:
	// exec CREATE TABLE t(a) - 0 rows 0 changes
	// exec INSERT INTO t VALUES (?), (?) - 0 rows 2 changes
	// query SELECT sum(a) FROM t - 1 rows 0 changes
}

// A text may hold several statements: Exec runs them all, Query gives a result set for each that returns rows.
func Example_severalStatements() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`CREATE TABLE t(a, b); INSERT INTO t VALUES (?, ?), (?, ?);
		SELECT a FROM t; SELECT sum(b) FROM t WHERE b > ?`, "x", 1, "y", 2, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			var v any
			if err := rows.Scan(&v); err != nil {
				log.Fatal(err)
			}
			fmt.Println(v)
		}
	}
	fmt.Println(rows.Err())
	// Output:
	// x
	// y
	// 3
	// <nil>
}

// Describe compiles a statement without running it.
func ExampleConn_Describe() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE)"); err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	err = driver.With(ctx, db, func(c *driver.Conn) error {
		d, err := c.Describe(ctx, "INSERT INTO users(name) VALUES (:name) RETURNING id, name AS n")
		if err != nil {
			return err
		}
		for _, c := range d.Columns {
			fmt.Println(c.Name, c.DeclType, c.Table, c.Origin, c.PrimaryKey, c.Collation)
		}
		for _, p := range d.Params {
			fmt.Println(p.Number, p.Name)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// id INTEGER users id true BINARY
	// n TEXT users name false NOCASE
	// 1 :name
}

// A Statement is bound and stepped by hand, for hot loops.
func ExampleConn_Statement() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE points(id INTEGER PRIMARY KEY, x REAL, y REAL)"); err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer tx.Rollback()
	err = driver.With(ctx, tx, func(c *driver.Conn) error {
		insert, err := c.Statement(ctx, "INSERT INTO points(x, y) VALUES (?, ?)")
		if err != nil {
			return err
		}
		defer insert.Close()
		for i := range 1000 {
			insert.BindFloat64(1, float64(i))
			insert.BindFloat64(2, 0.5)
			if err := insert.Exec(); err != nil {
				return err
			}
		}

		query, err := c.Statement(ctx, "SELECT x, y FROM points WHERE id BETWEEN :low AND :high")
		if err != nil {
			return err
		}
		query.BindInt64(query.Param("low"), 10)
		query.BindInt64(query.Param("high"), 13)
		sum := 0.0
		for query.Next() {
			sum += query.Float64(0) * query.Float64(1)
		}
		fmt.Println(sum)
		return query.Close() // the error of the rows, if there was one
	})
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		log.Fatal(err)
	}
	// Output: 21
}

// The timeout of one connection, and then that of every connection of the pool.
func ExampleConn_SetBusyTimeout() {
	ctx := context.Background()
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	err = driver.With(ctx, db, func(c *driver.Conn) error {
		fmt.Println(c.BusyTimeout())
		return c.SetBusyTimeout(250 * time.Millisecond)
	})
	if err != nil {
		log.Fatal(err)
	}
	err = driver.EachConn(ctx, db, "pragma busy_timeout", func(_ context.Context, c *driver.Conn) error {
		return c.SetBusyTimeout(time.Minute)
	})
	if err != nil {
		log.Fatal(err)
	}
	var ms int
	if err := db.QueryRow("PRAGMA busy_timeout").Scan(&ms); err != nil {
		log.Fatal(err)
	}
	fmt.Println(ms)
	// Output:
	// 5s
	// 60000
}

func ExampleConn_Limit() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	err = driver.With(context.Background(), db, func(c *driver.Conn) error {
		old, err := c.Limit(driver.LimitCompound, 2)
		fmt.Println(old)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = db.Exec("SELECT 1 UNION SELECT 2 UNION SELECT 3")
	fmt.Println(err)
	// Output:
	// 500
	// too many terms in compound SELECT
}

func ExampleWithTxMode() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(driver.WithTxMode(context.Background(), driver.ReadOnlyTx), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer tx.Rollback()
	_, err = tx.Exec("CREATE TABLE t(a)")
	fmt.Println(errors.Is(err, driver.ErrReadOnly))
	// Output: true
}
