package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql/migrator"
)

// rebuilt is the table of the rebuilds: its columns are what its model's
// were before, and one of them gets another type.
type rebuilt struct {
	ID    uint
	Name  string `gorm:"index"`
	Code  string
	Score float64
	Note  *string
}

// rebuiltRows are fewer with -short.
func rebuiltRows() int {
	if testing.Short() {
		return 10_000
	}
	return 1_000_000
}

// BenchmarkRebuild is AutoMigrate of a table with a million rows that has to
// be rebuilt, beside the same statements by hand.
func BenchmarkRebuild(b *testing.B) {
	for _, c := range []struct {
		name string
		run  func(b *testing.B, db *gorm.DB)
	}{
		{"AutoMigrate", func(b *testing.B, db *gorm.DB) { must(b, db.AutoMigrate(&rebuilt{})) }},
		{"by hand", byHand},
	} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				db := fillRebuilt(b)
				b.StartTimer()
				c.run(b, db)
				b.StopTimer()
				pool, err := db.DB()
				must(b, err)
				must(b, pool.Close())
			}
		})
	}
}

func fillRebuilt(b *testing.B) *gorm.DB {
	db, err := gorm.Open(open(filepath.Join(b.TempDir(), "bench.db")), &gorm.Config{Logger: logger.Discard})
	must(b, err)
	for _, s := range []string{
		"CREATE TABLE `rebuilts` (`id` integer PRIMARY KEY AUTOINCREMENT,`name` text,`code` integer,`score` real,`note` text)",
		"CREATE INDEX `idx_rebuilts_name` ON `rebuilts` (`name`)",
		fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "+
			"INSERT INTO rebuilts(name, code, score, note) SELECT 'name ' || (i * 7919 %% 100003), i, i / 3.0, 'a note of some length, as notes are' FROM n", rebuiltRows()),
		"PRAGMA wal_checkpoint(TRUNCATE)",
	} {
		must(b, db.Exec(s).Error)
	}
	return db
}

// byHand runs the statements of the plan of AutoMigrate, with a count before.
func byHand(b *testing.B, db *gorm.DB) {
	b.StopTimer()
	plan, err := migrator.NewPlan(db, &rebuilt{})
	must(b, err)
	b.StartTimer()
	pool, err := db.DB()
	must(b, err)
	ctx := context.Background()
	conn, err := pool.Conn(ctx)
	must(b, err)
	defer conn.Close()
	one := func(query string) {
		var n sql.NullInt64
		must(b, conn.QueryRowContext(ctx, query).Scan(&n))
	}
	one("SELECT count(*) FROM rebuilts")
	_, err = conn.ExecContext(ctx, plan.SQL())
	must(b, err)
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
