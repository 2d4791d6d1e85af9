package driver_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

const vectorTable = "CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2)); CREATE INDEX i ON t(libsql_vector_idx(v)); " +
	"INSERT INTO t VALUES (1, vector('[1,2]')), (2, vector('[3,4]'))"

// What libSQL answers with the end of the process, in every place where k can
// stand.
func TestTopKOfNothingIsAnError(t *testing.T) {
	db := memory(t, vectorTable)
	exec(t, db, "CREATE VIEW w AS SELECT id FROM vector_top_k('i', '[1,2]', 0); CREATE TABLE log(id)")
	exec(t, db, "CREATE TRIGGER r AFTER INSERT ON log BEGIN UPDATE log SET id = (SELECT count(*) FROM vector_top_k('i', '[1,2]', new.id)); END")
	for text, args := range map[string][]any{
		"SELECT id FROM vector_top_k('i', '[1,2]', 0)":                                nil,
		"SELECT id FROM vector_top_k('i', '[1,2]', 0.0)":                              nil,
		"SELECT id FROM vector_top_k('i', '[1,2]', ?)":                                {0},
		"SELECT id FROM vector_top_k('i', ?, :k)":                                     {"[1,2]", sql.Named("k", int64(1)<<32)},
		"SELECT id FROM vector_top_k('i', '[1,2]', 1-1)":                              nil,
		"SELECT id FROM vector_top_k('i', '[1,2]', (SELECT count(*) FROM t WHERE 0))": nil,
		"SELECT id FROM vector_top_k('i', '[1,2]', -1)":                               nil,
		"SELECT id FROM vector_top_k('i', '[1,2]', 268435456)":                        nil,
		"SELECT id FROM vector_top_k WHERE idx = 'i' AND vector = '[1,2]' AND k = 0":  nil,
		"SELECT (SELECT count(*) FROM vector_top_k('i', t.v, t.id - 1)) FROM t":       nil,
		"SELECT * FROM w":            nil,
		"INSERT INTO log VALUES (0)": nil,
		"CREATE TABLE made AS SELECT id FROM vector_top_k('i', '[1,2]', 0)":                   nil,
		"SELECT id FROM \"vector_top_k\"('i', '[1,2]', 0) WHERE id IN (SELECT id FROM t)":     nil,
		"SELECT id FROM t WHERE id IN (SELECT id FROM vector_top_k('i', vector('[1,2]'), 0))": nil,
	} {
		err := queryErr(db, text, args...)
		require.ErrorIs(t, err, driver.ErrError, text)
		require.ErrorContains(t, err, "third parameter (k)", text)
	}
	for _, k := range []any{nil, "2", 2.5} { // the engine's own errors
		err := queryErr(db, "SELECT id FROM vector_top_k('i', '[1,2]', ?)", k)
		require.ErrorContains(t, err, "third parameter (k)")
	}
	err := queryErr(db, "SELECT id FROM vector_top_k('i', '[1,2]')")
	require.ErrorContains(t, err, "got 2 parameters")
	require.Equal(t, [][]any{{int64(1)}, {int64(2)}}, all(t, db, "SELECT id FROM vector_top_k('i', '[1,2]', ?)", 2))
	require.Equal(t, [][]any{{int64(1)}, {int64(2)}}, all(t, db, "SELECT id FROM vector_top_k('i', '[1,2]', 1000000)"))
}

// An index that would end the process, when it is made or when it is searched.
func TestDangerousVectorIndexIsRefused(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2))")
	for _, text := range []string{
		"CREATE INDEX i ON t(libsql_vector_idx())",
		"create unique index if not exists main . \"i\" on t ( LIBSQL_VECTOR_IDX /* none */ ( ) )",
		"CREATE INDEX i ON t(\"libsql_vector_idx\"())",
		"CREATE INDEX i ON t(libsql_vector_idx(v, 'search_l=2147483647'))",
		"CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=l2', 'INSERT_L= 300000000x'))",
	} {
		require.ErrorIs(t, execErr(db, text), driver.ErrError, text)
		require.ErrorIs(t, execErr(db, "SELECT 1; "+text), driver.ErrError, text)
	}
	require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM sqlite_schema"))
	exec(t, db, "CREATE INDEX i ON t(libsql_vector_idx(v, 'search_l=1000'))")
}

// DELETE without WHERE would leave the index as it was: the rows would still be
// found, and could not be inserted again.
func TestDeleteOfAllRowsReachesTheVectorIndex(t *testing.T) {
	gone := map[string]func(t *testing.T, db *sql.DB){
		"text":     func(t *testing.T, db *sql.DB) { exec(t, db, "DELETE FROM t") },
		"cte":      func(t *testing.T, db *sql.DB) { exec(t, db, "WITH x AS (SELECT 1) DELETE FROM main.t") },
		"script":   func(t *testing.T, db *sql.DB) { exec(t, db, "SELECT 1; DELETE FROM t; SELECT 2") },
		"prepared": func(t *testing.T, db *sql.DB) { require.NoError(t, runPrepared(db, "DELETE FROM t")) },
		"trigger": func(t *testing.T, db *sql.DB) {
			exec(t, db, "CREATE TABLE c(x); CREATE TRIGGER r AFTER INSERT ON c BEGIN DELETE FROM t; END; INSERT INTO c VALUES (1)")
		},
		"in a transaction": func(t *testing.T, db *sql.DB) {
			tx, err := db.Begin()
			require.NoError(t, err)
			exec(t, tx, "DELETE FROM t")
			require.NoError(t, tx.Commit())
		},
	}
	for name, remove := range gone {
		t.Run(name, func(t *testing.T) {
			db := open(t, dbtest.DSN(t))
			exec(t, db, vectorTable)
			remove(t, db)
			require.Empty(t, all(t, db, "SELECT id FROM vector_top_k('i', '[1,2]', 5)"))
			exec(t, db, "INSERT INTO t VALUES (1, vector('[1,2]'))")
			require.Equal(t, [][]any{{int64(1)}}, all(t, db, "SELECT id FROM vector_top_k('i', '[1,2]', 5)"))
			require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM i_shadow"))
			require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
		})
	}
}

func runPrepared(db *sql.DB, text string) error {
	st, err := db.Prepare(text)
	if err != nil {
		return err
	}
	defer st.Close()
	_, err = st.Exec()
	return err
}

// A statement that is kept from before there was an index is compiled anew by
// SQLite itself.
func TestDeleteOfAllRowsKeptFromBefore(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2)); INSERT INTO t VALUES (1, vector('[1,2]'))")
	db.SetMaxOpenConns(1)
	st, err := db.Prepare("DELETE FROM t")
	require.NoError(t, err)
	defer st.Close()
	for range 2 {
		_, err = st.Exec()
		require.NoError(t, err)
		exec(t, db, "CREATE INDEX IF NOT EXISTS i ON t(libsql_vector_idx(v)); INSERT INTO t VALUES (1, vector('[1,2]'))")
	}
	require.Equal(t, [][]any{{int64(1)}}, all(t, db, "SELECT id FROM vector_top_k('i', '[1,2]', 5)"))
}

// Where no vector index is, a table is emptied at once, as before; and a DROP
// drops where one is.
func TestDeleteOfAllRowsElsewhere(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY)")
	ops := func() (n int) {
		for _, row := range all(t, db, "EXPLAIN DELETE FROM t") {
			if row[1] == "Clear" {
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, ops())
	exec(t, db, "CREATE TABLE d(v F32_BLOB(2)); CREATE INDEX i ON d(libsql_vector_idx(v)); CREATE VIEW w AS SELECT 1; CREATE TEMP TABLE x(a)")
	require.Zero(t, ops())
	exec(t, db, "INSERT INTO t VALUES (1); DROP VIEW w; DROP TABLE t; DROP TABLE x; DROP TABLE d")
	require.Equal(t, [][]any{{"libsql_vector_meta_shadow"}}, all(t, db, "SELECT name FROM sqlite_schema UNION SELECT name FROM sqlite_temp_schema"))
}

const textKeyTable = "; CREATE TABLE u(k TEXT PRIMARY KEY, v F32_BLOB(2)); CREATE INDEX j ON u(libsql_vector_idx(v)); " +
	"INSERT INTO u VALUES ('a', vector('[1,2]')), ('b', vector('[3,4]')), ('c', vector('[5,1]')); DELETE FROM u WHERE k = 'a'"

// indexesWork tells that both indexes find, take and forget rows, and can be
// made anew.
func indexesWork(t *testing.T, db *sql.DB) {
	t.Helper()
	require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
	require.Equal(t, int64(2), value(t, db, "SELECT count(*) FROM libsql_vector_meta_shadow"))
	for range 2 {
		require.Equal(t, [][]any{{int64(1)}}, all(t, db, "SELECT id FROM vector_top_k('i', '[1,2]', 1)"))
		require.Equal(t, [][]any{{"c"}}, all(t, db, "SELECT k FROM u WHERE rowid IN (SELECT id FROM vector_top_k('j', '[5,1]', 1))"))
		exec(t, db, "INSERT INTO u VALUES ('d', vector('[-9,9]'))")
		require.Equal(t, [][]any{{"d"}}, all(t, db, "SELECT k FROM u WHERE rowid IN (SELECT id FROM vector_top_k('j', '[-9,9]', 1))"))
		exec(t, db, "DELETE FROM u WHERE k = 'd'; REINDEX; DROP INDEX i; CREATE INDEX i ON t(libsql_vector_idx(v))")
	}
	require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
}

// VACUUM notes each vector index a second time.
func TestVacuumKeepsVectorIndexes(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	for _, kind := range []string{"", "?encryptionKey=secret"} {
		dir := t.TempDir()
		db := open(t, "file:"+dir+"/a.db"+kind)
		exec(t, db, vectorTable+textKeyTable)
		exec(t, db, "VACUUM")
		indexesWork(t, db)
		exec(t, db, "SELECT 1; VACUUM main; VACUUM")
		indexesWork(t, db)

		copied := filepath.Join(dir, "it's.db")
		exec(t, db, "VACUUM INTO ?", copied)
		indexesWork(t, open(t, "file:"+copied+kind))
		exec(t, db, "VACUUM main INTO '"+dir+"/' || 'c.db' -- a comment\n ; SELECT 1")
		indexesWork(t, open(t, "file:"+dir+"/c.db"+kind))
		require.Error(t, execErr(db, "VACUUM INTO ?", copied), "it is there already")
		indexesWork(t, db)
		require.Empty(t, all(t, db, "SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')"))
	}
	db := memory(t, vectorTable+textKeyTable)
	exec(t, db, "VACUUM")
	indexesWork(t, db)
	copied := t.TempDir() + "/m.db"
	exec(t, db, "VACUUM INTO ?", copied)
}

func TestVacuumIntoFromAReadOnlyDatabase(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	dir := t.TempDir()
	exec(t, open(t, dir+"/a.db"), vectorTable)
	db := open(t, "file:"+dir+"/a.db?mode=ro")
	require.ErrorIs(t, execErr(db, "VACUUM INTO ?", dir+"/b.db"), driver.ErrUnsupported)
	require.NoFileExists(t, dir+"/b.db")
	exec(t, open(t, dir+"/c.db"), "CREATE TABLE t(a)")
	exec(t, open(t, "file:"+dir+"/c.db?mode=ro"), "VACUUM INTO ?", dir+"/d.db")
}

// A file that another program has vacuumed is put right by REINDEX and by
// VACUUM.
func TestNotesOfAnotherVacuum(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for _, mend := range []string{"REINDEX", "VACUUM", "BEGIN; REINDEX; COMMIT"} {
		path := t.TempDir() + "/a.db"
		db := open(t, path)
		exec(t, db, vectorTable+textKeyTable)
		duplicateNotes(t, path)
		require.NotEqual(t, "ok", value(t, db, "PRAGMA integrity_check"))
		exec(t, db, mend)
		indexesWork(t, db)
	}
}

// duplicateNotes lets libSQL's own VACUUM loose on the file.
func duplicateNotes(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("libsql", "file:"+path)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec("VACUUM")
	require.NoError(t, err)
}

// A note without an index makes CREATE INDEX believe that its rows are in it.
func TestStaleNotesAreForgotten(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	db := memory(t, vectorTable)
	exec(t, db, "DROP INDEX i; INSERT INTO libsql_vector_meta_shadow VALUES ('I', x'00'), ('i', x'00')")
	exec(t, db, "CREATE INDEX i ON t(libsql_vector_idx(v))")
	require.Equal(t, [][]any{{int64(1)}}, all(t, db, "SELECT id FROM vector_top_k('i', '[1,2]', 1)"))

	db.SetMaxOpenConns(1)
	exec(t, db, "ATTACH ':memory:' AS aux; CREATE TABLE aux.t(id INTEGER PRIMARY KEY, v F32_BLOB(2)); INSERT INTO aux.t VALUES (7, vector('[1,2]'))")
	for range 2 { // DROP INDEX of an attached database leaves its note there
		exec(t, db, "CREATE INDEX aux.a ON t(libsql_vector_idx(v))")
		require.Equal(t, [][]any{{int64(7)}}, all(t, db, "SELECT id FROM vector_top_k('aux.a', '[1,2]', 1)"))
		exec(t, db, "DROP INDEX aux.a")
	}
	require.Equal(t, [][]any{{int64(1)}}, all(t, db, "SELECT id FROM vector_top_k('i', '[1,2]', 1)"))
}

// What writes rows in other ways reaches the index, too.
func TestVectorIndexFollowsEveryWrite(t *testing.T) {
	db := memory(t, vectorTable, "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE SET NULL, v F32_BLOB(2)); "+
		"CREATE INDEX ci ON c(libsql_vector_idx(v)); INSERT INTO p VALUES (1), (2), (3); "+
		"INSERT INTO c VALUES (1, 1, vector('[1,2]')), (2, 2, vector('[2,1]')), (3, 3, vector('[0,1]'))")
	shadow := func(index string) any { return value(t, db, "SELECT count(*) FROM "+index+"_shadow") }
	exec(t, db, "REPLACE INTO t VALUES (1, vector('[9,8]'))")
	exec(t, db, "INSERT INTO t VALUES (2, vector('[7,7]')) ON CONFLICT DO UPDATE SET v = excluded.v")
	exec(t, db, "INSERT OR IGNORE INTO t VALUES (2, vector('[1,1]'))")
	exec(t, db, "UPDATE OR REPLACE t SET id = 1 WHERE id = 2")
	require.Equal(t, int64(1), shadow("i"))
	require.Equal(t, [][]any{{int64(1)}}, all(t, db, "SELECT id FROM vector_top_k('i', '[1,2]', 9)"))
	exec(t, db, "DELETE FROM p WHERE id = 1; UPDATE p SET id = 9 WHERE id = 2")
	require.Equal(t, int64(2), shadow("ci"))
	exec(t, db, "DELETE FROM p")
	require.Equal(t, int64(1), shadow("ci"))
	require.Equal(t, [][]any{{int64(2)}}, all(t, db, "SELECT id FROM vector_top_k('ci', '[2,1]', 9)"))
	exec(t, db, "UPDATE c SET v = NULL")
	require.Equal(t, int64(0), shadow("ci"))
	require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
}
