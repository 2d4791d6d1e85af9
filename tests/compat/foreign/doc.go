// Package foreign runs the dialect on modernc.org/sqlite, a driver in pure
// Go: the answer for platforms that libSQL has no library for. Its tests run
// with CGO_ENABLED=0, too.
package foreign
