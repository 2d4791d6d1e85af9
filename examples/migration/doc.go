// Command migration migrates a database that another tool made: it shows the
// plan before, runs it, and shows that nothing is gone.
//
//	go run ./examples/migration
package main
