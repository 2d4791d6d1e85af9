// Package writers tests many writers of one database: goroutines of a process,
// several processes, and who waits for whom how long.
package writers
