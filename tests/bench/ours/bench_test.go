package main

import (
	"database/sql"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

// The workloads, for benchstat: go test -bench . -count 10 ./ours
func BenchmarkWorkloads(b *testing.B) { kit.Bench(b, kit.Dialect{Open: open}) }

// The driver alone.
func BenchmarkDriver(b *testing.B) {
	kit.BenchDriver(b, func(path string) (*sql.DB, error) { return sql.Open(driver.Name, dsn(path)) })
}
