package callbacks

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"

	"github.com/gorm-libsql/libsql/driver"
)

// cacheHits are the counts of the pool's page caches over time. Libsql counts
// them by connection and not by statement, so the pool is asked when a moment
// has its first query, and for a report: what has been added since belongs to
// the moment before.
type cacheHits struct {
	asked atomic.Int64 // the number of the moment that the pool was last asked for

	mu    sync.Mutex
	pool  *sql.DB // nil while it is not in use
	begun cachePages
	seen  cachePages
	at    int64 // the moment that seen was counted in first
	ring  [moments]cachePages
}

// cachePages are pages that were in the cache, and that came from the file, in
// the moment of the number.
type cachePages struct{ number, hits, misses int64 }

// begins forgets what was counted until now; a nil pool is the one that it has.
func (c *cacheHits) begins(pool *sql.DB, number int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if pool != nil {
		c.pool = pool
	}
	c.ring = [moments]cachePages{}
	c.at = number
	c.asked.Store(number)
	if c.pool != nil {
		c.begun = readCache(c.pool)
		c.seen = c.begun
	}
}

// ends leaves what was counted as it is.
func (c *cacheHits) ends() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add()
	c.pool = nil
}

// moment is called for each moment that has a query, by as many as like.
func (c *cacheHits) moment(number int64) {
	if last := c.asked.Load(); last >= number || !c.asked.CompareAndSwap(last, number) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add()
	c.at = max(c.at, number)
}

// add counts what has been added since. It is called with the lock.
func (c *cacheHits) add() {
	if c.pool == nil {
		return
	}
	now := readCache(c.pool)
	m := &c.ring[c.at%moments]
	if m.number != c.at {
		*m = cachePages{number: c.at}
	}
	m.hits += max(0, now.hits-c.seen.hits)
	m.misses += max(0, now.misses-c.seen.misses)
	c.seen = now
}

// all are the counts by moment, at their number modulo moments, and since they
// began.
func (c *cacheHits) all() (ring [moments]cachePages, sum cachePages) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add()
	return c.ring, cachePages{hits: max(0, c.seen.hits-c.begun.hits), misses: max(0, c.seen.misses-c.begun.misses)}
}

// readCache waits for nobody: see driver.ReadPoolStats.
func readCache(pool *sql.DB) cachePages {
	s, err := driver.ReadPoolStats(context.Background(), pool, false)
	if err != nil {
		return cachePages{}
	}
	return cachePages{hits: s.CacheHits, misses: s.CacheMisses}
}
