package driver

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"runtime/debug"
	"sync"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// MaxChanges is how many rows [OnChange] tells of one by one: of a transaction,
// and of all those that a slow consumer is behind.
const MaxChanges = engine.MaxChanges

// ChangePoll is how often [OnChange] looks for commits of other processes.
const ChangePoll = engine.ChangePoll

// ChangeOp says what a [Change] is.
type ChangeOp uint8

// The kinds of changes. The first three are of the row of the rowid.
const (
	RowInserted ChangeOp = iota + 1
	RowUpdated
	RowDeleted
	// TableChanged: rows of the table may have changed, and which ones is not
	// known.
	TableChanged
	// DatabaseChanged: anything may have changed. Schema and Table are empty.
	DatabaseChanged
)

var changeNames = [...]string{"", "insert", "update", "delete", "table", "database"}

// String returns insert, update, delete, table or database.
func (o ChangeOp) String() string {
	if o >= RowInserted && o <= DatabaseChanged {
		return changeNames[o]
	}
	return fmt.Sprintf("ChangeOp(%d)", uint8(o))
}

// Change is what has changed in a database.
type Change struct {
	Op     ChangeOp
	Schema string // "main", or the name of an attached database
	Table  string
	RowID  int64 // https://www.sqlite.org/rowidtable.html; an INTEGER PRIMARY KEY is the rowid

	// Commit counts the transactions of the database while somebody listens:
	// changes of the same number were committed together. It is 0 when that is
	// not known.
	Commit uint64
}

// String tells the change in a line.
func (c Change) String() string {
	switch c.Op {
	case DatabaseChanged:
		return c.Op.String()
	case TableChanged:
		return fmt.Sprintf("%v %s.%s", c.Op, c.Schema, c.Table)
	}
	return fmt.Sprintf("%v %s.%s %d", c.Op, c.Schema, c.Table, c.RowID)
}

// OnChange calls fn with each change that is committed to the database of the
// pool by a statement that begins from now on, in the order of the commits:
// those of this pool, and of every other pool of this process on the same file
// or named memory database. What is rolled back, by ROLLBACK, to a savepoint or
// because a statement failed, is not told.
//
// Rows come as SQLite's update hook has them (see [Conn.OnUpdate]), those of
// triggers and cascades, too; an upsert that updates is an update. Where that
// hook is silent, about tables WITHOUT ROWID, virtual tables, rows that REPLACE
// may have removed, an INTEGER PRIMARY KEY that is updated and tables that are
// created, altered and dropped, a [TableChanged] comes behind the statement's
// rows. Temporary tables are left out, and so are the inner tables of full-text
// and vector indexes. While somebody listens, a DELETE without WHERE deletes
// row by row.
//
// Memory is bounded. A transaction with more than [MaxChanges] rows is told as
// one TableChanged for each of its tables; if it went back to savepoints, the
// tables of what was undone may be among them. When fn is so slow that more
// than MaxChanges changes wait for it, all of them become TableChanged; these
// have no Commit. Writers never wait for fn.
//
// A commit of another process is noticed by a look at the file every
// [ChangePoll], on a connection of its own, and told as one
// [DatabaseChanged]; so are Restore, Deserialize, VACUUM, frames that are
// applied to the log, a transaction that had written already when OnChange was
// called, and changes that another pool makes in this database as an attached
// one. That connection keeps a database in WAL mode from leaving that mode. When it
// cannot read the file any more, as after a Rekey by another process, that comes as
// a DatabaseChanged, too, and is logged with package log.
//
// fn runs in a goroutine of its own, one call after the other, and may use the
// pool. A panic of fn is logged, and the next change comes nevertheless. stop
// ends it, also when fn calls it: no call begins afterwards, and those changes
// that wait are dropped. Closing the pool does the same.
func OnChange(db *sql.DB, fn func(Change)) (stop func(), err error) {
	if d, ok := db.Driver().(Driver); ok && d.of != nil {
		return d.of.onChange(fn)
	}
	err = With(context.Background(), db, func(c *Conn) error { // the driver is wrapped
		stop, err = c.connector.onChange(fn)
		return err
	})
	return stop, err
}

// feeds are the consumers of a connector.
type feeds struct {
	mu     sync.Mutex
	closed bool
	next   int
	stops  map[int]func()
}

func (c *Connector) onChange(fn func(Change)) (stop func(), err error) {
	w, ok := c.eng.(engine.Watcher)
	if !ok {
		return nil, cannot("OnChange", "what others write is known to the server only: ask it")
	}
	f := &c.feeds
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, sql.ErrConnDone
	}
	q := newConsumer(fn)
	unwatch, err := w.Watch(q.push)
	if err != nil {
		return nil, publish(err)
	}
	go q.run()
	id := f.next
	f.next++
	if f.stops == nil {
		f.stops = map[int]func(){}
	}
	stop = sync.OnceFunc(func() {
		q.stop()
		unwatch()
		f.mu.Lock()
		delete(f.stops, id)
		f.mu.Unlock()
	})
	f.stops[id] = stop
	return stop, nil
}

func (f *feeds) stopAll() {
	f.mu.Lock()
	f.closed = true
	var stops []func()
	for _, stop := range f.stops {
		stops = append(stops, stop)
	}
	f.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
}

// consumer is a queue with a goroutine at its end.
type consumer struct {
	fn   func(Change)
	wake chan struct{}
	done chan struct{}
	stop func()

	mu     sync.Mutex
	queue  []Change
	lost   map[Change]bool // tables instead of what was too much
	tables []Change        // the same, in their order
	all    bool            // anything has changed
}

func newConsumer(fn func(Change)) *consumer {
	q := &consumer{fn: fn, wake: make(chan struct{}, 1), done: make(chan struct{})}
	q.stop = sync.OnceFunc(func() { close(q.done) })
	return q
}

// push takes over a commit, and does not wait.
func (q *consumer) push(commit engine.Commit) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue)+len(commit.Changes) > MaxChanges {
		for _, c := range q.queue {
			q.lose(c)
		}
		q.queue = nil
		for _, c := range commit.Changes {
			q.lose(change(c, 0))
		}
	} else {
		for _, c := range commit.Changes {
			q.queue = append(q.queue, change(c, commit.Number))
		}
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func change(c engine.Change, commit uint64) Change {
	return Change{Op: ChangeOp(c.Op), Schema: c.Schema, Table: c.Table, RowID: c.RowID, Commit: commit}
}

// lose keeps the table of a change.
func (q *consumer) lose(c Change) {
	if q.all = q.all || c.Op == DatabaseChanged || len(q.tables) == MaxChanges; q.all {
		return
	}
	t := Change{Op: TableChanged, Schema: c.Schema, Table: c.Table}
	if q.lost[t] {
		return
	}
	if q.lost == nil {
		q.lost = map[Change]bool{}
	}
	q.lost[t] = true
	q.tables = append(q.tables, t)
}

// take returns what waits.
func (q *consumer) take() []Change {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.queue
	switch {
	case q.all:
		out = append([]Change{{Op: DatabaseChanged}}, out...)
	case len(q.tables) > 0:
		out = append(q.tables, out...)
	}
	q.queue, q.lost, q.tables, q.all = nil, nil, nil, false
	return out
}

func (q *consumer) stopped() bool {
	select {
	case <-q.done:
		return true
	default:
		return false
	}
}

// run calls fn until the end. A call that ends its goroutine ends no other one's.
func (q *consumer) run() { q.deliver(nil) }

func (q *consumer) deliver(changes []Change) {
	ended := true
	defer func() {
		if ended && !q.stopped() {
			go q.deliver(changes)
		}
	}()
	for {
		for len(changes) > 0 && !q.stopped() {
			c := changes[0]
			changes = changes[1:]
			q.call(c)
		}
		select {
		case <-q.done:
			ended = false
			return
		case <-q.wake:
			changes = q.take()
		}
	}
}

func (q *consumer) call(c Change) {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("libsql: the function of OnChange panicked at %v: %v\n%s", c, r, debug.Stack())
		}
	}()
	q.fn(c)
}
