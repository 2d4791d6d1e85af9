// Command uuid keeps a small library under UUID keys, which fill themselves,
// sort as they were made and tell their time.
//
//	go run ./examples/uuid
package main
