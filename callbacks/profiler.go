package callbacks

import (
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/bystander"
	"github.com/gorm-libsql/libsql/internal/gormdb"
)

// Profiler measures what a database is asked. It is a gorm.Plugin, for one
// gorm.DB and the sessions that are made of it. Its methods are safe for
// concurrent use, but for Initialize and Remove: see there.
type Profiler struct {
	cfg    ProfilerConfig
	base   time.Time // what all times are counted from
	shards []shard
	sites  sites
	loops  *loops
	txs    txs
	waits  waits
	slow   slowest
	plans  slowPlans
	cache  cacheHits

	ids        atomic.Uint64
	nextShard  atomic.Uint32
	dryRuns    atomic.Int64
	connects   atomic.Int64
	operations sync.Pool // of *operation

	mu     sync.Mutex
	db     *gorm.DB // nil while it is not in use
	pool   *sql.DB  // of db
	pools  atomic.Pointer[[]*sql.DB]
	remove []func()
	from   time.Time
	before sql.DBStats // when it began, or was reset
	wall   time.Time   // what the times of reports are told from: the time of the day of base
}

var (
	_ gorm.Plugin          = (*Profiler)(nil)
	_ driver.CounterTracer = (*tracer)(nil)
)

// NewProfiler returns a profiler, for gorm.DB.Use.
func NewProfiler(cfg ProfilerConfig) *Profiler {
	n := 1
	for n < min(runtime.GOMAXPROCS(0), 8) {
		n *= 2
	}
	return &Profiler{cfg: cfg.withDefaults(), base: time.Now(), from: time.Now(), shards: make([]shard, n), loops: &loops{}}
}

// Name is the plugin's name. There is one profiler for a gorm.DB.
func (p *Profiler) Name() string { return "libsql:profiler" }

// now is the time since base, which is cheaper to tell than the time.
func (p *Profiler) now() time.Duration { return time.Since(p.base) }

// at is the time of the day that was then. It is told from now, because the clock
// of base may have stood still while the machine slept.
func (p *Profiler) at(then time.Duration) time.Time {
	now := time.Now() // once: a busy machine may come between two looks
	return now.Add(then - now.Sub(p.base))
}

// clock does as at for all times of a report, by one reading of the clock. The
// next report tells the same times, unless the clock was set or the machine
// slept.
func (p *Profiler) clock() func(then time.Duration) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wall := time.Now().Round(0).Add(-p.now()); wall.Sub(p.wall).Abs() > 10*time.Millisecond {
		p.wall = wall
	}
	return p.wall.Add
}

var errInUse = errors.New("libsql: the profiler is in use: make another one for another gorm.DB")

// Initialize is called by gorm.DB.Use. Like every registration of callbacks it
// must not be called while the gorm.DB is used. The error wraps
// [driver.ErrUnsupported] when the pool is not of this module's driver.
func (p *Profiler) Initialize(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.db != nil {
		return errInUse
	}
	if err := p.attach(pool); err != nil {
		return err
	}
	p.db, p.pool = db, pool
	p.plans.start(pool)
	p.meetsPlugins()
	p.begins()
	if err := p.quietly(p.register); err != nil {
		p.detach()
		return err
	}
	return nil
}

// Remove takes the profiler out of the gorm.DB: its callbacks are as they were
// before, and its report stays. Like every registration of callbacks it must
// not be called while the gorm.DB is used. It can be used again afterwards.
func (p *Profiler) Remove() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.db == nil {
		return nil
	}
	err := p.quietly(p.unregister)
	delete(p.db.Plugins, p.Name())
	p.detach()
	return err
}

// quietly changes the callbacks. GORM would tell the logger of each that goes,
// and the dialect is to know that these only look on.
func (p *Profiler) quietly(change func(*gorm.DB) error) error {
	log := p.db.Logger
	p.db.Logger = logger.Discard
	defer func() { p.db.Logger = log }()
	return bystander.Register(p.db.Callback(), func() error { return change(p.db) })
}

// attach traces a pool.
func (p *Profiler) attach(pool *sql.DB) error {
	remove, err := driver.AddTracer(pool, &tracer{p, pool})
	if err != nil {
		return fmt.Errorf("libsql: profiler: %w", err)
	}
	p.remove = append(p.remove, remove)
	var pools []*sql.DB
	if known := p.pools.Load(); known != nil {
		pools = slices.Clone(*known)
	}
	pools = append(pools, pool)
	p.pools.Store(&pools)
	return nil
}

func (p *Profiler) detach() {
	p.plans.stop()
	p.cache.ends()
	for _, remove := range p.remove {
		remove()
	}
	p.remove, p.db, p.pool = nil, nil, nil
	p.pools.Store(nil)
}

// meets looks at the pool that a statement is about to use. A plugin such as
// dbresolver chooses one for each statement.
func (p *Profiler) meets(pool gorm.ConnPool) {
	db, ok := gormdb.Pool(pool).(*sql.DB)
	if !ok || p.knows(db) {
		return // a transaction, a connection, of a pool that was met
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attachNew(db)
}

// meetsPlugins looks at the pools of the plugins that tell of them, as
// dbresolver does by its method Call: a transaction may be the first that
// is seen of one, and does not say of which pool it is.
func (p *Profiler) meetsPlugins() {
	for _, plugin := range p.db.Plugins {
		if pools, ok := plugin.(interface {
			Call(func(gorm.ConnPool) error) error
		}); ok {
			_ = pools.Call(func(pool gorm.ConnPool) error {
				if db, ok := gormdb.Pool(pool).(*sql.DB); ok {
					p.attachNew(db)
				}
				return nil
			})
		}
	}
}

// knows tells that nothing is to be done about a pool.
func (p *Profiler) knows(db *sql.DB) bool {
	known := p.pools.Load()
	return known == nil || slices.Contains(*known, db)
}

// attachNew traces a pool that is not traced yet. One of another driver is not
// measured below GORM.
func (p *Profiler) attachNew(db *sql.DB) {
	if !p.knows(db) {
		_ = p.attach(db)
	}
}

// Reset forgets what was measured.
func (p *Profiler) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.shards {
		p.shards[i].reset()
	}
	p.loops.reset()
	p.txs.reset()
	p.waits.reset()
	p.slow.reset()
	p.plans.reset()
	p.dryRuns.Store(0)
	p.connects.Store(0)
	p.begins()
}

// begins notes what the pool has counted until now.
func (p *Profiler) begins() {
	p.from = time.Now()
	if p.pool == nil {
		return
	}
	p.before = p.pool.Stats()
	p.cache.begins(p.pool, int64(p.now()/momentLength))
}
