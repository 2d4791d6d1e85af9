// Package dbtest is what the tests of databases share: a TestMain, databases of
// every kind for one body, short questions to a database, and child processes.
//
// The tests run in a short version. LIBSQL_TEST_LONG=1 in the environment asks
// for the long one (see [Long]), which some tests have: kills by the hundreds,
// minutes of random cancellations, gigabytes through one process.
//
// LIBSQL_TEST_VFS=go runs the tests of a package on a VFS in Go that passes
// every call on to the operating system's.
package dbtest
