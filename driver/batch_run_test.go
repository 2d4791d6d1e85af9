package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

const endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "

func batchUnder(ctx context.Context, h driver.Handle, script string) error {
	return driver.With(context.Background(), h, func(c *driver.Conn) error {
		_, err := c.Batch(ctx, script)
		return err
	})
}

// Thousands of statements, and values of every size, in one script.
func TestBatchLong(t *testing.T) {
	onEach(t, func(t *testing.T, db *sql.DB) {
		var script strings.Builder
		script.WriteString("CREATE TABLE t(id INTEGER PRIMARY KEY, v);\n")
		const n = 800
		for i := range n {
			fmt.Fprintf(&script, "INSERT INTO t(v) VALUES ('%s');\n", strings.Repeat("x", i*31%9001))
			fmt.Fprintf(&script, "SELECT id, v, length(v) FROM t WHERE id = %d;\n", i+1)
			if i%500 == 0 {
				script.WriteString("SELECT id FROM t;\n")
			}
		}
		res, err := batch(db, script.String())
		require.NoError(t, err)
		require.Len(t, res, 1+2*n+2)
		at := 1
		for i := range n {
			require.Equal(t, driver.Result{RowsAffected: 1, LastInsertID: int64(i + 1)}, res[at])
			want := strings.Repeat("x", i*31%9001)
			require.Equal(t, driver.Result{Columns: []string{"id", "v", "length(v)"}, Rows: [][]any{{int64(i + 1), want, int64(len(want))}}}, res[at+1])
			at += 2
			if i%500 == 0 {
				require.Len(t, res[at].Rows, i+1)
				require.Equal(t, []any{int64(i + 1)}, res[at].Rows[i])
				at++
			}
		}
		require.Equal(t, int64(n), value(t, db, "SELECT count(*) FROM t"))
	})
}

// Rows of long texts, of blocks that end within a statement, with conversions.
func TestBatchRowsAreThoseOfAQuery(t *testing.T) {
	size := 400
	if dbtest.Remote() {
		size = 10 // servers answer a batch with 10 MiB at most
	}
	db := memory(t, "CREATE TABLE t(a INTEGER, b BOOLEAN, c DATETIME, d BLOB)",
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000)
		INSERT INTO t SELECT i * 1000, i %% 3, CASE WHEN i %% 5 THEN datetime(i * 99999, 'unixepoch') END, zeroblob((i %% 50) * %d) FROM n`, size))
	res, err := batch(db, "SELECT * FROM t; SELECT c, b FROM t WHERE a > 4000000; SELECT * FROM t LIMIT 1")
	require.NoError(t, err)
	require.Equal(t, all(t, db, "SELECT * FROM t"), res[0].Rows)
	require.Equal(t, all(t, db, "SELECT c, b FROM t WHERE a > 4000000"), res[1].Rows)
	require.Len(t, res[2].Rows, 1)
}

// A change of the schema meets a statement that is kept compiled.
func TestBatchSeesItsOwnSchema(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a)")
	insert := driver.BatchStmt{SQL: "INSERT INTO t(a) VALUES (?) RETURNING *", Args: []any{1}}
	res, err := batchStmts(db, driver.BatchOptions{}, insert, driver.BatchStmt{SQL: "ALTER TABLE t ADD COLUMN b DEFAULT 5"}, insert,
		driver.BatchStmt{SQL: "DROP TABLE t"}, driver.BatchStmt{SQL: "CREATE TABLE t(c, a, d)"}, insert)
	require.NoError(t, err)
	require.Equal(t, driver.Result{Columns: []string{"a"}, Rows: [][]any{{int64(1)}}, RowsAffected: 1, LastInsertID: 1}, res[0])
	require.Equal(t, driver.Result{Columns: []string{"a", "b"}, Rows: [][]any{{int64(1), int64(5)}}, RowsAffected: 1, LastInsertID: 2}, res[2])
	require.Equal(t, driver.Result{Columns: []string{"c", "a", "d"}, Rows: [][]any{{nil, int64(1), nil}}, RowsAffected: 1, LastInsertID: 1}, res[5])
}

func TestBatchMaxRows(t *testing.T) {
	dropped := 1_000_000
	if dbtest.Remote() {
		dropped = 10_000 // libsql-server sends the rows that nobody wants, and 10 MiB at most
	}
	for _, each := range []bool{false, true} {
		db := memory(t, "CREATE TABLE t(a)")
		series := driver.BatchStmt{SQL: "SELECT value, 'text' FROM generate_series(1, ?)", Args: []any{600}}
		insert := driver.BatchStmt{SQL: "INSERT INTO t VALUES (1), (2) RETURNING a"}
		res, err := batchStmts(db, driver.BatchOptions{MaxRows: 602, NoTransaction: each}, insert, series)
		require.NoError(t, err)
		require.Len(t, res[1].Rows, 600)
		_, err = batchStmts(db, driver.BatchOptions{MaxRows: 601, NoTransaction: each}, insert, series)
		require.ErrorIs(t, err, driver.ErrTooBig)
		require.ErrorContains(t, err, "statement 2")
		require.ErrorContains(t, err, "more than 601 rows")
		want := int64(2)
		if each {
			want = 4
		}
		require.Equal(t, want, value(t, db, "SELECT count(*) FROM t"))
		res, err = batchStmts(db, driver.BatchOptions{MaxRows: -1, NoTransaction: each}, insert, driver.BatchStmt{SQL: "SELECT value FROM generate_series(1, ?)", Args: []any{dropped}})
		require.NoError(t, err)
		require.Nil(t, res[1].Rows)
		require.Equal(t, int64(2), res[0].RowsAffected)
	}
	db := memory(t)
	_, err := batch(db, fmt.Sprint("SELECT value FROM generate_series(1, ", driver.DefaultMaxRows, ")"))
	require.NoError(t, err)
	_, err = batch(db, fmt.Sprint("SELECT value FROM generate_series(1, ", driver.DefaultMaxRows+1, ")"))
	require.ErrorIs(t, err, driver.ErrTooBig)
}

// The context ends a batch inside a statement, between two, and while it waits.
func TestBatchOfNothingCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("enough")
	cancel(cause)
	require.NoError(t, driver.With(context.Background(), memory(t), func(c *driver.Conn) error {
		for _, script := range []string{"", " -- nothing", "SELECT 1"} {
			_, err := c.Batch(ctx, script)
			require.ErrorIs(t, err, context.Canceled, script)
			require.ErrorIs(t, err, cause, script)
			require.ErrorIs(t, err, driver.ErrInterrupt, script)
		}
		return nil
	}))
}

func TestBatchCancelled(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	onEach(t, func(t *testing.T, db *sql.DB) {
		dbtest.Stoppable(t, db)
		exec(t, db, "CREATE TABLE t(a); CREATE TABLE kept(a)")
		conn := pin(t, db)
		require.ErrorIs(t, batchUnder(cancelled(), conn, "INSERT INTO t VALUES (1)"), context.Canceled)
		require.ErrorIs(t, batchUnder(cancelled(), conn, ""), context.Canceled)
		var many strings.Builder
		for i := range 100_000 {
			fmt.Fprintf(&many, "INSERT INTO t VALUES (%d);\n", i)
		}
		for name, script := range map[string]string{
			"reading": "INSERT INTO t VALUES (1); " + endless + "SELECT count(CASE n WHEN 100 THEN stop() END) FROM c; INSERT INTO t VALUES (2)",
			"writing": "INSERT INTO t VALUES (1); INSERT INTO t " + endless + "SELECT CASE n WHEN 100 THEN stop() ELSE n END FROM c; INSERT INTO t VALUES (2)",
			"between": "SELECT stop(); " + many.String() + endless + "SELECT count(*) FROM c",
		} {
			err := batchUnder(dbtest.Stopping(context.DeadlineExceeded), conn, script)
			require.ErrorIs(t, err, context.DeadlineExceeded, name)
			require.ErrorIs(t, err, driver.ErrInterrupt, name)
			require.Equal(t, int64(0), value(t, conn, "SELECT count(*) FROM t"), name)
			exec(t, conn, "BEGIN; ROLLBACK")

			tx, err := conn.BeginTx(context.Background(), nil)
			require.NoError(t, err)
			exec(t, tx, "INSERT INTO kept VALUES (1)")
			require.ErrorIs(t, batchUnder(dbtest.Stopping(context.DeadlineExceeded), tx, script), context.DeadlineExceeded, name)
			if name == "writing" { // SQLite rolls back what was cancelled while it wrote
				require.ErrorIs(t, execErr(tx, "INSERT INTO kept VALUES (2)"), driver.ErrTxRolledBack)
				require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
				continue
			}
			require.NoError(t, tx.Commit())
			exec(t, conn, "DELETE FROM kept")
		}
		require.Equal(t, int64(0), value(t, conn, "SELECT count(*) FROM kept"))
	})
}

// Without a transaction a context that ends keeps what was done.
func TestBatchCancelledWithoutTransaction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t, "CREATE TABLE t(a)")
	dbtest.Stoppable(t, db)
	ctx := dbtest.Stopping(context.DeadlineExceeded)
	err := driver.With(context.Background(), db, func(c *driver.Conn) error {
		res, err := c.BatchStmts(ctx, []driver.BatchStmt{{SQL: "INSERT INTO t VALUES (1)"}, {SQL: endless + "SELECT count(CASE n WHEN 100 THEN stop() END) FROM c"}, {SQL: "INSERT INTO t VALUES (2)"}},
			driver.BatchOptions{NoTransaction: true})
		require.Len(t, res, 1)
		return err
	})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM t"))
}

// Batches take their turn as other writers do, wait as long as they, and
// those that only read do not wait.
func TestBatchWaitsForItsTurn(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	path := filepath.Join(t.TempDir(), "a.db")
	db, patient := open(t, path+"?_busy_timeout=100"), open(t, path+"?_busy_timeout=60000")
	exec(t, db, "CREATE TABLE t(a)")
	tx, err := db.Begin()
	require.NoError(t, err)
	exec(t, tx, "INSERT INTO t VALUES (1)")
	_, err = batch(db, "INSERT INTO t VALUES (2)")
	require.ErrorIs(t, err, driver.ErrBusy)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, batchUnder(ctx, patient, "INSERT INTO t VALUES (2)"), context.DeadlineExceeded)
	res, err := batch(db, "SELECT count(*) FROM t; VALUES (1); EXPLAIN SELECT 1")
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(0)}}, res[0].Rows)
	require.NoError(t, tx.Commit())
	_, err = batch(db, "INSERT INTO t VALUES (2)")
	require.NoError(t, err)
}

func TestBatchConcurrently(t *testing.T) {
	dsns := []string{":memory:", filepath.Join(t.TempDir(), "a.db"), filepath.Join(t.TempDir(), "b.db") + "?_txlock=deferred"}
	if dbtest.Remote() {
		dsns = []string{dbtest.DSN(t)}
	}
	for _, dsn := range dsns {
		db := open(t, dsn)
		exec(t, db, "CREATE TABLE t(a); CREATE TABLE n(v); INSERT INTO n VALUES (0)")
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for i := range 20 {
					script := fmt.Sprintf("UPDATE n SET v = v + 1; INSERT INTO t VALUES (%d), (%d); SELECT count(*) FROM t", w, i)
					if i%5 == 4 {
						script += "; nonsense"
					}
					if _, err := batch(db, script); (err != nil) != (i%5 == 4) {
						t.Error(err)
					}
				}
			}()
		}
		wg.Wait()
		require.Equal(t, int64(8*16), value(t, db, "SELECT v FROM n"))
		require.Equal(t, int64(8*32), value(t, db, "SELECT count(*) FROM t"))
	}
}

// A read-only transaction refuses what writes, and goes on.
func TestBatchInAReadOnlyTransaction(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")
	tx, err := db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	defer tx.Rollback()
	for _, script := range []string{"INSERT INTO t VALUES (2)", "SELECT 1; WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "DROP TABLE t", "CREATE INDEX i ON t(a)", "PRAGMA user_version = 4"} {
		_, err := batch(tx, script)
		require.ErrorIs(t, err, driver.ErrReadOnly, script)
	}
	res, err := batch(tx, "SELECT * FROM t; SELECT 2 AS two")
	require.NoError(t, err)
	require.Equal(t, []driver.Result{{Columns: []string{"a"}, Rows: [][]any{{int64(1)}}}, {Columns: []string{"two"}, Rows: [][]any{{int64(2)}}}}, res)
}

// A COMMIT that fails leaves nothing, and is no statement's error.
func TestBatchCommitFails(t *testing.T) {
	db := memory(t, "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
	conn := pin(t, db)
	_, err := batch(conn, "INSERT INTO c VALUES (1)")
	require.ErrorIs(t, err, driver.ErrConstraintForeignKey)
	var be *driver.BatchError
	require.False(t, errors.As(err, &be))
	require.Equal(t, int64(0), value(t, conn, "SELECT count(*) FROM c"))
	exec(t, conn, "BEGIN; ROLLBACK")
}

// What libSQL does to a vector index while it compiles is undone as well.
func TestBatchKeepsVectorIndexes(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2))", "INSERT INTO t VALUES (1, vector('[1,2]')), (2, vector('[5,6]'))",
		"CREATE INDEX i ON t(libsql_vector_idx(v))")
	for _, script := range []string{
		"DROP INDEX i; nonsense", "DROP TABLE t; SELECT abs(-9223372036854775808)", "DROP INDEX i; CREATE INDEX i ON t(libsql_vector_idx(v)); SELECT * FROM nowhere",
		"CREATE INDEX i2 ON t(libsql_vector_idx(v)); nonsense", "EXPLAIN DROP INDEX i",
	} {
		_, err := batch(db, script)
		require.Error(t, err)
		vectorIndexWorks(t, db)
		tx, err := db.Begin()
		require.NoError(t, err)
		_, err = batch(tx, script)
		require.Error(t, err)
		vectorIndexWorks(t, tx)
		require.NoError(t, tx.Commit())
		vectorIndexWorks(t, db)
	}
	_, err := batch(db, "DROP INDEX i; CREATE INDEX i ON t(libsql_vector_idx(v)); SELECT id FROM vector_top_k('i', '[1,2]', 1)")
	require.NoError(t, err)
	vectorIndexWorks(t, db)
	_, err = batch(db, "DROP INDEX i; DROP TABLE t")
	require.NoError(t, err)
}

// Rows that are open on the connection go on after a batch.
func TestBatchBesideOpenRows(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a); INSERT INTO t SELECT value FROM generate_series(1, 1000)")
	conn := pin(t, db)
	rows := query(t, conn, "SELECT a FROM t")
	for range 10 {
		require.True(t, rows.Next())
	}
	_, err := batch(conn, "INSERT INTO t VALUES (1); SELECT 1")
	require.NoError(t, err)
	_, err = batch(conn, "INSERT INTO t VALUES (1); nonsense")
	require.Error(t, err)
	n := 10
	for rows.Next() {
		n++
	}
	// SQLite lets statements that read live through a rollback that changes no schema.
	require.NoError(t, rows.Err())
	require.GreaterOrEqual(t, n, 1000)
	require.NoError(t, rows.Close())
}

func TestBatchIsTraced(t *testing.T) {
	rec := &recorder{counters: true}
	db := traced(t, rec)
	const script = "INSERT INTO t(name) VALUES ('d'), ('e'); SELECT name FROM t; UPDATE t SET age = 1"
	_, err := batch(db, script)
	require.NoError(t, err)
	events := rec.take(t)
	require.Len(t, events, 1)
	e := events[0]
	require.Equal(t, driver.OpBatch, e.Op)
	require.Equal(t, "batch", e.Op.String())
	require.Equal(t, script, e.SQL)
	require.Equal(t, []int64{5, 7, 5}, []int64{e.Rows, e.Changes, e.LastInsertID})
	require.Equal(t, int64(3), e.Counters.Runs)
	require.Positive(t, e.Counters.RowsWritten)
	_, err = batchStmts(db, driver.BatchOptions{}, driver.BatchStmt{SQL: "SELECT 1"}, driver.BatchStmt{SQL: "nonsense"})
	require.Error(t, err)
	e = rec.take(t)[0]
	require.Equal(t, "SELECT 1;\nnonsense", e.SQL)
	require.Equal(t, err, e.Err)
}

// A long statement of a batch can be followed.
func TestBatchRowsWritten(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db := memory(t, "CREATE TABLE t(a)")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	require.NoError(t, driver.With(context.Background(), db, func(c *driver.Conn) error {
		go func() {
			for c.RowsWritten() == 0 {
				runtime.Gosched()
			}
			cancel()
		}()
		_, err := c.Batch(ctx, "SELECT 1; INSERT INTO t "+endless+"SELECT n FROM c")
		require.ErrorIs(t, err, context.Canceled)
		return nil
	}))
}
