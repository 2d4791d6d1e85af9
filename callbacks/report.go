package callbacks

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/gorm-libsql/libsql/driver"
)

// Report is what a [Profiler] has measured so far: data, which nothing changes
// any more. Durations are nanoseconds in JSON. Its String is a table for
// terminals.
type Report struct {
	Database string `json:"database"` // its DSN, without secrets
	// Remote is of a database at a server: the way there is in Times.Scan, and its
	// page cache is not known.
	Remote bool      `json:"remote,omitempty"`
	From   time.Time `json:"from"`  // when the profiler began, or was last reset
	Until  time.Time `json:"until"` // when the report was made

	// Total is of all queries. What is in Shapes, Callers or Tables, together
	// with the one of Rest, is the same sum.
	Total   Measures `json:"total"`
	DryRuns int64    `json:"dry_runs"` // operations under DryRun, which ran nothing and are nowhere else

	// The costliest first: by the sum of their time without children.
	Shapes  []Shape  `json:"shapes"`
	Callers []Caller `json:"callers"`
	Tables  []Table  `json:"tables"`
	Rest    Rest     `json:"rest"`

	Repeated     []Repeated    `json:"repeated"`     // the most queries first
	Transactions []Transaction `json:"transactions"` // the last ones that ended, in the order of their beginning
	LockWaits    []LockWait    `json:"lock_waits"`   // the last ones, in the order of their beginning
	Slow         []Query       `json:"slow"`         // the last slow queries, in the order of their end
	History      []Moment      `json:"history"`      // the last ten minutes, oldest first, without moments in which nothing ran
	Recent       Moment        `json:"recent"`       // the whole of History in one, until now; zero for none
	Pool         Pool          `json:"pool"`
}

// Measures are those of all queries of a group.
type Measures struct {
	Count   int64            `json:"count"`
	Errors  int64            `json:"errors"`            // those that failed; a record that was not found is no failure
	Classes map[string]int64 `json:"classes,omitempty"` // of the errors: see Query.Error
	Times   Times            `json:"times"`             // summed up
	Latency Latency          `json:"latency"`           // of Times.Whole

	Rows         int64    `json:"rows"`          // returned by the engine
	RowsAffected int64    `json:"rows_affected"` // by INSERT, UPDATE and DELETE
	Counters     Counters `json:"counters"`
}

// ReadPerRow is how many rows the engine read for each row that it returned or
// changed, whichever are more; 0 if there is nothing to compare. An index that
// fits makes it small.
func (m *Measures) ReadPerRow() float64 {
	if out := max(m.Rows, m.RowsAffected); out > 0 {
		return float64(m.Counters.RowsRead) / float64(out)
	}
	return 0
}

// Times are where the time of queries went. The parts after Whole never
// overlap, and together are no longer than Whole.
type Times struct {
	Whole    time.Duration `json:"whole_ns"`     // from the call to its end; of Rows(), until they were closed
	PoolWait time.Duration `json:"pool_wait_ns"` // waiting for a connection of the pool
	LockWait time.Duration `json:"lock_wait_ns"` // waiting for another connection's lock
	Engine   time.Duration `json:"engine_ns"`    // in libSQL: compiling and running, without waiting for locks
	Scan     time.Duration `json:"scan_ns"`      // in Go: building the SQL, and putting rows into structs; the network, of a remote database
	Hooks    time.Duration `json:"hooks_ns"`     // in Go: model hooks, associations, and other plugins
	Children time.Duration `json:"children_ns"`  // in queries that it caused: preloads, those of hooks, BEGIN and COMMIT
}

// Self is the time without that of children.
func (t *Times) Self() time.Duration { return t.Whole - t.Children }

// Latency tells how a group's durations are spread. The percentiles come from a
// histogram: each is at most 1/16 (6.25 %) from the true value, or 128 ns. Max
// is exact.
type Latency struct {
	Mean time.Duration `json:"mean_ns"`
	P50  time.Duration `json:"p50_ns"`
	P95  time.Duration `json:"p95_ns"`
	P99  time.Duration `json:"p99_ns"`
	Max  time.Duration `json:"max_ns"`
	// Buckets are those of the histogram that are not empty, the shortest
	// durations first.
	Buckets []Bucket `json:"buckets,omitempty"`
}

// Bucket is how many durations are at least From and below To.
type Bucket struct {
	From  time.Duration `json:"from_ns"`
	To    time.Duration `json:"to_ns"`
	Count int64         `json:"count"`
}

// Counters are SQLite's and libSQL's own counts, of the very runs: see
// [driver.Counters].
type Counters = driver.Counters

// Shape is all queries whose SQL differs in nothing but literals, lengths of IN
// lists, and numbers of inserted rows.
type Shape struct {
	// ID names the shape, in links and between runs of the program: 16
	// hexadecimal digits, made of the SQL.
	ID string `json:"id"`
	// SQL is the text with ? for every literal, blanks and comments cut out. It
	// is good to compile.
	SQL  string `json:"sql"`
	Verb string `json:"verb"` // SELECT, INSERT, BEGIN …
	// Table is the one that GORM used the shape for, or the first that the SQL
	// names; "" for none.
	Table string `json:"table,omitempty"`
	Model string `json:"model,omitempty"` // of GORM, such as shop.Order
	Measures
	Texts   int64       `json:"texts"` // texts that were new to the profiler: many are many compilations
	Callers []CallerUse `json:"callers"`
	First   time.Time   `json:"first"`
	Last    time.Time   `json:"last"`
	// SlowPlan is of a shape that was slow; nil while there is none.
	SlowPlan *SlowPlan    `json:"slow_plan,omitempty"`
	sample   *shapeSample // one of its texts as it ran, for plans
}

// shapeSample is behind a pointer, which package fmt prints no text of.
type shapeSample struct{ text string }

// CallerUse is how much a caller used a shape.
type CallerUse struct {
	Frame
	Count int64         `json:"count"`
	Self  time.Duration `json:"self_ns"`
}

// Frame is a line of the program: that of the caller of GORM or of database/sql.
// It is the zero Frame where there is none, as for what database/sql does by
// itself.
type Frame struct {
	Function string `json:"function,omitempty"` // shop.(*Server).orders
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
}

// Caller is all queries of a line of the program.
type Caller struct {
	Frame
	Measures
}

// Table is all queries of a table.
type Table struct {
	Name string `json:"name"` // "" for statements that name none, such as COMMIT
	Measures
}

// Rest is what fell out of the lists, because their number is bounded.
type Rest struct {
	Shapes  Measures `json:"shapes"`
	Callers Measures `json:"callers"`
	Tables  Measures `json:"tables"`
}

// Query is one operation of GORM, or a statement that came without GORM.
type Query struct {
	ID     uint64 `json:"id"`               // a number of its own, from 1 on; it does not tell the order
	Parent uint64 `json:"parent,omitempty"` // the query that caused it: of a preload, its query; 0 for none

	// Kind is what was called: create, query, update, delete, row and raw are
	// GORM's processors; exec, query, batch, prepare, begin, commit, rollback,
	// backup and restore without GORM. The last two have no SQL, and are called
	// BACKUP and RESTORE.
	Kind      string `json:"kind"`
	Migration bool   `json:"migration,omitempty"` // of AutoMigrate, or another call of the Migrator
	DryRun    bool   `json:"dry_run,omitempty"`
	InTx      bool   `json:"in_tx,omitempty"` // in a transaction that was open before

	ShapeID string `json:"shape_id"`
	SQL     string `json:"sql"` // of the shape
	Args    []Arg  `json:"args,omitempty"`
	Model   string `json:"model,omitempty"`
	Table   string `json:"table,omitempty"`
	Caller  Frame  `json:"caller"`

	Start        time.Time `json:"start"`
	Times        Times     `json:"times"`
	Statements   int64     `json:"statements"` // how many ran: a create of many rows may take several
	Rows         int64     `json:"rows"`
	RowsAffected int64     `json:"rows_affected"` // that INSERT, UPDATE and DELETE changed
	Counters     Counters  `json:"counters"`

	// Plan is of a slow query the plan of its shape; nil while there is none.
	Plan *SlowPlan `json:"plan,omitempty"`

	// Err is for OnQuery alone: its text may have values in it.
	Err error `json:"-"`
	// Error is the class of Err: "" for none, "not found", "canceled",
	// "deadline", what [driver.Code] says of the code, or "other". It never has
	// a value in it.
	Error string `json:"error,omitempty"`
}

// Arg is a bound value, where they were asked for: see ProfilerConfig.Args.
type Arg struct {
	Column string `json:"column,omitempty"` // that it is compared with or stored in, where the SQL shows it
	Value  any    `json:"value"`
}

// MarshalJSON implements json.Marshaler. A value that JSON has no form of, such
// as NaN or a function, is written as a text of it or of its type, so that it does not spoil the report.
func (a Arg) MarshalJSON() ([]byte, error) {
	type plain Arg
	if text, err := json.Marshal(plain(a)); err == nil {
		return text, nil
	}
	switch v := a.Value.(type) {
	case float64, float32:
		a.Value = fmt.Sprint(v)
	default: // its parts may be as hard to show
		a.Value = fmt.Sprintf("%T", v)
	}
	return json.Marshal(plain(a))
}

// Repeated is one caller that ran the same shape again and again within one
// context or, without one, one goroutine: a loop that asks for each row by
// itself (N+1).
type Repeated struct {
	ShapeID string `json:"shape_id"`
	SQL     string `json:"sql"`
	Caller  Frame  `json:"caller"`
	// Parent is the shape of the query that caused them, as of a hook; "" for a
	// loop of the program.
	Parent string        `json:"parent,omitempty"`
	Runs   int64         `json:"runs"`    // how often it came to that
	Count  int64         `json:"count"`   // the queries of all runs
	Max    int64         `json:"max"`     // those of the longest run
	Alone  int64         `json:"alone"`   // of Count, those outside of a transaction
	Self   time.Duration `json:"self_ns"` // of all of them
	Last   time.Time     `json:"last"`
}

// Transaction is one that has ended.
type Transaction struct {
	Conn     uint64        `json:"conn"` // the connection's number
	Start    time.Time     `json:"start"`
	Duration time.Duration `json:"duration_ns"`
	Caller   Frame         `json:"caller"` // that began it
	// Locked is how long it held the write lock, at the end of the
	// transaction; 0 for one that only read.
	Locked     time.Duration `json:"locked_ns"`
	LockWait   time.Duration `json:"lock_wait_ns"`  // until it had the lock
	InEngine   time.Duration `json:"in_engine_ns"`  // the rest is the program's own time
	Statements int64         `json:"statements"`    // BEGIN and its end not counted
	Inserts    int64         `json:"inserts"`       // those that inserted
	RowsMoved  int64         `json:"rows_affected"` // by all of them
	Rollback   bool          `json:"rollback"`
	Savepoints int64         `json:"savepoints"`
	// Blocked are the waits for a lock that fell into the time in which it held
	// the write lock, and how long.
	Blocked     int64         `json:"blocked"`
	BlockedTime time.Duration `json:"blocked_ns"`
}

// LockWait is one wait for a lock of another connection.
type LockWait struct {
	Start    time.Time     `json:"start"`
	Duration time.Duration `json:"duration_ns"`
	Failed   bool          `json:"failed"` // the lock was not to be had in time
	SQL      string        `json:"sql"`    // of the shape that waited
	Caller   Frame         `json:"caller"` // that waited
	Holder   Frame         `json:"holder"` // that began the transaction which held the lock most of the time, if it is known
}

// Moment is a piece of the last minutes.
type Moment struct {
	Start  time.Time     `json:"start"`
	Length time.Duration `json:"length_ns"`
	Count  int64         `json:"count"`
	Errors int64         `json:"errors"`

	Rows         int64 `json:"rows"`
	RowsAffected int64 `json:"rows_affected"`
	RowsRead     int64 `json:"rows_read"`

	Self     time.Duration `json:"self_ns"` // as of Times
	PoolWait time.Duration `json:"pool_wait_ns"`
	LockWait time.Duration `json:"lock_wait_ns"`
	Engine   time.Duration `json:"engine_ns"`
	Latency  Latency       `json:"latency"` // without buckets

	// Of the gorm.DB's own pool. libSQL counts pages by connection: those of a
	// connection that is in use are told when it is given back, and those that
	// were wanted without being measured are among them.
	CacheHits   int64 `json:"cache_hits"`
	CacheMisses int64 `json:"cache_misses"` // pages that came from the file
}

// Pool is the state of the pool, and what happened to it since the profiler
// began or was reset: see [database/sql.DBStats].
type Pool struct {
	MaxOpen      int           `json:"max_open"` // 0 for no limit
	Open         int           `json:"open"`
	InUse        int           `json:"in_use"`
	WaitCount    int64         `json:"wait_count"`
	WaitDuration time.Duration `json:"wait_ns"`
	Connects     int64         `json:"connects"` // connections that were opened
	CacheHits    int64         `json:"cache_hits"`
	CacheMisses  int64         `json:"cache_misses"` // pages that came from the file
}
