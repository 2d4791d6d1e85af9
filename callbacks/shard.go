package callbacks

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/callbacks/internal/hist"
	"github.com/gorm-libsql/libsql/callbacks/internal/shape"
)

// shard is a part of the sums. There is about one for each processor, so that
// its lock is free: an operation keeps to its shard, and sync.Pool to the
// operations of a processor.
type shard struct {
	mu       sync.Mutex
	texts    map[string]*entry // of texts that came before
	bytes    int               // of these texts
	shapes   map[string]*entry // by their SQL
	cells    int               // of all shapes
	rest     sums              // of cells that have gone
	repeated map[repeatKey]*repeat
	history  []moment
	recent   [64]recent // by line and length of the text: the last one of each
	text     []byte     // scratch
	_        [64]byte
}

// The texts whose shapes are remembered.
const (
	maxTexts     = 2048
	maxTextBytes = 1 << 20
	longText     = 16 << 10 // what is longer is not remembered
)

// recent is what a text of a line was counted in. Most lines ask with the same
// text again.
type recent struct {
	site        *site
	text, table string // as in the record
	c           *cell
}

// moment is a piece of the last minutes.
type moment struct {
	number             int64 // of the moments since the base
	count, errors      int64
	rows, affected     int64
	read               int64
	self               time.Duration
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
	s.shapes, s.cells, s.rest, s.recent = nil, 0, sums{}, [64]recent{}
}

// place is what a query is counted in.
func (s *shard) place(r *record, limit int) *cell {
	last := &s.recent[mix(uint64(uintptr(unsafe.Pointer(r.site))), uint64(len(r.sql)))%uint64(len(s.recent))]
	if last.site == r.site && last.text == r.sql && last.table == r.table {
		return last.c
	}
	c := s.cellOf(s.entryOf(r.sql), r, limit)
	if len(r.sql) <= longText {
		*last = recent{r.site, r.sql, r.table, c}
	}
	return c
}

// entryOf is the entry of a text.
func (s *shard) entryOf(text string) *entry {
	if e := s.texts[text]; e != nil {
		return e
	}
	s.text = shape.Append(s.text[:0], text)
	e := s.shapes[string(s.text)]
	if e == nil {
		e = &entry{shape: newShape(string(s.text))}
		if s.shapes == nil {
			s.shapes, s.texts = map[string]*entry{}, map[string]*entry{}
		}
		s.shapes[e.shape.sql] = e
	}
	if cap(s.text) > 4*longText {
		s.text = nil
	}
	e.texts++
	if len(text) > longText {
		return e
	}
	if e.sample == "" {
		e.sample = text
	}
	if len(s.texts) >= maxTexts || s.bytes > maxTextBytes {
		clear(s.texts)
		s.bytes = 0
	}
	s.texts[text] = e
	s.bytes += len(text)
	return e
}

// cellOf is the cell of a query, a new one if there is none. When there are
// twice as many as are wanted, the cheaper half goes.
func (s *shard) cellOf(e *entry, r *record, limit int) *cell {
	table := r.table
	if table == "" {
		table = e.shape.table
	}
	c := e.cell(r.site, table)
	if c == nil {
		if s.cells >= 2*limit {
			s.cut(limit)
			s.shapes[e.shape.sql] = e
		}
		c = &cell{shape: e.shape, hash: e.shape.hash, mayLoop: e.shape.loops, site: r.site, table: table, first: r.start}
		e.cells = append(e.cells, c)
		s.cells++
	}
	return c
}

// cut leaves the costliest cells, and puts the others into the rest.
func (s *shard) cut(limit int) {
	var all []*cell
	for _, e := range s.shapes {
		all = append(all, e.cells...)
	}
	slices.SortFunc(all, func(a, b *cell) int {
		return cmp.Or(-cmp.Compare(a.times.Self(), b.times.Self()), -cmp.Compare(a.count, b.count))
	})
	gone := map[*cell]bool{}
	for _, c := range all[limit:] {
		s.rest.merge(&c.sums)
		gone[c] = true
	}
	for sql, e := range s.shapes {
		e.cells = slices.DeleteFunc(e.cells, func(c *cell) bool { return gone[c] })
		if len(e.cells) == 0 {
			delete(s.shapes, sql)
		}
	}
	s.cells = limit
	clear(s.texts) // some lead to shapes that have gone
	s.bytes = 0
	s.recent = [64]recent{}
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
	limit, end := p.cfg.MaxGroups, r.start+r.times.Whole
	s.mu.Lock()
	c := s.place(r, limit)
	c.last = end
	if c.model == "" {
		c.model = r.modelName()
	}
	c.add(r, class, failed)
	begins := s.remember(r, end, failed)
	if c.mayLoop && !r.batched(c.shape) {
		if l := p.loops.seen(r, c.hash); int(l.count) >= p.cfg.Repeats {
			s.loop(c, r, &l, p.cfg.Repeats)
		}
	}
	s.mu.Unlock()
	if begins {
		p.cache.moment(int64(end / momentLength))
	}
	slow := r.times.Whole >= p.cfg.Slow
	if !slow && p.cfg.OnQuery == nil {
		return
	}
	q := p.query(r, &group{shape: c.shape}, args)
	if slow {
		q.Plan = p.slowPlan(r, c.shape)
		p.slow.keep(&q)
		p.log(ctx, &q)
	}
	if p.cfg.OnQuery != nil {
		p.cfg.OnQuery(ctx, &q)
	}
}

// repeatOf is where loops of a query are noted, nil if there are too many.
func (s *shard) repeatOf(r *record, info *shapeInfo) *repeat {
	key := repeatKey{info.hash, r.site}
	rep := s.repeated[key]
	if rep == nil && len(s.repeated) < maxRepeated {
		if s.repeated == nil {
			s.repeated = map[repeatKey]*repeat{}
		}
		rep = &repeat{site: r.site, shape: info, parentSQL: r.parentSQL}
		s.repeated[key] = rep
	}
	return rep
}

// loop notes a query of a loop. The first time it stands for those before it.
func (s *shard) loop(c *cell, r *record, l *loop, threshold int) {
	rep := c.loops
	if rep == nil {
		if rep = s.repeatOf(r, c.shape); rep == nil {
			return
		}
		c.loops = rep
	}
	if int(l.count) == threshold {
		rep.runs++
		rep.count += int64(l.count)
		rep.alone += int64(l.alone)
		rep.self += l.self
	} else {
		rep.count++
		rep.self += r.times.Self()
		if !r.inTx {
			rep.alone++
		}
	}
	rep.longest = max(rep.longest, int64(l.count))
	rep.last = r.start + r.times.Whole
}

// maxRepeated bounds the loops that are told.
const maxRepeated = 500

// remember adds a query to the history, and tells that it is the first of its
// moment here.
func (s *shard) remember(r *record, end time.Duration, failed bool) (begins bool) {
	if s.history == nil {
		s.history = make([]moment, moments)
	}
	number := int64(end / momentLength)
	m := &s.history[number%moments]
	if m.number != number || m.count == 0 {
		*m, begins = moment{number: number}, true
	}
	m.count++
	if failed {
		m.errors++
	}
	m.rows += r.rows
	m.affected += r.affected
	m.self += r.times.Self()
	m.read += r.counters.RowsRead
	m.pool += r.times.PoolWait
	m.lock += r.times.LockWait
	m.engine += r.times.Engine
	m.whole += r.times.Whole
	m.longest = max(m.longest, r.times.Whole)
	m.hist.Add(r.times.Whole)
	return begins
}

func (m *moment) merge(o *moment) {
	m.count += o.count
	m.errors += o.errors
	m.rows += o.rows
	m.affected += o.affected
	m.self += o.self
	m.read += o.read
	m.pool += o.pool
	m.lock += o.lock
	m.engine += o.engine
	m.whole += o.whole
	m.longest = max(m.longest, o.longest)
	m.hist.Merge(&o.hist)
}
