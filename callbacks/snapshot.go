package callbacks

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gorm-libsql/libsql/callbacks/internal/shape"
	"github.com/gorm-libsql/libsql/driver"
)

// Report returns what was measured since the profiler was made, or last reset.
// Queries that are under way are not in it.
func (p *Profiler) Report() *Report {
	all, at, now := p.gather(), p.clock(), p.now()
	var total sums // of any of the three lists
	total.merge(&all.tables.rest)
	for _, g := range all.tables.groups {
		total.merge(&g.sums)
	}
	limit := p.cfg.MaxGroups
	all.shapes.cut(limit)
	all.callers.cut(limit)
	all.tables.cut(limit)
	r := &Report{Shapes: []Shape{}, Callers: []Caller{}, Tables: []Table{}, Repeated: []Repeated{}, Transactions: []Transaction{},
		LockWaits: []LockWait{}, Until: at(now), Total: total.measures(), DryRuns: p.dryRuns.Load(),
		Rest: Rest{Shapes: all.shapes.rest.measures(), Callers: all.callers.rest.measures(), Tables: all.tables.rest.measures()}}
	for _, key := range all.shapes.sorted() {
		r.Shapes = append(r.Shapes, p.shape(all.shapes.groups[key], at))
	}
	for _, key := range all.callers.sorted() {
		r.Callers = append(r.Callers, Caller{Frame: key.Frame, Measures: all.callers.groups[key].measures()})
	}
	for _, key := range all.tables.sorted() {
		r.Tables = append(r.Tables, Table{Name: key, Measures: all.tables.groups[key].measures()})
	}
	r.Repeated = append(r.Repeated, repeatedLoops(all.repeated, at)...)
	p.timeline(r, at, now)
	r.Slow = p.slow.all()
	for i := range r.Slow {
		if q := &r.Slow[i]; q.Plan == nil {
			q.Plan = p.plans.of(hashOf(q.ShapeID))
		}
	}
	var pages cachePages
	r.History, r.Recent, pages = p.history(all.history, at, now)
	r.Pool.CacheHits, r.Pool.CacheMisses = pages.hits, pages.misses
	p.ofPool(r)
	if before := r.From.Sub(r.Recent.Start); before > 0 && r.Recent.Count > 0 {
		r.Recent.Start, r.Recent.Length = r.From, r.Recent.Length-before
	}
	return r
}

// clock tells the time of the day.
type clock = func(then time.Duration) time.Time

// gathered is what all shards have counted.
type gathered struct {
	shapes   bounded[string]
	callers  bounded[*site]
	tables   bounded[string]
	repeated map[repeatKey]*repeat
	history  []moment
}

func (p *Profiler) gather() *gathered {
	all := &gathered{repeated: map[repeatKey]*repeat{}, history: make([]moment, moments)}
	for i := range p.shards {
		s := &p.shards[i]
		s.mu.Lock()
		for sql, e := range s.shapes {
			g := all.shapes.get(sql)
			g.shape = e.shape
			g.texts += e.texts
			if g.sample == "" {
				g.sample = e.sample
			}
			for _, c := range e.cells {
				g.add(c)
				g.usedBy(c.site, c.count, c.times.Self())
				all.callers.get(c.site).add(c)
				all.tables.get(c.table).add(c)
			}
		}
		all.shapes.rest.merge(&s.rest)
		all.callers.rest.merge(&s.rest)
		all.tables.rest.merge(&s.rest)
		for key, rep := range s.repeated {
			if all.repeated[key] == nil {
				all.repeated[key] = &repeat{site: rep.site, shape: rep.shape}
			}
			all.repeated[key].merge(rep)
		}
		for i := range s.history {
			m, sum := &s.history[i], &all.history[i]
			switch {
			case m.count == 0 || m.number < sum.number:
			case m.number > sum.number:
				*sum = *m
			default:
				sum.merge(m)
			}
		}
		s.mu.Unlock()
	}
	return all
}

func (p *Profiler) shape(g *group, at clock) Shape {
	s := Shape{ID: g.shape.id, SQL: g.shape.sql, Verb: g.shape.verb, Table: g.table, Model: g.model, Measures: g.measures(), Texts: g.texts,
		First: at(g.first), Last: at(g.last), SlowPlan: p.plans.of(g.shape.hash)}
	if s.Table == "" {
		s.Table = g.shape.table
	}
	if g.sample != "" {
		s.sample = &shapeSample{g.sample}
	}
	slices.SortFunc(g.uses, func(a, b use) int { return cmp.Or(-cmp.Compare(a.self, b.self), -cmp.Compare(a.count, b.count)) })
	for _, u := range g.uses {
		s.Callers = append(s.Callers, CallerUse{Frame: u.site.Frame, Count: u.count, Self: u.self})
	}
	return s
}

func repeatedLoops(all map[repeatKey]*repeat, at clock) (out []Repeated) {
	for _, rep := range all {
		r := Repeated{ShapeID: rep.shape.id, SQL: rep.shape.sql, Caller: rep.site.Frame, Runs: rep.runs, Count: rep.count, Max: rep.longest,
			Alone: rep.alone, Self: rep.self, Last: at(rep.last)}
		if rep.parentSQL != "" {
			r.Parent = shape.Of(rep.parentSQL)
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Repeated) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.SQL, b.SQL), cmp.Compare(a.Caller.String(), b.Caller.String()))
	})
	return out
}

// timeline puts transactions and waits next to each other.
func (p *Profiler) timeline(r *Report, at clock, now time.Duration) {
	ended, open := p.txs.all()
	waits := p.waits.all()
	slices.SortFunc(ended, func(a, b transaction) int { return cmp.Compare(a.start, b.start) })
	slices.SortFunc(waits, func(a, b lockWait) int { return cmp.Compare(a.start, b.start) })
	for i := range ended {
		t := &ended[i]
		tx := Transaction{Conn: t.conn, Start: at(t.start), Duration: t.end - t.start, Caller: t.site.Frame, LockWait: t.lockWait,
			InEngine: t.engine, Statements: t.statements, Inserts: t.inserts, RowsMoved: t.affected, Rollback: t.rollback, Savepoints: t.savepoints}
		if t.lockedAt > 0 {
			tx.Locked = max(0, t.end-t.lockedAt)
		}
		for j := range waits {
			if d := t.blocked(&waits[j], now); d > 0 {
				tx.Blocked++
				tx.BlockedTime += d
			}
		}
		r.Transactions = append(r.Transactions, tx)
	}
	for i := range waits {
		w := &waits[i]
		wait := LockWait{Start: at(w.start), Duration: w.end - w.start, Failed: w.failed, SQL: shape.Of(w.sql), Caller: w.site.Frame}
		longest := time.Duration(0)
		for _, of := range [][]transaction{ended, open} {
			for j := range of {
				if d := of[j].blocked(w, now); d > longest {
					longest, wait.Holder = d, of[j].site.Frame
				}
			}
		}
		r.LockWaits = append(r.LockWaits, wait)
	}
}

// blocked is how much of a wait falls into the time in which the transaction
// held the write lock.
func (t *transaction) blocked(w *lockWait, now time.Duration) time.Duration {
	if t.lockedAt == 0 {
		return 0
	}
	end := t.end
	if end == 0 {
		end = now
	}
	return min(w.end, end) - max(w.start, t.lockedAt)
}

// history are the moments in which there was something, and all of them in one.
func (p *Profiler) history(all []moment, at clock, now time.Duration) (out []Moment, recent Moment, sum cachePages) {
	cache, sum := p.cache.all()
	oldest := int64(now/momentLength) - moments
	slices.SortFunc(all, func(a, b moment) int { return cmp.Compare(a.number, b.number) })
	out = []Moment{} // a list in JSON, too
	var whole moment
	var pages cachePages
	for i := range all {
		m := &all[i]
		if m.count == 0 || m.number <= oldest {
			continue
		}
		c := &cache[m.number%moments]
		if c.number != m.number {
			c = &cachePages{}
		}
		if whole.count == 0 {
			whole.number = m.number
		}
		whole.merge(m)
		pages.hits += c.hits
		pages.misses += c.misses
		out = append(out, m.told(c, at, momentLength))
	}
	if whole.count > 0 {
		recent = whole.told(&pages, at, now-time.Duration(whole.number)*momentLength)
	}
	return out, recent, sum
}

func (m *moment) told(c *cachePages, at clock, length time.Duration) Moment {
	return Moment{Start: at(time.Duration(m.number) * momentLength), Length: length, Count: m.count, Errors: m.errors,
		Rows: m.rows, RowsAffected: m.affected, RowsRead: m.read, Self: m.self, PoolWait: m.pool, LockWait: m.lock, Engine: m.engine,
		CacheHits: c.hits, CacheMisses: c.misses, Latency: latency(&m.hist, m.whole/time.Duration(m.count), m.longest)}
}

// ofPool adds the state of the pool.
func (p *Profiler) ofPool(r *Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.From, r.Pool.Connects = p.from.Round(0), p.connects.Load()
	if p.pool == nil {
		return
	}
	r.Database = fmt.Sprint(p.pool.Driver())
	if cfg, err := driver.ParseDSN(r.Database); err == nil {
		r.Remote = cfg.URL != ""
	}
	now := p.pool.Stats()
	r.Pool.MaxOpen, r.Pool.Open, r.Pool.InUse = now.MaxOpenConnections, now.OpenConnections, now.InUse
	r.Pool.WaitCount, r.Pool.WaitDuration = now.WaitCount-p.before.WaitCount, now.WaitDuration-p.before.WaitDuration
}
