// Command profiler prints what the profiler costs: each workload on a database
// without one, on one with it, and on one that it was removed from. They run in
// turns, each time for so short a while that some runs are not disturbed by
// other processes; the fastest counts.
//
//	go run ./profiler -rounds 300
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

func main() {
	testing.Init()
	rounds := flag.Int("rounds", 300, "how often each runs each workload")
	length := flag.Duration("time", 2*time.Millisecond, "how long each run takes, about")
	only := flag.String("workloads", "", "a regular expression of those that are run")
	flag.Parse()
	workloads, err := regexp.Compile(*only)
	check(err)
	fmt.Println("| workload | without, ns | with, ns | more, ns | more | removed | allocations more |\n|---|---|---|---|---|---|---|")
	for _, w := range kit.All() {
		if !w.Schema && workloads.MatchString(w.Name) {
			check(compare(w, *rounds, *length))
		}
	}
}

// contestant is a database, and its best run.
type contestant struct {
	db   *gorm.DB
	best kit.Result
}

// compare runs a workload on the three.
func compare(w kit.Workload, rounds int, length time.Duration) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var all [3]contestant
	for i := range all {
		c := &all[i]
		if c.db, err = kit.Open(libsql.Open(filepath.Join(dir, fmt.Sprint(i))+"?_journal_mode=WAL&_synchronous=NORMAL"), w); err != nil {
			return err
		}
		pool, err := c.db.DB()
		if err != nil {
			return err
		}
		defer pool.Close()
		if i > 0 {
			p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
			if err := c.db.Use(p); err != nil {
				return err
			}
			if i == 2 {
				if err := p.Remove(); err != nil {
					return err
				}
			}
		}
	}
	check(flag.Set("test.benchtime", "50ms"))
	n := int(float64(length.Nanoseconds())/(kit.Run(w, all[0].db).NS*float64(max(1, w.Per)))) + 1
	check(flag.Set("test.benchtime", fmt.Sprint(n, "x")))
	for range rounds {
		for i := range all {
			c := &all[i]
			if r := kit.Run(w, c.db); c.best.NS == 0 || r.NS < c.best.NS {
				c.best = r
			}
		}
	}
	without, with, removed := all[0].best, all[1].best, all[2].best
	fmt.Printf("| %s | %.0f | %.0f | %.0f | %.1f %% | %+.1f %% | %+.1f |\n", w.Name, without.NS, with.NS, with.NS-without.NS,
		100*(with.NS/without.NS-1), 100*(removed.NS/without.NS-1), with.Allocs-without.Allocs)
	return nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
