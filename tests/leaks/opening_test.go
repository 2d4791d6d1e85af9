package leaks

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

var opensFlag = flag.Int("opens", 1000, "how many databases to open and close")

// A use opens the connections of a pool and leaves something behind. The pool
// is closed then; finish is what the owner of the rest does afterwards, who
// may do nothing when a context has ended it already.
type use struct {
	name string
	fn   func(t *testing.T, db *sql.DB) (finish func())
}

const (
	table   = "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, s TEXT)"
	insert  = "INSERT INTO t(s) VALUES (?)"
	endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c"
)

func nothing() {}

var uses = []use{
	{"nothing", func(t *testing.T, db *sql.DB) func() { return nothing }},
	{"ping", func(t *testing.T, db *sql.DB) func() {
		if err := db.Ping(); err != nil {
			t.Error(err)
		}
		return nothing
	}},
	{"statements", func(t *testing.T, db *sql.DB) func() {
		for i := range 5 {
			st := prepare(t, db, fmt.Sprintf("SELECT %d, s FROM t WHERE id = ?", i))
			if err := st.QueryRow(i).Scan(new(int), new(string)); err != nil && err != sql.ErrNoRows {
				t.Error(err)
			}
		}
		return nothing // the pool closes what was prepared on it
	}},
	{"rows", func(t *testing.T, db *sql.DB) func() {
		a, b := openRows(t, db, context.Background()), openRows(t, db, context.Background())
		return func() { a.Close(); b.Close() }
	}},
	{"transaction", func(t *testing.T, db *sql.DB) func() {
		tx := begin(t, db, context.Background())
		dbtest.Exec(t, tx, insert, "a")
		st := prepare(t, tx, "SELECT s FROM t WHERE id > ?")
		rows, err := st.Query(0)
		if err != nil {
			t.Fatal(err)
		}
		rows.Next()
		return func() { tx.Rollback() } // which is all that a statement and rows of the transaction need
	}},
	{"connection", func(t *testing.T, db *sql.DB) func() {
		conn, err := db.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		dbtest.Exec(t, conn, "CREATE TEMP TABLE own(a); BEGIN; INSERT INTO own VALUES (randomblob(10000))")
		return func() { conn.Close() }
	}},
	{"ended rows", func(t *testing.T, db *sql.DB) func() {
		ctx, cancel := context.WithCancel(context.Background())
		openRows(t, db, ctx)
		cancel()
		return nothing
	}},
	{"ended transaction", func(t *testing.T, db *sql.DB) func() {
		ctx, cancel := context.WithCancel(context.Background())
		tx := begin(t, db, ctx)
		dbtest.Exec(t, tx, insert, "a")
		if rows, err := tx.Query(endless); err == nil {
			rows.Next()
		}
		cancel()
		return nothing
	}},
	{"ended while it ran", func(t *testing.T, db *sql.DB) func() {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			db.ExecContext(ctx, "INSERT INTO t(s) SELECT n FROM ("+endless+") WHERE n < 0")
		}()
		dbtest.Exec(t, db, "SELECT 1")
		return func() { cancel(); <-done }
	}},
	{"errors", func(t *testing.T, db *sql.DB) func() {
		for _, text := range []string{"SELEC", "SELECT nothing FROM t", "INSERT INTO t(id) VALUES (1), (1)", "SELECT abs(-9223372036854775808)",
			insert + "; INSERT INTO nowhere VALUES (1)", "SELECT 1; SELECT abs(-9223372036854775808); SELECT 2"} {
			if _, err := db.Exec(text); err == nil {
				t.Errorf("no error: %s", text)
			}
		}
		return nothing
	}},
}

type preparer interface {
	Prepare(text string) (*sql.Stmt, error)
}

func prepare(t *testing.T, p preparer, text string) *sql.Stmt {
	t.Helper()
	st, err := p.Prepare(text)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func begin(t *testing.T, db *sql.DB, ctx context.Context) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// openRows returns rows that have not come to their end.
func openRows(t *testing.T, db *sql.DB, ctx context.Context) *sql.Rows {
	t.Helper()
	rows, err := db.QueryContext(ctx, endless)
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	return rows
}

func TestOpeningAndClosing(t *testing.T) {
	opens := *opensFlag
	if testing.Short() {
		opens = min(opens, 200)
	}
	dir := t.TempDir()
	dsns := []string{":memory:", "file:" + filepath.Join(dir, "a") + "?_synchronous=OFF", "file:x?mode=memory&cache=shared",
		"file:" + filepath.Join(dir, "b") + "?encryptionKey=secret&_synchronous=OFF",
		"file:" + filepath.Join(dir, "c") + "?_single_process=1&_synchronous=OFF", ""}
	run := func(n int) {
		for i := range n {
			u := uses[i/len(dsns)%len(uses)]
			db := dbtest.New(t, dsns[i%len(dsns)])
			if u.name != "nothing" {
				dbtest.Exec(t, db, table)
			}
			finish := u.fn(t, db)
			dbtest.Close(t, db)
			finish()
		}
	}
	run(2 * len(uses) * len(dsns))
	before := now()
	run(opens)
	before.back(t, 8*mib)
}

// Opening that fails leaves nothing either.
func TestOpeningFails(t *testing.T) {
	opens := 500
	if testing.Short() {
		opens = 100
	}
	dir := t.TempDir()
	noDatabase := filepath.Join(dir, "text")
	if err := os.WriteFile(noDatabase, []byte("this is a file of text and no database, and it is long enough to be one: "+dir), 0o600); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	run := func() {
		for _, dsn := range []string{noDatabase, filepath.Join(dir, "no", "directory"), "file:" + filepath.Join(dir, "none") + "?mode=rw",
			"file:" + noDatabase + "?encryptionKey=wrong", ":memory:?_pragma=page_size(-1)&_pragma=no_such(", "file:" + filepath.Join(dir, "v") + "?vfs=none"} {
			db, err := sql.Open("libsql-gorm", dsn)
			if err != nil {
				continue // already the DSN says so
			}
			if db.Ping() == nil {
				t.Errorf("%s could be opened", dsn)
			}
			dbtest.Close(t, db)
		}
		db := dbtest.New(t, filepath.Join(dir, "never"))
		if db.PingContext(ended) == nil {
			t.Error("opened under a context that has ended")
		}
		dbtest.Close(t, db)
	}
	for range 20 {
		run()
	}
	before := now()
	for range opens {
		run()
	}
	before.back(t, 8*mib)
}
