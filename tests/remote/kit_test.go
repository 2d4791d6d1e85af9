package remote

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

var bg = context.Background()

const (
	streamsGone = time.Minute
	tick        = time.Millisecond
)

// kit is a server, and a pool of the remote engine that goes through a
// transport which counts.
type kit struct {
	testing.TB
	srv  *hranaserver.Server
	http *httptest.Server
	wire *wire
	db   *sql.DB
	cfg  *driver.Config
}

// wire counts and keeps the requests.
type wire struct {
	base http.RoundTripper
	mu   sync.Mutex
	sent []string // bodies
	head []http.Header
	urls []string
}

// RoundTrip notes the request and passes it on.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	w.mu.Lock()
	w.sent = append(w.sent, string(body))
	w.head = append(w.head, r.Header.Clone())
	w.urls = append(w.urls, r.URL.String())
	w.mu.Unlock()
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return w.base.RoundTrip(r)
}

// CloseIdleConnections is what http.Client looks for.
func (w *wire) CloseIdleConnections() { w.base.(*http.Transport).CloseIdleConnections() }

// take returns the bodies since the last call.
func (w *wire) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := w.sent
	w.sent = nil
	return sent
}

// serve starts a server on a fresh file, and opens a pool on it.
func serve(t testing.TB, opts hranaserver.Options, change ...func(*driver.Config)) *kit {
	t.Helper()
	cfg, err := driver.ParseDSN(filepath.Join(t.TempDir(), "served.db"))
	require.NoError(t, err)
	srv, err := hranaserver.New(cfg, opts)
	require.NoError(t, err)
	k := &kit{TB: t, srv: srv, http: httptest.NewServer(srv)}
	k.wire = &wire{base: &http.Transport{MaxIdleConnsPerHost: 100}}
	t.Cleanup(func() {
		k.wire.CloseIdleConnections()
		k.http.Close()
		require.NoError(t, srv.Close())
	})
	if opts.Token != "" {
		change = append([]func(*driver.Config){func(c *driver.Config) { c.AuthToken = opts.Token }}, change...)
	}
	k.db = k.open(change...)
	return k
}

// open opens another pool on the server.
func (k *kit) open(change ...func(*driver.Config)) *sql.DB {
	k.Helper()
	cfg, err := driver.ParseDSN(k.http.URL)
	require.NoError(k, err)
	cfg.Remote.RoundTripper = k.wire
	for _, f := range change {
		f(cfg)
	}
	k.cfg = cfg
	c, err := driver.NewConnector(cfg)
	require.NoError(k, err)
	db := sql.OpenDB(c)
	k.Cleanup(func() { db.Close() })
	return db
}

func (k *kit) exec(sql string, args ...any) {
	k.Helper()
	_, err := k.db.ExecContext(bg, sql, args...)
	require.NoError(k, err)
}

func (k *kit) int(sql string, args ...any) (n int64) {
	k.Helper()
	require.NoError(k, k.db.QueryRowContext(bg, sql, args...).Scan(&n))
	return n
}

// trips runs fn and says how many requests it took.
func (k *kit) trips(fn func()) int {
	k.wire.take()
	fn()
	return len(k.wire.take())
}

// noStreams requires that the server has no stream open.
func (k *kit) noStreams() {
	k.Helper()
	require.Zero(k, k.srv.Counters().OpenStreams, "streams that are open")
}
