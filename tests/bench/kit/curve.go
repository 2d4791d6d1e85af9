package kit

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Curve is what some goroutines did together.
type Curve struct {
	PerSecond float64
	Longest   float64 // ms that one operation took
}

// curve has goroutines read or write at the same time.
func curve(d Dialect, args []string) {
	flags := flag.NewFlagSet("curve", flag.ExitOnError)
	dir := flags.String("dir", os.TempDir(), "where the file is made")
	goroutines := flags.Int("goroutines", 1, "how many")
	write := flags.Bool("write", false, "create rows; without it, read them by primary key")
	idle := flags.Int("idle", 0, "how many connections the pool keeps; 0 is the default of database/sql")
	length := flags.Duration("time", 0, "how long they do it")
	flags.Parse(args)
	work, err := os.MkdirTemp(*dir, "bench")
	check(err)
	defer os.RemoveAll(work)
	db, err := gorm.Open(d.Open(filepath.Join(work, "bench.db")), &gorm.Config{Logger: logger.Discard})
	check(err)
	pool, err := db.DB()
	check(err)
	if *idle > 0 {
		pool.SetMaxIdleConns(*idle)
	}
	if !d.Empty {
		check(fill(db, some))
	}
	do := func(int) error {
		var it Item
		return db.First(&it, rand.IntN(some)+1).Error
	}
	if *write {
		do = func(i int) error {
			it := item(i)
			return db.Create(&it).Error
		}
	}
	c := together(*goroutines, *length, do)
	check(pool.Close())
	answer(c)
}

// together does something in so many goroutines until the time is over.
func together(goroutines int, length time.Duration, do func(i int) error) Curve {
	type share struct {
		n       int
		longest time.Duration
	}
	shares := make([]share, goroutines)
	var ready, done sync.WaitGroup
	begin := make(chan time.Time)
	for g := range shares {
		ready.Add(1)
		done.Go(func() {
			err := do(g) // this opens what connections it may
			ready.Done()
			check(err)
			var s share
			before := <-begin
			for end := before.Add(length); ; {
				check(do(g + s.n))
				s.n++
				now := time.Now()
				s.longest = max(s.longest, now.Sub(before))
				if before = now; !now.Before(end) {
					break
				}
			}
			shares[g] = s
		})
	}
	ready.Wait()
	start := time.Now()
	for range shares {
		begin <- start
	}
	done.Wait()
	took := time.Since(start)
	n, longest := 0, time.Duration(0)
	for _, s := range shares {
		n, longest = n+s.n, max(longest, s.longest)
	}
	return Curve{float64(n) / took.Seconds(), float64(longest.Microseconds()) / 1e3}
}
