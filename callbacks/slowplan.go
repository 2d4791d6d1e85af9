package callbacks

import (
	"context"
	"database/sql"
	"strconv"
	"sync"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// SlowPlan is the plan of a shape that was slow, as it was made soon after the
// first slow run.
type SlowPlan struct {
	At time.Time `json:"at"`
	QueryPlan
	// Error is why there is none, a class as in Query.Error. It is tried again
	// with a slow run a minute later.
	Error string `json:"error,omitempty"`
}

// String returns the tree, or why there is none.
func (s SlowPlan) String() string {
	if s.Error != "" {
		return "no plan: " + s.Error
	}
	return s.QueryPlan.String()
}

// slowPlans are the plans of slow shapes. They are made one after the other, by
// a goroutine that ends when there is nothing more to do, so that no query waits
// for them, on a connection that is free.
type slowPlans struct {
	mu      sync.Mutex
	pool    *sql.DB // nil while it is not in use
	ctx     context.Context
	cancel  context.CancelFunc
	working sync.WaitGroup
	works   bool
	queue   []*slowPlan
	plans   map[uint64]*slowPlan // by the shape's hash
	order   []uint64             // the oldest first
}

type slowPlan struct {
	hash    uint64
	pool    *sql.DB // that it ran in, nil when it is done
	text    string  // to compile, the same
	shape   string
	pending bool
	plan    *SlowPlan // nil for not yet
}

const (
	maxSlowPlans  = 256
	maxPlanQueue  = 16
	planRetry     = time.Minute
	planPatience  = 2 * time.Second // for a free connection and the plan
	planLookAgain = 10 * time.Millisecond
)

func (s *slowPlans) start(pool *sql.DB) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pool = pool
	s.ctx, s.cancel = context.WithCancel(withOwn(context.Background()))
}

// stop waits for what is under way, which it cancels.
func (s *slowPlans) stop() {
	s.mu.Lock()
	if s.pool != nil {
		s.cancel()
	}
	s.pool, s.queue = nil, nil
	for _, w := range s.plans {
		w.pending, w.text, w.pool = false, "", nil
	}
	s.mu.Unlock()
	s.working.Wait()
}

func (s *slowPlans) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans, s.order, s.queue = nil, nil, nil
}

// of is the plan of a shape, nil while there is none.
func (s *slowPlans) of(hash uint64) *SlowPlan {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.plans[hash]; w != nil {
		return w.plan
	}
	return nil
}

// slowPlan is the plan of a slow query. It is asked for if there is none.
func (p *Profiler) slowPlan(r *record, info *shapeInfo) *SlowPlan {
	if p.cfg.NoPlans || !info.loops || r.migration { // of what a migration does the tables are gone afterwards
		return nil
	}
	s := &p.plans
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.plans[info.hash]
	if w != nil && (w.pending || w.plan != nil && (w.plan.Error == "" || time.Since(w.plan.At) < planRetry)) {
		return w.plan
	}
	if s.pool == nil || len(s.queue) >= maxPlanQueue {
		return nil // the next slow one asks again
	}
	if w == nil {
		if s.plans == nil {
			s.plans = map[uint64]*slowPlan{}
		}
		if len(s.order) >= maxSlowPlans {
			delete(s.plans, s.order[0])
			s.order = append(s.order[:0], s.order[1:]...)
		}
		w = &slowPlan{hash: info.hash, shape: info.sql}
		s.plans[w.hash] = w
		s.order = append(s.order, w.hash)
	}
	if w.pool = r.pool; w.pool == nil {
		w.pool = s.pool
	}
	if w.pending, w.text = true, r.sql; len(w.text) > longText {
		w.text = w.shape
	}
	s.queue = append(s.queue, w)
	if !s.works {
		s.works = true
		s.working.Add(1)
		go s.work(s.ctx)
	}
	return w.plan
}

func (s *slowPlans) work(ctx context.Context) {
	defer s.working.Done()
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.works = false
			s.mu.Unlock()
			return
		}
		w := s.queue[0]
		s.queue = append(s.queue[:0], s.queue[1:]...)
		text, pool := w.text, w.pool
		s.mu.Unlock()

		plan, err := planSoon(ctx, pool, text)
		done := &SlowPlan{At: time.Now()}
		if done.Error, _ = classOf(err); err == nil {
			done.QueryPlan = plan.shaped(w.shape)
		} else {
			done.Statements = []StatementPlan{} // a list in JSON, too
		}
		s.mu.Lock()
		if w.pending {
			w.plan, w.pending, w.text, w.pool = done, false, "", nil
		}
		s.mu.Unlock()
	}
}

// planSoon waits for a connection that nobody uses, rather than among those who
// wait for one: it is in nobody's way, and not in the pool's statistics.
func planSoon(ctx context.Context, pool *sql.DB, text string) (plan QueryPlan, err error) {
	ctx, cancel := context.WithTimeout(ctx, planPatience)
	defer cancel()
	for {
		// None open is one more to open, or a pool that is closed.
		if state := pool.Stats(); state.Idle > 0 || state.OpenConnections == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return plan, ctx.Err()
		case <-time.After(planLookAgain):
		}
	}
	err = driver.With(ctx, pool, func(c *driver.Conn) error {
		plan, err = planOf(ctx, c, text, nil)
		return err
	})
	return plan, err
}

// shaped is the plan with the texts of the shape, in place of those that were
// compiled, which may have values in them.
func (p QueryPlan) shaped(shape string) QueryPlan {
	parts := sqltext.Split(shape)
	for i := range p.Statements {
		if p.Statements[i].SQL = ""; i < len(parts) {
			p.Statements[i].SQL = parts[i].Text(shape)
		}
	}
	return p
}

// hashOf is the hash that a shape's ID was made of.
func hashOf(id string) uint64 {
	hash, _ := strconv.ParseUint(id, 16, 64)
	return hash
}
