// Package leaks tests that what is closed is gone: goroutines, descriptors,
// threads and memory, of the C library as well, after thousands of databases
// and after gigabytes of data.
//
// Move more data with
//
//	go test ./tests/leaks -move=10240 -run Move
//
// Memory is the resident set of the process, which the kernel counts. Under
// the race detector and the address sanitizer, which keep memory back, it is
// printed and not judged.
package leaks
