// Command profiler asks for the orders of each customer by themselves, on
// purpose, and prints what the profiler has seen, and what it advises.
//
//	go run ./examples/profiler
package main
