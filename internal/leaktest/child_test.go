package leaktest_test

import (
	"flag"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/leaktest"
)

// childCases are what a child process does in its one test, and with which options
// its Main checks that.
var childCases = map[string]struct {
	run  func(t *testing.T)
	opts []leaktest.Option
}{
	"nothing": {run: func(*testing.T) {}},
	// The profiler's files, without a garbage collector that would close them.
	"nothing, profiled": {run: func(*testing.T) { debug.SetGCPercent(-1) }},
	"goroutine":         {run: func(*testing.T) { go blockForever() }},
	"goroutine ignored": {
		run:  func(*testing.T) { go blockForever() },
		opts: []leaktest.Option{leaktest.IgnoreGoroutine(packagePath + ".blockForever")},
	},
	"another goroutine ignored": {
		run:  func(*testing.T) { go blockForever() },
		opts: []leaktest.Option{leaktest.IgnoreGoroutine("net/http.")},
	},
	"goroutine about to end": {
		run:  func(*testing.T) { go time.Sleep(200 * time.Millisecond) },
		opts: []leaktest.Option{leaktest.Within(time.Minute)},
	},
	"file": {run: leakFile},
	"file ignored": {
		run:  leakFile,
		opts: []leaktest.Option{leaktest.IgnoreDescriptor(os.TempDir())},
	},
	"socket": {run: leakSocket},
	"file about to be closed": {
		run: func(t *testing.T) {
			leakFile(t)
			f := kept[0].(*os.File)
			time.AfterFunc(200*time.Millisecond, func() { _ = f.Close() })
		},
		opts: []leaktest.Option{leaktest.Within(time.Minute)},
	},
	"all closed": {run: func(t *testing.T) {
		leakFile(t)
		leakSocket(t)
		for _, c := range kept {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}},
	"signal":  {run: func(*testing.T) { signal.Notify(make(chan os.Signal, 1), os.Interrupt) }},
	"process": {run: runProcess},
	"failed test": {run: func(t *testing.T) {
		go blockForever()
		t.Error("failed on purpose")
	}},
	"fuzz worker": {run: func(t *testing.T) {
		go blockForever()
		if err := flag.Set("test.fuzzworker", "true"); err != nil {
			t.Fatal(err)
		}
	}},
	"check": {run: func(t *testing.T) {
		leaktest.Check(t, leaktest.Within(100*time.Millisecond))
		go blockForever()
	}},
	"check of a file": {run: func(t *testing.T) {
		leaktest.Check(t, leaktest.Within(100*time.Millisecond))
		leakFile(t)
	}},
	"check of a closed file": {run: func(t *testing.T) {
		leaktest.Check(t)
		leakFile(t)
		t.Cleanup(func() { _ = kept[0].Close() })
	}},
	"check of parallel subtests": {run: func(t *testing.T) {
		leaktest.Check(t)
		for range 3 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				time.Sleep(10 * time.Millisecond)
			})
		}
	}},
	"check of a failed test": {run: func(t *testing.T) {
		leaktest.Check(t)
		go blockForever()
		t.Error("failed on purpose")
	}},
}

const packagePath = "github.com/gorm-libsql/libsql/internal/leaktest_test"

// leakedName is in the path of the file that leakFile opens.
const leakedName = "left-open.db"

// kept keeps what was opened from the finalizers, which would close it.
var kept []interface{ Close() error }

func blockForever() { select {} }

// leakFile leaves a file open that is removed after the test, which Windows does
// not allow.
func leakFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), leakedName))
	if err != nil {
		t.Fatal(err)
	}
	kept = append(kept, f)
}

func leakSocket(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	kept = append(kept, l)
}

// runProcess runs this binary once more, to the end and without a test.
func runProcess(t *testing.T) {
	out, err := exec.Command(os.Args[0], "-test.run=^$").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestChild is the one test of a child process.
func TestChild(t *testing.T) {
	name := os.Getenv(childVar)
	if name == "" {
		t.Skip("runs in the child processes of TestMainAndCheck")
	}
	childCases[name].run(t)
}
