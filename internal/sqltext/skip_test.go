package sqltext

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// byTokens is nextStatement without a short cut.
func byTokens(sql string, pos int) (st Statement, next int, ok bool) {
	tok, ok := firstToken(sql, pos)
	if !ok {
		return Statement{}, len(sql), false
	}
	st = Statement{Start: tok.Start}
	var scope scope
	for ok && !scope.ends(sql, tok) {
		st.End = tok.End
		tok, ok = nextSolid(sql, tok.End)
	}
	if !ok {
		return st, len(sql), true
	}
	return st, tok.End, true
}

func sameStatements(t *testing.T, sql string) {
	t.Helper()
	for pos := 0; ; {
		want, wantNext, wantOK := byTokens(sql, pos)
		got, next, ok := nextStatement(sql, pos)
		require.Equal(t, want, got, "%q from %d", sql, pos)
		require.Equal(t, wantNext, next, "%q from %d", sql, pos)
		require.Equal(t, wantOK, ok)
		if !ok {
			return
		}
		pos = next
	}
}

// pieces are what the short cut could go wrong at.
var pieces = []string{
	"SELECT", "x", "x'00'", "X'zz'", "'a;b'", "'it''s'", `"q;"`, "`b;`", "[c;]", "--;\n", "/*;*/", "/", "*", "-", "->", "->>", ";", " ", "\v", "\t", "\n",
	"$a", "a$b", "$a(;)", "1$b", ":n", "@m", "#t", "?1", "1e-5", ".5", "0xff", "\ufeff", "é", "ï", "\xef", "(", ")", ",", "<>", "||", "!", "\x01", "_",
}

// The short cut through a statement finds the same ends as all of its tokens.
func TestSkipFindsTheSameStatements(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		sql := ""
		for range r.IntN(12) {
			sql += pieces[r.IntN(len(pieces))]
		}
		sameStatements(t, sql)
	}
}

func FuzzSkip(f *testing.F) {
	for _, p := range pieces {
		f.Add("SELECT 1" + p + "; SELECT " + p + "a;b")
	}
	f.Fuzz(func(t *testing.T, sql string) { sameStatements(t, sql) })
}
