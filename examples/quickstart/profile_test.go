package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The pages are there while it works, the advice comes before the index, and
// the index makes a difference. The end of the context is no error.
func TestProfile(t *testing.T) {
	o := newShop(t)
	var many strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&many, "func F%04d() {}\n", i)
	}
	writeTree(t, o.src, map[string]string{"many/many.go": "package many\n\n" + many.String()})
	output(t, o)
	o.profile = "127.0.0.1:0"
	for range 2 { // the second run begins without the index, too
		ctx, cancel := context.WithCancel(t.Context())
		var out strings.Builder
		var first sync.Once
		visit := func(page string) string {
			url := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(out.String())
			answer, err := http.Get(url + page)
			require.NoError(t, err)
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, http.StatusOK, answer.StatusCode)
			return string(body)
		}
		write := writerFunc(func(b []byte) (int, error) {
			out.Write(b)
			first.Do(func() { require.Contains(t, visit(""), "libSQL profiler") })
			if strings.Contains(string(b), "Ctrl-C") {
				require.Contains(t, visit("advice"), "</html>")
				require.Contains(t, visit("tables"), "idx_functions_name")
				cancel()
			}
			return len(b), nil
		})
		require.NoError(t, run(ctx, o, nil, write, io.Discard))
		http.DefaultClient.CloseIdleConnections()
		text := out.String()
		require.Contains(t, text, "9 files (0 new, 9 changed, 0 removed), 3,006 functions")
		require.Regexp(t, `(?s)150,300 rows read in .*CREATE INDEX .idx_functions_name. ON .functions.\(.name.\)
   before: SCAN functions
   after:  SEARCH functions USING INDEX idx_functions_name \(name=\?\)

The same with the index: 1\d\d rows read in .*The database is`, text)
	}
	checkFile(t, o.db)
}

// Pages for this machine alone.
func TestProfileRefuses(t *testing.T) {
	o := newShop(t)
	for _, addr := range []string{"8080", ":8080", "0.0.0.0:8080", "192.0.2.1:80", "example.org:80", "[::]:80"} {
		o.profile = addr
		require.ErrorContains(t, run(t.Context(), o, nil, io.Discard, io.Discard), "-profile", addr)
	}
}
