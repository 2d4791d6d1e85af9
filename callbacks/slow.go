package callbacks

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
)

// slowest are the last slow queries.
type slowest struct {
	logged atomic.Int64
	mu     sync.Mutex
	ring   [64]Query
	next   int
	count  int
}

func (s *slowest) keep(q *Query) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring[s.next] = *q
	s.ring[s.next].Err = nil // its text may have values in it
	s.next = (s.next + 1) % len(s.ring)
	s.count = min(s.count+1, len(s.ring))
}

func (s *slowest) all() []Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Query, 0, s.count)
	for i := range s.count {
		out = append(out, s.ring[(s.next-s.count+i+len(s.ring))%len(s.ring)])
	}
	return out
}

func (s *slowest) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next, s.count, s.ring = 0, 0, [64]Query{}
}

// log tells the logger of a slow query, if it is its turn.
func (p *Profiler) log(ctx context.Context, q *Query) {
	log := p.cfg.Logger
	if log == nil || (p.slow.logged.Add(1)-1)%int64(p.cfg.LogEvery) != 0 || !log.Enabled(ctx, slog.LevelWarn) {
		return
	}
	log.LogAttrs(ctx, slog.LevelWarn, "slow query", q.attrs()...)
}

// attrs are what a log shows of a query.
func (q *Query) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("sql", q.SQL), slog.String("shape", q.ShapeID), slog.String("caller", q.Caller.String()),
		slog.Duration("duration", q.Times.Whole), slog.Duration("pool_wait", q.Times.PoolWait),
		slog.Duration("lock_wait", q.Times.LockWait), slog.Duration("engine", q.Times.Engine), slog.Duration("scan", q.Times.Scan),
		slog.Int64("rows", q.Rows), slog.Int64("rows_affected", q.RowsAffected), slog.Int64("rows_read", q.Counters.RowsRead),
	}
	if q.Table != "" {
		attrs = append(attrs, slog.String("table", q.Table))
	}
	if q.Error != "" {
		attrs = append(attrs, slog.String("error", q.Error))
	}
	if q.Plan != nil { // of an earlier one: the plan is made after the query
		attrs = append(attrs, slog.String("plan", q.Plan.String()))
	}
	if len(q.Args) > 0 {
		attrs = append(attrs, slog.Any("args", q.Args))
	}
	return attrs
}

// LogValue implements slog.LogValuer: the query as a group.
func (q Query) LogValue() slog.Value { return slog.GroupValue(q.attrs()...) }
