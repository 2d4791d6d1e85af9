package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"flag"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.HasItsServers, nil) }

// start runs the command until the test ends, and returns its URL, what it
// logged until it listened, and a function that stops it.
func start(t *testing.T, args ...string) (url, logged string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in)
		in.CloseWithError(io.EOF)
		done <- err
	}()
	var ended error
	stopped := false
	stop = func() error {
		cancel()
		if !stopped {
			stopped, ended = true, <-done
		}
		return ended
	}
	t.Cleanup(func() { require.NoError(t, stop()) })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		logged += lines.Text() + "\n"
		if _, url, ok := strings.Cut(lines.Text(), "serving "); ok {
			go io.Copy(io.Discard, out)
			return url, logged, stop
		}
	}
	stopped = true
	require.NoError(t, <-done)
	return "", logged, stop
}

// query posts a query and returns the status and the body.
func query(t *testing.T, client *http.Client, url, auth string) (int, string) {
	t.Helper()
	defer client.CloseIdleConnections()
	req, err := http.NewRequest("POST", url+"/v3/pipeline", strings.NewReader(
		`{"requests":[{"type":"execute","stmt":{"sql":"SELECT 'hello'"}},{"type":"close"}]}`))
	require.NoError(t, err)
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestServesAndStops(t *testing.T) {
	db := filepath.Join(t.TempDir(), "app.db")
	url, logged, stop := start(t, "-db", db)
	require.NotContains(t, logged, "warning")
	status, body := query(t, http.DefaultClient, url, "")
	require.Equal(t, 200, status)
	require.Contains(t, body, `{"type":"text","value":"hello"}`)
	require.NoError(t, stop())
	require.FileExists(t, db)
	_, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "http://"), time.Second)
	require.Error(t, err)
}

func TestStoppingCancelsWhatRuns(t *testing.T) {
	url, _, stop := start(t, "-db", ":memory:", "-grace", "1ms")
	resp, err := http.Post(url+"/v3/cursor", "", strings.NewReader(
		`{"batch":{"steps":[{"stmt":{"sql":"WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"}}]}}`))
	require.NoError(t, err)
	defer resp.Body.Close()
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, resp.Body)
		done <- err
	}()
	require.NoError(t, stop())
	require.Error(t, <-done, "the body is broken off")
	http.DefaultClient.CloseIdleConnections()
}

func TestTokens(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	enc := base64.RawURLEncoding
	signed := enc.EncodeToString([]byte(`{"alg":"EdDSA"}`)) + "." + enc.EncodeToString([]byte(`{}`))
	jwt := signed + "." + enc.EncodeToString(ed25519.Sign(private, []byte(signed)))

	url, logged, _ := start(t, "-db", ":memory:", "-token-file", file(t, "  s3cret\n"), "-jwt-key", file(t, enc.EncodeToString(public)))
	require.NotContains(t, logged, "s3cret")
	for auth, want := range map[string]int{"": 401, "Bearer wrong": 401, "Bearer s3cret": 200, "Bearer " + jwt: 200} {
		status, body := query(t, http.DefaultClient, url, auth)
		require.Equal(t, want, status)
		require.NotContains(t, body, "s3cret")
	}
	url, _, _ = start(t, "-db", ":memory:", "-token", "s3cret")
	status, _ := query(t, http.DefaultClient, url, "Bearer s3cret")
	require.Equal(t, 200, status)
}

func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	url, _, _ := start(t, "-db", ":memory:", "-tls-cert", file(t, string(certPEM)),
		"-tls-key", file(t, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}))))
	require.True(t, strings.HasPrefix(url, "https://"))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	status, _ := query(t, client, url, "")
	require.Equal(t, 200, status)
}

func TestFaults(t *testing.T) {
	url, _, _ := start(t, "-db", ":memory:", "-fault", "path=/v3,body=hello,nth=2,before=502", "-fault", "body=nobody sends this,reset-before")
	for _, want := range []int{200, 502, 200} {
		status, _ := query(t, http.DefaultClient, url, "")
		require.Equal(t, want, status)
	}
	var all faultFlag
	require.NoError(t, all.Set("times=-1,delay=1ms,expire,twice,after=503,baton=x,delay-after=2ms,reset-after,cut=0"))
	require.NotNil(t, all[0].On)
	all[0].On = nil
	require.Equal(t, hranaserver.Fault{Times: -1, Delay: time.Millisecond, Expire: true, Twice: true, After: 503, Baton: "x",
		DelayAfter: 2 * time.Millisecond, ResetAfter: true, Cut: -1}, all[0])
	for _, text := range []string{"", "nonsense", "nth=x", "before=99", "delay=soon"} {
		require.Error(t, all.Set(text), text)
	}
}

func TestHTTP2WithoutTLS(t *testing.T) {
	url, _, _ := start(t, "-db", ":memory:")
	protocols := &http.Protocols{}
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
	status, body := query(t, client, url, "")
	require.Equal(t, 200, status)
	require.Contains(t, body, "hello")
}

func TestWarnsWhenOthersReachIt(t *testing.T) {
	_, logged, _ := start(t, "-db", ":memory:", "-addr", "0.0.0.0:0")
	require.Contains(t, logged, "warning: everybody who reaches this address")
	_, logged, _ = start(t, "-db", ":memory:", "-addr", "0.0.0.0:0", "-token", "x")
	require.NotContains(t, logged, "warning")
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "-db names no database"},
		{[]string{"-db", "x.db", "y.db"}, `unexpected argument "y.db"`},
		{[]string{"-db", "x.db", "-token", "a", "-token-file", "b"}, "exclude each other"},
		{[]string{"-db", "x.db", "-tls-cert", "a"}, "need each other"},
		{[]string{"-db", "x.db", "-token-file", filepath.Join(t.TempDir(), "missing")}, "no such file"},
		{[]string{"-db", "x.db", "-token-file", file(t, " \n")}, "has no token"},
		{[]string{"-db", "x.db", "-jwt-key", file(t, "no key")}, "-jwt-key: neither"},
		{[]string{"-db", "libsql://localhost:1?tls=0"}, "it serves local databases"},
		{[]string{"-db", "x.db?_nonsense=1"}, "_nonsense"},
		{[]string{"-db", filepath.Join(t.TempDir(), "missing", "x.db")}, "unable to open database file"},
		{[]string{"-db", ":memory:", "-vfs", "nosuch"}, "vfs"},
		{[]string{"-db", ":memory:", "-addr", "256.0.0.1:1"}, "256.0.0.1"},
		{[]string{"-db", "x.db", "-max-streams", "-1"}, "above 0"},
		{[]string{"-db", "x.db", "-max-response", "0"}, "above 0"},
		{[]string{"-db", "x.db", "-max-row", "-1"}, "above 0"},
		{[]string{"-db", "x.db", "-tx-limit", "0"}, "above 0"},
		{[]string{"-db", "x.db", "-grace", "-1s"}, "above 0"},
		{[]string{"-db", "x.db", "-origin", "app.example"}, "an origin is like"},
		{[]string{"-db", "x.db", "-origin", "https://app.example/"}, "an origin is like"},
		{[]string{"-nonsense"}, "flag provided but not defined"},
	} {
		err := run(context.Background(), c.args, io.Discard)
		require.ErrorContains(t, err, c.want, "%q", c.args)
	}
	var help bytes.Buffer
	require.ErrorIs(t, run(context.Background(), []string{"-h"}, &help), flag.ErrHelp)
	require.Contains(t, help.String(), "-stream-expiry")
	require.False(t, errors.Is(run(context.Background(), nil, &help), flag.ErrHelp))
}

// The document lists the flags as they are.
func TestTheDocumentListsEveryFlag(t *testing.T) {
	text, err := os.ReadFile("../../docs/hranaserver.md")
	require.NoError(t, err)
	var help bytes.Buffer
	_, err = parse([]string{"-h"}, &help)
	require.ErrorIs(t, err, flag.ErrHelp)
	flags := regexp.MustCompile(`(?m)^  -([a-z-]+)`).FindAllStringSubmatch(help.String(), -1)
	require.Greater(t, len(flags), 15)
	for _, f := range flags {
		require.Contains(t, string(text), "| `-"+f[1]+"` |")
	}
	require.Len(t, regexp.MustCompile("(?m)^\\| `-[a-z-]+` \\|").FindAllString(string(text), -1), len(flags))
}
