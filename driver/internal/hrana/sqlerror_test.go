package hrana

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// The same failure, as each kind of server tells it.
func TestServerErrors(t *testing.T) {
	for _, tt := range []struct {
		in      serverError
		code    int
		message string
		offset  int
	}{
		{serverError{"SQLite error: UNIQUE constraint failed: t.u", "SQLITE_CONSTRAINT", ""}, 2067, "UNIQUE constraint failed: t.u", -1},
		{serverError{"error executing a request on the primary: UNIQUE constraint failed: t.u", "PROXY_ERROR", ""}, 2067, "UNIQUE constraint failed: t.u", -1},
		{serverError{"error executing a request on the primary: SQLite error: no such table: x", "PROXY_ERROR", ""}, 1, "no such table: x", -1},
		{serverError{"UNIQUE constraint failed: t.id", "SQLITE_CONSTRAINT", "SQLITE_CONSTRAINT_PRIMARYKEY"}, 1555, "UNIQUE constraint failed: t.id", -1},
		{serverError{"UNIQUE constraint failed: t.id", "SQLITE_CONSTRAINT_PRIMARYKEY", ""}, 1555, "UNIQUE constraint failed: t.id", -1},
		{serverError{"SQLite error: NOT NULL constraint failed: t.n", "SQLITE_CONSTRAINT", ""}, 1299, "NOT NULL constraint failed: t.n", -1},
		{serverError{"SQLite error: CHECK constraint failed: c > 0", "SQLITE_CONSTRAINT", ""}, 275, "CHECK constraint failed: c > 0", -1},
		{serverError{"SQLite error: FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT", ""}, 787, "FOREIGN KEY constraint failed", -1},
		{serverError{"SQLite error: cannot store TEXT value in INTEGER column s.i", "SQLITE_CONSTRAINT", ""}, 3091, "cannot store TEXT value in INTEGER column s.i", -1},
		{serverError{"SQLite error: from a trigger", "SQLITE_CONSTRAINT", ""}, 19, "from a trigger", -1},
		{serverError{"SQLite error: no such table: x", "SQLITE_UNKNOWN", ""}, 1, "no such table: x", -1},
		{serverError{"no such table: x", "SQLITE_ERROR", "SQLITE_ERROR"}, 1, "no such table: x", -1},
		{serverError{"SQL input error: no such column: a (at offset 7)", "SQL_INPUT_ERROR", ""}, 1, "no such column: a", 7},
		{serverError{"SQL input error: odd (at offset x)", "SQL_INPUT_ERROR", ""}, 1, "odd (at offset x)", -1},
		{serverError{"SQL string could not be parsed: near \"x\": syntax error", "SQL_PARSE_ERROR", ""}, 1, "near \"x\": syntax error", -1},
		{serverError{"SQLite error: database is locked", "SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT"}, 517, "database is locked", -1},
		{serverError{"Transaction timed out", "TRANSACTION_TIMEOUT", ""}, 5, "Transaction timed out", -1},
		{serverError{"Response is too large", "RESPONSE_TOO_LARGE", ""}, 18, "Response is too large", -1},
		{serverError{"Operation was blocked: quota", "BLOCKED", ""}, 23, "Operation was blocked: quota", -1},
		{serverError{"what?", "NEW_CODE", ""}, 1, "what?", -1},
		{serverError{}, 1, "the server reported an error without a text", -1},
	} {
		e := tt.in.engineError()
		require.Equal(t, tt.code, e.Code, tt.in)
		require.Equal(t, tt.message, e.Message, tt.in)
		require.Equal(t, tt.offset, e.Offset, tt.in)
		require.Equal(t, tt.in.code, e.Server)
	}
	refused := serverError{"SQL string could not be parsed: unsupported statement: VACUUM", "SQL_PARSE_ERROR", ""}
	require.ErrorIs(t, refused.engineError(), engine.Unsupported)
}

// No line of a cursor crashes the reader.
func FuzzEntry(f *testing.F) {
	f.Add("{}\x00")
	f.Add(`{"type":"step_begin","step":0,"cols":[{"name":"a","decltype":null}]}`)
	f.Add(`{"type":"row","row":[{"type":"integer","value":"1"},{"type":"null"}]}`)
	f.Add(`{"type":"step_end","affected_row_count":1,"last_insert_rowid":5}`)
	f.Add(`{"type":"step_error","step":0,"error":{"message":"m","code":"c"}}`)
	f.Fuzz(func(t *testing.T, line string) {
		if _, err := new(jsonWire).entry([]byte(line), nil); err == nil {
			require.True(t, json.Valid([]byte(line)), line)
		} else {
			require.ErrorIs(t, err, errMalformed)
		}
	})
}
