package driver_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// A tracer that comes when statements have long run is told of its own runs
// alone, on connections that are open already.
func TestAddedTracerCountsFromItsBeginning(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db := openConfig(t, func(c *driver.Config) {})
	db.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, age INTEGER)")
	exec(t, db, "INSERT INTO t VALUES (1, 30), (2, 20), (3, 10)")
	const scan = "SELECT * FROM t"
	readAll := func() {
		rows := query(t, db, scan)
		for rows.Next() {
		}
		require.NoError(t, rows.Close())
	}
	for range 5 {
		readAll() // from the statement cache, whose counters go on
	}
	rec := &recorder{counters: true}
	remove, err := driver.AddTracer(db, rec)
	require.NoError(t, err)
	for range 2 {
		readAll()
		e := rec.take(t)
		require.Len(t, e, 1)
		require.Equal(t, int64(3), e[0].Counters.RowsRead)
		require.Equal(t, int64(2), e[0].Counters.FullScanSteps)
		require.Equal(t, int64(1), e[0].Counters.Runs)
		require.Equal(t, uint64(1), e[0].Conn)
		require.Positive(t, e[0].Engine)
		require.LessOrEqual(t, e[0].Engine, e[0].Duration)
	}
	// A second one, without counters, sees the same and takes nothing away.
	plain := &recorder{}
	removePlain, err := driver.AddTracer(db, plain)
	require.NoError(t, err)
	readAll()
	require.Equal(t, int64(3), rec.take(t)[0].Counters.RowsRead)
	require.Nil(t, plain.take(t)[0].Counters)

	remove()
	remove() // twice is once
	readAll()
	require.Empty(t, rec.take(t))
	require.Len(t, plain.take(t), 1)
	removePlain()
	readAll()
	require.Empty(t, plain.take(t))
}

// A run that fails has its counters too, and leaves none to the next.
func TestCountersOfAFailure(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	rec := &recorder{counters: true}
	db := traced(t, rec)
	const insert = "INSERT INTO t(id, name) SELECT id + ?, name FROM t"
	_, err := db.Exec(insert, 10) // the names are taken
	require.ErrorIs(t, err, driver.ErrConstraintUnique)
	failed := rec.take(t)[0]
	require.Equal(t, int64(1), failed.Counters.Runs)
	exec(t, db, "DROP INDEX IF EXISTS none")
	rec.take(t)
	_, err = db.Exec(insert, 10)
	require.Error(t, err)
	require.Equal(t, failed.Counters.RowsRead, rec.take(t)[0].Counters.RowsRead)
}

// foreignConnector is of another driver.
type foreignConnector struct{}

func (f foreignConnector) Connect(context.Context) (sqldriver.Conn, error) {
	return nil, sqldriver.ErrBadConn
}
func (f foreignConnector) Driver() sqldriver.Driver          { return f }
func (foreignConnector) Open(string) (sqldriver.Conn, error) { return nil, sqldriver.ErrBadConn }

func TestAddTracerToAnotherDriver(t *testing.T) {
	other := sql.OpenDB(foreignConnector{})
	defer other.Close()
	_, err := driver.AddTracer(other, &recorder{})
	require.ErrorIs(t, err, driver.ErrUnsupported)
}

// Tracers come and go while the pool is used.
func TestTracersComeAndGo(t *testing.T) {
	db := openConfig(t, func(c *driver.Config) {})
	exec(t, db, "CREATE TABLE t(a)")
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 100 {
				remove, err := driver.AddTracer(db, &recorder{counters: true})
				if err != nil {
					t.Error(err)
					return
				}
				var n int
				if err := db.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil {
					t.Error(err)
				}
				remove()
			}
		}()
	}
	group.Wait()
}

// countingTracer allocates nothing.
type countingTracer struct {
	n    int64
	read int64
}

func (c *countingTracer) TraceStart(ctx context.Context, _ driver.Op, _ string) context.Context {
	return ctx
}

func (c *countingTracer) TraceEnd(_ context.Context, e driver.TraceEvent) {
	c.n++
	if e.Counters != nil {
		c.read += e.Counters.RowsRead
	}
}

func (c *countingTracer) TraceCounters() bool { return true }

// selective is a recorder of queries.
type selective struct{ recorder }

func (*selective) TracesOp(op driver.Op) bool { return op == driver.OpQuery }

func TestSelectiveTracer(t *testing.T) {
	queries, everything := &selective{}, &recorder{counters: true}
	db := openConfig(t, func(c *driver.Config) { c.Tracer = queries })
	run := func() {
		exec(t, db, "CREATE TABLE IF NOT EXISTS t(a)")
		all(t, db, "SELECT * FROM t")
	}
	run()
	require.Len(t, queries.take(t), 1)
	remove, err := driver.AddTracer(db, everything)
	require.NoError(t, err)
	run()
	require.Len(t, queries.take(t), 1, "beside one that sees all")
	require.Len(t, everything.take(t), 2)
	remove()
	run()
	require.Len(t, queries.take(t), 1)
}
