package leaktest_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/gorm-libsql/libsql/internal/leaktest"
)

func TestRSSGrowsWithMemoryInUse(t *testing.T) {
	before, err := leaktest.RSS()
	if runtime.GOOS != "linux" {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Fatalf("RSS: %d, %v; want errors.ErrUnsupported", before, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if before < 1<<20 || before > 1<<36 {
		t.Errorf("RSS: %d bytes", before)
	}
	const size = 64 << 20
	block := make([]byte, size)
	for i := range block {
		block[i] = 1 // memory is resident from the first write on
	}
	after, err := leaktest.RSS()
	if err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(block)
	// No upper bound: the race detector keeps shadow memory of several times the block.
	if grown := after - before; grown < size*3/4 {
		t.Errorf("RSS grew by %d bytes with %d more in use", grown, size)
	}
}
