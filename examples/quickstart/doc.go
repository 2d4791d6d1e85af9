// Quickstart reads the source of Go's standard library into a libSQL database,
// through GORM, and asks the database seven questions about it:
//
//	go run ./examples/quickstart
//
// A second run brings the database up to date with the source.
//
// With -db http://127.0.0.1:8080 the database is at a server (docs/remote.md), and
// the answers are the same.
//
// Two of the questions are about vectors and JSON: the comment of each function
// is stored as a vector with an index, its signature as a document. Most of the
// time of the first run goes into that index.
//
// With -profile 127.0.0.1:8080 it reads all again with the profiler, whose pages
// can be looked at meanwhile and afterwards, and shows what an index does that
// the profiler advises: profile.go.
//
// What this teaches about GORM is in model.go (the tables), load.go (writing)
// and questions.go (reading); embed.go makes a vector of a text. The rest is Go.
package main
