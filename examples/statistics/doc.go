// Command statistics shows what a database and its connections count: the
// page cache of a connection, the pool, the sizes of tables, and all of it as
// text for Prometheus.
//
//	go run ./examples/statistics
package main
