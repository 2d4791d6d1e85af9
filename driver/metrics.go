package driver

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
)

// WriteMetrics writes the counts in the text format of Prometheus
// (https://prometheus.io/docs/instrumenting/exposition_formats/), under names
// that begin with libsql_. The labels, such as the name of the database, are
// given to every one. A character of a label's name that Prometheus does not
// take becomes _, and of two labels whose names are then the same the one that
// is the last in order counts.
func (s *PoolStats) WriteMetrics(w io.Writer, labels map[string]string) error {
	m := newMetrics(labels)
	m.gauge("libsql_connections", "Open connections of the pool.", int64(s.Open))
	m.gauge("libsql_connections_unread", "Connections that were in use and count as they were last read.", int64(s.InUse))
	m.counter("libsql_connections_closed_total", "Connections of the pool that were closed.", s.Closed)
	m.counter("libsql_cache_hits_total", "Pages that were wanted and in the page cache.", s.CacheHits)
	m.counter("libsql_cache_misses_total", "Pages that were wanted and not in the page cache.", s.CacheMisses)
	m.counter("libsql_cache_writes_total", "Pages written to the file or its WAL.", s.CacheWrites)
	m.counter("libsql_cache_spills_total", "Pages written in a transaction because the page cache was full.", s.CacheSpills)
	m.gauge("libsql_cache_used_bytes", "Memory of the page caches.", s.CacheUsed)
	m.gauge("libsql_schema_used_bytes", "Memory of the schemas.", s.SchemaUsed)
	m.gauge("libsql_statements_used_bytes", "Memory of compiled statements.", s.StmtUsed)
	m.gauge("libsql_lookaside_used_slots", "Slots of lookaside memory in use.", s.LookasideUsed)
	m.counter("libsql_lookaside_hits_total", "Allocations met by lookaside memory.", s.LookasideHits)
	m.head("libsql_lookaside_misses_total", "Allocations not met by lookaside memory, because they were too large or all slots in use.", "counter")
	m.sample("libsql_lookaside_misses_total", s.LookasideMissesSize, "reason", "size")
	m.sample("libsql_lookaside_misses_total", s.LookasideMissesFull, "reason", "full")
	m.gauge("libsql_statement_cache_entries", "Compiled statements that are kept.", s.StmtCacheLen)
	m.counter("libsql_statement_cache_hits_total", "Texts whose statement was kept compiled.", s.StmtCacheHits)
	m.counter("libsql_statement_cache_misses_total", "Texts that had to be compiled.", s.StmtCacheMisses)
	m.counter("libsql_statement_cache_evictions_total", "Kept statements that had to go for others.", s.StmtCacheEvictions)
	m.gauge("libsql_deferred_foreign_keys", "Connections with a foreign key that is broken until the end of the transaction.", s.DeferredForeignKeys)
	m.counter("libsql_changes_total", "Rows inserted, updated and deleted.", s.TotalChanges)
	m.gauge("libsql_memory_used_bytes", "Memory that the library has allocated in the process.", s.Memory.Used)
	m.gauge("libsql_memory_highest_bytes", "The most memory that the library has had allocated in the process.", s.Memory.Highest)
	m.gauge("libsql_memory_allocations", "Allocations of the library in the process.", s.Memory.Allocations)
	m.gauge("libsql_memory_largest_allocation_bytes", "The largest allocation of the library in the process.", s.Memory.LargestAllocation)
	return m.write(w)
}

// WriteMetrics writes the sizes in the text format of Prometheus, as
// [PoolStats.WriteMetrics] does, with the labels table and index for every
// table and index, before which labels of these names give way; index is "" for
// a table.
func (s *Sizes) WriteMetrics(w io.Writer, labels map[string]string) error {
	m := newMetrics(labels)
	m.gauge("libsql_page_size_bytes", "Size of a page.", s.PageSize)
	m.gauge("libsql_pages", "Pages of the database.", s.Pages)
	m.gauge("libsql_free_pages", "Pages of the database that are not in use.", s.FreePages)
	for _, f := range []struct {
		name, help string
		of         func(*ObjectSize) int64
	}{
		{"libsql_object_bytes", "Size of the pages of a table or an index.", func(o *ObjectSize) int64 { return o.Bytes }},
		{"libsql_object_payload_bytes", "Size of what is stored in a table or an index.", func(o *ObjectSize) int64 { return o.Payload }},
		{"libsql_object_unused_bytes", "Size of what is empty in the pages of a table or an index.", func(o *ObjectSize) int64 { return o.Unused }},
		{"libsql_object_cells", "Cells of the pages of a table or an index.", func(o *ObjectSize) int64 { return o.Cells }},
	} {
		m.head(f.name, f.help, "gauge")
		for i := range s.Objects {
			o := &s.Objects[i]
			index := ""
			if o.Index {
				index = o.Name
			}
			m.sample(f.name, f.of(o), "table", o.Table, "index", index)
		}
	}
	return m.write(w)
}

// metrics is a text in the making.
type metrics struct {
	bytes.Buffer
	labels []string // names and values in turns
}

func newMetrics(labels map[string]string) *metrics {
	m := &metrics{}
	for name := range labels {
		m.labels = append(m.labels, name)
	}
	slices.Sort(m.labels)
	for i := len(m.labels) - 1; i >= 0; i-- {
		m.labels = slices.Insert(m.labels, i+1, labels[m.labels[i]])
	}
	return m
}

func (m *metrics) gauge(name, help string, v int64) {
	m.head(name, help, "gauge")
	m.sample(name, v)
}

func (m *metrics) counter(name, help string, v int64) {
	m.head(name, help, "counter")
	m.sample(name, v)
}

func (m *metrics) head(name, help, kind string) {
	m.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n")
}

func (m *metrics) sample(name string, v int64, labels ...string) {
	m.WriteString(name)
	all := slices.Concat(m.labels, labels)
	brace := "{"
	for i := 0; i < len(all); i += 2 {
		name := labelName(all[i])
		if hasLabel(all[i+2:], name) {
			continue // Prometheus takes no name twice
		}
		m.WriteString(brace + name + `="` + labelEscapes.Replace(strings.ToValidUTF8(all[i+1], "\ufffd")) + `"`)
		brace = ","
	}
	if brace == "," {
		m.WriteByte('}')
	}
	m.WriteString(" " + strconv.FormatInt(v, 10) + "\n")
}

func hasLabel(labels []string, name string) bool {
	for i := 0; i < len(labels); i += 2 {
		if labelName(labels[i]) == name {
			return true
		}
	}
	return false
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// labelName makes a name one that Prometheus takes: [a-zA-Z_][a-zA-Z0-9_]*.
func labelName(s string) string {
	name := strings.Map(func(r rune) rune {
		if r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, s)
	if name == "" || '0' <= name[0] && name[0] <= '9' {
		return "_" + name
	}
	return name
}

func (m *metrics) write(w io.Writer) error {
	_, err := m.WriteTo(w)
	return err
}
