// Command fulltext searches the documentation of the Go standard library: it
// reads the comments of all exported names into a table with a full-text index,
// and prints the best answers to what you type.
//
//	go run ./examples/fulltext 'wait for goroutines'
//	go run ./examples/fulltext '"regular expression" compil*'
package main
