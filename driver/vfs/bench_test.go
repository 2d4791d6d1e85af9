//go:build unix

package vfs_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// processor is the time that the process has spent so far, in the system too:
// on a machine with other work it says more than the clock.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// What the way through Go costs: the same on the operating system's VFS and on
// one in Go that passes everything on to it.
func BenchmarkPassThrough(b *testing.B) {
	register(b, "pass", dbtest.Pass{VFS: system(b)})
	for _, kind := range []string{"unix", "pass"} {
		db := dbtest.Open(b, dbtest.File(b)+"?vfs="+kind)
		db.SetMaxOpenConns(1)
		dbtest.Exec(b, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, n INTEGER)")
		dbtest.Exec(b, db, "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10000) INSERT INTO t SELECT i, 'name of ' || i, i FROM r")
		measured := func(name string, body func(b *testing.B)) {
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				start := processor()
				body(b)
				b.ReportMetric(float64(processor()-start)/float64(b.N), "cpu-ns/op")
			})
		}
		measured("point read", func(b *testing.B) {
			for i := range b.N {
				dbtest.Text(b, db, "SELECT name FROM t WHERE id = ?", 1+i%10000)
			}
		})
		measured("insert", func(b *testing.B) {
			for i := range b.N {
				dbtest.Exec(b, db, "INSERT INTO t(name, n) VALUES ('x', ?)", i)
			}
		})
		measured("cold scan", func(b *testing.B) {
			dbtest.Exec(b, db, "PRAGMA cache_size=10")
			for range b.N {
				dbtest.Int(b, db, "SELECT sum(n) FROM t WHERE id <= 10000")
			}
		})
	}
}
