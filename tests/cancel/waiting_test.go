package cancel

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

const insert = "INSERT INTO t VALUES (1)"

// waiters are the ways to come to wait for a writer.
var waiters = []struct {
	name string
	call func(ctx context.Context, conn *sql.Conn) error
}{
	{"exec", func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, insert)
		return err
	}},
	{"query", func(ctx context.Context, conn *sql.Conn) error {
		return conn.QueryRowContext(ctx, insert+" RETURNING a").Scan(new(int))
	}},
	{"begin", func(ctx context.Context, conn *sql.Conn) error {
		tx, err := conn.BeginTx(ctx, nil)
		if err == nil {
			tx.Rollback()
		}
		return err
	}},
	{"textual begin", func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		return err
	}},
	{"ddl", func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS never(a)")
		return err
	}},
}

// waitAndStop lets each waiter wait for a lock that somebody else holds, ends
// its context, and checks that nothing came of it.
func waitAndStop(t *testing.T, db *sql.DB) {
	conn := dbtest.Conn(t, db)
	for _, w := range waiters {
		for _, e := range endings {
			t.Run(w.name+"/"+e.name, func(t *testing.T) {
				const after = 20 * time.Millisecond
				var cancel context.CancelFunc
				took := dbtest.Soon(t, w.name, func() { // its clock begins before the context's
					var ctx context.Context
					ctx, cancel = e.make(after)
					wantCancelled(t, w.call(ctx, conn), e.err)
				})
				defer cancel()
				if took < after {
					t.Errorf("it did not wait: %v", took)
				}
				t.Logf("stopped %v after the context ended", took-after)
			})
		}
	}
}

func TestWaitingForThisProcess(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		waitAndStop(t, db)
		dbtest.Exec(t, tx, insert)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		dbtest.Exec(t, db, insert) // nobody left the queue in disorder
		if n := dbtest.Int(t, db, "SELECT count(*) FROM t"); n != 2 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestWaitingForAnotherProcess(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	for _, mode := range []string{"WAL", "DELETE"} {
		t.Run(mode, func(t *testing.T) {
			dsn := dbtest.DSN(t, "_journal_mode="+mode)
			db := dbtest.Open(t, dsn)
			dbtest.Exec(t, db, "CREATE TABLE t(a)")
			child := dbtest.Start(t, "lock", dsn, "BEGIN IMMEDIATE")
			child.Expect(t, "locked")
			waitAndStop(t, db)
			child.Done(t)
			dbtest.Exec(t, db, insert)
		})
	}
}

// A reader waits too where the journal is no WAL, and the first to wait is the
// compiler, which reads the schema.
func TestReadersWaitingForAnotherProcess(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	dsn := dbtest.DSN(t, "_journal_mode=DELETE")
	db := dbtest.Open(t, dsn)
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	used, fresh := dbtest.Conn(t, db), dbtest.Conn(t, db)
	dbtest.Int(t, used, "SELECT count(*) FROM t")
	forget := func() { dbtest.Exec(t, fresh, "PRAGMA writable_schema = RESET") } // fresh has to read the schema again
	child := dbtest.Start(t, "lock", dsn, "BEGIN EXCLUSIVE")
	child.Expect(t, "locked")
	const query = "SELECT count(*) FROM t"
	calls := []struct {
		name string
		call func(ctx context.Context) error
	}{
		{"cached statement", func(ctx context.Context) error {
			return used.QueryRowContext(ctx, query).Scan(new(int))
		}},
		{"compiling", func(ctx context.Context) error {
			forget()
			return fresh.QueryRowContext(ctx, query).Scan(new(int))
		}},
		{"preparing", func(ctx context.Context) error {
			forget()
			_, err := fresh.PrepareContext(ctx, query)
			return err
		}},
		{"read-only transaction", func(ctx context.Context) error {
			tx, err := fresh.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
			if err != nil {
				return err
			}
			defer tx.Rollback()
			return tx.QueryRowContext(ctx, query).Scan(new(int))
		}},
		{"connecting", func(ctx context.Context) error {
			_, err := connectorOf(t, dsn).Connect(ctx)
			return err
		}},
	}
	for _, c := range calls {
		for _, e := range endings {
			t.Run(c.name+"/"+e.name, func(t *testing.T) {
				ctx, cancel := e.make(20 * time.Millisecond)
				defer cancel()
				took := dbtest.Soon(t, c.name, func() { wantCancelled(t, c.call(ctx), e.err) })
				t.Logf("stopped after %v", took)
			})
		}
	}
	child.Done(t)
	if n := dbtest.Int(t, fresh, query); n != 0 {
		t.Error(n)
	}
}

// The wait for a free connection of the pool is database/sql's own, and so is
// the answer.
func TestWaitingForThePool(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	db.SetMaxOpenConns(1)
	conn := dbtest.Conn(t, db)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := db.ExecContext(ctx, "SELECT 1")
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, driver.ErrInterrupt) {
		t.Errorf("database/sql answered %v", err)
	}
	conn.Close()
}

// database/sql rolls back when the context of a transaction ends; that happens
// without its context.
func TestTransactionOfEndedContext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		for range 50 {
			ctx, cancel := context.WithCancel(context.Background())
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			dbtest.Exec(t, tx, insert)
			cancel()
			if err := tx.Commit(); !errors.Is(err, context.Canceled) && !errors.Is(err, sql.ErrTxDone) {
				t.Fatalf("Commit said %v", err)
			}
			dbtest.Soon(t, "the next writer", func() { dbtest.Exec(t, db, "UPDATE t SET a = 2") })
		}
		if n := dbtest.Int(t, db, "SELECT count(*) FROM t"); n != 0 {
			t.Errorf("%d rows of transactions that were never committed", n)
		}
	})
}

// A statement that is cancelled while it writes takes its transaction with it;
// cleaning up afterwards works.
func TestCleanUpAfterCancelledWrite(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Stoppable(t, db)
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		dbtest.Exec(t, tx, insert)
		_, err = tx.ExecContext(dbtest.Stopping(context.DeadlineExceeded),
			"INSERT INTO t WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c WHERE CASE n WHEN 100 THEN stop() ELSE 1 END")
		wantCancelled(t, err, context.DeadlineExceeded)
		if _, err := tx.Exec(insert); !errors.Is(err, driver.ErrTxRolledBack) {
			t.Errorf("after the transaction was gone: %v", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Errorf("Rollback: %v", err)
		}
		dbtest.Exec(t, db, insert)
		if n := dbtest.Int(t, db, "SELECT count(*) FROM t"); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}
