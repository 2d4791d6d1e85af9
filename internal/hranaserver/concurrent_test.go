package hranaserver_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// Many clients at once, half of whom go away in the middle: what was committed
// is there, once, and no stream is left.
func TestManyClients(t *testing.T) {
	k := serve(t, hranaserver.Options{MaxStreams: 8, OpenWait: time.Minute, TxLimit: time.Minute})
	k.run("CREATE TABLE t(client, n, PRIMARY KEY(client, n))")
	const clients, each = 16, 10
	var wg sync.WaitGroup
	for c := range clients {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range each {
				if c%2 == 1 { // it does not wait for the answer, or never closes
					ctx, cancel := context.WithTimeout(context.Background(), time.Duration(n)*time.Millisecond)
					req, err := http.NewRequestWithContext(ctx, "POST", k.http.URL+"/v3/pipeline",
						strings.NewReader(pipelineBody("", execute("BEGIN IMMEDIATE"), execute("INSERT INTO t VALUES(-1, -1)"), execute(endless))))
					if err == nil {
						if resp, err := k.http.Client().Do(req); err == nil {
							resp.Body.Close()
						}
					}
					cancel()
					continue
				}
				b, res := k.pipe("", batch(step("", "BEGIN IMMEDIATE"), step(`{"type":"ok","step":0}`, "INSERT INTO t VALUES(?, ?)", arg(c), arg(n))))
				if ran(t, res[0]) != "++" {
					t.Errorf("client %d: %s", c, res[0])
				}
				_, res = k.pipe(b, batch(step(`{"type":"not","cond":{"type":"is_autocommit"}}`, "COMMIT")), closeStream)
				if ran(t, res[0]) != "+" {
					t.Errorf("client %d: %s", c, res[0])
				}
			}
		}()
	}
	wg.Wait()
	require.Equal(t, `{"type":"integer","value":"80"}`, k.value("SELECT count(*) FROM t WHERE client >= 0"))
	require.Equal(t, `{"type":"integer","value":"80"}`, k.value("SELECT count(*) FROM t"))
	require.Eventually(t, func() bool { return k.srv.Counters().OpenStreams == 0 }, time.Minute, time.Millisecond)
}

func arg(n int) string { return `{"type":"integer","value":"` + itoa(int32(n)) + `"}` }

// A statement over loopback, by 64 clients at once, beside a server that
// answers the same bytes without doing anything.
func BenchmarkLoopback(b *testing.B) {
	cfg, err := driver.ParseDSN(filepath.Join(b.TempDir(), "bench.db"))
	require.NoError(b, err)
	srv, err := hranaserver.New(cfg, hranaserver.Options{})
	require.NoError(b, err)
	defer srv.Close()
	body := pipelineBody("", execute("SELECT ?, 'text'", arg(1)), closeStream)
	rec := httptest.NewRecorder()
	srv.ServeHTTP(rec, httptest.NewRequest("POST", "/v3/pipeline", strings.NewReader(body)))
	answer := rec.Body.Bytes()
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Write(answer)
	})
	for _, c := range []struct {
		name    string
		handler http.Handler
	}{{"server", srv}, {"echo", echo}} {
		b.Run(c.name, func(b *testing.B) {
			listening := httptest.NewServer(c.handler)
			defer listening.Close()
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
			defer client.CloseIdleConnections()
			b.SetParallelism(32) // for each of two processors
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					resp, err := client.Post(listening.URL+"/v3/pipeline", "application/json", strings.NewReader(body))
					if err != nil {
						b.Error(err)
						return
					}
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		})
	}
}
