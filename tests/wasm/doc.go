// Package wasm runs a program on a remote database as WebAssembly, where
// net/http is the Fetch API of the host.
package wasm
