// Package dbtest is what the tests of databases share: a TestMain, databases of
// every kind for one body, short questions to a database, and child processes.
//
// The tests run in a short version. LIBSQL_TEST_LONG=1 in the environment asks
// for the long one (see [Long]), which some tests have: kills by the hundreds,
// minutes of random cancellations, gigabytes through one process.
//
// LIBSQL_TEST_VFS=go runs the tests of a package on a VFS in Go that passes
// every call on to the operating system's.
//
// LIBSQL_TEST_URL runs them on databases at a server. The word hranaserver
// starts a server of its own for each database, in the process of the tests. A
// URL is that of a server with one database, which must be empty, and
// LIBSQL_TEST_TOKEN its token; the tests have it one after the other, and drop
// what they make. A test asks for its database with [DSN], [Memory] or [Each],
// or says with [LocalOnly] why it makes no sense there.
package dbtest
