package remote

import (
	"database/sql"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// pair is the remote database, and a local one that the same is asked of.
func pair(t *testing.T, change ...func(*driver.Config)) map[string]*sql.DB {
	k := serve(t, hranaserver.Options{}, change...)
	cfg, err := driver.ParseDSN(":memory:")
	require.NoError(t, err)
	for _, f := range change {
		f(cfg)
	}
	c, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	local := sql.OpenDB(c)
	t.Cleanup(func() { local.Close() })
	return map[string]*sql.DB{"remote": k.db, "local": local}
}

// What goes in comes out, as from a local database.
func TestValues(t *testing.T) {
	dbs := pair(t)
	long := strings.Repeat("ä€😀\"\\\x00\x01\u2028<>&/", 20_000)
	blob := make([]byte, 70_000)
	for i := range blob {
		blob[i] = byte(i * 7)
	}
	when := time.Date(2024, 2, 29, 23, 59, 59, 123456789, time.FixedZone("", 3600))
	for _, v := range []any{
		nil, int64(0), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), int64(1<<53 + 1), 42, uint8(3), true, false,
		0.0, math.Copysign(0, -1), 0.1, 5e-324, math.MaxFloat64, -1e21, 1e21, 1e-7, 1.0, 123456789012345680.0, math.Pi, 1.0 / 3,
		"", "x", "a\x00b", "<>&'\"\\/\b\f\n\r\t\u2028\u2029\x7f", "2024-01-02", "😀", long, "\ufeffbom", "\uffff",
		[]byte{}, []byte(nil), []byte{0}, []byte{1, 2}, []byte{1, 2, 3}, []byte{1, 2, 3, 4}, []byte{0xfb, 0xff, 0xfe}, blob,
		when, when.UTC(), time.Time{},
	} {
		got := map[string][]any{}
		for name, db := range dbs {
			row := make([]any, 4)
			require.NoError(t, db.QueryRow("SELECT ?1, typeof(?1), length(CAST(?1 AS BLOB)), hex(?1)", v).
				Scan(&row[0], &row[1], &row[2], &row[3]), "%s: %.40v", name, v)
			got[name] = row
		}
		require.Equal(t, got["local"], got["remote"], "%.40v", v)
		if f, ok := v.(float64); ok {
			require.Equal(t, math.Float64bits(f), math.Float64bits(got["remote"][0].(float64)), "%v", f)
		}
	}
}

// Declared types make bools and times, and nothing else does.
func TestDeclaredTypes(t *testing.T) {
	for name, change := range map[string]func(*driver.Config){
		"plain":         func(*driver.Config) {},
		"with Loc":      func(c *driver.Config) { c.Loc = time.FixedZone("X", 7200) },
		"stored values": func(c *driver.Config) { c.StoredValues = true },
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string][]any{}
			for name, db := range pair(t, change) {
				_, err := db.Exec("CREATE TABLE t (b BOOLEAN, d DATETIME, s TIMESTAMP, x TEXT, v VARCHAR(20), n DECIMAL(10,2), i DATE);" +
					"INSERT INTO t VALUES (1, ?, 1700000000, '2024-01-02', 'v', 1.5, '2024-01-02'), (7, 'no time', 1.5, NULL, '', 3, NULL)")
				require.Error(t, err, "an argument is missing")
				_, err = db.Exec("CREATE TABLE t (b BOOLEAN, d DATETIME, s TIMESTAMP, x TEXT, v VARCHAR(20), n DECIMAL(10,2), i DATE);"+
					"INSERT INTO t VALUES (1, ?, 1700000000, '2024-01-02', 'v', 1.5, '2024-01-02'), (7, 'no time', 1.5, NULL, '', 3, NULL)",
					time.Date(2024, 5, 6, 7, 8, 9, 1e6, time.UTC))
				require.NoError(t, err)
				rows, err := db.Query("SELECT *, max(b, 1), b AS b, d AS \"\" FROM t ORDER BY b")
				require.NoError(t, err)
				types, err := rows.ColumnTypes()
				require.NoError(t, err)
				for _, c := range types {
					got[name] = append(got[name], c.Name(), c.DatabaseTypeName())
				}
				for rows.Next() {
					row, dest := make([]any, len(types)), make([]any, len(types))
					for i := range row {
						dest[i] = &row[i]
					}
					require.NoError(t, rows.Scan(dest...))
					got[name] = append(got[name], row...)
				}
				require.NoError(t, rows.Close())
			}
			require.Equal(t, got["local"], got["remote"])
		})
	}
}

// What cannot be sent says so, and nothing is sent.
func TestValuesThatCannotBeSent(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	for want, v := range map[string]any{
		"argument 1: NaN cannot be stored":                    math.NaN(),
		"argument 1: an infinity cannot be sent":              math.Inf(-1),
		"argument 1: a text that is not UTF-8 cannot be sent": "a\xff",
		"argument 1: 18446744073709551615 does not fit":       uint64(math.MaxUint64),
	} {
		n := k.trips(func() {
			_, err := k.db.Exec("SELECT ?", v)
			require.ErrorContains(t, err, want)
		})
		require.Zero(t, n, want)
	}
	for want, text := range map[string]string{"NUL byte": "SELECT 'a\x00'", "not UTF-8": "SELECT 'a\xff'"} {
		require.Zero(t, k.trips(func() {
			_, err := k.db.Exec(text)
			require.ErrorContains(t, err, want)
			_, err = k.db.Prepare(text)
			require.ErrorContains(t, err, want)
		}))
	}
	require.Zero(t, k.trips(func() {
		for _, text := range []string{"", " -- nothing", ";;"} {
			_, err := k.db.Exec(text)
			require.NoError(t, err)
			rows, err := k.db.Query(text)
			require.NoError(t, err)
			require.False(t, rows.Next())
			require.NoError(t, rows.Close())
		}
	}))
}

// Infinity is a value of SQLite that JSON does not have.
func TestInfinityThatIsRead(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	var f float64
	require.NoError(t, k.db.QueryRow("SELECT 9e999").Scan(&f))
	require.True(t, math.IsNaN(f))
}

// A text that is not UTF-8 is an error of the server's, and read as a BLOB.
func TestTextThatIsNotUTF8(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	var v any
	err := k.db.QueryRow("SELECT CAST(x'61ff' AS TEXT)").Scan(&v)
	require.ErrorContains(t, err, "the server answered 500")
	require.NoError(t, k.db.QueryRow("SELECT CAST(CAST(x'61ff' AS TEXT) AS BLOB)").Scan(&v))
	require.Equal(t, []byte("a\xff"), v)
}

// Every kind of parameter works as it does locally.
func TestParameters(t *testing.T) {
	for name, db := range pair(t) {
		t.Run(name, func(t *testing.T) {
			for _, tt := range []struct {
				sql  string
				args []any
				want string
				err  string
			}{
				{"SELECT ? || ?", []any{"a", "b"}, "ab", ""},
				{"SELECT ?2 || ?1 || ?1", []any{"a", "b"}, "baa", ""},
				{"SELECT ?3 || '.'", []any{"a", "b", "c"}, "c.", ""},
				{"SELECT :a || @b || $c", []any{sql.Named("c", "3"), sql.Named("a", "1"), sql.Named("b", "2")}, "123", ""},
				{"SELECT :a || @b || :a", []any{"1", "2"}, "121", ""},
				{"SELECT :a || @a || $a", []any{"1", "2", "3"}, "123", ""},
				{"SELECT :a || @a", []any{sql.Named("a", "1")}, "11", ""},
				{"SELECT ? || :a || ?", []any{"1", sql.Named("a", "2"), "3"}, "123", ""},
				{"SELECT :a || ? || ?1 || '?' /* ? */", []any{sql.Named("a", "2"), "3"}, "232?", ""},
				{"SELECT ':x?' || ?", []any{"1"}, ":x?1", ""},
				{"SELECT ?", nil, "", "0 arguments for 1 parameters"},
				{"SELECT ?", []any{1, 2}, "", "2 arguments for 1 parameters"},
				{"SELECT :a", []any{sql.Named("b", 1)}, "", `no argument is named "a"`},
				{"SELECT :a", []any{sql.Named("a", 1), sql.Named("b", 1)}, "", `no parameter is named "b"`},
			} {
				var got string
				err := db.QueryRow(tt.sql, tt.args...).Scan(&got)
				if tt.err != "" {
					require.ErrorContains(t, err, tt.err, tt.sql)
					continue
				}
				require.NoError(t, err, tt.sql)
				require.Equal(t, tt.want, got, tt.sql)
			}
		})
	}
}

// More parameters than SQLite has numbers for are refused in its words.
func TestTooManyParameters(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	for sql, want := range map[string]string{
		"VALUES (?)" + strings.Repeat(",(?)", 32_766): "too many SQL variables",
		"SELECT ?32767": "variable number",
		"SELECT ?0":     "variable number",
	} {
		_, err := k.db.Exec(sql)
		var e *driver.Error
		require.ErrorAs(t, err, &e)
		require.ErrorIs(t, err, driver.ErrError)
		require.True(t, strings.HasPrefix(e.Message, want), e.Message)
	}
}

// Results of statements: what changed, what was added, and all the rows.
func TestResults(t *testing.T) {
	got := map[string][]any{}
	for name, db := range pair(t) {
		exec := func(q string, args ...any) {
			res, err := db.Exec(q, args...)
			require.NoError(t, err, "%s: %s", name, q)
			id, _ := res.LastInsertId()
			n, _ := res.RowsAffected()
			got[name] = append(got[name], q, id, n)
		}
		exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER UNIQUE)")
		exec("INSERT INTO t (n) VALUES (10), (20), (30)")
		exec("UPDATE t SET n = n + 1")
		exec("UPDATE t SET n = n + 1 RETURNING id")
		exec("INSERT OR IGNORE INTO t (n) VALUES (12)")
		exec("INSERT INTO t (n) VALUES (12) ON CONFLICT (n) DO UPDATE SET n = 13")
		exec("REPLACE INTO t VALUES (9, 99)")
		exec("SELECT * FROM t")
		exec("WITH x AS (SELECT 1) DELETE FROM t WHERE id IN (SELECT * FROM x)")
		exec("INSERT INTO t (n) VALUES (?); UPDATE t SET n = n + 100; DELETE FROM t WHERE id = ?; SELECT 1", 7, 9)
		rows, err := db.Query("INSERT INTO t (n) VALUES (1000); SELECT n FROM t ORDER BY n; CREATE TABLE u (x); SELECT 'u', count(*) FROM u; DELETE FROM u")
		require.NoError(t, err)
		for more := true; more; more = rows.NextResultSet() {
			cols, err := rows.Columns()
			require.NoError(t, err)
			got[name] = append(got[name], strings.Join(cols, ","))
			for rows.Next() {
				dest := make([]any, len(cols))
				row := make([]any, len(cols))
				for i := range dest {
					dest[i] = &row[i]
				}
				require.NoError(t, rows.Scan(dest...))
				got[name] = append(got[name], row...)
			}
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	require.Equal(t, got["local"], got["remote"])
}

// Ten thousand rows are one trip.
func TestManyRows(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	for _, n := range []int{0, 1, 10_000} {
		got := 0
		require.Equal(t, 1, k.trips(func() {
			rows, err := k.db.Query("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?1) SELECT x, 'row ' || x FROM c WHERE ?1 > 0", n)
			require.NoError(t, err)
			for rows.Next() {
				var x int
				var s string
				require.NoError(t, rows.Scan(&x, &s))
				got++
				require.Equal(t, got, x)
			}
			require.NoError(t, rows.Close())
		}))
		require.Equal(t, n, got)
	}
	k.noStreams()
}
