package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// counted is a kit with the engine's own transport, and with a count of the
// network connections that it made.
func counted(t *testing.T, opts hranaserver.Options, change ...func(*driver.Config)) (k *kit, made, open *atomic.Int32) {
	made, open = new(atomic.Int32), new(atomic.Int32)
	k = serve(t, opts)
	k.http.Close()
	k.http = httptest.NewUnstartedServer(k.srv)
	k.http.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			made.Add(1)
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Add(-1)
		}
	}
	k.http.Start()
	k.db = k.open(append(change, func(c *driver.Config) { c.Remote.RoundTripper = nil })...)
	return k, made, open
}

// One network connection serves everything that is done one after the other,
// whatever comes of it.
func TestNetworkConnectionIsReused(t *testing.T) {
	const all = 20_000
	k, made, _ := counted(t, hranaserver.Options{MaxResponse: 100_000})
	k.exec("CREATE TABLE t (name UNIQUE)")
	for i := range 6 {
		k.exec(insert, i)
		_, err := k.db.Exec(insert, i)
		require.ErrorIs(t, err, driver.ErrConstraint)
		_, err = k.db.Exec("SELEC")
		require.Error(t, err)
		require.NoError(t, inTxDo(k, "tx"+string(rune('a'+i))))
		k.srv.Inject(hranaserver.Fault{Before: 400, Body: `{"error":"no"}`}, hranaserver.Fault{Before: 429, Body: "busy"})
		_, err = k.db.Exec("SELECT 1")
		require.Error(t, err)
		k.exec("SELECT 1")
		rows, err := k.db.Query(series, all)
		require.NoError(t, err)
		n, err := readAll(t, rows, all+1)
		require.NoError(t, err)
		require.Equal(t, all, n)
		tx := k.begin()
		_, err = tx.Exec("DELETE FROM t WHERE name = 'x'")
		require.NoError(t, err)
		rows, err = tx.Query(series, all)
		require.NoError(t, err)
		_, err = readAll(t, rows, 5) // closed early: what is left is read
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
	}
	// net/http lets one go that it has not heard of for 50 ms from its own writer.
	require.LessOrEqual(t, made.Load(), int32(4), "for %d requests", k.srv.Counters().Requests)
	// As many as goroutines at a time, and no more.
	const goroutines = 32
	var wg sync.WaitGroup
	for range goroutines {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				if _, err := k.db.Exec("SELECT 1"); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	require.LessOrEqual(t, made.Load(), int32(2*goroutines), "net/http may dial one that it then does not need")
}

// Close lets the network connections go.
func TestCloseEndsNetworkConnections(t *testing.T) {
	k, _, open := counted(t, hranaserver.Options{})
	k.exec("SELECT 1")
	require.NoError(t, k.db.Close())
	require.Eventually(t, func() bool { return open.Load() == 0 }, streamsGone, tick)
}

// A server that closes its connections between requests, without a word: a
// write is there once if it succeeded, and at most once if nobody knows.
func TestWritesOverConnectionsThatAreClosed(t *testing.T) {
	k, _, _ := counted(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	var known, unknown int64
	for i := range 100 {
		k.http.CloseClientConnections()
		_, err := k.db.Exec(insert, i)
		n := k.int("SELECT count(*) FROM t WHERE name = ?", i)
		switch {
		case err == nil:
			require.EqualValues(t, 1, n)
			known++
		default:
			require.ErrorIs(t, err, driver.ErrCommitUnknown)
			require.LessOrEqual(t, n, int64(1))
			unknown++
		}
	}
	t.Logf("%d written, %d not known", known, unknown)
}

// The server says with each answer that it closes the connection.
func TestConnectionClose(t *testing.T) {
	k, made, _ := counted(t, hranaserver.Options{})
	k.http.Config.SetKeepAlivesEnabled(false)
	k.exec("CREATE TABLE t (name)")
	for i := range 20 {
		k.exec(insert, i)
	}
	require.NoError(t, inTxDo(k, "tx"))
	require.EqualValues(t, 21, k.count())
	require.Greater(t, made.Load(), int32(20))
}

// A context that ends before there is a connection: nothing was sent, and that
// is known.
func TestCancelBeforeSending(t *testing.T) {
	// TLS that never says hello.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	db := poolAt(t, "https://"+ln.Addr().String())
	tx, err := db.Begin()
	require.NoError(t, err)
	cause := errors.New("had enough")
	for _, do := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := db.ExecContext(ctx, "DELETE FROM t"); return err },
		func(ctx context.Context) error { _, err := tx.ExecContext(ctx, "DELETE FROM t; COMMIT"); return err },
	} {
		ctx, cancel := context.WithCancelCause(bg)
		done := make(chan error, 1)
		go func() { done <- do(ctx) }()
		c := <-accepted
		cancel(cause)
		err = <-done
		c.Close()
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, cause)
		require.NotErrorIs(t, err, driver.ErrCommitUnknown)
		require.NotErrorIs(t, err, driver.ErrTxRolledBack)
	}
	require.NoError(t, tx.Rollback())
}

// A handshake that fails has sent nothing, whatever the failure.
func TestHandshakeThatFails(t *testing.T) {
	var hello atomic.Int32
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			if hello.Add(1)%2 == 0 {
				c.Write([]byte{21, 3, 3, 0, 2, 2, 40}) // an alert: handshake failure
			}
			c.Close()
		}
	}()
	_, err = poolAt(t, "https://"+ln.Addr().String()).Exec("DELETE FROM t")
	require.ErrorIs(t, err, driver.ErrCantOpen)
	require.NotErrorIs(t, err, driver.ErrCommitUnknown)
	require.EqualValues(t, 5, hello.Load(), "it is tried again")

	// One that takes too long.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	_, err = poolAt(t, "https://"+silent.Addr().String(), func(c *driver.Config) { c.Remote.DialTimeout = 10 * time.Millisecond }).Exec("DELETE FROM t")
	require.ErrorIs(t, err, driver.ErrCantOpen)
	require.NotErrorIs(t, err, driver.ErrCommitUnknown)
}

// The TLS configuration is the program's: it stays as it was.
func TestTLSConfigIsNotChanged(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, emptyAnswer) }))
	defer srv.Close()
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	conf := &tls.Config{RootCAs: roots}
	var wg sync.WaitGroup
	for range 2 {
		db := poolAt(t, srv.URL, func(c *driver.Config) { c.Remote.TLS = conf })
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := db.Exec("DELETE FROM t"); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	require.Empty(t, conf.NextProtos)
}

// Pools are closed while their queries run.
func TestCloseWhileQueriesRun(t *testing.T) {
	const slow = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
	k, _, _ := counted(t, hranaserver.Options{MaxResponse: 100_000})
	k.exec("CREATE TABLE t (name)")
	running := make(chan struct{}, 10)
	k.srv.Inject(hranaserver.Fault{Times: -1, On: func(_ *http.Request, body []byte) bool {
		if strings.Contains(string(body), "UNION ALL SELECT x + 1 FROM c)") {
			running <- struct{}{}
		}
		return false
	}})
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	done := make(chan error, 2)
	go func() {
		_, err := k.db.ExecContext(ctx, slow)
		done <- err
	}()
	tx := k.begin()
	_, err := tx.Exec(insert, "a")
	require.NoError(t, err)
	go func() {
		_, err := tx.ExecContext(ctx, slow)
		done <- err
	}()
	rows, err := k.db.Query(series, 20_000) // a cursor
	require.NoError(t, err)
	require.True(t, rows.Next())
	<-running
	<-running
	require.NoError(t, k.db.Close())
	cancel()
	for range 2 {
		require.ErrorIs(t, <-done, context.Canceled)
	}
	rows.Close()
	require.Error(t, tx.Commit())
	_, err = k.db.Exec("SELECT 1")
	require.Error(t, err)
	require.Eventually(t, func() bool { return k.srv.Counters().OpenStreams == 0 }, streamsGone, tick)
	require.Zero(t, k.int2("SELECT count(*) FROM t"))
}

// int2 asks by a pool of its own.
func (k *kit) int2(q string) (n int64) {
	k.Helper()
	db := k.open()
	require.NoError(k, db.QueryRow(q).Scan(&n))
	require.NoError(k, db.Close())
	return n
}

// A token that a server takes no more is asked for once, however many find out.
func TestTokenRotation(t *testing.T) {
	var asked atomic.Int32
	var good atomic.Value
	good.Store("token-1")
	k := serve(t, hranaserver.Options{}, func(c *driver.Config) {
		c.Remote.RoundTripper = nil
		c.AuthTokenFunc = func(context.Context) (string, error) {
			asked.Add(1)
			return good.Load().(string), nil
		}
	})
	served := k.http.Config.Handler
	k.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+good.Load().(string) {
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
			return
		}
		served.ServeHTTP(w, r)
	})
	k.exec("CREATE TABLE t (name)")
	require.EqualValues(t, 1, asked.Load())
	for round := range int32(3) {
		tx := k.begin()
		_, err := tx.Exec("DELETE FROM t WHERE name = 'x'")
		require.NoError(t, err)
		good.Store("token-" + string(rune('a'+round)))
		_, err = tx.Exec(insert, "in a transaction") // goes on with the new one
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		require.Equal(t, 2*round+2, asked.Load())

		good.Store("token-" + string(rune('A'+round)))
		var wg sync.WaitGroup
		for g := range 64 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if _, err := k.db.Exec(insert, g); err != nil {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
		require.Equal(t, 2*round+3, asked.Load(), "64 goroutines, one question")
	}
	require.EqualValues(t, 3*65, k.count())
	k.noStreams()
}

// Whoever waits for a token waits no longer than its context.
func TestTokenFuncThatHangs(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	k := serve(t, hranaserver.Options{}, func(c *driver.Config) {
		c.AuthTokenFunc = func(ctx context.Context) (string, error) {
			once.Do(func() { close(asked); <-release })
			return "token", ctx.Err()
		}
	})
	done := make(chan error, 1)
	go func() {
		_, err := k.db.Exec("SELECT 1")
		done <- err
	}()
	<-asked
	ctx, cancel := context.WithCancel(bg)
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err := k.db.ExecContext(ctx, "DELETE FROM t")
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, driver.ErrCommitUnknown)
	close(release)
	require.NoError(t, <-done)
}

// Streams expire under a pool that many use: nothing is lost, nothing double.
func TestExpiryUnderLoad(t *testing.T) {
	k, _, _ := counted(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	stop := make(chan struct{})
	var expiring sync.WaitGroup
	expiring.Add(1)
	go func() {
		defer expiring.Done()
		for {
			select {
			case <-stop:
				return
			default:
				k.srv.Expire()
				time.Sleep(tick)
			}
		}
	}()
	var done, lost atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 15 {
				var err error
				if i%3 == 0 {
					_, err = k.db.Exec(insert, "a")
				} else {
					err = inTxDo(k, "a")
				}
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, driver.ErrTxRolledBack) && i%3 != 0:
					lost.Add(1)
				default:
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	close(stop)
	expiring.Wait()
	require.Equal(t, done.Load(), k.count())
	t.Logf("%d done, %d lost", done.Load(), lost.Load())
}
