package remote

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// Answers are compressed, but not those of cursors; requests never are.
func TestCompression(t *testing.T) {
	asked := map[bool][]string{}
	k := serve(t, hranaserver.Options{MaxResponse: 300_000, Observe: func(r *http.Request, _ []byte) {
		cursor := strings.HasSuffix(r.URL.Path, "/cursor")
		asked[cursor] = append(asked[cursor], r.Header.Get("Accept-Encoding"))
		require.Empty(t, r.Header.Get("Content-Encoding"))
	}}, func(c *driver.Config) { c.Remote.RoundTripper = nil })
	for _, all := range []int{3000, 30_000} {
		rows, err := k.db.Query(series, all)
		require.NoError(t, err)
		n, err := readAll(t, rows, all)
		require.NoError(t, err)
		require.Equal(t, all, n)
	}
	require.Equal(t, []string{"gzip", "gzip", "gzip"}, asked[false]) // two queries, and the end of the cursor's stream
	require.Equal(t, []string{"identity"}, asked[true])
}
