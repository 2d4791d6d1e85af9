package sqltext

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParams(t *testing.T) {
	tests := []struct {
		sql  string
		want []string
	}{
		{"", nil},
		{"SELECT 1", nil},
		{"SELECT ?, ?", []string{"", ""}},
		{"SELECT ?3", []string{"", "", "?3"}},
		{"SELECT ?2, ?", []string{"", "?2", ""}},
		{"SELECT ?, ?1", []string{"?1"}},
		{"SELECT ?1, ?01", []string{"?1"}},
		{"SELECT ?01, ?1", []string{"?01"}},
		{"SELECT :a, @b, $c, #d", []string{":a", "@b", "$c", "#d"}},
		{"SELECT :a, ?, :a, :b", []string{":a", "", ":b"}},
		{"SELECT :a, :A, @a", []string{":a", ":A", "@a"}},
		{"SELECT :a, ?1, ?3, :b", []string{":a", "", "?3", ":b"}},
		{"SELECT ?2, ?1, :a, ?1", []string{"?1", "?2", ":a"}},
		{"SELECT $a::b(c), $a::b", []string{"$a::b(c)", "$a::b"}},
		{"SELECT ?000000000000000000000000000001", []string{"?000000000000000000000000000001"}},
		{"SELECT '?', \"?\", [?], `?` /* ? */ -- ?\n, ?", []string{""}},
		{";; SELECT ?; SELECT ?, ?", []string{""}},
		{"CREATE TRIGGER x BEGIN SELECT ?; SELECT ?; END; SELECT ?", []string{"", ""}},
		{"SELECT #1, ?", []string{""}},
		{"CREATE VIRTUAL TABLE t USING m(?, :a)", nil},
		{"EXPLAIN CREATE VIRTUAL TABLE t USING m(?)", nil},
		{"CREATE TABLE t AS SELECT ?", []string{""}},
	}
	for _, test := range tests {
		t.Run(test.sql, func(t *testing.T) {
			names, err := Params(test.sql)
			require.NoError(t, err)
			require.Equal(t, test.want, names)
		})
	}
}

func TestParamsRange(t *testing.T) {
	names, err := Params("SELECT ?32766")
	require.NoError(t, err)
	require.Len(t, names, MaxParam)
	require.Equal(t, "?32766", names[MaxParam-1])

	for _, sql := range []string{"SELECT ?0", "SELECT ?32767", "SELECT ?99999999999999999999999999"} {
		_, err = Params(sql)
		require.ErrorContains(t, err, "must be between ?1 and ?32766", sql)
	}
	for _, sql := range []string{"SELECT ?32766, ?", "SELECT ?32766, :a", "SELECT ?" + strings.Repeat(",?", MaxParam)} {
		_, err = Params(sql)
		require.ErrorContains(t, err, "too many SQL variables")
	}
}

func FuzzParams(f *testing.F) {
	for _, sql := range texts {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		names, err := Params(sql)
		again, errAgain := Params(";/* ? */" + sql)
		require.Equal(t, names, again)
		require.Equal(t, err, errAgain)
		if err != nil {
			require.Empty(t, names)
			return
		}
		require.LessOrEqual(t, len(names), MaxParam)
		if len(names) == 0 {
			return
		}
		first := Split(sql)[0].Text(sql)
		again, err = Params(first)
		require.NoError(t, err)
		require.Equal(t, names, again, "of the first statement only")
		for i, name := range names {
			if name == "" {
				continue
			}
			require.Equal(t, "Param("+name+")", show(name))
			if name[0] == '?' {
				index, err := strconv.Atoi(name[1:])
				require.NoError(t, err)
				require.Equal(t, i+1, index)
			}
			require.Contains(t, first, name)
		}
	})
}
