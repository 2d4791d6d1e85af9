package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
)

const (
	secretToken = "eyJhbGciOiJFZERTQSJ9.s3cr3t"
	secretKey   = "c2VjcmV0LWtleQ"
)

// allOf is every text of an error and of what it wraps.
func allOf(err error) string {
	if err == nil {
		return ""
	}
	out := fmt.Sprintf("%v\n%+v\n%#v\n", err, err, err)
	if text, jerr := json.Marshal(err); jerr == nil {
		out += string(text)
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		out += allOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			out += allOf(err)
		}
	}
	return out
}

// A server that shows what it was shown gets it into no error, log or profile.
func TestServerThatEchoesSecrets(t *testing.T) {
	const row = `{"cols":[{"name":"a"}],"rows":[],"affected_row_count":0}`
	answer := func(first string) string {
		return `{"baton":null,"base_url":null,"results":[` + first + `,{"type":"ok","response":{"type":"close"}}]}`
	}
	for name, echo := range map[string]string{
		"a text":           "HTTP/1.1 400 Bad\r\nContent-Type: text/plain\r\n\r\ninvalid: Bearer TOKEN KEY",
		"a message":        "HTTP/1.1 401 No\r\nContent-Type: application/json\r\n\r\n" + `{"message":"TOKEN KEY","code":"TOKEN"}`,
		"an error":         "HTTP/1.1 403 No\r\nContent-Type: application/json\r\n\r\n" + `{"error":"TOKEN KEY"}`,
		"a 500":            "HTTP/1.1 500 No\r\nContent-Type: application/json\r\n\r\n" + `{"error":{"message":"TOKEN","code":"KEY"}}`,
		"a redirect":       "HTTP/1.1 302 Found\r\nLocation: http://TOKEN.example/?KEY\r\nContent-Length: 0\r\n\r\n",
		"a header":         "HTTP/1.1 200 OK\r\nBearer TOKEN\r\n\r\n",
		"a status line":    "Bearer TOKEN KEY\r\n\r\n",
		"a code":           "HTTP/1.1 TOKEN OK\r\n\r\n",
		"a key":            "OK:" + (`{"baton":null,"results":[{"TOKEN":}]}`),
		"a result":         "OK:" + (answer(`{"type":"error","error":{"message":"TOKEN KEY","code":"TOKEN"}}`)),
		"a step":           "OK:" + (answer(`{"type":"ok","response":{"type":"batch","result":{"step_results":[null],"step_errors":[{"message":"SQLite error: TOKEN KEY","code":"SQLITE_ERROR"}]}}}`)),
		"a base_url":       "OK:" + (strings.Replace(answer(`{"type":"ok","response":{"type":"batch","result":{"step_results":[`+row+`],"step_errors":[null]}}}`), `"baton":null,"base_url":null`, `"baton":"b","base_url":"ftp://TOKEN/KEY"`, 1)),
		"a length":         "HTTP/1.1 200 OK\r\nContent-Length: TOKEN\r\n\r\n",
		"an encoding":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: TOKEN\r\n\r\n",
		"a chunk's length": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nTOKEN\r\n",
		"a cursor's error": "OK:" + (`{"baton":null}` + "\n" + `{"type":"error","error":{"message":"TOKEN KEY","code":"KEY"}}` + "\n"),
		"a cursor's step":  "OK:" + (`{"baton":null}` + "\n" + `{"type":"step_error","step":0,"error":{"message":"TOKEN KEY","code":"KEY"}}` + "\n" + `{"type":"replication_index"}` + "\n"),
		"a cursor's key":   "OK:" + (`{"baton":null}` + "\n" + `{"type":"row","TOKEN":}` + "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			srv := rawServer(t, func(c net.Conn, r *http.Request, _ string) bool {
				token, key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Header.Get("X-Turso-Encryption-Key")
				require.Equal(t, secretToken, token)
				require.Equal(t, secretKey, key)
				out := strings.ReplaceAll(strings.ReplaceAll(echo, "TOKEN", token), "KEY", key)
				if strings.Contains(name, "cursor") && strings.HasSuffix(r.URL.Path, "pipeline") {
					out = "OK:" + answer(`{"type":"error","error":{"message":"Response is too large","code":"RESPONSE_TOO_LARGE"}}`)
				}
				if body, whole := strings.CutPrefix(out, "OK:"); whole {
					out = ok(body)
				}
				io.WriteString(c, out)
				return false
			})
			for _, byFunc := range []bool{false, true} {
				var spans strings.Builder
				cfg, err := driver.ParseDSN("http://" + srv.Addr().String())
				require.NoError(t, err)
				cfg.RemoteEncryptionKey = secretKey
				if byFunc {
					cfg.AuthTokenFunc = func(context.Context) (string, error) { return secretToken, nil }
				} else {
					cfg.AuthToken = secretToken
				}
				var log bytes.Buffer
				db, err := gorm.Open(libsql.New(libsql.Config{Driver: cfg}), &gorm.Config{
					DisableAutomaticPing: true, Logger: logger.NewSlogLogger(slog.New(slog.NewTextHandler(&log, nil)), logger.Config{LogLevel: logger.Info}),
				})
				require.NoError(t, err)
				profiler := callbacks.NewProfiler(callbacks.ProfilerConfig{})
				require.NoError(t, db.Use(profiler))
				var n int
				err = db.Raw("SELECT 1").Scan(&n).Error
				if name != "a base_url" || !byFunc {
					spans.WriteString(allOf(err))
				}
				if name != "a base_url" {
					require.Error(t, err)
				}
				err = db.Exec("DELETE FROM t").Error
				require.Error(t, err)
				spans.WriteString(allOf(err))
				spans.WriteString(profiler.Report().String())
				fmt.Fprintf(&spans, "%v %+v %#v %s", db.Dialector, db.Dialector, db.Dialector, log.String())
				pool, err := db.DB()
				require.NoError(t, err)
				fmt.Fprintf(&spans, "%v %+v %#v", pool.Driver(), pool.Driver(), pool.Driver())
				require.NotContains(t, spans.String(), secretToken)
				require.NotContains(t, spans.String(), secretKey)
				require.NoError(t, pool.Close())
			}
		})
	}
}

// Nor does it come by the address, the Config or a dialector.
func TestSecretsInAddresses(t *testing.T) {
	address := "libsql://db.example.io?authToken=" + secretToken + "&remoteEncryptionKey=" + secretKey
	d := libsql.Open(address)
	texts := fmt.Sprintf("%v %+v %#v %s", d, d, d, d)
	for _, bad := range []string{
		address + "&nonsense=1", address + "&tls=2", address + "#x", "libsql://user:" + secretToken + "@db.example.io", "libsql://db.example.io:x?authToken=" + secretToken,
		"http://db.example.io?authToken=" + secretToken, "libsql://db.example.io?" + secretToken, "libsql://%zz?authToken=" + secretToken, "libsql://db.example.io?authToken=" + secretToken + "%00",
	} {
		_, err := driver.ParseDSN(bad)
		require.Error(t, err, bad)
		texts += allOf(err)
		_, err = gorm.Open(libsql.Open(bad), &gorm.Config{Logger: logger.Discard})
		require.Error(t, err)
		texts += allOf(err)
	}
	cfg, err := driver.ParseDSN(address)
	require.NoError(t, err)
	c, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	defer c.Close()
	texts += fmt.Sprintf("%v %+v %#v %s %v %+v %#v", c, c, c, c, cfg, *cfg, cfg)
	conn, err := c.Connect(bg)
	require.NoError(t, err)
	texts += fmt.Sprintf("%v %+v %#v", conn, conn, conn)
	require.NoError(t, conn.Close())
	require.NotContains(t, texts, secretToken)
	require.NotContains(t, texts, secretKey)
}

// Without a token nothing is sent.
func TestNoTokenNoRequest(t *testing.T) {
	down := errors.New("the vault is shut")
	asked := 0
	srv := rawServer(t, func(c net.Conn, _ *http.Request, _ string) bool { return false })
	db := srv.pool(t, func(c *driver.Config) {
		c.AuthTokenFunc = func(context.Context) (string, error) { asked++; return "", down }
	})
	_, err := db.Exec("DELETE FROM t")
	require.ErrorIs(t, err, down)
	require.NotErrorIs(t, err, driver.ErrCommitUnknown)
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("DELETE FROM t")
	require.ErrorIs(t, err, down)
	require.NoError(t, tx.Rollback())
	require.Equal(t, 2, asked, "once for each statement")
	require.Zero(t, srv.conns.Load())
}
