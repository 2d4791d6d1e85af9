// Package hrana is the engine of remote databases: libSQL's Hrana protocol over
// HTTP, versions 3 and 2, in JSON and in pure Go:
// https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md.
//
// A round trip is what costs, so a statement is one, a transaction of n
// statements at most n+1, and preparing, beginning and closing are none. Three
// rules keep that safe:
//
// A stream, which is a connection of the server's, exists only while a
// transaction is open. Outside of one every request opens a stream and closes
// it. What a program has set on its connection (PRAGMA foreign_keys) is set
// again at the head of each stream.
//
// BEGIN is held back until the first statement, and rides with it. Every
// statement of a transaction is fenced: the server runs it only if the
// transaction is still open. A statement of a transaction never runs outside.
//
// A request is repeated only when it is known that the server has not run it,
// or that it only reads. What else is lost on the way has an outcome that is
// not known, and the error says so.
package hrana
