//go:build !race && !asan

package leaks

// instrumented: the resident set says nothing about the program.
const instrumented = false
