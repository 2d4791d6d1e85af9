package driver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func repeat(s string, n int) string { return strings.Repeat(s, n) }

// Exec runs every statement of a text; the arguments are dealt out from left to right, the counts are summed up.
func TestExecSeveral(t *testing.T) {
	eachWay(t, memory(t), func(t *testing.T, r runner) {
		exec(t, r, "DROP TABLE IF EXISTS t; CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)")
		res := exec(t, r, "INSERT INTO t(a, b) VALUES (?, ?), (?, ?); INSERT INTO t(a, b) VALUES (?, ?); UPDATE t SET b = ? WHERE a = ?; DELETE FROM t WHERE a = ?",
			"a", 1, "b", 2, "c", 3, 20, "b", "a")
		require.Equal(t, int64(5), affected(t, res))
		require.Equal(t, int64(3), lastID(t, res))
		require.Equal(t, [][]any{{int64(2), "b", int64(20)}, {int64(3), "c", int64(3)}}, all(t, r, "SELECT * FROM t ORDER BY id"))

		exec(t, r, "INSERT INTO t(a, b) VALUES (:x, :y); UPDATE t SET a = :y WHERE a = :x; DELETE FROM t WHERE b <> ? AND b <> :y", named("y", "new"), named("x", "old"), 20)
		require.Equal(t, [][]any{{"b"}, {"new"}}, all(t, r, "SELECT a FROM t ORDER BY id"))
	})
}

// What looks like the end of a statement and is none, and what stands between statements.
func TestTexts(t *testing.T) {
	cases := []struct {
		text string
		want string // of the log afterwards
	}{
		{"INSERT INTO log VALUES ('a;b')", "a;b"},
		{"INSERT INTO log VALUES ('it''s;'); INSERT INTO log VALUES ('c')", "it's;|c"},
		{"INSERT INTO log VALUES ('a') -- ; comment", "a"},
		{"-- first; one\nINSERT INTO log VALUES ('a'); -- then ;\n/* ; and */ INSERT INTO log VALUES ('b');", "a|b"},
		{"INSERT INTO log VALUES ('a');;; ;\n;INSERT INTO log VALUES ('b');;", "a|b"},
		{"INSERT INTO log VALUES ('a'); /* not closed ; INSERT INTO log VALUES ('b')", "a"},
		{"INSERT INTO log SELECT [x;y] || \"u;v\" || `w;` FROM (SELECT 'a' AS [x;y], 'b' AS \"u;v\", 'c' AS `w;`)", "abc"},
		{"CREATE TRIGGER g AFTER INSERT ON log WHEN new.v = 'x' BEGIN INSERT INTO log VALUES ('y;'); UPDATE log SET v = CASE WHEN v = 'x' THEN 'z' ELSE v END; END; " +
			"INSERT INTO log VALUES ('x'); DROP TRIGGER g; INSERT INTO log VALUES ('x')", "z|y;|x"},
		{"\ufeffINSERT INTO log VALUES ('bom')", "bom"},
		{"", ""}, {" \n\t", ""}, {";", ""}, {"-- only", ""}, {"/* only */", ""}, {"/* open", ""}, {";-- x\n;", ""},
		{"SELECT 1; INSERT INTO log VALUES ('a'); SELECT v FROM log; VALUES (1), (2); INSERT INTO log VALUES ('b') RETURNING v; PRAGMA user_version; DELETE FROM log WHERE v = 'a'", "b"},
		{"BEGIN; INSERT INTO log VALUES ('a'); ROLLBACK; INSERT INTO log VALUES ('b')", "b"},
		{"SAVEPOINT s; INSERT INTO log VALUES ('a'); ROLLBACK TO s; INSERT INTO log VALUES ('b'); RELEASE s", "b"},
	}
	db := memory(t, "CREATE TABLE log(v)")
	for name, run := range map[string]func(r runner, text string) error{
		"Exec":  func(r runner, text string) error { return execErr(r, text) },
		"Query": func(r runner, text string) error { return queryErr(r, text) },
		"Close": func(r runner, text string) error {
			rows, err := r.QueryContext(t.Context(), text)
			if err != nil {
				return err
			}
			return rows.Close()
		},
	} {
		for how, r := range map[string]runner{"direct": db, "prepared": prepared{db}} {
			t.Run(name+"/"+how, func(t *testing.T) {
				for _, c := range cases {
					exec(t, db, "DELETE FROM log")
					require.NoError(t, run(r, c.text), c.text)
					require.Equal(t, c.want, value(t, db, "SELECT coalesce(group_concat(v, '|'), '') FROM log"), c.text)
				}
			})
		}
	}
}

// SQLite stops reading at a NUL and would drop the rest of a text unseen.
func TestNULInText(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a)")
	eachWay(t, db, func(t *testing.T, r runner) {
		for _, text := range []string{"INSERT INTO t VALUES (1)\x00", "INSERT INTO t VALUES ('a\x00b')", "\x00", "DELETE FROM t;\x00 DROP TABLE t", "CREATE TABLE u(a)\x00"} {
			for _, err := range []error{execErr(r, text), queryErr(r, text)} {
				e := driverError(t, err)
				require.Contains(t, e.Error(), "NUL byte")
				require.Equal(t, strings.IndexByte(text, 0), e.Offset)
				require.ErrorIs(t, err, driver.ErrError)
			}
		}
		require.Equal(t, int64(0), value(t, r, "SELECT count(*) FROM t"))
	})
}

// Exec runs what returns rows to its end and drops the rows.
func TestExecOfRows(t *testing.T) {
	eachWay(t, memory(t), func(t *testing.T, r runner) {
		exec(t, r, "DROP TABLE IF EXISTS t; CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
		require.Equal(t, int64(0), affected(t, exec(t, r, "SELECT 1")))
		res := exec(t, r, "INSERT INTO t(a) SELECT value FROM generate_series(1, 500) RETURNING id")
		require.Equal(t, int64(500), affected(t, res))
		require.Equal(t, int64(500), lastID(t, res))
		require.Equal(t, int64(500), affected(t, exec(t, r, "UPDATE t SET a = a + 1 RETURNING *")))
		if dbtest.Remote() {
			exec(t, r, "PRAGMA user_version = 7; SELECT 1; PRAGMA user_version")
			require.Equal(t, int64(7), value(t, r, "PRAGMA user_version"))
			return
		}
		exec(t, r, "PRAGMA busy_timeout = 1234; PRAGMA wal_autocheckpoint = 500; PRAGMA user_version = 7; PRAGMA journal_size_limit = 1000")
		require.Equal(t, int64(7), value(t, r, "PRAGMA user_version"))
		if _, pool := r.(interface{ Ping() error }); !pool {
			require.Equal(t, int64(1234), value(t, r, "PRAGMA busy_timeout"))
		}
	})
}

// Counts are those of the text itself.
func TestResults(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE)", "CREATE TABLE log(v)",
		"CREATE TABLE parent(id INTEGER PRIMARY KEY); CREATE TABLE child(p REFERENCES parent ON DELETE CASCADE)",
		"CREATE TABLE bare(k PRIMARY KEY, v) WITHOUT ROWID", "CREATE VIEW w AS SELECT u FROM t",
		"CREATE TRIGGER w_in INSTEAD OF INSERT ON w BEGIN INSERT INTO t(u) VALUES (new.u); END",
		"CREATE TRIGGER tell AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.u), (new.u); END")
	steps := []struct {
		text        string
		changes, id int64
	}{
		{"INSERT INTO t VALUES (10, 'a')", 1, 10},
		{"INSERT INTO t(u) VALUES ('b'), ('c')", 2, 12},
		{"INSERT OR IGNORE INTO t(u) VALUES ('a')", 0, 0},
		{"INSERT INTO t(u) VALUES ('a') ON CONFLICT DO NOTHING", 0, 0},
		{"INSERT INTO t(u) SELECT 'x' WHERE 0", 0, 0},
		{"REPLACE INTO t(u) VALUES ('a')", 1, 13},
		{"INSERT INTO t(id, u) VALUES (-5, 'm')", 1, -5},
		{"WITH n AS (SELECT 'w' AS u) INSERT INTO t(u) SELECT u FROM n", 1, 14},
		{"UPDATE t SET u = u || '!' WHERE id > 12", 2, 0},
		{"UPDATE t SET u = 1 WHERE 0", 0, 0},
		{"DELETE FROM t WHERE id = 999", 0, 0},
		{"DELETE FROM t WHERE id = -5", 1, 0},
		{"INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (1), (1), (2)", 5, 3},
		{"DELETE FROM parent WHERE id = 1", 1, 0},
		{"CREATE TABLE made AS SELECT * FROM t", 0, 0},
		{"CREATE INDEX i ON t(u)", 0, 0},
		{"ALTER TABLE made ADD COLUMN z", 0, 0},
		{"DROP TABLE made", 0, 0},
		{"PRAGMA user_version = 9", 0, 0},
		{"SELECT * FROM t", 0, 0},
		{"EXPLAIN INSERT INTO t(u) VALUES ('no')", 0, 0},
		{"ANALYZE", 0, 0}, {"REINDEX", 0, 0}, {"VACUUM", 0, 0},
		{"BEGIN; INSERT INTO t(id, u) VALUES (50, 'q'); COMMIT", 1, 50},
		{"INSERT INTO t(id, u) VALUES (60, 'r'); DELETE FROM t WHERE id = 60", 2, 60},
		{"INSERT INTO t(id, u) VALUES (70, 'a2') ON CONFLICT (u) DO UPDATE SET u = 'changed'", 1, 70},
		{"INSERT INTO t(id, u) VALUES (71, 'a2') ON CONFLICT (u) DO UPDATE SET u = 'changed'", 1, 0},
		{"INSERT INTO bare VALUES ('k', 1)", 1, 0},
		{"INSERT INTO parent VALUES (80)", 1, 80}, {"INSERT INTO child(rowid) VALUES (80)", 1, 80},
		{"INSERT INTO w VALUES ('through a view')", 0, 0},
		{"INSERT INTO t(id, u) VALUES (90, 'ret') RETURNING id", 1, 90},
		{"CREATE VIRTUAL TABLE ft USING fts5(body); INSERT INTO ft(rowid, body) VALUES (33, 'x')", 1, 33},
		{"CREATE VIRTUAL TABLE rt USING rtree(id, a, b); INSERT INTO rt VALUES (33, 1, 2)", 1, 33},
		{"INSERT INTO parent SELECT last_insert_rowid() + 1", 1, 34},
		{"DELETE FROM log", 22, 0},
	}
	for _, s := range steps {
		if dbtest.Remote() && (s.text == "ANALYZE" || s.text == "VACUUM") {
			continue // servers refuse them
		}
		res := exec(t, db, s.text)
		require.Equal(t, s.changes, affected(t, res), s.text)
		require.Equal(t, s.id, lastID(t, res), s.text)
	}
}

// Thousands of statements in one text, with an argument for each.
func TestThousandStatements(t *testing.T) {
	const n = 1000
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
	args := make([]any, n)
	for i := range args {
		args[i] = fmt.Sprint("v", i)
	}
	text := repeat("INSERT INTO t(a) VALUES (?); -- x\n", n)
	require.Equal(t, int64(n), affected(t, exec(t, db, text, args...)))
	require.Equal(t, int64(n), value(t, db, "SELECT count(*) FROM t WHERE a = 'v' || (id - 1)"))
	require.ErrorContains(t, execErr(db, text, args[1:]...), "999 arguments for 1000 parameters")
	require.Equal(t, int64(n), value(t, db, "SELECT count(*) FROM t"))
	_, err := queryAll(db, text, args...)
	require.NoError(t, err)
	require.Equal(t, int64(2*n), value(t, db, "SELECT count(*) FROM t"))
	require.NoError(t, execErr(db, "/*"+repeat("x;", 100_000)+"*/ SELECT 1"))
}

// The id is that of a row which the statement itself added, not one of a
// trigger, nor one of an earlier statement.
func TestLastInsertIDBesideTriggers(t *testing.T) {
	db := memory(t, `CREATE TABLE log(id INTEGER PRIMARY KEY, what);
		CREATE TABLE u(id INTEGER PRIMARY KEY, k UNIQUE, n); CREATE TABLE bare(k PRIMARY KEY) WITHOUT ROWID;
		CREATE TRIGGER ui AFTER INSERT ON u BEGIN INSERT INTO log(what) VALUES ('insert'); END;
		CREATE TRIGGER uu AFTER UPDATE ON u BEGIN INSERT INTO log(what) VALUES ('update'); END;
		CREATE TRIGGER bi BEFORE INSERT ON bare BEGIN INSERT INTO log(what) VALUES ('bare'); END;
		CREATE VIEW v AS SELECT * FROM u; CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO u(k) VALUES (new.k); END`)
	c := pin(t, db)
	for _, s := range []struct {
		text string
		id   int64
	}{
		{"INSERT INTO log(id) VALUES (1000)", 1000},
		{"INSERT INTO u(k) VALUES ('a')", 1},
		{"INSERT INTO log(id) VALUES (2000)", 2000},
		{"INSERT INTO u(k, n) VALUES ('a', 2) ON CONFLICT DO UPDATE SET n = excluded.n", 0},
		{"INSERT INTO bare VALUES (1)", 0},
		{"INSERT OR IGNORE INTO u(k) VALUES ('a')", 0},
		{"INSERT INTO v(k) VALUES ('b')", 0},
		{"INSERT INTO u(id, k) VALUES (2000, 'c')", 2000}, // the very id that was there before
		{"UPDATE u SET n = 3", 0},
		{"REPLACE INTO u(id, k) VALUES (2000, 'c')", 2000},
		{"INSERT INTO u(k) SELECT 'd' UNION ALL SELECT 'e'", 2002},
	} {
		require.Equal(t, s.id, lastID(t, exec(t, c, s.text)), s.text)
	}
}

// What SQLite cannot read is SQLite's to tell, whatever arguments there are.
func TestSyntaxErrorsBesideArguments(t *testing.T) {
	db := memory(t)
	for text, want := range map[string]string{
		"SELECT 1; SELECT ?99999":  "variable number must be between ?1 and ?32766",
		"SELECT ?; SELECT ?99999":  "variable number must be between ?1 and ?32766",
		"SELECT 1; SELEC ?":        "syntax error",
		"CREATE TABLE x(a); SELEC": "1 arguments",
	} {
		_, err := db.Exec(text, 1)
		require.ErrorContains(t, err, want, text)
	}
}
