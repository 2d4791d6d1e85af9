package callbacks

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WriteMetrics writes what was measured in the text format of Prometheus
// (https://prometheus.io/docs/instrumenting/exposition_formats/), by table,
// under names that begin with libsql_query. The tables are those of the report,
// with the table "(others)" for the rest. The labels, such as the name of the
// database, are given to every sample; the names table, error, part and le are
// taken. A label that is not named as Prometheus wants it, or has a name that is
// taken, is an error, and nothing is written. For the counts of the page cache
// see [driver.PoolStats.WriteMetrics].
func (p *Profiler) WriteMetrics(w io.Writer, labels map[string]string) error {
	return p.Report().WriteMetrics(w, labels)
}

// WriteMetrics does as [Profiler.WriteMetrics].
func (r *Report) WriteMetrics(w io.Writer, labels map[string]string) error {
	m := &metrics{}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if !labelName(name) {
			return fmt.Errorf("libsql: metrics: %q is no name for a label here", name)
		}
		m.labels = append(m.labels, name, labels[name])
	}
	tables := r.Tables
	if r.Rest.Tables.Count > 0 {
		tables = append(tables[:len(tables):len(tables)], Table{Name: "(others)", Measures: r.Rest.Tables})
	}
	m.each("libsql_queries_total", "Queries.", tables, func(t *Measures) string { return whole(t.Count) })
	m.head("libsql_query_errors_total", "Queries that failed, by the class of the error.", "counter")
	for i := range tables {
		t := &tables[i]
		for _, class := range classes(t.Classes) {
			m.sample("libsql_query_errors_total", whole(t.Classes[class]), "table", t.Name, "error", class)
		}
	}
	m.head("libsql_query_part_seconds_total", "Where the time of queries went.", "counter")
	for i := range tables {
		t := &tables[i]
		for _, part := range [...]struct {
			name string
			d    time.Duration
		}{
			{"pool", t.Times.PoolWait}, {"lock", t.Times.LockWait}, {"engine", t.Times.Engine}, {"scan", t.Times.Scan}, {"hooks", t.Times.Hooks},
		} {
			m.sample("libsql_query_part_seconds_total", seconds(part.d), "table", t.Name, "part", part.name)
		}
	}
	m.each("libsql_query_rows_total", "Rows that queries returned.", tables, func(t *Measures) string { return whole(t.Rows) })
	m.each("libsql_query_rows_affected_total", "Rows that queries changed.", tables, func(t *Measures) string { return whole(t.RowsAffected) })
	m.each("libsql_query_rows_read_total", "Rows that the engine read.", tables, func(t *Measures) string { return whole(t.Counters.RowsRead) })
	m.each("libsql_query_rows_written_total", "Rows that the engine wrote.", tables, func(t *Measures) string { return whole(t.Counters.RowsWritten) })
	m.each("libsql_query_full_scan_steps_total", "Steps of full table scans.", tables, func(t *Measures) string { return whole(t.Counters.FullScanSteps) })
	m.each("libsql_query_sorts_total", "Sorts.", tables, func(t *Measures) string { return whole(t.Counters.Sorts) })
	m.each("libsql_query_auto_index_rows_total", "Rows put into indexes that were made for one run.", tables, func(t *Measures) string { return whole(t.Counters.AutoIndexes) })
	m.durations(tables)
	m.head("libsql_pool_wait_seconds_total", "Time that was waited for a connection of the pool.", "counter")
	m.sample("libsql_pool_wait_seconds_total", seconds(r.Pool.WaitDuration))
	m.head("libsql_pool_waits_total", "Waits for a connection of the pool.", "counter")
	m.sample("libsql_pool_waits_total", whole(r.Pool.WaitCount))
	_, err := io.WriteString(w, m.b.String())
	return err
}

// labelName tells that a label may have the name: one such name less, and
// Prometheus refuses all samples.
func labelName(name string) bool {
	switch {
	case name == "", name == "table", name == "error", name == "part", name == "le", strings.HasPrefix(name, "__"):
		return false
	}
	for i, c := range []byte(name) {
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// metrics is a text of samples.
type metrics struct {
	b      strings.Builder
	labels []string // of every sample
}

func (m *metrics) head(name, help, kind string) {
	fmt.Fprintf(&m.b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// sample writes a sample with its labels, a name and a value each.
func (m *metrics) sample(name, value string, labels ...string) {
	m.b.WriteString(name)
	labels = slices.Concat(m.labels, labels)
	for i := 0; i < len(labels); i += 2 {
		m.b.WriteByte("{,"[min(i, 1)])
		m.b.WriteString(labels[i] + `="` + labelEscapes.Replace(strings.ToValidUTF8(labels[i+1], "�")) + `"`)
	}
	if len(labels) > 0 {
		m.b.WriteByte('}')
	}
	m.b.WriteString(" " + value + "\n")
}

func (m *metrics) each(name, help string, tables []Table, value func(*Measures) string) {
	m.head(name, help, "counter")
	for i := range tables {
		m.sample(name, value(&tables[i].Measures), "table", tables[i].Name)
	}
}

// bounds are those of the buckets that Prometheus is told.
var bounds = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// durations writes histograms. A bucket of ours counts where its middle falls.
func (m *metrics) durations(tables []Table) {
	const name = "libsql_query_duration_seconds"
	m.head(name, "Durations of queries, from the call to the end.", "histogram")
	for i := range tables {
		t := &tables[i]
		sum, at := int64(0), 0
		for _, bound := range bounds {
			for ; at < len(t.Latency.Buckets); at++ {
				b := &t.Latency.Buckets[at]
				if b.From+(b.To-b.From)/2 > bound {
					break
				}
				sum += b.Count
			}
			m.sample(name+"_bucket", whole(sum), "table", t.Name, "le", seconds(bound))
		}
		m.sample(name+"_bucket", whole(t.Count), "table", t.Name, "le", "+Inf")
		m.sample(name+"_sum", seconds(t.Times.Whole), "table", t.Name)
		m.sample(name+"_count", whole(t.Count), "table", t.Name)
	}
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'g', -1, 64) }
