// Package libsql is a GORM dialect for libSQL, the open fork of SQLite.
//
//	db, err := gorm.Open(libsql.Open("app.db"), &gorm.Config{})
//
// opens (and creates, if need be) a database file with foreign keys on, a
// busy timeout of five seconds, transactions that take their turn to write,
// and WAL for a file that is new. ":memory:" is one database for the whole
// pool of one Open. Every setting has a DSN parameter: see
// [github.com/gorm-libsql/libsql/driver.ParseDSN].
//
// The package stands where gorm.io/driver/sqlite stood: the same data types,
// the same files, DSN parameters of the same names.
//
// Column types for JSON, UUIDs, exact decimals and vectors are in package
// [github.com/gorm-libsql/libsql/types], PRAGMAs in
// [github.com/gorm-libsql/libsql/pragma]. What else GORM has no name for is here
// ([ExecBatch], [ExecFS], [One], [Describe], [Transaction], [Retry], [Vacuum])
// or a method of the driver's connection, which [Conn] hands out, inside
// transactions too.
//
// Local databases need cgo and run on linux/amd64, linux/arm64 (glibc) and
// darwin/arm64. Elsewhere everything compiles, and opening one is an error
// that wraps [ErrUnsupported].
package libsql
