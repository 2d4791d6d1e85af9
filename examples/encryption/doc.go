// Command encryption keeps a database whose file nobody can read without the
// key: it is opened by a key from a function, copied, and given another key.
//
//	go run ./examples/encryption
package main
