package docs_test

import (
	"context"
	"crypto/tls"
	"log"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

type vaultOf string

func (v vaultOf) Token(context.Context) (string, error) { return string(v), nil }

func TestRemote(t *testing.T) {
	served, err := driver.ParseDSN(filepath.Join(t.TempDir(), "a.db"))
	require.NoError(t, err)
	srv, err := hranaserver.New(served, hranaserver.Options{Token: "sesame"})
	require.NoError(t, err)
	server := httptest.NewServer(srv)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, srv.Close())
	})
	address, vault := server.URL, vaultOf("sesame")

	cfg, err := driver.ParseDSN(address)
	if err != nil {
		log.Fatal(err)
	}
	cfg.AuthTokenFunc = func(ctx context.Context) (string, error) { return vault.Token(ctx) }
	cfg.Remote = driver.RemoteOptions{DialTimeout: 5 * time.Second, TLS: &tls.Config{MinVersion: tls.VersionTLS13}}
	db, err := gorm.Open(libsql.New(libsql.Config{Driver: cfg}))
	require.NoError(t, err)
	closeAtEnd(t, db)
	require.NoError(t, db.AutoMigrate(&User{}, &Post{}))
	require.NoError(t, db.Create(&User{Name: "Ada", Posts: []Post{{Title: "Notes"}}}).Error)
}

// Nobody is there: opening without the ping sends nothing.
func TestRemoteAddress(t *testing.T) {
	const token = "x"
	open := func() (*gorm.DB, error) {
		db, err := gorm.Open(libsql.Open("libsql://app-org.turso.io?authToken=" + token))
		return db, err
	}
	_ = open
	_, err := driver.ParseDSN("libsql://app-org.turso.io?authToken=" + token)
	require.NoError(t, err)
}
