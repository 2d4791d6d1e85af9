package pragma_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/pragma"
)

// attached is a connection with a file "main", a "z x" attached and temp.
func attached(t *testing.T, ddl string) (c *sql.Conn, main, other string) {
	t.Helper()
	main, other = dbtest.File(t), filepath.Join(t.TempDir(), "b.db")
	c = dbtest.Conn(t, dbtest.Open(t, main))
	dbtest.Exec(t, c, "ATTACH ? AS \"z x\"", other)
	dbtest.Exec(t, c, ddl)
	return c, main, other
}

func TestForeignKeyCheck(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	c, _, _ := attached(t, `PRAGMA foreign_keys = OFF;
		CREATE TABLE p(id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
		CREATE TABLE c(x REFERENCES p, y REFERENCES "其他 q"(z)); INSERT INTO c VALUES (1, NULL), (2, NULL), (NULL, 3);
		CREATE TABLE w(k TEXT PRIMARY KEY, x REFERENCES P) WITHOUT ROWID; INSERT INTO w VALUES ('a', 9);
		CREATE TABLE fine(x REFERENCES p); INSERT INTO fine VALUES (1), (NULL);
		CREATE TABLE "z x".p(id INTEGER PRIMARY KEY); CREATE TABLE "z x"."it's 子" (x REFERENCES p);
		INSERT INTO "z x"."it's 子" VALUES (5);
		CREATE TEMP TABLE tp(id INTEGER PRIMARY KEY); CREATE TEMP TABLE tc(x REFERENCES tp); INSERT INTO tc VALUES (8);
		CREATE TEMP TABLE empty(x REFERENCES tp)`)
	row := func(n int64) sql.NullInt64 { return sql.NullInt64{Int64: n, Valid: true} }
	ofC := []pragma.Violation{{"c", row(3), "其他 q", 0}, {"c", row(2), "p", 1}}
	ofW := []pragma.Violation{{"w", sql.NullInt64{}, "P", 0}}
	inMain := append(ofC[:2:2], ofW...)
	ofOther := []pragma.Violation{{"it's 子", row(1), "p", 0}}
	ofTemp := []pragma.Violation{{"tc", row(1), "tp", 0}}
	for _, x := range []struct {
		schema, table string
		want          []pragma.Violation
	}{
		{"", "", inMain}, {"main", "", inMain}, {"MAIN", "", inMain},
		{"", "C", ofC}, {"main", "c", ofC}, {"", "w", ofW},
		{"main", "fine", nil}, {"main", "p", nil},
		{"z x", "", ofOther}, {"", "it's 子", ofOther}, {"Z X", "it's 子", ofOther},
		{"temp", "", ofTemp}, {"", "tc", ofTemp}, {"temp", "empty", nil},
	} {
		got, err := pragma.ForeignKeyCheck(context.Background(), c, x.schema, x.table)
		require.NoError(t, err, x)
		require.ElementsMatch(t, x.want, got, x)
	}
	// Key is the ID of the key.
	keys, err := pragma.ForeignKeyList(context.Background(), c, "", "c")
	require.NoError(t, err)
	require.Equal(t, []string{"y", "x"}, []string{keys[0].From, keys[1].From})
}

// What is not there, and a key that is none, is an error and not "no row".
func TestForeignKeyCheckErrors(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	c, _, _ := attached(t, "CREATE TABLE p(id); CREATE TABLE c(x REFERENCES p(id)); INSERT INTO p VALUES (1)")
	for name, x := range map[string]struct{ schema, table, why string }{
		"no such table":           {"", "nope", "no such table: nope"},
		"not in this schema":      {"z x", "c", "no such table: z x.c"},
		"no such schema":          {"nope", "", "unknown database"},
		"a key to what is no key": {"", "c", "foreign key mismatch"},
		"an injection":            {"", "c'); DROP TABLE c; --", "no such table"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pragma.ForeignKeyCheck(context.Background(), c, x.schema, x.table)
			require.ErrorContains(t, err, "libsql: PRAGMA foreign_key_check: ")
			require.ErrorContains(t, err, x.why)
			var e *driver.Error
			require.ErrorAs(t, err, &e)
		})
	}
	require.EqualValues(t, 1, dbtest.Int(t, c, "SELECT count(*) FROM sqlite_schema WHERE name = 'c'"))
}

func TestDatabaseList(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	c, main, other := attached(t, "ATTACH ':memory:' AS 内存")
	ctx := context.Background()
	got, err := pragma.DatabaseList(ctx, c)
	require.NoError(t, err)
	require.Equal(t, []pragma.Schema{{0, "main", main}, {2, "z x", other}, {3, "内存", ""}}, got)

	dbtest.Exec(t, c, "CREATE TEMP TABLE x(a); DETACH \"z x\"")
	got, err = pragma.DatabaseList(ctx, c)
	require.NoError(t, err)
	require.Equal(t, []pragma.Schema{{0, "main", main}, {1, "temp", ""}, {2, "内存", ""}}, got)
}

func TestCollationsModulesAndFunctions(t *testing.T) {
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.Memory(t))
	collations, err := pragma.CollationList(ctx, db)
	require.NoError(t, err)
	require.Equal(t, []string{"BINARY", "NOCASE", "RTRIM"}, collations)

	modules, err := pragma.ModuleList(ctx, db)
	require.NoError(t, err)
	require.Subset(t, modules, []string{"fts5", "json_each", "rtree"})
	require.IsNonDecreasing(t, modules)

	functions, err := pragma.FunctionList(ctx, db)
	require.NoError(t, err)
	of := map[string][]pragma.Function{}
	for _, f := range functions {
		f.Flags = 0
		of[f.Name] = append(of[f.Name], f)
	}
	require.Equal(t, []pragma.Function{{"abs", true, "s", "utf8", 1, 0}}, of["abs"])
	require.Equal(t, []pragma.Function{{"group_concat", true, "w", "utf8", 1, 0}, {"group_concat", true, "w", "utf8", 2, 0}}, of["group_concat"])
	require.Equal(t, -1, of["char"][0].Arguments)
}

// Every list tells which PRAGMA failed, and why.
func TestErrorsOfLists(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	db := dbtest.New(t, dbtest.Memory(t))
	closed := dbtest.New(t, dbtest.Memory(t))
	require.NoError(t, closed.Close())
	defer dbtest.Close(t, db)
	for name, ask := range map[string]func(context.Context, pragma.Querier) error{
		"table_list": func(ctx context.Context, q pragma.Querier) error { _, err := pragma.TableList(ctx, q, ""); return err },
		"foreign_key_check": func(ctx context.Context, q pragma.Querier) error {
			_, err := pragma.ForeignKeyCheck(ctx, q, "", "")
			return err
		},
		"database_list":  func(ctx context.Context, q pragma.Querier) error { _, err := pragma.DatabaseList(ctx, q); return err },
		"collation_list": func(ctx context.Context, q pragma.Querier) error { _, err := pragma.CollationList(ctx, q); return err },
		"module_list":    func(ctx context.Context, q pragma.Querier) error { _, err := pragma.ModuleList(ctx, q); return err },
		"function_list":  func(ctx context.Context, q pragma.Querier) error { _, err := pragma.FunctionList(ctx, q); return err },
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, ask(context.Background(), db))
			err := ask(cancelled, db)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorContains(t, err, "libsql: PRAGMA "+name+": ")
			require.ErrorContains(t, ask(context.Background(), closed), "libsql: PRAGMA "+name+": sql: database is closed")
		})
	}
}

// A name with a NUL is not the name in front of it.
func TestNamesWithNUL(t *testing.T) {
	ctx := context.Background()
	db := open(t, "CREATE TABLE t(a UNIQUE REFERENCES t(a))")
	for name, ask := range map[string]func(schema, table string) error{
		"table_list":        func(_, table string) error { _, err := pragma.TableList(ctx, db, table); return err },
		"table_xinfo":       func(schema, table string) error { _, err := pragma.TableInfo(ctx, db, schema, table); return err },
		"index_list":        func(schema, table string) error { _, err := pragma.IndexList(ctx, db, schema, table); return err },
		"index_xinfo":       func(schema, table string) error { _, err := pragma.IndexInfo(ctx, db, schema, table); return err },
		"foreign_key_list":  func(schema, table string) error { _, err := pragma.ForeignKeyList(ctx, db, schema, table); return err },
		"foreign_key_check": func(schema, table string) error { _, err := pragma.ForeignKeyCheck(ctx, db, schema, table); return err },
	} {
		require.ErrorContains(t, ask("main", "t\x00x"), "PRAGMA "+name+": \"t\\x00x\": a name cannot hold a NUL byte")
		if name != "table_list" {
			require.ErrorContains(t, ask("main\x00", "t"), "a name cannot hold a NUL byte", name)
		}
		require.NoError(t, ask("main", "t"), name)
	}
}

// On an empty database there is nothing of the user's, and no error.
func TestListsOfAnEmptyDatabase(t *testing.T) {
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.DSN(t))
	violations, err := pragma.ForeignKeyCheck(ctx, db, "", "")
	require.NoError(t, err)
	require.Empty(t, violations)
	tables, err := pragma.TableList(ctx, db, "nope")
	require.NoError(t, err)
	require.Empty(t, tables)
	indexes, err := pragma.IndexList(ctx, db, "", "nope")
	require.NoError(t, err)
	require.Empty(t, indexes)
	keys, err := pragma.ForeignKeyList(ctx, db, "", "nope")
	require.NoError(t, err)
	require.Empty(t, keys)
	columns, err := pragma.IndexInfo(ctx, db, "", "nope")
	require.NoError(t, err)
	require.Empty(t, columns)
}

// The lists of a table are of the schema that is named.
func TestListsOfAttachedTables(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	c, _, _ := attached(t, `CREATE TABLE p(a); CREATE TABLE t(m); CREATE INDEX i ON t(m);
		CREATE TABLE "z x".t("ключ" TEXT UNIQUE REFERENCES p, b); CREATE INDEX "z x"."i ' j" ON t("ключ" DESC, b); CREATE TEMP TABLE t(x)`)
	ctx := context.Background()
	columns, err := pragma.TableInfo(ctx, c, "z x", "T")
	require.NoError(t, err)
	require.Len(t, columns, 2)
	require.Equal(t, "ключ", columns[0].Name)
	columns, err = pragma.TableInfo(ctx, c, "", "t")
	require.NoError(t, err)
	require.Equal(t, "x", columns[0].Name, "temp comes first")
	indexes, err := pragma.IndexList(ctx, c, "z x", "t")
	require.NoError(t, err)
	require.Equal(t, []pragma.Index{{Name: "i ' j", Origin: "c"}, {Name: "sqlite_autoindex_t_1", Unique: true, Origin: "u"}}, indexes)
	of, err := pragma.IndexInfo(ctx, c, "z x", "i ' j")
	require.NoError(t, err)
	require.Equal(t, "ключ", of[0].Name.String)
	require.True(t, of[0].Desc)
	keys, err := pragma.ForeignKeyList(ctx, c, "z x", "t")
	require.NoError(t, err)
	require.Equal(t, "ключ", keys[0].From)
	tables, err := pragma.TableList(ctx, c, "t")
	require.NoError(t, err)
	require.Len(t, tables, 3)
	_, err = pragma.TableInfo(ctx, c, "nope", "t")
	require.ErrorContains(t, err, "unknown database")
}
