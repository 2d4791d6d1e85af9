// Package leaktest checks that a test leaves nothing behind: goroutines and open
// descriptors are back to what they were before it.
//
// The usual place is TestMain, which covers all tests of a package together:
//
//	func TestMain(m *testing.M) { leaktest.Main(m) }
//
// and [Check] narrows it to one test. [RSS] is for tests that watch memory, which
// has no exact way back and so needs bounds of the test's own.
//
// What exists at the start is not a leak. A library that makes something once per
// process and keeps it, such as a thread pool with its event descriptors, belongs
// to the start as well: use the library once before calling [Main], or name what
// it keeps with [IgnoreGoroutine] and [IgnoreDescriptor].
//
// Goroutines are compared everywhere. Descriptors are compared where the system
// lists them in /proc/self/fd, which is Linux; elsewhere that half is left out.
// Nothing here runs the garbage collector, because a descriptor that only a
// finalizer closes has leaked.
package leaktest
