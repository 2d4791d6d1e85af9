package driver_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

const failSchema = `
CREATE TABLE t(id INTEGER PRIMARY KEY, c TEXT UNIQUE, n NOT NULL DEFAULT 0, k CHECK (k < 10), CONSTRAINT named CHECK (n < 100));
CREATE TABLE pair(a, b, UNIQUE (a, b));
CREATE TABLE child(p INTEGER REFERENCES t(id) ON DELETE RESTRICT);
CREATE TABLE later(p INTEGER REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE hard(i INT) STRICT;
CREATE TABLE bare(k TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TRIGGER guard BEFORE DELETE ON pair BEGIN SELECT RAISE(ABORT, 'pairs are for ever'); END;
INSERT INTO t(id, c) VALUES (1, 'one'), (2, 'two'); INSERT INTO pair VALUES (1, 2); INSERT INTO child VALUES (1); INSERT INTO bare VALUES ('k')`

var failures = []struct {
	text     string
	message  string
	code     driver.Code
	extended driver.Code
	token    string // where the offset points to, "" for none
}{
	{"INSERT INTO t(c) VALUES ('one')", "UNIQUE constraint failed: t.c", driver.ErrConstraint, driver.ErrConstraintUnique, ""},
	{"INSERT INTO t(c) VALUES ('one') RETURNING id", "UNIQUE constraint failed: t.c", driver.ErrConstraint, driver.ErrConstraintUnique, ""},
	{"INSERT INTO pair VALUES (1, 2)", "UNIQUE constraint failed: pair.a, pair.b", driver.ErrConstraint, driver.ErrConstraintUnique, ""},
	{"INSERT INTO t(id) VALUES (1)", "UNIQUE constraint failed: t.id", driver.ErrConstraint, driver.ErrConstraintPrimaryKey, ""},
	{"INSERT INTO bare VALUES ('k')", "UNIQUE constraint failed: bare.k", driver.ErrConstraint, driver.ErrConstraintPrimaryKey, ""},
	{"UPDATE pair SET rowid = 1 WHERE 0; INSERT INTO pair(rowid, a) VALUES (1, 9)", "UNIQUE constraint failed: pair.rowid", driver.ErrConstraint, driver.ErrConstraintRowID, ""},
	{"INSERT INTO t(n) VALUES (NULL)", "NOT NULL constraint failed: t.n", driver.ErrConstraint, driver.ErrConstraintNotNull, ""},
	{"INSERT INTO t(k) VALUES (10)", "CHECK constraint failed: k < 10", driver.ErrConstraint, driver.ErrConstraintCheck, ""},
	{"INSERT INTO t(n) VALUES (100)", "CHECK constraint failed: named", driver.ErrConstraint, driver.ErrConstraintCheck, ""},
	{"INSERT INTO child VALUES (99)", "FOREIGN KEY constraint failed", driver.ErrConstraint, driver.ErrConstraintForeignKey, ""},
	{"INSERT INTO later VALUES (99)", "FOREIGN KEY constraint failed", driver.ErrConstraint, driver.ErrConstraintForeignKey, ""},
	{"DELETE FROM t WHERE id = 1", "FOREIGN KEY constraint failed", driver.ErrConstraint, driver.Code(1811), ""}, // RESTRICT is a trigger to SQLite
	{"DELETE FROM pair", "pairs are for ever", driver.ErrConstraint, driver.ErrConstraintTrigger, ""},
	{"INSERT INTO hard VALUES ('x')", "cannot store TEXT value in INT column hard.i", driver.ErrConstraint, driver.ErrConstraintDataType, ""},
	{"INSERT INTO t(id) VALUES ('x')", "datatype mismatch", driver.ErrMismatch, driver.ErrMismatch, ""},
	{"SELECT * FROM x", "no such table: x", driver.ErrError, driver.ErrError, ""},
	{"SELECT nope FROM t", "no such column: nope", driver.ErrError, driver.ErrError, "nope FROM t"},
	{"SELECT nope()", "no such function: nope", driver.ErrError, driver.ErrError, "nope()"},
	{"SELECT * frm t", `near "frm": syntax error`, driver.ErrError, driver.ErrError, "frm t"},
	{"SELECT * FROM t WHERE 'é' = 'x' AND frm t", `near "t": syntax error`, driver.ErrError, driver.ErrError, "t"},
	{"SELECT 1; SELECT * frm t", `near "frm": syntax error`, driver.ErrError, driver.ErrError, "frm t"},
	{"SELECT 1; -- ;\n INSERT INTO t(k) VALUES (1); SELECT nope FROM t; SELECT 2", "no such column: nope", driver.ErrError, driver.ErrError, "nope FROM t; SELECT 2"},
	{"CREATE TABLE t(a)", "table t already exists", driver.ErrError, driver.ErrError, "t(a)"},
	{"SELECT 'a", `unrecognized token: "'a"`, driver.ErrError, driver.ErrError, "'a"},
	{"SELECT (", "incomplete input", driver.ErrError, driver.ErrError, ""},
	{"DROP TABLE nope", "no such table: nope", driver.ErrError, driver.ErrError, ""},
	{"SELECT abs(-9223372036854775808)", "integer overflow", driver.ErrError, driver.ErrError, ""},
	{"COMMIT", "cannot commit - no transaction is active", driver.ErrError, driver.ErrError, ""},
	{"SELECT zeroblob(2000000000)", "string or blob too big", driver.ErrTooBig, driver.ErrTooBig, ""},
	{"ATTACH '/nowhere/x/y.db' AS y", "unable to open database: /nowhere/x/y.db", driver.ErrCantOpen, driver.ErrCantOpen, ""},
	{"PRAGMA query_only = on; DELETE FROM t", "attempt to write a readonly database", driver.ErrReadOnly, driver.ErrReadOnly, ""},
	{"SELECT load_extension('x')", "not authorized", driver.ErrError, driver.ErrError, ""},
}

// byText is what libsql-server's errors can be taken for at best, which have
// SQLite's text and no extended code.
var byText = map[driver.Code]driver.Code{
	driver.ErrConstraintPrimaryKey: driver.ErrConstraintUnique, driver.ErrConstraintRowID: driver.ErrConstraintUnique,
	driver.Code(1811): driver.ErrConstraintForeignKey, // of the one foreign key among the failures that is RESTRICT
}

// atServer tells a failure as a server tells it, false for one of a statement
// that servers refuse.
func atServer(text, message string, extended driver.Code, token string) (driver.Code, string, bool) {
	switch {
	case !dbtest.Remote():
		return extended, token, true
	case strings.HasPrefix(text, "ATTACH"), strings.Contains(text, "query_only"):
		return 0, "", false
	case message == "pairs are for ever":
		return driver.ErrConstraint, token, true // the text is the user's own
	case strings.HasSuffix(message, "syntax error"), strings.HasPrefix(message, "unrecognized token"):
		return extended, "", true // the server reads the statement itself, before SQLite does
	}
	if code, ok := byText[extended]; ok {
		extended = code
	}
	return extended, token, true
}

// outsideTx are the texts that are another failure in a transaction, or none.
var outsideTx = map[string]bool{"COMMIT": true, "INSERT INTO later VALUES (99)": true, "PRAGMA query_only = on; DELETE FROM t": true}

// Every failure has SQLite's text, both codes, and its place where SQLite knows it, however the statement is run.
func TestErrors(t *testing.T) {
	for _, f := range failures {
		extended, token, ok := atServer(f.text, f.message, f.extended, f.token)
		if !ok {
			continue
		}
		t.Run(f.text, func(t *testing.T) {
			db := memory(t, failSchema)
			runners := []runner{db, prepared{db}}
			if !outsideTx[f.text] {
				tx, err := db.Begin()
				require.NoError(t, err)
				defer tx.Rollback()
				runners = []runner{tx, prepared{tx}}
			}
			for _, r := range runners {
				check(t, execErr(r, f.text), f.message, f.code, extended, f.text, token)
				check(t, queryErr(r, f.text), f.message, f.code, extended, f.text, token)
			}
		})
	}
}

func check(t *testing.T, err error, message string, code, extended driver.Code, text, token string) {
	t.Helper()
	e := driverError(t, err)
	require.Equal(t, message, e.Message)
	require.EqualError(t, err, message)
	require.Equal(t, code, e.Code)
	require.Equal(t, extended, e.Extended)
	require.Equal(t, code, extended.Primary())
	require.ErrorIs(t, err, code)
	require.ErrorIs(t, err, extended)
	require.ErrorIs(t, fmt.Errorf("wrapped: %w", err), extended)
	require.NotErrorIs(t, err, driver.ErrCorrupt)
	require.NotErrorIs(t, err, driver.Code(0))
	if extended != code {
		require.NotErrorIs(t, err, driver.ErrBusySnapshot)
	}
	require.Equal(t, token, e.SQL)
	if token == "" {
		require.Equal(t, -1, e.Offset)
	} else {
		require.Equal(t, token, text[e.Offset:])
	}
}

// The error of INSERT … RETURNING comes from Query; one of a later row comes from the rows, after the rows before it.
func TestWhenErrorsCome(t *testing.T) {
	db := memory(t, failSchema)
	ctx := context.Background()
	for _, text := range []string{"INSERT INTO t(c) VALUES ('new'), ('one') RETURNING id", "UPDATE t SET c = 'x' RETURNING c", "SELECT abs(-9223372036854775808)", "SELECT * FROM nowhere"} {
		_, err := db.QueryContext(ctx, text)
		require.Error(t, err, text)
	}
	require.Equal(t, int64(2), value(t, db, "SELECT count(*) FROM t"))
	if dbtest.Remote() {
		return // the rows come in one answer, or none of them
	}
	for _, failing := range []int{2, 15, 16, 17, 18, 144, 145, 300} {
		rows, err := db.Query("SELECT value, abs(-9223372036854775807 - (value = ?)) FROM generate_series(1, 1000)", failing)
		require.NoError(t, err)
		got, err := rest(rows)
		require.EqualError(t, err, "integer overflow")
		require.Len(t, got, failing-1)
		require.EqualError(t, rows.Err(), "integer overflow")
		require.NoError(t, rows.Close())
	}
	// nobody asks for the row that fails
	var v int
	require.NoError(t, db.QueryRow("SELECT value, abs(-9223372036854775807 - (value = 5)) FROM generate_series(1, 1000)").Scan(&v, new(any)))
}

// A deferred foreign key fails with the COMMIT, which leaves no transaction open.
func TestDeferredForeignKey(t *testing.T) {
	db := memory(t, failSchema)
	db.SetMaxOpenConns(1)
	tx, err := db.Begin()
	require.NoError(t, err)
	exec(t, tx, "INSERT INTO later VALUES (99)")
	err = tx.Commit()
	require.ErrorIs(t, err, driver.ErrConstraintForeignKey)
	require.EqualError(t, err, "FOREIGN KEY constraint failed")
	require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM later"))
	exec(t, db, "BEGIN IMMEDIATE; COMMIT")

	tx, err = db.Begin()
	require.NoError(t, err)
	exec(t, tx, "INSERT INTO later VALUES (99); INSERT INTO t(id) VALUES (99)")
	require.NoError(t, tx.Commit())
	require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM later"))
}

// After a failure the connection is as it was.
func TestConnectionAfterFailure(t *testing.T) {
	db := memory(t, failSchema)
	db.SetMaxOpenConns(1)
	for _, f := range failures {
		if f.code == driver.ErrReadOnly {
			continue // its first statement is a setting
		}
		_ = execErr(db, f.text)
		_ = queryErr(db, f.text)
	}
	require.Equal(t, int64(1), value(t, db, "PRAGMA foreign_keys"))
	require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
	exec(t, db, "BEGIN IMMEDIATE; INSERT INTO t(c) VALUES ('after'); COMMIT")
	if !dbtest.Remote() {
		exec(t, db, "VACUUM")
	}
}

func TestErrorMethods(t *testing.T) {
	e := &driver.Error{Code: driver.ErrBusy, Extended: driver.ErrBusySnapshot, Message: "m", Hint: "h"}
	require.EqualError(t, e, "m (h)")
	require.ErrorIs(t, e, driver.ErrBusy)
	require.ErrorIs(t, e, driver.ErrBusySnapshot)
	require.NotErrorIs(t, e, driver.ErrBusyRecovery)
	require.NotErrorIs(t, e, errors.New("m"))
	require.Nil(t, errors.Unwrap(e))
	var timeout net.Error
	require.ErrorAs(t, e, &timeout)
	require.False(t, timeout.Timeout(), "to wait for a snapshot does not help")
	require.True(t, (&driver.Error{Code: driver.ErrBusy, Extended: driver.ErrBusy}).Timeout())
	require.EqualError(t, driver.ErrCommitUnknown, "whether the transaction was committed is not known")
	require.True(t, (&driver.Error{Code: driver.ErrLocked}).Temporary())
	require.False(t, (&driver.Error{Code: driver.ErrConstraint}).Temporary())
	require.False(t, (&driver.Error{Code: driver.ErrLocked}).Timeout())

	require.Equal(t, driver.ErrConstraint, driver.ErrConstraintUnique.Primary())
	require.EqualError(t, driver.ErrConstraintUnique, "UNIQUE constraint failed")
	require.EqualError(t, driver.Code(266), "disk I/O error (266)")
	require.EqualError(t, driver.Code(200), "result code 200")
	require.EqualError(t, driver.ErrUnsupported, "not supported")
	require.EqualError(t, driver.ErrTxRolledBack, "the transaction was rolled back")
}
