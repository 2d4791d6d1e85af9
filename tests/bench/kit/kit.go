// Package kit has the workloads that every dialect runs, and the program that
// runs one of them. It links no driver.
package kit

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// A Workload is one thing that programs do. Run does it b.N times; an
// operation is what its name says.
type Workload struct {
	Name string
	// Rows is how many rows are in the table before.
	Rows int
	// Read: it changes nothing.
	Read bool
	// Schema: it is about the schema. The means leave it out, because it would
	// outweigh what programs do all the time.
	Schema bool
	// Per is how many operations an iteration counts for, such as the rows of
	// a batch; 0 is one.
	Per int
	Run func(b *testing.B, db *gorm.DB)
}

// Result is what a program prints.
type Result struct {
	NS     float64 // an operation
	Allocs float64
	Bytes  float64
}

// Dialect is what runs the workloads.
type Dialect struct {
	Open func(path string) gorm.Dialector
	// Empty: it has no tables and no rows to be filled in.
	Empty bool
}

// Main is the program of a dialect.
func Main(d Dialect) {
	if len(os.Args) > 1 && programs[os.Args[1]] != nil {
		programs[os.Args[1]](d, os.Args[2:])
		return
	}
	var pool interface{ Close() error }
	Raw(func(path string, w Workload) (func(b *testing.B), error) {
		db, err := gorm.Open(d.Open(path), &gorm.Config{Logger: logger.Discard})
		if err != nil {
			return nil, err
		}
		if pool, err = db.DB(); err == nil && !d.Empty {
			err = fill(db, w.Rows)
		}
		return func(b *testing.B) { w.Run(b, db) }, err
	})
	check(pool.Close())
}

// Open opens a fresh file and fills it for the workload.
func Open(d gorm.Dialector, w Workload) (*gorm.DB, error) {
	db, err := gorm.Open(d, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, err
	}
	return db, fill(db, w.Rows)
}

// Run runs a workload as a benchmark, per operation.
func Run(w Workload, db *gorm.DB) Result {
	return result(w, testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		w.Run(b, db)
	}))
}

func result(w Workload, r testing.BenchmarkResult) Result {
	per := float64(r.N) * float64(max(1, w.Per))
	return Result{NS: float64(r.T.Nanoseconds()) / per, Allocs: float64(r.MemAllocs) / per, Bytes: float64(r.MemBytes) / per}
}

// Bench runs the workloads as benchmarks of Go, each on a fresh file.
func Bench(b *testing.B, d Dialect) {
	for _, w := range All() {
		b.Run(strings.ReplaceAll(w.Name, " ", "_"), func(b *testing.B) {
			db, err := gorm.Open(d.Open(filepath.Join(b.TempDir(), "bench.db")), &gorm.Config{Logger: logger.Discard})
			must(b, err)
			must(b, fill(db, w.Rows))
			b.ReportAllocs()
			b.ResetTimer()
			w.Run(b, db)
			b.StopTimer()
			if w.Per > 1 {
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(w.Per), "ns/row")
			}
			pool, err := db.DB()
			must(b, err)
			must(b, pool.Close())
		})
	}
}

// Raw is a program: it runs one workload on a fresh file and prints the
// [Result] as JSON. prepare fills the file and returns the benchmark.
func Raw(prepare func(path string, w Workload) (func(b *testing.B), error)) {
	testing.Init()
	name := flag.String("workload", "", "which one")
	dir := flag.String("dir", os.TempDir(), "where the file is made")
	flag.Parse()
	all := All()
	i := slices.IndexFunc(all, func(w Workload) bool { return w.Name == *name })
	if i < 0 {
		check(fmt.Errorf("there is no workload %q", *name))
	}
	w := all[i]
	work, err := os.MkdirTemp(*dir, "bench")
	check(err)
	defer os.RemoveAll(work)
	body, err := prepare(filepath.Join(work, "bench.db"), w)
	check(err)
	r := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		body(b)
	})
	if r.N == 0 {
		check(errors.New("the workload failed"))
	}
	answer(result(w, r))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
