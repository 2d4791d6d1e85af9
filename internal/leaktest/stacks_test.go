package leaktest

import (
	"reflect"
	"testing"
)

// The traces are those of real programs, cut to what matters.
var traces = []struct {
	name      string
	stack     string
	functions []string
	system    bool
}{
	{"method", "goroutine 18 [select, 2 minutes]:\n" +
		"database/sql.(*DB).connectionOpener(0xc0000b2000, {0x5f7c20, 0xc0000a8000})\n" +
		"\t/go/src/database/sql/sql.go:1261 +0x88\n" +
		"created by database/sql.OpenDB in goroutine 7\n" +
		"\t/go/src/database/sql/sql.go:841 +0x12c",
		[]string{"database/sql.(*DB).connectionOpener"}, false},
	{"closure called by the runtime", "goroutine 20 [chan receive]:\n" +
		"runtime.goparkunlock(...)\n" +
		"\t/go/src/runtime/proc.go:441\n" +
		"example.org/a.Start.func1()\n" +
		"\t/src/a/a.go:9 +0x25\n" +
		"created by testing.(*T).Run in goroutine 1\n" +
		"\t/go/src/testing/testing.go:1742 +0x390",
		[]string{"runtime.goparkunlock", "example.org/a.Start.func1"}, false},
	{"test", "goroutine 7 [chan receive]:\n" +
		"example.org/a.TestA(0xc000118000)\n" +
		"\t/src/a/a_test.go:9 +0x25\n" +
		"testing.tRunner(0xc000118000, 0x5a8a68)\n" +
		"\t/go/src/testing/testing.go:1690 +0xf4\n" +
		"created by testing.(*T).Run in goroutine 1\n" +
		"\t/go/src/testing/testing.go:1742 +0x390",
		[]string{"example.org/a.TestA", "testing.tRunner"}, true},
	{"signals", "goroutine 9 [syscall]:\n" +
		"os/signal.signal_recv()\n" +
		"\t/go/src/runtime/sigqueue.go:152 +0x29\n" +
		"os/signal.loop()\n" +
		"\t/go/src/os/signal/signal_unix.go:23 +0x13\n" +
		"created by os/signal.Notify.func1.1 in goroutine 6\n" +
		"\t/go/src/os/signal/signal.go:152 +0x1f",
		[]string{"os/signal.signal_recv", "os/signal.loop"}, true},
	{"thread of C", "goroutine 17 [syscall, locked to thread]:\n" +
		"runtime.goexit({})\n" +
		"\t/go/src/runtime/asm_amd64.s:1700 +0x1",
		[]string{"runtime.goexit"}, true},
	{"cleanup of unique, Go 1.24", "goroutine 6 [chan receive]:\n" +
		"runtime.unique_runtime_registerUniqueMapCleanup.func2(...)\n" +
		"\t/go/src/runtime/mgc.go:1796\n" +
		"created by unique.runtime_registerUniqueMapCleanup in goroutine 1\n" +
		"\t/go/src/runtime/mgc.go:1794 +0x85",
		[]string{"runtime.unique_runtime_registerUniqueMapCleanup.func2"}, true},
	{"ended", "goroutine 30 [runnable]:", nil, true},
}

func TestGoroutineOfSystem(t *testing.T) {
	for _, tt := range traces {
		t.Run(tt.name, func(t *testing.T) {
			g := goroutine{stack: tt.stack}
			if got := g.functions(); !reflect.DeepEqual(got, tt.functions) {
				t.Errorf("functions %q, want %q", got, tt.functions)
			}
			if got := g.ofSystem(); got != tt.system {
				t.Errorf("of the system: %t, want %t", got, tt.system)
			}
		})
	}
}

func TestNewGoroutinesInOrder(t *testing.T) {
	stack := func(id string) goroutine {
		return goroutine{id: id, stack: "goroutine " + id + " [select]:\nexample.org/a.f()\n\t/a.go:1"}
	}
	before := map[string]goroutine{"3": stack("3")}
	after := map[string]goroutine{"3": stack("3"), "20": stack("20"), "100": stack("100"), "7": stack("7")}
	var ids []string
	for _, g := range newGoroutines(before, after) {
		ids = append(ids, g.id)
	}
	if want := []string{"7", "20", "100"}; !reflect.DeepEqual(ids, want) {
		t.Errorf("got %q, want %q", ids, want)
	}
}

func TestDumpHasEveryGoroutine(t *testing.T) {
	// Enough stacks to need a second, larger buffer.
	const count = 1000
	before, stop := goroutines(), make(chan struct{})
	defer close(stop)
	for range count {
		go func() { <-stop }()
	}
	if got := len(newGoroutines(before, goroutines())); got != count {
		t.Errorf("%d new goroutines, want %d", got, count)
	}
}

func TestNewDescriptors(t *testing.T) {
	before := map[string]string{"0": "/dev/null", "5": "/tmp/a", "6": "/tmp/b", "7": "pipe:[1]"}
	after := map[string]string{
		"0":  "/dev/null",
		"5":  "/tmp/a (deleted)", // removed meanwhile
		"7":  "pipe:[2]",         // the number of one that was closed
		"10": "/tmp/c",
		"9":  "socket:[3]",
	}
	want := []descriptor{{"7", "pipe:[2]"}, {"9", "socket:[3]"}, {"10", "/tmp/c"}}
	if got := newDescriptors(before, after); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
