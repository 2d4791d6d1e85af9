package ddl_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

func TestMentions(t *testing.T) {
	for _, test := range []struct {
		sql, name string
		want      bool
	}{
		{"a > 0", "a", true},
		{"A > 0", "a", true},
		{"a > 0", "A", true},
		{"ab > 0", "a", false},
		{"a_b > 0", "a", false},
		{"b > a", "a", true},
		{"b>a", "a", true},
		{"(a)", "a", true},
		{"lower(a)", "a", true},
		{"a(b)", "a", true}, // a function, which cannot be told
		{"t.a", "a", true},
		{"a.b", "a", true},
		{`"a" > 0`, "a", true},
		{"`A` > 0", "a", true},
		{"[a] > 0", "a", true},
		{"b = 'a'", "a", true}, // which may be a name
		{"b = 'a b'", "a", false},
		{"b = 'it''s a'", "a", false},
		{"b = 'it''s'", "it's", true},
		{`"say ""a""" > 0`, `say "a"`, true},
		{`"a b" > 0`, "a b", true},
		{`"a b" > 0`, "a", false},
		{"b -- a", "a", false},
		{"b /* a */", "a", false},
		{"b = x'aa'", "aa", false},
		{"b = :a", "a", false},
		{"größe > 0", "größe", true},
		{"GRößE > 0", "größe", true},
		{"GRÖßE > 0", "größe", false},
		{"größe > 0", "gr", false},
		{"UNIQUE (a)", "unique", true},
		{"b1 > 1", "1", false},
		{"'a", "a", false}, // no string
		{"", "a", false},
		{"", "", false},
		{`""`, "", true},
	} {
		require.Equal(t, test.want, ddl.Mentions(test.sql, test.name), "%q in %q", test.name, test.sql)
	}
}

func TestMentionsColumn(t *testing.T) {
	for _, test := range []struct {
		sql  string
		want bool
	}{
		{"a > 0", true}, {"b>A", true}, {"(a)", true}, {"lower(a)", true}, {"t.a", true}, {`"a" > 0`, true}, {"`A` > 0", true}, {"[a] > 0", true},
		{"a", true}, {"a IN (1)", true}, {"a COLLATE b", true}, {"CAST(a AS b)", true}, {"CAST(b AS c) = a", true}, {"CAST(b AS decimal(1, 2)) = a", true}, {"a(b, a)", true}, {"a.a", true},
		{"ab > 0", false}, {"a(b)", false}, {"a /* f */ (b)", false}, {"a.b", false}, {"b = 'a'", false}, {"b COLLATE a", false}, {"b COLLATE \"a\"", false}, {"CAST(b AS a)", false},
		{"b -- a", false}, {"x'0a'", false}, {":a", false}, {"", false},
	} {
		require.Equal(t, test.want, ddl.MentionsColumn(test.sql, "a"), "%q", test.sql)
	}
}
