package leaktest_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/internal/leaktest"
)

func TestRSSGrowsWithMemoryInUse(t *testing.T) {
	debug.FreeOSMemory() // the block of an earlier run is still resident, and would be taken again
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
	if says := kernelRSS(t); before < says/2 || before > says*2 {
		t.Errorf("RSS: %d bytes, the kernel says %d", before, says)
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

// kernelRSS is the resident set in bytes as the kernel writes it for people.
func kernelRSS(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	_, line, _ := strings.Cut(string(status), "\nVmRSS:")
	var kilobytes int64
	if _, err := fmt.Sscan(line, &kilobytes); err != nil {
		t.Fatalf("%v in %q", err, status)
	}
	return kilobytes << 10
}
