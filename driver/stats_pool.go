package driver

import (
	"sync"
	"sync/atomic"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// census knows all connections of a connector.
type census struct {
	mu     sync.Mutex // never held while a lock of a presence is waited for
	open   map[*Conn]struct{}
	gone   engine.Stats // of those that are closed
	closed int64
}

// presence tells whether a connection lies in the pool, where its counts can
// be read.
type presence struct {
	use    sync.Mutex // held while the connection is used, or its counts are read
	held   bool       // by the connection's user
	resets bool       // database/sql says when it hands the connection out
	read   atomic.Bool
	reset  atomic.Bool // set back its counts with the next reading

	last engine.Stats // what was last read, under the census's lock
}

// enroll takes a connection in that is about to be used.
func (c *Conn) enroll() {
	c.present.use.Lock()
	c.present.held = true
	n := &c.connector.census
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open == nil {
		n.open = map[*Conn]struct{}{}
	}
	n.open[c] = struct{}{}
}

// takenOut notes that the pool hands the connection out. It does so with a
// word, ResetSession, only after it has got it back once.
func (c *Conn) takenOut() {
	c.present.resets = true
	if !c.present.held {
		c.present.use.Lock()
		c.present.held = true
	}
}

// givenBack notes that the connection lies in the pool.
func (c *Conn) givenBack() {
	p := &c.present
	if !p.held {
		return
	}
	if p.read.Load() || !p.resets {
		p.read.Store(false)
		c.readLast(p.reset.Swap(false))
	}
	if p.resets {
		p.held = false
		p.use.Unlock()
	}
}

// readLast reads the counts; who calls it holds the connection.
func (c *Conn) readLast(reset bool) {
	s, err := c.stats(reset)
	if err != nil {
		return
	}
	if reset {
		s.Stats = zeroed(s.Stats)
	}
	n := &c.connector.census
	n.mu.Lock()
	c.present.last = s.Stats
	n.mu.Unlock()
}

// leave takes a connection off that is about to be closed.
func (c *Conn) leave() {
	p, n := &c.present, &c.connector.census
	if !p.held {
		p.use.Lock()
		p.held = true
	}
	n.mu.Lock()
	_, known := n.open[c]
	n.mu.Unlock()
	if !known {
		return
	}
	c.readLast(p.reset.Swap(false))
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.open, c)
	left := p.last.Left()
	n.gone.Add(&left)
	n.closed++
}

// stats sums up.
func (c *Connector) stats(reset bool) (s PoolStats, err error) {
	n := &c.census
	n.mu.Lock()
	defer n.mu.Unlock()
	sum := n.gone
	for conn := range n.open {
		p := &conn.present
		if p.use.TryLock() {
			now, serr := conn.stats(reset)
			p.use.Unlock()
			if serr != nil {
				err = serr
				continue
			}
			sum.Add(&now.Stats)
			p.last = now.Stats
			if reset {
				p.last = zeroed(now.Stats)
			}
			continue
		}
		s.InUse++
		sum.Add(&p.last)
		p.read.Store(true)
		if reset {
			p.last = zeroed(p.last)
			p.reset.Store(true)
		}
	}
	s.Stats, s.Open, s.Closed = Stats(sum), len(n.open), n.closed
	if reset {
		n.gone = engine.Stats{TotalChanges: n.gone.TotalChanges}
	}
	return s, err
}

// zeroed is what a reset leaves of counts.
func zeroed(s engine.Stats) engine.Stats {
	return engine.Stats{CacheUsed: s.CacheUsed, SchemaUsed: s.SchemaUsed, StmtUsed: s.StmtUsed, LookasideUsed: s.LookasideUsed,
		StmtCacheLen: s.StmtCacheLen, DeferredForeignKeys: s.DeferredForeignKeys, TotalChanges: s.TotalChanges}
}
