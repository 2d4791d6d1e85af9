// Package local is the engine that runs libSQL inside the process: database
// files, encrypted ones too, and databases in memory.
//
// It calls the C API of the libSQL library that comes with go-libsql, which
// exists for linux (amd64, arm64) and darwin (arm64) with cgo; elsewhere
// [New] returns an error that says so.
//
// The parts, from the outside in: engine (a database), conn (a connection),
// stmt and cache (its compiled statements), rows (blocks of values), gate
// (who writes next), watch (contexts); local.c packs arguments and rows so
// that a statement takes one crossing into C, memvfs.c holds databases in
// memory.
package local
