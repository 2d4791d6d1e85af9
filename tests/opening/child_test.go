package opening

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Who a child is, and whether it keeps its connection.
const (
	self   = "self"
	nobody = "nobody" // one whom permissions concern, as they do not concern root
	hold   = "hold"
	leave  = "leave"
)

// sqlChild opens databases one after another and runs the same texts on a
// connection to each: who, hold or leave, how many DSNs, DSNs, texts. It prints
// an answer for each text, then "done", and with hold waits for a line before
// it closes the last one.
func sqlChild(args []string) error {
	if args[0] == nobody && os.Getuid() == 0 {
		if err := dbtest.BecomeNobody(); err != nil {
			return err
		}
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	dsns, texts := args[3:3+n], args[3+n:]
	for i, dsn := range dsns {
		if err := runTexts(dsn, texts, func() {
			if i < n-1 {
				return
			}
			fmt.Println("done")
			if args[1] == hold {
				bufio.NewScanner(os.Stdin).Scan()
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

func runTexts(dsn string, texts []string, beforeClose func()) error {
	db, err := sql.Open(driver.Name, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, opened := db.Conn(background)
	if opened == nil {
		defer conn.Close()
	}
	out := json.NewEncoder(os.Stdout)
	for _, text := range texts {
		a, err := answer{}, opened
		if err == nil {
			a.Value, err = first(conn, text)
		}
		if err != nil {
			a.Error = err.Error()
			var e *driver.Error
			if errors.As(err, &e) {
				a.Code = e.Code
			}
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	beforeClose()
	return nil
}

// querier is *sql.DB, *sql.Conn.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// first returns the first value of the only row, "" when there is none.
func first(q querier, text string) (string, error) {
	rows, err := q.QueryContext(background, text)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var s string
	for rows.Next() {
		if err := rows.Scan(&s); err != nil {
			return "", err
		}
	}
	return s, rows.Err()
}

// answer is what became of a text.
type answer struct {
	Value string
	Code  driver.Code
	Error string
}

// begin starts a child and returns its answers, those for each DSN in turn.
func begin(t *testing.T, who, how string, dsns []string, texts ...string) (*dbtest.Child, [][]answer) {
	t.Helper()
	args := append([]string{who, how, strconv.Itoa(len(dsns))}, dsns...)
	c := dbtest.Start(t, "sql", append(args, texts...)...)
	answers := make([][]answer, len(dsns))
	for i := range dsns {
		answers[i] = make([]answer, len(texts))
		for j := range texts {
			line, _ := c.Line()
			if err := json.Unmarshal([]byte(line), &answers[i][j]); err != nil {
				c.Done(t) // tells its standard error
				t.Fatalf("the child printed %q: %v", line, err)
			}
		}
	}
	c.Expect(t, "done")
	return c, answers
}

// inChild runs the texts in a child to its end.
func inChild(t *testing.T, who, dsn string, texts ...string) []answer {
	t.Helper()
	return onEach(t, who, []string{dsn}, texts...)[0]
}

// onEach does so on each database in turn.
func onEach(t *testing.T, who string, dsns []string, texts ...string) [][]answer {
	t.Helper()
	c, answers := begin(t, who, leave, dsns, texts...)
	c.Done(t)
	return answers
}

// with adds each of the parameters to a path.
func with(path string, params ...string) []string {
	var dsns []string
	for _, p := range params {
		dsns = append(dsns, path+p)
	}
	return dsns
}

// holder starts a child that has run the texts and keeps its connection until
// it is told to go.
func holder(t *testing.T, dsn string, texts ...string) *dbtest.Child {
	t.Helper()
	c, answers := begin(t, self, hold, []string{dsn}, texts...)
	for i, a := range answers[0] {
		if a.Error != "" {
			t.Fatalf("%s: %s", texts[i], a.Error)
		}
	}
	return c
}

// publicDir is a directory that every user can reach and write.
func publicDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // of this test, too
		t.Fatal(err)
	}
	for d := os.TempDir(); d != filepath.Dir(d); d = filepath.Dir(d) {
		if fi, err := os.Stat(d); err != nil || fi.Mode()&1 == 0 {
			t.Skipf("other users cannot reach %s (%v), in which the files of tests are", d, err)
		}
	}
	return dir
}

// chmod changes permissions, and changes them back so that the test's
// directory can be removed.
func chmod(t *testing.T, path string, perm os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, perm); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(path, 0o777) })
}

// failed checks the answer of a text that must fail.
func failed(t *testing.T, a answer, code driver.Code, words ...string) {
	t.Helper()
	if a.Code != code {
		t.Errorf("%+v, not %v", a, code)
	}
	for _, w := range words {
		if !strings.Contains(a.Error, w) {
			t.Errorf("%q does not say %q", a.Error, w)
		}
	}
}
