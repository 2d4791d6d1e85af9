package leaktest

import (
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// goroutine is one goroutine of a stack dump, from "goroutine 7 [select]:" to the
// line of the go statement that made it.
type goroutine struct {
	id    string
	stack string
}

// goroutines returns every goroutine but the system's, by id. Go never gives an id
// twice in a process, so an id that is not in an earlier dump is a new goroutine.
func goroutines() map[string]goroutine {
	all := make(map[string]goroutine)
	for stack := range strings.SplitSeq(dump(), "\n\n") {
		stack = strings.TrimSpace(stack)
		header, found := strings.CutPrefix(stack, "goroutine ")
		if !found {
			continue
		}
		id, _, _ := strings.Cut(header, " ")
		all[id] = goroutine{id: id, stack: stack}
	}
	return all
}

// dump returns the stacks of all goroutines, in the format of a panic.
func dump() string {
	// Stack fills what it gets and cuts the rest off, so a full buffer was too small.
	for size := 1 << 16; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return string(buf[:n])
		}
	}
}

// newGoroutines returns those of after that are not in before and that tests
// start, in the order they were made.
func newGoroutines(before, after map[string]goroutine) []goroutine {
	var fresh []goroutine
	for id, g := range after {
		if _, old := before[id]; !old && !g.ofSystem() {
			fresh = append(fresh, g)
		}
	}
	slices.SortFunc(fresh, func(a, b goroutine) int {
		x, _ := strconv.Atoi(a.id)
		y, _ := strconv.Atoi(b.id)
		return x - y
	})
	return fresh
}

// functions returns the names of the functions on the stack, the innermost first.
// The line that names the creator is not among them.
func (g goroutine) functions() []string {
	var names []string
	for line := range strings.SplitSeq(g.stack, "\n") {
		// A frame is a line with the call, "f(0x1, ...)", and one with its place,
		// which begins with a tab. A name can have parentheses too, "(*T).f", so the
		// arguments begin at the last.
		end := strings.LastIndexByte(line, '(')
		if end <= 0 || line[0] == '\t' || strings.HasPrefix(line, "goroutine ") ||
			strings.HasPrefix(line, "created by ") {
			continue
		}
		names = append(names, line[:end])
	}
	return names
}

// ofSystem reports whether the first function of the goroutine, the outermost on
// its stack, shows that no test started it: package testing runs tests, the runtime
// runs finalizers and the threads of C, os/signal delivers signals until the end of
// the process once a test has asked for one.
func (g goroutine) ofSystem() bool {
	names := g.functions()
	if len(names) == 0 {
		return true // it ended while the dump was made
	}
	first := names[len(names)-1]
	return hasAnyPrefix(first, []string{"testing.", "runtime.", "os/signal."})
}

// runsAny reports whether a function on the stack begins with one of the prefixes.
func (g goroutine) runsAny(prefixes []string) bool {
	return slices.ContainsFunc(g.functions(), func(name string) bool {
		return hasAnyPrefix(name, prefixes)
	})
}
