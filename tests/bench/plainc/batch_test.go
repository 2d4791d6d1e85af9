package main

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
)

const batched = 10_000

// scripts are of so many statements each. {} is a number.
var scripts = []struct{ name, prepare, statement string }{
	{"insert", "DELETE FROM t", "INSERT INTO t(id, name, score) VALUES ({}, 'name {}', {}.5);\n"},
	{"update", "", "UPDATE t SET score = score + 1 WHERE id = {};\n"},
	{"select", "", "SELECT id, name, score FROM t WHERE id = {};\n"},
	{"insert returning", "DELETE FROM t", "INSERT INTO t(name, score) VALUES ('name {}', {}.5) RETURNING id;\n"},
}

// BenchmarkBatch runs a script of 10,000 statements by Conn.Batch and, in turns
// with it on a file of its own, by sqlite3_exec between BEGIN IMMEDIATE and
// COMMIT. The ratios are of the least that either has taken, of time and of the
// processor's time of all threads, which is steadier on a busy machine.
func BenchmarkBatch(b *testing.B) {
	for _, s := range scripts {
		b.Run(s.name, func(b *testing.B) {
			db := openBoth(b)
			var script strings.Builder
			for i := range batched {
				script.WriteString(strings.ReplaceAll(s.statement, "{}", fmt.Sprint(i+1)))
			}
			text := script.String()
			ours, plain := least, least
			for b.Loop() {
				exec(b, db, s.prepare)
				plainExec(b, s.prepare)
				begin := now()
				plainExec(b, "BEGIN IMMEDIATE;"+text+"COMMIT")
				middle := now()
				err := driver.With(context.Background(), db, func(c *driver.Conn) error {
					res, err := c.Batch(context.Background(), text)
					if err == nil && len(res) != batched {
						err = fmt.Errorf("%d results", len(res))
					}
					return err
				})
				end := now()
				if err != nil {
					b.Fatal(err)
				}
				plain.take(begin, middle)
				ours.take(middle, end)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(ours.wall)/batched, "ours-ns/stmt")
			b.ReportMetric(float64(plain.wall)/batched, "exec-ns/stmt")
			b.ReportMetric(float64(ours.wall)/float64(plain.wall), "ratio")
			b.ReportMetric(float64(ours.cpu)/float64(plain.cpu), "cpu-ratio")
		})
	}
}

// openBoth opens a file for the driver and another one for C.
func openBoth(b *testing.B) *sql.DB {
	const table = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, score REAL); " +
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) INSERT INTO t SELECT i, 'name ' || i, i + 0.5 FROM n"
	dir := b.TempDir()
	db, err := sql.Open(driver.Name, "file:"+filepath.Join(dir, "ours.db")+"?_synchronous=NORMAL")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	exec(b, db, table)
	if !plainOpen(filepath.Join(dir, "plain.db")) {
		b.Fatal("it cannot be opened")
	}
	b.Cleanup(func() { plainClose() })
	plainExec(b, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = 1; "+table)
	return db
}

func exec(b *testing.B, db *sql.DB, text string) {
	if _, err := db.Exec(text); err != nil {
		b.Fatal(err)
	}
}

func plainExec(b *testing.B, text string) {
	if !plainRun(text) {
		b.Fatal("sqlite3_exec failed")
	}
}

// moment is a time, and the processor's time until then, in nanoseconds.
type moment struct{ wall, cpu int64 }

var least = moment{math.MaxInt64, math.MaxInt64}

func now() moment {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return moment{time.Now().UnixNano(), u.Utime.Nano() + u.Stime.Nano()}
}

// take keeps the least.
func (m *moment) take(from, to moment) {
	m.wall, m.cpu = min(m.wall, to.wall-from.wall), min(m.cpu, to.cpu-from.cpu)
}
