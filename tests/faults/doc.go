// Package faults tests what failing I/O does to a database: a workload of
// migrations, creates, updates, deletes, checkpoints and vacuums runs with a
// fault in the first, the second, the n-th call of each kind, until a run meets
// none.
//
// After each: the error has reached the caller, the same pool goes on, the file
// is intact, and every acknowledged commit is there and no part of any other.
// The faults are errors, half reads and writes, a full disk, and power cuts,
// which take what was not synced.
//
// The short form tries some of the n; LIBSQL_TEST_LONG=1 tries all.
package faults
