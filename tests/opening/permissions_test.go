package opening

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// made returns a directory that everybody may write, and in it a database of
// one row that everybody may write.
func made(t *testing.T, params string) (dir, path string) {
	t.Helper()
	dir = filepath.Join(publicDir(t), "d")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "a.db")
	run(t, path+params, table, insert)
	chmod(t, dir, 0o777)
	chmod(t, path, 0o666)
	return dir, path
}

// nobodyFails opens databases as another user, who must get an error for each
// and leave no trace.
func nobodyFails(t *testing.T, dir string, dsns []string, code driver.Code, words ...string) {
	t.Helper()
	before := look(t, dir)
	for _, answers := range onEach(t, nobody, dsns, count) {
		failed(t, answers[0], code, words...)
	}
	unchanged(t, dir, before)
}

// nobodyOnlyReads opens databases of one row as another user, who can read
// them and not write.
func nobodyOnlyReads(t *testing.T, dsns []string) {
	t.Helper()
	for _, answers := range onEach(t, nobody, dsns, count, insert, count) {
		succeeded(t, answers[0], "1")
		failed(t, answers[1], driver.ErrReadOnly)
		succeeded(t, answers[2], "1")
	}
}

// succeeded checks the answer of a text that has a value.
func succeeded(t *testing.T, a answer, value string) {
	t.Helper()
	if a.Error != "" || a.Value != value {
		t.Errorf("%+v, not %q", a, value)
	}
}

func TestUnreadableFile(t *testing.T) {
	for _, journal := range journals {
		dir, path := made(t, journal)
		chmod(t, path, 0)
		nobodyFails(t, dir, with(path, "", "?mode=rw", "?mode=ro", "?immutable=1", single, keyed),
			driver.ErrCantOpen, path, "the file cannot be read: permission denied")
	}
}

func TestUnreachableDirectory(t *testing.T) {
	dir, path := made(t, "")
	fresh := filepath.Join(dir, "new.db")
	chmod(t, dir, 0)
	answers := onEach(t, nobody, []string{path, fresh}, count)
	chmod(t, dir, 0o777)
	failed(t, answers[0][0], driver.ErrCantOpen, path, "permission denied")
	failed(t, answers[1][0], driver.ErrCantOpen, fresh, "permission denied")
	hasNames(t, dir, "a.db")
}

func TestReadOnlyFile(t *testing.T) {
	dir, path := made(t, "?_journal_mode=DELETE")
	chmod(t, path, 0o444)
	nobodyFails(t, dir, with(path, "", "?mode=rw", single, "?vfs=unix"),
		driver.ErrReadOnly, path, "the file is read-only: open it with mode=ro")
	nobodyOnlyReads(t, with(path, "?mode=ro", "?immutable=1"))
	hasNames(t, dir, "a.db")
}

func TestReadOnlyFileInWALMode(t *testing.T) {
	_, path := made(t, "")
	chmod(t, path, 0o444)
	failed(t, inChild(t, nobody, path, count)[0], driver.ErrReadOnly, path, "the file is read-only: open it with mode=ro")
	nobodyOnlyReads(t, with(path, "?mode=ro", "?immutable=1"))
}

func TestRefusedReadOnlyFileInWALModeLeavesNoFiles(t *testing.T) {
	dir, path := made(t, "")
	chmod(t, path, 0o444)
	nobodyFails(t, dir, with(path, ""), driver.ErrReadOnly, path)
}

func TestNewFileInAReadOnlyDirectory(t *testing.T) {
	dir, _ := made(t, "")
	chmod(t, dir, 0o555)
	path := filepath.Join(dir, "new.db")
	nobodyFails(t, dir, with(path, "", "?_journal_mode=DELETE", single, "?vfs=unix", keyed),
		driver.ErrCantOpen, path, "the file cannot be created in "+dir)
	nobodyFails(t, dir, with(path, "?mode=rw", "?mode=ro", "?immutable=1"),
		driver.ErrCantOpen, path, "the file does not exist")
}

// Without a directory for its journal the file could be read, but not written.
func TestReadOnlyDirectory(t *testing.T) {
	dir, path := made(t, "?_journal_mode=DELETE")
	chmod(t, dir, 0o555)
	nobodyFails(t, dir, with(path, "", "?mode=rw", single),
		driver.ErrCantOpen, path, "the directory "+dir+" is read-only", "mode=ro", "immutable=1")
	before := look(t, dir)
	nobodyOnlyReads(t, with(path, "?mode=ro", "?immutable=1", "?_single_process=1&mode=ro"))
	unchanged(t, dir, before)
}

// A database in WAL mode that nobody has open lacks the two files without
// which it can only be read as one that never changes.
func TestReadOnlyDirectoryInWALMode(t *testing.T) {
	dir, path := made(t, "")
	chmod(t, dir, 0o555)
	nobodyFails(t, dir, with(path, "", "?mode=rw", single), driver.ErrCantOpen, path)
	nobodyFails(t, dir, with(path, "?mode=ro"), driver.ErrReadOnly, path)
	before := look(t, dir)
	nobodyOnlyReads(t, with(path, "?immutable=1"))
	unchanged(t, dir, before)
}

func TestHintForAReadOnlyDirectoryInWALMode(t *testing.T) {
	dir, path := made(t, "")
	chmod(t, dir, 0o555)
	nobodyFails(t, dir, with(path, ""), driver.ErrCantOpen, "the directory "+dir+" is read-only", "immutable=1")
	nobodyFails(t, dir, with(path, "?mode=ro"), driver.ErrReadOnly, "the directory "+dir+" is read-only", "immutable=1")
}

// While somebody else has it open, the two files are there.
func TestReadOnlyDirectoryBesideAWriter(t *testing.T) {
	dir, path := made(t, "")
	db := dbtest.New(t, path)
	defer dbtest.Close(t, db)
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	for _, perm := range []os.FileMode{0o666, 0o444} {
		chmod(t, path+"-wal", perm)
		chmod(t, path+"-shm", perm)
		chmod(t, dir, 0o555)
		nobodyOnlyReads(t, with(path, "?mode=ro"))
		failed(t, inChild(t, nobody, path, count)[0], driver.ErrCantOpen, path, "the directory "+dir+" is read-only")
		chmod(t, dir, 0o777)
	}
	hasNames(t, dir, "a.db", "a.db-shm", "a.db-wal")
}
