package hranaserver_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

func TestRoutes(t *testing.T) {
	k := serve(t, hranaserver.Options{Token: "secret"})
	const hello = "Hello, this is HTTP API v2 (Hrana over HTTP)"
	for _, c := range []struct {
		method, path string
		status       int
		text         string
	}{
		{"GET", "/v2", 200, hello}, {"GET", "/v3", 200, hello}, {"GET", "/health", 200, ""}, {"GET", "/version", 200, "libsql-gorm hranaserver"},
		{"GET", "/v3-protobuf", 200, hello},
		{"GET", "/", 404, ""}, {"POST", "/", 404, ""}, {"GET", "/v3/pipeline", 404, ""}, {"POST", "/v4/pipeline", 404, ""}, {"POST", "/v2/cursor", 404, ""},
		{"POST", "/dev/other/v3/pipeline", 404, ""}, {"PUT", "/v3/pipeline", 404, ""}, {"GET", "/dump", 404, ""},
	} {
		r := k.send(c.method, c.path, "")
		require.Equal(t, c.status, r.status, c.path)
		require.Equal(t, c.text, r.text, c.path)
		if c.text != "" {
			require.Equal(t, "text/plain", r.typ)
		}
	}
	k.auth = "Bearer secret"
	for _, path := range []string{"/v2/pipeline", "/v3/pipeline", "/dev/default/v3/pipeline", "/dev/default/v2/pipeline"} {
		r := k.post(path, pipelineBody("", execute("SELECT 1"), closeStream))
		require.Equal(t, 200, r.status, path)
	}
	old := serve(t, hranaserver.Options{NoV3: true, NoProtobuf: true})
	require.Equal(t, 404, old.send("GET", "/v3", "").status)
	require.Equal(t, 404, old.send("GET", "/v3-protobuf", "").status)
	require.Equal(t, 404, old.post("/v3/pipeline", pipelineBody("")).status)
	require.Equal(t, 404, old.post("/v3/cursor", cursorBody("")).status)
	require.Equal(t, 200, old.post("/v2/pipeline", pipelineBody("")).status)
}

func TestToken(t *testing.T) {
	k := serve(t, hranaserver.Options{Token: "the secret"})
	for header, want := range map[string]string{
		"":                   "The `Authorization` HTTP header is required but was not specified",
		"the":                "The `Authorization` HTTP header has invalid value",
		"Basic the secret":   "The authentication scheme in the `Authorization` HTTP header is not supported",
		"Bearer wrong":       "The JWT is invalid",
		"Bearer the secret2": "The JWT is invalid",
		"Bearer ":            "The `Authorization` HTTP header has invalid value",
	} {
		k.auth = header
		for path, body := range map[string]string{"/v3/pipeline": pipelineBody("", execute("SELECT 1")), "/v3/cursor": cursorBody(""), "/v2/pipeline": "rubbish"} {
			r := k.post(path, body)
			require.Equal(t, []any{401, "application/json", `{"error":"Unauthorized: ` + "`" + want + "`" + `"}`}, []any{r.status, r.typ, r.text}, header)
		}
	}
	for _, header := range []string{"Bearer the secret", "bearer the secret", "BEARER  the secret "} {
		k.auth = header
		require.Equal(t, 200, k.post("/v3/pipeline", pipelineBody("", execute("SELECT 1"), closeStream)).status)
	}
	require.EqualValues(t, 3, k.srv.Counters().Streams)
}

// token makes a JSON web token.
func token(key ed25519.PrivateKey, header, claims string) string {
	enc := base64.RawURLEncoding
	signed := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(claims))
	return signed + "." + enc.EncodeToString(ed25519.Sign(key, []byte(signed)))
}

func TestJWT(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	k := serve(t, hranaserver.Options{JWTKeys: []ed25519.PublicKey{public}, MaxStreams: 1})
	const head = `{"alg":"EdDSA","typ":"JWT"}`
	now := time.Now().Unix()
	number := func(n int64) string { b, _ := json.Marshal(n); return string(b) }
	for _, c := range []struct {
		token         string
		read, written int
	}{
		{token(private, head, `{}`), 200, 200},
		{token(private, head, `{"exp":`+number(now+60)+`,"nbf":`+number(now-60)+`,"a":"rw","id":"default"}`), 200, 200},
		{token(private, head, `{"a":"ro"}`), 200, 403},
		{token(private, head, `{"p":{"ro":{"ns":["default"]}}}`), 200, 403},
		{token(private, head, `{"p":{"rw":{"ns":["other","default"]}}}`), 200, 200},
		{token(private, head, `{"p":{"rw":{"ns":["other"]}}}`), 404, 404},
		{token(private, head, `{"id":"other"}`), 404, 404},
		{token(private, head, `{"exp":`+number(now-1)+`}`), 401, 401},
		{token(private, head, `{"nbf":`+number(now+60)+`}`), 401, 401},
		{token(private, head, `{"a":"all"}`), 401, 401},
		{token(private, `{"alg":"none"}`, `{}`), 401, 401},
		{token(private, `{"alg":"EdDSA","crit":["x"],"x":1}`, `{}`), 401, 401},
		{token(private, `{"alg":"HS256"}`, `{}`), 401, 401},
		{token(stranger, head, `{}`), 401, 401},
		{token(private, head, `{}`)[:60], 401, 401},
		{"a.b.c", 401, 401}, {"..", 401, 401}, {"x", 401, 401},
	} {
		k.auth = "Bearer " + c.token
		r := k.post("/v3/pipeline", pipelineBody("", execute("SELECT 1"), closeStream))
		require.Equal(t, c.read, r.status, r.text)
		for _, sql := range []string{"CREATE TABLE IF NOT EXISTS t(x)", "INSERT INTO t VALUES(1)", "PRAGMA user_version = 1"} {
			r = k.post("/v3/pipeline", pipelineBody("", execute(sql), closeStream))
			require.Equal(t, c.written, r.status, r.text)
			require.NotContains(t, r.text, "SQLITE_READONLY", "what another's stream has set")
			if c.written == 403 {
				require.Contains(t, r.text, `{"error":"Authorization forbidden: `)
			}
		}
	}
	// SQLite itself is told, too, and a stream takes the rights of each request.
	k.auth = "Bearer " + token(private, head, `{}`)
	baton, _ := k.pipe("", execute("BEGIN"))
	k.auth = "Bearer " + token(private, head, `{"a":"ro"}`)
	baton, res := k.pipe(baton, execute("PRAGMA query_only"))
	require.Equal(t, `{"type":"integer","value":"1"}`, firstValue(t, res[0]))
	k.auth = "Bearer " + token(private, head, `{}`)
	_, res = k.pipe(baton, execute("INSERT INTO t VALUES(1)"), execute("COMMIT"), closeStream)
	require.Empty(t, code(t, res[0]))
	require.Empty(t, code(t, res[1]))
}

func TestParseJWTKeys(t *testing.T) {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	for text, n := range map[string]int{
		string(block): 1, string(block) + string(block): 2,
		base64.RawURLEncoding.EncodeToString(public): 1, base64.URLEncoding.EncodeToString(public) + "\n": 1,
	} {
		keys, err := hranaserver.ParseJWTKeys([]byte(text))
		require.NoError(t, err)
		require.Len(t, keys, n)
		require.Equal(t, public, keys[0])
	}
	for _, text := range []string{"", "abc", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"} {
		_, err := hranaserver.ParseJWTKeys([]byte(text))
		require.Error(t, err)
	}
}

func TestReadOnlyServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ro.db")
	cfg, err := driver.ParseDSN(path)
	require.NoError(t, err)
	serveConfig(t, cfg, hranaserver.Options{}).run("CREATE TABLE t(x)")
	k := serveConfig(t, cfg, hranaserver.Options{ReadOnly: true})
	_, res := k.pipe("", execute("INSERT INTO t VALUES(1)"), execute("SELECT count(*) FROM t"), closeStream)
	require.Equal(t, []string{"SQLITE_READONLY", ""}, []string{code(t, res[0]), code(t, res[1])})
	cfg, err = driver.ParseDSN(":memory:")
	require.NoError(t, err)
	m := serveConfig(t, cfg, hranaserver.Options{ReadOnly: true})
	_, res = m.pipe("", execute("CREATE TABLE t(x)"), execute("PRAGMA query_only"), closeStream)
	require.Equal(t, "SQLITE_READONLY", code(t, res[0]))
	require.Equal(t, `{"type":"integer","value":"1"}`, firstValue(t, res[1]))
}

func TestCompression(t *testing.T) {
	k := serve(t, hranaserver.Options{MaxRequest: 100_000})
	k.http.Client().Transport.(*http.Transport).DisableCompression = true
	body := pipelineBody("", execute("SELECT hex(zeroblob(5000))"), closeStream)
	plain := k.post("/v3/pipeline", body)
	require.Empty(t, plain.header.Get("Content-Encoding"))
	packed := k.send("POST", "/v3/pipeline", body, "Accept-Encoding", "br, gzip;q=0.5")
	require.Equal(t, "gzip", packed.header.Get("Content-Encoding"))
	require.Equal(t, "application/json", packed.typ)
	z, err := gzip.NewReader(strings.NewReader(packed.text))
	require.NoError(t, err)
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, steady(plain.text), steady(string(text)))
	none := k.send("POST", "/v3/pipeline", body, "Accept-Encoding", "gzip; q=0")
	require.Empty(t, none.header.Get("Content-Encoding"))

	var in bytes.Buffer
	zw := gzip.NewWriter(&in)
	zw.Write([]byte(body))
	zw.Close()
	r := k.send("POST", "/v3/pipeline", in.String(), "Content-Encoding", "gzip")
	require.Equal(t, steady(plain.text), steady(r.text))

	in.Reset()
	zw.Reset(&in)
	zw.Write(make([]byte, 1_000_000))
	zw.Close()
	require.Less(t, in.Len(), 10_000)
	require.Equal(t, 413, k.send("POST", "/v3/pipeline", in.String(), "Content-Encoding", "gzip").status)
	require.Equal(t, 413, k.post("/v3/pipeline", strings.Repeat(" ", 100_001)).status)
	require.Equal(t, 400, k.send("POST", "/v3/pipeline", "rubbish", "Content-Encoding", "gzip").status)
}

// What Turso Cloud documents differently.
func TestCloud(t *testing.T) {
	k := serve(t, hranaserver.Options{Cloud: true})
	k.run("CREATE TABLE t(x UNIQUE)")
	baton, res := k.pipe("", execute("INSERT INTO t VALUES(1)"), execute("INSERT INTO t VALUES(1)"))
	require.Empty(t, baton, "a stream without a transaction is closed")
	require.Equal(t, `{"type":"error","error":{"message":"SQLite error: UNIQUE constraint failed: t.x","code":"SQLITE_CONSTRAINT","extended_code":"SQLITE_CONSTRAINT_UNIQUE"}}`, res[1])
	baton, _ = k.pipe("", execute("BEGIN"))
	require.NotEmpty(t, baton)
	next, _ := k.pipe(baton, `{"type":"store_sql","sql_id":1,"sql":"SELECT 1"}`, `{"type":"store_sql","sql_id":1,"sql":"SELECT 2"}`)
	r := k.post("/v3/pipeline", pipelineBody(baton, execute("SELECT 1")))
	require.Equal(t, 404, r.status)
	require.Contains(t, r.text, `{"error":"stream not found: `)
	_, res = k.pipe(next, `{"type":"execute","stmt":{"sql_id":1}}`, `{"type":"execute","stmt":{"sql":"SELECT 3","want_rows":false}}`, closeStream)
	require.Equal(t, `{"type":"integer","value":"2"}`, firstValue(t, res[0]))
	require.Contains(t, res[1], `"rows":[]`)
	line := strings.SplitN(k.post("/v3/cursor", cursorBody("", step("", "SELECT 1"))).text, "\n", 2)[0]
	require.Equal(t, `{"baton":null,"base_url":null}`, line)
	line = strings.SplitN(k.post("/v3/cursor", cursorBody("", step("", "BEGIN"))).text, "\n", 2)[0]
	require.NotContains(t, line, `"baton":null`)
	require.EqualValues(t, 1, k.srv.Counters().OpenStreams)
}

// One statement in one request, with no baton to give back: what clients do most.
func TestWantRowsIsIgnored(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	_, res := k.pipe("", `{"type":"execute","stmt":{"sql":"SELECT 3","want_rows":false}}`, closeStream)
	require.Equal(t, `{"type":"integer","value":"3"}`, firstValue(t, res[0]))
}

func TestFaults(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x)")
	insert := pipelineBody("", execute("INSERT INTO t VALUES(1)"), closeStream)
	count := func() string {
		return strings.TrimSuffix(strings.TrimPrefix(k.value("SELECT count(*) FROM t"), `{"type":"integer","value":"`), `"}`)
	}
	for _, c := range []struct {
		name   string
		fault  hranaserver.Fault
		status int // 0: no answer
		broken bool
		rows   string // after it
	}{
		{"before", hranaserver.Fault{Before: 502, Body: "<html>"}, 502, false, "0"},
		{"before, the second time", hranaserver.Fault{Before: 429, Nth: 2, Header: http.Header{"Retry-After": {"1"}}}, 200, false, "1"},
		{"reset before", hranaserver.Fault{ResetBefore: true}, 0, false, "0"},
		{"after", hranaserver.Fault{After: 503}, 503, false, "1"},
		{"reset after", hranaserver.Fault{ResetAfter: true}, 0, false, "1"},
		{"cut", hranaserver.Fault{Cut: 10}, 200, true, "1"},
		{"cut at once", hranaserver.Fault{Cut: -1}, 200, true, "1"},
		{"twice", hranaserver.Fault{Twice: true}, 200, false, "2"},
		{"delay", hranaserver.Fault{Delay: time.Millisecond, DelayAfter: time.Millisecond}, 200, false, "1"},
		{"not this one", hranaserver.Fault{Before: 500, On: func(r *http.Request, body []byte) bool { return bytes.Contains(body, []byte("DELETE FROM u")) }}, 200, false, "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k.run("DELETE FROM t")
			k.srv.Inject(c.fault)
			k.http.Client().CloseIdleConnections() // Go sends again what it knows not to have arrived
			r := k.post("/v3/pipeline", insert)
			k.srv.ClearFaults()
			require.Equal(t, c.status, r.status)
			if c.status != 0 {
				require.Equal(t, c.broken, r.err != nil)
			}
			require.Equal(t, c.rows, count())
		})
	}
	t.Run("baton", func(t *testing.T) {
		k.srv.Inject(hranaserver.Fault{Baton: "used"})
		baton, _ := k.pipe("", execute("SELECT 1"))
		require.Equal(t, "used", baton)
	})
	t.Run("expire", func(t *testing.T) {
		baton, _ := k.pipe("", execute("BEGIN"))
		k.srv.Inject(hranaserver.Fault{Expire: true})
		require.Contains(t, k.post("/v3/pipeline", pipelineBody(baton, execute("COMMIT"))).text, "STREAM_EXPIRED")
	})
	t.Run("edit", func(t *testing.T) {
		k.srv.Inject(hranaserver.Fault{Edit: func(body []byte) []byte { return bytes.Replace(body, []byte(`"type":"ok"`), []byte(`"type":7`), 1) }})
		require.Contains(t, k.post("/v3/pipeline", insert).text, `{"type":7,"response"`)
	})
	t.Run("cursor", func(t *testing.T) {
		k.srv.Inject(hranaserver.Fault{Cut: 150}, hranaserver.Fault{Nth: 2, Before: 404})
		r := k.post("/v3/cursor", cursorBody("", step("", "SELECT 1")))
		require.Len(t, r.text, 150)
		require.Error(t, r.err)
		require.Equal(t, 404, k.post("/v3/cursor", cursorBody("")).status)
	})
	t.Run("times", func(t *testing.T) {
		k.srv.Inject(hranaserver.Fault{Before: 500, Nth: 2, Times: 2}, hranaserver.Fault{Before: 501, Times: -1})
		var got []int
		for range 4 {
			got = append(got, k.post("/v3/pipeline", insert).status)
		}
		k.srv.ClearFaults()
		require.Equal(t, []int{501, 500, 500, 501}, got)
	})
	require.EqualValues(t, 17, k.srv.Counters().Faults)
}

func TestCounters(t *testing.T) {
	var seen []string
	k := serve(t, hranaserver.Options{Observe: func(r *http.Request, body []byte) { seen = append(seen, r.URL.Path+" "+string(body)) }})
	body := pipelineBody("", execute("SELECT 1"), batch(step("", "CREATE TABLE t(x)"), step("", "INSERT INTO t VALUES(1)")), sequence("SELECT 1; SELECT 2"), closeStream)
	r := k.post("/v3/pipeline", body)
	k.post("/v3/cursor", cursorBody("", step("", "SELECT 1")))
	k.send("GET", "/v3", "")
	c := k.srv.Counters()
	require.Equal(t, hranaserver.Counters{Requests: 3, Pipelines: 1, Cursors: 1, BytesIn: c.BytesIn, BytesOut: int64(len(r.text)), Statements: 6, Changed: 2,
		Streams: 2, OpenStreams: 1, ByType: map[string]int64{"execute": 1, "batch": 1, "sequence": 1, "close": 1}}, c)
	require.Equal(t, "/v3/pipeline "+body, seen[0])
}

func TestNewRefuses(t *testing.T) {
	cfg, err := driver.ParseDSN("libsql://localhost:1?tls=0")
	require.NoError(t, err)
	_, err = hranaserver.New(cfg, hranaserver.Options{})
	require.ErrorIs(t, err, driver.ErrUnsupported)
	cfg, err = driver.ParseDSN(filepath.Join(t.TempDir(), "missing", "x.db"))
	require.NoError(t, err)
	_, err = hranaserver.New(cfg, hranaserver.Options{})
	require.ErrorIs(t, err, driver.ErrCantOpen)
}

// A body that is announced and does not come costs next to nothing.
func TestAnAnnouncedBodyTakesNoMemory(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	r := httptest.NewRequest("POST", "/v3/pipeline", strings.NewReader(""))
	r.ContentLength = 64 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w := httptest.NewRecorder()
	k.srv.ServeHTTP(w, r)
	runtime.ReadMemStats(&after)
	require.Equal(t, 400, w.Code)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20))
}
