package writers

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

const insert = "INSERT INTO t(writer, n) VALUES (1, 1)"

// soonEnough is less than the default busy timeout, and far more than what a
// busy machine makes of a timeout of some milliseconds.
const soonEnough = 4 * time.Second

// withTimeout adds a busy timeout to a DSN.
func withTimeout(dsn, ms string) string {
	mark := "?"
	if strings.Contains(dsn, "?") {
		mark = "&"
	}
	return dsn + mark + "_busy_timeout=" + ms
}

// A goroutine that has a transaction open and writes through the pool waits
// for itself. It must be told so and not hang.
func TestWaitingForOneself(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	for _, k := range dbtest.Kinds {
		t.Run(k.Name, func(t *testing.T) {
			db := dbtest.Open(t, withTimeout(k.DSN(t), "100"))
			dbtest.Exec(t, db, table)
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			dbtest.Exec(t, tx, insert)
			start := time.Now()
			_, err = db.Exec(insert)
			took := time.Since(start)
			if !errors.Is(err, driver.ErrBusy) {
				t.Fatalf("%v", err)
			}
			if !strings.Contains(err.Error(), "must use that transaction") || !strings.Contains(err.Error(), "database is locked") {
				t.Errorf("the message does not help: %v", err)
			}
			if took < 90*time.Millisecond || took > soonEnough {
				t.Errorf("it waited for %v", took)
			}
			if err := tx.Commit(); err != nil {
				t.Error(err)
			}
			dbtest.Exec(t, db, insert)
			if n := dbtest.Int(t, db, "SELECT count(*) FROM t"); n != 2 {
				t.Errorf("%d rows", n)
			}
		})
	}
}

func TestNoBusyTimeout(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	path := dbtest.DSN(t)
	db := dbtest.Open(t, withTimeout(path, "0"))
	dbtest.Exec(t, db, table)
	fails := func(t *testing.T, who string) {
		t.Helper()
		start := time.Now()
		_, err := db.Exec(insert)
		if took := time.Since(start); !errors.Is(err, driver.ErrBusy) || took > soonEnough {
			t.Errorf("%s has the lock: %v after %v", who, err, took)
		}
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	fails(t, "a transaction of this process")
	tx.Rollback()
	dbtest.Exec(t, db, insert)
	child := dbtest.Start(t, "lock", path)
	child.Expect(t, "locked")
	fails(t, "another process")
	child.Done(t)
	dbtest.Exec(t, db, insert)
}

// The busy timeout is one for the queue in this process and the lock of
// another, not one for each.
func TestBusyTimeoutCoversBothWaits(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	path := dbtest.DSN(t)
	db := dbtest.Open(t, withTimeout(path, "1000"))
	dbtest.Exec(t, db, table)
	child := dbtest.Start(t, "lock", path)
	child.Expect(t, "locked")
	// A busy machine may make a wait longer, but not each time.
	for try := 1; ; try++ {
		errs := make(chan error, 2)
		start := time.Now()
		for range 2 { // one waits for the child, one for the other
			go func() {
				_, err := db.Exec(insert)
				errs <- err
			}()
		}
		most := time.Duration(0)
		for range 2 {
			var e *driver.Error
			if err := <-errs; !errors.As(err, &e) || e.Code != driver.ErrBusy || e.Waited < 900*time.Millisecond {
				t.Fatalf("%v", err)
			}
			most = max(most, e.Waited)
		}
		took := time.Since(start)
		if took < 900*time.Millisecond {
			t.Errorf("both gave up after %v", took)
		}
		if max(took, most) <= 1800*time.Millisecond {
			break
		}
		t.Logf("both gave up after %v, one said %v", took, most)
		if try == 5 {
			t.Fatal("they wait too long")
		}
	}
	child.Done(t)
	dbtest.Exec(t, db, insert)
}

// Who waits gets the lock as soon as it is free.
func TestLockComesFreeWhileWaiting(t *testing.T) {
	path := dbtest.DSN(t)
	db := dbtest.Open(t, path)
	dbtest.Exec(t, db, table)
	child := dbtest.Start(t, "lock", path)
	child.Expect(t, "locked")
	time.AfterFunc(50*time.Millisecond, func() { child.Say("go") })
	d := dbtest.Soon(t, "the insert", func() { dbtest.Exec(t, db, insert) })
	t.Logf("waited %v for the other process", d)
	child.Done(t)

	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { tx.Rollback() })
	d = dbtest.Soon(t, "the insert", func() { dbtest.Exec(t, db, insert) })
	t.Logf("waited %v for this process", d)
}

// A process that dies holds nothing.
func TestWriterThatDies(t *testing.T) {
	path := dbtest.DSN(t)
	db := dbtest.Open(t, path)
	dbtest.Exec(t, db, table)
	child := dbtest.Start(t, "lock", path)
	child.Expect(t, "locked")
	child.Kill()
	dbtest.Soon(t, "the insert", func() { dbtest.Exec(t, db, insert) })
}

// Readers see the state before the writer's transaction, at once.
func TestReadersDoNotWaitForAWriter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, k dbtest.Kind, db *sql.DB) {
		if !k.Snapshots {
			t.Skip("a rollback journal has no snapshots")
		}
		dbtest.Exec(t, db, table+"; "+insert)
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		dbtest.Exec(t, tx, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 10000) INSERT INTO t(n) SELECT n FROM c")
		const count = "SELECT count(*) FROM t"
		d := dbtest.Soon(t, "reading", func() {
			if n := dbtest.Int(t, db, count); n != 1 {
				t.Errorf("a reader sees %d rows", n)
			}
		})
		t.Logf("read in %v", d)
		snapshot, err := db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer snapshot.Rollback()
		if n := dbtest.Int(t, snapshot, count); n != 1 {
			t.Errorf("a reader sees %d rows", n)
		}
		// And the writer does not wait for readers.
		dbtest.Soon(t, "the commit", func() {
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		})
		if n := dbtest.Int(t, snapshot, count); n != 1 {
			t.Errorf("the snapshot changed: %d rows", n)
		}
		if n := dbtest.Int(t, db, count); n != 10001 {
			t.Errorf("after the commit a reader sees %d rows", n)
		}
	})
}

// A deferred transaction that has read cannot write after somebody else has;
// waiting would not help, so it is told at once.
func TestUpgradeOfAnOldSnapshot(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	for _, k := range dbtest.Kinds {
		if !k.Snapshots {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			db := dbtest.Open(t, k.DSN(t))
			dbtest.Exec(t, db, table)
			conn := dbtest.Conn(t, db)
			dbtest.Exec(t, conn, "BEGIN")
			dbtest.Int(t, conn, "SELECT count(*) FROM t")
			dbtest.Exec(t, db, insert)
			start := time.Now()
			_, err := conn.ExecContext(context.Background(), insert)
			took := time.Since(start)
			if !errors.Is(err, driver.ErrBusySnapshot) || !errors.Is(err, driver.ErrBusy) || took > soonEnough {
				t.Errorf("%v after %v", err, took)
			}
			// It has no claim to write, so it must not be in the way of those who do.
			dbtest.Soon(t, "another writer", func() { dbtest.Exec(t, db, insert) })
			dbtest.Exec(t, conn, "ROLLBACK")
			dbtest.Exec(t, conn, insert)
		})
	}
}

// The same while the other one still writes: to wait could be a deadlock.
func TestUpgradeBesideAWriter(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, table)
		conn := dbtest.Conn(t, db)
		dbtest.Exec(t, conn, "BEGIN")
		dbtest.Int(t, conn, "SELECT count(*) FROM t")
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = conn.ExecContext(context.Background(), insert)
		if took := time.Since(start); !errors.Is(err, driver.ErrBusy) || took > soonEnough {
			t.Errorf("%v after %v", err, took)
		}
		if strings.Contains(err.Error(), "waited 0s") {
			t.Errorf("the message does not help: %v", err)
		}
		tx.Rollback()
		dbtest.Exec(t, conn, insert) // now it may
		dbtest.Exec(t, conn, "COMMIT")
	})
}

// What writes into another file does not wait for the writers of this one.
func TestWhatDoesNotWait(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	for name, params := range map[string]string{"WAL": "", "DELETE": "&_journal_mode=DELETE"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			db := dbtest.Open(t, dbtest.DSN(t, "_busy_timeout=0"+params))
			dbtest.Exec(t, db, table+"; INSERT INTO t(n) VALUES (1)")
			other := dbtest.Conn(t, db)
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			dbtest.Exec(t, tx, "INSERT INTO t(n) VALUES (2)")
			for _, text := range []string{
				"VACUUM INTO '" + dir + "/copy.db'", "vacuum main /* as a copy */ into '" + dir + "/second.db'",
				"CREATE TEMP TABLE a(x)", "CREATE -- for this connection\nTEMPORARY TABLE b AS SELECT * FROM t",
			} {
				if _, err := other.ExecContext(t.Context(), text); err != nil {
					t.Errorf("%s: %v", text, err)
				}
			}
			for _, text := range []string{"VACUUM", "CREATE TABLE a(x)"} {
				if _, err := other.ExecContext(t.Context(), text); !errors.Is(err, driver.ErrBusy) {
					t.Errorf("%s: %v", text, err)
				}
			}
			copied := dbtest.Open(t, dir+"/copy.db")
			if n := dbtest.Int(t, copied, "SELECT count(*) FROM t"); n != 1 {
				t.Errorf("%d rows in the copy", n)
			}
		})
	}
}
