package kit

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Growth is what one dialect takes for a table of some size.
type Growth struct {
	Point      float64 // ns a read by primary key
	Scan       float64 // ns a row of Rows and Scan
	PointBytes int64   // the peak of resident memory after the reads, and after
	ScanBytes  int64   // the scan; 0 where the system does not tell
}

// growth measures a file that exists.
func growth(d Dialect, args []string) {
	flags := flag.NewFlagSet("growth", flag.ExitOnError)
	path := flags.String("path", "", "the file")
	rows := flags.Int("rows", 1, "how many rows it has")
	length := flags.Duration("time", 0, "how long each measurement takes at least")
	flags.Parse(args)
	db, err := gorm.Open(d.Open(*path), &gorm.Config{Logger: logger.Discard})
	check(err)
	pool, err := db.DB()
	check(err)
	var g Growth
	g.Point = over(*length, func() {
		var it Item
		check(db.First(&it, rand.IntN(*rows)+1).Error)
	})
	g.PointBytes = peak()
	g.Scan = over(*length, func() { check(scanFour(db, *rows)) }) / float64(*rows)
	g.ScanBytes = peak()
	check(pool.Close())
	answer(g)
}

// over is how many nanoseconds do takes, done until the time is over, once at
// least.
func over(length time.Duration, do func()) float64 {
	start := time.Now()
	for n := 1; ; n++ {
		do()
		if took := time.Since(start); took >= length {
			return float64(took.Nanoseconds()) / float64(n)
		}
	}
}

// scanFour reads four columns of every item; there have to be so many.
func scanFour(db *gorm.DB, rows int) error {
	found, err := db.Model(&Item{}).Select("id", "name", "age", "score").Rows()
	if err != nil {
		return err
	}
	defer found.Close()
	n := 0
	for found.Next() {
		var id, age int64
		var name string
		var score float64
		if err := found.Scan(&id, &name, &age, &score); err != nil {
			return err
		}
		n++
	}
	if err := found.Err(); err != nil {
		return err
	}
	if n != rows {
		return fmt.Errorf("%d rows", n)
	}
	return nil
}
