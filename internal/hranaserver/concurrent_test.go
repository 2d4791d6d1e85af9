package hranaserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
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
	require.Eventually(t, func() bool { return k.srv.Counters().OpenStreams == 0 }, 10*time.Second, time.Millisecond)
}

func arg(n int) string { return `{"type":"integer","value":"` + itoa(int32(n)) + `"}` }

func BenchmarkExecute(b *testing.B) {
	cfg, err := driver.ParseDSN(b.TempDir() + "/bench.db")
	require.NoError(b, err)
	srv, err := hranaserver.New(cfg, hranaserver.Options{})
	require.NoError(b, err)
	defer srv.Close()
	body := pipelineBody("", execute("SELECT ?, 'text'", arg(1)), closeStream)
	for name, handler := range map[string]http.Handler{
		"server": srv,
		"echo": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body.Close()
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(body))
		}),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest("POST", "/v3/pipeline", strings.NewReader(body)))
				if w.Code != 200 {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
