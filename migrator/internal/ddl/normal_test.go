package ddl_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// TestNormal: all the texts of a line have the form of the first one.
func TestNormal(t *testing.T) {
	for _, test := range []struct {
		want  string
		texts []string
	}{
		{"", []string{"", " \n", "-- x", "/* x */", ";", " ; -- x\n;"}},
		{"a", []string{"a", "A", " a ", "(a)", "( ( A ) )", "`a`", "\"A\"", "[a]", "([a])", "a -- x", "/*x*/a/*y", "a;"}},
		{"a > 0", []string{"a > 0", "a>0", "A\n>\t0", "(a > 0)", "((\"a\">0))", "a /* > 1 */ > -- 2\n 0", "a > 0 ; ;"}},
		{"a + 1", []string{"a+1", "(a + 1)"}},
		{"( a ) + 1", []string{"(a) + 1", "((a)+1)"}},
		{"( a ) + ( b )", []string{"(a) + (b)", "((a) + (b))", "(`A`)+([B])"}},
		{"length ( name ) > 3", []string{"length(name) > 3", "LENGTH(`name`)>3", "(length ( \"NAME\" ) > 3)"}},
		{"'It''s (A)'", []string{"'It''s (A)'", "('It''s (A)')"}},
		{"'a' || 'B'", []string{"'a'||'B'"}},
		{"x'00ff'", []string{"x'00ff'", "X'00FF'", "(x'00fF')"}},
		{"1.50e3", []string{"1.50e3"}},
		{"0xFF", []string{"0xFF"}},
		{"a = ?1", []string{"a = ?1", "(A=?1)"}},
		{"a b", []string{"\"a b\"", "[A B]"}},
		{"größe", []string{"größe", "GRößE", "`größe`"}},
		{"grÖße", []string{"GRÖßE"}},
		{"it`s", []string{"`it``s`", "\"it`s\"", "[IT`S]"}},
		{"a in ( 1 , 2 )", []string{"a IN (1,2)", "(A in(1 , 2))"}},
		{"( 1 , 2 )", []string{"(1, 2)", "((1,2))"}},
		{"( select 1 )", []string{"(SELECT 1)", "(((select 1)))"}},
		{"( values ( 1 ) )", []string{"(VALUES (1))", "((VALUES(1)))"}},
		{"( with x as ( select 1 ) select * from x )", []string{"(WITH x AS (SELECT 1) SELECT * FROM x)"}},
		{"select 1", []string{"SELECT 1", "select 1;"}},
		{"f ( 1 , 2 )", []string{"F(1,2)", "(f(1, 2))"}},
		{"coalesce ( a , ( b ) )", []string{"coalesce(a, (b))"}},
		{"( )", []string{"()", "( )", "(())"}},
		{"( a", []string{"(a", "( A"}},
		{"a )", []string{"a)"}},
		{") (", []string{")("}},
		{"create index x on t ( a )", []string{"CREATE INDEX x ON t (a)", "create index `x`\nON [t](\"a\");"}},
	} {
		for _, text := range test.texts {
			t.Run(text, func(t *testing.T) { require.Equal(t, test.want, ddl.Normal(text)) })
		}
	}
}

// TestNormalDiffers: what must not have one form.
func TestNormalDiffers(t *testing.T) {
	for _, test := range [][2]string{
		{"a", "b"},
		{"'a'", "'A'"},
		{"'a'", "a"},
		{"a > 1", "a > 1.0"},
		{"a + b", "a+-b"},
		{"a || b", "a | b"},
		{"(a, b)", "a"},
		{"(SELECT 1)", "1"},
		{"(a + b) * c", "a + b * c"},
		{"a - -b", "a --b"},
		{"ä", "Ä"},
		{"?1", "?2"},
	} {
		require.NotEqual(t, ddl.Normal(test[0]), ddl.Normal(test[1]), "%q and %q", test[0], test[1])
	}
}

// TestNormalOfRandomTexts: blanks, comments and parentheses around the whole do
// not count.
func TestNormalOfRandomTexts(t *testing.T) {
	g, rounds := random(t)
	texts := slices.Concat(someExprs, someDefaults, []string{"a AND b OR NOT c", "abs(A) BETWEEN 1 AND 2"})
	for range rounds {
		text := pick(g.r, texts)
		for _, form := range []string{text, "(" + text + ")", "((" + text + "));"} {
			g.out.Reset()
			g.emit(form)
			g.out.WriteString(pick(g.r, someBlanks))
			require.Equal(t, ddl.Normal(text), ddl.Normal(g.out.String()), "%q", g.out.String())
		}
	}
}
