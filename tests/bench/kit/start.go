package kit

import (
	"flag"
	"os"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Started is the variable of the environment that tells a program when it was
// started, in nanoseconds of Unix time.
const Started = "BENCH_STARTED"

// Start is what a program takes until its first answer, in µs.
type Start struct {
	Main   float64 // from the start of the process to main
	Open   float64 // gorm.Open, which connects
	First  float64 // the first query
	Second float64 // the same once more
	Answer float64 // from the start of the process to the first answer
	Bytes  int64   // the peak of resident memory then
}

// start opens a file that exists and asks it something.
func start(d Dialect, args []string) {
	main := time.Now()
	flags := flag.NewFlagSet("start", flag.ExitOnError)
	path := flags.String("path", "", "the file")
	flags.Parse(args)
	ns, err := strconv.ParseInt(os.Getenv(Started), 10, 64)
	check(err)
	process := time.Unix(0, ns)
	var s Start
	s.Main = micros(main.Sub(process))
	step := func(do func()) float64 {
		before := time.Now()
		do()
		return micros(time.Since(before))
	}
	var db *gorm.DB
	query := func() {
		var it Item
		check(db.First(&it, 1).Error)
	}
	s.Open = step(func() {
		db, err = gorm.Open(d.Open(*path), &gorm.Config{Logger: logger.Discard})
		check(err)
	})
	s.First = step(query)
	s.Answer = micros(time.Since(process))
	s.Bytes = peak()
	s.Second = step(query)
	pool, err := db.DB()
	check(err)
	check(pool.Close())
	answer(s)
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
