// Command batch sets a database up from embedded SQL files, imports a script
// as one, and shows what becomes of a script that fails.
//
//	go run ./examples/batch
package main
