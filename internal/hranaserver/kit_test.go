package hranaserver_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// kit is a server and a client that sends what it is told to, byte for byte.
type kit struct {
	*testing.T
	srv  *hranaserver.Server
	http *httptest.Server
	auth string
}

func serve(t *testing.T, opts hranaserver.Options) *kit {
	t.Helper()
	cfg, err := driver.ParseDSN(filepath.Join(t.TempDir(), "served.db"))
	require.NoError(t, err)
	return serveConfig(t, cfg, opts)
}

func serveConfig(t *testing.T, cfg *driver.Config, opts hranaserver.Options) *kit {
	t.Helper()
	srv, err := hranaserver.New(cfg, opts)
	require.NoError(t, err)
	k := &kit{T: t, srv: srv, http: httptest.NewServer(srv)}
	t.Cleanup(func() {
		k.http.Client().CloseIdleConnections()
		k.http.Close()
		require.NoError(t, srv.Close())
	})
	return k
}

// reply is what came back.
type reply struct {
	status int
	typ    string
	text   string
	header http.Header
	err    error // of the body
}

func (k *kit) send(method, path, body string, header ...string) reply {
	k.Helper()
	req, err := http.NewRequest(method, k.http.URL+path, strings.NewReader(body))
	require.NoError(k, err)
	if k.auth != "" {
		req.Header.Set("Authorization", k.auth)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := k.http.Client().Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header.Get("Content-Type"), string(text), resp.Header, err}
}

func (k *kit) post(path, body string) reply {
	k.Helper()
	return k.send("POST", path, body)
}

// pipe posts requests to the pipeline of version 3 and returns the baton and
// the results, as JSON without what varies.
func (k *kit) pipe(baton string, requests ...string) (string, []string) {
	k.Helper()
	r := k.post("/v3/pipeline", pipelineBody(baton, requests...))
	require.Equal(k, 200, r.status, r.text)
	return readPipeline(k, r.text)
}

func pipelineBody(baton string, requests ...string) string {
	b := "null"
	if baton != "" {
		b = quote(baton)
	}
	return `{"baton":` + b + `,"requests":[` + strings.Join(requests, ",") + `]}`
}

func readPipeline(t require.TestingT, text string) (string, []string) {
	var body struct {
		Baton   *string           `json:"baton"`
		Results []json.RawMessage `json:"results"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &body), text)
	out := make([]string, len(body.Results))
	for i, r := range body.Results {
		out[i] = steady(string(r))
	}
	if body.Baton == nil {
		return "", out
	}
	return *body.Baton, out
}

// steady takes out of a text what is different each time.
func steady(text string) string {
	const field = `"query_duration_ms":`
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, field)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		end := strings.IndexByte(after, '}')
		out.WriteString(field + "0")
		text = after[end:]
	}
}

func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

// execute is a request that runs a statement with arguments as JSON.
func execute(sql string, args ...string) string {
	return `{"type":"execute","stmt":` + stmt(sql, args...) + `}`
}

func stmt(sql string, args ...string) string {
	return `{"sql":` + quote(sql) + `,"args":[` + strings.Join(args, ",") + `]}`
}

func sequence(sql string) string { return `{"type":"sequence","sql":` + quote(sql) + `}` }

// batch is a request of steps, each made by step.
func batch(steps ...string) string {
	return `{"type":"batch","batch":{"steps":[` + strings.Join(steps, ",") + `]}}`
}

func step(cond, sql string, args ...string) string {
	if cond == "" {
		return `{"stmt":` + stmt(sql, args...) + `}`
	}
	return `{"condition":` + cond + `,"stmt":` + stmt(sql, args...) + `}`
}

const closeStream = `{"type":"close"}`

// run runs statements for their effect, each on its own.
func (k *kit) run(statements ...string) {
	k.Helper()
	for _, sql := range statements {
		_, res := k.pipe("", execute(sql), closeStream)
		require.Contains(k, res[0], `"type":"ok"`, sql)
	}
}

// value is the first value of the first row of a query, as JSON.
func (k *kit) value(sql string, args ...string) string {
	k.Helper()
	_, res := k.pipe("", execute(sql, args...), closeStream)
	return firstValue(k, res[0])
}

func firstValue(t require.TestingT, result string) string {
	var r struct {
		Response struct {
			Result struct {
				Rows [][]json.RawMessage `json:"rows"`
			} `json:"result"`
		} `json:"response"`
	}
	require.NoError(t, json.Unmarshal([]byte(result), &r), result)
	require.NotEmpty(t, r.Response.Result.Rows, result)
	return string(r.Response.Result.Rows[0][0])
}

// code is the code of a result that failed, "" of one that did not.
func code(t require.TestingT, result string) string {
	var r struct {
		Error *struct{ Message, Code string } `json:"error"`
	}
	require.NoError(t, json.Unmarshal([]byte(result), &r), result)
	if r.Error == nil {
		return ""
	}
	return r.Error.Code
}
