package opening

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gorm-libsql/libsql/driver"
)

// oddNames are names that a shell, a URI, SQL or a web form would read
// otherwise.
var oddNames = []string{
	"a b.db", " before", "behind ", "tab\t.db", "new\nline.db", "bell\a.db",
	"#.db", "a#b.db", "#", "%.db", "100%", "%20.db", "%zz.db", "%00.db", "a+b.db", "a%2Bb.db",
	"a&b=c.db", "a=b", "a;b.db", "a,b.db", "a:b.db", ":memory:", "file:a.db", "file::memory:", "http:", "libsql:",
	"'q'.db", `"q".db`, "`q`.db", "it's.db", "a''b.db", `a\b.db`, `\`, `a\0.db`,
	"-a.db", "-", "--help", "a.", "a...", "...", ".hidden", "~", "~root", "*.db", "a*b[c]{d}.db", "$HOME", "!", "|", "<a>",
	"größe.db", "gro\u0308ße.db", "日本語.db", "🗄.db", "\u202edb.a", "\ufeffa.db", "invalid\xff\xfe.db", "\x80",
	"a.db-wal", "a.db-journal", "-journal", "a.db-shm", "a.db.lock", "NUL", "a.DB", strings.Repeat("n", 240),
}

// questionNames can only be given as a URI.
var questionNames = []string{"?", "a?b.db", "?_fk=1", "a?mode=memory", "??", "%3F?", "a#?b c%.db"}

// escaped is a path for a file: URI with nothing left but what is plain.
func escaped(path string) string {
	var b strings.Builder
	for i := range len(path) {
		switch c := path[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '/', c == '.':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// fewer escapes no more than a URI must.
func fewer(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23").Replace(path)
}

func storable(name string) bool { return runtime.GOOS == "linux" || utf8.ValidString(name) }

// A name means the same file as a path and as a URI, and no other file.
func TestOddNames(t *testing.T) {
	const params = "?_synchronous=OFF"
	for _, name := range append(append([]string{}, oddNames...), questionNames...) {
		if !storable(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			dsns := []string{"file:" + escaped(path), "file:" + fewer(path), "file://" + escaped(path)}
			if !strings.Contains(name, "?") {
				dsns = append(dsns, path)
			}
			run(t, dsns[len(dsns)-1]+params, table)
			for _, dsn := range dsns {
				run(t, dsn+params, insert)
			}
			for _, dsn := range dsns {
				if n := ask(t, dsn+params+"&mode=ro", count); n != fmt.Sprint(len(dsns)) {
					t.Errorf("%q: %s rows", dsn, n)
				}
			}
			run(t, dsns[0]+params, insert)
			hasNames(t, dir, name)
		})
	}
}

// The same where the name is all of the DSN, unless that means something else.
func TestOddNamesInTheWorkingDirectory(t *testing.T) {
	meaning := map[string]bool{ // other than a file
		":memory:": true, "file:a.db": true, "file::memory:": true, " before": true, "behind ": true, "http:": true, "libsql:": true,
	}
	for _, name := range oddNames {
		if !storable(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			dsns := []string{"./" + name, "file:" + escaped(name), "file:./" + fewer(name)}
			if name == ":memory:" {
				dsns[1] = "file:." + "/" + escaped(name) // file::memory: is a memory database in every spelling
			}
			if !meaning[name] {
				dsns = append(dsns, name)
			}
			run(t, dsns[0]+"?_synchronous=OFF", table)
			for _, dsn := range dsns {
				run(t, dsn+"?mode=rw&_synchronous=OFF", insert)
			}
			if n := ask(t, dsns[0], count); n != fmt.Sprint(len(dsns)) {
				t.Errorf("%s rows", n)
			}
			hasNames(t, dir, name)
		})
	}
}

// A path is everything before the first question mark, and the rest is no name.
func TestQuestionMarkEndsThePath(t *testing.T) {
	dir := t.TempDir()
	run(t, filepath.Join(dir, "a.db")+"?", table)
	run(t, filepath.Join(dir, "a.db")+"?_fk=0", insert)
	for _, dsn := range []string{"b.db?c.db", "b.db??", "b.db?_fk=1?", "b?.db"} {
		errs, _ := openErrors(t, filepath.Join(dir, dsn))
		for _, err := range errs {
			if err == nil {
				t.Errorf("%s was opened", dsn)
			}
		}
	}
	hasNames(t, dir, "a.db")
}

// A name for whose journals there is no room is refused at once.
func TestNamesThatAreTooLong(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []int{248, 251, 252, 255, 256, 1000} {
		path := filepath.Join(dir, strings.Repeat("n", n))
		refused(t, dir, path, driver.ErrCantOpen, path)
	}
	// A path that the operating system takes, and SQLite does not.
	deep := filepath.Join(dir, strings.Repeat("/d", 300), "a.db")
	refused(t, dir, deep, driver.ErrCantOpen, deep)
}

// More than one slash is one, also where a URI would have a host.
func TestSlashes(t *testing.T) {
	dir := t.TempDir()
	run(t, "/"+filepath.Join(dir, "a.db"), table, insert)
	for _, dsn := range []string{
		"/" + filepath.Join(dir, "a.db"), "///" + filepath.Join(dir, "a.db"), "file:///" + filepath.Join(dir, "a.db"),
		dir + "//a.db", "file:" + dir + "///a.db",
	} {
		if n := ask(t, dsn, count); n != "1" {
			t.Errorf("%s: %s rows", dsn, n)
		}
	}
	hasNames(t, dir, "a.db")
	err := errOf(t, "//localhost"+filepath.Join(dir, "b.db"))
	if !errors.Is(err, driver.ErrCantOpen) || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("%v", err)
	}
	hasNames(t, dir, "a.db")
}
