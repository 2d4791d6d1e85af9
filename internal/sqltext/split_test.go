package sqltext

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func split(sql string) []string {
	var all []string
	for _, st := range Split(sql) {
		all = append(all, st.Text(sql))
	}
	return all
}

func TestSplit(t *testing.T) {
	const trigger = "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END"
	tests := []struct {
		name, sql string
		want      []string
	}{
		{"nothing", "", nil},
		{"only blanks", " ;; -- a;\n/* b; */ ;", nil},
		{"one", "SELECT 1", []string{"SELECT 1"}},
		{"two", "SELECT 1;SELECT 2;", []string{"SELECT 1", "SELECT 2"}},
		{"without what is around it", "/* a */ SELECT 1 -- b", []string{"SELECT 1"}},
		{"with what is inside", "SELECT /* a */ 1 ;", []string{"SELECT /* a */ 1"}},
		{"empty ones left out", ";;SELECT 1;;;SELECT 2", []string{"SELECT 1", "SELECT 2"}},
		{"quoted semicolons", "SELECT ';', \";\", `;`, [;]; SELECT 2", []string{"SELECT ';', \";\", `;`, [;]", "SELECT 2"}},
		{"commented semicolons", "SELECT 1 -- ;\n+ 1 /* ; */; SELECT 2", []string{"SELECT 1 -- ;\n+ 1", "SELECT 2"}},
		{"semicolon in a parameter", "SELECT $a(;); SELECT 2", []string{"SELECT $a(;)", "SELECT 2"}},
		{"unfinished string", "SELECT 1; SELECT '; SELECT 3", []string{"SELECT 1", "SELECT '; SELECT 3"}},
		{"semicolon in parentheses", "SELECT (1; SELECT 2", []string{"SELECT (1", "SELECT 2"}},

		{"trigger", trigger + "; SELECT 3", []string{trigger, "SELECT 3"}},
		{"trigger at the end", trigger, []string{trigger}},
		{"temporary trigger", "create temp trigger x delete on t begin select 1;end;select 3", []string{"create temp trigger x delete on t begin select 1;end", "select 3"}},
		{"temporary written out", "CREATE TEMPORARY TRIGGER x BEGIN SELECT 1; END; SELECT 3", []string{"CREATE TEMPORARY TRIGGER x BEGIN SELECT 1; END", "SELECT 3"}},
		{"explained trigger", "EXPLAIN " + trigger + "; SELECT 3", []string{"EXPLAIN " + trigger, "SELECT 3"}},
		{"plan of a trigger", "EXPLAIN QUERY PLAN " + trigger + "; SELECT 3", []string{"EXPLAIN QUERY PLAN " + trigger, "SELECT 3"}},
		{"comments between its words", "CREATE/**/TRIGGER x BEGIN SELECT 1;/**/END--\n; SELECT 3", []string{"CREATE/**/TRIGGER x BEGIN SELECT 1;/**/END", "SELECT 3"}},
		{"CASE in a trigger", "CREATE TRIGGER x BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 2; END; SELECT 3", []string{"CREATE TRIGGER x BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 2; END", "SELECT 3"}},
		{"empty statements in a trigger", "CREATE TRIGGER x BEGIN SELECT 1;; END; SELECT 3", []string{"CREATE TRIGGER x BEGIN SELECT 1;; END", "SELECT 3"}},
		{"END that goes on", "CREATE TRIGGER x BEGIN SELECT 1; END a; END; SELECT 3", []string{"CREATE TRIGGER x BEGIN SELECT 1; END a; END", "SELECT 3"}},
		{"END quoted", "CREATE TRIGGER x BEGIN SELECT 1; \"END\"; END; SELECT 3", []string{"CREATE TRIGGER x BEGIN SELECT 1; \"END\"; END", "SELECT 3"}},
		{"trigger without END", "CREATE TRIGGER x BEGIN SELECT 1; SELECT 2", []string{"CREATE TRIGGER x BEGIN SELECT 1; SELECT 2"}},
		{"not a trigger", "CREATE TABLE trigger(a); SELECT 2", []string{"CREATE TABLE trigger(a)", "SELECT 2"}},
		{"not a trigger either", "DROP TRIGGER x; SELECT 2", []string{"DROP TRIGGER x", "SELECT 2"}},
		{"transaction", "BEGIN; SELECT 1; END; SELECT 2", []string{"BEGIN", "SELECT 1", "END", "SELECT 2"}},

		{"arguments of a virtual table", "CREATE VIRTUAL TABLE t USING m(a;(;);b); SELECT 2", []string{"CREATE VIRTUAL TABLE t USING m(a;(;);b)", "SELECT 2"}},
		{"virtual table without arguments", "CREATE VIRTUAL TABLE t USING m; SELECT 2", []string{"CREATE VIRTUAL TABLE t USING m", "SELECT 2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, split(test.sql))
		})
	}
}

func TestBlank(t *testing.T) {
	for _, sql := range []string{"", " \n", ";", "-- a", "/* a */;", "/* a", "\uFEFF"} {
		require.True(t, Blank(sql), "%q", sql)
	}
	for _, sql := range []string{"a", ";1", "/*", "\x00", " \x00", "'", "-- a\n1"} {
		require.False(t, Blank(sql), "%q", sql)
	}
}

func FuzzSplit(f *testing.F) {
	for _, sql := range texts {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		pos := 0
		for _, st := range Split(sql) {
			require.GreaterOrEqual(t, st.Start, pos)
			require.Greater(t, st.End, st.Start)
			require.True(t, Blank(sql[pos:st.Start]), "left out: %q", sql[pos:st.Start])
			require.Equal(t, []string{st.Text(sql)}, split(st.Text(sql)), "a statement is one statement")
			pos = st.End
		}
		require.True(t, Blank(sql[pos:]), "left out: %q", sql[pos:])
	})
}
