package hranaserver_test

import (
	"io"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

func TestOrigins(t *testing.T) {
	const page, other = "https://app.example", "https://other.example"
	for _, c := range []struct {
		name    string
		opts    hranaserver.Options
		allowed map[string]bool
	}{
		{"nobody needs a token", hranaserver.Options{}, map[string]bool{page: false, "null": false}},
		{"named", hranaserver.Options{Origins: []string{page}}, map[string]bool{page: true, other: false, "null": false}},
		{"all", hranaserver.Options{Origins: []string{"*"}}, map[string]bool{page: true, other: true, "null": true}},
		{"token", hranaserver.Options{Token: "secret"}, map[string]bool{page: true, other: true}},
		{"token, named", hranaserver.Options{Token: "secret", Origins: []string{page}}, map[string]bool{page: true, other: false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := serve(t, c.opts)
			if c.opts.Token != "" {
				k.auth = "Bearer secret"
			}
			k.run("CREATE TABLE t(x)") // no page, no question
			for origin, allowed := range c.allowed {
				// As a form or a fetch without a preflight sends it.
				body := pipelineBody("", execute("INSERT INTO t VALUES(1)"), closeStream)
				r := k.send("POST", "/v3/pipeline", body, "Origin", origin, "Content-Type", "text/plain")
				if !allowed {
					require.Equal(t, 403, r.status, origin)
					require.Contains(t, r.text, "are not expected here")
					require.Empty(t, r.header.Get("Access-Control-Allow-Origin"))
					require.Equal(t, 403, k.send("OPTIONS", "/v3/pipeline", "", "Origin", origin).status)
					continue
				}
				require.Equal(t, 200, r.status, origin)
				require.Equal(t, origin, r.header.Get("Access-Control-Allow-Origin"))
				require.Equal(t, "Origin", r.header.Get("Vary"))
				r = k.preflight(origin)
				require.Equal(t, []any{204, origin, "GET, POST", "authorization,content-type"}, []any{r.status,
					r.header.Get("Access-Control-Allow-Origin"), r.header.Get("Access-Control-Allow-Methods"), r.header.Get("Access-Control-Allow-Headers")})
			}
		})
	}
}

// preflight asks as a browser does, which shows no token.
func (k *kit) preflight(origin string) reply {
	auth := k.auth
	k.auth = ""
	defer func() { k.auth = auth }()
	return k.send("OPTIONS", "/v3/pipeline", "", "Origin", origin, "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "authorization,content-type")
}

// Even a page that may not use the server's token is told why, as is a page that
// has a wrong one.
func TestAPageIsToldOfErrors(t *testing.T) {
	k := serve(t, hranaserver.Options{Token: "secret"})
	r := k.send("POST", "/v3/pipeline", "{}", "Origin", "https://app.example")
	require.Equal(t, []any{401, "https://app.example"}, []any{r.status, r.header.Get("Access-Control-Allow-Origin")})
}

// unread is a body that nobody is to read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body has been read")
	return 0, io.EOF
}

// Who has no token fills no memory.
func TestTheBodyOfAStrangerIsNotRead(t *testing.T) {
	k := serve(t, hranaserver.Options{Token: "secret"})
	for _, path := range []string{"/v3/pipeline", "/v3/cursor", "/v3-protobuf/pipeline", "/nowhere"} {
		w := httptest.NewRecorder()
		k.srv.ServeHTTP(w, httptest.NewRequest("POST", path, unread{t}))
		require.Contains(t, []int{401, 404}, w.Code)
	}
}
