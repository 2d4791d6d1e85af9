package main

import (
	"database/sql"
	"testing"

	"gorm.io/driver/sqlite"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

// The workloads, for benchstat, by the same names as those of ours.
func BenchmarkWorkloads(b *testing.B) { kit.Bench(b, kit.Dialect{Open: open}) }

// The driver alone.
func BenchmarkDriver(b *testing.B) {
	kit.BenchDriver(b, func(path string) (*sql.DB, error) { return sql.Open(sqlite.DriverName, dsn(path)) })
}
