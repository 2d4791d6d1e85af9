package engine

import (
	"context"
	"sync/atomic"
	"time"
)

// Op is an operation that a Tracer sees.
type Op uint8

// The operations.
const (
	OpConnect Op = iota
	OpReset
	OpPrepare
	OpExec
	OpQuery
	OpBegin
	OpCommit
	OpRollback
	OpLockWait
	OpBatch
	OpBackup
	OpRestore
)

// Event is the end of an operation.
type Event struct {
	Op       Op
	SQL      string
	Start    time.Time
	Duration time.Duration
	Result
	Err error
}

// Tracer is told of the start and the end of operations.
type Tracer interface {
	Start(ctx context.Context, op Op, sql string) context.Context
	End(ctx context.Context, e *Event)
}

// Tracing is a tracer with what it asks for.
type Tracing struct {
	Tracer
	Counters bool // events shall carry them
}

// TracerSlot is where an engine finds whom to tell; it may change at any time.
// Nil is nobody, which costs a load and a comparison.
type TracerSlot = atomic.Pointer[Tracing]
