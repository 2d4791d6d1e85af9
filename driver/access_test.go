package driver_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// SQL text cannot read or write the files of the process, nor load code into it, unless the configuration allows it.
func TestFileFunctions(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	dir := t.TempDir()
	secret, made := filepath.Join(dir, "secret.txt"), filepath.Join(dir, "made.txt")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
	calls := []struct {
		text, refused string
		want          any
	}{
		{"SELECT readfile(?1)", "no such function: readfile", []byte("secret")},
		{"SELECT count(*) FROM fsdir(?1)", "no such table: fsdir", int64(1)},
		{"SELECT writefile(?2, 'x')", "no such function: writefile", int64(1)},
		{"SELECT writefile(?2, 'x', 420, 1)", "no such function: writefile", int64(1)},
	}
	onEach(t, func(t *testing.T, db *sql.DB) {
		for _, c := range calls {
			require.ErrorContains(t, queryErr(db, c.text, secret, made), c.refused)
			require.ErrorContains(t, queryErr(db, "SELECT * FROM ("+c.text+")", secret, made), c.refused)
		}
		require.ErrorContains(t, execErr(db, "CREATE VIRTUAL TABLE temp.f USING fsdir"), "no such module: fsdir")
		require.NoFileExists(t, made)
	})
	db := openConfig(t, func(c *driver.Config) { c.AllowFileFunctions = true })
	for _, c := range calls {
		require.Equal(t, c.want, value(t, db, c.text+" WHERE ?2 <> ''", secret, made))
	}
	require.FileExists(t, made)
}

func TestLoadExtension(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nothing")
	onEach(t, func(t *testing.T, db *sql.DB) {
		require.EqualError(t, queryErr(db, "SELECT load_extension(?)", path), "not authorized")
		require.EqualError(t, queryErr(db, "SELECT load_extension(?, 'init')", path), "not authorized")
	})
	for _, dsn := range []string{":memory:", filepath.Join(t.TempDir(), "a.db")} {
		db := openConfig(t, func(c *driver.Config) {
			cfg, err := driver.ParseDSN(dsn)
			require.NoError(t, err)
			*c = *cfg
			c.AllowExtensions = true
		})
		err := queryErr(db, "SELECT load_extension(?)", path)
		require.ErrorIs(t, err, driver.ErrError)
		require.ErrorContains(t, err, path, "it was looked for")
	}
}

// A double-quoted word that names nothing is a string, as other people's views and triggers have it, unless the DSN says no.
func TestDoubleQuotedStrings(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	const schema = `CREATE TABLE t(a DEFAULT "d"); CREATE VIEW w AS SELECT * FROM t WHERE a <> "gone"; CREATE INDEX i ON t(a) WHERE a = "x"; INSERT INTO t VALUES ("x")`
	path := filepath.Join(t.TempDir(), "a.db")
	for _, dsn := range []string{path, path + "?_dqs=1", ":memory:"} {
		db := open(t, dsn)
		exec(t, db, "DROP TABLE IF EXISTS t; DROP VIEW IF EXISTS w; "+schema)
		require.Equal(t, "x", value(t, db, `SELECT a FROM w WHERE a = "x"`))
		require.Equal(t, "lit", value(t, db, `SELECT "lit"`))
	}
	db := open(t, path+"?_dqs=0")
	require.EqualError(t, queryErr(db, `SELECT "lit"`), "no such column: lit")
	require.ErrorContains(t, execErr(db, `CREATE INDEX j ON t(a) WHERE a = "x"`), "no such column: x")
	require.Equal(t, "x", value(t, db, `SELECT "a" FROM "t"`), "a word that names something is a name")
}

// Files that a memory database names are files.
func TestMemoryDatabaseAndFiles(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	needsLibrary(t)
	dir := t.TempDir()
	for name, dsn := range map[string]string{"private": ":memory:", "named": "file:files?mode=memory&cache=shared", "temporary": ""} {
		t.Run(name, func(t *testing.T) {
			db := open(t, dsn)
			db.SetMaxOpenConns(1) // what is attached belongs to one connection
			exec(t, db, "CREATE TABLE t(a); INSERT INTO t SELECT zeroblob(1000) FROM generate_series(1, 500)")
			backup, extra := filepath.Join(dir, name+" backup.db"), filepath.Join(dir, name+" extra.db")
			exec(t, db, "VACUUM INTO ?", backup)
			exec(t, db, "ATTACH ? AS extra", extra)
			exec(t, db, "CREATE TABLE extra.u AS SELECT * FROM t; BEGIN; DELETE FROM t; DELETE FROM extra.u; ROLLBACK; DETACH extra")
			for path, table := range map[string]string{backup: "t", extra: "u"} {
				file := open(t, path+"?mode=ro")
				require.Equal(t, int64(500), value(t, file, "SELECT count(*) FROM "+table))
				require.Equal(t, "ok", value(t, file, "PRAGMA integrity_check"))
			}
			exec(t, db, "ATTACH ? AS b", backup)
			require.Equal(t, int64(500), value(t, db, "SELECT count(*) FROM b.t"))
			exec(t, db, "DETACH b; ATTACH ':memory:' AS m; CREATE TABLE m.t(a); ATTACH '' AS e; CREATE TABLE e.t(a); INSERT INTO e.t SELECT * FROM main.t")
			require.ErrorIs(t, execErr(db, "ATTACH ? AS x", filepath.Join(dir, "missing", "x.db")), driver.ErrCantOpen)
			require.ErrorContains(t, execErr(db, "VACUUM INTO ?", backup), "output file already exists")
		})
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 6, "and no journals are left")
}
