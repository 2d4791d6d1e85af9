package mattn

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql/tests/compat/kit"
)

// ours is the program that opens files with this module's dialect.
var ours string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "mattn")
		check(err)
		defer os.RemoveAll(dir)
		ours = filepath.Join(dir, "writer")
		build := exec.Command("go", "build", "-o", ours, "./writer")
		build.Dir = ".."
		out, err := build.CombinedOutput()
		if err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
			return 1
		}
		// Their driver writes times with the zone of this program, ours runs
		// in another.
		time.Local = time.FixedZone("", -(3*3600 + 1800))
		return m.Run()
	}())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// run has our dialect do something to a file and returns what it printed.
func run(t *testing.T, verb, file string) string {
	t.Helper()
	cmd := exec.Command(ours, verb, file)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", verb, err, errs.String())
	}
	return strings.TrimSpace(string(out))
}

// open opens a file with theirs.
func open(t *testing.T, file string) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(sqlite.Open(file), &gorm.Config{Logger: logger.Discard})
	must(t, err)
	pool, err := db.DB()
	must(t, err)
	t.Cleanup(func() { pool.Close() })
	return db
}

func read(t *testing.T, db *gorm.DB) string {
	t.Helper()
	rows, err := kit.Read(db)
	must(t, err)
	return rows
}

// unchanged migrates with theirs and fails if that changed the schema.
func unchanged(t *testing.T, db *gorm.DB) {
	t.Helper()
	text, version, err := kit.Schema(db)
	must(t, err)
	must(t, db.AutoMigrate(kit.Models()...))
	now, nowVersion, err := kit.Schema(db)
	must(t, err)
	if nowVersion != version || !slices.Equal(now, text) {
		t.Errorf("AutoMigrate changed the schema (version %d, then %d):\n%s", version, nowVersion, difference(text, now))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, theirs, ours string) {
	t.Helper()
	if theirs != ours {
		t.Errorf("theirs (-) and ours (+):\n%s", difference(strings.Split(theirs, "\n"), strings.Split(ours, "\n")))
	}
}

func difference(a, b []string) string {
	var out strings.Builder
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(b):
			fmt.Fprintf(&out, "- %s\n", a[i])
		case i >= len(a):
			fmt.Fprintf(&out, "+ %s\n", b[i])
		case a[i] != b[i]:
			fmt.Fprintf(&out, "- %s\n+ %s\n", a[i], b[i])
		}
	}
	return out.String()
}

// Whoever leaves takes the file along as it is: theirs reads what ours wrote,
// and finds nothing to migrate.
func TestTheWayBackIsFree(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ours.db")
	run(t, "make", file)
	rows := run(t, "read", file)
	db := open(t, file)
	same(t, read(t, db), rows)
	unchanged(t, db)
	same(t, read(t, db), rows)
	must(t, kit.Change(db))
	same(t, read(t, db), run(t, "read", file))
	run(t, "migrate", file)
	// Even what it rebuilds is ours again without a change.
	must(t, db.AutoMigrate(kit.Restless()...))
	same(t, read(t, db), run(t, "read", file))
	run(t, "migrate", file)
}

// Whoever comes brings the file along as it is.
func TestTheWayHereIsFree(t *testing.T) {
	file := filepath.Join(t.TempDir(), "theirs.db")
	db := open(t, file)
	must(t, kit.Make(db))
	rows := read(t, db)
	same(t, rows, run(t, "read", file))
	run(t, "migrate", file)
	same(t, rows, run(t, "read", file))
	run(t, "change", file)
	same(t, read(t, db), run(t, "read", file))
	unchanged(t, db)
}

// Both declare the same columns, indexes and constraints.
func TestBothMakeTheSameSchema(t *testing.T) {
	dir := t.TempDir()
	run(t, "make", filepath.Join(dir, "ours.db"))
	theirs := open(t, filepath.Join(dir, "theirs.db"))
	must(t, kit.Make(theirs))
	want, _, err := kit.Schema(theirs)
	must(t, err)
	got, _, err := kit.Schema(open(t, filepath.Join(dir, "ours.db")))
	must(t, err)
	want, got = kit.Normal(want), kit.Normal(got)
	if !slices.Equal(want, got) {
		t.Errorf("theirs (-) and ours (+):\n%s", difference(want, got))
	}
}
