package sqltext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnquote(t *testing.T) {
	tests := []struct{ ident, want string }{
		{`users`, `users`},
		{`"users"`, `users`},
		{`"a ""b"" 'c'"`, `a "b" 'c'`},
		{"`a``b`", "a`b"},
		{`[a b]`, `a b`},
		{`[a""b]`, `a""b`},
		{`'it''s'`, `it's`},
		{`""`, ``},
		{``, ``},
		{`"`, `"`},
		{`"a`, `"a`},
		{`"a"b`, `"a"b`},
		{`[a]]`, `[a]]`},
		{`"a" "b"`, `"a" "b"`},
		{`x'00'`, `x'00'`},
	}
	for _, test := range tests {
		require.Equal(t, test.want, Unquote(test.ident), test.ident)
	}
}

func TestQuote(t *testing.T) {
	require.Equal(t, `"a ""b"" 'c'"`, QuoteIdent(`a "b" 'c'`))
	require.Equal(t, `""`, QuoteIdent(""))
	require.Equal(t, `'it''s "so"'`, QuoteString(`it's "so"`))
	require.Equal(t, `''`, QuoteString(""))
}

func FuzzQuote(f *testing.F) {
	for _, text := range []string{"", "a", `"`, `'`, `]["''""`, "a;--", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for quoted, kind := range map[string]Kind{QuoteIdent(text): QuotedIdent, QuoteString(text): String} {
			tok, _ := Next(quoted, 0)
			if strings.Contains(text, "\x00") {
				require.Equal(t, Illegal, tok.Kind)
				continue
			}
			require.Equal(t, Token{Kind: kind, End: len(quoted)}, tok, "one token")
			require.Equal(t, text, Unquote(quoted))
		}
	})
}
