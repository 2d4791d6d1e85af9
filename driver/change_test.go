package driver_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// changes collects what OnChange tells.
type changes struct {
	t    testing.TB
	mu   sync.Mutex
	all  []driver.Change
	told chan struct{}
	stop func()
}

func listen(t testing.TB, db *sql.DB) *changes {
	t.Helper()
	c := &changes{t: t, told: make(chan struct{}, 1)}
	stop, err := driver.OnChange(db, func(ch driver.Change) {
		c.mu.Lock()
		c.all = append(c.all, ch)
		c.mu.Unlock()
		select {
		case c.told <- struct{}{}:
		default:
		}
	})
	require.NoError(t, err)
	c.stop = stop
	t.Cleanup(stop)
	return c
}

// until waits for a change that ends with the text, and returns all that came
// up to it, one line each.
func (c *changes) until(last string) (lines []string) {
	c.t.Helper()
	late := time.After(30 * time.Second)
	for {
		c.mu.Lock()
		for i, ch := range c.all {
			if strings.HasSuffix(ch.String(), last) {
				for _, ch := range c.all[:i+1] {
					lines = append(lines, ch.String())
				}
				c.all = c.all[i+1:]
				c.mu.Unlock()
				return lines
			}
		}
		all := fmt.Sprint(c.all)
		c.mu.Unlock()
		select {
		case <-c.told:
		case <-late:
			c.t.Fatalf("no %q came, but %s", last, all)
		}
	}
}

// What is told of each kind of statement.
func TestOnChange(t *testing.T) {
	for _, tt := range []struct{ name, setup, run, want string }{
		{"insert", "CREATE TABLE t(a)", "INSERT INTO t VALUES (1), (2)", "insert main.t 1, insert main.t 2"},
		{"update", "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)", "UPDATE t SET a = 3 WHERE rowid = 2", "update main.t 2"},
		{"delete", "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)", "DELETE FROM t WHERE a = 2", "delete main.t 2"},
		{"nothing", "CREATE TABLE t(a)", "UPDATE t SET a = 3", ""},
		{"truncate", "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)", "DELETE FROM t", "delete main.t 1, delete main.t 2"},
		{"upsert", "CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1)",
			"INSERT INTO t VALUES (1, 2), (2, 2) ON CONFLICT DO UPDATE SET a = excluded.a", "update main.t 1, insert main.t 2"},
		{"replace of the rowid", "CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1)", "REPLACE INTO t VALUES (1, 2)", "insert main.t 1"},
		{"replace", "CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE); INSERT INTO t VALUES (1, 1)",
			"INSERT OR REPLACE INTO t VALUES (2, 1)", "insert main.t 2, table main.t"},
		{"replace in the table", "CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE ON CONFLICT REPLACE); INSERT INTO t VALUES (1, 1)",
			"INSERT INTO t VALUES (2, 1)", "insert main.t 2, table main.t"},
		{"replace in a trigger", "CREATE TABLE t(a); CREATE TABLE u(a UNIQUE); CREATE TRIGGER tr AFTER INSERT ON t BEGIN REPLACE INTO u VALUES (1); END",
			"INSERT INTO t VALUES (1)", "insert main.t 1, insert main.u 1, table main.u"},
		{"replace()", "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES ('a')", "UPDATE t SET a = replace (a, 'a', 'b')", "update main.t 1"},
		{"without rowid", "CREATE TABLE t(a PRIMARY KEY) WITHOUT ROWID", "INSERT INTO t VALUES (1), (2)", "table main.t"},
		{"without rowid, nothing", "CREATE TABLE t(a PRIMARY KEY) WITHOUT ROWID", "DELETE FROM t WHERE a = 1", ""},
		{"without rowid, a column rowid", "CREATE TABLE t(rowid PRIMARY KEY) WITHOUT ROWID", "INSERT INTO t VALUES (1), (2)", "table main.t"},
		{"key", "CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1)", "UPDATE t SET id = 5", "update main.t 5, table main.t"},
		{"rowid", "CREATE TABLE t(a); INSERT INTO t VALUES (1)", "UPDATE t SET rowid = 5", "update main.t 5, table main.t"},
		{"trigger", "CREATE TABLE t(a); CREATE TABLE log(a); CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END",
			"INSERT INTO t VALUES (1)", "insert main.t 1, insert main.log 1"},
		{"trigger on a table without rowid", "CREATE TABLE t(a); CREATE TABLE log(a PRIMARY KEY) WITHOUT ROWID; CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END",
			"INSERT INTO t VALUES (1)", "insert main.t 1, table main.log"},
		{"cascade", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p ON DELETE CASCADE); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1), (1)",
			"DELETE FROM p", "delete main.p 1, delete main.c 1, delete main.c 2"},
		{"cascade to a table without rowid", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p PRIMARY KEY REFERENCES p ON DELETE SET NULL ON UPDATE CASCADE) WITHOUT ROWID; INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)",
			"UPDATE p SET id = 2", "update main.p 2, table main.p, table main.c"},
		{"view", "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.a); END",
			"INSERT INTO v VALUES (1)", "insert main.t 1"},
		{"create", "", "CREATE TABLE t(a)", "table main.t"},
		{"create as", "", "CREATE TABLE t AS SELECT 1 AS a", "table main.t"},
		{"alter", "CREATE TABLE t(a)", "ALTER TABLE t ADD COLUMN b", "table main.t"},
		{"drop", "CREATE TABLE t(a); INSERT INTO t VALUES (1)", "DROP TABLE t", "table main.t"},
		{"index", "CREATE TABLE t(a)", "CREATE INDEX i ON t(a)", ""},
		{"autoincrement", "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT)", "INSERT INTO t DEFAULT VALUES", "insert main.t 1"},
		{"temporary", "CREATE TABLE t(a)", "CREATE TEMP TABLE x(a); INSERT INTO x VALUES (1)", "" /* nothing */},
		{"full text", "CREATE VIRTUAL TABLE t USING fts5(a)", "INSERT INTO t VALUES ('one')", "table main.t"},
		{"full text, cached", "CREATE VIRTUAL TABLE t USING fts5(a); INSERT INTO t VALUES ('zero')", "DELETE FROM t", "table main.t"},
		{"vectors", "CREATE TABLE t(v F32_BLOB(2)); CREATE INDEX i ON t(libsql_vector_idx(v))", "INSERT INTO t VALUES (vector('[1,2]'))", "insert main.t 1"},
		{"rows and RETURNING", "CREATE TABLE t(a)", "INSERT INTO t VALUES (1), (2) RETURNING a", "insert main.t 1, insert main.t 2"},
		{"explain", "CREATE TABLE t(a)", "EXPLAIN INSERT INTO t VALUES (1)", ""},
		{"case", "CREATE TABLE Tab(a)", "INSERT INTO tAB VALUES (1)", "insert main.Tab 1"},

		{"transaction", "CREATE TABLE t(a)", "BEGIN; INSERT INTO t VALUES (1); UPDATE t SET a = 2; DELETE FROM t; COMMIT", "insert main.t 1, update main.t 1, delete main.t 1"},
		{"rollback", "CREATE TABLE t(a)", "BEGIN; INSERT INTO t VALUES (1); ROLLBACK", ""},
		{"rollback to", "CREATE TABLE t(a)", "BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s; INSERT INTO t VALUES (3); COMMIT",
			"insert main.t 1, insert main.t 2"},
		{"nested savepoints", "CREATE TABLE t(id INTEGER PRIMARY KEY)",
			"BEGIN; SAVEPOINT a; INSERT INTO t VALUES (1); SAVEPOINT b; INSERT INTO t VALUES (2); RELEASE b; SAVEPOINT c; INSERT INTO t VALUES (3); SAVEPOINT a; INSERT INTO t VALUES (4); ROLLBACK TO c; INSERT INTO t VALUES (5); COMMIT",
			"insert main.t 1, insert main.t 2, insert main.t 5"},
		{"rollback to one before the first write", "CREATE TABLE t(id INTEGER PRIMARY KEY)",
			"BEGIN; SAVEPOINT a; SAVEPOINT b; INSERT INTO t VALUES (1); ROLLBACK TO a; INSERT INTO t VALUES (2); COMMIT", "insert main.t 2"},
		{"savepoint as a transaction", "CREATE TABLE t(id INTEGER PRIMARY KEY)",
			"SAVEPOINT a; INSERT INTO t VALUES (1); ROLLBACK TO a; INSERT INTO t VALUES (2); RELEASE a", "insert main.t 2"},
		{"savepoint without rowid", "CREATE TABLE t(a PRIMARY KEY) WITHOUT ROWID",
			"BEGIN; SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s; COMMIT", ""},
		{"truncate in a savepoint", "CREATE TABLE t(a); INSERT INTO t VALUES (1)", "BEGIN; SAVEPOINT s; DELETE FROM t; ROLLBACK TO s; DELETE FROM t; COMMIT", "delete main.t 1"},
		{"drop in a savepoint", "CREATE TABLE t(a); INSERT INTO t VALUES (1)", "BEGIN; SAVEPOINT s; DROP TABLE t; ROLLBACK TO s; COMMIT", ""},

		{"abort", "CREATE TABLE t(a UNIQUE)", "INSERT INTO t VALUES (1), (1) --fails", ""},
		{"abort in a transaction", "CREATE TABLE t(a UNIQUE)", "BEGIN; INSERT INTO t VALUES (0); INSERT INTO t VALUES (1), (1) --fails\n; COMMIT", "insert main.t 1"},
		{"fail", "CREATE TABLE t(a UNIQUE)", "INSERT OR FAIL INTO t VALUES (1), (1) --fails", "insert main.t 1"},
		{"fail in a transaction", "CREATE TABLE t(a UNIQUE)", "BEGIN; INSERT OR FAIL INTO t VALUES (1), (1) --fails\n; COMMIT", "insert main.t 1"},
		{"fail in a trigger", "CREATE TABLE t(a); CREATE TABLE log(a); CREATE TRIGGER tr BEFORE INSERT ON t BEGIN INSERT INTO log VALUES (1); SELECT RAISE(FAIL, 'no'); END",
			"BEGIN; INSERT INTO t VALUES (1) --fails\n; COMMIT", "insert main.log 1"},
		{"abort in a trigger", "CREATE TABLE t(a); CREATE TABLE log(a); CREATE TRIGGER tr BEFORE INSERT ON t BEGIN INSERT INTO log VALUES (1); SELECT RAISE(ABORT, 'no'); END",
			"BEGIN; INSERT INTO t VALUES (1) --fails\n; COMMIT", ""},
		{"ignore in a trigger", "CREATE TABLE t(a); CREATE TABLE log(a); CREATE TRIGGER tr BEFORE INSERT ON t BEGIN INSERT INTO log VALUES (1); SELECT RAISE(IGNORE); END",
			"INSERT INTO t VALUES (1)", "insert main.log 1"},
		{"or ignore", "CREATE TABLE t(a UNIQUE)", "INSERT OR IGNORE INTO t VALUES (1), (1), (2)", "insert main.t 1, insert main.t 2"},
		{"or rollback", "CREATE TABLE t(a UNIQUE)", "BEGIN; INSERT INTO t VALUES (1); INSERT OR ROLLBACK INTO t VALUES (1) --fails\n; ROLLBACK", ""},
		{"foreign key", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p)", "BEGIN; INSERT INTO p VALUES (1); INSERT INTO c VALUES (1), (2) --fails\n; COMMIT", "insert main.p 1"},
		{"deferred foreign key", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
			"BEGIN; INSERT INTO c VALUES (2); COMMIT --fails\n; INSERT INTO p VALUES (2); COMMIT", "insert main.c 1, insert main.p 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, dsn := range []string{":memory:", filepath.Join(t.TempDir(), "a.db") + "?_journal_mode=DELETE&_synchronous=OFF"} {
				db := open(t, dsn)
				conn := pin(t, db)
				exec(t, conn, "CREATE TABLE mark(a); CREATE TABLE mark2(a PRIMARY KEY) WITHOUT ROWID; "+tt.setup)
				c := listen(t, db)
				for _, stmt := range strings.Split(tt.run, "\n") {
					for _, one := range strings.SplitAfter(stmt, ";") {
						if strings.Contains(tt.run, "TRIGGER") {
							one = stmt
						}
						if one = strings.Trim(one, "; "); one == "" {
							continue
						}
						_, err := conn.ExecContext(t.Context(), one)
						require.Equal(t, strings.Contains(one, "--fails"), err != nil, "%s: %v", one, err)
					}
				}
				exec(t, conn, "INSERT INTO mark VALUES (1)")
				got := c.until("mark 1")
				require.Equal(t, tt.want, strings.Join(got[:len(got)-1], ", "), dsn)
			}
		})
	}
}
