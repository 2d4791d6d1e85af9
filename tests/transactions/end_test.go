package transactions

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// A connection that goes back to the pool inside a transaction is rolled back
// then, not when somebody takes it again.
func TestGivenBackInsideATransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		other := dbtest.Conn(t, db)
		for _, text := range []string{
			"BEGIN IMMEDIATE; " + insert, "BEGIN; " + insert, "BEGIN EXCLUSIVE", "SAVEPOINT s; " + insert,
			"BEGIN; SELECT * FROM t", "BEGIN; " + insert + "; SAVEPOINT a; SAVEPOINT b; " + insert,
		} {
			dbtest.Exec(t, db, text) // of the pool
			unlocked(t, other)
			conn, err := db.Conn(background)
			if err != nil {
				t.Fatal(err)
			}
			dbtest.Exec(t, conn, text)
			rows, err := conn.QueryContext(background, "SELECT 1 UNION ALL SELECT 2")
			if err != nil {
				t.Fatal(err)
			}
			rows.Next()
			rows.Close()
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
			unlocked(t, other)
			if n := count(t, db); n != 0 {
				t.Fatalf("%s: %d rows", text, n)
			}
		}
	})
}

// A text that fails inside its own transaction leaves none open.
func TestTextFailsInsideItsTransaction(t *testing.T) {
	db := dbtest.Open(t, dbtest.DSN(t))
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	other := dbtest.Conn(t, db)
	for _, bad := range []string{"INSERT INTO nowhere VALUES (1)", "syntax error", "INSERT INTO t VALUES (?)"} {
		if _, err := db.Exec("BEGIN IMMEDIATE; " + insert + "; " + bad + "; COMMIT"); err == nil {
			t.Fatalf("%s passed", bad)
		}
		unlocked(t, other)
		if n := count(t, db); n != 0 {
			t.Errorf("%d rows", n)
		}
	}
}

// Rows that were left open do not outlive their transaction: a snapshot that
// stayed would keep the WAL from being written back, and a lock others from
// writing.
func TestOpenRowsEndWithTheirTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, k dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, "CREATE TABLE t(a); WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) INSERT INTO t SELECT n FROM c")
		for _, ends := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
			for _, readOnly := range []bool{false, true} {
				tx := begin(t, db, &sql.TxOptions{ReadOnly: readOnly})
				rows, err := tx.Query("SELECT a FROM t")
				if err != nil {
					t.Fatal(err)
				}
				rows.Next()
				if err := ends(tx); err != nil {
					t.Fatal(err)
				}
				free(t, k, db)
				if rows.Next() || rows.Close() != nil {
					t.Errorf("rows after their transaction: %v", rows.Err())
				}
			}
		}
	})
}

// The same below database/sql, which closes the rows itself.
func TestOpenRowsEndWithTheDriversTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, k dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, "CREATE TABLE t(a); WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) INSERT INTO t SELECT n FROM c")
		other := dbtest.Conn(t, db)
		for _, ends := range []func(sqldriver.Tx) error{sqldriver.Tx.Commit, sqldriver.Tx.Rollback} {
			err := driver.With(background, db, func(c *driver.Conn) error {
				tx, err := c.BeginTx(background, sqldriver.TxOptions{})
				if err != nil {
					return err
				}
				rows, err := c.QueryContext(background, "SELECT a FROM t", nil)
				if err != nil {
					return err
				}
				if err := ends(tx); err != nil {
					return err
				}
				free(t, k, other)
				return rows.Close()
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// free checks that no connection is inside a transaction, be it a reader.
func free(t *testing.T, k dbtest.Kind, q interface {
	dbtest.Execer
	dbtest.Querier
}) {
	t.Helper()
	if dbtest.Remote() {
		dbtest.Unlocked(t, q)
		return
	}
	dbtest.Exec(t, q, "PRAGMA busy_timeout = 0")
	defer dbtest.Exec(t, q, "PRAGMA busy_timeout = 5000")
	if _, err := q.ExecContext(background, "BEGIN EXCLUSIVE; COMMIT"); err != nil {
		t.Errorf("a lock stayed: %v", err)
	}
	if k.Snapshots {
		var busy, log, done int
		if err := q.QueryRowContext(background, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil || busy != 0 {
			t.Errorf("a snapshot stayed: %d, %v", busy, err)
		}
	}
}

const family = `CREATE TABLE t(a); CREATE TABLE parent(id INTEGER PRIMARY KEY);
	CREATE TABLE child(p REFERENCES parent DEFERRABLE INITIALLY DEFERRED)`

func TestDeferredForeignKeyFailsTheCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, family)
		tx := begin(t, db, nil)
		dbtest.Exec(t, tx, insert+"; INSERT INTO child VALUES (7)")
		if err := tx.Commit(); !errors.Is(err, driver.ErrConstraintForeignKey) {
			t.Errorf("Commit: %v", err)
		}
		unlocked(t, db)
		if n := dbtest.Int(t, db, "SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM child)"); n != 0 {
			t.Errorf("%d rows", n)
		}
		// Nor is anything left to the pool to clean up.
		err := driver.With(background, db, func(c *driver.Conn) error {
			tx, err := c.BeginTx(background, sqldriver.TxOptions{})
			if err != nil {
				return err
			}
			if _, err := c.ExecContext(background, "INSERT INTO child VALUES (7)", nil); err != nil {
				return err
			}
			if err := tx.Commit(); !errors.Is(err, driver.ErrConstraintForeignKey) {
				t.Errorf("Commit: %v", err)
			}
			outside := "VACUUM" // which no transaction allows
			if dbtest.Remote() {
				outside = "BEGIN; COMMIT" // nor this, and servers refuse the other
			}
			_, err = c.ExecContext(background, outside, nil)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		// Autocommit fails as a whole too.
		if _, err := db.Exec("INSERT INTO child VALUES (7)"); !errors.Is(err, driver.ErrConstraintForeignKey) {
			t.Errorf("autocommit: %v", err)
		}
		unlocked(t, db)
	})
}

// A textual COMMIT that fails leaves the transaction open, as SQLite says:
// its user can mend it.
func TestTextualCommitFails(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, family)
		conn := dbtest.Conn(t, db)
		dbtest.Exec(t, conn, "BEGIN; INSERT INTO child VALUES (7)")
		if _, err := conn.ExecContext(background, "COMMIT"); !errors.Is(err, driver.ErrConstraintForeignKey) {
			t.Errorf("COMMIT: %v", err)
		}
		dbtest.Exec(t, conn, "INSERT INTO parent VALUES (7); COMMIT")
		unlocked(t, db)
		if n := dbtest.Int(t, db, "SELECT count(*) FROM child"); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// Under a rollback journal a reader keeps a commit waiting. When it waits in
// vain nothing is left open.
func TestCommitFindsAReader(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	db := dbtest.Open(t, dbtest.DSN(t, "_journal_mode=DELETE&_busy_timeout=100"))
	dbtest.Exec(t, db, "CREATE TABLE t(a); WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) INSERT INTO t SELECT n FROM c")
	rows, err := db.Query("SELECT a FROM t")
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	tx := begin(t, db, nil)
	dbtest.Exec(t, tx, insert)
	if err := tx.Commit(); !errors.Is(err, driver.ErrBusy) {
		t.Errorf("Commit: %v", err)
	}
	rows.Close()
	unlocked(t, db)
	if n := count(t, db); n != 5000 {
		t.Errorf("%d rows", n)
	}
}

type panicking struct{}

func (panicking) Value() (sqldriver.Value, error) { panic("in Value") }

// Code of the user that panics leaves the pool, the transaction and the locks
// in order. (A panic in a Scan method hangs in database/sql itself, as of Go
// 1.26: Rows.Close waits for the lock that Rows.Scan still holds.)
func TestPanics(t *testing.T) {
	places := []struct {
		name string
		run  func(db *sql.DB, tx *sql.Tx)
	}{
		{"between", func(*sql.DB, *sql.Tx) { panic("between") }},
		{"value", func(_ *sql.DB, tx *sql.Tx) { tx.Exec("INSERT INTO t VALUES (?)", panicking{}) }},
		{"with tx", func(_ *sql.DB, tx *sql.Tx) {
			driver.With(background, tx, func(*driver.Conn) error { panic("in With") })
		}},
		{"with conn", func(db *sql.DB, _ *sql.Tx) {
			driver.With(background, db, func(*driver.Conn) error { panic("in With") })
		}},
	}
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		db.SetMaxOpenConns(2)
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		for _, p := range places {
			for range 3 {
				func() {
					tx := begin(t, db, nil)
					defer func() {
						if recover() == nil {
							t.Errorf("%s: no panic", p.name)
						}
					}()
					defer tx.Rollback()
					dbtest.Exec(t, tx, insert)
					p.run(db, tx)
				}()
				if n := count(t, db); n != 0 {
					t.Errorf("%s: %d rows", p.name, n)
				}
				unlocked(t, db)
			}
		}
		if n := db.Stats().InUse; n != 0 {
			t.Errorf("%d connections are still in use", n)
		}
	})
}

// The context of BeginTx ends the transaction whenever it ends: while it is
// idle, and while its statement runs.
func TestContextOfATransaction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Stoppable(t, db)
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		ctx := dbtest.Stopping(context.DeadlineExceeded)
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		dbtest.Exec(t, tx, insert)
		if _, err := tx.ExecContext(ctx, endless); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		dbtest.Soon(t, "the next transaction", func() { rollback(t, begin(t, db, nil)) })
		if err := tx.Commit(); err == nil {
			t.Error("committed")
		}
		if n := count(t, db); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
}
