package callbacks

import (
	"context"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// operation is a query under way: a run of GORM's callbacks, or what the driver
// does without GORM. It ends when the callbacks have and every statement of it.
type operation struct {
	p      *Profiler
	shard  *shard
	lastID uint64       // that was given out of those reserved
	asked  atomic.Int64 // when database/sql began to wait for a connection, or one of the below
	inMain atomic.Bool  // GORM's own callback runs

	mu      sync.Mutex
	refs    int32           // the callbacks, and the statements that run
	running int32           // these statements
	parent  *operation      // kept until the end, nil for none
	user    context.Context // that it was called with, or what OnStart made of it
	under   *carrier        // of it; between two operations that of the last
	scope   uintptr         // what loops are looked for in

	rec      record
	ended    time.Duration // when the last of its statements has
	mainAt   time.Duration // when GORM's own callback began
	main     time.Duration // how long it took
	own      [2]time.Duration
	children [2]time.Duration // outside of GORM's own callback, and in it
	callback bool             // GORM's; else the driver's alone
	raw      bool             // the SQL was there before
	stmt     *gorm.Statement
	original context.Context // that the statement gets back
	failed   error           // of the driver
	sql      string          // of the statement that runs
	lock     time.Duration   // that it has waited
	wait     time.Duration   // for a connection to be opened, before it
	waiting  time.Duration   // since when for one of the pool; 0 for not at all
	args     []Arg
}

// carrier is the context that leads from GORM to the driver. Most are used
// again, and always with the same context behind them: whoever keeps one after
// the query has ended still has the context that he was given. At worst his
// queries are counted as caused by another one.
type carrier struct {
	context.Context
	p  *Profiler
	op atomic.Pointer[operation]
}

// Value implements context.Context. The profiler is the key.
func (c *carrier) Value(key any) any {
	if p, ok := key.(*Profiler); ok && p == c.p {
		return c
	}
	return c.Context.Value(key)
}

// What operation.asked is else.
const (
	notAsked  = 0
	lookedFor = -1 // a connection, without a wait so far
	foundOne  = -2 // one: a statement runs
)

// Done implements context.Context. database/sql asks for it when it is about to
// look for a connection, and again when it is about to wait for one: the clock
// is read for the second time only.
func (c *carrier) Done() <-chan struct{} {
	if o := c.op.Load(); o != nil {
		switch asked := o.asked.Load(); asked {
		case foundOne:
		case notAsked:
			o.asked.CompareAndSwap(asked, lookedFor)
		default:
			o.asked.CompareAndSwap(asked, int64(o.p.now()))
		}
	}
	return c.Context.Done()
}

// operationOf is the query under way in the context, nil for none.
func (p *Profiler) operationOf(ctx context.Context) *operation {
	c, ok := ctx.(*carrier)
	if !ok || c.p != p {
		if c, ok = ctx.Value(p).(*carrier); !ok {
			return nil
		}
	}
	return c.op.Load()
}

// carry makes the context that leads to the operation.
func (o *operation) carry() {
	ctx := o.user
	if outer, ok := ctx.(*carrier); ok && outer.p == o.p {
		ctx = outer.Context // what a query causes is carried by the same context as itself
	}
	if o.under == nil || !sameContext(o.under.Context, ctx) {
		o.under = &carrier{Context: ctx, p: o.p}
	}
	o.under.op.Store(o)
}

// sameContext compares without the panic of types that cannot be compared.
func sameContext(a, b context.Context) bool {
	if a == context.Background() || a == context.TODO() {
		return a == b
	}
	t := reflect.TypeOf(a)
	return t == reflect.TypeOf(b) && t.Kind() == reflect.Pointer && a == b
}

// enter takes part in the operation, unless it has ended.
func (o *operation) enter() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refs == 0 {
		return false
	}
	o.refs++
	return true
}

// leave ends the operation when nobody takes part in it any more.
func (o *operation) leave() {
	o.mu.Lock()
	o.unlockAndLeave()
}

func (o *operation) unlockAndLeave() {
	o.refs--
	last := o.refs == 0
	o.mu.Unlock()
	if last {
		o.finish()
	}
}

// newOperation begins an operation that the caller takes part in.
func (p *Profiler) newOperation(ctx context.Context, parent *operation) *operation {
	o, _ := p.operations.Get().(*operation)
	if o == nil {
		o = &operation{p: p, shard: &p.shards[p.nextShard.Add(1)%uint32(len(p.shards))]}
	}
	if o.asked.Load() != notAsked { // by who has kept the context of the last
		o.asked.Store(notAsked)
	}
	o.mu.Lock()
	o.refs = 1
	o.mu.Unlock()
	o.rec.id = o.newID()
	o.user = ctx
	if parent != nil && parent.enter() {
		o.parent = parent
		o.rec.parent, o.scope = parent.rec.id, parent.scope
	}
	return o
}

// newID is a number for a query. They are reserved by the hundred, which spares
// processors to write to the same place for each query.
func (o *operation) newID() uint64 {
	if o.lastID%idBlock == 0 {
		o.lastID = o.p.ids.Add(idBlock) - idBlock
	}
	o.lastID++
	return o.lastID
}

const idBlock = 100

// scopeOf is what loops are looked for in: the context, as long as it is one of
// its own, else the goroutine, which the address of its stack stands for: a loop
// calls from one place of it, and no other goroutine is there meanwhile.
func scopeOf(ctx context.Context, stack uintptr) (scope uintptr, own bool) {
	v := reflect.ValueOf(ctx)
	if v.Kind() == reflect.Pointer && ctx != context.Background() && ctx != context.TODO() {
		return v.Pointer(), true
	}
	return stack, false
}

// started tells OnStart, and makes the operation's context.
func (o *operation) started(sql, table string) {
	if f := o.p.cfg.OnStart; f != nil {
		o.user = f(o.user, &QueryStart{ID: o.rec.id, Parent: o.rec.parent, Kind: o.rec.kind.String(), SQL: sql,
			Table: table, Caller: o.rec.site.Frame})
	}
	o.carry()
}

// phase is 1 within GORM's own callback, else 0.
func (o *operation) phase() int {
	if o.inMain.Load() || !o.callback || o.rec.kind >= kindRow {
		return 1
	}
	return 0
}

// finish sums the operation up and makes room for the next. Nobody else has it
// any more.
func (o *operation) finish() {
	p, r := o.p, &o.rec
	if o.callback {
		o.ended = p.now()
	}
	r.times.Whole = max(0, o.ended-r.start)
	r.times.Children = o.children[0] + o.children[1]
	if o.callback && r.kind < kindRow {
		r.times.Scan = max(0, o.main-o.own[1]-o.children[1])
		r.times.Hooks = max(0, r.times.Whole-o.main-o.own[0]-o.children[0])
	} else {
		r.times.Scan = max(0, r.times.Whole-o.own[0]-o.own[1]-r.times.Children)
	}
	if r.err == nil {
		r.err = o.failed
	}
	r.scope = o.scope
	parent := o.parent
	if parent != nil {
		parent.mu.Lock()
		r.parentSQL = parent.rec.sql
		parent.children[parent.phase()] += r.times.Whole
		parent.mu.Unlock()
	}
	p.count(o.shard, r, o.user, o.args)
	p.recycle(o)
	if parent != nil {
		parent.leave()
	}
}

func (p *Profiler) recycle(o *operation) {
	o.under.op.Store(nil)
	o.rec = record{}
	o.parent, o.user, o.scope = nil, nil, 0
	if o.inMain.Load() {
		o.inMain.Store(false)
	}
	o.ended, o.mainAt, o.main, o.own, o.children = 0, 0, 0, [2]time.Duration{}, [2]time.Duration{}
	o.raw, o.stmt, o.original = false, nil, nil
	o.callback, o.failed, o.sql, o.lock, o.wait, o.waiting, o.args = false, nil, "", 0, 0, 0, nil
	p.operations.Put(o)
}
