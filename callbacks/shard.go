package callbacks

import (
	"context"
	"sync"
	"time"

	"github.com/gorm-libsql/libsql/callbacks/internal/hist"
	"github.com/gorm-libsql/libsql/callbacks/internal/shape"
)

// shard is a part of the sums. There is about one for each processor, so that
// its lock is free: an operation keeps to its shard, and sync.Pool to the
// operations of a processor.
type shard struct {
	mu       sync.Mutex
	texts    map[string]*group // the shapes of texts that came before
	bytes    int               // of these texts
	shapes   bounded[string]
	callers  bounded[*site]
	tables   bounded[string]
	repeated map[repeatKey]*repeat
	history  []moment
	text     []byte // scratch
	_        [64]byte
}

// The texts whose shapes are remembered.
const (
	maxTexts     = 2048
	maxTextBytes = 1 << 20
	longText     = 16 << 10 // what is longer is not remembered
)

// moment is a piece of the last minutes.
type moment struct {
	number             int64 // of the moments since the base
	count, errors      int64
	rows, read         int64
	pool, lock, engine time.Duration
	whole, longest     time.Duration
	hist               hist.Histogram
}

// The history is ten minutes long.
const (
	momentLength = 5 * time.Second
	moments      = 120
)

func (s *shard) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts, s.bytes, s.repeated, s.history = nil, 0, nil, nil
	s.shapes, s.callers, s.tables = bounded[string]{}, bounded[*site]{}, bounded[string]{}
}

// shapeOf is the group of a text.
func (s *shard) shapeOf(text string, limit int) *group {
	if g := s.texts[text]; g != nil {
		return g
	}
	s.text = shape.Append(s.text[:0], text)
	g := s.shapes.groups[string(s.text)]
	if g == nil {
		full := len(s.shapes.groups)
		sql := string(s.text)
		if g = s.shapes.get(sql, limit); len(s.shapes.groups) <= full {
			clear(s.texts) // some lead to groups that have gone
			s.bytes = 0
		}
		g.shape = newShape(sql)
	}
	if cap(s.text) > 4*longText {
		s.text = nil
	}
	g.texts++
	if len(text) > longText {
		return g
	}
	if g.sample == "" {
		g.sample = text
	}
	if len(s.texts) >= maxTexts || s.bytes > maxTextBytes {
		clear(s.texts)
		s.bytes = 0
	}
	if s.texts == nil {
		s.texts = map[string]*group{}
	}
	s.texts[text] = g
	s.bytes += len(text)
	return g
}

// count adds a query that has ended to the sums, and tells whom it concerns.
func (p *Profiler) count(s *shard, r *record, ctx context.Context, args []Arg) {
	if r.dryRun {
		p.dryRuns.Add(1)
		if p.cfg.OnQuery != nil {
			q := p.query(r, &group{shape: newShape(shape.Of(r.sql))}, args)
			p.cfg.OnQuery(ctx, &q)
		}
		return
	}
	class, failed := classOf(r.err)
	limit, self, end := p.cfg.MaxGroups, r.times.Self(), r.start+r.times.Whole
	s.mu.Lock()
	g := s.shapeOf(r.sql, limit)
	if g.count == 0 {
		g.first = r.start
	}
	g.last = end
	if g.model == "" {
		g.model = r.model
	}
	table := r.table
	if table == "" {
		table = g.shape.table
	} else if g.table == "" {
		g.table = table
	}
	g.usedBy(r.site, 1, self)
	g.add(r, class, failed)
	c := s.callers.get(r.site, limit)
	c.site = r.site
	c.add(r, class, failed)
	s.tables.get(table, limit).add(r, class, failed)
	s.remember(r, end, failed)
	info := g.shape
	if info.loops {
		if l := p.loops.seen(r, info.hash); l.count >= int64(p.cfg.Repeats) {
			s.loop(r, info, &l, int64(p.cfg.Repeats))
		}
	}
	s.mu.Unlock()
	slow := r.times.Whole >= p.cfg.Slow
	if !slow && p.cfg.OnQuery == nil {
		return
	}
	q := p.query(r, &group{shape: info}, args)
	if slow {
		p.slow.keep(&q)
		p.log(ctx, &q)
	}
	if p.cfg.OnQuery != nil {
		p.cfg.OnQuery(ctx, &q)
	}
}

// loop notes a query of a loop. The first time it stands for those before it.
func (s *shard) loop(r *record, info *shapeInfo, l *loop, threshold int64) {
	key := repeatKey{info.hash, r.site}
	rep := s.repeated[key]
	if rep == nil {
		if s.repeated == nil {
			s.repeated = map[repeatKey]*repeat{}
		}
		if len(s.repeated) >= maxRepeated {
			return
		}
		rep = &repeat{site: r.site, shape: info, parentSQL: r.parentSQL}
		s.repeated[key] = rep
	}
	if l.count == threshold {
		rep.runs++
		rep.count += l.count
		rep.alone += l.alone
		rep.self += l.self
	} else {
		rep.count++
		rep.self += r.times.Self()
		if !r.inTx {
			rep.alone++
		}
	}
	rep.longest = max(rep.longest, l.count)
	rep.last = r.start + r.times.Whole
}

// maxRepeated bounds the loops that are told.
const maxRepeated = 500

// remember adds a query to the history.
func (s *shard) remember(r *record, end time.Duration, failed bool) {
	if s.history == nil {
		s.history = make([]moment, moments)
	}
	number := int64(end / momentLength)
	m := &s.history[number%moments]
	if m.number != number || m.count == 0 {
		*m = moment{number: number}
	}
	m.count++
	if failed {
		m.errors++
	}
	m.rows += r.rows
	m.read += r.counters.RowsRead
	m.pool += r.times.PoolWait
	m.lock += r.times.LockWait
	m.engine += r.times.Engine
	m.whole += r.times.Whole
	m.longest = max(m.longest, r.times.Whole)
	m.hist.Add(r.times.Whole)
}

func (m *moment) merge(o *moment) {
	m.count += o.count
	m.errors += o.errors
	m.rows += o.rows
	m.read += o.read
	m.pool += o.pool
	m.lock += o.lock
	m.engine += o.engine
	m.whole += o.whole
	m.longest = max(m.longest, o.longest)
	m.hist.Merge(&o.hist)
}
