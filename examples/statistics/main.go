package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

// Reading is what a sensor has said.
type Reading struct {
	ID     uint
	Sensor string `gorm:"index"`
	Value  float64
}

func main() {
	dir, err := os.MkdirTemp("", "statistics")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := run(os.Stdout, filepath.Join(dir, "readings.db")); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, path string) error {
	db, err := gorm.Open(libsql.Open(path), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := db.AutoMigrate(&Reading{}); err != nil {
		return err
	}
	readings := make([]Reading, 5_000)
	for i := range readings {
		readings[i] = Reading{Sensor: fmt.Sprint("sensor ", i%10), Value: float64(i)}
	}
	if err := db.CreateInBatches(readings, 1_000).Error; err != nil {
		return err
	}

	ctx := context.Background()
	// One connection: what a query costs.
	err = libsql.Conn(db, func(c *driver.Conn) error {
		if _, err := c.Stats(ctx, true); err != nil {
			return err
		}
		if _, err := c.Batch(ctx, "SELECT sensor, avg(value) FROM readings GROUP BY sensor"); err != nil {
			return err
		}
		s, err := c.Stats(ctx, false)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "the query read %d pages, %.0f %% of them from the cache, which takes %d KiB\n",
			s.CacheHits+s.CacheMisses, 100*s.CacheHitRatio(), s.CacheUsed/1024)
		sizes, err := c.Sizes(ctx, "main")
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "the database has", sizes.Pages, "pages of", sizes.PageSize, "bytes")
		for _, o := range sizes.Objects {
			fmt.Fprintf(out, "  %s: %d bytes, %d of them empty\n", o.Name, o.Bytes, o.Unused)
		}
		return sizes.WriteMetrics(out, map[string]string{"db": "readings"})
	})
	if err != nil {
		return err
	}

	// The pool: this is what a handler of /metrics does.
	s, err := driver.ReadPoolStats(ctx, pool, false)
	if err != nil {
		return err
	}
	return s.WriteMetrics(out, map[string]string{"db": "readings"})
}
