package leaktest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// config is what the options set.
type config struct {
	patience    time.Duration
	goroutines  []string // prefixes of functions
	descriptors []string // prefixes of targets
}

// Option changes what [Main] and [Check] take for a leak.
type Option func(*config)

// Within sets how long a check waits for what is about to end by itself. The
// default is 30 seconds. A check without leaks does not wait.
func Within(d time.Duration) Option {
	return func(c *config) { c.patience = d }
}

// IgnoreGoroutine lets goroutines be whose stack has a function that begins with
// prefix, an import path and perhaps a name: net/http.(*persistConn).
func IgnoreGoroutine(prefix string) Option {
	return func(c *config) { c.goroutines = append(c.goroutines, prefix) }
}

// IgnoreDescriptor lets descriptors be whose target, as /proc/self/fd has it,
// begins with prefix: /dev/urandom, anon_inode:[eventpoll].
func IgnoreDescriptor(prefix string) Option {
	return func(c *config) { c.descriptors = append(c.descriptors, prefix) }
}

// Main runs the tests of m and exits with their code, or with 1 if they passed but
// left something behind, which it then prints to standard error: the stack of each
// new goroutine, the number and target of each new descriptor.
//
// It checks nothing after tests that failed, for a test that stops half way leaves
// things behind without that being the fault to find, nor in the worker processes
// of the fuzzer, which the fuzzer ends as it likes.
func Main(m *testing.M, opts ...Option) {
	before := take(opts)
	code := m.Run()
	if code != 0 || isFuzzWorker() {
		os.Exit(code)
	}
	if leaks := before.wait(); leaks != "" {
		fmt.Fprint(os.Stderr, "leaktest: the tests passed, but left behind:\n\n", leaks)
		code = 1
	}
	os.Exit(code)
}

// Check makes t fail if it ends with goroutines or descriptors that were not there
// when Check was called. Call it first in a test: cleanups run in reverse order, so
// the check comes after those of everything the test opens. A test that failed
// already is not checked.
//
// Goroutines of other tests count as well, as nothing tells whose they are. So
// neither t nor what runs beside it may be parallel; parallel subtests of t are
// fine, since they end before its cleanups.
func Check(t testing.TB, opts ...Option) {
	t.Helper()
	before := take(opts)
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		if leaks := before.wait(); leaks != "" {
			t.Errorf("leaktest: the test left behind:\n\n%s", leaks)
		}
	})
}

// snapshot is what existed when a test began.
type snapshot struct {
	config
	goroutines  map[string]goroutine
	descriptors map[string]string
}

func take(opts []Option) *snapshot {
	s := &snapshot{config: config{patience: 30 * time.Second}}
	for _, opt := range opts {
		opt(&s.config)
	}
	startPoller()
	s.goroutines = goroutines()
	s.descriptors = descriptors()
	return s
}

// wait describes what is there and was not, and is not to be ignored, once it is
// gone (then "") or patience is over.
func (s *snapshot) wait() string {
	deadline := time.Now().Add(s.patience)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		leaks := s.leaks()
		if leaks == "" || !time.Now().Before(deadline) {
			return leaks
		}
		time.Sleep(pause)
	}
}

func (s *snapshot) leaks() string {
	var b strings.Builder
	for _, g := range newGoroutines(s.goroutines, goroutines()) {
		if !g.runsAny(s.config.goroutines) {
			fmt.Fprintf(&b, "%s\n\n", g.stack)
		}
	}
	profiles := profileTargets()
	for _, d := range newDescriptors(s.descriptors, descriptors()) {
		if !hasAnyPrefix(d.target, s.config.descriptors) && !slices.Contains(profiles, d.target) {
			fmt.Fprintf(&b, "descriptor %s: %s\n", d.number, d.target)
		}
	}
	return b.String()
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}
