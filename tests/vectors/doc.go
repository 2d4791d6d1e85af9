// Package vectors measures vector indexes on real text: the comments of the Go
// standard library. Its test makes the table of docs/vectors.md:
//
//	LIBSQL_TEST_LONG=1 go test -timeout 3h -v -run TestMeasure ./tests/vectors
package vectors
