// Package hranaserver serves a local database over the Hrana protocol, as
// libsql-server (sqld) and Turso do: for tests of clients, and behind the
// command cmd/hranaserver.
//
// A [Server] is an http.Handler. It speaks Hrana 2 and 3 over HTTP in JSON, the
// pipeline and the cursor, and Hrana 3 in Protobuf:
// https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md.
// Where the server and the specification differ, it does as the server does,
// or, with [Options.Cloud], as Turso Cloud documents. docs/hranaserver.md of
// the module has the list.
//
// A test of a client runs it in its own process, has it fail at the request
// that it wants with [Faults], and reads from [Counters] how many requests and
// streams its work took.
//
// It shares no code of the protocol with a client of this module, so that a
// mistake in one is not mirrored in the other.
package hranaserver
