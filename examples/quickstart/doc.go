// Quickstart reads the source of Go's standard library into a libSQL database,
// through GORM, and asks the database five questions about it:
//
//	go run ./examples/quickstart
//
// A second run brings the database up to date with the source.
//
// What this teaches about GORM is in model.go (the tables), load.go (writing)
// and questions.go (reading). The rest is Go.
package main
