package callbacks

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// txs are the transactions that are open, by connection, and the last that have
// ended.
type txs struct {
	open   atomic.Int64
	shards [16]txShard
}

type txShard struct {
	mu    sync.Mutex
	open  map[uint64]*transaction // by the connection's number of its pool
	ended [32]transaction         // a ring
	next  int
	count int
	spare *transaction
}

// transaction is one that is open, or has ended.
type transaction struct {
	conn       uint64
	site       *site
	op         *operation      // that began it, nil for none
	opID       uint64          // of it: the operation may have ended, and be another one
	user       context.Context // that it was begun with, until it ends
	start, end time.Duration
	lockedAt   time.Duration // when it had the write lock; 0 for not yet
	lockWait   time.Duration
	engine     time.Duration
	statements int64
	inserts    int64
	affected   int64
	savepoints int64
	rollback   bool
}

// maxOpen bounds what connections may have left that were closed within a
// transaction.
const maxOpen = 256

func (t *txs) shard(conn uint64) *txShard { return &t.shards[conn%uint64(len(t.shards))] }

func (t *txs) reset() {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		s.next, s.count = 0, 0
		s.mu.Unlock()
	}
}

// all are those that have ended, and those that are open, which have no end.
func (t *txs) all() (ended, open []transaction) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		ended = append(ended, s.ended[:s.count]...)
		for _, tx := range s.open {
			open = append(open, *tx)
		}
		s.mu.Unlock()
	}
	return ended, open
}

// inTransaction notes a statement of a transaction, and whether one was open
// before the operation. Those that begin and end one are none of it.
func (p *Profiler) inTransaction(o *operation, e *driver.TraceEvent, k kind, lock time.Duration) bool {
	verb := sqltext.Empty
	if e.Op == driver.OpBegin {
		if e.Err == nil {
			p.transactionBegins(o, e, lock)
		}
		return false
	}
	if (k == kindSQLExec || k == kindRaw || k == kindSQLQuery) && !plain(e.SQL) {
		if verb = sqltext.Classify(e.SQL).Verb; verb == sqltext.Begin {
			if e.Err == nil {
				p.transactionBegins(o, e, lock)
			}
			return false
		}
	}
	if p.txs.open.Load() == 0 {
		return false
	}
	if verb == sqltext.Commit || verb == sqltext.Rollback {
		if e.Err == nil {
			p.txs.end(p, e, verb == sqltext.Rollback)
		}
		return true
	}
	if verb == sqltext.Empty {
		verb = verbOf(e.SQL)
	}
	s := p.txs.shard(e.Conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.open[e.Conn]
	if tx == nil {
		return false
	}
	tx.statements++
	tx.engine += e.Engine
	tx.affected += e.Changes
	switch verb {
	case sqltext.Insert:
		tx.inserts++
	case sqltext.Savepoint:
		tx.savepoints++
	}
	if tx.lockedAt == 0 {
		tx.lockWait += lock
		if e.Changes > 0 || e.Counters != nil && e.Counters.RowsWritten > 0 {
			tx.lockedAt = e.Start.Sub(p.base) + lock
		}
	}
	return tx.op != o || tx.opID != o.rec.id
}

// plain tells, by its first byte, that a text neither begins nor ends a
// transaction.
func plain(sql string) bool {
	if sql == "" {
		return true
	}
	switch sql[0] {
	case 'S', 's', 'I', 'i', 'U', 'u', 'D', 'd', 'W', 'w', 'V', 'v', 'P', 'p', 'A', 'a':
		return true
	}
	return false
}

func (p *Profiler) transactionBegins(o *operation, e *driver.TraceEvent, lock time.Duration) {
	s := p.txs.shard(e.Conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.spare
	if s.spare = nil; tx == nil {
		tx = &transaction{}
	}
	end := e.Start.Sub(p.base) + e.Duration
	*tx = transaction{conn: e.Conn, site: o.rec.site, user: o.user, start: e.Start.Sub(p.base), lockWait: lock}
	if locksAtOnce(e.SQL) {
		tx.lockedAt = end
	}
	if e.Op == driver.OpBegin && o.callback { // GORM's own transaction, which ends within its callbacks
		tx.op, tx.opID = o, o.rec.id
	}
	if s.open == nil {
		s.open = map[uint64]*transaction{}
	}
	if len(s.open) >= maxOpen {
		p.txs.open.Add(-int64(len(s.open)))
		clear(s.open)
	}
	if s.open[e.Conn] == nil {
		p.txs.open.Add(1)
	}
	s.open[e.Conn] = tx
}

// locksAtOnce tells that a BEGIN takes the write lock.
func locksAtOnce(sql string) bool {
	switch sql { // what the driver shows of its own
	case "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE":
		return true
	case "BEGIN", "BEGIN CONCURRENT":
		return false
	}
	for tok := range sqltext.Tokens(sql) {
		if tok.Is(sql, "IMMEDIATE") || tok.Is(sql, "EXCLUSIVE") {
			return true
		}
	}
	return false
}

// end puts a transaction among those that have ended. It is false if it was not
// seen to begin.
func (t *txs) end(p *Profiler, e *driver.TraceEvent, rollback bool) (tx transaction, ok bool) {
	s := t.shard(e.Conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.open[e.Conn]
	if open == nil {
		return transaction{}, false
	}
	delete(s.open, e.Conn)
	t.open.Add(-1)
	tx = *open
	*open = transaction{}
	s.spare = open
	tx.rollback = rollback
	tx.end = e.Start.Sub(p.base) + e.Duration
	tx.engine += e.Duration
	kept := &s.ended[s.next]
	*kept = tx
	kept.op, kept.user = nil, nil
	s.next = (s.next + 1) % len(s.ended)
	s.count = min(s.count+1, len(s.ended))
	return tx, true
}

// transactionEnds counts a COMMIT or ROLLBACK of database/sql.
func (p *Profiler) transactionEnds(e *driver.TraceEvent) {
	r := record{id: p.ids.Add(idBlock) - idBlock + 1, kind: kindCommit, sql: "COMMIT", site: noSite, start: e.Start.Sub(p.base), statements: 1, err: e.Err}
	if e.Op == driver.OpRollback {
		r.kind, r.sql = kindRollback, "ROLLBACK"
	}
	r.times.Whole, r.times.Engine = e.Duration, e.Duration
	s, ctx := &p.shards[e.Conn%uint64(len(p.shards))], context.Background()
	tx, ok := p.txs.end(p, e, e.Op == driver.OpRollback || e.Err != nil)
	if ok {
		r.site = tx.site
		ctx = tx.user // database/sql has none for the end
	}
	if o := tx.op; o != nil && o.enter() {
		o.mu.Lock()
		if o.rec.id == tx.opID {
			r.parent, r.parentSQL, r.migration = o.rec.id, o.rec.sql, o.rec.migration
			o.children[o.phase()] += e.Duration
			ctx, s = o.user, o.shard
		}
		o.mu.Unlock()
		defer o.leave()
	}
	p.count(s, &r, ctx, nil)
}

// waits are the last waits for locks.
type waits struct {
	mu    sync.Mutex
	ring  [256]lockWait
	next  int
	count int
}

type lockWait struct {
	start, end time.Duration
	failed     bool
	sql        string
	site       *site
}

func (w *waits) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next, w.count = 0, 0
}

func (w *waits) all() []lockWait {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]lockWait(nil), w.ring[:w.count]...)
}

// ended tells the waits of a statement that has failed. SQLite's own waiting
// ends without a word of how.
func (w *waits) ended(e *driver.TraceEvent) {
	if !errors.Is(e.Err, driver.ErrBusy) && !errors.Is(e.Err, driver.ErrLocked) && !errors.Is(e.Err, context.Canceled) && !errors.Is(e.Err, context.DeadlineExceeded) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.count { // the newest of the text
		last := &w.ring[(w.next-1-i+len(w.ring))%len(w.ring)]
		if last.sql == e.SQL {
			last.failed = true
			return
		}
	}
}

// waited notes a wait for a lock, within a statement of the operation if there
// is one.
func (p *Profiler) waited(o *operation, e *driver.TraceEvent) {
	w := lockWait{start: e.Start.Sub(p.base), failed: e.Err != nil, sql: "COMMIT", site: noSite}
	w.end = w.start + e.Duration
	if o != nil {
		o.mu.Lock()
		o.lock += e.Duration
		w.sql, w.site = o.sql, o.rec.site
		o.mu.Unlock()
	}
	p.waits.mu.Lock()
	defer p.waits.mu.Unlock()
	p.waits.ring[p.waits.next] = w
	p.waits.next = (p.waits.next + 1) % len(p.waits.ring)
	p.waits.count = min(p.waits.count+1, len(p.waits.ring))
}
