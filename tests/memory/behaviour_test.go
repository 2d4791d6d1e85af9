package memory

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Large transactions, undone and done, savepoints, and VACUUM.
func TestBigData(t *testing.T) {
	rows := 40_000
	if testing.Short() {
		rows = 4_000
	}
	each(t, func(t *testing.T, db *sql.DB) {
		conn := dbtest.Conn(t, db)
		dbtest.Exec(t, conn, "CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB, n INTEGER); CREATE INDEX i ON t(n)")
		const fill = numbers + "INSERT INTO t(b, n) SELECT randomblob(500), abs(random() % 1000) FROM c"
		dbtest.Exec(t, conn, "BEGIN; "+fill+"; ROLLBACK", rows)
		if n := dbtest.Int(t, conn, count); n != 0 {
			t.Errorf("%d rows after the rollback", n)
		}
		dbtest.Exec(t, conn, "BEGIN; "+fill+"; SAVEPOINT s; DELETE FROM t WHERE id % 2; UPDATE t SET b = zeroblob(900); ROLLBACK TO s; DELETE FROM t WHERE id % 4 = 0; RELEASE s; COMMIT", rows)
		want := int64(rows - rows/4)
		if n := dbtest.Int(t, conn, count); n != want {
			t.Errorf("%d rows, not %d", n, want)
		}
		if n := dbtest.Int(t, conn, "SELECT count(*) FROM t WHERE length(b) <> 500"); n != 0 {
			t.Errorf("%d rows are of what was undone", n)
		}
		dbtest.Intact(t, conn)
		sum := dbtest.Text(t, conn, "SELECT count(*) || ' ' || sum(n) || ' ' || sum(id) FROM t")
		before := dbtest.Int(t, conn, "PRAGMA page_count")
		dbtest.Exec(t, conn, "VACUUM")
		if after := dbtest.Int(t, conn, "PRAGMA page_count"); after >= before {
			t.Errorf("%d pages after VACUUM, %d before", after, before)
		}
		if again := dbtest.Text(t, db, "SELECT count(*) || ' ' || sum(n) || ' ' || sum(id) FROM t"); again != sum {
			t.Errorf("%s before VACUUM, %s after", sum, again)
		}
		dbtest.Intact(t, db)
	})
}

// Pages as small and as large as they get, which lie across the memory's own
// pieces in every way.
func TestPageSizes(t *testing.T) {
	for size := 512; size <= 65536; size *= 2 {
		db := dbtest.Open(t, fmt.Sprintf(":memory:?_pragma=page_size(%d)&_pragma=auto_vacuum(full)", size))
		dbtest.Exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB); "+numbers+"INSERT INTO t(b) SELECT randomblob(n % 5000) FROM c", 2000)
		if n := dbtest.Int(t, db, "PRAGMA page_size"); n != int64(size) {
			t.Errorf("page size %d, not %d", n, size)
		}
		dbtest.Exec(t, db, "DELETE FROM t WHERE id > 10")
		if n := dbtest.Int(t, db, "PRAGMA freelist_count"); n != 0 {
			t.Errorf("%d free pages with auto_vacuum", n)
		}
		dbtest.Exec(t, db, "PRAGMA wal_checkpoint(TRUNCATE); "+numbers+"INSERT INTO t(b) SELECT randomblob(n % 3000) FROM c", 500)
		dbtest.Intact(t, db)
	}
}

// The log is written back as it grows and does not grow for ever.
func TestLogStaysSmall(t *testing.T) {
	db := dbtest.Open(t, ":memory:")
	dbtest.Exec(t, db, "CREATE TABLE t(a); INSERT INTO t VALUES (0)")
	for range 5000 {
		dbtest.Exec(t, db, "UPDATE t SET a = a + 1")
	}
	var busy, frames, done int
	if err := db.QueryRow("PRAGMA wal_checkpoint").Scan(&busy, &frames, &done); err != nil || busy != 0 || frames > 1500 {
		t.Errorf("busy %d, %d frames in the log, %v", busy, frames, err)
	}
}

// The modes that a file has, and back. Leaving WAL needs the database alone.
func TestJournalModes(t *testing.T) {
	each(t, func(t *testing.T, db *sql.DB) {
		if mode := dbtest.Text(t, db, "PRAGMA journal_mode"); mode != "wal" {
			t.Errorf("a new memory database is in mode %s", mode)
		}
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		db.SetMaxOpenConns(1)
		for i, mode := range []string{"delete", "truncate", "persist", "memory", "wal", "off", "wal"} {
			if got := dbtest.Text(t, db, "PRAGMA journal_mode = "+mode); got != mode {
				t.Fatalf("%s was asked for, %s is it", mode, got)
			}
			if mode != "off" {
				dbtest.Exec(t, db, "BEGIN; INSERT INTO t VALUES (1); ROLLBACK")
			}
			dbtest.Exec(t, db, insert)
			if n := dbtest.Int(t, db, count); n != int64(i+1) {
				t.Errorf("%s: %d rows", mode, n)
			}
			dbtest.Intact(t, db)
		}
	})
}

// Under a rollback journal the locks are those of a file.
func TestLocksWithoutWAL(t *testing.T) {
	db := dbtest.Open(t, ":memory:?_busy_timeout=50")
	dbtest.Exec(t, db, "PRAGMA journal_mode = DELETE; CREATE TABLE t(a); "+numbers+"INSERT INTO t SELECT n FROM c", 5000)
	if mode := dbtest.Text(t, db, "PRAGMA journal_mode"); mode != "delete" {
		t.Fatalf("journal mode %s", mode)
	}
	reader, writer := dbtest.Conn(t, db), dbtest.Conn(t, db)
	rows, err := reader.QueryContext(background, "SELECT a FROM t")
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	dbtest.Exec(t, writer, "BEGIN IMMEDIATE; "+insert) // RESERVED beside SHARED
	if _, err := writer.ExecContext(background, "COMMIT"); !errors.Is(err, driver.ErrBusy) {
		t.Errorf("a commit beside a reader: %v", err)
	}
	// PENDING: the commit that waits keeps new readers out.
	if err := db.QueryRow(count).Scan(new(int)); !errors.Is(err, driver.ErrBusy) {
		t.Errorf("a new reader beside a commit that waits: %v", err)
	}
	rows.Close()
	dbtest.Exec(t, writer, "COMMIT")
	if n := dbtest.Int(t, db, count); n != 5001 {
		t.Errorf("%d rows", n)
	}
	dbtest.Exec(t, writer, "BEGIN EXCLUSIVE; "+insert)
	if err := db.QueryRow(count).Scan(new(int)); !errors.Is(err, driver.ErrBusy) {
		t.Errorf("a reader beside BEGIN EXCLUSIVE: %v", err)
	}
	dbtest.Exec(t, writer, "ROLLBACK")
	if n := dbtest.Int(t, db, count); n != 5001 {
		t.Errorf("%d rows", n)
	}
}

// Money moves between accounts; every reader sees the same sum at every
// moment, under WAL and under a rollback journal.
func TestReadersSeeWholeTransactions(t *testing.T) {
	for _, mode := range []string{"WAL", "DELETE"} {
		t.Run(mode, func(t *testing.T) {
			const accounts, total = 200, 200 * 100
			db := dbtest.Open(t, ":memory:?_busy_timeout=60000")
			dbtest.Exec(t, db, "PRAGMA journal_mode = "+mode+"; CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, filler BLOB); "+
				numbers+"INSERT INTO t SELECT n, 100, randomblob(2000) FROM c", accounts)
			moves, reads := 300, 300
			if testing.Short() {
				moves, reads = 50, 50
			}
			var wg sync.WaitGroup
			for range 3 {
				wg.Add(2)
				go func() {
					defer wg.Done()
					for range moves {
						if err := move(db, 1+rand.IntN(accounts), 1+rand.IntN(accounts)); err != nil {
							t.Error(err)
							return
						}
					}
				}()
				go func() {
					defer wg.Done()
					for range reads {
						var n int
						if err := db.QueryRow("SELECT sum(n) FROM t").Scan(&n); err != nil || n != total {
							t.Errorf("a reader sees %d, %v", n, err)
							return
						}
					}
				}()
			}
			for range moves { // meanwhile the log begins anew again and again
				if mode == "WAL" {
					dbtest.Exec(t, db, "PRAGMA wal_checkpoint(TRUNCATE)")
				}
			}
			wg.Wait()
			dbtest.Intact(t, db)
		})
	}
}

// move moves 1 from an account to another, and back and forth again when it
// is rolled back.
func move(db *sql.DB, from, to int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("UPDATE t SET n = n - 1, filler = randomblob(2000) WHERE id = ?", from); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE t SET n = n + 1 WHERE id = ?", to); err != nil {
		return err
	}
	if from%5 == 0 {
		return tx.Rollback()
	}
	return tx.Commit()
}

// A database that is full says so and goes on.
func TestFull(t *testing.T) {
	db := dbtest.Open(t, ":memory:?_pragma=max_page_count(300)")
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	for range 3 {
		if _, err := db.Exec(numbers+"INSERT INTO t SELECT randomblob(5000) FROM c", 1000); !errors.Is(err, driver.ErrFull) {
			t.Errorf("%v", err)
		}
		dbtest.Exec(t, db, insert)
	}
	if n := dbtest.Int(t, db, count); n != 3 {
		t.Errorf("%d rows", n)
	}
	dbtest.Intact(t, db)
}
