package pragma_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/pragma"
)

// unindexed makes a database in which an index lacks a row.
func unindexed(t *testing.T) string {
	t.Helper()
	path := dbtest.DSN(t)
	db := dbtest.New(t, path)
	dbtest.Exec(t, db, `CREATE TABLE t(a); CREATE INDEX i ON t(a); INSERT INTO t VALUES (1); CREATE TABLE "it's 子"(a);
		CREATE TEMP TABLE was AS SELECT * FROM sqlite_schema WHERE name = 'i';
		PRAGMA writable_schema = 1; DELETE FROM sqlite_schema WHERE name = 'i'; PRAGMA writable_schema = RESET; INSERT INTO t VALUES (2);
		PRAGMA writable_schema = 1; INSERT INTO sqlite_schema SELECT * FROM was`)
	dbtest.Close(t, db)
	return path
}

func TestIntegrityCheck(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	ctx := context.Background()
	sound, other := dbtest.Open(t, dbtest.DSN(t)), unindexed(t)
	c := dbtest.Conn(t, sound)
	dbtest.Exec(t, c, "CREATE TABLE t(a); ATTACH ? AS \"b;c\"", other)
	for _, x := range []struct {
		schema, table  string
		damaged, quick bool
	}{
		{"main", "", false, false}, {"main", "t", false, false},
		{"b;c", "", true, false}, {"B;C", "T", true, false}, {"", "", true, false},
		{"b;c", "it's 子", false, false}, {"", "it's 子", false, false},
	} {
		found, err := pragma.IntegrityCheck(ctx, c, x.schema, x.table)
		require.NoError(t, err, x)
		require.Equal(t, x.damaged, len(found) > 0, "%v: %v", x, found)
		if x.damaged {
			require.Contains(t, found, "row 2 missing from index i")
		} else {
			require.Nil(t, found)
		}
		found, err = pragma.QuickCheck(ctx, c, x.schema, x.table)
		require.NoError(t, err, x)
		require.Nil(t, found, x) // it does not look into indexes
	}
	for _, table := range []string{"5", "0x5", "-1"} {
		_, err := pragma.QuickCheck(ctx, c, "main", table)
		require.ErrorContains(t, err, "PRAGMA quick_check takes a table whose name is the number "+table)
	}
	for _, x := range [][2]string{{"", "nowhere"}, {"nowhere", ""}, {"main", "it's 子"}, {"", "t\x00"}} {
		for _, check := range []func(context.Context, pragma.Querier, string, string) ([]string, error){pragma.IntegrityCheck, pragma.QuickCheck} {
			found, err := check(ctx, c, x[0], x[1])
			require.ErrorContains(t, err, "_check: ", x)
			require.Nil(t, found)
		}
	}
}

// A file with a page of noise is damaged, which is found and is no error.
func TestIntegrityCheckOfNoise(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	ctx := context.Background()
	path := dbtest.DSN(t)
	db := dbtest.New(t, path+"?_journal_mode=DELETE&_synchronous=OFF")
	dbtest.Exec(t, db, "CREATE TABLE t(a); INSERT INTO t SELECT randomblob(1000) FROM generate_series(1, 100)")
	dbtest.Close(t, db)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	noise := make([]byte, 4096)
	for i := range noise {
		noise[i] = byte(i*i + 7)
	}
	_, err = f.WriteAt(noise, 8*4096)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	for _, check := range []func(context.Context, pragma.Querier, string, string) ([]string, error){pragma.IntegrityCheck, pragma.QuickCheck} {
		found, err := check(ctx, dbtest.Open(t, path), "", "")
		require.NoError(t, err)
		require.NotEmpty(t, found)
	}
}

func TestOptimize(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.DSN(t))
	c := dbtest.Conn(t, db)
	dbtest.Exec(t, c, "CREATE TABLE t(a, b); CREATE INDEX i ON t(a); INSERT INTO t SELECT value % 7, value FROM generate_series(1, 1000); ANALYZE")
	dbtest.Exec(t, c, "INSERT INTO t SELECT value, value FROM generate_series(1, 100000)")
	// One that has used the old statistics.
	require.EqualValues(t, 143+1, dbtest.Int(t, c, "SELECT count(*) FROM t WHERE a = 3 AND b > 0"))
	before := dbtest.Text(t, c, "SELECT stat FROM sqlite_stat1 WHERE idx = 'i'")
	require.NoError(t, pragma.Optimize(ctx, c))
	require.NotEqual(t, before, dbtest.Text(t, c, "SELECT stat FROM sqlite_stat1 WHERE idx = 'i'"))
	require.NoError(t, pragma.Optimize(ctx, db))

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, pragma.Optimize(cancelled, db), context.Canceled)
	require.ErrorIs(t, pragma.ShrinkMemory(cancelled, c), context.Canceled)
}

func TestIncrementalVacuum(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.DSN(t, "_auto_vacuum=incremental"))
	c := dbtest.Conn(t, db)
	b := filepath.Join(t.TempDir(), "b.db")
	dbtest.Exec(t, c, "ATTACH ? AS \"a b\"", b)
	dbtest.Exec(t, c, `PRAGMA "a b".auto_vacuum = 2; PRAGMA "a b".auto_vacuum`)
	for _, schema := range []string{"", "a b"} {
		prefix := "main"
		if schema != "" {
			prefix = `"a b"`
		}
		dbtest.Exec(t, c, "CREATE TABLE "+prefix+".t(a); INSERT INTO "+prefix+".t SELECT zeroblob(3000) FROM generate_series(1, 100); DELETE FROM "+prefix+".t")
		free := func() pragma.Pages {
			n, err := pragma.FreelistCount(ctx, c, schema)
			require.NoError(t, err)
			return n
		}
		require.EqualValues(t, 100, free())
		before, err := pragma.PageCount(ctx, c, schema)
		require.NoError(t, err)
		require.NoError(t, pragma.IncrementalVacuum(ctx, c, schema, 10))
		require.EqualValues(t, 90, free())
		require.NoError(t, pragma.IncrementalVacuum(ctx, c, schema, 0))
		require.Zero(t, free())
		after, err := pragma.PageCount(ctx, c, schema)
		require.NoError(t, err)
		require.Less(t, after, before-90)
	}
	require.NoError(t, pragma.IncrementalVacuum(ctx, db, "", 0)) // whichever connection
	require.ErrorContains(t, pragma.IncrementalVacuum(ctx, c, "", -1), "takes a number of pages, not -1")
	require.ErrorContains(t, pragma.IncrementalVacuum(ctx, c, "nowhere", 0), "unknown database")
	require.EqualError(t, pragma.IncrementalVacuum(ctx, dbtest.Open(t, dbtest.DSN(t)), "", 0),
		"libsql: PRAGMA incremental_vacuum: auto_vacuum is NONE and not INCREMENTAL")
}

// What is of one connection is not asked of a pool.
func TestOfOneConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.DSN(t))
	require.ErrorContains(t, pragma.ShrinkMemory(ctx, db), "a pool has many")
	_, err := pragma.DataVersion(ctx, db, "")
	require.ErrorContains(t, err, "a pool has many")

	c := dbtest.Conn(t, db)
	require.NoError(t, pragma.ShrinkMemory(ctx, c))
	first, err := pragma.DataVersion(ctx, c, "main")
	require.NoError(t, err)
	dbtest.Exec(t, c, "CREATE TABLE own(a)")
	same, err := pragma.DataVersion(ctx, c, "")
	require.NoError(t, err)
	require.Equal(t, first, same)
	dbtest.Exec(t, dbtest.Conn(t, db), "CREATE TABLE others(a)")
	next, err := pragma.DataVersion(ctx, c, "")
	require.NoError(t, err)
	require.NotEqual(t, first, next)
}

func TestNumbers(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	ctx := context.Background()
	path := dbtest.DSN(t)
	db := dbtest.Open(t, path+"?_journal_mode=DELETE&_synchronous=OFF")
	before, err := pragma.SchemaVersion(ctx, db, "")
	require.NoError(t, err)
	dbtest.Exec(t, db, "CREATE TABLE t(a); INSERT INTO t SELECT zeroblob(3000) FROM generate_series(1, 10); DELETE FROM t")
	after, err := pragma.SchemaVersion(ctx, db, "main")
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	pages, err := pragma.PageCount(ctx, db, "")
	require.NoError(t, err)
	size, err := pragma.PageSize.Get(ctx, db)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, info.Size(), int64(pages)*int64(size))
	free, err := pragma.FreelistCount(ctx, db, "")
	require.NoError(t, err)
	require.EqualValues(t, 10, free)
	_, err = pragma.PageCount(ctx, db, "nowhere")
	require.ErrorContains(t, err, "PRAGMA nowhere.page_count: ")
	require.ErrorIs(t, err, driver.ErrError)
}

func TestCompileOptions(t *testing.T) {
	options, err := pragma.CompileOptions(context.Background(), dbtest.Open(t, dbtest.Memory(t)))
	require.NoError(t, err)
	require.Contains(t, options, "ENABLE_FTS5")
	require.Contains(t, options, "DEFAULT_FOREIGN_KEYS")
}
