package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.ShowsLocal, nil) }

// The comments change with each version of Go; these have been there for long.
func TestAnswers(t *testing.T) {
	for _, c := range []struct{ dir, query, first, part string }{
		{"strings", "split substrings separator", "strings Split", "«Split»"},
		{"regexp", `"regular expression" compil* panics`, "regexp MustCompile", "«panics»"},
		{"strings", `"( NEAR : -`, "", ""},
	} {
		var out strings.Builder
		require.NoError(t, run(&out, ":memory:", c.dir, c.query))
		lines := strings.Split(out.String(), "\n")
		if c.first == "" {
			require.Regexp(t, "^0 of [1-9]", lines[0])
			continue
		}
		require.NotRegexp(t, "^0 of", lines[0])
		require.Contains(t, lines[1], c.first)
		require.Contains(t, out.String(), c.part)
	}
}
