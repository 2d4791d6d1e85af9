//go:build !race && !asan

package vfs_test

// instrumented: the resident set says nothing about the program.
const instrumented = false
