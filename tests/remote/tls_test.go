package remote

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// TLS with a root of one's own, and HTTP/2, which is offered.
func TestTLS(t *testing.T) {
	served, err := driver.ParseDSN(filepath.Join(t.TempDir(), "a.db"))
	require.NoError(t, err)
	var mu sync.Mutex
	protocols := map[string]int{}
	srv, err := hranaserver.New(served, hranaserver.Options{Observe: func(r *http.Request, _ []byte) {
		mu.Lock()
		defer mu.Unlock()
		protocols[r.Proto]++
	}})
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(srv)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, srv.Close())
	})
	open := func(conf *tls.Config) *sql.DB {
		cfg, err := driver.ParseDSN("libsql" + strings.TrimPrefix(server.URL, "https"))
		require.NoError(t, err)
		cfg.Remote.TLS = conf
		c, err := driver.NewConnector(cfg)
		require.NoError(t, err)
		db := sql.OpenDB(c)
		t.Cleanup(func() { db.Close() })
		return db
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	db := open(&tls.Config{RootCAs: roots})
	_, err = db.Exec("CREATE TABLE t (name)")
	require.NoError(t, err)
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec(insert, "a")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.Equal(t, map[string]int{"HTTP/2.0": 3}, protocols)

	// A server that is another than it should be is not asked again.
	_, err = open(nil).Exec(insert, "b")
	require.ErrorIs(t, err, driver.ErrCantOpen)
	require.NotErrorIs(t, err, driver.ErrCommitUnknown)
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, map[string]int{"HTTP/2.0": 3}, protocols)
}
