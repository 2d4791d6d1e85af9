package remote

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// What a query costs, next to a plain HTTP request with the same bodies, from
// 64 goroutines each.
func BenchmarkQuery(b *testing.B) {
	const answer = `{"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"batch","result":{"step_results":[{"cols":[{"name":"id","decltype":"INTEGER"},{"name":"name","decltype":"TEXT"}],"rows":[[{"type":"integer","value":"1"},{"type":"text","value":"a name"}]],"affected_row_count":0,"last_insert_rowid":null}],"step_errors":[null]}}},{"type":"ok","response":{"type":"close"}}]}`
	const request = `{"baton":null,"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":"SELECT id, name FROM t WHERE id = ?","args":[{"type":"integer","value":"1"}]}}]}},{"type":"close"}]}`
	k := serve(b, hranaserver.Options{}, func(c *driver.Config) { c.Remote.RoundTripper = nil })
	k.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, answer)
	})
	k.db.SetMaxIdleConns(64)
	b.Run("driver", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				var id int
				var name string
				if err := k.db.QueryRow("SELECT id, name FROM t WHERE id = ?", 1).Scan(&id, &name); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("plain HTTP", func(b *testing.B) {
		b.ReportAllocs()
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
		defer client.CloseIdleConnections()
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				resp, err := client.Post(k.http.URL, "application/json", strings.NewReader(request))
				if err != nil {
					b.Error(err)
					continue
				}
				_, err = io.ReadAll(resp.Body)
				resp.Body.Close()
				require.NoError(b, err)
			}
		})
	})
}
