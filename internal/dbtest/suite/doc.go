// Suite runs the tests on both engines, and prints for each package how many
// tests pass and how many are skipped: the table of docs/remote.md.
//
//	go run ./internal/dbtest/suite . ./dialect ./tests/...
//
// LIBSQL_TEST_URL says where the databases of the second run are; without it
// each is at a server of its own in the process of the tests.
package main
