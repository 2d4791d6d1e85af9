// Command vector finds sentences that are like another one: it stores a vector
// of each with an index over them, and searches by it.
//
//	go run ./examples/vector
package main
