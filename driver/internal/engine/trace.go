package engine

import (
	"context"
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
	// Counters says whether events shall carry them.
	Counters() bool
}
