package leaktest

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// descriptorDir is where Linux lists the descriptors of the process, each a
// symbolic link from its number to its target: a path, or a kind and an inode as
// in socket:[4711].
const descriptorDir = "/proc/self/fd"

// descriptor is an open file, socket, pipe or the like.
type descriptor struct {
	number string
	target string
}

// descriptors returns the targets of the open descriptors by number, or nothing
// where the system does not list them.
func descriptors() map[string]string {
	// An error is a system without /proc: then both lists that are compared are
	// empty. One half way means no more than a shorter list.
	entries, _ := os.ReadDir(descriptorDir)
	open := make(map[string]string, len(entries))
	for _, entry := range entries {
		// The descriptor that read the directory is in the list, but closed by now.
		if target, err := os.Readlink(filepath.Join(descriptorDir, entry.Name())); err == nil {
			open[entry.Name()] = target
		}
	}
	return open
}

// newDescriptors returns those of after that are not in before, in the order of
// their numbers. A number with another target is a new descriptor; Linux marks the
// target of one whose file was removed meanwhile, which makes it no new one.
func newDescriptors(before, after map[string]string) []descriptor {
	const removed = " (deleted)"
	var fresh []descriptor
	for number, target := range after {
		old, found := before[number]
		if !found || strings.TrimSuffix(old, removed) != strings.TrimSuffix(target, removed) {
			fresh = append(fresh, descriptor{number: number, target: target})
		}
	}
	slices.SortFunc(fresh, func(a, b descriptor) int {
		// Decimal numbers, so the shorter is the smaller.
		return cmp.Or(cmp.Compare(len(a.number), len(b.number)), cmp.Compare(a.number, b.number))
	})
	return fresh
}

// startPoller makes the runtime open the descriptors with which it waits for all
// others. It does so at the first pipe or socket and keeps them, which would look
// like a leak of the test that comes first.
func startPoller() {
	r, w, err := os.Pipe()
	if err != nil {
		return // the tests will have the same trouble, and say so
	}
	_ = r.Close()
	_ = w.Close()
}
