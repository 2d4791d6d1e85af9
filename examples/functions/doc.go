// Command functions asks a database of cities with functions that are written in
// Go: a distance, a median, a moving mean, an order of names, and a table that
// an iterator makes.
//
//	go run ./examples/functions
package main
