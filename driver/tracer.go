package driver

import (
	"context"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Tracer is told of the start and the end of what a connection does. Set it
// in [Config]. Without one the driver only compares with nil.
//
// Its methods are called on the goroutine that does the work, between its
// steps: they must be quick and must not use the same connection.
type Tracer interface {
	// TraceStart is called before an operation. The context that it returns
	// goes to TraceEnd, and to what the operation calls.
	TraceStart(ctx context.Context, op Op, sql string) context.Context
	// TraceEnd is called after it; for a query when its rows are closed.
	TraceEnd(ctx context.Context, e TraceEvent)
}

// CounterTracer is a [Tracer] that asks for the counters of statements. They
// cost one more call into the library for each run.
type CounterTracer interface {
	Tracer
	// TraceCounters is asked once, when the connector is made.
	TraceCounters() bool
}

// Op is an operation that a [Tracer] sees.
type Op uint8

// The operations.
const (
	OpConnect  = Op(engine.OpConnect)  // a connection is opened and configured
	OpReset    = Op(engine.OpReset)    // a pooled connection is handed out again
	OpPrepare  = Op(engine.OpPrepare)  // Prepare was called
	OpExec     = Op(engine.OpExec)     // Exec, of all statements of its text
	OpQuery    = Op(engine.OpQuery)    // Query, until its rows are closed
	OpBegin    = Op(engine.OpBegin)    // a transaction begins
	OpCommit   = Op(engine.OpCommit)   // it ends with COMMIT
	OpRollback = Op(engine.OpRollback) // it ends with ROLLBACK
	OpLockWait = Op(engine.OpLockWait) // inside one of the others: waiting for another connection
	OpBatch    = Op(engine.OpBatch)    // Batch or BatchStmts, all their statements
	OpBackup   = Op(engine.OpBackup)   // Backup or Serialize
	OpRestore  = Op(engine.OpRestore)  // Restore or Deserialize
)

var opNames = [...]string{"connect", "reset", "prepare", "exec", "query", "begin", "commit", "rollback", "lock wait", "batch", "backup", "restore"}

// String returns the operation's name.
func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return "unknown"
}

// TraceEvent is the end of an operation.
type TraceEvent struct {
	Op           Op
	SQL          string        // the whole text of prepare, exec, query and batch
	Start        time.Time     // when it began
	Duration     time.Duration // until now
	Rows         int64         // returned by its statements, discarded ones of Exec included
	Changes      int64         // rows that INSERT, UPDATE and DELETE changed
	LastInsertID int64         // rowid of the last inserted row, 0 for none
	Counters     *Counters     // nil unless asked for, see [CounterTracer]
	Err          error         // nil on success
}

// Counters are counts of the statements' runs:
// https://www.sqlite.org/c3ref/c_stmtstatus_counter.html. RowsRead and
// RowsWritten are libSQL's own, the measure of Turso's billing.
type Counters struct {
	FullScanSteps int64 `json:"full_scan_steps"` // forward steps of full table scans
	Sorts         int64 `json:"sorts"`
	AutoIndexes   int64 `json:"auto_indexes"` // rows put into indexes made for one run
	VMSteps       int64 `json:"vm_steps"`     // instructions of the virtual machine
	Reprepares    int64 `json:"reprepares"`   // since the statement was compiled
	Runs          int64 `json:"runs"`
	FilterMisses  int64 `json:"filter_misses"`
	FilterHits    int64 `json:"filter_hits"`
	MemoryUsed    int64 `json:"memory_used"` // bytes of the compiled statement
	RowsRead      int64 `json:"rows_read"`
	RowsWritten   int64 `json:"rows_written"`
}

// engineTracer shows a Tracer to the engine.
type engineTracer struct {
	t        Tracer
	counters bool
}

func newEngineTracer(t Tracer) engine.Tracer {
	if t == nil {
		return nil
	}
	ct, ok := t.(CounterTracer)
	return engineTracer{t, ok && ct.TraceCounters()}
}

func (e engineTracer) Counters() bool { return e.counters }

func (e engineTracer) Start(ctx context.Context, op engine.Op, sql string) context.Context {
	return e.t.TraceStart(ctx, Op(op), sql)
}

func (e engineTracer) End(ctx context.Context, ev *engine.Event) {
	e.t.TraceEnd(ctx, newTraceEvent(Op(ev.Op), ev.SQL, ev.Start, ev.Duration, ev.Result, publish(ev.Err)))
}

func newTraceEvent(op Op, sql string, start time.Time, d time.Duration, r engine.Result, err error) TraceEvent {
	ev := TraceEvent{Op: op, SQL: sql, Start: start, Duration: d, Rows: r.Rows, Changes: r.Changes,
		LastInsertID: r.LastInsertID, Err: err}
	if r.Counters != nil {
		c := Counters(*r.Counters)
		ev.Counters = &c
	}
	return ev
}

// span is an operation under way; nil without a tracer.
type span struct {
	t     Tracer
	ctx   context.Context
	op    Op
	sql   string
	start time.Time
}

func (c *Conn) trace(ctx context.Context, op Op, sql string) (context.Context, *span) {
	return startSpan(c.connector.cfg.Tracer, ctx, op, sql)
}

func startSpan(t Tracer, ctx context.Context, op Op, sql string) (context.Context, *span) {
	s := &span{t: t, op: op, sql: sql, start: time.Now()}
	s.ctx = t.TraceStart(ctx, op, sql)
	return s.ctx, s
}

func (s *span) end(r engine.Result, err error) {
	if s != nil {
		s.t.TraceEnd(s.ctx, newTraceEvent(s.op, s.sql, s.start, time.Since(s.start), r, err))
	}
}
