package callbacks

import (
	"database/sql"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func kinds(all []Advice) (out []AdviceKind) {
	for _, a := range all {
		out = append(out, a.Kind)
	}
	return out
}

func titles(all []Advice) string {
	var out []string
	for _, a := range all {
		out = append(out, a.Title)
	}
	return strings.Join(out, "\n")
}

func TestAdviceOnRepeatedQueries(t *testing.T) {
	loop := Frame{Function: "shop.list", File: "shop.go", Line: 17}
	for name, c := range map[string]struct {
		sql       string
		rows      int64
		max       int64
		parent    string
		wantTitle string
	}{
		"N+1":               {"SELECT * FROM tags WHERE user_id = ?", 300, 50, "", "shop.go:17: a loop asks 50 times for what one query could return"},
		"one row each":      {"SELECT * FROM users WHERE id = ? LIMIT ?", 100, 50, "", "shop.go:17: a loop asks 50 times for what one query could return"},
		"of a hook":         {"SELECT * FROM tags WHERE user_id = ?", 300, 50, "p", "shop.go:17: a loop asks 50 times for what one query could return"},
		"pages by OFFSET":   {"SELECT * FROM tags WHERE kind = ? ORDER BY id LIMIT ? OFFSET ?", 50, 50, "", ""},
		"pages by key":      {"SELECT * FROM tags WHERE id > ? AND kind = ? ORDER BY id LIMIT ?", 10000, 50, "", ""},
		"batches":           {"SELECT * FROM tags WHERE id > ? ORDER BY id LIMIT ?", 10000, 50, "", ""},
		"nothing to ask by": {"SELECT * FROM settings", 100, 50, "", ""},
		"a constant":        {"SELECT * FROM jobs WHERE state = 'queued'", 100, 50, "", ""},
		"no query":          {"UPDATE tags SET n = ? WHERE id = ?", 0, 5, "", ""},
	} {
		r := &Report{
			Shapes: []Shape{{ID: "s", SQL: c.sql, Measures: Measures{Count: 100, Rows: c.rows}}, {ID: "p", SQL: "SELECT * FROM users"}},
			Repeated: []Repeated{{ShapeID: "s", SQL: c.sql, Caller: loop, Parent: c.parent, Runs: 2, Count: 100, Max: c.max,
				Self: 3 * time.Millisecond, Last: noon}},
		}
		all := repeatedQueries(r)
		require.Equal(t, c.wantTitle, titles(all), name)
		if c.wantTitle == "" {
			continue
		}
		require.Equal(t, []Frame{loop}, all[0].Callers)
		require.Contains(t, all[0].Evidence[0], "2 times, with up to 50 queries each, 100 in all, in 3ms")
		if c.parent != "" {
			require.Contains(t, all[0].Evidence, "caused by: SELECT * FROM users")
		}
	}
}

func TestAdviceOnSeparateWrites(t *testing.T) {
	insert := "INSERT INTO t(a) VALUES (?)"
	for name, c := range map[string]struct {
		sql        string
		max, alone int64
		want       string
	}{
		"inserts":          {insert, 40, 80, "the program: a loop commits 40 times"},
		"updates":          {"UPDATE t SET a = ? WHERE id = ?", 40, 80, "the program: a loop commits 40 times"},
		"queries":          {"SELECT * FROM t WHERE id = ?", 40, 80, ""},
		"in a transaction": {insert, 40, 0, ""},
		"now and then":     {insert, 40, 5, ""},
	} {
		r := &Report{Shapes: []Shape{{ID: "s", SQL: c.sql}},
			Repeated: []Repeated{{ShapeID: "s", SQL: c.sql, Runs: 2, Count: 2 * c.max, Max: c.max, Alone: c.alone, Last: noon}}}
		require.Equal(t, c.want, titles(separateWrites(r)), name)
	}
}

func TestAdviceOnLongTransactions(t *testing.T) {
	job, web, other := Frame{File: "job.go", Line: 3}, Frame{File: "web.go", Line: 9}, Frame{File: "other.go", Line: 1}
	r := &Report{
		Transactions: []Transaction{
			{Caller: job, Locked: 900 * time.Millisecond, InEngine: 20 * time.Millisecond, Blocked: 2, BlockedTime: 700 * time.Millisecond},
			{Caller: job, Locked: 300 * time.Millisecond, InEngine: 10 * time.Millisecond, Blocked: 1, BlockedTime: 100 * time.Millisecond},
			{Caller: other, Locked: 5 * time.Second},                                                    // nobody waited
			{Caller: web, Locked: 20 * time.Millisecond, Blocked: 1, BlockedTime: 9 * time.Millisecond}, // not for long
			{Caller: web, Duration: time.Hour},                                                          // only read
		},
		LockWaits: []LockWait{{Caller: web, Holder: job, Duration: 600 * time.Millisecond, SQL: "UPDATE carts SET n = ?"}, {Caller: other, Duration: time.Second}},
	}
	all := longTransactions(r)
	require.Equal(t, "job.go:3: others waited 800ms for its transactions", titles(all))
	require.Equal(t, []Frame{job, web}, all[0].Callers)
	require.Equal(t, []string{
		"2 transactions held the write lock for 1.2s, the longest for 900ms; 3 waits fell into that time",
		"for 1.17s of it the program did other things than run statements",
		"web.go:9 waited 600ms: UPDATE carts SET n = ?",
	}, all[0].Evidence)
}

func TestAdviceOnManyTexts(t *testing.T) {
	shape := func(sql string, texts, count int64) Shape {
		return Shape{ID: "s", SQL: sql, Table: "t", Texts: texts, Measures: Measures{Count: count}}
	}
	r := &Report{Shapes: []Shape{
		shape("SELECT * FROM t WHERE id = ?", 900, 1000),
		shape("SELECT * FROM t WHERE id IN (?)", 60, 1000),
		shape("SELECT * FROM t WHERE a = ?", 20, 20),
		shape("SAVEPOINT ?", 900, 1000),
		shape("INSERT INTO t(id) VALUES (?)", 80, 90),
		shape("SELECT * FROM t WHERE b IN (?)", 60, 70),
		shape("INSERT INTO t(b) VALUES (?)", 80, 90),
	}}
	for i, text := range []string{"SELECT * FROM t WHERE id = 1", "", "", "", "INSERT INTO t(id) VALUES (?),(?)", "SELECT * FROM t WHERE b IN (?,?)", "INSERT INTO t(b) VALUES (7)"} {
		r.Shapes[i].sample = &shapeSample{text}
	}
	all := manyTexts(r)
	require.Equal(t, "t: most of its 1,000 runs had a text of their own\nt: most of its 70 runs had a text of their own\nt: most of its 90 runs had a text of their own", titles(all),
		"not rows that are inserted as many at once as there were")
	require.Contains(t, all[0].Why, "injection")
	require.NotContains(t, all[1].Why, "injection")
	require.Equal(t, "use json_each(?) for a list of any length, with the values as one JSON array", all[1].Go)
	require.Equal(t, []string{"900 texts in 1,000 runs: SELECT * FROM t WHERE id = ?"}, all[0].Evidence)
}

// The engine's own count, of a program that changes the schema all the time.
func TestAdviceOnReprepares(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	for name, c := range map[string]struct {
		sql, between string
		args         func(i int) []any
		why          string
	}{
		"the schema changes": {"SELECT a FROM t WHERE id = ?", "CREATE TEMP TABLE IF NOT EXISTS x(a); DROP TABLE temp.x", func(i int) []any { return []any{i} }, "The schema changed"},
		"a pattern":          {"SELECT a FROM t WHERE a LIKE ?", "", func(i int) []any { return []any{string(rune('a'+i%26)) + "%"} }, "SQLite looks at the value"},
		"all is well":        {"SELECT a FROM t WHERE id = ?", "", func(i int) []any { return []any{i} }, ""},
		"a hidden pattern":   {"SELECT a FROM t WHERE a LIKE ? || ''", "", func(i int) []any { return []any{string(rune('a'+i%26)) + "%"} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			db, m := metered(t, dbtest.Memory(t), "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE); CREATE INDEX t_a ON t(a)")
			require.NoError(t, db.Connection(func(tx *gorm.DB) error {
				conn := tx.Statement.ConnPool.(*sql.Conn)
				for i := range 60 {
					rows, err := conn.QueryContext(t.Context(), c.sql, c.args(i)...)
					require.NoError(t, err)
					require.NoError(t, rows.Close())
					if c.between != "" {
						dbtest.Exec(t, conn, c.between)
					}
				}
				return nil
			}))
			all := reprepared(m.report())
			if c.why == "" {
				require.Empty(t, all)
				return
			}
			require.Len(t, all, 1)
			require.Contains(t, all[0].Why, c.why)
		})
	}
}

// withAdviser calls fn with what advise works with.
func withAdviser(t *testing.T, db *gorm.DB, fn func(a *indexAdviser)) {
	t.Helper()
	require.NoError(t, withConn(db, func(c *driver.Conn) error {
		a, done, err := newIndexAdviser(withOwn(t.Context()), c)
		require.NoError(t, err)
		defer done()
		fn(a)
		return nil
	}))
}

func TestAdviceOnIndexes(t *testing.T) {
	db, m := metered(t, dbtest.DSN(t), `
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c TEXT, p INT REFERENCES parent(id), j TEXT, d INT, UNIQUE(b, c));
CREATE TABLE parent(id INTEGER PRIMARY KEY, n INT);
CREATE INDEX t_a ON t(a);            -- a prefix of t_ab
CREATE INDEX t_ab ON t(a, b);
CREATE INDEX t_ab2 ON t("a", [b]);   -- the same
CREATE INDEX t_ad ON t(d DESC, b);
CREATE UNIQUE INDEX t_ua ON t(a, id);
CREATE INDEX t_b ON t(b);            -- a prefix of UNIQUE(b, c)
CREATE INDEX t_bn ON t(b) WHERE c IS NULL;
CREATE INDEX t_cn ON t(c COLLATE NOCASE);
CREATE INDEX t_c ON t(c);
CREATE INDEX t_p ON t(p);            -- for the foreign key
CREATE INDEX t_j ON t(json_extract(j, '$.x'));
CREATE INDEX t_j2 ON t(json_extract( j,'$.x' ), a);
CREATE INDEX t_j3 ON t(json_extract(j, '$.y'));
CREATE TABLE v(id INTEGER PRIMARY KEY, e F32_BLOB(2));
CREATE INDEX v_e ON v(libsql_vector_idx(e));
CREATE TABLE quiet(id INTEGER PRIMARY KEY, a INT);
CREATE INDEX quiet_a ON quiet(a);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i < 50) INSERT INTO t(a, b, c) SELECT i, i, 'c'||i FROM n;`)
	for range leastUses {
		run(t, db, "SELECT * FROM t WHERE a = ? AND b = ?", []any{1, 2}, 1)
		run(t, db, "SELECT * FROM t WHERE json_extract(j, '$.x') = ?", []any{1}, 1)
		run(t, db, "UPDATE t SET j = '{}' WHERE id = ?", []any{3}, 1)
	}
	run(t, db, "SELECT * FROM t WHERE c LIKE ?", []any{"c1%"}, 1)
	run(t, db, "SELECT * FROM quiet WHERE id = ?", []any{1}, 1)
	r := m.report()
	for i := range r.Shapes {
		r.Shapes[i].Table = "t"
	}
	all, err := advise(db, r)
	require.NoError(t, err)
	var got []string
	for _, a := range all {
		got = append(got, string(a.Kind)+": "+a.SQL)
	}
	require.ElementsMatch(t, []string{
		"duplicate index: DROP INDEX `t_a`",
		"duplicate index: DROP INDEX `t_ab2`",
		"duplicate index: DROP INDEX `t_b`",
		"duplicate index: DROP INDEX `t_j`",
		"unused index: DROP INDEX `t_ad`",
		"unused index: DROP INDEX `t_bn`",
		"unused index: DROP INDEX `t_j3`",
	}, got)
	for _, a := range all {
		if a.Kind == AdviceUnusedIndex {
			require.Contains(t, a.Title, "for 1h0m0s")
		}
	}

	r.Rest.Shapes.Count = 1
	all, err = advise(db, r)
	require.NoError(t, err)
	require.NotContains(t, kinds(all), AdviceUnusedIndex, "who knows what the rest used")

	withAdviser(t, db, func(a *indexAdviser) {
		require.Empty(t, a.t.broken)
		require.False(t, a.t.catalog.has("v_e_shadow_2"))
	})
}

func TestAdviceOnForeignKeys(t *testing.T) {
	db, m := metered(t, dbtest.DSN(t), `
CREATE TABLE parent(id INTEGER PRIMARY KEY, n INT);
CREATE TABLE child(id INTEGER PRIMARY KEY, parent_id INT REFERENCES parent(id) ON DELETE CASCADE, v INT);
CREATE TABLE fine(id INTEGER PRIMARY KEY, parent_id INT REFERENCES parent(id));
CREATE INDEX fine_p ON fine(parent_id);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i < 500) INSERT INTO parent SELECT i, 0 FROM n;
INSERT INTO child SELECT id, id, 0 FROM parent; INSERT INTO fine SELECT id, 400 + id % 100 FROM parent;`)
	for id := range 5 {
		run(t, db, "DELETE FROM parent WHERE id = ?", []any{id + 1}, 1)
	}
	all, err := advise(db, m.report())
	require.NoError(t, err)
	require.Equal(t, []AdviceKind{AdviceForeignKey}, kinds(all), all)
	require.Equal(t, "CREATE INDEX `idx_child_parent_id` ON `child`(`parent_id`)", all[0].SQL)
	require.Equal(t, "tag the field of parent_id: `gorm:\"index:idx_child_parent_id\"`", all[0].Go)
	require.Contains(t, all[0].Trials[0].After.String(), "SEARCH child USING COVERING INDEX idx_child_parent_id (parent_id=?)")
}

func TestAdviceIsData(t *testing.T) {
	db, m := metered(t, dbtest.DSN(t), `
CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT, deleted_at DATETIME);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i < 1000) INSERT INTO users SELECT i, 'u'||i, NULL FROM n;`)
	run(t, db, "SELECT * FROM users WHERE email = ?", []any{"u7"}, 4)
	r := m.report()
	r.Shapes[0].Times.Engine = 3 * time.Millisecond
	r.Shapes[0].Callers = []CallerUse{{Frame: Frame{File: "shop.go", Line: 3}, Count: 4}, {}}
	all, err := advise(db, r)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "users: an index on (`email`) leaves out rows that are read for nothing\n"+
		"  1,000 rows of the table are looked at for each that is wanted. With the index only those are read that match.\n"+
		"  - 4 runs read 4,000 rows (1,000 each) and returned 4, in 3ms: SELECT * FROM users WHERE email = ?\n"+
		"  SQL: CREATE INDEX `idx_users_email` ON `users`(`email`)\n"+
		"  Go: tag the field of email: `gorm:\"index:idx_users_email\"`\n"+
		"  SELECT * FROM users WHERE email = ?\n"+
		"    before\n    `--SCAN users\n"+
		"    after\n    `--SEARCH users USING INDEX idx_users_email (email=?)\n", all[0].String())
	text, err := json.Marshal(all)
	require.NoError(t, err)
	var back []Advice
	require.NoError(t, json.Unmarshal(text, &back))
	all[0].weight = 0 // is not for others
	require.Equal(t, all, back)
	require.Equal(t, []Frame{{File: "shop.go", Line: 3}}, all[0].Callers)
}

// Nothing of the database is changed, and nothing is left open.
func TestAdviseOnlyReads(t *testing.T) {
	db, m := metered(t, dbtest.DSN(t), shopSchema+shopRows)
	run(t, db, labels[0].sql, labels[0].args, 4)
	r := m.report()
	var before, after string
	state := "SELECT (SELECT group_concat(name||sql) FROM sqlite_schema)||(SELECT data_version FROM pragma_data_version)||total_changes()"
	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		require.NoError(t, tx.Raw(state).Scan(&before).Error)
		all, err := advise(tx, r)
		require.NoError(t, err)
		require.Len(t, all, 1)
		return tx.Raw(state).Scan(&after).Error
	}))
	require.Equal(t, before, after)
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Exec("CREATE INDEX mine ON users(email)").Error)
		all, err := advise(tx, r)
		require.Empty(t, all, "the transaction has the index already")
		return err
	}))
}
