package hranaserver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// ran tells for each step of a batch: + it ran, - it failed, 0 it was skipped.
func ran(t *testing.T, result string) string {
	t.Helper()
	results := between(t, result, `"step_results":[`, `],"step_errors":[`)
	errors := between(t, result, `"step_errors":[`, `],"replication_index"`)
	a, b := elements(results), elements(errors)
	require.Len(t, b, len(a), result)
	var out strings.Builder
	for i := range a {
		switch {
		case a[i] != "null":
			out.WriteByte('+')
		case b[i] != "null":
			out.WriteByte('-')
		default:
			out.WriteByte('0')
		}
	}
	return out.String()
}

func between(t *testing.T, s, from, to string) string {
	_, rest, ok := strings.Cut(s, from)
	require.True(t, ok, s)
	i := strings.LastIndex(rest, to)
	require.GreaterOrEqual(t, i, 0, s)
	return rest[:i]
}

// elements cuts an array at its own commas.
func elements(s string) (out []string) {
	depth, from := 0, 0
	for i, c := range s {
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	if s != "" {
		out = append(out, s[from:])
	}
	return out
}

func TestConditions(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x PRIMARY KEY)", "INSERT INTO t VALUES(1)")
	const ok0, ok1, ok2 = `{"type":"ok","step":0}`, `{"type":"ok","step":1}`, `{"type":"ok","step":2}`
	const err0, err1 = `{"type":"error","step":0}`, `{"type":"error","step":1}`
	not := func(c string) string { return `{"type":"not","cond":` + c + `}` }
	list := func(typ string, c ...string) string {
		return `{"type":"` + typ + `","conds":[` + strings.Join(c, ",") + `]}`
	}
	const autocommit = `{"type":"is_autocommit"}`
	const good, bad = "SELECT 1", "INSERT INTO t VALUES(1)"
	for _, c := range []struct {
		want  string
		steps []string
	}{
		{"", nil},
		{"+-+", []string{step("", good), step("", bad), step("", good)}},
		{"+0", []string{step("", good), step(err0, good)}},
		{"++", []string{step("", good), step(ok0, good)}},
		{"-+", []string{step("", bad), step(err0, good)}},
		{"-0+", []string{step("", bad), step(ok0, good), step(err1, good)}}, // skipped counts as failed
		{"-0+0", []string{step("", bad), step(ok0, good), step(not(ok1), good), step(not(not(ok1)), good)}},
		{"+-+0", []string{step("", good), step("", bad), step(list("and", ok0, err1), good), step(list("and", ok0, ok1), good)}},
		{"+-+0", []string{step("", good), step("", bad), step(list("or", err0, err1), good), step(list("or", err0, ok1), good)}},
		{"+0", []string{step(list("and"), good), step(list("or"), good)}},
		{"+++", []string{step(autocommit, "BEGIN"), step(not(autocommit), "COMMIT"), step(autocommit, good)}},
		{"++-0+", []string{step("", "BEGIN"), step(ok0, good), step(ok1, bad), step(ok2, "COMMIT"), step(not(`{"type":"ok","step":3}`), "ROLLBACK")}},
	} {
		_, res := k.pipe("", batch(c.steps...), closeStream)
		require.Equal(t, c.want, ran(t, res[0]), c.steps)
	}
	for _, cond := range []string{`{"type":"ok","step":1}`, `{"type":"error","step":7}`, not(ok1), list("and", ok0, ok1), `{"type":"ok","step":4294967295}`} {
		r := k.post("/v3/pipeline", pipelineBody("", batch(step("", "INSERT INTO t VALUES(99)"), step(cond, good))))
		require.Equal(t, []any{400, "Invalid reference to step in a batch condition"}, []any{r.status, r.text}, cond)
	}
	require.Equal(t, `{"type":"integer","value":"1"}`, k.value("SELECT count(*) FROM t"))
	deep := strings.Repeat(`{"type":"not","cond":`, 500) + autocommit + strings.Repeat("}", 500)
	require.Equal(t, 400, k.post("/v3/pipeline", pipelineBody("", batch(step(deep, good)))).status)

	r := k.post("/v2/pipeline", pipelineBody("", batch(step(autocommit, good))))
	require.Equal(t, 400, r.status)
	require.Equal(t, "BatchCond of type `is_autocommit` is only supported in protocol version hrana3 and higher", r.text)
	r = k.post("/v2/pipeline", pipelineBody("", `{"type":"get_autocommit"}`))
	require.Equal(t, 400, r.status)
	require.Equal(t, "The `get_autocommit` request is only supported in protocol version hrana3 and higher", r.text)
	require.Equal(t, 404, k.post("/v2/cursor", `{"batch":{"steps":[]}}`).status)
}

func TestNothingRunsOfWhatIsPartlyWrong(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x PRIMARY KEY)")
	const insert = "INSERT INTO t VALUES(1)"
	for _, bad := range []string{"SELEC 1", "SELECT 1 FROM", "VACUUM", "", "-- nothing", "SELECT 1; SELECT 2", "CREATE INDEX i ON", "DROP TABL t",
		"CREATE TABLE u(", "SELECT 'open", "PRAGMA journal_mode=DELETE"} {
		_, res := k.pipe("", batch(step("", insert), step("", bad)), closeStream)
		require.Contains(t, []string{"SQL_PARSE_ERROR", "SQL_NO_STATEMENT", "SQL_MANY_STATEMENTS"}, code(t, res[0]), bad)
		if bad != "" && !strings.HasPrefix(bad, "--") && bad != "SELECT 1; SELECT 2" {
			_, res = k.pipe("", sequence(insert+";"+bad), closeStream)
			require.Equal(t, "SQL_PARSE_ERROR", code(t, res[0]), bad)
			r := k.post("/v3/cursor", `{"batch":{"steps":[`+step("", insert)+","+step("", bad)+`]}}`)
			require.Equal(t, 500, r.status, bad)
			require.Contains(t, r.text, `{"error":"Internal Error: `)
		}
	}
	require.Equal(t, `{"type":"integer","value":"0"}`, k.value("SELECT count(*) FROM t"))

	// What only SQLite can find out is found when its turn comes.
	_, res := k.pipe("", batch(step("", insert), step("", "SELECT nocolumn FROM t"), step("", "SELECT ?")), closeStream)
	require.Equal(t, "+--", ran(t, res[0]))
	_, res = k.pipe("", sequence("CREATE TABLE u(x); INSERT INTO u VALUES(1); INSERT INTO nowhere VALUES(1); INSERT INTO u VALUES(2)"), closeStream)
	require.Equal(t, "SQLITE_UNKNOWN", code(t, res[0]))
	require.Equal(t, `{"type":"integer","value":"1"}`, k.value("SELECT count(*) FROM u"))
	b, res := k.pipe("", sequence(""), sequence("-- nothing"), sequence("BEGIN; INSERT INTO u VALUES(7)"))
	require.Equal(t, []string{"", "", ""}, []string{code(t, res[0]), code(t, res[1]), code(t, res[2])})
	_, res = k.pipe(b, `{"type":"get_autocommit"}`, closeStream)
	require.Contains(t, res[0], `"is_autocommit":false`)
	k.run("CREATE TRIGGER tr AFTER INSERT ON u BEGIN INSERT INTO t VALUES(new.x + 100); SELECT 1; END")
	_, res = k.pipe("", sequence("INSERT INTO u VALUES(5); CREATE TRIGGER tr2 AFTER DELETE ON u BEGIN SELECT 1; SELECT 2; END; DELETE FROM u WHERE x = 5"), closeStream)
	require.Empty(t, code(t, res[0]), res[0])
}

func TestErrorCodes(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL DEFAULT 1, c CHECK(c > 0))",
		"CREATE TABLE f(t REFERENCES t(id))", "CREATE TABLE s(x INT) STRICT", "INSERT INTO t(id, u) VALUES(1, 1)")
	for sql, want := range map[string]string{
		"SELEC 1":                          "SQL_PARSE_ERROR: SQL string could not be parsed: near \"SELEC\": syntax error",
		"SELECT (":                         "SQL_PARSE_ERROR: SQL string could not be parsed: incomplete input",
		"":                                 "SQL_NO_STATEMENT: SQL string does not contain any statement",
		" ; -- x":                          "SQL_NO_STATEMENT: SQL string does not contain any statement",
		"SELECT 1; SELECT 2":               "SQL_MANY_STATEMENTS: SQL string contains more than one statement",
		"SELECT nocolumn":                  "SQL_INPUT_ERROR: SQL input error: no such column: nocolumn (at offset 7)",
		"SELECT nofunc()":                  "SQL_INPUT_ERROR: SQL input error: no such function: nofunc (at offset 7)",
		"CREATE TABLE t(x)":                "SQL_INPUT_ERROR: SQL input error: table t already exists (at offset 13)",
		"SELECT * FROM nowhere":            "SQLITE_UNKNOWN: SQLite error: no such table: nowhere",
		"INSERT INTO t(u) VALUES(1)":       "SQLITE_CONSTRAINT: SQLite error: UNIQUE constraint failed: t.u",
		"INSERT INTO t(id) VALUES(1)":      "SQLITE_CONSTRAINT: SQLite error: UNIQUE constraint failed: t.id",
		"INSERT INTO t(n) VALUES(NULL)":    "SQLITE_CONSTRAINT: SQLite error: NOT NULL constraint failed: t.n",
		"INSERT INTO t(c) VALUES(0)":       "SQLITE_CONSTRAINT: SQLite error: CHECK constraint failed: c > 0",
		"INSERT INTO f VALUES(7)":          "SQLITE_CONSTRAINT: SQLite error: FOREIGN KEY constraint failed",
		"INSERT INTO s VALUES('x')":        "SQLITE_CONSTRAINT: SQLite error: cannot store TEXT value in INT column s.x",
		"INSERT INTO t(id) VALUES('x')":    "SQLITE_MISMATCH: SQLite error: datatype mismatch",
		"COMMIT":                           "SQLITE_UNKNOWN: SQLite error: cannot commit - no transaction is active",
		"SELECT load_extension('x')":       "SQLITE_UNKNOWN: SQLite error: not authorized",
		"SELECT abs(-9223372036854775808)": "SQLITE_UNKNOWN: SQLite error: integer overflow",
		"SELECT json('{')":                 "SQLITE_UNKNOWN: SQLite error: malformed JSON",
		"SELECT readfile('/etc/passwd')":   "SQL_INPUT_ERROR: SQL input error: no such function: readfile (at offset 7)",
		"SELECT writefile('x', 'y')":       "SQL_INPUT_ERROR: SQL input error: no such function: writefile (at offset 7)",
		"SELECT * FROM fsdir('/')":         "SQLITE_UNKNOWN: SQLite error: no such table: fsdir",
	} {
		_, res := k.pipe("", execute(sql), closeStream)
		require.NotEmpty(t, code(t, res[0]), sql)
		require.Equal(t, `{"type":"error","error":{"message":`+quote(want[strings.Index(want, ": ")+2:])+`,"code":"`+code(t, res[0])+`"}}`, res[0], sql)
		require.Equal(t, want[:strings.Index(want, ": ")], code(t, res[0]), sql)
	}
	_, res := k.pipe("", `{"type":"describe","sql":"SELEC 1"}`, `{"type":"describe","sql":"SELECT * FROM nowhere"}`,
		`{"type":"describe","sql":"DROP TABLE t"}`, `{"type":"describe","sql":"PRAGMA foreign_keys=OFF"}`, `{"type":"describe","sql":"SELECT 1; rubbish"}`,
		`{"type":"describe","sql":"EXPLAIN SELECT 1"}`, `{"type":"describe","sql":""}`, closeStream)
	require.Equal(t, []string{"SQL_INPUT_ERROR", "SQLITE_UNKNOWN", "", "", "", "", ""},
		[]string{code(t, res[0]), code(t, res[1]), code(t, res[2]), code(t, res[3]), code(t, res[4]), code(t, res[5]), code(t, res[6])})
	require.Contains(t, res[5], `"is_explain":true`)
	require.Equal(t, `{"type":"integer","value":"1"}`, k.value("SELECT count(*) FROM t"), "describing does nothing")
}

func TestFilter(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x)")
	for _, sql := range []string{
		"VACUUM", "VACUUM INTO 'x.db'", "ANALYZE", "ATTACH 'x.db' AS x", "ATTACH DATABASE other AS x", "CREATE TEMP TABLE u(x)",
		"CREATE TEMPORARY VIEW v AS SELECT 1", "CREATE TABLE temp.u(x)", "CREATE TRIGGER TEMP.x AFTER INSERT ON t BEGIN SELECT 1; END",
		"create /**/ temp\ttable u(x)", "CREATE FUNCTION f LANGUAGE wasm AS 'x'", "DROP FUNCTION f", "INSERT INTO _litestream_seq VALUES(1)",
		"DELETE FROM \"libsql_wasm_func_table\"", "PRAGMA journal_mode = DELETE", "PRAGMA busy_timeout(1)", "PRAGMA writable_schema = 1", "PRAGMA wal_checkpoint",
		"PRAGMA key = 'x'", "PRAGMA main.cache_size = 1", "PRAGMA optimize", "PRAGMA unknown", "EXPLAIN PRAGMA journal_mode = OFF",
		"EXPLAIN QUERY PLAN VACUUM", "PRAGMA query_only = 1", "pragma \"Legacy_Alter_Table\" = on", "PRAGMA schema_version = 7", "PRAGMA temp_store = 1",
	} {
		_, res := k.pipe("", execute(sql), closeStream)
		require.Equal(t, `{"type":"error","error":{"message":`+quote("SQL string could not be parsed: unsupported statement: "+sql)+`,"code":"SQL_PARSE_ERROR"}}`, res[0])
	}
	for _, sql := range []string{
		"PRAGMA table_info(t)", "PRAGMA main.table_xinfo('t')", "PRAGMA foreign_keys = 1", "PRAGMA user_version = 3", "PRAGMA user_version",
		"PRAGMA journal_mode", "PRAGMA page_size", "PRAGMA foreign_key_check(t)", "PRAGMA integrity_check(1)", "PRAGMA database_list", "PRAGMA encoding",
		"EXPLAIN PRAGMA table_info(t)", "EXPLAIN DELETE FROM t", "REINDEX", "SAVEPOINT a", "VALUES(1)", "WITH a AS (SELECT 1) SELECT * FROM a",
		"CREATE VIRTUAL TABLE ft USING fts5(x)", "ALTER TABLE t ADD COLUMN y", "ALTER TABLE t ALTER COLUMN y TO y INT", "SELECT * FROM pragma_table_info('t')",
		"CREATE TABLE temptation(temp)", "DROP TABLE temptation", "CREATE VIEW v AS SELECT temp.x FROM t AS temp",
	} {
		_, res := k.pipe("", execute(sql), closeStream)
		require.Empty(t, code(t, res[0]), "%s: %s", sql, res[0])
	}
}

func TestAffectedRowsAndRowids(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)")
	_, res := k.pipe("", execute("SAVEPOINT a"), execute("INSERT INTO t VALUES(1, 'z')"), execute("RELEASE a"), `{"type":"get_autocommit"}`,
		execute("BEGIN"), execute("DELETE FROM t"), execute("COMMIT"), closeStream)
	require.Contains(t, res[3], `"is_autocommit":true`)
	b := ""
	for _, c := range []struct{ sql, affected, id string }{
		{"INSERT INTO t VALUES(7, 'a'), (9, 'b')", "2", `"9"`},
		{"INSERT INTO t VALUES(10, 'a') ON CONFLICT DO NOTHING", "0", `"9"`},
		{"UPDATE t SET x = x", "2", "null"},
		{"SELECT * FROM t", "0", "null"},
		{"INSERT INTO t VALUES(11, 'c') RETURNING *", "1", `"11"`},
		{"WITH n(v) AS (SELECT 'd') INSERT INTO t(x) SELECT v FROM n", "1", `"12"`},
		{"REPLACE INTO t VALUES(7, 'b')", "1", `"7"`},
		{"DELETE FROM t WHERE id > 9 RETURNING id", "2", "null"},
		{"CREATE TABLE u(x)", "0", "null"},
		{"DELETE FROM t", "1", "null"},
	} {
		var res []string
		b, res = k.pipe(b, execute(c.sql))
		require.Contains(t, res[0], `"affected_row_count":`+c.affected+`,"last_insert_rowid":`+c.id+`,`, c.sql)
	}
	_, res = k.pipe("", execute("INSERT INTO u SELECT 1 WHERE 0"), closeStream)
	require.Contains(t, res[0], `"affected_row_count":0,"last_insert_rowid":"0",`, "a stream of its own has inserted nothing yet")
}

func TestResponseTooLarge(t *testing.T) {
	k := serve(t, hranaserver.Options{MaxResponse: 10_000})
	k.run("CREATE TABLE t(x)")
	const large = "SELECT randomblob(4000) FROM (VALUES(1),(2),(3))"
	_, res := k.pipe("", execute(large), execute("SELECT 1"), closeStream)
	require.Equal(t, []string{"RESPONSE_TOO_LARGE", ""}, []string{code(t, res[0]), code(t, res[1])})
	// A batch ends in the middle, and with its transaction open.
	b, res := k.pipe("", batch(step("", "BEGIN"), step(`{"type":"ok","step":0}`, "INSERT INTO t VALUES(1)"), step("", large),
		step(`{"type":"not","cond":{"type":"ok","step":2}}`, "ROLLBACK")), `{"type":"get_autocommit"}`)
	require.Equal(t, "RESPONSE_TOO_LARGE", code(t, res[0]))
	require.Contains(t, res[1], `"is_autocommit":false`)
	k.pipe(b, closeStream)
	// All results of a pipeline together have a limit, too.
	fits := execute("SELECT randomblob(4000) FROM (VALUES(1),(2))")
	_, res = k.pipe("", fits, fits, fits, fits, fits, execute("SELECT 1"), closeStream)
	require.Equal(t, []string{"", "", "", "", "RESPONSE_TOO_LARGE", ""}, []string{code(t, res[0]), code(t, res[1]), code(t, res[2]), code(t, res[3]), code(t, res[4]), code(t, res[5])})
	// Rows that are dropped are none.
	_, res = k.pipe("", sequence(large), closeStream)
	require.Empty(t, code(t, res[0]))
	r := k.post("/v3/cursor", `{"batch":{"steps":[`+step("", large)+`]}}`)
	require.Equal(t, 200, r.status)
	require.Greater(t, len(r.text), 12_000)
	require.Equal(t, `{"type":"integer","value":"0"}`, k.value("SELECT count(*) FROM t"))
}

func TestLockLimit(t *testing.T) {
	k := serve(t, hranaserver.Options{TxLimit: 50 * time.Millisecond, LockWait: 20 * time.Second})
	k.run("CREATE TABLE t(x)")
	for name, hold := range map[string]string{"begin immediate": "BEGIN IMMEDIATE", "a write": "BEGIN"} {
		t.Run(name, func(t *testing.T) {
			b, _ := k.pipe("", execute(hold), execute("INSERT INTO t VALUES('holder')"))
			k.run("INSERT INTO t VALUES('waiter')")
			// The holder is told once, by every step of its next program; then it is
			// in autocommit.
			b, res := k.pipe(b, batch(step("", "INSERT INTO t VALUES('lost')"), step(`{"type":"is_autocommit"}`, "SELECT 1")))
			require.Equal(t, "--", ran(t, res[0]))
			require.Contains(t, res[0], `"code":"TRANSACTION_TIMEOUT"`)
			_, res = k.pipe(b, `{"type":"get_autocommit"}`, execute("SELECT count(*) FROM t WHERE x <> 'waiter'"), closeStream)
			require.Contains(t, res[0], `"is_autocommit":true`)
			require.Equal(t, `{"type":"integer","value":"0"}`, firstValue(t, res[1]))
		})
	}
	t.Run("a statement that runs", func(t *testing.T) {
		const long = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
		b, _ := k.pipe("", execute("BEGIN IMMEDIATE"))
		done := make(chan string, 1)
		go func() {
			r := k.post("/v3/pipeline", pipelineBody(b, execute(long), execute("SELECT 5"), closeStream))
			done <- r.text
		}()
		k.run("INSERT INTO t VALUES('waiter')")
		text := <-done
		_, res := readPipeline(t, text)
		require.Equal(t, "TRANSACTION_TIMEOUT", code(t, res[0]))
		require.Equal(t, `{"type":"integer","value":"5"}`, firstValue(t, res[1]), "a program of its own runs in autocommit")
	})
	require.EqualValues(t, 3, k.srv.Counters().TxTimeouts)
}

// A transaction that SQLite rolls back by itself leaves the stream in autocommit.
func TestRolledBackBySQLite(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x UNIQUE)", "CREATE TRIGGER tr BEFORE INSERT ON t WHEN new.x = 'no' BEGIN SELECT RAISE(ROLLBACK, 'refused'); END")
	fence := `{"type":"not","cond":{"type":"is_autocommit"}}`
	for _, sql := range []string{"INSERT OR ROLLBACK INTO t VALUES(1)", "INSERT INTO t VALUES('no')"} {
		_, res := k.pipe("", execute("BEGIN"), execute("INSERT INTO t VALUES(1)"), execute(sql),
			batch(step(fence, "INSERT INTO t VALUES(2)")), `{"type":"get_autocommit"}`, execute("INSERT INTO t VALUES(3) RETURNING x"), execute("DELETE FROM t"), closeStream)
		require.Equal(t, "SQLITE_CONSTRAINT", code(t, res[2]))
		require.Equal(t, "0", ran(t, res[3]), "the fence holds")
		require.Contains(t, res[4], `"is_autocommit":true`)
		require.Empty(t, code(t, res[5]), "without it the statement runs in autocommit")
		require.Empty(t, code(t, res[6]))
	}
}
