package transactions

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// modes says what a transaction of each mode takes from others, as of its
// begin and with a rollback journal: may another one read, and write?
var modes = []struct {
	mode          driver.TxMode
	reads, writes bool
}{
	{driver.Deferred, true, true},
	{driver.Immediate, true, false},
	{driver.Exclusive, false, false},
	{driver.ReadOnlyTx, true, true},
}

// The context's mode goes before the DSN's, for this transaction alone.
func TestTxModeOfOneTransaction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	for _, params := range []string{"", "&_txlock=deferred", "&_txlock=exclusive"} {
		for _, m := range modes {
			t.Run(m.mode.String()+params, func(t *testing.T) {
				db := dbtest.Open(t, dbtest.DSN(t, "_busy_timeout=0&_journal_mode=DELETE&_synchronous=OFF"+params))
				dbtest.Exec(t, db, "CREATE TABLE t(a); "+insert)
				other := dbtest.Conn(t, db)
				tx, err := db.BeginTx(driver.WithTxMode(background, m.mode), nil)
				if err != nil {
					t.Fatal(err)
				}
				_, err = other.ExecContext(background, insert)
				if (err == nil) != m.writes || err != nil && !errors.Is(err, driver.ErrBusy) {
					t.Errorf("another one writes: %v", err)
				}
				var n int
				err = other.QueryRowContext(background, "SELECT count(*) FROM t").Scan(&n)
				if (err == nil) != m.reads || err != nil && !errors.Is(err, driver.ErrBusy) {
					t.Errorf("another one reads: %v", err)
				}
				_, err = tx.Exec(insert)
				if (err == nil) != (m.mode != driver.ReadOnlyTx) || err != nil && !errors.Is(err, driver.ErrReadOnly) {
					t.Errorf("it writes: %v", err)
				}
				commit(t, tx)
			})
		}
	}
}

// Options that say read-only are stronger than a mode, and a mode that is none
// is refused before anything is begun.
func TestTxModeAndOptions(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	tx, err := db.BeginTx(driver.WithTxMode(background, driver.Exclusive), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(insert); !errors.Is(err, driver.ErrReadOnly) {
		t.Errorf("%v", err)
	}
	unlocked(t, dbtest.Conn(t, db))
	rollback(t, tx)
	if _, err := db.BeginTx(driver.WithTxMode(background, driver.Concurrent+1), nil); err == nil || !strings.Contains(err.Error(), "no mode") {
		t.Errorf("%v", err)
	}
	unlocked(t, db)
}

// A transaction that only reads sees one state, that of its first statement,
// while writers commit; the next one sees theirs.
func TestSnapshotReads(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, k dbtest.Kind, db *sql.DB) {
		if !k.Snapshots {
			t.Skip("a rollback journal has no snapshots")
		}
		dbtest.Exec(t, db, "CREATE TABLE t(a); "+insert)
		for _, mode := range []driver.TxMode{driver.ReadOnlyTx, driver.Deferred} {
			dbtest.Exec(t, db, "DELETE FROM t; "+insert)
			tx, err := db.BeginTx(driver.WithTxMode(background, mode), nil)
			if err != nil {
				t.Fatal(err)
			}
			dbtest.Exec(t, db, insert) // before the first statement: still to be seen
			for i := range 5 {
				if n := count(t, tx); n != 2 {
					t.Fatalf("%v: %d rows after %d commits", mode, n, i)
				}
				dbtest.Soon(t, "a writer beside the snapshot", func() { dbtest.Exec(t, db, insert) })
			}
			dbtest.Exec(t, db, "CREATE TABLE later(x); DROP TABLE later")
			if n := count(t, tx); n != 2 {
				t.Errorf("%v: %d rows after a change of the schema", mode, n)
			}
			commit(t, tx)
			if n := count(t, db); n != 7 {
				t.Errorf("%v: then %d rows", mode, n)
			}
		}
	})
}

// A sum that every writer keeps is never seen broken, whatever runs.
func TestSnapshotIsOneState(t *testing.T) {
	db := dbtest.Open(t, dbtest.DSN(t))
	dbtest.Exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, n); INSERT INTO t VALUES (1, 50), (2, 50)")
	ctx, stop := context.WithCancel(background)
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for ctx.Err() == nil {
			if _, err := db.Exec("BEGIN IMMEDIATE; UPDATE t SET n = n - 1 WHERE id = 1; UPDATE t SET n = n + 1 WHERE id = 2; COMMIT"); err != nil {
				failed <- err
				return
			}
		}
	}()
	for range 200 {
		tx, err := db.BeginTx(driver.WithTxMode(background, driver.ReadOnlyTx), nil)
		if err != nil {
			t.Fatal(err)
		}
		a := dbtest.Int(t, tx, "SELECT n FROM t WHERE id = 1")
		b := dbtest.Int(t, tx, "SELECT n FROM t WHERE id = 2")
		if a+b != 100 {
			t.Errorf("%d and %d", a, b)
		}
		commit(t, tx)
	}
	stop()
	if err := <-failed; err != nil {
		t.Error(err)
	}
}
