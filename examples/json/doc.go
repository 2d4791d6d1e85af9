// Command json keeps documents in columns, asks for what is in them, changes
// them where they are, and finds them by an index.
//
//	go run ./examples/json
package main
