package transactions

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// endless writes a hundred rows, ends the context of dbtest.Stopping, and then
// works until somebody stops it.
const endless = "INSERT INTO t WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c " +
	"WHERE CASE WHEN n <= 100 THEN 1 WHEN n = 101 THEN stop() ELSE 0 END"

// losses are the ways for SQLite to roll a transaction back by itself.
var losses = []struct {
	name string
	run  func(q dbtest.Execer) error
	code driver.Code
}{
	{"cancelled write", func(q dbtest.Execer) error {
		_, err := q.ExecContext(dbtest.Stopping(context.DeadlineExceeded), endless)
		return err
	}, driver.ErrInterrupt},
	{"full", func(q dbtest.Execer) error {
		var err error
		for range 100 {
			if _, err = q.ExecContext(background, "INSERT INTO t VALUES (randomblob(100000))"); err != nil {
				break
			}
		}
		return err
	}, driver.ErrFull},
	{"or rollback", exec("INSERT OR ROLLBACK INTO u VALUES (1)"), driver.ErrConstraintUnique},
	{"returning", exec("INSERT OR ROLLBACK INTO u VALUES (1) RETURNING a"), driver.ErrConstraintUnique},
	{"update or rollback", exec("INSERT INTO u VALUES (2); UPDATE OR ROLLBACK u SET a = 1"), driver.ErrConstraintUnique},
	{"on conflict rollback", exec("INSERT INTO c VALUES (NULL)"), driver.ErrConstraintNotNull},
	{"raise rollback", exec("DELETE FROM u"), raised()},
}

// raised is the code of RAISE. libsql-server sends the text of the trigger and
// the first byte of the code.
func raised() driver.Code {
	if dbtest.Remote() {
		return driver.ErrConstraint
	}
	return driver.ErrConstraintTrigger
}

func exec(text string) func(dbtest.Execer) error {
	return func(q dbtest.Execer) error {
		_, err := q.ExecContext(background, text)
		return err
	}
}

const schema = `CREATE TABLE t(a); CREATE TABLE u(a UNIQUE); INSERT INTO u VALUES (1);
	CREATE TABLE c(a NOT NULL ON CONFLICT ROLLBACK);
	CREATE TRIGGER tr BEFORE DELETE ON u BEGIN SELECT RAISE(ROLLBACK, 'no'); END`

// small makes the database full soon.
func small(t *testing.T, q dbtest.Execer) {
	t.Helper()
	if !dbtest.Remote() {
		dbtest.Exec(t, q, "PRAGMA max_page_count = 500")
	}
}

// eachLoss loses a transaction that has written, in every way on every kind
// of database. The body sees the connection right after the failure.
func eachLoss(t *testing.T, start func(t *testing.T, db *sql.DB) dbtest.Execer, body func(t *testing.T, db *sql.DB, q dbtest.Execer, code driver.Code)) {
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		db.SetMaxOpenConns(2)
		if !dbtest.Remote() {
			dbtest.Stoppable(t, db)
		}
		dbtest.Exec(t, db, schema)
		for _, l := range losses {
			if (l.code == driver.ErrFull || l.code == driver.ErrInterrupt) && dbtest.Remote() {
				continue // a server's limit is not for a client to set, and no function in Go stops it
			}
			t.Run(l.name, func(t *testing.T) {
				q := start(t, db)
				small(t, q)
				dbtest.Exec(t, q, insert)
				if err := l.run(q); !errors.Is(err, l.code) || errors.Is(err, driver.ErrTxRolledBack) {
					t.Fatalf("%v, not %v", err, l.code)
				}
				body(t, db, q, l.code)
				if n := count(t, db); n != 0 {
					t.Errorf("%d rows were written outside the transaction", n)
				}
				unlocked(t, db)
			})
		}
		dbtest.Intact(t, db)
	})
}

// nothingRuns checks that each use tells that the transaction is gone, and why.
func nothingRuns(t *testing.T, q dbtest.Execer, code driver.Code) {
	t.Helper()
	for _, text := range []string{insert, "SELECT 1", "CREATE TABLE new(a)", "SAVEPOINT s", "ROLLBACK TO s", "RELEASE s", "BEGIN",
		"PRAGMA user_version = 1", insert + "; " + insert, "ATTACH ':memory:' AS x"} {
		if _, err := q.ExecContext(background, text); !errors.Is(err, driver.ErrTxRolledBack) || !errors.Is(err, code) {
			t.Errorf("%s: %v", text, err)
		}
	}
	r, ok := q.(interface {
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
		PrepareContext(context.Context, string) (*sql.Stmt, error)
	})
	if !ok {
		return
	}
	if rows, err := r.QueryContext(background, "SELECT a FROM u"); !errors.Is(err, driver.ErrTxRolledBack) {
		t.Errorf("a query: %v", err)
		rows.Close()
	}
	if st, err := r.PrepareContext(background, insert); err == nil {
		if _, err := st.Exec(); !errors.Is(err, driver.ErrTxRolledBack) {
			t.Errorf("a prepared statement: %v", err)
		}
		st.Close()
	}
}

func startTx(t *testing.T, db *sql.DB) dbtest.Execer { return begin(t, db, nil) }

func startText(t *testing.T, db *sql.DB) dbtest.Execer {
	conn := dbtest.Conn(t, db)
	dbtest.Exec(t, conn, "BEGIN IMMEDIATE")
	return conn
}

func TestLostTransactionCommit(t *testing.T) {
	eachLoss(t, startTx, func(t *testing.T, _ *sql.DB, q dbtest.Execer, code driver.Code) {
		nothingRuns(t, q, code)
		if err := q.(*sql.Tx).Commit(); !errors.Is(err, driver.ErrTxRolledBack) || !errors.Is(err, code) {
			t.Errorf("Commit: %v", err)
		}
	})
}

func TestLostTransactionCommitAtOnce(t *testing.T) {
	eachLoss(t, startTx, func(t *testing.T, _ *sql.DB, q dbtest.Execer, code driver.Code) {
		if err := q.(*sql.Tx).Commit(); !errors.Is(err, driver.ErrTxRolledBack) || !errors.Is(err, code) {
			t.Errorf("Commit: %v", err)
		}
	})
}

func TestLostTransactionRollback(t *testing.T) {
	eachLoss(t, startTx, func(t *testing.T, _ *sql.DB, q dbtest.Execer, code driver.Code) {
		nothingRuns(t, q, code)
		if err := q.(*sql.Tx).Rollback(); err != nil {
			t.Errorf("Rollback: %v", err)
		}
	})
}

func TestLostTextualTransaction(t *testing.T) {
	for _, end := range []string{"ROLLBACK", "COMMIT", "back to the pool"} {
		t.Run(end, func(t *testing.T) {
			eachLoss(t, startText, func(t *testing.T, _ *sql.DB, q dbtest.Execer, code driver.Code) {
				nothingRuns(t, q, code)
				conn := q.(*sql.Conn)
				if end == "back to the pool" {
					if err := conn.Close(); err != nil {
						t.Error(err)
					}
					return
				}
				_, err := conn.ExecContext(background, end)
				if end == "ROLLBACK" && err != nil || end == "COMMIT" && !errors.Is(err, driver.ErrTxRolledBack) {
					t.Errorf("%s: %v", end, err)
				}
				// Its user has taken note: the connection is as good as before.
				dbtest.Exec(t, conn, insert+"; DELETE FROM t")
				conn.Close()
			})
		})
	}
}

// A text that is a whole transaction stops where it is lost.
func TestLostWithinOneText(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, schema)
		_, err := db.Exec("BEGIN; " + insert + "; INSERT OR ROLLBACK INTO u VALUES (1); " + insert + "; COMMIT")
		if !errors.Is(err, driver.ErrConstraintUnique) {
			t.Errorf("%v", err)
		}
		if n := count(t, db); n != 0 {
			t.Errorf("%d rows", n)
		}
		unlocked(t, db)
	})
}

// Rows that were open when the transaction was lost end, and closing is safe.
func TestRowsOfALostTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, schema)
		dbtest.Exec(t, db, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) INSERT INTO t SELECT n FROM c")
		tx := begin(t, db, nil)
		dbtest.Exec(t, tx, insert)
		rows, err := tx.Query("SELECT a FROM t")
		if err != nil {
			t.Fatal(err)
		}
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		if err := losses[2].run(tx); !errors.Is(err, driver.ErrConstraintUnique) {
			t.Fatal(err)
		}
		for rows.Next() {
		}
		t.Logf("the rows end with %v", rows.Err())
		rows.Close()
		if err := tx.Commit(); !errors.Is(err, driver.ErrTxRolledBack) {
			t.Errorf("Commit: %v", err)
		}
		if n := count(t, db); n != 5000 {
			t.Errorf("%d rows", n)
		}
		unlocked(t, db)
	})
}

// A failure that SQLite answers by undoing the statement alone leaves the
// transaction as it was.
func TestFailedStatementLosesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, schema)
		tx := begin(t, db, nil)
		small(t, tx)
		dbtest.Exec(t, tx, insert)
		texts := []string{
			"INSERT INTO u VALUES (1)",
			"INSERT OR FAIL INTO u VALUES (1)",
			"INSERT OR ABORT INTO u VALUES (1)",
			"INSERT INTO nowhere VALUES (1)",
			"syntax error",
		}
		if !dbtest.Remote() { // where it is full
			texts = append(texts, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 1000) INSERT INTO t SELECT randomblob(100000) FROM c")
		}
		for _, text := range texts {
			if _, err := tx.Exec(text); err == nil || errors.Is(err, driver.ErrTxRolledBack) {
				t.Errorf("%s: %v", text, err)
			}
		}
		dbtest.Exec(t, tx, insert)
		commit(t, tx)
		if n := count(t, db); n != 2 {
			t.Errorf("%d rows", n)
		}
	})
}
