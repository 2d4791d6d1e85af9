package driver_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Query gives a result set for each statement that returns rows and runs the others on the way.
func TestResultSets(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a)")
	eachWay(t, db, func(t *testing.T, r runner) {
		exec(t, r, "DELETE FROM t")
		rows := query(t, r, "INSERT INTO t VALUES (?); SELECT a FROM t; INSERT INTO t VALUES (?); DELETE FROM t WHERE a = ?; "+
			"SELECT a, ? AS x FROM t WHERE 0; VALUES (1), (2); INSERT INTO t VALUES ('last') RETURNING a AS got; UPDATE t SET a = a || '!'", 1, 2, 1, "x")
		sets := []struct {
			cols []string
			want [][]any
		}{
			{[]string{"a"}, [][]any{{int64(1)}}},
			{[]string{"a", "x"}, nil},
			{[]string{"column1"}, [][]any{{int64(1)}, {int64(2)}}},
			{[]string{"got"}, [][]any{{"last"}}},
		}
		for i, set := range sets {
			cols, err := rows.Columns()
			require.NoError(t, err)
			require.Equal(t, set.cols, cols)
			got, err := rest(rows)
			require.NoError(t, err)
			require.Equal(t, set.want, got)
			require.Equal(t, i < len(sets)-1, rows.NextResultSet())
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		require.False(t, rows.NextResultSet())
		require.Equal(t, [][]any{{"2!"}, {"last!"}}, all(t, r, "SELECT a FROM t"), "the last statement ran")
	})
}

// A result set need not be read to its end before the next.
func TestResultSetsSkipped(t *testing.T) {
	db := memory(t)
	rows := query(t, db, "SELECT value FROM generate_series(1, 1000); SELECT 'second'; SELECT value FROM generate_series(1, 1000); SELECT 'last'")
	require.True(t, rows.Next())
	require.True(t, rows.NextResultSet())
	require.True(t, rows.NextResultSet())
	for range 200 {
		require.True(t, rows.Next())
	}
	require.True(t, rows.NextResultSet())
	got, err := rest(rows)
	require.NoError(t, err)
	require.Equal(t, [][]any{{"last"}}, got)
	require.False(t, rows.NextResultSet())
}

// The statements behind the last result set that is read run on Close, to their ends, and Close returns their error.
func TestCloseRunsTheRest(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a UNIQUE)")
	rows := query(t, db, "SELECT 1; INSERT INTO t VALUES (1); SELECT value FROM generate_series(1, 500); INSERT INTO t SELECT value FROM generate_series(2, 300) RETURNING a; INSERT INTO t VALUES (?)", "end")
	require.True(t, rows.Next())
	if !dbtest.Remote() { // where all of a text runs at once
		require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"))
	}
	require.NoError(t, rows.Close())
	require.Equal(t, int64(301), value(t, db, "SELECT count(*) FROM t"))

	if dbtest.Remote() {
		_, err := db.Query("SELECT 1; SELEKT 2; DELETE FROM t")
		require.ErrorContains(t, err, `near "SELEKT": syntax error`, "a server reads the whole text first")
		require.Equal(t, int64(301), value(t, db, "SELECT count(*) FROM t"))
	}

	rows = query(t, db, "SELECT 1; DELETE FROM t WHERE a = 1; INSERT INTO t VALUES (2); DELETE FROM t")
	err := rows.Close()
	require.ErrorIs(t, err, driver.ErrConstraintUnique)
	require.Equal(t, int64(300), value(t, db, "SELECT count(*) FROM t"), "what is behind a failure does not run")

	rows = query(t, db, "SELECT 1; SELECT abs(value - 9223372036854775807 - 21) FROM generate_series(1, 40); DELETE FROM t")
	require.ErrorContains(t, rows.Close(), "integer overflow", "a SELECT that nobody reads runs as well")
	require.Equal(t, int64(300), value(t, db, "SELECT count(*) FROM t"))

	if dbtest.Remote() {
		return
	}
	rows = query(t, db, "SELECT 1; SELEKT 2; DELETE FROM t")
	require.ErrorContains(t, rows.Close(), `near "SELEKT": syntax error`)
	require.Equal(t, int64(300), value(t, db, "SELECT count(*) FROM t"))
}

// A failure ends the whole text, whether it comes at once, with a later row or with a later statement.
func TestResultSetsFail(t *testing.T) {
	const overflow = "SELECT abs(-9223372036854775807 - (value = 40)) FROM generate_series(1, 60)"
	db := memory(t, "CREATE TABLE t(a UNIQUE)", "INSERT INTO t VALUES (1)")
	for text, want := range map[string]struct {
		err  string
		rows int
	}{
		"INSERT INTO t VALUES (1); DELETE FROM t":                                {"UNIQUE constraint failed: t.a", 0},
		"SELECT 1; INSERT INTO t VALUES (1) RETURNING a; DELETE FROM t":          {"UNIQUE constraint failed: t.a", 1},
		"SELECT 1; INSERT INTO t VALUES (1); SELECT 2; DELETE FROM t":            {"UNIQUE constraint failed: t.a", 1},
		overflow + "; DELETE FROM t":                                             {"integer overflow", 39},
		strings.Replace(overflow, "40", "17", 1) + "; DELETE FROM t":             {"integer overflow", 16}, // the first row of a block
		"SELECT abs(-9223372036854775808); DELETE FROM t":                        {"integer overflow", 0},
		"VALUES (1), (2), (abs(-9223372036854775808)), (4); DELETE FROM t":       {"integer overflow", 2},
		"SELECT 1; " + overflow + "; DELETE FROM t":                              {"integer overflow", 40},
		"SELECT 1; SELECT * FROM nowhere; DELETE FROM t":                         {"no such table: nowhere", 1},
		"SELECT 1; SELECT 2 FROM WHERE 1; DELETE FROM t":                         {`near "WHERE": syntax error`, 1},
		"SELECT nocolumn; DELETE FROM t":                                         {"no such column: nocolumn", 0},
		"CREATE TABLE u(a); SELECT abs(-9223372036854775808); DROP TABLE u":      {"integer overflow", 0},
		"SELECT 1 FROM t; DROP TABLE IF EXISTS u; DROP TABLE u; DELETE FROM t":   {"no such table: u", 1},
		"SELECT 1; SELECT 2 WHERE 0; SELECT abs(-9223372036854775808)":           {"integer overflow", 1},
		"SELECT 1; PRAGMA user_version = 3; INSERT INTO t VALUES (2), (1)":       {"UNIQUE constraint failed: t.a", 1},
		"SELECT value FROM generate_series(1, 500); SELECT * FROM nowhere":       {"no such table: nowhere", 500},
		"SELECT 1; SELECT zeroblob(100000), abs(-9223372036854775808 + (1 = 0))": {"integer overflow", 1},
	} {
		sets, err := queryAll(db, text)
		require.ErrorContains(t, err, want.err, text)
		n := 0
		for _, set := range sets {
			n += len(set)
		}
		if dbtest.Remote() { // the rows of a statement come in one answer, or none of them
			require.LessOrEqual(t, n, want.rows, text)
		} else {
			require.Equal(t, want.rows, n, text)
		}
		require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM t"), text)
	}
}

// The connection is free again when the last result set has been read, without Close, although blanks and comments are left.
func TestRowsReadToTheEndAreClosed(t *testing.T) {
	db := memory(t)
	db.SetMaxOpenConns(1)
	for text, sets := range map[string]int{
		"SELECT 1": 1, "SELECT 1;": 1, "SELECT 1; -- x": 1, "SELECT 1; SELECT 2 /* x */ ; -- x": 2, "SELECT 1; SELECT 2; ;; SELECT 3 ;\n;": 3, "-- nothing": 1,
	} {
		rows, err := db.Query(text)
		require.NoError(t, err)
		for set := range sets {
			require.Equal(t, set > 0, set > 0 && rows.NextResultSet())
			for rows.Next() {
			}
		}
		require.NoError(t, db.PingContext(withTimeout(t)), text)
		require.NoError(t, rows.Err())
	}
}

func withTimeout(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// Several rows can be open on one connection, of one text too.
func TestRowsInterleaved(t *testing.T) {
	c := pin(t, memory(t))
	const text = "SELECT value, ?2 || value FROM generate_series(1, ?1)"
	outer := query(t, c, text, 40, "o")
	for i := 1; outer.Next(); i++ {
		var n int
		var s string
		require.NoError(t, outer.Scan(&n, &s))
		require.Equal(t, i, n)
		inner := query(t, c, text, 40, "i")
		for j := 1; j <= i; j++ {
			require.True(t, inner.Next())
			require.NoError(t, inner.Scan(&n, &s))
			require.Equal(t, j, n)
		}
		require.NoError(t, inner.Close())
		require.Equal(t, "x", value(t, c, "SELECT 'x'"))
	}
	require.NoError(t, outer.Err())
}
