package remote

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

func gzipped(parts ...string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for _, p := range parts {
		io.WriteString(w, p)
	}
	w.Close()
	return b.String()
}

// Answers that are no HTTP, or not what they say they are. What a write has done
// is then not known, and none of them takes longer than its context or more
// memory than the limits allow.
func TestHostileAnswers(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	bomb := gzipped(strings.Repeat(strings.Repeat(" ", 1<<20), 64), emptyAnswer)
	short := len(emptyAnswer) - 1
	for name, tt := range map[string]struct {
		answer string
		stays  bool   // the server keeps the connection open behind it
		want   string // "": it is a good answer
	}{
		"nothing":                         {"", false, "the server cannot be reached"},
		"no HTTP":                         {"SSH-2.0-OpenSSH_9.6\r\n", false, "the server cannot be reached"},
		"half a status line":              {"HTTP/1.1 20", false, "the server cannot be reached"},
		"a status that is none":           {"HTTP/1.1 abc OK\r\n\r\n", false, "the server cannot be reached"},
		"half a header":                   {head, false, "the server cannot be reached"},
		"two lengths":                     {head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", false, "the server cannot be reached"},
		"a negative length":               {head + "Content-Length: -1\r\n\r\n", false, "the server cannot be reached"},
		"no length":                       {head + "\r\n" + emptyAnswer, false, ""},
		"a length that is too long":       {head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(emptyAnswer)+1, emptyAnswer), false, "the answer cannot be read"},
		"a length that is too short":      {head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", short, emptyAnswer[:short]), false, "malformed answer"},
		"a hint before it":                {"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok(emptyAnswer), false, ""},
		"too many hints":                  {strings.Repeat("HTTP/1.1 102 Processing\r\nX: "+strings.Repeat("x", 1<<14)+"\r\n\r\n", 100) + ok(emptyAnswer), false, "the server cannot be reached"},
		"another protocol":                {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", true, "the server answered 101"},
		"a chunk that is none":            {head + "Transfer-Encoding: chunked\r\n\r\nhello\r\n", false, "the answer cannot be read"},
		"a chunk that is cut":             {head + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"ba", false, "the answer cannot be read"},
		"chunks without an end":           {head + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n", len(emptyAnswer), emptyAnswer), false, "the answer cannot be read"},
		"a trailer":                       {head + "Trailer: X\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\nX: y\r\n\r\n", len(emptyAnswer), emptyAnswer), false, ""},
		"a trailer of 2 MiB":              {head + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\nX: %s\r\n\r\n", len(emptyAnswer), emptyAnswer, strings.Repeat("x", 2<<20)), false, "the answer cannot be read"},
		"gzip":                            {head + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(gzipped(emptyAnswer)), gzipped(emptyAnswer)), false, ""},
		"gzip that is none":               {head + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(emptyAnswer), emptyAnswer), false, "the answer cannot be read"},
		"gzip that is cut":                {head + "Content-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + gzipped(emptyAnswer)[:30], false, "the answer cannot be read"},
		"a bomb":                          {head + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(bomb), bomb), false, "larger than 1048576 bytes"},
		"a compression that is not known": {head + fmt.Sprintf("Content-Encoding: zstd\r\nContent-Length: %d\r\n\r\n%s", 4, "\x28\xb5\x2f\xfd"), false, "malformed answer"},
		"a page":                          {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<html>sign in</html>", false, "malformed answer: it is no object"},
		"no body":                         {"HTTP/1.1 204 No Content\r\n\r\n", false, "the server answered 204 No Content"},
		"not modified":                    {"HTTP/1.1 304 Not Modified\r\n\r\n", false, "the server answered 304 Not Modified"},
		"a header of 2 MiB":               {head + "X: " + strings.Repeat("x", 2<<20) + "\r\n\r\n", false, "the server cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := rawServer(t, func(c net.Conn, _ *http.Request, _ string) bool {
				io.WriteString(c, tt.answer)
				return tt.stays
			})
			db := srv.pool(t, func(c *driver.Config) { c.Remote.MaxRow = 1 << 20; c.AuthToken = "sesame" })
			ctx, cancel := context.WithTimeout(bg, time.Minute)
			defer cancel()
			_, err := db.ExecContext(ctx, "DELETE FROM t")
			if tt.want == "" {
				require.NoError(t, err)
				require.EqualValues(t, 1, srv.requests.Load())
				return
			}
			require.NoError(t, ctx.Err())
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "sesame")
			if !strings.Contains(tt.want, "the server answered") {
				require.ErrorIs(t, err, driver.ErrCommitUnknown)
			}
			require.EqualValues(t, 1, srv.requests.Load(), "a write is sent once")
		})
	}
}

// An answer that ends too early, wherever that is, by FIN or by RST: a write is
// sent once and its outcome not known, and what reads is asked again, once.
func TestAnswerThatIsCutAnywhere(t *testing.T) {
	whole := ok(emptyAnswer)
	for _, byReset := range []bool{false, true} {
		var end atomic.Int32
		srv := rawServer(t, func(c net.Conn, _ *http.Request, _ string) bool {
			io.WriteString(c, whole[:end.Load()])
			if byReset {
				reset(c)
			}
			return false
		})
		db := srv.pool(t)
		const step = 7
		for at := 0; at < len(whole); at += step {
			end.Store(int32(at))
			before := srv.requests.Load()
			_, err := db.Exec("DELETE FROM t")
			require.ErrorIs(t, err, driver.ErrCommitUnknown, at)
			require.ErrorIs(t, err, driver.ErrIO, at)
			require.EqualValues(t, 1, srv.requests.Load()-before, at)
			if at%(4*step) != 0 {
				continue // a pause is part of the second try
			}
			before = srv.requests.Load()
			_, err = db.Exec("SELECT 1")
			require.Error(t, err, at)
			require.NotErrorIs(t, err, driver.ErrCommitUnknown, at)
			require.EqualValues(t, 2, srv.requests.Load()-before, at)
		}
	}
}

// A server that never comes to an end: the context does.
func TestAnswerWithoutEnd(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	for name, begin := range map[string]string{
		"no answer":           "",
		"half a header":       head,
		"no body":             head + "Content-Length: 10\r\n\r\n",
		"chunks":              head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"the body of a 500":   "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"another protocol":    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
		"a hint, and no more": "HTTP/1.1 103 Early Hints\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			arrived := make(chan struct{}, 10)
			srv := rawServer(t, func(c net.Conn, _ *http.Request, _ string) bool {
				io.WriteString(c, begin)
				arrived <- struct{}{}
				return true
			})
			db := srv.pool(t)
			cause := errors.New("had enough")
			for _, q := range []string{"DELETE FROM t", "SELECT 1"} {
				ctx, cancel := context.WithCancelCause(bg)
				done := make(chan error, 1)
				go func() {
					_, err := db.ExecContext(ctx, q)
					done <- err
				}()
				<-arrived
				cancel(cause)
				select {
				case err := <-done:
					if name == "another protocol" {
						require.Error(t, err)
						continue // it is known at once to be no answer
					}
					require.ErrorIs(t, err, context.Canceled, q)
					require.ErrorIs(t, err, cause)
					require.Equal(t, q != "SELECT 1", errors.Is(err, driver.ErrCommitUnknown), "%s: %v", q, err)
				case <-time.After(time.Minute):
					t.Fatal("it does not return")
				}
			}
		})
	}
}

// A server that takes longer than it may: what reads is asked again, once.
func TestHeaderTimeout(t *testing.T) {
	srv := rawServer(t, func(net.Conn, *http.Request, string) bool { return true })
	db := srv.pool(t, func(c *driver.Config) { c.Remote.HeaderTimeout = 10 * time.Millisecond })
	_, err := db.Exec("DELETE FROM t")
	require.ErrorIs(t, err, driver.ErrCommitUnknown)
	require.LessOrEqual(t, srv.requests.Load(), int32(1), "it may be slower than that to read it")
	_, err = db.Exec("SELECT 1")
	require.ErrorIs(t, err, driver.ErrIO)
	require.NotErrorIs(t, err, driver.ErrCommitUnknown)
	require.LessOrEqual(t, srv.requests.Load(), int32(3))
}
