// Command backup copies a database while a program writes to it, loses all of
// its rows, and restores them while the pool stays open. It then sends a snapshot
// through a compressor into a database in memory.
//
//	go run ./examples/backup
package main
