package leaks

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.NeedsHandle, nil) }

const mib = 1 << 20

// usage is what the process takes. Where the system does not tell, it is 0.
type usage struct {
	goroutines, descriptors, threads int
	rss                              int64
}

func (u usage) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %d threads, %.1f MiB", u.goroutines, u.descriptors, u.threads, mibs(u.rss))
}

func mibs(n int64) float64 { return float64(n) / mib }

// now takes the usage, without what Go's garbage collector has not got to yet.
func now() usage {
	debug.FreeOSMemory()
	u := usage{goroutines: runtime.NumGoroutine(), descriptors: entries("/proc/self/fd"), threads: entries("/proc/self/task")}
	u.rss, _ = leaktest.RSS()
	return u
}

func entries(dir string) int {
	list, _ := os.ReadDir(dir)
	return len(list)
}

// back waits until goroutines and descriptors are as before, which those that
// end by themselves may take a moment for, and checks the rest once.
func (before usage) back(t *testing.T, growth int64) {
	t.Helper()
	after := now()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); after = now() {
		if after.goroutines <= before.goroutines && after.descriptors <= before.descriptors {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("before: %v; after: %v", before, after)
	if after.goroutines > before.goroutines || after.descriptors > before.descriptors {
		t.Error("goroutines or descriptors are left")
	}
	before.checkThreads(t, after)
	before.checkMemory(t, after, growth)
}

// checkThreads allows a few that Go makes when its threads are in C, and keeps.
func (before usage) checkThreads(t *testing.T, after usage) {
	t.Helper()
	if after.threads > before.threads+8 {
		t.Errorf("threads grew from %d to %d", before.threads, after.threads)
	}
}

func (before usage) checkMemory(t *testing.T, after usage, growth int64) {
	t.Helper()
	if d := after.rss - before.rss; d > growth && !instrumented {
		t.Errorf("memory grew by %.1f MiB, more than %.1f", mibs(d), mibs(growth))
	}
}
