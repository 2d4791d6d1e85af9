package opening

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) {
	dbtest.MainLocal(m, dbtest.NeedsFile, map[string]func([]string) error{"sql": sqlChild, "media": mediaChild})
}

var background = context.Background()

const (
	table  = "CREATE TABLE t(a)"
	insert = "INSERT INTO t VALUES (1)"
	count  = "SELECT count(*) FROM t"
	fill   = "INSERT INTO t SELECT randomblob(1000) FROM generate_series(1, 50)"
	mode   = "PRAGMA journal_mode"
)

// secret is the key in DSNs whose errors are looked at.
const secret = "s3same-0pen"

// The parameters of the tests.
const (
	keyed  = "?encryptionKey=" + secret
	single = "?_single_process=1"
	quick  = "&_busy_timeout=20" // which ends soon
)

// journals are the parameters for a file of each kind.
var journals = []string{"?_journal_mode=WAL", "?_journal_mode=DELETE"}

// run opens a database, runs the texts and closes it.
func run(t testing.TB, dsn string, texts ...string) {
	t.Helper()
	db := dbtest.New(t, dsn)
	defer dbtest.Close(t, db)
	for _, text := range texts {
		dbtest.Exec(t, db, text)
	}
}

// ask opens a database for one question and closes it.
func ask(t testing.TB, dsn, text string) string {
	t.Helper()
	db := dbtest.New(t, dsn)
	defer dbtest.Close(t, db)
	return dbtest.Text(t, db, text)
}

// write makes a file that is as the test wants it.
func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// read returns the content of a file. Closing it again drops the locks that this
// process has on it, so it is not for a file in use whose locks the test is about.
func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// look describes all that is in a directory, a line for each entry: two equal
// descriptions are of the same names with the same contents and permissions.
func look(t testing.TB, dir string) []string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%q %v", path, fi.Mode())
		if fi.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, fs.ErrPermission) {
				return err
			}
			line += fmt.Sprintf(" %d bytes %x", fi.Size(), sha256.Sum256(b))
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// unchanged checks that a directory looks as before.
func unchanged(t testing.TB, dir string, before []string) {
	t.Helper()
	if after := look(t, dir); !slices.Equal(before, after) {
		t.Errorf("the directory was\n%q\nand is\n%q", before, after)
	}
}

// names are the names in a directory.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// hasNames checks the names in a directory, which are sorted.
func hasNames(t testing.TB, dir string, want ...string) {
	t.Helper()
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("the directory has %q, not %q", got, want)
	}
}
