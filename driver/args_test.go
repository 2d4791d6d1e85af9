package driver_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

func named(name string, v any) sql.NamedArg { return sql.Named(name, v) }

// Arguments find their parameters: by order, by number, by name, and mixed.
func TestArguments(t *testing.T) {
	cases := []struct {
		text string
		args []any
		want []any
	}{
		{"SELECT ?, ?", []any{"a", "b"}, []any{"a", "b"}},
		{"SELECT ?1, ?1", []any{"a"}, []any{"a", "a"}},
		{"SELECT ?2, ?1", []any{"a", "b"}, []any{"b", "a"}},
		{"SELECT ?3", []any{"a", "b", "c"}, []any{"c"}},
		{"SELECT ?, ?1, ?", []any{"a", "b"}, []any{"a", "a", "b"}},
		{"SELECT ?2, ?", []any{"a", "b", "c"}, []any{"b", "c"}},
		{"SELECT :a, @b, $c", []any{named("a", 1), named("b", 2), named("c", 3)}, []any{int64(1), int64(2), int64(3)}},
		{"SELECT :a, @b, $c", []any{named("c", 3), named("a", 1), named("b", 2)}, []any{int64(1), int64(2), int64(3)}},
		{"SELECT :a - :b", []any{named("b", 10), named("a", 1)}, []any{int64(-9)}},
		{"SELECT :a, :a, @a, $a", []any{named("a", 1)}, []any{int64(1), int64(1), int64(1), int64(1)}},
		{"SELECT :a, :b, :a", []any{"x", "y"}, []any{"x", "y", "x"}}, // names without named arguments count in order
		{"SELECT :a, ?", []any{"x", "y"}, []any{"x", "y"}},
		{"SELECT ?, :a, ?", []any{named("a", "n"), "x", "y"}, []any{"x", "n", "y"}},
		{"SELECT ?, :a, ?", []any{"x", named("a", "n"), "y"}, []any{"x", "n", "y"}},
		{"SELECT ?, :a, ?1", []any{"x", named("a", "n")}, []any{"x", "n", "x"}},
		{"SELECT $a::b(c)", []any{"x"}, []any{"x"}},
		{"SELECT ':a', \"?\", [@b], `$c` FROM (SELECT 1 AS \"?\", 2 AS \"@b\", 3 AS \"$c\") WHERE 1 = ? /* ? */ -- ?", []any{1}, []any{":a", int64(1), int64(2), int64(3)}},
		{"SELECT :größe", []any{named("größe", 1)}, []any{int64(1)}},
	}
	eachWay(t, memory(t), func(t *testing.T, r runner) {
		for _, c := range cases {
			require.Equal(t, [][]any{c.want}, all(t, r, c.text, c.args...), c.text)
			require.Equal(t, [][]any{c.want}, all(t, r, c.text, c.args...), "again: %s", c.text)
		}
	})
}

// A call whose arguments do not fit is an error that says why, and nothing of it ran.
func TestArgumentsThatDoNotFit(t *testing.T) {
	cases := []struct {
		text string
		args []any
		want string
	}{
		{"INSERT INTO t VALUES (1, 2)", []any{1}, "1 arguments for 0 parameters"},
		{"INSERT INTO t VALUES (?, ?)", nil, "0 arguments for 2 parameters"},
		{"INSERT INTO t VALUES (?, ?)", []any{1}, "1 arguments for 2 parameters"},
		{"INSERT INTO t VALUES (?, ?)", []any{1, 2, 3}, "3 arguments for 2 parameters"},
		{"INSERT INTO t VALUES (?1, ?3)", []any{1, 2}, "2 arguments for 3 parameters"},
		{"INSERT INTO t VALUES (:a, :b)", []any{named("a", 1)}, `no argument is named "b", for parameter :b`},
		{"INSERT INTO t VALUES (:a, 1)", []any{named("a", 1), named("b", 2)}, `no parameter is named "b"`},
		{"INSERT INTO t VALUES (:a, 1)", []any{named("A", 1)}, `no argument is named "a"`},
		{"INSERT INTO t VALUES (:a, ?)", []any{named("a", 1)}, "no argument for parameter 2"},
		{"INSERT INTO t VALUES (:a, 1)", []any{named("a", 1), 2}, "1 arguments without a parameter"},
		{"INSERT INTO t VALUES (:a, 1)", []any{named("a", 1), named("a", 2)}, `two arguments are named "a"`},
		{"", []any{1}, "1 arguments for 0 parameters"},
		{"-- ?", []any{1}, "1 arguments for 0 parameters"},
		{"INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (?, ?)", []any{1}, "1 arguments for 2 parameters"},
		{"INSERT INTO t VALUES (?, 1); INSERT INTO t VALUES (?, ?)", []any{1, 2, 3, 4}, "4 arguments for 3 parameters"},
		{"INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (:a, :b)", []any{named("a", 1)}, `no argument is named "b", for parameter :b`},
		{"INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (:a, 1)", []any{named("a", 1), named("b", 1)}, `no parameter is named "b"`},
		{"INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (:a, ?)", []any{named("a", 1)}, "0 arguments for 1 parameters"},
		{"CREATE TABLE u(a); INSERT INTO t VALUES (?, 1)", nil, "0 arguments for 1 parameters"},
		{"CREATE TABLE u(a)", []any{1}, "1 arguments for 0 parameters"},
		{"PRAGMA foreign_keys = off; INSERT INTO t VALUES (?, 1)", nil, "0 arguments for 1 parameters"},
		{"DROP TABLE t; INSERT INTO t VALUES (?, 1)", []any{1, 2}, "2 arguments for 1 parameters"},
	}
	db := memory(t, "CREATE TABLE t(a, b)")
	eachWay(t, db, func(t *testing.T, r runner) {
		for _, c := range cases {
			require.ErrorContains(t, execErr(r, c.text, c.args...), "libsql: "+c.want, c.text)
			require.ErrorContains(t, queryErr(r, c.text, c.args...), "libsql: "+c.want, c.text)
		}
		require.Equal(t, int64(0), value(t, r, "SELECT count(*) FROM t"))
		require.Equal(t, int64(1), value(t, r, "PRAGMA foreign_keys"))
		require.Equal(t, int64(1), value(t, r, "SELECT count(*) FROM sqlite_schema"))
	})
}

// The most parameters that SQLite takes, and one more.
func TestManyArguments(t *testing.T) {
	const most = 32766
	args := make([]any, most)
	for i := range args {
		args[i] = i
	}
	text := "SELECT count(*), sum(column1) FROM (VALUES (?)" + repeat(", (?)", most-1) + ")"
	db := memory(t)
	require.Equal(t, [][]any{{int64(most), int64(most * (most - 1) / 2)}}, all(t, db, text, args...))
	require.ErrorContains(t, queryErr(db, text+", (SELECT ?)", append(args, 1)...), "too many SQL variables")
}
