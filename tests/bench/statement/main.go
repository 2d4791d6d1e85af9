// Command statement compares driver.Statement with a loop of plain C on the
// same library, and with sql.Stmt: the three in one process, in turns, the
// fastest of each counts.
//
//	go run ./statement -rounds 10
package main

/*
#include <stdint.h>
#include <stdlib.h>

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
int sqlite3_open_v2(const char *, sqlite3 **, int, const char *);
int sqlite3_close(sqlite3 *);
int sqlite3_exec(sqlite3 *, const char *, void *, void *, char **);
int sqlite3_prepare_v2(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
int sqlite3_bind_int64(sqlite3_stmt *, int, int64_t);
int sqlite3_bind_double(sqlite3_stmt *, int, double);
int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int, void (*)(void *));
int sqlite3_step(sqlite3_stmt *);
int sqlite3_reset(sqlite3_stmt *);
int sqlite3_finalize(sqlite3_stmt *);
int64_t sqlite3_column_int64(sqlite3_stmt *, int);
double sqlite3_column_double(sqlite3_stmt *, int);
const unsigned char *sqlite3_column_text(sqlite3_stmt *, int);
int sqlite3_column_bytes(sqlite3_stmt *, int);

static sqlite3 *db;
static sqlite3_stmt *st;
static int64_t sum;

static void open_db(const char *path) { if (sqlite3_open_v2(path, &db, 0x8006, 0)) abort(); }
static void exec(const char *sql) { if (sqlite3_exec(db, sql, 0, 0, 0)) abort(); }
static void close_db(void) { if (sqlite3_close(db)) abort(); }
static void prepare(const char *sql) { if (sqlite3_prepare_v2(db, sql, -1, &st, 0)) abort(); }
static void finalize(void) { sqlite3_finalize(st); }

static void ints(int n) {
  for (int i = 0; i < n; i++) {
    sqlite3_bind_int64(st, 1, i);
    while (sqlite3_step(st) == 100) sum += sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
  }
}

static void point(int n) {
  for (int i = 0; i < n; i++) {
    sqlite3_bind_int64(st, 1, i % 1000 + 1);
    while (sqlite3_step(st) == 100) sum += sqlite3_column_int64(st, 0) + (int64_t)sqlite3_column_double(st, 1);
    sqlite3_reset(st);
  }
}

static void scan(int n) {
  for (int i = 0; i < n; i += 1000) {
    while (sqlite3_step(st) == 100) {
      sum += sqlite3_column_int64(st, 0) + (int64_t)sqlite3_column_double(st, 1) + sqlite3_column_int64(st, 2);
      sum += sqlite3_column_text(st, 3)[0] + sqlite3_column_bytes(st, 3);
    }
    sqlite3_reset(st);
  }
}

static void write(int n) {
  for (int i = 0; i < n; i++) {
    sqlite3_bind_double(st, 1, i / 3.0);
    sqlite3_bind_text(st, 2, "a note of some length", 21, (void (*)(void *))-1);
    sqlite3_bind_int64(st, 3, i % 1000 + 1);
    if (sqlite3_step(st) != 101) abort();
    sqlite3_reset(st);
  }
}
*/
import "C"

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver"
)

const schema = `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, f REAL, note TEXT);
INSERT INTO t SELECT value, value * 1000, value / 3.0, 'a note of some length' FROM generate_series(1, 1000);`

// loop is the same statement, n times, each way.
type loop struct {
	name, text string
	inTx       bool
	c          func(n C.int)
	statement  func(s *driver.Statement, n int) error
	prepared   func(s *sql.Stmt, n int) error
}

var loops = []loop{
	{"SELECT ? + 1", "SELECT ? + 1", false, func(n C.int) { C.ints(n) }, intsByStatement, intsPrepared},
	{"point read of 2 columns in a transaction", "SELECT n, f FROM t WHERE id = ?", true, func(n C.int) { C.point(n) }, pointByStatement, pointPrepared},
	{"point read of 2 columns", "SELECT n, f FROM t WHERE id = ?", false, func(n C.int) { C.point(n) }, pointByStatement, pointPrepared},
	{"a row of a scan of 4 columns", "SELECT id, f, n, note FROM t", false, func(n C.int) { C.scan(n) }, scanByStatement, scanPrepared},
	{"insert in a transaction", "INSERT INTO t(f, note, n) VALUES (?, ?, ?)", true, func(n C.int) { C.write(n) }, writeByStatement, writePrepared},
	{"update in a transaction", "UPDATE t SET f = ?, note = ? WHERE id = ?", true, func(n C.int) { C.write(n) }, writeByStatement, writePrepared},
	{"update", "UPDATE t SET f = ?, note = ? WHERE id = ?", false, func(n C.int) { C.write(n) }, writeByStatement, writePrepared},
}

var total int64

func intsByStatement(s *driver.Statement, n int) error {
	for i := range n {
		s.BindInt64(1, int64(i))
		for s.Next() {
			total += s.Int64(0)
		}
	}
	return s.Err()
}

func intsPrepared(s *sql.Stmt, n int) error {
	for i := range n {
		var v int64
		if err := s.QueryRow(int64(i)).Scan(&v); err != nil {
			return err
		}
		total += v
	}
	return nil
}

func pointByStatement(s *driver.Statement, n int) error {
	for i := range n {
		s.BindInt64(1, int64(i%1000+1))
		for s.Next() {
			total += s.Int64(0) + int64(s.Float64(1))
		}
	}
	return s.Err()
}

func pointPrepared(s *sql.Stmt, n int) error {
	for i := range n {
		var v int64
		var f float64
		if err := s.QueryRow(int64(i%1000+1)).Scan(&v, &f); err != nil {
			return err
		}
		total += v + int64(f)
	}
	return nil
}

func scanByStatement(s *driver.Statement, n int) error {
	var text []byte
	for i := 0; i < n; i += 1000 {
		for s.Next() {
			total += s.Int64(0) + int64(s.Float64(1)) + s.Int64(2)
			text = s.AppendBytes(text[:0], 3)
			total += int64(text[0]) + int64(len(text))
		}
	}
	return s.Err()
}

func scanPrepared(s *sql.Stmt, n int) error {
	for i := 0; i < n; i += 1000 {
		rows, err := s.Query()
		if err != nil {
			return err
		}
		for rows.Next() {
			var id, v int64
			var f float64
			var note string
			if err := rows.Scan(&id, &f, &v, &note); err != nil {
				return err
			}
			total += id + int64(f) + v + int64(note[0]) + int64(len(note))
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return nil
}

func writeByStatement(s *driver.Statement, n int) error {
	for i := range n {
		s.BindFloat64(1, float64(i)/3)
		s.BindText(2, "a note of some length")
		s.BindInt64(3, int64(i%1000+1))
		if err := s.Exec(); err != nil {
			return err
		}
	}
	return nil
}

func writePrepared(s *sql.Stmt, n int) error {
	for i := range n {
		if _, err := s.Exec(float64(i)/3, "a note of some length", int64(i%1000+1)); err != nil {
			return err
		}
	}
	return nil
}

// contest runs one loop in each of three databases.
type contest struct {
	loop
	conn *sql.Conn // of sql.Stmt
	own  *sql.Conn // of the Statement
	runs int
}

func (l contest) plainC() (time.Duration, error) {
	text, begin, end := C.CString(l.text), C.CString("BEGIN IMMEDIATE"), C.CString("ROLLBACK")
	defer C.free(unsafe.Pointer(text))
	defer C.free(unsafe.Pointer(begin))
	defer C.free(unsafe.Pointer(end))
	C.prepare(text)
	defer C.finalize()
	if l.inTx {
		C.exec(begin)
		defer C.exec(end)
	}
	start := time.Now()
	l.c(C.int(l.runs))
	return time.Since(start), nil
}

// within times f, in a transaction if the loop wants one.
func (l contest) within(c *sql.Conn, f func() error) (d time.Duration, err error) {
	if l.inTx {
		if _, err := c.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
			return 0, err
		}
		defer c.ExecContext(context.Background(), "ROLLBACK")
	}
	start := time.Now()
	err = f()
	return time.Since(start), err
}

func (l contest) byStatement() (d time.Duration, err error) {
	ctx := context.Background()
	var s *driver.Statement
	err = driver.With(ctx, l.own, func(c *driver.Conn) (err error) {
		s, err = c.Statement(ctx, l.text)
		return err
	})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	return l.within(l.own, func() error { return l.statement(s, l.runs) })
}

func (l contest) bySQLStmt() (time.Duration, error) {
	s, err := l.conn.PrepareContext(context.Background(), l.text)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	return l.within(l.conn, func() error { return l.prepared(s, l.runs) })
}

func (l contest) run(rounds int) error {
	ways := []func() (time.Duration, error){l.plainC, l.byStatement, l.bySQLStmt}
	best := make([]time.Duration, len(ways))
	for range rounds {
		for i, way := range ways {
			d, err := way()
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			if best[i] == 0 || d < best[i] {
				best[i] = d
			}
		}
	}
	var failed error
	l.runs = 1000
	allocs := testing.AllocsPerRun(5, func() {
		if _, err := l.byStatement(); err != nil {
			failed = err
		}
	}) / float64(l.runs)
	ns := func(i int) float64 { return float64(best[i].Nanoseconds()) / float64(*perRound) }
	fmt.Printf("| %s | %.0f | %.0f | %+.0f | %.0f | %.1f | %.1f |\n", l.name, ns(0), ns(1), ns(1)-ns(0), ns(2), ns(2)/ns(1), allocs)
	return failed
}

// perRound is how many runs a round has.
var perRound = flag.Int("n", 20_000, "runs a round")

func main() {
	rounds := flag.Int("rounds", 10, "rounds")
	dir := flag.String("dir", os.TempDir(), "where the files are made")
	which := flag.String("loops", "", "a regular expression of those to run; default all")
	flag.Parse()
	only, err := regexp.Compile(*which)
	if err == nil {
		err = compare(*dir, *rounds, only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func compare(dir string, rounds int, only *regexp.Regexp) error {
	dir, err := os.MkdirTemp(dir, "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	var conns []*sql.Conn
	for _, name := range []string{"stmt.db", "statement.db"} { // before C opens its own: the library is to be set up
		pool, err := sql.Open(driver.Name, filepath.Join(dir, name))
		if err != nil {
			return err
		}
		defer pool.Close()
		c, err := pool.Conn(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := c.ExecContext(ctx, schema); err != nil {
			return err
		}
		conns = append(conns, c)
	}
	path, text := C.CString(filepath.Join(dir, "c.db")), C.CString(schema)
	defer C.free(unsafe.Pointer(path))
	defer C.free(unsafe.Pointer(text))
	C.open_db(path)
	defer C.close_db()
	C.exec(text)
	fmt.Println("| statement | plain C, ns | Statement, ns | above C, ns | sql.Stmt, ns | times as fast | allocations |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, l := range loops {
		if !only.MatchString(l.name) {
			continue
		}
		if err := (contest{l, conns[0], conns[1], *perRound}).run(rounds); err != nil {
			return err
		}
	}
	return nil
}
