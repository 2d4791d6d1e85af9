package remote

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

const proxyChild = "LIBSQL_TEST_PROXY"

// The proxy of the environment is used, as a proxy of plain HTTP and by CONNECT.
// net/http reads the environment once, so each case is a process.
func TestProxies(t *testing.T) {
	cases := map[string]func(*testing.T){
		"plain": proxiedPlain, "connect": proxiedByConnect, "refusal": proxyThatRefuses, "no address": proxyWithoutAddress, "none": noProxy,
	}
	if which := os.Getenv(proxyChild); which != "" {
		cases[which](t)
		return
	}
	t.Parallel()
	for which := range cases {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestProxies$", "-test.timeout=60s")
			cmd.Env = append(os.Environ(), proxyChild+"="+which)
			for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} {
				cmd.Env = append(cmd.Env, name+"=", strings.ToLower(name)+"=")
			}
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

// proxyServer is one that serves what is asked of it by a handler.
func proxyServer(t *testing.T, handler http.HandlerFunc) string {
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return "http://someone:pa55word@" + srv.Listener.Addr().String()
}

func proxiedPlain(t *testing.T) {
	var asked atomic.Value
	t.Setenv("HTTP_PROXY", proxyServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.RequestURI + " " + r.Header.Get("Proxy-Authorization"))
		io.WriteString(w, emptyAnswer)
	}))
	_, err := poolAt(t, "http://db.example").Exec("DELETE FROM t")
	require.NoError(t, err)
	require.Equal(t, "POST http://db.example/v3/pipeline Basic c29tZW9uZTpwYTU1d29yZA==", asked.Load())
}

func proxiedByConnect(t *testing.T) {
	db := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "Bearer sesame", r.Header.Get("Authorization"))
		io.WriteString(w, emptyAnswer)
	}))
	defer db.Close()
	var asked atomic.Value
	var wg sync.WaitGroup
	defer wg.Wait()
	t.Setenv("HTTPS_PROXY", proxyServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.Host)
		require.Empty(t, r.Header.Get("Authorization"), "the proxy does not get to see the token")
		to, err := net.Dial("tcp", db.Listener.Addr().String())
		require.NoError(t, err)
		from, buf, err := http.NewResponseController(w).Hijack()
		require.NoError(t, err)
		io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		wg.Add(2)
		go func() { defer wg.Done(); io.Copy(to, buf); to.Close() }()
		go func() { defer wg.Done(); io.Copy(from, to); from.Close() }()
	}))
	roots := x509.NewCertPool()
	roots.AddCert(db.Certificate())
	pool := poolAt(t, "libsql://example.com?authToken=sesame", func(c *driver.Config) { c.Remote.TLS = &tls.Config{RootCAs: roots} })
	_, err := pool.Exec("DELETE FROM t")
	require.NoError(t, err)
	require.Equal(t, "CONNECT example.com:443", asked.Load())
	require.NoError(t, pool.Close())
}

func proxyThatRefuses(t *testing.T) {
	var asked atomic.Int32
	t.Setenv("HTTPS_PROXY", proxyServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Error(w, "no", http.StatusProxyAuthRequired)
	}))
	_, err := poolAt(t, "https://db.example").Exec("DELETE FROM t")
	require.ErrorIs(t, err, driver.ErrCantOpen)
	require.NotErrorIs(t, err, driver.ErrCommitUnknown, "nothing has come to the server")
	require.NotContains(t, err.Error(), "pa55word")
	require.EqualValues(t, 5, asked.Load())
}

func proxyWithoutAddress(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://someone:pa55word@%zz")
	_, err := poolAt(t, "https://db.example").Exec("DELETE FROM t")
	require.ErrorIs(t, err, driver.ErrCantOpen)
	require.NotContains(t, allOf(err), "pa55word")
}

func noProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	srv := rawServer(t, func(c net.Conn, _ *http.Request, _ string) bool { io.WriteString(c, ok(emptyAnswer)); return true })
	_, err := srv.pool(t).Exec("DELETE FROM t")
	require.NoError(t, err, "this machine itself needs none")
}
