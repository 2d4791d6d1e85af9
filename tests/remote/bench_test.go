package remote

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

const (
	pointQuery   = "SELECT id, name FROM t WHERE id = ?"
	pointRequest = `{"baton":null,"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":"SELECT id, name FROM t WHERE id = ?","args":[{"type":"integer","value":"1"}]}}]}},{"type":"close"}]}`
)

// answerWith is an answer of so many rows to a request of one statement.
func answerWith(rows int) string {
	row := `[{"type":"integer","value":"1000"},{"type":"text","value":"a name"}],`
	return `{"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"batch","result":{"step_results":[` +
		`{"cols":[{"name":"id","decltype":"INTEGER"},{"name":"name","decltype":"TEXT"}],"rows":[` + strings.TrimSuffix(strings.Repeat(row, rows), ",") +
		`],"affected_row_count":1,"last_insert_rowid":"1000","replication_index":null,"rows_read":1,"rows_written":0,"query_duration_ms":0.1}],"step_errors":[null],"replication_index":"1"}}},{"type":"ok","response":{"type":"close"}}]}`
}

// BenchmarkThroughput has 64 goroutines query through the driver, and post the
// same bytes by plain HTTP, in turns, at a server that does nothing. Its figure
// is how many times the time of plain HTTP the driver takes.
func BenchmarkThroughput(b *testing.B) {
	const goroutines, rounds, each = 64, 7, 100
	answer := answerWith(1)
	k := serve(b, hranaserver.Options{}, func(c *driver.Config) { c.Remote.RoundTripper = nil })
	k.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, answer)
	})
	k.db.SetMaxIdleConns(goroutines)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: goroutines}}
	defer client.CloseIdleConnections()
	run := func(do func() error) time.Duration {
		start := time.Now()
		var all sync.WaitGroup
		for range goroutines {
			all.Add(1)
			go func() {
				defer all.Done()
				for range each {
					if err := do(); err != nil {
						b.Error(err)
					}
				}
			}()
		}
		all.Wait()
		return time.Since(start)
	}
	var plain, query, ratio []time.Duration
	for range rounds { // whatever b.N is
		plain = append(plain, run(func() error {
			resp, err := client.Post(k.http.URL, "application/json", strings.NewReader(pointRequest))
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			_, err = io.ReadAll(resp.Body)
			return err
		}))
		query = append(query, run(func() error {
			var id int
			var name string
			return k.db.QueryRow(pointQuery, 1).Scan(&id, &name)
		}))
		ratio = append(ratio, query[len(query)-1]*1000/plain[len(plain)-1])
	}
	for _, d := range [][]time.Duration{plain, query, ratio} {
		slices.Sort(d)
	}
	const n = goroutines * each
	b.ReportMetric(n/plain[rounds/2].Seconds(), "plain/s")
	b.ReportMetric(n/query[rounds/2].Seconds(), "queries/s")
	b.ReportMetric(float64(ratio[rounds/2])/1000, "times-plain")
	b.ReportMetric(0, "ns/op")
}

// canned answers a statement with so many rows and the end of a transaction
// with none, so that what is measured is the engine and what is above it.
type canned struct{ statement, begun, end string }

func newCanned(rows int) *canned {
	const nothing = `{"cols":[],"rows":[],"affected_row_count":0,"last_insert_rowid":null}`
	statement := answerWith(rows)
	begun := strings.NewReplacer(`"baton":null`, `"baton":"b"`, `"step_results":[`, `"step_results":[`+nothing+`,`, `"step_errors":[`, `"step_errors":[null,`,
		`{"type":"close"}`, `{"type":"get_autocommit","is_autocommit":false}`).Replace(statement)
	return &canned{statement, begun, answerWith(0)}
}

// RoundTrip reads the request and answers.
func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	var head [128]byte
	io.ReadFull(r.Body, head[:])
	io.Copy(io.Discard, r.Body)
	answer := c.statement
	switch {
	case bytes.HasPrefix(head[:], []byte(`{"baton":"`)):
		answer = c.end
	case bytes.Contains(head[:], []byte("BEGIN")):
		answer = c.begun
	}
	return &http.Response{StatusCode: http.StatusOK, ContentLength: int64(len(answer)), Body: io.NopCloser(strings.NewReader(answer))}, nil
}

// What the engine itself costs, without a network.
func BenchmarkEngine(b *testing.B) {
	through := func(rows int) *kit {
		return serve(b, hranaserver.Options{}, func(c *driver.Config) { c.Remote.RoundTripper = newCanned(rows) })
	}
	b.Run("point query", func(b *testing.B) {
		k := through(1)
		b.ReportAllocs()
		for b.Loop() {
			var id int
			var name string
			require.NoError(b, k.db.QueryRow(pointQuery, 1).Scan(&id, &name))
		}
	})
	b.Run("Exec", func(b *testing.B) {
		k := through(0)
		b.ReportAllocs()
		for b.Loop() {
			_, err := k.db.Exec("INSERT INTO t (id, name) VALUES (?, ?)", 1, "a name")
			require.NoError(b, err)
		}
	})
	b.Run("GORM Create", func(b *testing.B) {
		db := through(1).gorm()
		b.ReportAllocs()
		for b.Loop() {
			require.NoError(b, db.Create(&plainRow{Name: "a name"}).Error)
		}
	})
	for _, rows := range []int{100, 10_000} {
		b.Run(fmt.Sprint("GORM Find of ", rows), func(b *testing.B) {
			db := through(rows).gorm()
			b.ReportAllocs()
			for b.Loop() {
				var all []plainRow
				require.NoError(b, db.Find(&all).Error)
				require.Len(b, all, rows)
			}
		})
	}
}

// A cursor in both encodings, and what is sent.
func BenchmarkCursor(b *testing.B) {
	const all = 10_000
	for _, json := range []bool{false, true} {
		b.Run(map[bool]string{false: "Protobuf", true: "JSON"}[json], func(b *testing.B) {
			k := serve(b, hranaserver.Options{MaxResponse: 1000, NoProtobuf: json})
			read := &counting{base: k.wire.base}
			db := k.open(func(c *driver.Config) { c.Remote.RoundTripper = read })
			query := func() {
				rows, err := db.Query(series, all)
				require.NoError(b, err)
				n := 0
				for rows.Next() {
					n++
				}
				require.NoError(b, rows.Err())
				require.Equal(b, all, n)
			}
			query()
			read.n = 0
			b.ReportAllocs()
			for b.Loop() {
				query()
			}
			b.ReportMetric(float64(read.n)/float64(b.N), "bytes")
		})
	}
}

// counting counts the bytes of answers.
type counting struct {
	base http.RoundTripper
	n    int
}

// RoundTrip passes the request on.
func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.base.RoundTrip(r)
	if err == nil {
		resp.Body = &countedBody{resp.Body, c}
	}
	return resp, err
}

type countedBody struct {
	io.ReadCloser
	c *counting
}

// Read counts.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.c.n += n
	return n, err
}

// What compression costs and saves: an answer of 100 and of 10,000 rows, with
// gzip and without.
func BenchmarkCompression(b *testing.B) {
	for _, rows := range []int{1, 100, 10_000} {
		for _, enc := range []string{"identity", "gzip"} {
			b.Run(fmt.Sprint(rows, " rows, ", enc), func(b *testing.B) {
				k := serve(b, hranaserver.Options{MaxResponse: 1 << 30})
				body := fmt.Sprintf(`{"requests":[{"type":"execute","stmt":{"sql":%q,"args":[{"type":"integer","value":"%d"}]}},{"type":"close"}]}`, series, rows)
				n := 0
				for b.Loop() {
					req, err := http.NewRequest(http.MethodPost, k.http.URL+"/v3/pipeline", bytes.NewReader([]byte(body)))
					require.NoError(b, err)
					req.Header.Set("Accept-Encoding", enc)
					resp, err := k.wire.base.RoundTrip(req)
					require.NoError(b, err)
					text, err := io.ReadAll(resp.Body)
					require.NoError(b, err)
					require.Equal(b, http.StatusOK, resp.StatusCode)
					resp.Body.Close()
					n = len(text)
				}
				b.ReportMetric(float64(n), "bytes")
			})
		}
	}
}
