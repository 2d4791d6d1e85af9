package driver_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func prepare(t testing.TB, r runner, text string) *sql.Stmt {
	t.Helper()
	st, err := r.PrepareContext(context.Background(), text)
	require.NoError(t, err, text)
	t.Cleanup(func() { st.Close() })
	return st
}

// One statement, a thousand runs; each with its own arguments, none left over from the run before.
func TestPreparedManyTimes(t *testing.T) {
	onEach(t, func(t *testing.T, db *sql.DB) {
		exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)")
		tx, err := db.Begin()
		require.NoError(t, err)
		defer tx.Rollback()
		insert, get := prepare(t, tx, "INSERT INTO t VALUES (?, ?, ?)"), prepare(t, tx, "SELECT a, b FROM t WHERE id = ?")
		for i := range 1000 {
			var a any = i
			if i%3 == 0 {
				a = nil
			}
			res, err := insert.Exec(i, a, fmt.Sprint("b", i))
			require.NoError(t, err)
			require.Equal(t, int64(1), affected(t, res))
			require.Equal(t, int64(i), lastID(t, res))
			var gotA, gotB any
			require.NoError(t, get.QueryRow(i).Scan(&gotA, &gotB))
			require.Equal(t, fmt.Sprint("b", i), gotB)
			if a == nil {
				require.Nil(t, gotA)
			} else {
				require.Equal(t, int64(i), gotA)
			}
		}
		require.NoError(t, tx.Commit())
		require.Equal(t, int64(1000), value(t, db, "SELECT count(*) FROM t"))
	})
}

// A statement whose rows are open runs once more beside them, by its handle as by its text.
func TestPreparedNested(t *testing.T) {
	c := pin(t, memory(t))
	const text = "SELECT value FROM generate_series(?, 1000)"
	st := prepare(t, c, text)
	var all []*sql.Rows
	for i := range 5 {
		rows, err := st.Query(i)
		require.NoError(t, err)
		all = append(all, rows, query(t, c, text, 100+i))
	}
	for step := range 400 {
		for i, rows := range all {
			var v int
			require.True(t, rows.Next())
			require.NoError(t, rows.Scan(&v))
			require.Equal(t, i/2+i%2*100+step, v)
		}
	}
	for _, rows := range all {
		require.NoError(t, rows.Close())
	}
	require.Equal(t, int64(3), value(t, c, text+" LIMIT 1", 3))
	_, err := st.Exec(7)
	require.NoError(t, err)
}

// Rows outlive the statement they are of.
func TestPreparedClosedUnderRows(t *testing.T) {
	c := pin(t, memory(t))
	st, err := c.PrepareContext(context.Background(), "SELECT value FROM generate_series(1, 100)")
	require.NoError(t, err)
	rows, err := st.Query()
	require.NoError(t, err)
	require.NoError(t, st.Close())
	got, err := rest(rows)
	require.NoError(t, err)
	require.Len(t, got, 100)
	_, err = st.Query()
	require.ErrorContains(t, err, "closed")
}

// The driver's own handle is safe after Close, and after its connection's Close.
func TestPreparedClosed(t *testing.T) {
	require.NoError(t, pin(t, memory(t)).Raw(func(x any) error {
		c := x.(*driver.Conn)
		for _, text := range []string{"SELECT 1", "SELECT 1; SELECT 2", "CREATE TABLE t(a)"} {
			st, err := c.Prepare(text)
			require.NoError(t, err)
			require.NoError(t, st.Close())
			require.NoError(t, st.Close())
			_, err = st.(sqldriver.StmtExecContext).ExecContext(t.Context(), nil)
			require.EqualError(t, err, "libsql: statement is closed")
			_, err = st.(sqldriver.StmtQueryContext).QueryContext(t.Context(), nil)
			require.EqualError(t, err, "libsql: statement is closed")
		}
		return nil
	}))
}

// What a statement returns is read anew after a change of the schema, by a prepared one, by a kept one and by one with open rows.
func TestSchemaChangeSeen(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b)", "INSERT INTO t VALUES (1, '2024-01-02 03:04:05', 'b')")
	db.SetMaxOpenConns(2)
	other := pin(t, db)
	st := prepare(t, db, "SELECT * FROM t")
	check := func(cols []string, want []any) {
		t.Helper()
		for range 2 {
			for name, query := range map[string]func() (*sql.Rows, error){
				"prepared": func() (*sql.Rows, error) { return st.Query() },
				"kept":     func() (*sql.Rows, error) { return db.Query("SELECT * FROM t") },
				"other":    func() (*sql.Rows, error) { return other.QueryContext(t.Context(), "SELECT * FROM t") },
			} {
				rows, err := query()
				require.NoError(t, err, name)
				got, err := rows.Columns()
				require.NoError(t, err)
				require.Equal(t, cols, got, name)
				set, err := rest(rows)
				require.NoError(t, err)
				require.Equal(t, [][]any{want}, set, name)
				require.NoError(t, rows.Close())
			}
		}
	}
	const text = "2024-01-02 03:04:05"
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	check([]string{"id", "a", "b"}, []any{int64(1), text, "b"})
	exec(t, other, "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 7")
	check([]string{"id", "a", "b", "c"}, []any{int64(1), text, "b", int64(7)})
	exec(t, db, "ALTER TABLE t DROP COLUMN b")
	check([]string{"id", "a", "c"}, []any{int64(1), text, int64(7)})
	exec(t, other, "ALTER TABLE t RENAME COLUMN c TO d")
	check([]string{"id", "a", "d"}, []any{int64(1), text, int64(7)})
	exec(t, other, "ALTER TABLE t ALTER COLUMN a TO a DATETIME")
	check([]string{"id", "a", "d"}, []any{int64(1), at, int64(7)})
	exec(t, db, "ALTER TABLE t ALTER COLUMN d TO d BOOLEAN; UPDATE t SET d = 1")
	check([]string{"id", "a", "d"}, []any{int64(1), at, true})
	exec(t, db, "DROP TABLE t; CREATE TABLE t(x BLOB, id); INSERT INTO t VALUES (x'01', 2)")
	check([]string{"x", "id"}, []any{[]byte{1}, int64(2)})
	exec(t, other, "DROP TABLE t")
	_, err := st.Query()
	require.ErrorContains(t, err, "no such table: t")
	require.ErrorContains(t, queryErr(db, "SELECT * FROM t"), "no such table: t")
	exec(t, other, "CREATE TABLE t(y)")
	require.Empty(t, all(t, db, "SELECT * FROM t"))
}

// A change of the schema behind many rows: the rows of the first blocks and of the later ones are read alike.
func TestSchemaChangeBeforeManyRows(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a TEXT)")
	c := pin(t, db)
	st := prepare(t, c, "SELECT a, a FROM t")
	rows, err := st.Query()
	require.NoError(t, err)
	require.NoError(t, rows.Close())
	exec(t, c, "DROP TABLE t; CREATE TABLE t(a DATETIME); INSERT INTO t SELECT '2024-01-02' FROM generate_series(1, 500)")
	rows, err = st.Query()
	require.NoError(t, err)
	got, err := rest(rows)
	require.NoError(t, err)
	require.Len(t, got, 500)
	for _, row := range got {
		require.Equal(t, []any{time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)}, row)
	}
}

// Open rows block a DROP on their connection, by an error that says so; statements that are merely kept or prepared do not.
func TestDropUnderStatements(t *testing.T) {
	onEach(t, func(t *testing.T, db *sql.DB) {
		c := pin(t, db)
		exec(t, c, "CREATE TABLE t(a); INSERT INTO t SELECT value FROM generate_series(1, 100)")
		const text = "SELECT a FROM t"
		st := prepare(t, c, text)
		for range 3 {
			all(t, c, text)
			all(t, c, "SELECT count(*) FROM t WHERE a = ?", 1)
			exec(t, c, "UPDATE t SET a = a")
			rows, err := st.Query()
			require.NoError(t, err)
			require.True(t, rows.Next())
			require.NoError(t, rows.Close()) // before their end
		}
		rows, err := st.Query()
		require.NoError(t, err)
		defer rows.Close() // the connection waits for them before it closes
		require.True(t, rows.Next())
		if !dbtest.Remote() { // where they have come already
			err = execErr(c, "DROP TABLE t")
			require.ErrorIs(t, err, driver.ErrLocked)
			require.EqualError(t, err, "database table is locked")
		}
		require.True(t, rows.Next())
		require.NoError(t, rows.Close())
		exec(t, c, "DROP TABLE t")
		_, err = st.Exec()
		require.ErrorContains(t, err, "no such table: t")
		exec(t, c, "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 2)")
		require.Equal(t, int64(1), value(t, c, text))
		if !dbtest.Remote() {
			exec(t, c, "VACUUM")
		}
	})
}

// A failed run leaves the statement as good as new.
func TestPreparedAfterFailure(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a UNIQUE NOT NULL)")
	c := pin(t, db)
	for _, st := range []*sql.Stmt{prepare(t, c, "INSERT INTO t VALUES (?)"), prepare(t, c, "INSERT INTO t VALUES (?) RETURNING a")} {
		exec(t, c, "DELETE FROM t")
		_, err := st.Exec(1)
		require.NoError(t, err)
		for range 3 {
			_, err = st.Exec(1)
			require.ErrorIs(t, err, driver.ErrConstraintUnique)
			_, err = st.Query(nil)
			require.ErrorIs(t, err, driver.ErrConstraintNotNull)
			_, err = st.Exec()
			require.ErrorContains(t, err, "0 arguments for 1 parameters")
		}
		_, err = st.Exec(2)
		require.NoError(t, err)
		require.Equal(t, [][]any{{int64(1)}, {int64(2)}}, all(t, c, "SELECT a FROM t ORDER BY a"))
	}
	exec(t, c, "DROP TABLE t")
}

// Preparing finds what is wrong with a statement, and does nothing.
func TestPrepareHasNoEffect(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a)", "INSERT INTO t VALUES (1)")
	for text, want := range map[string]string{
		"SELECT * FROM nowhere": "no such table: nowhere", "SELEKT 1": `near "SELEKT": syntax error`, "INSERT INTO t VALUES (1, 2)": "table t has 1 columns but 2 values were supplied",
		"SELECT nocolumn FROM t": "no such column: nocolumn", "SELECT 1 SELECT 2": `near "SELECT": syntax error`, "WITH x AS": "incomplete input",
	} {
		if dbtest.Remote() {
			st := prepare(t, db, text) // asks the server nothing
			_, err := st.Query()
			require.ErrorContains(t, err, want)
			continue
		}
		_, err := db.Prepare(text)
		require.EqualError(t, err, want)
	}
	effects := []string{
		"DELETE FROM t", "INSERT INTO t VALUES (2) RETURNING a", "DROP TABLE t", "CREATE TABLE u(a)", "ALTER TABLE t RENAME TO u", "CREATE INDEX i ON t(a)",
		"PRAGMA user_version = 5", "PRAGMA foreign_keys = off", "PRAGMA recursive_triggers = on", "PRAGMA busy_timeout = 1", "DELETE FROM t; DELETE FROM t", "SELECT 1; DROP TABLE t", "BEGIN", "ATTACH ':memory:' AS x",
		"PRAGMA case_sensitive_like = on; SELECT 1", "EXPLAIN DELETE FROM t",
	}
	c := pin(t, db)
	for _, text := range effects {
		st := prepare(t, c, text)
		require.NoError(t, st.Close())
	}
	require.Equal(t, [][]any{{int64(1)}}, all(t, c, "SELECT a FROM t"))
	require.Equal(t, int64(1), value(t, c, "SELECT count(*) FROM sqlite_schema"))
	require.Equal(t, int64(0), value(t, c, "PRAGMA user_version"))
	require.Equal(t, int64(1), value(t, c, "PRAGMA foreign_keys"))
	require.Equal(t, int64(1), value(t, c, "SELECT 'a' LIKE 'A'"))
	if !dbtest.Remote() { // servers refuse these
		require.Equal(t, int64(0), value(t, c, "PRAGMA recursive_triggers"))
		require.Equal(t, int64(5000), value(t, c, "PRAGMA busy_timeout"))
		require.Len(t, all(t, c, "PRAGMA database_list"), 1)
	}
	exec(t, c, "BEGIN; COMMIT")
}

// A text of several statements can be prepared, and runs as a whole each time.
func TestPreparedSeveral(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a)")
	st := prepare(t, db, "INSERT INTO t VALUES (?); UPDATE t SET a = a + ?; SELECT sum(a) FROM t")
	for i := range 3 {
		var sum int
		require.NoError(t, st.QueryRow(i, 10).Scan(&sum))
		require.Equal(t, []int{10, 31, 63}[i], sum)
	}
	res, err := st.Exec(100, 0)
	require.NoError(t, err)
	require.Equal(t, int64(5), affected(t, res))
	_, err = st.Exec(1)
	require.ErrorContains(t, err, "1 arguments for 2 parameters")
	ddl := prepare(t, db, "CREATE TABLE u(a); CREATE INDEX i ON u(a)")
	for range 2 {
		_, err = ddl.Exec()
		require.NoError(t, err)
		exec(t, db, "DROP TABLE u")
	}
}

// A statement that is prepared on the pool runs on whatever connection is free.
func TestPreparedOnPool(t *testing.T) {
	db := open(t, dbtest.DSN(t))
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
	insert, get := prepare(t, db, "INSERT INTO t(a) VALUES (?) RETURNING id"), prepare(t, db, "SELECT a FROM t WHERE id = ?")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 50 {
				var id int64
				var a string
				want := fmt.Sprint(g, "/", i)
				err := insert.QueryRow(want).Scan(&id)
				if err == nil {
					err = get.QueryRow(id).Scan(&a)
				}
				if err != nil || a != want {
					t.Errorf("%q, %v; want %q", a, err, want)
					return
				}
			}
		}()
	}
	wg.Wait()
	require.Equal(t, int64(400), value(t, db, "SELECT count(*) FROM t"))
}

// A statement that SQLite compiles anew while it runs may have columns that
// nobody has asked about, and more of them than there were.
func TestNewColumnsOfAPreparedStatement(t *testing.T) {
	db := open(t, dbtest.DSN(t))
	exec(t, db, "CREATE TABLE t(at DATETIME); INSERT INTO t VALUES ('2024-01-02 03:04:05')")
	c := pin(t, db)
	st, err := c.PrepareContext(t.Context(), "SELECT * FROM t")
	require.NoError(t, err)
	defer st.Close()
	want := []any{time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)}
	for round := range 6 {
		rows, err := st.Query()
		require.NoError(t, err)
		set, err := rest(rows)
		require.NoError(t, err)
		require.Equal(t, [][]any{want}, set)
		require.NoError(t, rows.Close())
		for i := range 60 {
			exec(t, db, fmt.Sprintf("ALTER TABLE t ADD COLUMN c%d_%d TEXT DEFAULT '2024-01-02 03:04:05'", round, i))
			want = append(want, "2024-01-02 03:04:05")
		}
		if round%2 == 0 {
			exec(t, db, fmt.Sprintf("ALTER TABLE t ADD COLUMN d%d DATETIME DEFAULT '2024-01-02 03:04:05'", round))
			want = append(want, want[0])
		}
	}
}
