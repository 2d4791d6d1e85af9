package hostile

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

var (
	cases = flag.Int("hostile.cases", 0, "how many broken files; 0 is a few hundred, or 10,000 with LIBSQL_TEST_LONG=1")
	seed  = flag.Uint64("hostile.seed", 7, "the seed of all of them")
	first = flag.Int("hostile.first", 0, "the number of the first of them")
)

// patience is what one broken file may take.
const patience = time.Minute

// The nth broken file is the same in every run, on every machine.
func broken(all []set, seed uint64, n int) set {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	return damaged(r, all[r.IntN(len(all))])
}

// lay writes a set to a directory and returns the DSN that opens it.
func (s set) lay(dir string) (string, error) {
	path := filepath.Join(dir, "broken.db")
	for suffix, content := range s.files {
		if err := os.WriteFile(path+suffix, content, 0o600); err != nil {
			return "", err
		}
	}
	return path + "?_busy_timeout=100&_synchronous=OFF&" + s.dsn, nil
}

// poke does to a database whatever a program may do, and minds no errors. It
// returns what is wrong with how they came.
func poke(dsn string, note func(text string)) error {
	ctx, cancel := context.WithTimeout(background, 5*time.Second)
	defer cancel()
	db, err := sql.Open(driver.Name, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	p := &poker{ctx: ctx, db: db, note: note}
	if p.all("PRAGMA schema_version"); p.failed {
		return p.wrong // it does not open
	}
	for _, text := range []string{"PRAGMA integrity_check", "PRAGMA quick_check", "PRAGMA foreign_key_check", "SELECT * FROM sqlite_schema",
		"SELECT * FROM dbstat", "SELECT count(*), sum(length(data)) FROM sqlite_dbpage"} {
		p.all(text)
	}
	tables := p.names("SELECT name FROM pragma_table_list WHERE schema = 'main'")
	if len(tables) == 0 {
		tables = []string{"t", "bare", "hard", "child", "view", "words", "old", "boxes", "v"}
	}
	for _, table := range tables {
		name := sqltext.QuoteIdent(table)
		p.all("SELECT * FROM " + name)
		p.all("SELECT * FROM " + name + " ORDER BY 2 DESC, 1")
		p.all("SELECT count(*) FROM " + name + " WHERE rowid > 50")
		p.all("SELECT * FROM pragma_table_xinfo(?), pragma_index_list(?)", table, table)
	}
	p.all("SELECT * FROM t INDEXED BY t_b WHERE b > 10")
	p.all("SELECT * FROM words WHERE words MATCH 'one AND two' ORDER BY rank")
	p.all("SELECT * FROM old WHERE old MATCH 'one two'")
	p.all("SELECT * FROM boxes WHERE x0 > 3 AND y1 < 50")
	p.all("SELECT * FROM vector_top_k('near', vector32('[1,2,3]'), 5)")
	p.all("SELECT * FROM vector_top_k('near8', vector64('[1,2,3,4]'), 5)")
	p.all("SELECT vector_extract(e), vector_distance_cos(e, '[1,2,3]') FROM v")
	p.all("SELECT vector_extract(e), vector_distance_l2(e, e) FROM v8")
	p.all("SELECT vector_extract(e), vector_distance_cos(e, e) FROM v1")
	for _, text := range []string{
		"INSERT INTO t(a, b, c) VALUES ('new', 1, zeroblob(5000))", "UPDATE t SET b = b + 1, c = zeroblob(2000)", "DELETE FROM t WHERE id % 3 = 0",
		"INSERT INTO bare SELECT 'n' || id, id, 1 FROM t", "DELETE FROM bare WHERE n % 2 = 0", "INSERT INTO hard(n) VALUES (1)", "UPDATE child SET p = NULL",
		"INSERT INTO words VALUES ('one', 'new')", "INSERT INTO words(words) VALUES ('integrity-check')", "DELETE FROM words WHERE rowid < 10", "INSERT INTO words(words) VALUES ('optimize')",
		"INSERT INTO old VALUES ('one')", "DELETE FROM old WHERE rowid < 10", "INSERT INTO boxes VALUES (1000, 1, 2, 1, 2)", "DELETE FROM boxes WHERE id < 30", "SELECT rtreecheck('boxes')",
		"INSERT INTO v VALUES (1000, vector32('[3,4,5]'))", "UPDATE v SET e = vector32('[9,9,9]') WHERE id = 3", "DELETE FROM v WHERE id < 6", "INSERT INTO v8 VALUES (1000, vector64('[1,2,3,4]'))", "DELETE FROM v8 WHERE id < 6",
		"CREATE TABLE fresh AS SELECT 1 AS x", "ALTER TABLE t ADD COLUMN extra DEFAULT 5", "ALTER TABLE t RENAME COLUMN d TO dd", "CREATE INDEX fresh_x ON fresh(x)", "DROP TABLE bare", "DROP INDEX near", "DROP TABLE words",
		"REINDEX", "ANALYZE", "PRAGMA incremental_vacuum", "PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA journal_mode = DELETE", "PRAGMA integrity_check",
	} {
		p.all(text)
	}
	return p.wrong
}

type poker struct {
	ctx    context.Context
	db     *sql.DB
	note   func(text string)
	failed bool  // the last text
	wrong  error // an error without a code
}

// all runs a text and reads whatever it returns.
func (p *poker) all(text string, args ...any) {
	p.note(text)
	err := p.read(text, nil, args)
	p.failed = err != nil
	var e *driver.Error
	if err != nil && p.wrong == nil && !errors.As(err, &e) && p.ctx.Err() == nil {
		p.wrong = fmt.Errorf("%s: an error that is not the driver's: %w", text, err)
	}
}

// names are the texts of the first column.
func (p *poker) names(text string) (names []string) {
	_ = p.read(text, &names, nil)
	return names
}

func (p *poker) read(text string, names *[]string, args []any) error {
	rows, err := p.db.QueryContext(p.ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	into := make([]any, len(columns))
	for i := range into {
		into[i] = new(any)
	}
	for n := 0; rows.Next() && n < 100000; n++ {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if name, ok := (*into[0].(*any)).(string); ok && names != nil {
			*names = append(*names, name)
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// pokeChild pokes at the broken files from a number on, and says before each
// which it is.
func pokeChild(args []string) error {
	from, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	to, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	seed, err := strconv.ParseUint(args[3], 10, 64)
	if err != nil {
		return err
	}
	all, err := readSets()
	if err != nil {
		return err
	}
	for n := from; n < to; n++ {
		fmt.Println("case", n)
		if err := pokeCase(args[0], all, seed, n, func(text string) { fmt.Println("text", text) }); err != nil {
			fmt.Println("wrong", n, strings.ReplaceAll(err.Error(), "\n", " "))
		}
	}
	fmt.Println("done")
	return nil
}

// guards are the parameters with which a set is opened: always those for files
// of strangers when it has vector indexes, which libSQL believes.
func (s set) guards(n int) string {
	if strings.HasPrefix(s.name, "v") || n%2 == 0 {
		return "&_trusted_schema=0&_defensive=1"
	}
	return ""
}

func pokeCase(dir string, all []set, seed uint64, n int, note func(text string)) error {
	dir, err := os.MkdirTemp(dir, "case")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := broken(all, seed, n)
	dsn, err := s.lay(dir)
	if err != nil {
		return err
	}
	return poke(dsn+s.guards(n), note)
}

// howMany tells how many broken files a test looks at.
func howMany(short, usual, long int) int {
	switch {
	case *cases > 0:
		return *cases
	case dbtest.Long():
		return long
	case testing.Short():
		return short
	}
	return usual
}

// A broken file ends in errors or in values, never in a crash or a hang, and
// leaves nothing behind in the process.
func TestBrokenFiles(t *testing.T) {
	all, err := readSets()
	if err != nil {
		t.Fatal(err)
	}
	dir, n := t.TempDir(), howMany(20, 60, 1000)
	for i := *first; i < *first+n; i++ {
		if err := pokeCase(dir, all, *seed, i, func(string) {}); err != nil {
			t.Errorf("case %d: %v", i, err)
		}
	}
}

// The same in a process of its own, which tells which of them was the last.
func TestBrokenFilesInAChild(t *testing.T) {
	n := howMany(40, 200, 10000)
	for from, to := *first, *first+n; from < to; {
		from = pokeRun(t, from, to)
	}
}

// pokeRun starts a child, and returns where the next one is to go on.
func pokeRun(t *testing.T, from, to int) int {
	child := dbtest.Start(t, "poke", t.TempDir(), fmt.Sprint(from), fmt.Sprint(to), fmt.Sprint(*seed))
	lines := make(chan string)
	go func() {
		defer close(lines)
		for {
			line, ok := child.Line()
			if !ok {
				return
			}
			lines <- line
		}
	}()
	last, text := from-1, ""
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				child.Kill()
				t.Errorf("case %d crashed at %s (go test -run TestBrokenFile -hostile.first=%d -hostile.cases=1): %.600s", last, text, last, child.Stderr)
				return last + 1
			}
			if line == "done" {
				for range lines { // until nobody else reads
				}
				child.Done(t)
				return to
			}
			if n, ok := strings.CutPrefix(line, "case "); ok {
				last, _ = strconv.Atoi(n)
				text = "its opening"
			} else if s, ok := strings.CutPrefix(line, "text "); ok {
				text = s
			} else {
				t.Error(line)
			}
		case <-time.After(patience):
			t.Errorf("case %d hangs at %s (go test -run TestBrokenFile -hostile.first=%d -hostile.cases=1)", last, text, last)
			child.Process.Kill()
			for range lines {
			}
			child.Kill()
			return last + 1
		}
	}
}
