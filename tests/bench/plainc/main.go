// Command plainc runs the workloads' statements in a loop of C, on the same
// library, with statements that are prepared once: what no driver can beat.
package main

/*
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
int sqlite3_open(const char *, sqlite3 **);
int sqlite3_close(sqlite3 *);
int sqlite3_exec(sqlite3 *, const char *, void *, void *, char **);
int sqlite3_prepare_v2(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
int sqlite3_bind_int64(sqlite3_stmt *, int, int64_t);
int sqlite3_bind_double(sqlite3_stmt *, int, double);
int sqlite3_bind_null(sqlite3_stmt *, int);
int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int, void (*)(void *));
int sqlite3_bind_blob(sqlite3_stmt *, int, const void *, int, void (*)(void *));
int sqlite3_step(sqlite3_stmt *);
int sqlite3_reset(sqlite3_stmt *);
int sqlite3_finalize(sqlite3_stmt *);
int sqlite3_column_count(sqlite3_stmt *);
int sqlite3_column_type(sqlite3_stmt *, int);
int64_t sqlite3_column_int64(sqlite3_stmt *, int);
double sqlite3_column_double(sqlite3_stmt *, int);
const unsigned char *sqlite3_column_text(sqlite3_stmt *, int);
const void *sqlite3_column_blob(sqlite3_stmt *, int);
int sqlite3_column_bytes(sqlite3_stmt *, int);

static sqlite3 *db;
static int open_db(const char *path) { return sqlite3_open(path, &db); }
static int exec(const char *sql) { return sqlite3_exec(db, sql, 0, 0, 0); }
static int close_db(void) { return sqlite3_close(db); }

static sqlite3_stmt *prepare(const char *sql) {
  sqlite3_stmt *s = 0;
  if (sqlite3_prepare_v2(db, sql, -1, &s, 0)) abort();
  return s;
}

static int64_t sum;

// Reads all rows as a driver has to: every value is looked at and copied.
static int drain(sqlite3_stmt *s) {
  static char copy[4096];
  int n = 0, cols = sqlite3_column_count(s), rc;
  while ((rc = sqlite3_step(s)) == 100) {
    n++;
    for (int i = 0; i < cols; i++) {
      switch (sqlite3_column_type(s, i)) {
        case 1: sum += sqlite3_column_int64(s, i); break;
        case 2: sum += (int64_t)sqlite3_column_double(s, i); break;
        case 3: { const void *p = sqlite3_column_text(s, i); memcpy(copy, p, sqlite3_column_bytes(s, i)); break; }
        case 4: { const void *p = sqlite3_column_blob(s, i); memcpy(copy, p, sqlite3_column_bytes(s, i)); break; }
      }
    }
  }
  if (rc != 101) abort();
  sqlite3_reset(s);
  return n;
}

#define COLUMNS "(created_at, updated_at, name, email, age, score, active, note, data)"
#define AT "2024-05-06 07:08:09+00:00"

static void bind_item(sqlite3_stmt *s, int at, int i) {
  char name[32], email[32];
  int n = 0, m = 0;
  memcpy(name, "name ", 5); n = 5;
  memcpy(email, "user", 4); m = 4;
  char digits[12]; int d = 0, x = i;
  do digits[d++] = '0' + x % 10; while (x /= 10);
  while (d) name[n++] = email[m++] = digits[--d];
  memcpy(email + m, "@example.com", 12); m += 12;
  sqlite3_bind_text(s, at + 1, AT, sizeof AT - 1, 0);
  sqlite3_bind_text(s, at + 2, AT, sizeof AT - 1, 0);
  sqlite3_bind_text(s, at + 3, name, n, (void (*)(void *))-1);
  sqlite3_bind_text(s, at + 4, email, m, (void (*)(void *))-1);
  sqlite3_bind_int64(s, at + 5, i % 90);
  sqlite3_bind_double(s, at + 6, i / 3.0);
  sqlite3_bind_int64(s, at + 7, i % 2);
  if (i % 3) sqlite3_bind_null(s, at + 8);
  else sqlite3_bind_text(s, at + 8, "a note of some length, as notes are", -1, 0);
  sqlite3_bind_blob(s, at + 9, "0123456789abcdef", 16, 0);
}

static void create(int n, int each) {
  sqlite3_stmt *b = prepare("BEGIN IMMEDIATE"), *c = prepare("COMMIT");
  sqlite3_stmt *s = prepare("INSERT INTO items " COLUMNS " VALUES (?,?,?,?,?,?,?,?,?) RETURNING id");
  if (!each) drain(b);
  for (int i = 0; i < n; i++) {
    if (each) drain(b);
    bind_item(s, 0, i);
    drain(s);
    if (each) drain(c);
  }
  if (!each) drain(c);
  sqlite3_finalize(b), sqlite3_finalize(c), sqlite3_finalize(s);
}

static void create_batch(int n) {
  char *sql = malloc(64 * 500 + 200), *p = sql;
  p += strlen(strcpy(p, "INSERT INTO items " COLUMNS " VALUES "));
  for (int i = 0; i < 500; i++) p += strlen(strcpy(p, i ? ",(?,?,?,?,?,?,?,?,?)" : "(?,?,?,?,?,?,?,?,?)"));
  strcpy(p, " RETURNING id");
  sqlite3_stmt *b = prepare("BEGIN IMMEDIATE"), *c = prepare("COMMIT"), *s = prepare(sql);
  for (int i = 0; i < n; i++) {
    drain(b);
    for (int j = 0; j < 500; j++) bind_item(s, 9 * j, j);
    drain(s);
    drain(c);
  }
  sqlite3_finalize(b), sqlite3_finalize(c), sqlite3_finalize(s);
  free(sql);
}

static void point(int n, int some) {
  sqlite3_stmt *s = prepare("SELECT * FROM items WHERE items.id = ? ORDER BY items.id LIMIT 1");
  for (int i = 0; i < n; i++) {
    sqlite3_bind_int64(s, 1, i % some + 1);
    drain(s);
  }
  sqlite3_finalize(s);
}

static void all(int n, const char *sql) {
  sqlite3_stmt *s = prepare(sql);
  for (int i = 0; i < n; i++) drain(s);
  sqlite3_finalize(s);
}

static void update(int n, int some) {
  sqlite3_stmt *b = prepare("BEGIN IMMEDIATE"), *c = prepare("COMMIT");
  sqlite3_stmt *s = prepare("UPDATE items SET age=?,score=?,updated_at=? WHERE id = ?");
  for (int i = 0; i < n; i++) {
    drain(b);
    sqlite3_bind_int64(s, 1, i % 90);
    sqlite3_bind_int64(s, 2, i);
    sqlite3_bind_text(s, 3, AT, sizeof AT - 1, 0);
    sqlite3_bind_int64(s, 4, i % some + 1);
    drain(s);
    drain(c);
  }
  sqlite3_finalize(b), sqlite3_finalize(c), sqlite3_finalize(s);
}

static void upsert(int n) {
  sqlite3_stmt *b = prepare("BEGIN IMMEDIATE"), *c = prepare("COMMIT");
  sqlite3_stmt *s = prepare("INSERT INTO entries (key,count) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET count=count + 1");
  for (int i = 0; i < n; i++) {
    char key[12] = "key ";
    int k = 4, d = 0, x = i % 1000;
    char digits[12];
    do digits[d++] = '0' + x % 10; while (x /= 10);
    while (d) key[k++] = digits[--d];
    drain(b);
    sqlite3_bind_text(s, 1, key, k, (void (*)(void *))-1);
    sqlite3_bind_int64(s, 2, 1);
    drain(s);
    drain(c);
  }
  sqlite3_finalize(b), sqlite3_finalize(c), sqlite3_finalize(s);
}

static void transfer(int n) {
  sqlite3_stmt *b = prepare("BEGIN IMMEDIATE"), *c = prepare("COMMIT");
  sqlite3_stmt *s = prepare("UPDATE accounts SET balance=balance + ? WHERE id = ?");
  for (int i = 0; i < n; i++) {
    drain(b);
    for (int j = 0; j < 2; j++) {
      sqlite3_bind_int64(s, 1, j ? 1 : -1);
      sqlite3_bind_int64(s, 2, (i + 7 * j) % 100 + 1);
      drain(s);
    }
    drain(c);
  }
  sqlite3_finalize(b), sqlite3_finalize(c), sqlite3_finalize(s);
}
*/
import "C"

import (
	"fmt"
	"os"
	"testing"
	"unsafe"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
	_ "github.com/tursodatabase/go-libsql" // the library
)

const schema = `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = 1;
CREATE TABLE items (id integer PRIMARY KEY AUTOINCREMENT, created_at datetime, updated_at datetime, name text, email text,
	age integer, score real, active numeric, note text, data blob);
CREATE INDEX idx_items_name ON items(name);
CREATE TABLE accounts (id integer PRIMARY KEY AUTOINCREMENT, balance integer);
CREATE TABLE entries (key text, count integer, PRIMARY KEY (key));
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) INSERT INTO accounts SELECT i, 1000 FROM n`

var loops = map[string]func(n int){
	"create one, default transaction":      func(n int) { C.create(C.int(n), 1) },
	"create in a transaction":              func(n int) { C.create(C.int(n), 0) },
	"a row of a batch of 500":              func(n int) { C.create_batch(C.int(n)) },
	"first by primary key":                 func(n int) { C.point(C.int(n), 5000) },
	"a row of Find into structs of 10":     func(n int) { scan(n, "SELECT * FROM items") },
	"a row of Rows and Scan, 4 columns":    func(n int) { scan(n, "SELECT id, name, age, score FROM items") },
	"update one":                           func(n int) { C.update(C.int(n), 5000) },
	"upsert":                               func(n int) { C.upsert(C.int(n)) },
	"transfer: 2 updates in a transaction": func(n int) { C.transfer(C.int(n)) },
	"GROUP BY over 5,000 rows":             func(n int) { scan(n, "SELECT age, count(*) AS n, sum(score) AS total FROM items GROUP BY age") },
}

func scan(n int, sql string) {
	text := C.CString(sql)
	defer C.free(unsafe.Pointer(text))
	C.all(C.int(n), text)
}

// The same functions for the benchmark, which cannot call C itself.

func plainOpen(path string) bool {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	return C.open_db(name) == 0
}

func plainRun(sql string) bool {
	text := C.CString(sql)
	defer C.free(unsafe.Pointer(text))
	return C.exec(text) == 0
}

func plainClose() bool { return C.close_db() == 0 }

func main() {
	kit.Raw(func(path string, w kit.Workload) (func(b *testing.B), error) {
		loop := loops[w.Name]
		if loop == nil {
			return nil, fmt.Errorf("%s is not for one loop", w.Name)
		}
		if !plainOpen(path) || !plainRun(schema) {
			return nil, fmt.Errorf("%s cannot be made", path)
		}
		if w.Rows > 0 {
			C.create(C.int(w.Rows), 0)
		}
		return func(b *testing.B) { loop(b.N) }, nil
	})
	if !plainClose() {
		os.Exit(1)
	}
}
