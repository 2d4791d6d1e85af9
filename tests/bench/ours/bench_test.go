package main

import (
	"testing"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

// The workloads, for benchstat: go test -bench . -count 10 ./ours
func BenchmarkWorkloads(b *testing.B) { kit.Bench(b, kit.Dialect{Open: open}) }
