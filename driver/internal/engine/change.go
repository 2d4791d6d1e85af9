package engine

import "time"

// Watcher is an [Engine] that tells what is committed.
type Watcher interface {
	// Watch calls fn with each commit to the database that begins from now on,
	// of any connection of this process, in their order. fn must not block, and
	// must not change what it gets. stop ends it.
	Watch(fn func(Commit)) (stop func(), err error)
}

// MaxChanges is how many rows of a transaction are told one by one.
const MaxChanges = 10_000

// ChangePoll is how often commits of other processes are looked for.
const ChangePoll = 250 * time.Millisecond

// Commit is what a transaction has changed. Number counts those of the
// database, while somebody watches it; 0 for what is no single commit.
type Commit struct {
	Number  uint64
	Changes []Change
}

// Change is a change of a row, of a table, or of what nobody knows.
type Change struct {
	Op            ChangeOp
	Schema, Table string
	RowID         int64
}

// ChangeOp says what a change is.
type ChangeOp uint8

// The kinds of changes.
const (
	RowInserted ChangeOp = iota + 1
	RowUpdated
	RowDeleted
	TableChanged
	DatabaseChanged
)
