package opening

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// writes are ways to change a file, or to make another one beside it.
var writes = []string{
	insert, "DELETE FROM t", "CREATE TABLE u(a)", "DROP TABLE t", "PRAGMA user_version = 7", "PRAGMA application_id = 7",
	"VACUUM", "ANALYZE", "INSERT INTO t VALUES (1) RETURNING a", "BEGIN IMMEDIATE; " + insert,
}

func TestModeRO(t *testing.T) {
	for _, param := range []string{"", "&_txlock=exclusive", "&vfs=unix", "&_single_process=1"} {
		for _, journal := range journals {
			path := dbtest.File(t)
			run(t, path+journal, table, insert)
			before := read(t, path)
			db := dbtest.Open(t, path+"?mode=ro"+param)
			for _, text := range writes {
				if _, err := db.Exec(text); !errors.Is(err, driver.ErrReadOnly) {
					t.Errorf("%s%s: %s: %v", journal, param, text, err)
				}
			}
			for _, mode := range []string{"DELETE", "WAL"} { // one of them is another than it has
				db.Exec("PRAGMA journal_mode = " + mode)
			}
			tx, err := db.Begin() // which only reads, and so is not refused
			if err != nil {
				t.Fatal(err)
			}
			if n := dbtest.Int(t, tx, count); n != 1 {
				t.Errorf("%d rows", n)
			}
			if err := tx.Commit(); err != nil {
				t.Error(err)
			}
			dbtest.Close(t, db)
			if after := read(t, path); string(after) != string(before) {
				t.Errorf("%s%s: the file was changed", journal, param)
			}
			run(t, path, insert)
		}
	}
}

// A reader of a database in WAL mode sees what its writer has not written back.
func TestModeROBesideAWriter(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	writer := dbtest.Open(t, path)
	dbtest.Exec(t, writer, table)
	reader := dbtest.Open(t, path+"?mode=ro")
	for i := range 3 {
		dbtest.Exec(t, writer, insert)
		if n := dbtest.Int(t, reader, count); n != int64(i+1) {
			t.Errorf("%d rows of %d", n, i+1)
		}
	}
	hasNames(t, dir, "a.db", "a.db-shm", "a.db-wal")
	dbtest.Close(t, reader)
	dbtest.Exec(t, writer, insert)
	dbtest.Close(t, writer)
	hasNames(t, dir, "a.db")
}

// A log without its index is what a crash leaves: a reader has to make the
// index anew, and the log is not his to write back.
func TestModeROAfterACrash(t *testing.T) {
	dir := t.TempDir()
	path, crashed := filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")
	writer := dbtest.Open(t, path)
	dbtest.Exec(t, writer, table+"; "+insert)
	write(t, crashed, read(t, path))
	write(t, crashed+"-wal", read(t, path+"-wal"))
	before, log := read(t, crashed), read(t, crashed+"-wal")
	for range 2 {
		if n := ask(t, crashed+"?mode=ro", count); n != "1" {
			t.Errorf("%s rows", n)
		}
		if string(read(t, crashed)) != string(before) || string(read(t, crashed+"-wal")) != string(log) {
			t.Error("a reader has changed the file or the log")
		}
	}
	run(t, crashed, insert)
	if n := ask(t, crashed, count); n != "2" {
		t.Errorf("%s rows", n)
	}
	if exists(crashed+"-wal") || exists(crashed+"-shm") {
		t.Error("the log is still there")
	}
}

// Without a log a reader has to make one, which the next writer removes.
func TestModeROWithoutALog(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	run(t, path, table, insert)
	hasNames(t, dir, "a.db")
	for range 2 {
		if n := ask(t, path+"?mode=ro", count); n != "1" {
			t.Errorf("%s rows", n)
		}
	}
	run(t, path, insert)
	hasNames(t, dir, "a.db")
}

func TestModeRW(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	for _, param := range []string{"?mode=rw", "?mode=ro", "?immutable=1", "?mode=rw&_single_process=1", "?mode=rw&encryptionKey=" + secret, "?mode=rw&vfs=unix"} {
		refused(t, dir, path+param, driver.ErrCantOpen, path, "the file does not exist, and mode=rwc, which would create it, is not set")
	}
	run(t, path, table)
	run(t, path+"?mode=rw", insert)
	run(t, "file:"+path+"?mode=rwc", insert)
	if n := ask(t, path+"?mode=rw", count); n != "2" {
		t.Errorf("%s rows", n)
	}
	// The file goes and another pool may not make it anew.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, path+"?mode=rw", driver.ErrCantOpen, path)
}

// A file that never changes is read without locks and without a log.
func TestImmutable(t *testing.T) {
	for _, journal := range journals {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.db")
		run(t, path+journal, table, insert)
		before := look(t, dir)
		db := dbtest.Open(t, path+"?immutable=1")
		var conns []dbtest.Querier
		for range 3 {
			conns = append(conns, dbtest.Conn(t, db))
		}
		for _, c := range conns {
			if n := dbtest.Int(t, c, count); n != 1 {
				t.Errorf("%d rows", n)
			}
		}
		for _, text := range writes[:4] {
			if _, err := db.Exec(text); !errors.Is(err, driver.ErrReadOnly) {
				t.Errorf("%s: %s: %v", journal, text, err)
			}
		}
		unchanged(t, dir, before)
	}
}

// Not even an exclusive lock is in the way of a reader who takes none.
func TestImmutableTakesNoLocks(t *testing.T) {
	path := dbtest.File(t)
	run(t, path+"?_journal_mode=DELETE", table, insert)
	child := holder(t, path, "BEGIN EXCLUSIVE")
	if n := ask(t, path+"?immutable=1", count); n != "1" {
		t.Errorf("%s rows", n)
	}
	db := dbtest.New(t, path+"?mode=ro&_busy_timeout=0")
	if err := db.Ping(); !errors.Is(err, driver.ErrBusy) {
		t.Errorf("who does take locks: %v", err)
	}
	dbtest.Close(t, db)
	child.Say("go")
	child.Done(t)
}
