package opening

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// vfses are the library's VFSes for files. Two of them have no shared memory,
// and so no WAL; one excludes other processes.
var vfses = []struct {
	name  string
	mode  string // of a new file
	alone bool
}{
	{"unix", "wal", false},
	{"unix-excl", "wal", true},
	{"unix-dotfile", "delete", false},
	{"unix-none", "delete", false},
	{"multipleciphers-unix", "wal", false},
}

func TestVFS(t *testing.T) {
	for _, v := range vfses {
		t.Run(v.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.db")
			dsn := path + "?vfs=" + v.name
			db := dbtest.Open(t, dsn)
			dbtest.Exec(t, db, table)
			if got := dbtest.Text(t, db, mode); got != v.mode {
				t.Errorf("journal mode %s, not %s", got, v.mode)
			}
			if v.name != "unix-none" { // which does not lock, so one at a time
				if err := write8(db, db, 5); err != nil {
					t.Error(err)
				}
				if n := dbtest.Int(t, db, count); n != 40 {
					t.Errorf("%d rows", n)
				}
			}
			dbtest.Exec(t, db, "DELETE FROM t; "+insert)
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			dbtest.Exec(t, tx, insert)
			if lock := path + ".lock"; exists(lock) != (v.name == "unix-dotfile") {
				t.Errorf("%s is there: %v", lock, exists(lock))
			}
			if err := tx.Rollback(); err != nil {
				t.Error(err)
			}
			a := inChild(t, self, path+"?_busy_timeout=0", count)[0]
			if v.alone {
				failed(t, a, driver.ErrBusy, "database is locked")
			} else {
				succeeded(t, a, "1")
			}
			dbtest.Intact(t, db)
			dbtest.Close(t, db)
			hasNames(t, dir, "a.db")
			if n := ask(t, dsn+"&mode=ro", count); n != "1" {
				t.Errorf("%s rows", n)
			}
			run(t, path, insert) // with the default VFS
			if n := ask(t, path, count); n != "2" {
				t.Errorf("%s rows", n)
			}
			hasNames(t, dir, "a.db")
		})
	}
}

// Without shared memory there is no WAL, neither for who asks for it nor for a
// file that has it.
func TestVFSWithoutWAL(t *testing.T) {
	for _, v := range vfses {
		if v.mode == "wal" {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.db")
			refused(t, dir, path+"?_journal_mode=WAL&vfs="+v.name, driver.ErrError, "journal mode WAL was asked for", path)
			run(t, path, table, insert)
			refused(t, dir, path+"?vfs="+v.name, driver.ErrCantOpen, path)
			if n := ask(t, path, count); n != "1" {
				t.Errorf("%s rows", n)
			}
		})
	}
}

func TestUnknownVFS(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"none", "UNIX", "unix%20", "win32", "%27"} {
		errs, _ := openErrors(t, filepath.Join(dir, "a.db")+"?vfs="+name)
		for _, err := range errs {
			if !errors.Is(err, driver.ErrError) || !strings.Contains(err.Error(), "no such vfs: ") || !strings.Contains(err.Error(), "vfs parameter") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(errs) != 2 {
			t.Errorf("%s: it was found when the file was opened, and not before", name)
		}
	}
	hasNames(t, dir)
}
