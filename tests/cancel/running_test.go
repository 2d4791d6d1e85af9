package cancel

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// endless is a query that nobody waits for the end of.
const endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"

// big makes a table that takes a while to go through.
const big = `CREATE TABLE big(a, b); WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 400000)
	INSERT INTO big SELECT random(), hex(randomblob(20)) FROM c`

// slow are statements that run for long, each with what counts its effect.
var slow = []struct{ name, text, effect string }{
	{"query", endless, ""},
	{"insert select", "INSERT INTO t WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c", "SELECT count(*) FROM t"},
	{"create table as", "CREATE TABLE u AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c",
		"SELECT count(*) FROM sqlite_schema WHERE name = 'u'"},
	{"second of several", "INSERT INTO other VALUES (1); " + endless + "; INSERT INTO t VALUES (1)", "SELECT count(*) FROM t"},
	{"update", "UPDATE big SET a = (SELECT count(*) FROM big x WHERE x.b > big.b)", "SELECT count(*) FROM big WHERE typeof(a) <> 'integer'"},
	{"delete", "DELETE FROM big WHERE (SELECT count(*) FROM big x WHERE x.b > big.b) >= 0", "SELECT count(*) <> 400000 FROM big"},
	{"create index", "CREATE INDEX bi ON big(b, a)", "SELECT count(*) FROM sqlite_schema WHERE name = 'bi'"},
	{"sort", "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY x.b || y.b) n FROM big x, big y)", ""},
	{"integrity check", "PRAGMA integrity_check; " + endless, ""},
}

func TestRunningStatementStops(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, "CREATE TABLE t(a); CREATE TABLE other(a); "+big)
		conn := dbtest.Conn(t, db)
		for _, s := range slow {
			for _, e := range endings {
				t.Run(s.name+"/"+e.name, func(t *testing.T) {
					const after = 30 * time.Millisecond
					ctx, cancel := e.make(after)
					defer cancel()
					took := dbtest.Soon(t, s.name, func() {
						_, err := conn.ExecContext(ctx, s.text)
						wantCancelled(t, err, e.err)
					})
					t.Logf("stopped %v after the context ended", took-after)
					if s.effect != "" && dbtest.Int(t, conn, s.effect) != 0 {
						t.Error("the statement left something behind")
					}
				})
			}
		}
		dbtest.Intact(t, conn)
		dbtest.Exec(t, conn, "INSERT INTO t VALUES (1)")
	})
}

// Indexes that libSQL and FTS5 keep by statements of their own report the end
// of such a statement by codes of their own.
func TestNestedStatementsStop(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	conn := dbtest.Conn(t, db)
	const numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 500) "
	dbtest.Exec(t, conn, `CREATE TABLE v(e F32_BLOB(3)); CREATE INDEX vi ON v(libsql_vector_idx(e));
		INSERT INTO v `+numbers+`SELECT vector32('[' || n || ',' || abs(random() % 1000) || ',1]') FROM c;
		CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f `+numbers+`SELECT hex(randomblob(20)) FROM c`)
	for _, text := range []string{"UPDATE v SET e = e", "INSERT INTO f SELECT a.x || b.x FROM f a, f b"} {
		for i := range 20 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i+1)*time.Millisecond)
			dbtest.Soon(t, text, func() {
				_, err := conn.ExecContext(ctx, text)
				wantCancelled(t, err, context.DeadlineExceeded)
			})
			cancel()
		}
	}
	if n := dbtest.Int(t, conn, "SELECT (SELECT count(*) FROM v) + (SELECT count(*) FROM f)"); n != 1000 {
		t.Errorf("%d rows", n)
	}
}

// The first block of a query is fetched by the call of Query itself.
func TestQueryStops(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	for _, e := range endings {
		ctx, cancel := e.make(20 * time.Millisecond)
		dbtest.Soon(t, "Query", func() {
			rows, err := db.QueryContext(ctx, endless)
			if err == nil {
				rows.Close()
			}
			wantCancelled(t, err, e.err)
		})
		cancel()
		ctx, cancel = e.make(20 * time.Millisecond)
		dbtest.Soon(t, "a prepared query", func() {
			st, err := db.PrepareContext(context.Background(), endless)
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			wantCancelled(t, st.QueryRowContext(ctx).Scan(new(int)), e.err)
		})
		cancel()
	}
}

// Once rows are out, database/sql notices the end of the context by itself and
// answers with the context's error alone, unless the driver was at work.
func TestIterationStops(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsInterrupt)
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Stoppable(t, db)
		conn := dbtest.Conn(t, db)
		for _, e := range endings {
			dbtest.Soon(t, "iterating", func() {
				rows, err := conn.QueryContext(dbtest.Stopping(e.err), `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
					SELECT n FROM c WHERE CASE n WHEN 5000 THEN stop() ELSE 1 END`)
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				for rows.Next() {
					n++
				}
				if !errors.Is(rows.Err(), e.err) {
					t.Errorf("Err is %v", rows.Err())
				}
				rows.Close()
				t.Logf("%d rows before %v", n, e.name)
			})
			// A block that takes for ever: the driver is at work.
			dbtest.Soon(t, "a long block", func() {
				rows, err := conn.QueryContext(dbtest.Stopping(e.err), `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
					SELECT n FROM c WHERE CASE WHEN n <= 20 THEN 1 WHEN n = 1000 THEN stop() ELSE 0 END`)
				if err != nil {
					t.Fatal(err)
				}
				for rows.Next() {
				}
				wantCancelled(t, rows.Err(), e.err)
				rows.Close()
			})
			dbtest.Exec(t, conn, "SELECT 1")
		}
	})
}

// Without database/sql in between, every call answers with both errors.
func TestEndedContextRunsNothing(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	const insert = "INSERT INTO t VALUES (1)"
	err := driver.With(context.Background(), db, func(c *driver.Conn) error {
		prepared, err := c.Prepare(insert)
		if err != nil {
			return err
		}
		defer prepared.Close()
		_, err = c.ExecContext(ctx, insert, nil)
		wantCancelled(t, err, context.Canceled)
		_, err = c.QueryContext(ctx, insert+" RETURNING a", nil)
		wantCancelled(t, err, context.Canceled)
		_, err = c.ExecContext(ctx, "CREATE TABLE u(a); "+insert, nil)
		wantCancelled(t, err, context.Canceled)
		_, err = prepared.(sqldriver.StmtExecContext).ExecContext(ctx, nil)
		wantCancelled(t, err, context.Canceled)
		_, err = prepared.(sqldriver.StmtQueryContext).QueryContext(ctx, nil)
		wantCancelled(t, err, context.Canceled)
		_, err = c.PrepareContext(ctx, insert)
		wantCancelled(t, err, context.Canceled)
		_, err = c.BeginTx(ctx, txOptions(false))
		wantCancelled(t, err, context.Canceled)
		_, err = c.BeginTx(ctx, txOptions(true))
		wantCancelled(t, err, context.Canceled)
		wantCancelled(t, c.Ping(ctx), context.Canceled)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := dbtest.Int(t, db, "SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM sqlite_schema)"); n != 1 {
		t.Error("something ran")
	}
	// database/sql asks the context before the driver is called.
	if _, err := db.ExecContext(ctx, insert); err != context.Canceled {
		t.Errorf("database/sql answered %v", err)
	}
	if _, err := db.BeginTx(ctx, nil); err != context.Canceled {
		t.Errorf("database/sql answered %v", err)
	}
	connector := connectorOf(t, ":memory:")
	_, err = connector.Connect(ctx)
	wantCancelled(t, err, context.Canceled)
}

// The cause that the canceller gave is in the error too.
func TestCause(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	cause := errors.New("user pressed stop")
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(20*time.Millisecond, func() { cancel(cause) })
	_, err := db.ExecContext(ctx, endless)
	wantCancelled(t, err, context.Canceled)
	if !errors.Is(err, cause) {
		t.Errorf("no cause in %v", err)
	}
}

// sqlite3_interrupt would end every statement of the connection.
func TestOtherRowsSurvive(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsInterrupt)
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		conn := dbtest.Conn(t, db)
		dbtest.Exec(t, conn, "CREATE TABLE t(a); CREATE TABLE w(a); "+
			"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) INSERT INTO t SELECT n FROM c")
		for _, inTx := range []bool{false, true} {
			if inTx {
				dbtest.Exec(t, conn, "BEGIN IMMEDIATE; INSERT INTO w VALUES (1)")
			}
			rows, err := conn.QueryContext(context.Background(), "SELECT a FROM t")
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for n < 100 && rows.Next() {
				n++
			}
			for range 3 {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
				_, err = conn.ExecContext(ctx, endless)
				wantCancelled(t, err, context.DeadlineExceeded)
				cancel()
				for i := 0; i < 1000 && rows.Next(); i++ {
					n++
				}
			}
			for rows.Next() {
				n++
			}
			if err := rows.Close(); rows.Err() != nil || err != nil || n != 5000 {
				t.Errorf("%d rows, %v, %v", n, rows.Err(), err)
			}
			if inTx {
				dbtest.Exec(t, conn, "COMMIT")
			}
		}
		if dbtest.Int(t, conn, "SELECT count(*) FROM w") != 1 {
			t.Error("a cancelled query ended the transaction around it")
		}
	})
}
