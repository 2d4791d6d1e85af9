package driver_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func describe(t testing.TB, h driver.Handle, text string) driver.Description {
	t.Helper()
	d, err := tryDescribe(context.Background(), h, text)
	require.NoError(t, err, text)
	return d
}

func tryDescribe(ctx context.Context, h driver.Handle, text string) (d driver.Description, err error) {
	err = driver.With(context.Background(), h, func(c *driver.Conn) error {
		d, err = c.Describe(ctx, text)
		return err
	})
	return d, err
}

const usersTable = `CREATE TABLE users(id integer primary key autoincrement, name text not null collate nocase, age int default 5, emb F32_BLOB(3));
	CREATE VIEW v(vid, vname) AS SELECT id, name FROM users`

// columnText is a column as the cases below write it: name, type, where from,
// and its facts.
func columnText(c driver.Column) string {
	s := c.Name + " " + c.DeclType + " " + c.Database + "." + c.Table + "." + c.Origin + " " + c.Collation
	if c.PrimaryKey {
		s += " pk"
	}
	if c.AutoIncrement {
		s += " auto"
	}
	switch {
	case !c.NullableKnown:
		s += " null?"
	case c.Nullable:
		s += " null"
	default:
		s += " not null"
	}
	return s
}

const (
	noColumn = " .. "
	idOf     = "INTEGER main.users.id BINARY pk auto"
	nameOf   = "TEXT main.users.name nocase"
	ageOf    = "INT main.users.age BINARY null"
	embOf    = "F32_BLOB(3) main.users.emb BINARY null"
)

func TestDescribeColumns(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db := memory(t, usersTable, "CREATE TABLE w(a TEXT, b, PRIMARY KEY (a, b)) WITHOUT ROWID; CREATE TABLE plain(a)",
		"ATTACH ':memory:' AS other; CREATE TABLE other.t(x BLOB); CREATE TEMP TABLE tt(y NUMERIC)")
	expr := func(name string) string { return name + " " + noColumn + " null?" }
	db.SetMaxOpenConns(1)
	for text, want := range map[string][]string{
		"select id, name as n, age+1, count(*) c, u.emb from users u": {
			"id " + idOf + " null?", "n " + nameOf + " null?", expr("age+1"), expr("c"), "emb " + embOf},
		"SELECT * FROM users":                                           {"id " + idOf + " not null", "name " + nameOf + " not null", "age " + ageOf, "emb " + embOf},
		"SELECT vid, vname AS x FROM v":                                 {"vid " + idOf + " null?", "x " + nameOf + " null?"},
		"WITH c AS (SELECT age AS a FROM users) SELECT * FROM c":        {"a " + ageOf},
		"SELECT (SELECT name FROM users) AS s":                          {"s " + nameOf + " null?"},
		"SELECT age FROM users UNION SELECT 1":                          {expr("age")[:3] + " " + ageOf},
		"SELECT max(id), CAST(name AS BLOB) b FROM users":               {expr("max(id)"), expr("b")},
		"SELECT rowid FROM users":                                       {"id " + idOf + " not null"},
		"SELECT rowid FROM plain":                                       {"rowid INTEGER main.plain.rowid BINARY pk not null"},
		"SELECT b, a FROM w":                                            {"b  main.w.b BINARY pk not null", "a TEXT main.w.a BINARY pk not null"},
		"SELECT x, y FROM other.t, tt":                                  {"x BLOB other.t.x BINARY null", "y NUMERIC temp.tt.y BINARY null"},
		"SELECT u.name FROM plain LEFT JOIN users u":                    {"name " + nameOf + " null?"},
		"INSERT INTO users(name) VALUES ('never') RETURNING id, name x": {"id " + idOf + " null?", "x " + nameOf + " null?"},
		"INSERT INTO users(name) VALUES ('never')":                      nil,
		"UPDATE users SET name = 'never'":                               nil,
		"DELETE FROM users":                                             nil,
		"CREATE TABLE never(a)":                                         nil,
		"ALTER TABLE users ADD COLUMN never":                            nil,
		"VALUES (1, 'a')":                                               {expr("column1"), expr("column2")},
		"PRAGMA table_info(users)":                                      {expr("cid"), expr("name"), expr("type"), expr("notnull"), expr("dflt_value"), expr("pk")},
		"PRAGMA user_version":                                           {expr("user_version")},
		"":                                                              nil,
		" -- nothing\n;":                                                nil,
	} {
		t.Run(text, func(t *testing.T) {
			var got []string
			for _, c := range describe(t, db, text).Columns {
				got = append(got, columnText(c))
			}
			require.Equal(t, want, got)
		})
	}
	require.Empty(t, all(t, db, "SELECT * FROM users"), "nothing was inserted")
	require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM pragma_table_list WHERE name = 'never'"))
	require.Equal(t, int64(4), value(t, db, "SELECT count(*) FROM pragma_table_info('users')"))
}

func TestDescribeParams(t *testing.T) {
	db := memory(t, usersTable)
	for text, want := range map[string][]string{
		"select ?, ?3, :a, @b, $c, ?1":                  {"?1", "", "?3", ":a", "@b", "$c"},
		"INSERT INTO users VALUES (?, :name, :name, ?)": {"", ":name", ""},
		"SELECT 1":      nil,
		"ATTACH ? AS a": {""},
	} {
		var got []string
		for i, p := range describe(t, db, text).Params {
			require.Equal(t, i+1, p.Number)
			got = append(got, p.Name)
		}
		require.Equal(t, want, got, text)
	}
}

func TestDescribeKinds(t *testing.T) {
	db := memory(t, usersTable)
	for text, want := range map[string]struct {
		readOnly bool
		explain  int
	}{
		"SELECT 1":                               {true, 0},
		"":                                       {true, 0},
		"DELETE FROM users":                      {false, 0},
		"CREATE TABLE a(b)":                      {false, 0},
		"EXPLAIN DELETE FROM users":              {true, 1},
		"EXPLAIN QUERY PLAN SELECT * FROM users": {true, 2},
		"PRAGMA journal_mode":                    {true, 0},
	} {
		if dbtest.Remote() && strings.HasPrefix(text, "CREATE") {
			continue // a server would compile it
		}
		d := describe(t, db, text)
		require.Equal(t, want.readOnly, d.ReadOnly, text)
		require.Equal(t, want.explain, d.Explain, text)
	}
	require.Len(t, describe(t, db, "EXPLAIN SELECT 1").Columns, 8)
}

func TestDescribeErrors(t *testing.T) {
	db := memory(t, usersTable)
	for text, want := range map[string]string{
		"SELEC 1":                   `near "SELEC": syntax error`,
		"SELECT * FROM nowhere":     "no such table: nowhere",
		"SELECT nought FROM users":  "no such column: nought",
		"SELECT 1\x00":              "NUL byte",
		"ALTER TABLE nowhere ADD x": "no such table: nowhere",
	} {
		_, err := tryDescribe(t.Context(), db, text)
		if dbtest.Remote() && strings.HasPrefix(text, "ALTER") {
			require.ErrorIs(t, err, driver.ErrUnsupported) // a server would compile it
			continue
		}
		require.ErrorContains(t, err, want)
		require.NotErrorIs(t, err, driver.ErrUnsupported)
	}
	_, err := tryDescribe(cancelled(), db, "SELECT 1")
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, pin(t, db).Raw(func(x any) error {
		c := x.(*driver.Conn)
		require.NoError(t, c.Close())
		_, err := c.Describe(t.Context(), "SELECT 1")
		require.Error(t, err)
		return nil
	}))
}

// What acts while it is compiled is not compiled.
func TestDescribeRefuses(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2)); CREATE INDEX i ON t(libsql_vector_idx(v)); INSERT INTO t VALUES (1, vector('[1,2]'))")
	c := pin(t, db)
	for _, text := range []string{
		"DROP INDEX i", "DROP TABLE t", "CREATE INDEX j ON t(libsql_vector_idx(v))", "create /**/ unique index j on t(id)",
		"EXPLAIN DROP INDEX i", "EXPLAIN QUERY PLAN DROP TABLE t", "EXPLAIN CREATE INDEX j ON t(libsql_vector_idx(v))", "DROP VIEW x",
		"PRAGMA busy_timeout = 1", "PRAGMA busy_timeout(1)", "pragma main.foreign_keys=off", "PRAGMA foreign_keys = off nonsense",
		"PRAGMA rekey = 'a'", "PRAGMA hexrekey", "PRAGMA key('k')", "PRAGMA cipher = 'chacha20'", "PRAGMA synchronous = 0",
		"PRAGMA cache_size = 7", "PRAGMA case_sensitive_like = on", "PRAGMA query_only = 1", "PRAGMA shrink_memory",
		"PRAGMA wal_autocheckpoint = 1", "PRAGMA temp_store = 1", "PRAGMA (", "PRAGMA recursive_triggers = 'on' ; ",
		"EXPLAIN PRAGMA busy_timeout = 1", "explain query plan pragma cache_size(7)", "; EXPLAIN /**/ PRAGMA rekey = 'a'",
		"SELECT 1; SELECT 2", "SELECT 1; DROP INDEX i", "DROP INDEX i; SELECT 1",
	} {
		_, err := tryDescribe(t.Context(), c, text)
		require.ErrorIs(t, err, driver.ErrUnsupported, text)
	}
	vectorIndexWorks(t, c)
	if dbtest.Remote() {
		return // the settings are the server's, which shows few of them
	}
	require.Equal(t, int64(5000), value(t, c, "PRAGMA busy_timeout"))
	require.Equal(t, int64(1), value(t, c, "SELECT 'a' LIKE 'A'"))
	for name, want := range map[string]int64{"foreign_keys": 1, "cache_size": -2000, "query_only": 0, "recursive_triggers": 0, "temp_store": 0, "wal_autocheckpoint": 1000} {
		require.Equal(t, want, value(t, c, "PRAGMA "+name), name)
	}
}

// Nothing that Describe accepts changes anything, in the database or on the
// connection.
func TestDescribeHasNoEffect(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	onEach(t, func(t *testing.T, db *sql.DB) {
		c := pin(t, db)
		exec(t, c, `CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2)); CREATE INDEX i ON t(libsql_vector_idx(v)); CREATE TABLE o(n TEXT, m);
			INSERT INTO t(id, v) VALUES (1, vector('[1,2]')); CREATE VIEW w AS SELECT 1`)
		pragmas := strings.Fields(`analysis_limit application_id auto_vacuum automatic_index busy_timeout cache_size cache_spill
			cell_size_check checkpoint_fullfsync defer_foreign_keys encoding foreign_keys freelist_count fullfsync hard_heap_limit
			ignore_check_constraints journal_mode journal_size_limit legacy_alter_table locking_mode max_page_count mmap_size
			page_size query_only read_uncommitted recursive_triggers reverse_unordered_selects schema_version secure_delete
			soft_heap_limit synchronous temp_store threads trusted_schema user_version wal_autocheckpoint writable_schema`)
		state := func() string {
			s := fmt.Sprint(all(t, c, "SELECT * FROM sqlite_schema"), all(t, c, "SELECT * FROM t"), all(t, c, "SELECT * FROM i_shadow"),
				all(t, c, "SELECT name FROM pragma_database_list WHERE name <> 'temp'")) // that one is opened when it is named
			for _, name := range pragmas {
				s += fmt.Sprint(name, all(t, c, "PRAGMA "+name), "\n")
			}
			return s
		}
		before := state()
		texts := []string{
			"REINDEX", "REINDEX i", "REINDEX t", "REINDEX nocase", "EXPLAIN REINDEX i", "ANALYZE", "VACUUM", "ALTER TABLE o DROP COLUMN n",
			"ALTER TABLE t RENAME TO u", "ALTER TABLE t RENAME COLUMN v TO x", "ALTER TABLE t DROP COLUMN v", "ALTER TABLE o ALTER COLUMN n TO n INTEGER",
			"EXPLAIN ALTER TABLE t ADD COLUMN x", "CREATE TABLE u AS SELECT * FROM t", "CREATE TABLE u(a PRIMARY KEY, b UNIQUE)",
			"CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIEW u AS SELECT 2", "CREATE TEMP TABLE u(a)", "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
			"ATTACH ':memory:' AS a", "DETACH a", "BEGIN", "BEGIN EXCLUSIVE", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a",
			"DELETE FROM t", "UPDATE t SET v = NULL RETURNING *", "INSERT INTO t VALUES (2, vector('[2,2]'))", "EXPLAIN DELETE FROM t", "EXPLAIN PRAGMA table_info(t)",
			"SELECT load_extension('x')", "SELECT vector_distance_cos('[1,2]', '[2,1]')", "SELECT * FROM vector_top_k('i', '[1,2]', 1)",
			"PRAGMA optimize", "PRAGMA incremental_vacuum", "PRAGMA wal_checkpoint", "PRAGMA integrity_check(10)", "PRAGMA foreign_key_check(t)",
			"SELECT * FROM pragma_busy_timeout(7)",
		}
		for _, name := range pragmas {
			texts = append(texts, "PRAGMA "+name, "PRAGMA main."+name)
		}
		for _, text := range texts {
			_, err := tryDescribe(t.Context(), c, text)
			require.NotErrorIs(t, err, driver.ErrUnsupported, text)
		}
		require.Equal(t, before, state())
		vectorIndexWorks(t, c)
		exec(t, c, "BEGIN; COMMIT")
	})
}

// In a transaction it sees what the transaction made, and says so when
// the transaction is lost.
func TestDescribeInTransaction(t *testing.T) {
	db := memory(t)
	tx, err := db.Begin()
	require.NoError(t, err)
	defer tx.Rollback()
	exec(t, tx, "CREATE TABLE t(a TEXT)")
	column := describe(t, tx, "SELECT a FROM t").Columns[0]
	require.Equal(t, "a", column.Name)
	if !dbtest.Remote() {
		require.Equal(t, "t", column.Table)
	}
	require.ErrorIs(t, execErr(tx, "INSERT OR ROLLBACK INTO t SELECT raise_no_such()"), driver.ErrError)
	exec(t, tx, "CREATE UNIQUE INDEX u ON t(a); INSERT INTO t VALUES (1)")
	require.ErrorIs(t, execErr(tx, "INSERT OR ROLLBACK INTO t VALUES (1)"), driver.ErrConstraintUnique)
	_, err = tryDescribe(t.Context(), tx, "SELECT a FROM t")
	require.ErrorIs(t, err, driver.ErrTxRolledBack)
}

// Rows that are open go on.
func TestDescribeBesideRows(t *testing.T) {
	c := pin(t, memory(t, usersTable))
	rows := query(t, c, "SELECT value FROM generate_series(1, 1000)")
	for range 20 {
		require.True(t, rows.Next())
	}
	require.Len(t, describe(t, c, "SELECT * FROM users").Columns, 4)
	got, err := rest(rows)
	require.NoError(t, err)
	require.Len(t, got, 980)
}

func TestDescribeIsTraced(t *testing.T) {
	tr := &recorder{}
	db := openConfig(t, func(c *driver.Config) { c.Tracer = tr })
	tr.take(t)
	describe(t, db, "SELECT 77")
	events := tr.take(t)
	require.Equal(t, driver.OpPrepare, events[len(events)-1].Op)
	require.Equal(t, "SELECT 77", events[len(events)-1].SQL)
}
