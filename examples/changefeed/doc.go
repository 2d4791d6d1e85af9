// Command changefeed keeps a cache of products in step with their table,
// whoever writes to it: this pool, another one of the process, or another
// program.
//
//	go run ./examples/changefeed
//
// It makes a database in a temporary directory, writes to it through two pools,
// and prints what the cache is told. With the path of a database, a table
// products of its own is made there, and the command goes on to print what is
// written until it is interrupted: try it with another program beside it.
//
//	go run ./examples/changefeed shop.db
package main
