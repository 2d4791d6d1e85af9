package driver_test

import (
	"database/sql"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// What is told of each kind of statement.
func TestOnChange(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
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
				c := dbtest.Listen(t, db)
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
				got := c.Lines("mark 1")
				require.Equal(t, tt.want, strings.Join(got[:len(got)-1], ", "), dsn)
			}
		})
	}
}

// A pool tells of what another one on the same file has written, whatever the
// path to it is; two memory databases of a name are one, too.
func TestOnChangeOfAnotherPool(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	link := filepath.Join(dir, "link.db")
	require.NoError(t, os.Symlink(path, link))
	for _, dsns := range [][2]string{{path, link}, {"file:changes?mode=memory&cache=shared", "file:changes?mode=memory&cache=shared"}} {
		a, b := open(t, dsns[0]), open(t, dsns[1])
		exec(t, a, "CREATE TABLE t(a)")
		before := pin(t, b) // a connection that is open already
		exec(t, before, "INSERT INTO t VALUES (0)")
		c := dbtest.Listen(t, a)
		exec(t, before, "INSERT INTO t VALUES (1)")
		exec(t, open(t, dsns[1]), "INSERT INTO t VALUES (2)")
		require.Equal(t, []string{"insert main.t 2", "insert main.t 3"}, c.Lines("main.t 3"))
		c.Stop()
		exec(t, before, "INSERT INTO t VALUES (3)")
		other := dbtest.Listen(t, b)
		exec(t, a, "INSERT INTO t VALUES (4)")
		require.Equal(t, []string{"insert main.t 5"}, other.Lines("main.t 5"))
		require.Empty(t, c.Rest())
	}
}

// What goes around SQL is told, too.
func TestOnChangeOfCopies(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db, src := open(t, ":memory:"), open(t, filepath.Join(t.TempDir(), "src.db"))
	exec(t, db, "CREATE TABLE t(a)")
	exec(t, src, "CREATE TABLE u(a)")
	var copied strings.Builder
	must(t, src, func(c *driver.Conn) error { return c.Serialize(t.Context(), &copied, driver.BackupOptions{}) })
	c := dbtest.Listen(t, db)
	must(t, db, func(c *driver.Conn) error {
		return c.Deserialize(t.Context(), strings.NewReader(copied.String()), driver.RestoreOptions{})
	})
	require.Equal(t, []string{"database"}, c.Lines("database"))
	exec(t, db, "INSERT INTO u VALUES (1)")
	require.Equal(t, []string{"insert main.u 1"}, c.Lines("main.u 1"))
	exec(t, db, "VACUUM")
	require.Equal(t, []string{"database"}, c.Lines("database"))
}

// A blob that is written is an update of its row, in the order of the others.
func TestOnChangeOfBlobs(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, ":memory:")
	exec(t, db, "CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(10)), (zeroblob(10))")
	c := dbtest.Listen(t, db)
	conn := pin(t, db)
	write := func(rowid int64) {
		must(t, conn, func(c *driver.Conn) error {
			b, err := c.OpenBlob(t.Context(), driver.BlobOptions{Table: "t", Column: "a", RowID: rowid, Write: true})
			require.NoError(t, err)
			_, err = b.WriteAt([]byte("ab"), 2)
			require.NoError(t, err)
			_, err = b.WriteAt([]byte("c"), 5)
			require.NoError(t, err)
			return b.Close()
		})
	}
	write(2)
	exec(t, conn, "BEGIN")
	write(1)
	exec(t, conn, "SAVEPOINT s")
	write(2)
	exec(t, conn, "ROLLBACK TO s; INSERT INTO t VALUES (1); COMMIT; BEGIN")
	write(1)
	exec(t, conn, "ROLLBACK; INSERT INTO t VALUES (2)")
	require.Equal(t, []string{"update main.t 2", "update main.t 1", "insert main.t 3", "insert main.t 4"}, c.Lines("main.t 4"))
}

// Batches, statements and rows are told of as statements are.
func TestOnChangeOfBatches(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, ":memory:")
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY)")
	c := dbtest.Listen(t, db)
	conn := pin(t, db)
	must(t, conn, func(c *driver.Conn) error {
		_, err := c.Batch(t.Context(), "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
		require.NoError(t, err)
		_, err = c.Batch(t.Context(), "INSERT INTO t VALUES (3); INSERT INTO t VALUES (1)")
		require.Error(t, err)
		_, err = c.ExecContext(t.Context(), "BEGIN; INSERT INTO t VALUES (4)", nil)
		require.NoError(t, err)
		_, err = c.Batch(t.Context(), "INSERT INTO t VALUES (5); INSERT INTO t VALUES (1)")
		require.Error(t, err)
		_, err = c.Batch(t.Context(), "INSERT INTO t VALUES (6)")
		require.NoError(t, err)
		_, err = c.ExecContext(t.Context(), "COMMIT", nil)
		require.NoError(t, err)
		st, err := c.Statement(t.Context(), "INSERT INTO t VALUES (?) RETURNING id")
		require.NoError(t, err)
		require.NoError(t, st.Exec(7))
		require.Error(t, st.Exec(7))
		st.BindInt64(1, 8)
		require.True(t, st.Next())
		return st.Close()
	})
	require.Equal(t, "insert main.t 1, insert main.t 2, insert main.t 4, insert main.t 6, insert main.t 7, insert main.t 8",
		strings.Join(c.Lines("main.t 8"), ", "))
}

// A transaction that had begun when somebody came to listen is told without
// details, and what comes later in full.
func TestOnChangeInTheMiddle(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, ":memory:")
	exec(t, db, "CREATE TABLE t(a)")
	conn := pin(t, db)
	exec(t, conn, "BEGIN; INSERT INTO t VALUES (1)")
	c := dbtest.Listen(t, db)
	exec(t, conn, "INSERT INTO t VALUES (2); COMMIT; INSERT INTO t VALUES (3)")
	require.Equal(t, []string{"database", "insert main.t 2", "insert main.t 3"}, c.Lines("main.t 3"))
	exec(t, conn, "BEGIN; INSERT INTO t VALUES (4)")
	c.Stop()
	exec(t, conn, "INSERT INTO t VALUES (5); COMMIT")
	require.Empty(t, c.Rest())
}

// Above MaxChanges rows the tables are told instead.
func TestOnChangeOfTooMany(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, ":memory:")
	exec(t, db, "CREATE TABLE t(a); CREATE TABLE u(a); CREATE TABLE v(a)")
	c := dbtest.Listen(t, db)
	const many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10001) INSERT INTO %s SELECT i FROM n"
	exec(t, db, "BEGIN; INSERT INTO u VALUES (1); "+fmt.Sprintf(many, "t")+"; SAVEPOINT s; INSERT INTO v VALUES (1); ROLLBACK TO s; COMMIT")
	exec(t, db, "INSERT INTO u VALUES (2)")
	require.Equal(t, []string{"table main.u", "table main.t", "table main.v", "insert main.u 2"}, c.Lines("main.u 2"))
	// What is undone altogether leaves nothing.
	exec(t, db, "BEGIN; SAVEPOINT s; "+fmt.Sprintf(many, "t")+"; ROLLBACK TO s; INSERT INTO u VALUES (3); COMMIT")
	require.Equal(t, []string{"insert main.u 3"}, c.Lines("main.u 3"))
	exec(t, db, "BEGIN; "+fmt.Sprintf(many, "t")+"; ROLLBACK; INSERT INTO u VALUES (4)")
	require.Equal(t, []string{"insert main.u 4"}, c.Lines("main.u 4"))
	// As many as there may be are told one by one.
	exec(t, db, "DELETE FROM t WHERE rowid = 1; INSERT INTO v VALUES (0)")
	require.Len(t, c.Lines("main.v 1"), 2)
	exec(t, db, "DELETE FROM t")
	require.Len(t, c.Lines("delete main.t 10001"), driver.MaxChanges)
}

// Writers do not wait for a slow consumer, who gets the tables in the end.
func TestOnChangeThatIsSlow(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, ":memory:")
	exec(t, db, "CREATE TABLE t(a); CREATE TABLE u(a)")
	release, began := make(chan struct{}), make(chan struct{})
	var got []string
	done := make(chan struct{})
	stop, err := driver.OnChange(db, func(ch driver.Change) {
		if len(got) == 0 {
			close(began)
			<-release
		}
		got = append(got, ch.String())
		if ch.Table == "u" && ch.RowID == 2 {
			close(done)
		}
	})
	require.NoError(t, err)
	defer stop()
	exec(t, db, "INSERT INTO t VALUES (0)")
	<-began
	exec(t, db, "INSERT INTO u VALUES (1)")
	for range 3 {
		exec(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 6000) INSERT INTO t SELECT i FROM n")
	}
	exec(t, db, "DELETE FROM t WHERE rowid = 1; INSERT INTO u VALUES (2)")
	close(release)
	<-done
	require.Equal(t, "table main.u", got[1])
	require.Equal(t, "table main.t", got[2])
	require.Equal(t, "insert main.u 2", got[len(got)-1])
	require.Equal(t, "delete main.t 1", got[len(got)-2])
	require.Len(t, got, 6003+2)
}

// A consumer may write, stop itself, panic and end its goroutine.
func TestConsumers(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	exec(t, db, "CREATE TABLE t(a); CREATE TABLE log(a)")
	var stop func()
	told := make(chan int64, 100)
	ready := make(chan struct{})
	stop, err := driver.OnChange(db, func(ch driver.Change) {
		<-ready
		if ch.Table != "t" {
			return
		}
		defer func() { told <- ch.RowID }()
		switch ch.RowID {
		case 1:
			_, err := db.Exec("INSERT INTO log VALUES (?)", ch.RowID)
			require.NoError(t, err)
		case 2:
			panic("on purpose")
		case 3:
			runtime.Goexit()
		case 5:
			stop()
		}
	})
	require.NoError(t, err)
	close(ready)
	log.SetOutput(io.Discard)
	defer log.SetOutput(os.Stderr)
	exec(t, db, "INSERT INTO t VALUES (1), (2), (3), (4), (5), (6)")
	for i := int64(1); i <= 5; i++ {
		require.Equal(t, i, <-told)
	}
	stop()
	require.EqualValues(t, 1, value(t, db, "SELECT count(*) FROM log"))
	exec(t, db, "INSERT INTO t VALUES (7)")
	require.Empty(t, told)
}

// Closing the pool ends it; afterwards nobody can listen.
func TestOnChangeOfAClosedPool(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	path := filepath.Join(t.TempDir(), "a.db")
	db := newDB(t, path)
	exec(t, db, "CREATE TABLE t(a)")
	stop, err := driver.OnChange(db, func(driver.Change) { t.Error("called") })
	require.NoError(t, err)
	other := open(t, path)
	require.NoError(t, db.Close())
	exec(t, other, "INSERT INTO t VALUES (1)")
	stop()
	_, err = driver.OnChange(db, func(driver.Change) {})
	require.ErrorIs(t, err, sql.ErrConnDone)
}

// The file can be encrypted anew, which needs it alone, while somebody listens.
func TestOnChangeAndRekey(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	db.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE t(a)")
	c := dbtest.Listen(t, db)
	must(t, db, func(c *driver.Conn) error { return c.Rekey(t.Context(), []byte("secret")) })
	require.Equal(t, []string{"database"}, c.Lines("database"))
	exec(t, db, "INSERT INTO t VALUES (1)")
	require.Equal(t, []string{"insert main.t 1"}, c.Lines("main.t 1"))
}

// A COMMIT that has to wait for readers fails, and the transaction goes on.
func TestOnChangeOfACommitThatIsBusy(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, filepath.Join(t.TempDir(), "a.db")+"?_journal_mode=DELETE&_busy_timeout=10")
	exec(t, db, "CREATE TABLE t(a); INSERT INTO t VALUES (0)")
	c := dbtest.Listen(t, db)
	reader, writer := pin(t, db), pin(t, db)
	exec(t, reader, "BEGIN; SELECT * FROM t")
	exec(t, writer, "BEGIN; INSERT INTO t VALUES (1)")
	_, err := writer.ExecContext(t.Context(), "COMMIT")
	require.ErrorIs(t, err, driver.ErrBusy)
	exec(t, reader, "COMMIT")
	exec(t, writer, "INSERT INTO t VALUES (2); COMMIT")
	require.Equal(t, []string{"insert main.t 2", "insert main.t 3"}, c.Lines("main.t 3"))
}

// A listener that wants to know of an attached database in its own pool gets
// no details.
func TestOnChangeOfAttachedDatabases(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	dir := t.TempDir()
	db, other := open(t, filepath.Join(dir, "a.db")), open(t, filepath.Join(dir, "b.db"))
	exec(t, other, "CREATE TABLE t(a)")
	conn := pin(t, db)
	exec(t, conn, "ATTACH ? AS b", filepath.Join(dir, "b.db"))
	c, o := dbtest.Listen(t, db), dbtest.Listen(t, other)
	exec(t, conn, "INSERT INTO b.t VALUES (1)")
	require.Equal(t, []string{"insert b.t 1"}, c.Lines("b.t 1"))
	require.Equal(t, []string{"database"}, o.Lines("database"))
}

// newDB opens a database that the test closes itself.
func newDB(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver.Name, dsn)
	require.NoError(t, err)
	return db
}
