package sqltext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// show writes tokens as "Kind(text)", one after the other.
func show(sql string) string {
	var all []string
	for tok := range Tokens(sql) {
		all = append(all, tok.Kind.String()+"("+tok.Text(sql)+")")
	}
	return strings.Join(all, " ")
}

var tokenTests = []struct{ name, sql, want string }{
	{"nothing", "", ""},
	{"words", "SELECT größe_1$", "Ident(SELECT) Space( ) Ident(größe_1$)"},
	{"any byte from 0x80 on is a letter", "\x80\xff", "Ident(\x80\xff)"},
	{"blanks", " \t\n\f\r", "Space( \t\n\f\r)"},
	{"vertical tab goes on with a blank", " \v", "Space( \v)"},
	{"vertical tab starts nothing", "\v ", "Illegal(\v) Space( )"},
	{"byte order mark", "\uFEFFa", "Space(\uFEFF) Ident(a)"},
	{"byte order mark anywhere", ";\uFEFF ;", "Semicolon(;) Space(\uFEFF) Space( ) Semicolon(;)"},
	{"byte order mark in a word", "a\uFEFF", "Ident(a\uFEFF)"},
	{"half a byte order mark", "\xef\xbba", "Ident(\xef\xbba)"},
	{"NUL", "a\x00b", "Ident(a) Illegal(\x00) Ident(b)"},

	{"line comment", "--a'\nb", "Comment(--a') Space(\n) Ident(b)"},
	{"line comment to the end", "a--", "Ident(a) Comment(--)"},
	{"line comment past a carriage return", "--a\rb", "Comment(--a\rb)"},
	{"line comment up to a NUL", "--a\x00b", "Comment(--a) Illegal(\x00) Ident(b)"},
	{"block comment", "/* ' */a", "Comment(/* ' */) Ident(a)"},
	{"empty block comment", "/**/a", "Comment(/**/) Ident(a)"},
	{"star of the opening does not close", "/*/a", "Comment(/*/a)"},
	{"block comment without end", "/*a", "Comment(/*a)"},
	{"block comment up to a NUL", "/*a\x00*/", "Comment(/*a) Illegal(\x00) Op(*) Op(/)"},
	{"block comments do not nest", "/*/**/*/", "Comment(/*/**/) Op(*) Op(/)"},
	{"opening of a comment at the end", "/*", "Op(/) Op(*)"},

	{"strings", "'a' 'it''s' ''", "String('a') Space( ) String('it''s') Space( ) String('')"},
	{"backslash escapes nothing", `'\'a`, `String('\') Ident(a)`},
	{"string without end", "'a''", "Illegal('a'')"},
	{"string up to a NUL", "'a\x00'", "Illegal('a) Illegal(\x00) Illegal(')"},
	{"quoted names", "\"a\"\"b\"`c``d`[e f]", "QuotedIdent(\"a\"\"b\") QuotedIdent(`c``d`) QuotedIdent([e f])"},
	{"bracket has no escape", "[a]]", "QuotedIdent([a]) Illegal(])"},
	{"quoted names without end", "[a", "Illegal([a)"},
	{"other quotes inside", "\"'\"'\"'", "QuotedIdent(\"'\") String('\"')"},

	{"blobs", "x'00fF'X''", "Blob(x'00fF') Blob(X'')"},
	{"blob of half a byte", "x'0'a", "Illegal(x'0') Ident(a)"},
	{"blob of no digits", "x'0g'a", "Illegal(x'0g') Ident(a)"},
	{"blob without end", "x'00", "Illegal(x'00)"},
	{"no blob", "x '00' xy'00'", "Ident(x) Space( ) String('00') Space( ) Ident(xy) String('00')"},

	{"integers", "0 42", "Number(0) Space( ) Number(42)"},
	{"floats", "1.5 1. .5", "Number(1.5) Space( ) Number(1.) Space( ) Number(.5)"},
	{"exponents", "1e5 1.E+5 .5e-5", "Number(1e5) Space( ) Number(1.E+5) Space( ) Number(.5e-5)"},
	{"exponent without digits", "1e 1e+", "Illegal(1e) Space( ) Illegal(1e) Op(+)"},
	{"hexadecimal", "0x1F 0Xa", "Number(0x1F) Space( ) Number(0Xa)"},
	{"hexadecimal before a word", "0x1g", "Number(0x1) Ident(g)"},
	{"hexadecimal without digits", "0x 0xg", "Illegal(0x) Space( ) Illegal(0xg)"},
	{"number glued to a word", "12ab 1_000 1.5é", "Illegal(12ab) Space( ) Illegal(1_000) Space( ) Illegal(1.5é)"},
	{"two points", "1.2.3", "Number(1.2) Number(.3)"},
	{"dots", "a.b .", "Ident(a) Dot(.) Ident(b) Space( ) Dot(.)"},

	{"parameters", "? ?12 :a @b $c", "Param(?) Space( ) Param(?12) Space( ) Param(:a) Space( ) Param(@b) Space( ) Param($c)"},
	{"parameter and word", "?1a", "Param(?1) Ident(a)"},
	{"parameter names of digits", ":1@2$3", "Param(:1) Param(@2$3)"},
	{"Tcl names", "$a::b(c,'d) :a::(b)", "Param($a::b(c,'d)) Space( ) Param(:a::(b))"},
	{"Tcl suffix with a blank", "$a(b c)", "Illegal($a(b) Space( ) Ident(c) RParen())"},
	{"Tcl suffix without end", "$a(b", "Illegal($a(b)"},
	{"colon before a parameter", ":::a", "Param(:::a)"},
	{"signs without a name", "@ : $ # ::", "Illegal(@) Space( ) Illegal(:) Space( ) Illegal($) Space( ) Illegal(#) Space( ) Illegal(:) Illegal(:)"},
	{"register", "#1 #a", "Param(#1) Space( ) Param(#a)"},

	{"punctuation", ";(),", "Semicolon(;) LParen(() RParen()) Comma(,)"},
	{"operators", "+ - * / % & ~", "Op(+) Space( ) Op(-) Space( ) Op(*) Space( ) Op(/) Space( ) Op(%) Space( ) Op(&) Space( ) Op(~)"},
	{"longest operator", "->>->-<=<><<<", "Op(->>) Op(->) Op(-) Op(<=) Op(<>) Op(<<) Op(<)"},
	{"longest operator", ">=>>===||||!=|>", "Op(>=) Op(>>) Op(==) Op(=) Op(||) Op(||) Op(!=) Op(|) Op(>)"},
	{"not operators", "!^{}\\", "Illegal(!) Illegal(^) Illegal({) Illegal(}) Illegal(\\)"},
}

func TestTokens(t *testing.T) {
	for _, test := range tokenTests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, show(test.sql))
		})
	}
}

func TestTokensStopsWhenTold(t *testing.T) {
	for tok := range Tokens("a b") {
		require.Equal(t, Token{Kind: Ident, Start: 0, End: 1}, tok)
		break
	}
}

func TestNextAtTheEnd(t *testing.T) {
	_, ok := Next("a", 1)
	require.False(t, ok)
}

func TestTokenIs(t *testing.T) {
	is := func(sql, keyword string) bool {
		tok, _ := Next(sql, 0)
		return tok.Is(sql, keyword)
	}
	require.True(t, is("sElect", "SELECT"))
	require.False(t, is("selects", "SELECT"))
	require.False(t, is(`"select"`, "SELECT"))
	require.False(t, is("\u212AEY", "KEY"), "the Kelvin sign is no K")
}

func TestKindString(t *testing.T) {
	require.Equal(t, "Space", Space.String())
	require.Equal(t, "Illegal", Illegal.String())
	require.Equal(t, "Kind(?)", Kind(99).String())
}

// texts are the seeds of the fuzz tests: what has been got wrong by somebody.
var texts = []string{
	"", ";", "SELECT 1; SELECT 2", "SELECT ';' -- ;\n; /* ; */", "/*", "/*;", "\uFEFFSELECT 1", "a\x00b", " \v;\v",
	"CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT CASE 1 WHEN 2 THEN 3 END; SELECT 2; END; SELECT 3",
	"EXPLAIN QUERY PLAN CREATE TEMP TRIGGER x DELETE ON t BEGIN SELECT 1; END",
	"CREATE VIRTUAL TABLE t USING m(a;(?;)b); SELECT ?",
	"WITH replace(a) AS NOT MATERIALIZED (SELECT ?) INSERT INTO t SELECT * FROM replace",
	"SELECT ?, ?3, :a, @b, $c::d(e), ?1, :a, #f, #1 FROM [t]] WHERE x'0' = 0x1F",
	"PRAGMA main.user_version = - 5", "ROLLBACK TRANSACTION TO x", "INSERT INTO `t` VALUES (.5e-3, 12ab, $a(b c))",
}

func FuzzTokens(f *testing.F) {
	for _, sql := range texts {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		pos := 0
		for tok := range Tokens(sql) {
			// Plain conditions here: this runs millions of times.
			if tok.Start != pos || tok.End <= pos || tok.Kind > Illegal {
				t.Fatalf("token %v after offset %d of %q", tok, pos, sql)
			}
			if strings.Contains(tok.Text(sql), "\x00") && (tok != Token{Kind: Illegal, Start: pos, End: pos + 1}) {
				t.Fatalf("token %v of %q reaches over a NUL", tok, sql)
			}
			pos = tok.End
		}
		require.Equal(t, len(sql), pos)

		empty := Classify(sql).Verb == Empty
		require.Equal(t, empty, Blank(sql))
		require.Equal(t, empty, len(Split(sql)) == 0)
		if _, name, _, ok := ParsePragma(sql); !ok {
			require.Empty(t, name)
		}
	})
}
