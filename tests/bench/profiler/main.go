// Command profiler prints what the profiler costs: each workload on a database
// without one, on one with it, and on one that it was removed from. They run in
// turns, many times and briefly. What counts is the time of the processor, and of
// all turns the fastest tenth: so it can be told on a busy machine, too.
//
//	go run ./profiler -rounds 400
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

func main() {
	testing.Init()
	rounds := flag.Int("rounds", 400, "how often each runs each workload")
	length := flag.Duration("time", 3*time.Millisecond, "how long each run takes, about")
	only := flag.String("workloads", "", "a regular expression of those that are run")
	flag.Parse()
	workloads, err := regexp.Compile(*only)
	check(err)
	fmt.Println("| workload | without, ns | more with it | queries | more for each, ns | after it was removed | allocations more |\n|---|---|---|---|---|---|---|")
	for _, w := range kit.All() {
		if !w.Schema && workloads.MatchString(w.Name) {
			check(compare(w, *rounds, *length))
		}
	}
}

// compare runs a workload on the three.
func compare(w kit.Workload, rounds int, length time.Duration) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var dbs [3]*gorm.DB
	var profilers [3]*callbacks.Profiler
	for i := range dbs {
		db, err := kit.Open(libsql.Open(filepath.Join(dir, fmt.Sprint(i))+"?_journal_mode=WAL&_synchronous=NORMAL"), w)
		if err != nil {
			return err
		}
		pool, err := db.DB()
		if err != nil {
			return err
		}
		defer pool.Close()
		if dbs[i] = db; i == 0 {
			continue
		}
		profilers[i] = callbacks.NewProfiler(callbacks.ProfilerConfig{})
		if err := db.Use(profilers[i]); err != nil {
			return err
		}
	}
	if err := profilers[2].Remove(); err != nil {
		return err
	}
	check(flag.Set("test.benchtime", "50ms"))
	n := int(float64(length.Nanoseconds())/(kit.Run(w, dbs[0]).NS*float64(max(1, w.Per)))) + 1
	check(flag.Set("test.benchtime", fmt.Sprint(n, "x")))
	var ns, allocs [3][]float64
	var runs [3]float64
	for round := range rounds {
		for k := range dbs {
			i := (round + k) % len(dbs)
			t := w
			t.Run = func(b *testing.B, db *gorm.DB) {
				before := used()
				w.Run(b, db)
				of := float64(b.N * max(1, w.Per))
				if runs[i] += of; b.N == n { // it is run once by itself before
					ns[i] = append(ns[i], float64(used()-before)/of)
				}
			}
			allocs[i] = append(allocs[i], kit.Run(t, dbs[i]).Allocs)
		}
	}
	without, more, removed := fast(ns[0]), fast(ns[1])-fast(ns[0]), fast(ns[2])-fast(ns[0])
	queries := float64(profilers[1].Report().Total.Count) / runs[1]
	fmt.Printf("| %s | %.0f | %+.1f %% | %.3g | %.0f | %+.1f %% | %+.1f |\n", w.Name, without, 100*more/without, queries, more/queries,
		100*removed/without, median(allocs[1])-median(allocs[0]))
	return nil
}

// fast is what the fastest tenth takes, or less.
func fast(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/10]
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// used is the time of the processor that the process has had.
func used() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
