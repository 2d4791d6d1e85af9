package callbacks

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/gorm-libsql/libsql/callbacks/internal/hist"
	"github.com/gorm-libsql/libsql/callbacks/internal/shape"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// sums are the measures of a group.
type sums struct {
	count, errors  int64
	times          Times
	longest        time.Duration
	rows, affected int64
	counters       Counters
	classes        map[string]int64
	hist           hist.Histogram // last, so that the others are next to each other
}

func (s *sums) add(r *record, class string, failed bool) {
	s.count++
	if failed {
		s.errors++
		if s.classes == nil {
			s.classes = map[string]int64{}
		}
		s.classes[class]++
	}
	s.times.add(&r.times)
	s.longest = max(s.longest, r.times.Whole)
	s.rows += r.rows
	s.affected += r.affected
	addCounters(&s.counters, &r.counters)
	s.hist.Add(r.times.Whole)
}

func (s *sums) merge(o *sums) {
	s.count += o.count
	s.errors += o.errors
	s.times.add(&o.times)
	s.longest = max(s.longest, o.longest)
	s.rows += o.rows
	s.affected += o.affected
	addCounters(&s.counters, &o.counters)
	s.hist.Merge(&o.hist)
	for class, n := range o.classes {
		if s.classes == nil {
			s.classes = map[string]int64{}
		}
		s.classes[class] += n
	}
}

func (t *Times) add(o *Times) {
	t.Whole += o.Whole
	t.PoolWait += o.PoolWait
	t.LockWait += o.LockWait
	t.Engine += o.Engine
	t.Scan += o.Scan
	t.Hooks += o.Hooks
	t.Children += o.Children
}

func addCounters(c, o *Counters) {
	c.FullScanSteps += o.FullScanSteps
	c.Sorts += o.Sorts
	c.AutoIndexes += o.AutoIndexes
	c.VMSteps += o.VMSteps
	c.Reprepares += o.Reprepares
	c.Runs += o.Runs
	c.FilterMisses += o.FilterMisses
	c.FilterHits += o.FilterHits
	c.MemoryUsed = max(c.MemoryUsed, o.MemoryUsed)
	c.RowsRead += o.RowsRead
	c.RowsWritten += o.RowsWritten
}

func (s *sums) measures() Measures {
	m := Measures{Count: s.count, Errors: s.errors, Classes: maps.Clone(s.classes), Times: s.times, Latency: s.latency(),
		Rows: s.rows, RowsAffected: s.affected, Counters: s.counters}
	for b := range s.hist.Buckets() {
		m.Latency.Buckets = append(m.Latency.Buckets, Bucket(b))
	}
	return m
}

func (s *sums) latency() Latency {
	if s.count == 0 {
		return Latency{}
	}
	return latency(&s.hist, s.times.Whole/time.Duration(s.count), s.longest)
}

func latency(h *hist.Histogram, mean, longest time.Duration) Latency {
	at := func(q float64) time.Duration { return min(h.Quantile(q), longest) }
	return Latency{Mean: mean, P50: at(0.50), P95: at(0.95), P99: at(0.99), Max: longest}
}

// shapeInfo is what is known of a shape once and for all.
type shapeInfo struct {
	id, sql, verb, table string
	hash                 uint64
	loops                bool // it may be part of one
}

func newShape(sql string) *shapeInfo {
	h := fnv.New64a()
	h.Write([]byte(sql))
	class := sqltext.Classify(sql)
	return &shapeInfo{id: fmt.Sprintf("%016x", h.Sum64()), sql: sql, verb: class.Verb.String(), table: shape.Table(sql), hash: h.Sum64(),
		loops: class.Repeats()}
}

// cell is what a line of the program did with a shape: what a query is counted
// in. A report adds up cells by shape, by caller and by table.
type cell struct {
	shape        *shapeInfo
	site         *site
	table, model string
	first, last  time.Duration
	mayLoop      bool    // as in shape
	hash         uint64  // as in shape
	loops        *repeat // nil before the first
	sums
}

// entry is a shape with its cells.
type entry struct {
	shape  *shapeInfo
	cells  []*cell
	texts  int64
	sample string
}

// cell is the one of the line and the table; nil if there is none yet. The one
// that was asked for last is found at once.
func (e *entry) cell(s *site, table string) *cell {
	for i, c := range e.cells {
		if c.site == s && c.table == table {
			if i > 0 {
				e.cells[i], e.cells[i-1] = e.cells[i-1], c
			}
			return c
		}
	}
	return nil
}

// group is a shape, a caller or a table of a report.
type group struct {
	sums
	shape        *shapeInfo // of a shape
	table, model string
	texts        int64
	sample       string
	first, last  time.Duration
	uses         []use // of a shape, by caller
}

// use is how much a caller used a shape.
type use struct {
	site  *site
	count int64
	self  time.Duration
}

func (g *group) usedBy(s *site, count int64, self time.Duration) {
	for i := range g.uses {
		if u := &g.uses[i]; u.site == s {
			u.count += count
			u.self += self
			return
		}
	}
	g.uses = append(g.uses, use{s, count, self})
}

// add adds a cell.
func (g *group) add(c *cell) {
	if g.count == 0 || c.first < g.first {
		g.first = c.first
	}
	g.last = max(g.last, c.last)
	if g.model == "" {
		g.model = c.model
	}
	if g.table == "" {
		g.table = c.table
	}
	g.sums.merge(&c.sums)
}

// bounded are groups, of which the costliest are kept.
type bounded[K comparable] struct {
	groups map[K]*group
	rest   sums
}

// get is the group of a key, a new one if there is none.
func (b *bounded[K]) get(key K) *group {
	g := b.groups[key]
	if g == nil {
		if b.groups == nil {
			b.groups = map[K]*group{}
		}
		g = &group{}
		b.groups[key] = g
	}
	return g
}

// cut leaves the costliest groups, and puts the others into the rest.
func (b *bounded[K]) cut(limit int) {
	if len(b.groups) <= limit {
		return
	}
	for _, key := range b.sorted()[limit:] {
		b.rest.merge(&b.groups[key].sums)
		delete(b.groups, key)
	}
}

// sorted are the keys, the costliest group first.
func (b *bounded[K]) sorted() []K {
	keys := slices.Collect(maps.Keys(b.groups))
	slices.SortFunc(keys, func(x, y K) int {
		a, b := b.groups[x], b.groups[y]
		return cmp.Or(-cmp.Compare(a.times.Self(), b.times.Self()), -cmp.Compare(a.count, b.count), cmp.Compare(a.first, b.first))
	})
	return keys
}
