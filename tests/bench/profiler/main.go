// Command profiler prints what the profiler costs: each workload on a database
// without one, on one with it, and on one that it was removed from. They run in
// turns. What counts is the time of the processor, user and system, and of the
// ratios of all turns the median: so it can be told on a busy machine, too.
//
//	go run ./profiler -rounds 51
package main

import (
	"flag"
	"fmt"
	"math"
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
	rounds := flag.Int("rounds", 51, "how often each runs each workload")
	length := flag.Duration("time", 30*time.Millisecond, "how long each run takes, about")
	only := flag.String("workloads", "", "a regular expression of those that are run")
	flag.Parse()
	workloads, err := regexp.Compile(*only)
	check(err)
	fmt.Println("| workload | without, ns | more with it, ns | more | after it was removed | allocations more |\n|---|---|---|---|---|---|")
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
		p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
		if err := db.Use(p); err != nil {
			return err
		}
		if i == 2 {
			if err := p.Remove(); err != nil {
				return err
			}
		}
	}
	check(flag.Set("test.benchtime", "50ms"))
	n := int(float64(length.Nanoseconds())/(kit.Run(w, dbs[0]).NS*float64(max(1, w.Per)))) + 1
	check(flag.Set("test.benchtime", fmt.Sprint(n, "x")))
	without, with, removed, allocs := math.Inf(1), []float64{}, []float64{}, 0.0
	for range rounds {
		var ns, all [3]float64
		for i, db := range dbs {
			before := used()
			r := kit.Run(w, db)
			ns[i], all[i] = float64(used()-before)/float64((n+1)*max(1, w.Per)), r.Allocs // one run by itself comes first
		}
		without, allocs = min(without, ns[0]), all[1]-all[0]
		with, removed = append(with, ns[1]/ns[0]-1), append(removed, ns[2]/ns[0]-1)
	}
	more := median(with)
	fmt.Printf("| %s | %.0f | %.0f | %+.1f %% | %+.1f %% | %+.1f |\n", w.Name, without, without*more, 100*more, 100*median(removed), allocs)
	return nil
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
