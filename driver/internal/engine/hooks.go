package engine

// Hooker is a [Conn] with SQLite's hooks. Any number of functions is set of
// each kind, which are called in their order within the connection's calls, and
// stop takes one away at any time.
type Hooker interface {
	// OnUpdate is called with each row. Op is SQLite's number.
	OnUpdate(fn func(op int, schema, table string, rowid int64)) (stop func(), err error)
	// OnCommit is called before each commit, which an error makes a rollback.
	OnCommit(fn func() error) (stop func(), err error)
	// OnRollback is called after each rollback of a whole transaction.
	OnRollback(fn func()) (stop func(), err error)
	// Authorize is asked when statements are compiled. The strictest answer,
	// SQLite's number, holds.
	Authorize(fn func(AuthAction) int) (stop func(), err error)
	// OnProgress is called about every n operations of a statement, which an
	// error ends.
	OnProgress(n int, fn func() error) (stop func(), err error)
}

// AuthAction is what a statement is about to be allowed. Code is SQLite's
// number, Arg1 and Arg2 are what it says of them.
type AuthAction struct {
	Code                        int
	Arg1, Arg2, Schema, Trigger string
}
