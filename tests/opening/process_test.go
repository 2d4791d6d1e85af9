package opening

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Who has a file for himself keeps other processes out, whatever they want.
func TestSingleProcessKeepsOthersOut(t *testing.T) {
	for _, journal := range []string{"&_journal_mode=WAL", "&_journal_mode=DELETE", "&encryptionKey=" + secret} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.db")
		a, b := dbtest.Open(t, path+single+journal), dbtest.Open(t, path+single+journal)
		dbtest.Exec(t, a, table)
		if err := write8(a, b, 10); err != nil {
			t.Error(err)
		}
		isOneQueue(t, a, b)
		key := ""
		if strings.Contains(journal, "Key") {
			key = journal
		}
		dbtest.Soon(t, "another process", func() {
			end := quick + key
			for _, answers := range onEach(t, self, with(path, "?mode=rwc"+end, "?mode=ro"+end, single+end, "?vfs=multipleciphers-unix"+end), count) {
				failed(t, answers[0], driver.ErrBusy, "database is locked", path)
			}
		})
		dbtest.Exec(t, a, insert)
		dbtest.Close(t, a)
		dbtest.Exec(t, b, insert) // the other pool still has it
		failed(t, inChild(t, self, path+"?mode=rwc"+quick+key, count)[0], driver.ErrBusy)
		dbtest.Close(t, b)
		answers := inChild(t, self, path+"?mode=rwc"+key, count, insert, count)
		succeeded(t, answers[0], "82")
		succeeded(t, answers[2], "83")
		hasNames(t, dir, "a.db")
	}
}

// Another process that has it keeps us out, for as long as it has it.
func TestSingleProcessIsAnother(t *testing.T) {
	path := dbtest.File(t)
	child := holder(t, path+single, table, insert)
	refusedBusy(t, path+"?mode=rwc"+quick)
	refusedBusy(t, path+"?mode=ro&_busy_timeout=0")
	refusedBusy(t, path+single+"&_busy_timeout=0")
	child.Say("go")
	child.Done(t)
	for _, param := range []string{"?mode=rwc", single} {
		run(t, path+param, insert)
	}
	// One that dies has it no longer.
	child = holder(t, path+single, insert)
	refusedBusy(t, path+single+"&_busy_timeout=0")
	child.Kill()
	if n := ask(t, path+single, count); n != "4" {
		t.Errorf("%s rows", n)
	}
}

func refusedBusy(t *testing.T, dsn string) {
	t.Helper()
	dbtest.Soon(t, "giving up", func() {
		errs, _ := openErrors(t, dsn)
		for _, err := range errs {
			if !errors.Is(err, driver.ErrBusy) {
				t.Errorf("%s: %v", dsn, err)
			}
		}
	})
}

// A fresh file has one form, whoever of those who come at once makes it. Under
// default settings tests/writers does it with more of them.
func TestManyOpenAFreshFileAtOnce(t *testing.T) {
	for _, param := range []string{keyed, single, keyed + "&_single_process=1", "?_journal_mode=DELETE&_synchronous=OFF", "?_pragma=page_size(1024)&_auto_vacuum=full", "?vfs=unix-excl"} {
		path := dbtest.File(t)
		const pools = 20
		errs := make([]error, pools)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Add(1)
			go func() {
				defer wg.Done()
				db, err := sql.Open(driver.Name, path+param)
				if err == nil {
					_, err = db.Exec("CREATE TABLE IF NOT EXISTS t(a); " + insert)
					err = errors.Join(err, db.Close())
				}
				errs[i] = err
			}()
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Errorf("%s: %v", param, err)
		}
		db := dbtest.Open(t, path+param)
		if n := dbtest.Int(t, db, count); n != pools {
			t.Errorf("%s: %d rows", param, n)
		}
		if strings.Contains(param, "1024") {
			if s := dbtest.Text(t, db, "SELECT page_size || ' ' || auto_vacuum FROM pragma_page_size, pragma_auto_vacuum"); s != "1024 1" {
				t.Errorf("%s: %s", param, s)
			}
		}
	}
}

// Who wants it for himself waits until the others have gone.
func TestSingleProcessWaitsForOthers(t *testing.T) {
	path := dbtest.File(t)
	child := holder(t, path, table, insert, count)
	db := dbtest.New(t, path+single+quick)
	if _, err := db.Exec(insert); !errors.Is(err, driver.ErrBusy) {
		t.Errorf("beside another process: %v", err)
	}
	dbtest.Close(t, db)
	time.AfterFunc(50*time.Millisecond, func() { child.Say("go") })
	dbtest.Soon(t, "waiting for another process to go", func() { run(t, path+single, insert) })
	child.Done(t)
	if n := ask(t, path, count); n != "2" {
		t.Errorf("%s rows", n)
	}
}

// mixtures are two pools of this process that differ in it.
var mixtures = [][2]string{{single, "?_single_process=0"}, {"?_single_process=0", single}}

// Pools of this process that differ in it would not see each other's locks,
// and closing one would drop those of the other. So the second is refused, and
// other processes are kept out as if it had never been.
func TestSingleProcessBesideAPoolOfThisProcess(t *testing.T) {
	for _, params := range mixtures {
		for _, journal := range []string{"&_journal_mode=WAL", "&_journal_mode=DELETE"} {
			path := dbtest.File(t)
			a := dbtest.New(t, path+params[0]+journal)
			dbtest.Exec(t, a, table)
			if err := os.Symlink(path, path+".link"); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{path, path + ".link"} {
				b := dbtest.New(t, name+params[1])
				_, err := b.Exec(insert)
				if !errors.Is(err, driver.ErrBusy) || !strings.Contains(err.Error(), "_single_process=1") {
					t.Errorf("%v", err)
				}
				dbtest.Close(t, b)
			}
			other := inChild(t, self, path+"?mode=rwc"+quick, insert)[0]
			if params[0] == single {
				failed(t, other, driver.ErrBusy)
			} else {
				failed(t, other, 0)
			}
			dbtest.Exec(t, a, insert)
			dbtest.Close(t, a)
			b := dbtest.New(t, path+params[1]) // nobody has it open any more
			dbtest.Exec(t, b, insert)
			dbtest.Intact(t, b)
			dbtest.Close(t, b)
			want := "2"
			if params[0] != single {
				want = "3"
			}
			if n := ask(t, path, count); n != want {
				t.Errorf("%s rows", n)
			}
			if err := os.Remove(path + ".link"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// BEGIN EXCLUSIVE under a rollback journal keeps others from opening.
func TestOpeningWaitsForALock(t *testing.T) {
	for _, param := range []string{"", "&mode=ro", "&_journal_mode=WAL"} {
		path := dbtest.File(t)
		run(t, path+"?_journal_mode=DELETE", table, insert)
		before := read(t, path)
		child := holder(t, path, "BEGIN EXCLUSIVE")
		for _, ms := range []string{"0", "150"} {
			start := time.Now()
			err := errOf(t, path+"?_busy_timeout="+ms+param)
			took := time.Since(start)
			if !errors.Is(err, driver.ErrBusy) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", param, err)
			}
			// Four seconds are less than the default, and more than a busy machine makes of it.
			if took > 4*time.Second || ms != "0" && took < 140*time.Millisecond {
				t.Errorf("%s: it gave up after %v with a busy timeout of %s ms", param, took, ms)
			}
		}
		if string(read(t, path)) != string(before) {
			t.Error("the file was changed under the lock")
		}
		time.AfterFunc(50*time.Millisecond, func() { child.Say("go") })
		dbtest.Soon(t, "waiting for the lock", func() {
			if n := ask(t, path+"?_busy_timeout=20000"+param, count); n != "1" {
				t.Errorf("%s rows", n)
			}
		})
		child.Done(t)
	}
}

// The same for a transaction of a connection that is open, under WAL, too.
func TestWritingWaitsForALock(t *testing.T) {
	for _, journal := range journals {
		path := dbtest.File(t)
		run(t, path+journal, table)
		child := holder(t, path, "BEGIN EXCLUSIVE", insert)
		if strings.Contains(journal, "WAL") {
			if n := ask(t, path+"?_busy_timeout=0", count); n != "0" {
				t.Errorf("%s rows", n)
			}
		}
		db := dbtest.New(t, path+"?_busy_timeout=20000")
		time.AfterFunc(50*time.Millisecond, func() { child.Say("go") })
		dbtest.Soon(t, "waiting for the lock", func() { dbtest.Exec(t, db, insert) })
		child.Done(t)
		if n := dbtest.Int(t, db, count); n != 1 { // the other one did not commit
			t.Errorf("%d rows", n)
		}
		dbtest.Close(t, db)
	}
}

// The last one who closes a database in WAL mode removes what is beside it,
// whoever that is.
func TestClosingRemovesTheLog(t *testing.T) {
	for _, param := range []string{"", keyed, "?_synchronous=OFF&_pragma=wal_autocheckpoint(0)"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.db")
		a, b := dbtest.New(t, path+param), dbtest.New(t, path+param)
		dbtest.Exec(t, a, table+"; "+fill)
		dbtest.Exec(t, b, insert)
		child := holder(t, path+param, insert)
		hasNames(t, dir, "a.db", "a.db-shm", "a.db-wal")
		dbtest.Close(t, a)
		dbtest.Exec(t, b, insert)
		dbtest.Close(t, b)
		if !exists(path + "-wal") {
			t.Error("the log of another process was removed")
		}
		child.Say("go")
		child.Done(t)
		hasNames(t, dir, "a.db")
		if n := ask(t, path+param, count); n != "53" {
			t.Errorf("%s rows", n)
		}
		if err := os.Rename(path, path+"2"); err != nil { // the file alone is all of it
			t.Fatal(err)
		}
		if n := ask(t, path+"2"+param, count); n != "53" {
			t.Errorf("%s rows", n)
		}
	}
}
