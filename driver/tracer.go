package driver

import (
	"context"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Tracer is told of the start and the end of what a connection does. Set it
// in [Config], or add it to a pool with [AddTracer]. Without one the driver
// only compares with nil.
//
// Its methods are called on the goroutine that does the work, between its
// steps: they must be quick and must not use the same connection.
type Tracer interface {
	// TraceStart is called before an operation. The context that it returns
	// goes to TraceEnd, and to what the operation calls.
	TraceStart(ctx context.Context, op Op, sql string) context.Context
	// TraceEnd is called after it; for a query when its rows are closed. What
	// the event points at is good until TraceEnd returns.
	TraceEnd(ctx context.Context, e TraceEvent)
}

// CounterTracer is a [Tracer] that asks for the counters of statements, which are
// read with each run.
type CounterTracer interface {
	Tracer
	// TraceCounters is asked once, when it is set or added.
	TraceCounters() bool
}

// SelectiveTracer is a [Tracer] that is told of some operations only.
type SelectiveTracer interface {
	Tracer
	// TracesOp is asked once for each operation, when the tracer is set or
	// added.
	TracesOp(op Op) bool
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
	SQL          string        // the whole text of prepare, exec, query and batch; of begin its mode, as BEGIN IMMEDIATE
	Conn         uint64        // the connection's number, counted from 1 by the pool; 0 for a connect that failed, and for lock waits
	Start        time.Time     // when it began
	Duration     time.Duration // until now
	Engine       time.Duration // of it in the engine: compiling and running, without waiting for locks. 0 for begin, commit and the like
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
	Reprepares    int64 `json:"reprepares"`   // of statements that were compiled before, because the schema has changed
	Runs          int64 `json:"runs"`
	FilterMisses  int64 `json:"filter_misses"`
	FilterHits    int64 `json:"filter_hits"`
	MemoryUsed    int64 `json:"memory_used"` // bytes of the compiled statement
	RowsRead      int64 `json:"rows_read"`
	RowsWritten   int64 `json:"rows_written"`
}
