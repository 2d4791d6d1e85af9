package remote

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// answering is a pool on a server that a test makes up.
func answering(t *testing.T, handler http.HandlerFunc, change ...func(*driver.Config)) *sql.DB {
	t.Helper()
	srv := httptest.NewServer(handler)
	cfg, err := driver.ParseDSN(srv.URL)
	require.NoError(t, err)
	for _, f := range change {
		f(cfg)
	}
	c, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(c)
	t.Cleanup(func() {
		db.Close()
		srv.Close()
	})
	return db
}

// Errors that are the whole answer, in every shape that servers and proxies have.
func TestErrorBodies(t *testing.T) {
	for _, tt := range []struct {
		status    int
		typ, body string
		want      string
		server    string
		code      driver.Code
	}{
		{400, "application/json", `{"message":"no","code":"SOME_CODE"}`, "the server answered 400 Bad Request: no", "SOME_CODE", driver.ErrError},
		{500, "application/json", `{"error":"Internal Error: x"}`, "the server answered 500 Internal Server Error: Internal Error: x", "HTTP 500", driver.ErrIO},
		{400, "text/plain; charset=utf-8", "plain\ntext\x00", "the server answered 400 Bad Request: plain text", "HTTP 400", driver.ErrError},
		{502, "text/html", "<html>secret page</html>", "the server answered 502 Bad Gateway", "HTTP 502", driver.ErrIO},
		{503, "", "", "the server answered 503 Service Unavailable", "HTTP 503", driver.ErrIO},
		{401, "application/json", `{"error":"Unauthorized: x"}`, "the server answered 401 Unauthorized: Unauthorized: x", "HTTP 401", driver.ErrAuth},
		{403, "application/json", `{"error":{"message":"no","code":"FORBIDDEN"}}`, "the server answered 403 Forbidden: no", "FORBIDDEN", driver.ErrAuth},
		{404, "application/json", "{\"error\":\"Namespace `x` doesn't exist\"}", "the server answered 404 Not Found: Namespace `x` doesn't exist", "HTTP 404", driver.ErrCantOpen},
		{413, "", "", "the server answered 413 Request Entity Too Large", "HTTP 413", driver.ErrTooBig},
		{302, "", "", "the server answered 302 Found: the server redirects to http://elsewhere.example, which is not followed", "HTTP 302", driver.ErrIO},
		{299, "", strings.Repeat("x", 2000), "the server answered 299: " + strings.Repeat("x", 500), "HTTP 299", driver.ErrIO},
	} {
		var calls atomic.Int32
		db := answering(t, func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			w.Header().Set("Content-Type", tt.typ)
			w.Header().Set("Location", "http://elsewhere.example/path?token=secret")
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		}, func(c *driver.Config) { c.AuthToken = "sesame" })
		_, err := db.Exec("DELETE FROM t")
		var e *driver.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, tt.want, e.Message)
		require.Equal(t, tt.server, e.Server)
		require.Equal(t, tt.code, e.Code)
		require.NotContains(t, err.Error(), "sesame")
		require.NotContains(t, err.Error(), "secret")
		want := int32(1)
		if tt.status == 404 {
			want = 2 // version 2 might be there
		}
		require.Equal(t, want, calls.Load(), tt.status)
	}
}

const emptyAnswer = `{"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"batch","result":{"step_results":[{"cols":[],"rows":[],"affected_row_count":0}],"step_errors":[null]}}},{"type":"ok","response":{"type":"close"}}]}`

// An answer has limits, so that a server cannot fill the memory.
func TestLimits(t *testing.T) {
	huge := func(w http.ResponseWriter) {
		for range 1 << 12 {
			if _, err := io.WriteString(w, strings.Repeat(" ", 1<<12)); err != nil {
				return
			}
		}
	}
	db := answering(t, func(w http.ResponseWriter, r *http.Request) {
		huge(w)
		io.WriteString(w, emptyAnswer)
	}, func(c *driver.Config) { c.Remote.MaxRow = 1 << 20 })
	_, err := db.Exec("SELECT 1")
	require.ErrorContains(t, err, "larger than 1048576 bytes")

	db = answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(400)
		huge(w)
	})
	_, err = db.Exec("SELECT 1")
	require.ErrorContains(t, err, "the server answered 400")

	db = answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 100_000))
		io.WriteString(w, emptyAnswer)
	}, func(c *driver.Config) { c.Remote.MaxHeader = 10_000 })
	_, err = db.Exec("SELECT 1")
	require.Error(t, err)
}

// Only what was asked for is taken for an answer.
func TestWrongAnswers(t *testing.T) {
	for _, body := range []string{
		"", "{", "null", "[]",
		strings.Replace(emptyAnswer, `"type":"batch"`, `"type":"execute"`, 1),
		strings.Replace(emptyAnswer, `"step_errors":[null]`, `"step_errors":[]`, 1),
		strings.Replace(emptyAnswer, `"step_errors":[null]`, `"step_errors":[null,null]`, 1),
		strings.Replace(emptyAnswer, `,{"type":"ok","response":{"type":"close"}}`, ``, 1),
		strings.Replace(emptyAnswer, `"step_results":[{"cols":[],"rows":[],"affected_row_count":0}]`, `"step_results":[null]`, 1),
		strings.Replace(emptyAnswer, `"step_errors":[null]`, `"step_errors":[{"message":"done and failed"}]`, 1),
		strings.Replace(emptyAnswer, `"rows":[]`, `"rows":[],"rows":[]`, 1),
		strings.Replace(emptyAnswer, `"batch"`, `"describe"`, 1),
	} {
		db := answering(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) })
		_, err := db.Exec("DELETE FROM t")
		require.Error(t, err, body)
		_, err = db.Query("SELECT 1")
		require.Error(t, err, body)
	}
}

// Whether a transaction is open is told by the answer to that question, and by
// nothing else in its place: a stream that may be in one is closed.
func TestAnswerThatTellsNoTransaction(t *testing.T) {
	for _, second := range []string{
		`{"type":"ok","response":{"type":"close"}}`, `{"type":"ok","response":{"type":"get_autocommit"}}`, `{"type":"ok","response":{"type":"get_autocommit","is_autocommit":null}}`,
		`{"type":"ok","response":{"type":"get_autocommit","is_autocommit":"false"}}`,
	} {
		db := answering(t, func(w http.ResponseWriter, r *http.Request) {
			body := strings.Replace(emptyAnswer, `{"type":"ok","response":{"type":"close"}}`, second, 1)
			io.WriteString(w, strings.Replace(body, `"baton":null`, `"baton":"b"`, 1))
		})
		c, err := db.Conn(bg)
		require.NoError(t, err)
		_, err = c.ExecContext(bg, "BEGIN")
		require.ErrorContains(t, err, "malformed answer", second)
		require.NoError(t, c.Close())
	}
}

// The headers that say who is asking, and for what.
func TestHeaders(t *testing.T) {
	var head http.Header
	db := answering(t, func(w http.ResponseWriter, r *http.Request) {
		head = r.Header
		io.WriteString(w, emptyAnswer)
	}, func(c *driver.Config) {
		c.AuthToken, c.RemoteEncryptionKey, c.Remote.Namespace = "sesame", "a2V5", "tenant"
	})
	_, err := db.Exec("DELETE FROM t")
	require.NoError(t, err)
	require.Equal(t, "Bearer sesame", head.Get("Authorization"))
	require.Equal(t, "a2V5", head.Get("X-Turso-Encryption-Key"))
	require.Equal(t, "tenant", head.Get("X-Namespace"))
	require.Contains(t, head.Get("X-Libsql-Client-Version"), "libsql-remote-go-")
	require.Empty(t, head.Get("Idempotency-Key"))
}

// A token that is refused is asked for anew, once.
func TestTokenFunc(t *testing.T) {
	var asked atomic.Int32
	k := serve(t, hranaserver.Options{Token: "token-2"}, func(c *driver.Config) {
		c.AuthToken = ""
		c.AuthTokenFunc = func(context.Context) (string, error) { return fmt.Sprint("token-", asked.Add(1)), nil }
	})
	require.Equal(t, 2, k.trips(func() { k.exec("CREATE TABLE t (name)") }))
	require.EqualValues(t, 2, asked.Load())
	require.Equal(t, 1, k.trips(func() { k.exec(insert, "a") }))
	require.EqualValues(t, 2, asked.Load())

	refused := errors.New("the vault is shut")
	for _, tt := range []struct {
		token string
		err   error
		want  string
	}{{"", refused, "no token: the vault is shut"}, {"a\nb", nil, "no token: the token contains"}, {"wrong", nil, "401"}} {
		bad := k.open(func(c *driver.Config) {
			c.AuthToken, c.AuthTokenFunc = "", func(context.Context) (string, error) { return tt.token, tt.err }
		})
		_, err := bad.Exec("SELECT 1")
		require.ErrorContains(t, err, tt.want)
		if tt.err != nil {
			require.ErrorIs(t, err, refused)
		}
	}
}

// base_url is where the stream goes on, and no other.
func TestBaseURL(t *testing.T) {
	for _, suffix := range []string{"", "/", "/dev/default/"} {
		k := serve(t, hranaserver.Options{})
		k.exec("CREATE TABLE t (name)")
		other := httptest.NewServer(k.srv)
		base := other.URL + suffix
		k.wire.urls = nil
		k.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			k.srv.ServeHTTP(rec, r)
			body := strings.Replace(rec.Body.String(), `"base_url":null`, `"base_url":"`+base+`"`, 1)
			io.WriteString(w, body)
		})
		tx := k.begin()
		for range 2 {
			_, err := tx.Exec(insert, "a")
			require.NoError(t, err)
		}
		require.NoError(t, tx.Commit())
		require.EqualValues(t, 2, k.count())
		trimmed := strings.TrimSuffix(base, "/")
		require.Equal(t, []string{k.http.URL + "/v3/pipeline", trimmed + "/v3/pipeline", trimmed + "/v3/pipeline", k.http.URL + "/v3/pipeline"}, k.wire.urls)
		k.wire.CloseIdleConnections()
		other.Close()
	}
}

// A base_url without TLS is not followed from one with it: it would show the
// token to the network. Nor is one that is no address.
func TestBaseURLThatLeavesTLS(t *testing.T) {
	base := ""
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := strings.Replace(emptyAnswer, `"baton":null,"base_url":null`, `"baton":"b","base_url":"`+base+`"`, 1)
		body = strings.Replace(body, `{"type":"close"}`, `{"type":"get_autocommit","is_autocommit":false}`, 1)
		body = strings.Replace(body, `[{"cols":[],"rows":[],"affected_row_count":0}]`, `[{"cols":[],"rows":[]},{"cols":[],"rows":[]}]`, 1)
		io.WriteString(w, strings.Replace(body, `[null]`, `[null,null]`, 1))
	}))
	cfg, err := driver.ParseDSN(srv.URL)
	require.NoError(t, err)
	cfg.Remote.RoundTripper = srv.Client().Transport
	c, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(c)
	t.Cleanup(func() {
		db.Close()
		srv.Close()
	})
	for text, want := range map[string]string{
		"http://" + srv.Listener.Addr().String(): "base_url would leave TLS", "ftp://x": "base_url is no address", "//x": "base_url is no address", "https://u@x": "base_url is no address", srv.URL: "",
	} {
		base = text
		tx, err := db.Begin()
		require.NoError(t, err)
		_, err = tx.Exec("DELETE FROM t")
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
			require.ErrorIs(t, err, driver.ErrTxRolledBack)
		}
		tx.Rollback()
	}
}

// Nor is one that would show the token to the network where the address of the
// database does not.
func TestBaseURLThatLeavesLoopback(t *testing.T) {
	body := strings.Replace(emptyAnswer, `"baton":null,"base_url":null`, `"baton":"b","base_url":"BASE"`, 1)
	body = strings.Replace(body, `{"type":"close"}`, `{"type":"get_autocommit","is_autocommit":false}`, 1)
	for _, tt := range []struct {
		base, token string
		good        bool
	}{
		{"http://db.example", "sesame", false}, {"http://127.0.0.1.db.example", "sesame", false}, {"http://db.example", "", true}, {"https://db.example", "sesame", true},
		{"http://localhost:1", "sesame", true}, {"http://[::1]:1/x", "sesame", true},
		{"", "sesame", true}, {"/v3", "", false}, {"http:", "", false}, {"http://", "", false}, {"http://:80", "", false}, {"http://h?x", "", false}, {"http://h?", "", false}, {"http://h#", "", false},
		{"ftp://h", "", false}, {"http://u:p@h", "", false}, {"http://h:port", "", false}, {"http://%zz", "", false}, {"HTTP://localhost:1", "", true},
	} {
		var token atomic.Int32
		db := answering(t, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, strings.Replace(body, "BASE", tt.base, 1))
		},
			func(c *driver.Config) { c.AuthToken = tt.token; c.Remote.RoundTripper = onlyTo("127.0.0.1:", &token) })
		c, err := db.Conn(bg)
		require.NoError(t, err)
		_, err = c.ExecContext(bg, "BEGIN")
		if tt.good {
			require.NoError(t, err, tt.base)
		} else {
			require.ErrorContains(t, err, "base_url", tt.base)
		}
		c.ExecContext(bg, "SELECT 1") // goes there
		c.Close()
		require.Equal(t, tt.good && tt.base != "", token.Load() > 0, "%s: requests to another host", tt.base)
	}
}

// onlyTo makes the requests to one host, and counts those to others.
func onlyTo(prefix string, others *atomic.Int32) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		if !strings.HasPrefix(r.URL.Host, prefix) {
			others.Add(1)
			r.Body.Close()
			return nil, errors.New("no such host")
		}
		return http.DefaultTransport.RoundTrip(r)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A path in the URL is a prefix.
func TestPathPrefix(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	db := k.open(func(c *driver.Config) { c.URL += "/dev/default" })
	require.NoError(t, db.Ping())
}

// Many goroutines, and never two requests with one baton.
func TestConcurrency(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	c, err := k.db.Conn(bg)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 10 {
				var err error
				switch i % 3 {
				case 0:
					_, err = k.db.Exec(insert, g)
				case 1:
					err = inTxDo(k, "tx")
				default:
					_, err = c.ExecContext(bg, "SELECT 1")
				}
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	require.NoError(t, c.Close())
	require.EqualValues(t, 16*7, k.count())
	require.Zero(t, k.srv.Counters().BatonReuses)
	k.noStreams()
}

// A baton that somebody else has used, or that is none, ends a transaction.
func TestForeignBaton(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	k.srv.Inject(hranaserver.Fault{Baton: "AAAA"})
	tx := k.begin()
	_, err := tx.Exec(insert, "a")
	require.NoError(t, err)
	_, err = tx.Exec(insert, "b")
	require.ErrorIs(t, err, driver.ErrTxRolledBack)
	require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
	k.exec("SELECT 1")
}

// A result that is too large says what has become of the statement.
func TestResponseTooLarge(t *testing.T) {
	for _, v2 := range []bool{false, true} {
		k := serve(t, hranaserver.Options{MaxResponse: 10_000, NoV3: v2})
		k.exec("CREATE TABLE t (name)")
		const many = "INSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000) SELECT 'row ' || x FROM c RETURNING name"
		_, err := k.db.Query(many)
		require.ErrorIs(t, err, driver.ErrTooBig)
		require.ErrorContains(t, err, "what was written stays written")
		require.EqualValues(t, 2000, k.count())
		// In a transaction the half of it must not be committed.
		tx := k.begin()
		_, err = tx.Exec("DELETE FROM t")
		require.NoError(t, err)
		_, err = tx.Query(many)
		require.ErrorIs(t, err, driver.ErrTooBig)
		_, err = tx.Exec("DELETE FROM t")
		require.ErrorIs(t, err, driver.ErrTxRolledBack)
		require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
		tx = k.begin()
		_, err = tx.Query(many) // the first
		require.ErrorIs(t, err, driver.ErrTooBig)
		require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
		require.EqualValues(t, 2000, k.count())
		k.noStreams()
	}
}

// DSNs of every scheme.
func TestPlainHTTPShowsNoToken(t *testing.T) {
	for dsn, want := range map[string]string{
		"http://db.example?authToken=x":              "would show the token",
		"ws://db.example:80?authToken=x":             "would show the token",
		"http://db.example?remoteEncryptionKey=x":    "would show the token or key",
		"http://db.example?authToken=x&tls=0":        "",
		"http://127.0.0.1:8080?authToken=x":          "",
		"http://[::1]:8080?authToken=x":              "",
		"http://localhost?authToken=x":               "",
		"libsql://db.example:8080?tls=0&authToken=x": "",
		"https://db.example?authToken=x":             "",
		"https://db.example:8080?tls=0":              "tls",
		"http://db.example?tls=1":                    "tls",
		"libsql://db.example?tls=0":                  "needs a port",
	} {
		_, err := driver.ParseDSN(dsn)
		if want == "" {
			require.NoError(t, err, dsn)
			continue
		}
		require.ErrorContains(t, err, want, dsn)
	}
	cfg, err := driver.ParseDSN("http://db.example")
	require.NoError(t, err)
	cfg.AuthTokenFunc = func(context.Context) (string, error) { return "x", nil }
	_, err = driver.NewConnector(cfg)
	require.ErrorContains(t, err, "would show the token")
}
