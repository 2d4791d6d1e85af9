package driver

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// AddTracer has t told of what the connections of the pool do from now on,
// those that are open among them, beside [Config].Tracer and others that were
// added. What is under way ends without it. remove takes it away again; it is
// told of the end of what it was told of the start of. Both may be called
// while the pool is used.
//
// The error wraps [ErrUnsupported] when the pool is not of this driver.
func AddTracer(db *sql.DB, t Tracer) (remove func(), err error) {
	d, ok := db.Driver().(Driver)
	if !ok || d.of == nil {
		return nil, notOurs(db)
	}
	c, added := d.of, &addedTracer{t}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tracers = append(slices.Clip(c.tracers), added)
	c.retrace()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.tracers = slices.DeleteFunc(slices.Clone(c.tracers), func(a *addedTracer) bool { return a == added })
		c.retrace()
	}, nil
}

// addedTracer is one of AddTracer; the same tracer may be added twice.
type addedTracer struct{ Tracer }

// retrace puts the tracers to where connections and the engine look for them.
// It is called with the lock, or before the connector is used.
func (c *Connector) retrace() {
	var all tracers
	if c.cfg.Tracer != nil {
		all = append(all, newTracerOf(c.cfg.Tracer))
	}
	for _, a := range c.tracers {
		all = append(all, newTracerOf(a.Tracer))
	}
	switch len(all) {
	case 0:
		c.tracer.Store(nil)
		c.slot.Store(nil)
		return
	case 1:
		c.tracer.Store(&all[0])
	default:
		sum := &tracerOf{Tracer: all, skips: ^uint32(0)}
		for _, t := range all {
			sum.counters = sum.counters || t.counters
			sum.skips &= t.skips
		}
		c.tracer.Store(sum)
	}
	t := c.tracer.Load()
	c.slot.Store(&engine.Tracing{Tracer: engineTracer{t}, Counters: t.counters})
}

// tracerOf is a tracer with what it asks for.
type tracerOf struct {
	Tracer
	counters bool
	skips    uint32 // the operations that it is not told of, a bit each
}

func newTracerOf(t Tracer) tracerOf {
	of := tracerOf{Tracer: t}
	if ct, ok := t.(CounterTracer); ok {
		of.counters = ct.TraceCounters()
	}
	if st, ok := t.(SelectiveTracer); ok {
		for op := range opNames {
			if !st.TracesOp(Op(op)) {
				of.skips |= 1 << op
			}
		}
	}
	return of
}

func (t *tracerOf) skip(op Op) bool { return t.skips&(1<<op) != 0 }

// tracers are several as one.
type tracers []tracerOf

// TraceStart implements Tracer.
func (ts tracers) TraceStart(ctx context.Context, op Op, sql string) context.Context {
	own := &ownContexts{Context: ctx, each: make([]context.Context, len(ts))}
	for i, t := range ts {
		if !t.skip(op) {
			own.Context = t.TraceStart(own.Context, op, sql)
		}
		own.each[i] = own.Context
	}
	return own
}

// ownContexts is a context that knows what each of several tracers returned.
type ownContexts struct {
	context.Context
	each []context.Context
}

// TraceEnd implements Tracer.
func (ts tracers) TraceEnd(ctx context.Context, e TraceEvent) {
	for i, t := range slices.Backward(ts) {
		if t.skip(e.Op) {
			continue
		}
		told := e
		if !t.counters {
			told.Counters = nil
		}
		t.TraceEnd(ctx.(*ownContexts).each[i], told)
	}
}

// engineTracer shows a Tracer to the engine, which tells of nothing but waits
// for locks.
type engineTracer struct{ t *tracerOf }

func (e engineTracer) Start(ctx context.Context, op engine.Op, sql string) context.Context {
	if e.t.skip(Op(op)) {
		return ctx
	}
	return e.t.TraceStart(ctx, Op(op), sql)
}

func (e engineTracer) End(ctx context.Context, ev *engine.Event) {
	if e.t.skip(Op(ev.Op)) {
		return
	}
	e.t.TraceEnd(ctx, TraceEvent{Op: Op(ev.Op), SQL: ev.SQL, Start: ev.Start, Duration: ev.Duration, Err: publish(ev.Err)})
}

// span is an operation under way; nil without a tracer.
type span struct {
	c     *Conn // nil of a connect
	t     *tracerOf
	ctx   context.Context
	conn  uint64
	op    Op
	sql   string
	start time.Time
	clock time.Time // read a moment ago, which times are told from
}

// trace begins a span. It takes the one of the connection that was used last,
// so that tracing allocates nothing.
func (c *Conn) trace(t *tracerOf, ctx context.Context, op Op, sql string) (context.Context, *span) {
	if t.skip(op) {
		return ctx, nil
	}
	s := c.span
	if c.span = nil; s == nil {
		s = &span{c: c, conn: c.number}
	}
	return s.begin(t, ctx, op, sql), s
}

func startSpan(t *tracerOf, ctx context.Context, op Op) (context.Context, *span) {
	if t.skip(op) {
		return ctx, nil
	}
	s := &span{}
	return s.begin(t, ctx, op, ""), s
}

// begin tells the tracer, and notes the start: what the tracer does is none of
// the operation. To ask for the time of the day takes twice as long as
// for the time since another one, so that is done once in a while only: often
// enough that a clock that was set is noticed.
func (s *span) begin(t *tracerOf, ctx context.Context, op Op, sql string) context.Context {
	s.t, s.op, s.sql = t, op, sql
	s.ctx = t.TraceStart(ctx, op, sql)
	if since := time.Since(s.clock); since < clockLasts {
		s.start = s.clock.Add(since)
	} else {
		s.clock = time.Now()
		s.start = s.clock
	}
	return s.ctx
}

const clockLasts = 100 * time.Millisecond

// end tells the tracer. The span must not be used any more.
func (s *span) end(r engine.Result, err error) {
	if s == nil {
		return
	}
	t, ctx := s.t, s.ctx
	ev := TraceEvent{Op: s.op, SQL: s.sql, Conn: s.conn, Start: s.start, Duration: time.Since(s.start),
		Engine: r.Engine, Rows: r.Rows, Changes: r.Changes, LastInsertID: r.LastInsertID, Counters: (*Counters)(r.Counters), Err: err}
	s.t, s.ctx, s.sql = nil, nil, ""
	if s.c != nil {
		s.c.span = s
	}
	t.TraceEnd(ctx, ev)
}

// beginSQL is what a tracer is shown of BeginTx.
var beginSQL = [...]string{
	Immediate: "BEGIN IMMEDIATE", Deferred: "BEGIN", Exclusive: "BEGIN EXCLUSIVE", ReadOnlyTx: "BEGIN", Concurrent: "BEGIN CONCURRENT",
}
