package driver_test

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// batch runs a script on any connection under h.
func batch(h driver.Handle, script string) (res []driver.Result, err error) {
	err = driver.With(context.Background(), h, func(c *driver.Conn) error {
		res, err = c.Batch(context.Background(), script)
		return err
	})
	return res, err
}

func batchStmts(h driver.Handle, o driver.BatchOptions, stmts ...driver.BatchStmt) (res []driver.Result, err error) {
	err = driver.With(context.Background(), h, func(c *driver.Conn) error {
		res, err = c.BatchStmts(context.Background(), stmts, o)
		return err
	})
	return res, err
}

// A result for each statement: what it changed, what it returned.
func TestBatchResults(t *testing.T) {
	onEach(t, func(t *testing.T, db *sql.DB) {
		res, err := batch(db, `
			CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, done BOOLEAN, at DATETIME, data BLOB);
			INSERT INTO t VALUES (7, 'a;b', 1, '2024-05-06 07:08:09+00:00', x'00ff'), (8, NULL, 0, 'soon', NULL); -- ;
			/* ; */ SELECT * FROM t ORDER BY id;
			UPDATE t SET name = 'c' WHERE id > 1;
			CREATE TRIGGER tg AFTER DELETE ON t BEGIN SELECT 1; SELECT CASE 1 WHEN 1 THEN 2 END; END;
			DELETE FROM t WHERE id = 8 RETURNING id AS gone, 1.5;
			SELECT 1 AS one WHERE 0`)
		require.NoError(t, err)
		at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
		require.Equal(t, []driver.Result{
			{},
			{RowsAffected: 2, LastInsertID: 8},
			{Columns: []string{"id", "name", "done", "at", "data"}, Rows: [][]any{
				{int64(7), "a;b", true, at, []byte{0, 255}}, {int64(8), nil, false, "soon", nil},
			}},
			{RowsAffected: 2},
			{},
			{Columns: []string{"gone", "1.5"}, Rows: [][]any{{int64(8), 1.5}}, RowsAffected: 1},
			{Columns: []string{"one"}},
		}, res)
	})
}

// What counts for one statement, and what for none.
func TestBatchStatements(t *testing.T) {
	for name, tc := range map[string]struct {
		script string
		want   int
	}{
		"nothing":            {"", 0},
		"blanks, comments":   {" ;; -- a;\n/* b; */ ;", 0},
		"no last semicolon":  {"SELECT 1; SELECT 2", 2},
		"quoted semicolons":  {`SELECT ';', ";", x'3b'; SELECT '--', '/*';`, 2},
		"comments":           {"SELECT 1 -- ; SELECT\n; /* ; */ SELECT 2;", 2},
		"trigger":            {"CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; INSERT INTO t VALUES (1)", 3},
		"trigger in any way": {"create table t(a); create /**/ trigger \"begin\" after insert on t begin select ';end;'; end -- ;\n; SELECT 1", 3},
		"byte order mark":    {"\ufeffSELECT 1;\ufeffSELECT 2", 2},
		"Unicode":            {"SELECT 'größe;日本' AS \"größe\"; SELECT 2", 2},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := batch(memory(t), tc.script)
			require.NoError(t, err)
			require.Len(t, res, tc.want)
		})
	}
}

func TestBatchWithArguments(t *testing.T) {
	for name, o := range map[string]driver.BatchOptions{"transaction": {}, "each": {NoTransaction: true}} {
		t.Run(name, func(t *testing.T) {
			db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, v, at DATETIME); CREATE TABLE u(v)")
			at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
			stmts := []driver.BatchStmt{{SQL: "-- nothing"}}
			for i := range 100 { // two texts in turns, and one of its own now and then
				stmts = append(stmts,
					driver.BatchStmt{SQL: "INSERT INTO t VALUES (?, :v, :at)", Args: []any{i, sql.Named("at", at), sql.Named("v", []byte{byte(i)})}},
					driver.BatchStmt{SQL: "INSERT INTO u VALUES (?1), (?1 || '\x01')", Args: []any{fmt.Sprint("ü", i)}},
				)
				if i%10 == 0 {
					stmts = append(stmts, driver.BatchStmt{SQL: fmt.Sprintf("UPDATE t SET v = NULL WHERE id = ?; -- %d", i), Args: []any{i}})
				}
			}
			stmts = append(stmts, driver.BatchStmt{SQL: "SELECT count(*), count(v), max(at), sum(length(v)) FROM t"},
				driver.BatchStmt{SQL: "SELECT at FROM t WHERE id = ?", Args: []any{int8(7)}},
				driver.BatchStmt{SQL: "SELECT count(DISTINCT v) FROM u"})
			res, err := batchStmts(db, o, stmts...)
			require.NoError(t, err)
			require.Len(t, res, len(stmts))
			require.Equal(t, driver.Result{}, res[0])
			require.Equal(t, driver.Result{RowsAffected: 1}, res[1], "rowid 0 is none")
			require.Equal(t, driver.Result{RowsAffected: 2, LastInsertID: 2}, res[2])
			n := len(res)
			require.Equal(t, [][]any{{int64(100), int64(90), "2024-05-06 07:08:09+00:00", int64(90)}}, res[n-3].Rows)
			require.Equal(t, [][]any{{at}}, res[n-2].Rows)
			require.Equal(t, [][]any{{int64(200)}}, res[n-1].Rows)
		})
	}
}

// A wrong call is one before anything has run.
func TestBatchWrongArguments(t *testing.T) {
	for name, tc := range map[string]struct {
		stmt driver.BatchStmt
		text string
	}{
		"too few":     {driver.BatchStmt{SQL: "SELECT ?, ?", Args: []any{1}}, "1 arguments for 2 parameters"},
		"too many":    {driver.BatchStmt{SQL: "SELECT 1", Args: []any{1}}, "1 arguments for 0 parameters"},
		"none":        {driver.BatchStmt{SQL: "SELECT ?"}, "0 arguments for 1 parameters"},
		"other name":  {driver.BatchStmt{SQL: "SELECT :a", Args: []any{sql.Named("b", 1)}}, `no argument is named "a"`},
		"NaN":         {driver.BatchStmt{SQL: "SELECT ?", Args: []any{math.NaN()}}, "NaN"},
		"type":        {driver.BatchStmt{SQL: "SELECT ?", Args: []any{struct{}{}}}, "unsupported type"},
		"big uint":    {driver.BatchStmt{SQL: "SELECT ?", Args: []any{uint64(math.MaxUint64)}}, "does not fit"},
		"two of them": {driver.BatchStmt{SQL: "SELECT 1; SELECT 2"}, "more than one statement"},
		"NUL":         {driver.BatchStmt{SQL: "SELECT 'a\x00b'"}, "NUL byte"},
	} {
		for _, each := range []bool{false, true} {
			t.Run(fmt.Sprint(name, each), func(t *testing.T) {
				db := memory(t, "CREATE TABLE t(a)")
				_, err := batchStmts(db, driver.BatchOptions{NoTransaction: each}, driver.BatchStmt{SQL: "INSERT INTO t VALUES (1)"}, tc.stmt)
				require.ErrorContains(t, err, tc.text)
				var be *driver.BatchError
				require.ErrorAs(t, err, &be)
				require.Equal(t, 1, be.Index)
				require.Equal(t, tc.stmt.SQL, be.SQL)
				require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"))
			})
		}
	}
	_, err := batch(memory(t), "SELECT 1; SELECT :a")
	require.ErrorContains(t, err, "statement 2 of the batch, line 1, column 11: libsql: 0 arguments for 1 parameters")
}

// The first error ends it: where it is, what it is, and nothing is kept.
func TestBatchFails(t *testing.T) {
	for name, tc := range map[string]struct {
		script    string
		index     int
		line, col int
		code      driver.Code
		message   string
		sql       string // from the token on
	}{
		"constraint": {"INSERT INTO t VALUES (1);\n\tINSERT INTO t VALUES (2);\n  INSERT INTO t VALUES (1);\nSELECT 4", 2, 3, 3,
			driver.ErrConstraintPrimaryKey, "UNIQUE constraint failed: t.a", ""},
		"syntax":    {"INSERT INTO t VALUES (1);\n/* é\n */ SELECT 'ü' FRM t", 1, 3, 20, driver.ErrError, `near "t": syntax error`, "t"},
		"no table":  {"INSERT INTO t VALUES (1); INSERT INTO nowhere VALUES (1)", 1, 1, 27, driver.ErrError, "no such table: nowhere", ""},
		"no column": {"INSERT INTO t VALUES (1);\r\nSELECT a, b FROM t", 1, 2, 11, driver.ErrError, "no such column: b", "b FROM t"},
		"at run":    {"INSERT INTO t VALUES (1); SELECT a, abs(-9223372036854775808) FROM t; SELECT 1", 1, 1, 27, driver.ErrError, "integer overflow", ""},
		"mid rows":  {"INSERT INTO t VALUES (1), (2), (3); SELECT CASE a WHEN 3 THEN json('{') ELSE a END FROM t", 1, 1, 37, driver.ErrError, "malformed JSON", ""},
		"trigger": {"CREATE TRIGGER g BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'no'); END; INSERT INTO t VALUES (1)", 1, 1, 75,
			driver.ErrConstraintTrigger, "no", ""},
		"rollback":      {"INSERT INTO t VALUES (1); INSERT OR ROLLBACK INTO t VALUES (1)", 1, 1, 27, driver.ErrConstraintPrimaryKey, "UNIQUE constraint failed: t.a", ""},
		"fail half way": {"INSERT OR FAIL INTO t VALUES (1), (1)", 0, 1, 1, driver.ErrConstraintPrimaryKey, "UNIQUE constraint failed: t.a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if dbtest.Remote() {
				switch {
				case name == "syntax": // a server reads all of a batch before it runs any, and does not say where it fails
					db := memory(t, "CREATE TABLE t(a INTEGER PRIMARY KEY)")
					_, err := batch(db, tc.script)
					require.Equal(t, tc.message, driverError(t, err).Message)
					require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"))
					return
				case tc.code == driver.ErrConstraintPrimaryKey:
					tc.code = driver.ErrConstraint
				case name == "trigger":
					tc.code = driver.ErrConstraint
				}
			}
			db := memory(t, "CREATE TABLE t(a INTEGER PRIMARY KEY); CREATE TABLE kept(a)")
			check := func(res []driver.Result, err error) {
				t.Helper()
				require.Nil(t, res)
				var be *driver.BatchError
				require.ErrorAs(t, err, &be)
				require.Equal(t, []int{tc.index, tc.line, tc.col}, []int{be.Index, be.Line, be.Column}, err)
				require.Contains(t, tc.script, be.SQL)
				require.ErrorIs(t, err, tc.code)
				var e *driver.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, tc.message, e.Message)
				require.Equal(t, tc.sql, e.SQL)
				require.Equal(t, fmt.Sprintf("libsql: statement %d of the batch, line %d, column %d: %s", tc.index+1, tc.line, tc.col, tc.message), err.Error())
			}
			check(batch(db, tc.script))
			require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"))
			require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"))
			conn := pin(t, db)
			check(batch(conn, tc.script))
			exec(t, conn, "BEGIN; INSERT INTO kept VALUES (1); COMMIT") // no transaction is open

			tx, err := db.Begin()
			require.NoError(t, err)
			exec(t, tx, "INSERT INTO kept VALUES (2)")
			check(batch(tx, tc.script))
			if name == "rollback" { // SQLite has ended the transaction: nothing may run outside of it
				_, err := tx.Exec("INSERT INTO kept VALUES (3)")
				require.ErrorIs(t, err, driver.ErrTxRolledBack)
				require.ErrorIs(t, err, tc.code)
				_, err = batch(tx, "INSERT INTO kept VALUES (3)")
				require.ErrorIs(t, err, driver.ErrTxRolledBack)
				require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
				require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM kept"))
				return
			}
			exec(t, tx, "INSERT INTO kept VALUES (3)")
			_, err = batch(tx, "INSERT INTO kept VALUES (4)")
			require.NoError(t, err)
			require.NoError(t, tx.Commit())
			require.Equal(t, int64(4), value(t, db, "SELECT count(*) FROM kept"))
			require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"))
		})
	}
}

// A batch in a transaction is undone with it.
func TestBatchInATransactionThatIsRolledBack(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a)")
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = batch(tx, "INSERT INTO t VALUES (1); SAVEPOINT a; INSERT INTO t VALUES (2); ROLLBACK TO a; RELEASE a")
	require.NoError(t, err)
	require.Equal(t, int64(1), value(t, tx, "SELECT count(*) FROM t"))
	require.NoError(t, tx.Rollback())
	require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"))
}

// Nothing has run of a script that would not stay within its transaction.
func TestBatchRefuses(t *testing.T) {
	for _, script := range []string{
		"COMMIT", "commit", "END", "eNd TRANSACTION", "/* a */ -- b\n commit;", "ROLLBACK", "rollback transaction", "BEGIN", "begin immediate; commit",
		"SAVEPOINT a", "SAVEPOINT a; SAVEPOINT b; RELEASE b", "RELEASE a", "SAVEPOINT a; RELEASE b", "ROLLBACK TO a", "release savepoint libsql_batch",
		"SAVEPOINT a; RELEASE a; RELEASE a", "SAVEPOINT a; SAVEPOINT b; ROLLBACK TO a; RELEASE b; RELEASE a",
		"ATTACH ':memory:' AS b", "DETACH b", "VACUUM", "VACUUM INTO 'x.db'", "vacuum main",
		"PRAGMA foreign_keys = OFF", "pragma/**/main.foreign_keys(0)", "PRAGMA journal_mode=DELETE", "PRAGMA synchronous = 0", "PRAGMA temp_store=1",
		"PRAGMA page_size = 8192", "PRAGMA auto_vacuum=1", "PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint(FULL)", "PRAGMA key='x'", "PRAGMA rekey='x'", `PRAGMA "rekey"=''`,
		"EXPLAIN DROP INDEX i", "EXPLAIN QUERY PLAN CREATE INDEX i ON t(a)", "SELECT 'a\x00b'",
	} {
		t.Run(script, func(t *testing.T) {
			db := memory(t, "CREATE TABLE t(a)")
			run := "INSERT INTO t VALUES (1);\n" + script + ";\nINSERT INTO t VALUES (2)"
			for _, inTx := range []bool{false, true} {
				var h interface {
					driver.Handle
					runner
				} = db
				if inTx {
					tx, err := db.Begin()
					require.NoError(t, err)
					defer tx.Rollback()
					h = tx
				}
				res, err := batch(h, run)
				require.Nil(t, res)
				var be *driver.BatchError
				require.ErrorAs(t, err, &be)
				require.GreaterOrEqual(t, be.Line, 2)
				require.Equal(t, int64(0), value(t, h, "SELECT count(*) FROM t"))
			}
		})
	}
	_, err := batch(memory(t), "SELECT 1;\n  PRAGMA foreign_keys = 0")
	require.EqualError(t, err, "libsql: statement 2 of the batch, line 2, column 3: PRAGMA foreign_keys cannot be in this batch "+
		"(it fails or does nothing in a transaction; run it on its own)")
	require.ErrorIs(t, err, driver.ErrMisuse)
}

// What looks like one of those and is none.
func TestBatchAllows(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	db := memory(t, "CREATE TABLE t(a)")
	res, err := batch(db, `SELECT 'COMMIT'; SELECT 1 AS "end"; -- COMMIT;
		CREATE TABLE "commit"("begin", [end]); INSERT INTO "commit" VALUES (1, 2);
		CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE "commit" SET [end] = CASE WHEN 1 THEN 3 END; END;
		EXPLAIN COMMIT; EXPLAIN QUERY PLAN SELECT * FROM t;
		PRAGMA foreign_keys; PRAGMA journal_mode; PRAGMA user_version = 7; PRAGMA defer_foreign_keys = 1; PRAGMA busy_timeout = 1234;
		SAVEPOINT "A b"; INSERT INTO t VALUES (1); SAVEPOINT c; INSERT INTO t VALUES (2); ROLLBACK TRANSACTION TO SAVEPOINT c; RELEASE [a B];
		PRAGMA busy_timeout; PRAGMA user_version; PRAGMA table_info(t); REINDEX; ANALYZE; PRAGMA optimize; PRAGMA integrity_check`)
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(1)}}, res[7].Rows)
	require.Equal(t, [][]any{{"wal"}}, res[8].Rows)
	require.Equal(t, [][]any{{int64(1234)}}, res[18].Rows)
	require.Equal(t, [][]any{{int64(7)}}, res[19].Rows)
	require.Equal(t, [][]any{{"ok"}}, res[len(res)-1].Rows)
	require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM t"))
	require.Equal(t, int64(1234), value(t, db, "PRAGMA busy_timeout"))
}

func TestBatchWithoutTransaction(t *testing.T) {
	none := driver.BatchOptions{NoTransaction: true}
	stmts := func(all ...string) (out []driver.BatchStmt) {
		for _, s := range all {
			out = append(out, driver.BatchStmt{SQL: s})
		}
		return out
	}
	t.Run("stops and keeps", func(t *testing.T) {
		db := memory(t, "CREATE TABLE t(a INTEGER PRIMARY KEY)")
		conn := pin(t, db)
		res, err := batchStmts(conn, none, stmts("INSERT INTO t VALUES (1)", "SELECT a FROM t", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)")...)
		require.True(t, dbtest.PrimaryKeyTaken(err), err)
		require.ErrorContains(t, err, "statement 3")
		require.Equal(t, []driver.Result{{RowsAffected: 1, LastInsertID: 1}, {Columns: []string{"a"}, Rows: [][]any{{int64(1)}}}}, res)
		require.Equal(t, int64(1), value(t, conn, "SELECT count(*) FROM t"))
		exec(t, conn, "BEGIN; ROLLBACK")
	})
	t.Run("what no transaction takes", func(t *testing.T) {
		if dbtest.Remote() {
			res, err := batchStmts(pin(t, memory(t)), none, stmts("PRAGMA foreign_keys = 0", "BEGIN", "CREATE TABLE t(a)", "END", "PRAGMA foreign_keys = 1", "SAVEPOINT x", "SELECT c", "RELEASE x")...)
			require.ErrorContains(t, err, "statement 7 of the batch")
			require.Len(t, res, 6)
			return
		}
		db := open(t, filepath.Join(t.TempDir(), "a.db"))
		res, err := batchStmts(pin(t, db), none, stmts("PRAGMA foreign_keys = 0", "BEGIN", "CREATE TABLE t(a)", "END", "VACUUM", "PRAGMA foreign_keys = 1",
			"ATTACH ':memory:' AS b", "SAVEPOINT x", "DETACH c", "RELEASE x")...)
		require.ErrorContains(t, err, "statement 9 of the batch")
		require.Len(t, res, 8)
	})
	t.Run("rolls back what it has begun", func(t *testing.T) {
		for name, begin := range map[string]string{"transaction": "BEGIN", "savepoint": `SAVEPOINT "a b"`} {
			for _, bad := range []string{"nonsense", "INSERT OR ROLLBACK INTO t VALUES (1)"} {
				db := memory(t, "CREATE TABLE t(a INTEGER PRIMARY KEY)")
				conn := pin(t, db)
				end := map[string]string{"transaction": "COMMIT", "savepoint": `RELEASE "a b"`}[name]
				_, err := batchStmts(conn, none, stmts("INSERT INTO t VALUES (1)", begin, "INSERT INTO t VALUES (2)", bad, end)...)
				require.Error(t, err)
				kept := int64(1)
				if dbtest.Remote() && bad == "nonsense" {
					kept = 0 // a server reads the whole batch first
				}
				require.Equal(t, kept, value(t, conn, "SELECT count(*) FROM t"))
				exec(t, conn, "BEGIN; ROLLBACK")
			}
		}
		db := memory(t, "CREATE TABLE t(a INTEGER PRIMARY KEY)")
		tx, err := db.Begin()
		require.NoError(t, err)
		_, err = batchStmts(tx, none, stmts("INSERT INTO t VALUES (1)", "SAVEPOINT a", "INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (2)", "RELEASE a")...)
		require.Error(t, err)
		exec(t, tx, "INSERT INTO t VALUES (3)")
		require.NoError(t, tx.Commit())
		require.Equal(t, int64(4), value(t, db, "SELECT sum(a) FROM t"))
	})
	t.Run("refuses what it does not end", func(t *testing.T) {
		for _, bad := range [][]string{{"BEGIN"}, {"COMMIT"}, {"SAVEPOINT a"}, {"SAVEPOINT a", "COMMIT"}, {"RELEASE a"}, {"ROLLBACK"}} {
			db := memory(t, "CREATE TABLE t(a)")
			_, err := batchStmts(db, none, stmts(append([]string{"INSERT INTO t VALUES (1)"}, bad...)...)...)
			require.ErrorIs(t, err, driver.ErrMisuse, bad)
			require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"))
		}
	})
}
