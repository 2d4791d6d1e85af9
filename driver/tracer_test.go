package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// recorder is a tracer that writes everything down.
type recorder struct {
	counters bool

	mu     sync.Mutex
	open   int // starts without an end
	events []driver.TraceEvent
	wrong  []string
}

type spanKey struct{}

type spanInfo struct {
	op    driver.Op
	sql   string
	ended bool
	user  any
}

type userKey struct{}

func (r *recorder) TraceStart(ctx context.Context, op driver.Op, text string) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
	return context.WithValue(ctx, spanKey{}, &spanInfo{op: op, sql: text, user: ctx.Value(userKey{})})
}

func (r *recorder) TraceEnd(ctx context.Context, e driver.TraceEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	s, ok := ctx.Value(spanKey{}).(*spanInfo)
	switch {
	case !ok:
		r.wrong = append(r.wrong, fmt.Sprintf("%s ended in a context that is not its own", e.Op))
	case s.ended:
		r.wrong = append(r.wrong, fmt.Sprintf("%s %q ended twice", e.Op, e.SQL))
	case s.op != e.Op || s.sql != e.SQL:
		r.wrong = append(r.wrong, fmt.Sprintf("%s %q started, %s %q ended", s.op, s.sql, e.Op, e.SQL))
	}
	if ok {
		s.ended = true
	}
	if e.Start.IsZero() || e.Duration < 0 || time.Since(e.Start) < e.Duration {
		r.wrong = append(r.wrong, fmt.Sprintf("%s took %v from %v", e.Op, e.Duration, e.Start))
	}
	if e.Counters != nil {
		counters := *e.Counters
		e.Counters = &counters
	}
	r.events = append(r.events, e)
}

func (r *recorder) TraceCounters() bool { return r.counters }

// take returns what was seen since the last time, without the resets of the pool.
func (r *recorder) take(t *testing.T) []driver.TraceEvent {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Empty(t, r.wrong)
	require.Zero(t, r.open, "every start has its end")
	var out []driver.TraceEvent
	for _, e := range r.events {
		if e.Op != driver.OpReset {
			out = append(out, e)
		}
	}
	r.events = nil
	return out
}

func traced(t *testing.T, r *recorder) *sql.DB {
	t.Helper()
	db := openConfig(t, func(c *driver.Config) { c.Tracer = r })
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, age INTEGER)")
	exec(t, db, "INSERT INTO t VALUES (1, 'a', 30), (2, 'b', 20), (3, 'c', 10)")
	r.take(t)
	return db
}

func TestTracerSeesEverythingOnce(t *testing.T) {
	rec := &recorder{}
	db := traced(t, rec)
	one := func() driver.TraceEvent {
		t.Helper()
		events := rec.take(t)
		require.Len(t, events, 1)
		require.Nil(t, events[0].Counters)
		return events[0]
	}

	exec(t, db, "INSERT INTO t(name) VALUES ('d'), ('e'); SELECT * FROM t; DELETE FROM t WHERE id > ?", 3)
	e := one()
	require.Equal(t, driver.OpExec, e.Op)
	require.Equal(t, "INSERT INTO t(name) VALUES ('d'), ('e'); SELECT * FROM t; DELETE FROM t WHERE id > ?", e.SQL)
	require.Equal(t, []int64{5, 4, 5}, []int64{e.Rows, e.Changes, e.LastInsertID})
	require.NoError(t, e.Err)

	rows := query(t, db, "SELECT value FROM generate_series(1, 1000)")
	time.Sleep(2 * time.Millisecond)
	for range 100 {
		require.True(t, rows.Next())
	}
	rec.mu.Lock()
	require.Equal(t, 1, rec.open, "a query ends with its rows")
	rec.mu.Unlock()
	require.NoError(t, rows.Close())
	require.NoError(t, rows.Close())
	e = one()
	require.Equal(t, driver.OpQuery, e.Op)
	require.GreaterOrEqual(t, e.Rows, int64(100))
	if !dbtest.Remote() { // where all of them have come
		require.Less(t, e.Rows, int64(1000))
	}
	require.GreaterOrEqual(t, e.Duration, 2*time.Millisecond)

	all(t, db, "INSERT INTO t(name) VALUES ('f') RETURNING id")
	e = one()
	require.Equal(t, []int64{1, 1, 4}, []int64{e.Rows, e.Changes, e.LastInsertID})

	sets, err := queryAll(db, "DELETE FROM t WHERE id = 4; SELECT 1; SELECT 2 UNION SELECT 3; UPDATE t SET age = 1 WHERE id < 3")
	require.NoError(t, err)
	require.Len(t, sets, 2)
	e = one()
	require.Equal(t, []int64{3, 3, 0}, []int64{e.Rows, e.Changes, e.LastInsertID})

}

// A prepared statement and a transaction are operations for themselves, and so is each of their statements.
func TestTracerSeesStatementsAndTransactions(t *testing.T) {
	rec := &recorder{}
	db := traced(t, rec)
	ctx := context.Background()
	st, err := db.PrepareContext(ctx, "SELECT ?")
	require.NoError(t, err)
	e := rec.take(t)
	require.Len(t, e, 1)
	require.Equal(t, driver.OpPrepare, e[0].Op)
	for range 2 {
		var v int
		require.NoError(t, st.QueryRow(7).Scan(&v))
		e = rec.take(t)
		require.Len(t, e, 1)
		require.Equal(t, []any{driver.OpQuery, "SELECT ?", int64(1)}, []any{e[0].Op, e[0].SQL, e[0].Rows})
	}
	require.NoError(t, st.Close())

	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	exec(t, tx, "DELETE FROM t")
	require.NoError(t, tx.Rollback())
	tx, err = db.BeginTx(ctx, nil)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	var ops []driver.Op
	for _, e := range rec.take(t) {
		require.NoError(t, e.Err)
		ops = append(ops, e.Op)
	}
	require.Equal(t, []driver.Op{driver.OpBegin, driver.OpExec, driver.OpRollback, driver.OpBegin, driver.OpCommit}, ops)
	require.NoError(t, db.PingContext(ctx))
	require.Empty(t, rec.take(t))
}

// The error of an operation is in its event, whenever it came.
func TestTracerSeesErrors(t *testing.T) {
	rec := &recorder{}
	db := traced(t, rec)
	ctx := context.Background()
	const overflow = "SELECT abs(-9223372036854775807 - (value = 100)) FROM generate_series(1, 200)"
	type errorCase struct {
		op  driver.Op
		run func() error
	}
	cases := []errorCase{
		{driver.OpExec, func() error { return execErr(db, "INSERT INTO t(name) VALUES ('x'); INSERT INTO t(name) VALUES ('a')") }},
		{driver.OpExec, func() error { return execErr(db, "SELEKT") }},
		{driver.OpExec, func() error { return execErr(db, "SELECT ?") }},
		{driver.OpQuery, func() error { return queryErr(db, "SELECT * FROM nowhere") }},
		{driver.OpQuery, func() error { return queryErr(db, overflow) }},
		{driver.OpQuery, func() error { return queryErr(db, "SELECT 1; SELECT * FROM nowhere") }},
		{driver.OpQuery, func() error { return query(t, db, "SELECT 1; "+overflow).Close() }},
		{driver.OpPrepare, func() error { _, err := db.Prepare("SELEKT"); return err }},
	}
	if dbtest.Remote() {
		cases = slices.DeleteFunc(cases, func(c errorCase) bool { return c.op == driver.OpPrepare }) // asks the server nothing
	}
	for _, c := range cases {
		err := c.run()
		require.Error(t, err)
		events := rec.take(t)
		require.Len(t, events, 1)
		require.Equal(t, c.op, events[0].Op)
		require.Equal(t, err, events[0].Err)
	}
	require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM t WHERE name = 'x'"))
	rec.take(t)

	tx, err := db.Begin()
	require.NoError(t, err)
	exec(t, tx, "CREATE TABLE c(p REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED); INSERT INTO c VALUES (99)")
	err = tx.Commit()
	require.Error(t, err)
	events := rec.take(t)
	require.Equal(t, driver.OpCommit, events[2].Op)
	require.Equal(t, err, events[2].Err)

	_, err = db.ExecContext(ctx, "INSERT INTO t(name) VALUES ('b2'); INSERT INTO t(name) VALUES ('a')")
	require.Error(t, err)
	require.Equal(t, int64(1), rec.take(t)[0].Changes, "what was done before the failure counts")
}

// Opening and resetting connections are operations too.
func TestTracerSeesConnections(t *testing.T) {
	rec := &recorder{}
	boom := errors.New("boom")
	fail := true
	db := openConfig(t, func(c *driver.Config) {
		c.Tracer = rec
		c.OnConnect = func(ctx context.Context, c *driver.Conn) error {
			if ctx.Value(spanKey{}).(*spanInfo).op != driver.OpConnect {
				return errors.New("the context is not that of the operation")
			}
			if fail {
				return boom
			}
			return nil
		}
	})
	require.ErrorIs(t, db.Ping(), boom)
	events := rec.take(t)
	require.Len(t, events, 1)
	require.Equal(t, driver.OpConnect, events[0].Op)
	require.ErrorIs(t, events[0].Err, boom)
	fail = false
	ctx := context.WithValue(context.Background(), userKey{}, "the user's own")
	require.NoError(t, db.PingContext(ctx))
	require.NoError(t, db.PingContext(ctx))
	rec.mu.Lock()
	var ops []driver.Op
	for _, e := range rec.events {
		ops = append(ops, e.Op)
	}
	rec.mu.Unlock()
	require.Equal(t, []driver.Op{driver.OpConnect, driver.OpReset}, ops)
}

// Counters are SQLite's own, exactly; libSQL's count the rows that were read and written.
func TestTracerCounters(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	rec := &recorder{counters: true}
	db := traced(t, rec)
	exec(t, db, "CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT, age INTEGER); INSERT INTO u SELECT * FROM t")
	rec.take(t)
	count := func(run func(text string) error, text string) driver.Counters {
		t.Helper()
		require.NoError(t, run(text))
		events := rec.take(t)
		require.Len(t, events, 1)
		require.NotNil(t, events[0].Counters, text)
		return *events[0].Counters
	}
	for name, run := range map[string]func(string) error{
		"exec":  func(text string) error { return execErr(db, text) },
		"query": func(text string) error { return queryErr(db, text) },
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // of a statement that is new, and of one that was kept
				c := count(run, "SELECT * FROM u")
				require.Equal(t, []int64{2, 3, 1, 0}, []int64{c.FullScanSteps, c.RowsRead, c.Runs, c.Sorts})
				require.Positive(t, c.VMSteps)
				require.Positive(t, c.MemoryUsed)
				c = count(run, "SELECT * FROM u WHERE id = 2")
				require.Equal(t, []int64{0, 1, 0}, []int64{c.FullScanSteps, c.RowsRead, c.RowsWritten})
				c = count(run, "SELECT * FROM u ORDER BY age")
				require.Equal(t, int64(1), c.Sorts)
				c = count(run, "SELECT * FROM u ORDER BY id")
				require.Equal(t, int64(0), c.Sorts)
				c = count(run, "INSERT INTO u(age) VALUES (1), (2)")
				require.Equal(t, int64(2), c.RowsWritten)
				c = count(run, "DELETE FROM u WHERE age IN (1, 2)")
				require.Equal(t, int64(2), c.RowsWritten)
				c = count(run, "SELECT * FROM u a, u b WHERE a.age = b.age")
				require.Positive(t, c.AutoIndexes)
				c = count(run, "SELECT * FROM u; SELECT * FROM u WHERE id = 2; UPDATE u SET age = age")
				require.Equal(t, []int64{3, 3}, []int64{c.Runs, c.RowsWritten}, "the sum of the text")
				require.GreaterOrEqual(t, c.RowsRead, int64(4))
			}
		})
	}
	// rows that are closed early have been counted as far as they ran
	require.NoError(t, query(t, db, "SELECT value FROM generate_series(1, 1000)").Close())
	require.NotNil(t, rec.take(t)[0].Counters)
	// a re-prepared statement says so
	all(t, db, "SELECT name FROM u")
	exec(t, db, "ALTER TABLE u ADD COLUMN more")
	all(t, db, "SELECT name FROM u")
	require.Equal(t, int64(1), rec.take(t)[2].Counters.Reprepares)
}

// A tracer that is nil is not called, nor one that is set asked for what it does not want.
func TestNoTracer(t *testing.T) {
	db := openConfig(t, func(c *driver.Config) { c.Tracer = nil })
	exec(t, db, "CREATE TABLE t(a)")
	require.Empty(t, all(t, db, "SELECT * FROM t"))

	rec := &recorder{counters: false}
	db2 := traced(t, rec)
	all(t, db2, "SELECT * FROM t")
	require.Nil(t, rec.take(t)[0].Counters)
	plain := &plainTracer{}
	db = openConfig(t, func(c *driver.Config) { c.Tracer = plain })
	exec(t, db, "SELECT 1")
	require.Equal(t, 2, plain.ends)
}

// plainTracer does not know of counters.
type plainTracer struct{ ends int }

func (p *plainTracer) TraceStart(ctx context.Context, _ driver.Op, _ string) context.Context {
	return ctx
}
func (p *plainTracer) TraceEnd(_ context.Context, e driver.TraceEvent) {
	if e.Counters == nil && e.Op != driver.OpReset {
		p.ends++
	}
}

func TestOpNames(t *testing.T) {
	for op, want := range map[driver.Op]string{
		driver.OpConnect: "connect", driver.OpReset: "reset", driver.OpPrepare: "prepare", driver.OpExec: "exec", driver.OpQuery: "query",
		driver.OpBegin: "begin", driver.OpCommit: "commit", driver.OpRollback: "rollback", driver.OpLockWait: "lock wait", driver.Op(99): "unknown",
	} {
		require.Equal(t, want, op.String())
	}
}

// A copy is one operation, whatever statements it runs by itself.
func TestCopiesAreTraced(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	rec := &recorder{}
	db := traced(t, rec)
	path := filepath.Join(t.TempDir(), "b.db")
	for _, c := range []struct {
		op   driver.Op
		name string
		run  func() error
	}{
		{driver.OpBackup, "backup", func() error { return backup(t, db, path, driver.BackupOptions{}) }},
		{driver.OpBackup, "backup", func() error { return backup(t, db, path, driver.BackupOptions{}) }}, // it is there
		{driver.OpRestore, "restore", func() error { return restore(t, db, path, driver.RestoreOptions{}) }},
		{driver.OpBackup, "backup", func() error { serialize(t, db, driver.BackupOptions{}); return nil }},
		{driver.OpRestore, "restore", func() error { return deserialize(t, db, strings.NewReader("none"), driver.RestoreOptions{}) }},
	} {
		err := c.run()
		events := rec.take(t)
		require.Len(t, events, 1, c.name)
		require.Equal(t, c.op, events[0].Op)
		require.Equal(t, c.name, events[0].Op.String())
		require.Empty(t, events[0].SQL)
		require.Equal(t, err, events[0].Err)
	}
}
