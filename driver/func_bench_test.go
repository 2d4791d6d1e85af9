package driver_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// adder is sum() in Go.
type adder struct{ sum int64 }

func (a *adder) Step(n int64)    { a.sum += n }
func (a *adder) Final() int64    { return a.sum }
func (a *adder) Inverse(n int64) { a.sum -= n }
func (a *adder) Value() int64    { return a.sum }

// BenchmarkFunc is what a call costs: a query over 10,000 rows with the function
// of Go, with one of C that does the same, and without either, in turns. The
// metrics are of one call, of the least that each has taken.
func BenchmarkFunc(b *testing.B) {
	const rows = 10_000
	db := memory(b, "CREATE TABLE t(i INTEGER PRIMARY KEY, f REAL, s TEXT)",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) INSERT INTO t SELECT i, i / 2.0, 'Text ' || i FROM n")
	eachConn(b, db, func(c *driver.Conn) error {
		abs := func(n int64) int64 { return max(n, -n) }
		return errors.Join(
			c.Func("go_abs", abs), c.Func("go_length", func(s string) (int64, error) { return int64(len(s)), nil }),
			c.Func("go_upper", func(s string) string { return strings.ToUpper(s) }),
			c.Func("go_pow", func(x, y float64) (float64, error) { return x * y, nil }),
			c.Func("go_any", func(v any) any { return v }),
			c.Func("go_max", func(n ...int64) int64 { return max(n[0], n[1]) }),
			c.Func("go_ctx", func(ctx context.Context, n int64) (int64, error) { return n, nil }),
			c.Window("go_sum", func() *adder { return new(adder) }),
			c.Collation("go_binary", strings.Compare))
	})
	for _, w := range []struct{ name, in, plain, none string }{
		{"int64", "SELECT count(go_abs(i)) FROM t", "SELECT count(abs(i)) FROM t", "SELECT count(+i) FROM t"},
		{"string int64", "SELECT count(go_length(s)) FROM t", "SELECT count(length(s)) FROM t", "SELECT count(s) FROM t"},
		{"string string", "SELECT count(go_upper(s)) FROM t", "SELECT count(upper(s)) FROM t", "SELECT count(s) FROM t"},
		{"float64 float64", "SELECT count(go_pow(f, 2.0)) FROM t", "SELECT count(max(f, 2.0)) FROM t", "SELECT count(f) FROM t"},
		{"context int64", "SELECT count(go_ctx(i)) FROM t", "SELECT count(abs(i)) FROM t", "SELECT count(+i) FROM t"},
		{"any", "SELECT count(go_any(i)) FROM t", "SELECT count(abs(i)) FROM t", "SELECT count(+i) FROM t"},
		{"variadic", "SELECT count(go_max(i, i)) FROM t", "SELECT count(max(i, i)) FROM t", "SELECT count(+i) FROM t"},
		{"aggregate", "SELECT go_sum(i) FROM t", "SELECT sum(i) FROM t", "SELECT count(+i) FROM t"},
		{"window", "SELECT max(x) FROM (SELECT go_sum(i) OVER (ORDER BY i ROWS 2 PRECEDING) AS x FROM t)",
			"SELECT max(x) FROM (SELECT sum(i) OVER (ORDER BY i ROWS 2 PRECEDING) AS x FROM t)", "SELECT count(+i) FROM t"},
		{"collation (a sort)", "SELECT s FROM t ORDER BY s COLLATE go_binary DESC LIMIT 1 OFFSET 9999",
			"SELECT s FROM t ORDER BY s COLLATE nocase DESC LIMIT 1 OFFSET 9999", "SELECT count(s) FROM t"},
	} {
		b.Run(w.name, func(b *testing.B) {
			least := [3]time.Duration{1 << 62, 1 << 62, 1 << 62}
			for b.Loop() {
				for i, text := range []string{w.in, w.plain, w.none} {
					begin := time.Now()
					value(b, db, text)
					least[i] = min(least[i], time.Since(begin))
				}
			}
			inGo, inC := float64(least[0]-least[2])/rows, float64(least[1]-least[2])/rows
			b.ReportMetric(inGo, "ns/Go-call")
			b.ReportMetric(inC, "ns/C-call")
			b.ReportMetric(0, "ns/op")
		})
	}
	require.NoError(b, db.Ping())
}
