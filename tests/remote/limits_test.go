package remote

import (
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Each limit below it, at it and above it: as configured, and as it is by default.
func TestLimitsToTheByte(t *testing.T) {
	padded := func(n int64) string { return emptyAnswer + strings.Repeat(" ", int(n)-len(emptyAnswer)) }
	pipeline := func(most, n int64) error {
		db := answering(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, padded(n)) },
			func(c *driver.Config) { c.Remote.MaxRow = most })
		_, err := db.Exec("DELETE FROM t")
		return err
	}
	// A row, of an answer as a whole.
	for _, most := range []int64{1000, 0} {
		limit := most
		if most == 0 {
			if !dbtest.Long() {
				break
			}
			limit = 64 << 20
		}
		require.NoError(t, pipeline(most, limit-1))
		require.NoError(t, pipeline(most, limit))
		err := pipeline(most, limit+1)
		require.ErrorContains(t, err, fmt.Sprintf("larger than %d bytes", limit))
		require.ErrorIs(t, err, driver.ErrCommitUnknown)
	}
	require.NoError(t, pipeline(math.MaxInt64, 1000))
	for _, n := range []int64{1 << 40, math.MaxInt64} { // nothing is made ready for what has only been announced
		liar := rawServer(t, func(c net.Conn, _ *http.Request, _ string) bool {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", n, emptyAnswer)
			return false
		})
		_, err := liar.pool(t, func(c *driver.Config) { c.Remote.MaxRow = math.MaxInt64 }).Exec("DELETE FROM t")
		require.ErrorIs(t, err, driver.ErrCommitUnknown)
	}

	// A row of a cursor: a line, with its end.
	cursor := func(most int64, n int) error {
		line := func(n int) string {
			const begin, end = `{"type":"row","row":[{"type":"integer","value":"1"},{"type":"text","value":"`, "\"}]}\n"
			return begin + strings.Repeat("x", n-len(begin)-len(end)) + end
		}
		db := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/pipeline") {
				io.WriteString(w, `{"baton":null,"results":[{"type":"error","error":{"message":"","code":"RESPONSE_TOO_LARGE"}},{"type":"ok","response":{"type":"close"}}]}`)
				return
			}
			io.WriteString(w, `{"baton":null}`+"\n"+`{"type":"step_begin","step":0,"cols":[{"name":"x"},{"name":"name"}]}`+"\n"+line(n)+
				`{"type":"step_end","affected_row_count":0}`+"\n"+`{"type":"replication_index"}`+"\n")
		}, func(c *driver.Config) { c.Remote.MaxRow = most })
		rows, err := db.Query("SELECT 1")
		if err == nil {
			_, err = readAll(t, rows, 10)
		}
		return err
	}
	for _, most := range []int64{1000, 200_000} { // within a buffer, and larger than it
		require.NoError(t, cursor(most, int(most)-1))
		require.NoError(t, cursor(most, int(most)))
		require.ErrorContains(t, cursor(most, int(most)+1), fmt.Sprintf("larger than %d bytes", most))
	}
	require.NoError(t, cursor(math.MaxInt64, 1000))

	// The text of an error: what is behind the limit is not read.
	text := func(most, n int64) error {
		const begin, end = `{"message":"`, `"}`
		body := begin + strings.Repeat("x", int(n)-len(begin)-len(end)) + end
		db := answering(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, body)
		}, func(c *driver.Config) { c.Remote.MaxErrorBody = most })
		_, err := db.Exec("DELETE FROM t")
		return err
	}
	for _, most := range []int64{1000, 0} {
		limit := most
		if most == 0 {
			limit = 64 << 10
		}
		for n := limit - 1; n <= limit; n++ {
			require.Contains(t, text(most, n).Error(), "Bad Request: xxx")
			require.Len(t, text(most, n).Error(), int(n)-len(`{"message":""}`)+len("the server answered 400 Bad Request: "))
		}
		require.Contains(t, text(most, limit+1).Error(), `Bad Request: {"message":"xxx`, "its beginning, as it stands")
	}

	// A header.
	header := func(most int64, n int) error {
		whole := ok(emptyAnswer)
		head, _, _ := strings.Cut(whole, "\r\n\r\n")
		long := head + "\r\nX: " + strings.Repeat("x", n-len(head)-len("\r\nX: \r\n\r\n")) + "\r\n\r\n" + emptyAnswer
		srv := rawServer(t, func(c net.Conn, _ *http.Request, _ string) bool {
			io.WriteString(c, long)
			return false
		})
		_, err := srv.pool(t, func(c *driver.Config) { c.Remote.MaxHeader = most }).Exec("DELETE FROM t")
		return err
	}
	for _, most := range []int64{10_000, 0} {
		limit := int(most)
		if most == 0 {
			limit = 1 << 20
		}
		require.NoError(t, header(most, limit-1))
		require.NoError(t, header(most, limit))
		require.ErrorIs(t, header(most, limit+1), driver.ErrCommitUnknown)
	}
}
