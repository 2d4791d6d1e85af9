// Command hranaserver serves a database file over the Hrana protocol, as
// libsql-server and Turso do, to every client that speaks it over HTTP:
//
//	go run ./cmd/hranaserver -db app.db -addr 127.0.0.1:8080
//
// It is made for tests and for small services on one machine. docs/hranaserver.md
// has its flags, what it does, and what it does not.
package main
