package driver_test

import (
	"database/sql"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/stretchr/testify/require"
)

func columnTypes(t *testing.T, r runner, text string, args ...any) []*sql.ColumnType {
	t.Helper()
	rows := query(t, r, text, args...)
	types, err := rows.ColumnTypes()
	require.NoError(t, err, text)
	return types
}

func TestColumnNames(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, \"odd name\" TEXT)", "CREATE VIEW w(vid, vname) AS SELECT id, name FROM t")
	for text, want := range map[string][]string{
		"SELECT * FROM t":                                     {"id", "name", "odd name"},
		"SELECT t.*, u.name FROM t, t u":                      {"id", "name", "odd name", "name"},
		"SELECT 1, 1, 'a' AS x, 'b' AS x":                     {"1", "1", "x", "x"},
		"SELECT id AS n, name, count(*), id + 1 FROM t":       {"n", "name", "count(*)", "id + 1"},
		"SELECT rowid, * FROM w, (SELECT 1 AS rowid)":         {"rowid", "vid", "vname", "rowid"},
		"SELECT * FROM w":                                     {"vid", "vname"},
		"VALUES (1, 2)":                                       {"column1", "column2"},
		"INSERT INTO t(name) VALUES ('x') RETURNING id, name": {"id", "name"},
		"UPDATE t SET name = 'y' RETURNING *, upper(name) up": {"id", "name", "odd name", "up"},
		"DELETE FROM t RETURNING id AS gone":                  {"gone"},
		"PRAGMA table_info(t)":                                {"cid", "name", "type", "notnull", "dflt_value", "pk"},
		"EXPLAIN QUERY PLAN SELECT 1":                         {"id", "parent", "notused", "detail"},
		"SELECT 1 AS 'größe', 2 AS \"\"":                      {"größe", ""},
		"INSERT INTO t(name) VALUES ('x')":                    {},
		"":                                                    {},
	} {
		rows := query(t, db, text)
		got, err := rows.Columns()
		require.NoError(t, err)
		require.Equal(t, want, got, text)
		require.NoError(t, rows.Close())
	}
}

// Declared types are what the schema says, of the column behind a view, a subquery or RETURNING too; an expression has none.
func TestDatabaseTypeName(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, v VARCHAR(20), d decimal(10, 2), b blob, n, ts timestamp (6), e F32_BLOB(3), bo Boolean, tz TIMESTAMP WITH TIME ZONE)",
		"CREATE VIEW w AS SELECT v AS x, id + 1 AS y FROM t")
	for text, want := range map[string][]string{
		"SELECT * FROM t":                             {"INTEGER", "VARCHAR", "DECIMAL", "BLOB", "", "TIMESTAMP", "F32_BLOB", "BOOLEAN", "TIMESTAMP WITH TIME ZONE"},
		"SELECT x, y FROM w":                          {"VARCHAR", ""},
		"SELECT max(id), d + 0, CAST(n AS INT), ?":    {"", "", "", ""},
		"WITH c AS (SELECT d FROM t) SELECT d FROM c": {"DECIMAL"},
		"SELECT (SELECT v FROM t)":                    {"VARCHAR"},
		"INSERT INTO t(v) VALUES (1) RETURNING ts":    {"TIMESTAMP"},
		"SELECT rowid FROM t":                         {"INTEGER"},
		"PRAGMA table_info(t)":                        {"", "", "", "", "", ""},
	} {
		var args []any
		if text == "SELECT max(id), d + 0, CAST(n AS INT), ?" {
			text, args = text+" FROM t", []any{1}
		}
		var got []string
		for _, c := range columnTypes(t, db, text, args...) {
			got = append(got, c.DatabaseTypeName())
			_, _, ok := c.DecimalSize()
			require.False(t, ok, "SQLite keeps to no precision")
		}
		require.Equal(t, want, got, text)
	}
}

func TestColumnLength(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a TEXT, b blob, c VARCHAR(20), d INTEGER, e, f Text)")
	for i, c := range columnTypes(t, db, "SELECT *, a || '' FROM t") {
		n, ok := c.Length()
		want := []bool{true, true, false, false, false, true, false}[i]
		require.Equal(t, want, ok, c.Name())
		if want {
			require.Equal(t, int64(math.MaxInt64), n)
		}
	}
}

// What the schema proves about NULL.
const (
	never   = "never"
	may     = "may"
	unknown = "unknown"
)

var nullSchema = []string{
	"CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT)",
	"CREATE TABLE pair(x INTEGER, y INTEGER, PRIMARY KEY (x, y))",
	"CREATE TABLE textkey(k TEXT PRIMARY KEY)",
	"CREATE TABLE down(k INTEGER PRIMARY KEY DESC)",
	"CREATE TABLE outside(k INTEGER, PRIMARY KEY(k))",
	"CREATE TABLE bare(k TEXT PRIMARY KEY, v) WITHOUT ROWID",
	"CREATE TABLE hard(k TEXT PRIMARY KEY, n INT) STRICT",
	"CREATE TEMP TABLE tmp(a NOT NULL)",
	"ATTACH ':memory:' AS other; CREATE TABLE other.t(a, id INTEGER NOT NULL)",
	"CREATE VIEW w AS SELECT t.a FROM pair LEFT JOIN t ON t.id = pair.x",
	"CREATE VIEW plain AS SELECT a FROM t",
	"CREATE TABLE \"odd from\"(\"where\" NOT NULL)",
}

var nullCases = map[string][]string{
	"SELECT * FROM t":                                     {never, never, may},
	"SELECT t.a, T.\"b\" FROM main.t":                     {never, may},
	"SELECT a FROM t AS u WHERE id IN (1, 2) LIMIT 10":    {never},
	"SELECT a, b FROM t WHERE id = (SELECT 1) ORDER BY b": {never, may},
	"SELECT a FROM t ORDER BY (SELECT 1)":                 {unknown},
	"SELECT x, y FROM pair":                               {may, may},
	"SELECT k FROM textkey":                               {may},
	"SELECT k FROM down":                                  {may},
	"SELECT k FROM outside":                               {never},
	"SELECT * FROM bare":                                  {never, may},
	"SELECT * FROM hard":                                  {never, may},
	"SELECT a FROM tmp":                                   {never},
	"SELECT a, id FROM other.t":                           {may, never},
	"SELECT \"where\" FROM \"odd from\"":                  {never},
	"SELECT a, b FROM pair LEFT JOIN t ON id = x":         {unknown, may},
	"SELECT a FROM pair, t":                               {unknown},
	"SELECT t.a FROM t JOIN pair":                         {unknown},
	"SELECT u.a FROM t NATURAL LEFT OUTER JOIN t u":       {unknown},
	"SELECT a FROM w":                                     {unknown},
	"SELECT a FROM plain":                                 {unknown},
	"SELECT a FROM (SELECT a FROM t)":                     {unknown},
	"WITH c AS (SELECT a FROM t) SELECT a FROM c":         {unknown},
	"SELECT (SELECT a FROM t WHERE id = 99)":              {unknown},
	"SELECT a, max(id) FROM t":                            {unknown, unknown},
	"SELECT a FROM t GROUP BY a HAVING count(*) > 0":      {unknown},
	"SELECT a FROM t UNION ALL SELECT NULL":               {unknown},
	"SELECT a || b, 1, NULL FROM t":                       {unknown, unknown, unknown},
	"INSERT INTO t(a) VALUES ('x') RETURNING a, b":        {unknown, may},
	"UPDATE t SET b = 1 RETURNING a":                      {unknown},
	"DELETE FROM t WHERE id = (SELECT 7) RETURNING a":     {never},
	"PRAGMA table_info(t)":                                {unknown, unknown, unknown, unknown, unknown, unknown},
	"SELECT rowid, b FROM t":                              {never, may},
}

func checkNullable(t *testing.T, types []*sql.ColumnType, want []string, text string) {
	t.Helper()
	require.Len(t, types, len(want))
	for i, c := range types {
		got := unknown
		if nullable, ok := c.Nullable(); ok && nullable {
			got = may
		} else if ok {
			got = never
		}
		require.Equal(t, want[i], got, "%s: %s", text, c.Name())
	}
}

// What is said about NULL is proven by the schema, before the first row, behind the last, and without any.
func TestNullable(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db := memory(t)
	db.SetMaxOpenConns(1) // the temporary table and the attached one are its own
	exec(t, db, strings.Join(nullSchema, ";"))
	for round := range 2 { // of empty tables, then of full ones
		for text, want := range nullCases {
			rows := query(t, db, text)
			types, err := rows.ColumnTypes()
			require.NoError(t, err)
			checkNullable(t, types, want, text)
			if round == 1 && rows.Next() {
				types, err = rows.ColumnTypes()
				require.NoError(t, err)
				checkNullable(t, types, want, text)
			}
			require.NoError(t, rows.Close())
		}
		exec(t, db, "INSERT INTO t(a) SELECT value FROM generate_series(1, 50); INSERT OR IGNORE INTO pair SELECT id, id FROM t; "+
			"INSERT OR IGNORE INTO bare(k) SELECT id FROM t; INSERT INTO tmp VALUES (1); INSERT INTO other.t VALUES (1, 1)")
	}
	// each result set for itself
	rows := query(t, db, "SELECT a FROM t; SELECT b, a FROM t")
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	checkNullable(t, types, []string{never}, "first")
	require.True(t, rows.NextResultSet())
	types, err = rows.ColumnTypes()
	require.NoError(t, err)
	checkNullable(t, types, []string{may, never}, "second")
}

// A Go type is promised only where every value has it: in a NOT NULL column of a STRICT table.
func TestScanType(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db := memory(t, "CREATE TABLE strict_t(id INTEGER PRIMARY KEY, i INT NOT NULL, r REAL NOT NULL, s TEXT NOT NULL, b BLOB NOT NULL, a ANY NOT NULL, n INT) STRICT",
		"CREATE TABLE loose(id INTEGER PRIMARY KEY, i INT NOT NULL, s TEXT NOT NULL)")
	anyT := reflect.TypeFor[any]()
	for text, want := range map[string][]reflect.Type{
		"SELECT * FROM strict_t": {reflect.TypeFor[int64](), reflect.TypeFor[int64](), reflect.TypeFor[float64](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](), anyT, anyT},
		"SELECT * FROM loose":    {anyT, anyT, anyT},
		"SELECT i, i + 1 FROM loose LEFT JOIN strict_t USING (i)": {anyT, anyT},
		"SELECT max(i) FROM strict_t":                             {anyT},
	} {
		for i, c := range columnTypes(t, db, text) {
			require.Equal(t, want[i], c.ScanType(), "%s: %s", text, c.Name())
		}
	}
}

// A temporary view hides the table of its name, which a name in a statement
// then does not stand for.
func TestColumnTypesOfAViewInTheWay(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	c := pin(t, memory(t, "CREATE TABLE st(a INT NOT NULL, b TEXT NOT NULL) STRICT", "CREATE TABLE o(x)", "INSERT INTO o VALUES (1)"))
	exec(t, c, "CREATE TEMP VIEW st AS SELECT st.b FROM o LEFT JOIN main.st ON 0")
	rows := query(t, c, "SELECT b FROM st")
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	nullable, ok := types[0].Nullable()
	require.False(t, ok && !nullable, "it is NULL")
	require.Equal(t, reflect.TypeFor[any](), types[0].ScanType())
	require.NoError(t, rows.Close())
}

// Asking about columns disturbs neither the rows nor a transaction, and a schema that changed meanwhile is no trouble.
func TestColumnTypesInTheMiddle(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db := memory(t, "CREATE TABLE t(a NOT NULL, at DATETIME, b)", "INSERT INTO t SELECT value, '2024-01-02', zeroblob(9000) FROM generate_series(1, 300)")
	c := pin(t, db)
	rows := query(t, c, "SELECT a, at, b FROM t")
	for i := 1; rows.Next(); i++ {
		if i%7 == 0 {
			types, err := rows.ColumnTypes()
			require.NoError(t, err)
			nullable, ok := types[0].Nullable()
			require.True(t, ok)
			require.False(t, nullable)
		}
		var a int
		var at any
		var b []byte
		require.NoError(t, rows.Scan(&a, &at, &b))
		require.Equal(t, i, a)
		require.Len(t, b, 9000)
	}
	require.NoError(t, rows.Err())
	rows = query(t, c, "SELECT a FROM t LIMIT 3")
	require.True(t, rows.Next())
	exec(t, c, "DROP TABLE t")
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	_, ok := types[0].Nullable()
	require.False(t, ok, "nothing is known of a table that is gone")
}
