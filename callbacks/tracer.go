package callbacks

import (
	"context"
	"database/sql"
	"strings"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/callbacks/internal/shape"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// tracer is the profiler as a pool's connections see it.
type tracer struct {
	p    *Profiler
	pool *sql.DB
}

// TraceCounters asks for the counters.
func (*tracer) TraceCounters() bool { return true }

// TracesOp leaves out what is done with each use of a connection.
func (*tracer) TracesOp(op driver.Op) bool { return op != driver.OpReset }

// TraceStart notes the start of a statement: of GORM's operation that the
// context leads to, or one that came without GORM.
func (t *tracer) TraceStart(ctx context.Context, op driver.Op, sql string) context.Context {
	p := t.p
	switch op {
	case driver.OpConnect, driver.OpLockWait, driver.OpCommit, driver.OpRollback:
		return ctx
	}
	if o := p.operationOf(ctx); o != nil && o.begins(sql) {
		return ctx
	}
	if isOwn(ctx) {
		return ctx
	}
	var here byte
	o := p.newOperation(ctx, nil)
	o.scope, o.rec.own = scopeOf(ctx, uintptr(unsafe.Pointer(&here)))
	var near [nearDriver]uintptr
	from := p.sites.caller(near[:], 1, false)
	o.rec.kind, o.rec.site, o.rec.migration = kindOfOp(op), from.site, from.migration
	o.rec.sql = sql
	o.mu.Lock()
	o.runs(sql)
	o.mu.Unlock()
	o.started(sql, "")
	return o.under
}

func kindOfOp(op driver.Op) kind {
	switch op {
	case driver.OpQuery:
		return kindSQLQuery
	case driver.OpBatch:
		return kindBatch
	case driver.OpPrepare:
		return kindPrepare
	case driver.OpBegin:
		return kindBegin
	case driver.OpBackup:
		return kindBackup
	case driver.OpRestore:
		return kindRestore
	}
	return kindSQLExec
}

// TraceEnd notes the end of a statement.
func (t *tracer) TraceEnd(ctx context.Context, e driver.TraceEvent) {
	p := t.p
	switch e.Op {
	case driver.OpConnect:
		if e.Err == nil {
			p.connects.Add(1)
			p.connected(ctx, &e)
		}
		return
	case driver.OpCommit, driver.OpRollback:
		p.transactionEnds(&e)
		return
	}
	o := p.operationOf(ctx)
	if e.Op == driver.OpLockWait {
		if o != nil || !isOwn(ctx) {
			p.waited(o, &e)
		}
		return
	}
	if o == nil {
		return
	}
	o.ends(&e, t.pool)
}

// connected counts the opening of a connection as part of the wait for one,
// unless that was measured from before it.
func (p *Profiler) connected(ctx context.Context, e *driver.TraceEvent) {
	if o := p.operationOf(ctx); o != nil && o.asked.Load() == lookedFor {
		o.mu.Lock()
		o.wait += e.Duration
		o.mu.Unlock()
	}
}

// begins notes that a statement runs now, which takes part in the operation,
// unless that has ended.
func (o *operation) begins(sql string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refs == 0 {
		return false
	}
	o.refs++
	o.runs(sql)
	return true
}

// runs is called with the lock.
func (o *operation) runs(sql string) {
	o.running++
	o.sql, o.lock = sql, 0
	if asked := o.asked.Swap(foundOne); asked > 0 {
		o.waiting = time.Duration(asked)
	}
}

// ends takes what a statement has cost, which takes part no more.
func (o *operation) ends(e *driver.TraceEvent, pool *sql.DB) {
	p := o.p
	o.mu.Lock()
	if o.running--; o.running == 0 {
		o.asked.Store(notAsked)
	}
	r := &o.rec
	r.pool = pool
	start := e.Start.Sub(p.base)
	wait, lock, engine := o.wait, o.lock, e.Engine
	if o.waiting != 0 {
		wait += max(0, start-o.waiting)
	}
	if !o.callback { // the driver has read the clock
		if o.ended == 0 || start < r.start {
			r.start = start
		}
		o.ended = start + e.Duration
	}
	o.wait, o.waiting, o.lock = 0, 0, 0
	if lock > 0 && e.Err != nil {
		p.waits.ended(e)
	}
	switch e.Op {
	case driver.OpBackup:
		e.SQL = "BACKUP" // they have none, and are to be told apart
		engine = max(0, e.Duration-lock)
	case driver.OpRestore:
		e.SQL = "RESTORE"
		engine = max(0, e.Duration-lock)
	case driver.OpPrepare, driver.OpBegin:
		engine = max(0, e.Duration-lock)
	}
	if !o.owns(e) {
		child := record{id: o.newID(), parent: r.id, parentSQL: r.sql, kind: kindOfOp(e.Op), migration: r.migration, site: r.site,
			sql: e.SQL, start: start - wait, pool: pool, scope: o.scope, own: r.own, statements: 1, rows: e.Rows, affected: e.Changes, err: e.Err}
		child.times = Times{Whole: wait + e.Duration, PoolWait: wait, LockWait: lock, Engine: engine, Scan: max(0, e.Duration-lock-engine)}
		if e.Counters != nil {
			child.counters = *e.Counters
		}
		o.children[o.phase()] += child.times.Whole
		child.inTx = p.inTransaction(o, e, child.kind, lock)
		user := o.user
		o.mu.Unlock()
		p.count(o.shard, &child, user, nil)
		o.leave()
		return
	}
	r.times.PoolWait += wait
	r.times.LockWait += lock
	r.times.Engine += engine
	o.own[o.phase()] += wait + lock + engine
	if e.Err != nil {
		o.failed = e.Err
	}
	if e.Op != driver.OpPrepare || !o.callback {
		r.sql = e.SQL
		r.statements++
	}
	r.rows += e.Rows
	r.affected += e.Changes
	if e.Counters != nil {
		addCounters(&r.counters, e.Counters)
	}
	if p.inTransaction(o, e, r.kind, lock) {
		r.inTx = true
	}
	o.unlockAndLeave()
}

// owns tells that a statement is the operation's own: the one that it is for,
// or another of the same shape. What else runs for it is a query of its own.
func (o *operation) owns(e *driver.TraceEvent) bool {
	r := &o.rec
	switch {
	case !o.callback, e.Op == driver.OpPrepare:
		return true
	case e.Op == driver.OpBegin:
		return false
	case !o.raw && r.kind < kindRow && !r.kind.runs(e.SQL):
		return false
	}
	return r.sql == "" || r.sql == e.SQL || shape.Of(r.sql) == shape.Of(e.SQL)
}

// runs tells that a statement is what GORM builds for such an operation. The
// dialect's looks into the schema and its savepoints are not.
func (k kind) runs(sql string) bool {
	verb := verbOf(sql)
	switch k {
	case kindCreate:
		return verb == sqltext.Insert
	case kindUpdate:
		return verb == sqltext.Update
	case kindDelete:
		return verb == sqltext.Delete || verb == sqltext.Update // of gorm.DeletedAt
	}
	return sqltext.Class{Verb: verb}.Repeats() && !strings.Contains(sql, " FROM pragma_")
}

// verbOf knows what GORM writes by its first word as a whole.
func verbOf(sql string) sqltext.Verb {
	if len(sql) > 6 && sql[6] == ' ' {
		switch sql[:6] {
		case "SELECT":
			return sqltext.Select
		case "INSERT":
			return sqltext.Insert
		case "UPDATE":
			return sqltext.Update
		case "DELETE":
			return sqltext.Delete
		}
	}
	return sqltext.Classify(sql).Verb
}
