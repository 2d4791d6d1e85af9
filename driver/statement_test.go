package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// withConn runs a test on the connection.
func withConn(t testing.TB, h driver.Handle, f func(c *driver.Conn)) {
	t.Helper()
	require.NoError(t, driver.With(context.Background(), h, func(c *driver.Conn) error {
		f(c)
		return nil
	}))
}

func statement(t testing.TB, c *driver.Conn, text string) *driver.Statement {
	t.Helper()
	s, err := c.Statement(context.Background(), text)
	require.NoError(t, err, text)
	return s
}

// values are the rows that are left of a run.
func values(t testing.TB, s *driver.Statement) (out [][]any) {
	t.Helper()
	cols, err := s.Columns()
	require.NoError(t, err)
	for s.Next() {
		row := make([]any, len(cols))
		for i := range row {
			row[i] = s.Value(i)
		}
		out = append(out, row)
	}
	require.NoError(t, s.Err())
	return out
}

// One statement, a thousand runs: a thousand rows, and the counters know it.
func TestStatementManyTimes(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT)")
		withConn(t, db, func(c *driver.Conn) {
			insert, get := statement(t, c, "INSERT INTO t VALUES (?, ?, ?)"), statement(t, c, "SELECT a, b FROM t WHERE id = ?")
			tx, err := c.Begin()
			require.NoError(t, err)
			for i := range 1000 {
				insert.BindInt64(1, int64(i))
				if i%3 == 0 {
					insert.BindNull(2)
				} else {
					insert.BindFloat64(2, float64(i)/2)
				}
				insert.BindText(3, fmt.Sprint("b", i))
				require.NoError(t, insert.Exec())
				require.Equal(t, int64(1), insert.RowsAffected())
				require.Equal(t, int64(i), insert.LastInsertID())
				get.BindInt64(1, int64(i))
				require.True(t, get.Next())
				require.Equal(t, i%3 == 0, get.IsNull(0))
				if i%3 != 0 {
					require.Equal(t, float64(i)/2, get.Float64(0))
				}
				require.Equal(t, fmt.Sprint("b", i), get.Text(1))
				require.False(t, get.Next())
				require.NoError(t, get.Err())
			}
			require.NoError(t, tx.Commit())
			for _, s := range []*driver.Statement{insert, get} {
				n, err := s.Counters()
				require.NoError(t, err)
				require.Equal(t, int64(1000), n.Runs)
				require.Positive(t, n.VMSteps)
				require.NoError(t, s.Close())
			}
		})
		require.Equal(t, int64(1000), value(t, db, "SELECT count(*) FROM t"))
	})
}

func TestStatementValues(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	at := time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
	big := strings.Repeat("x\x00ß", 30_000)
	withConn(t, memory(t, "CREATE TABLE t(at DATETIME, ok BOOLEAN, x)"), func(c *driver.Conn) {
		s := statement(t, c, "SELECT ?1, typeof(?1)")
		defer s.Close()
		for i, test := range []struct {
			bind func()
			want any
			kind string
		}{
			{func() { s.BindInt64(1, math.MinInt64) }, int64(math.MinInt64), "integer"},
			{func() { s.BindInt64(1, math.MaxInt64) }, int64(math.MaxInt64), "integer"},
			{func() { s.BindFloat64(1, math.Inf(-1)) }, math.Inf(-1), "real"},
			{func() { s.BindFloat64(1, 0.1) }, 0.1, "real"},
			{func() { s.BindBool(1, true) }, int64(1), "integer"},
			{func() { s.BindBool(1, false) }, int64(0), "integer"},
			{func() { s.BindText(1, "") }, "", "text"},
			{func() { s.BindText(1, "a\x00ß") }, "a\x00ß", "text"},
			{func() { s.BindText(1, "\xff") }, "\xff", "text"},
			{func() { s.BindText(1, big) }, big, "text"},
			{func() { s.BindBytes(1, []byte(big)) }, []byte(big), "blob"},
			{func() { s.BindBytes(1, []byte{}) }, []byte{}, "blob"},
			{func() { s.BindBytes(1, nil) }, nil, "null"},
			{func() { s.BindNull(1) }, nil, "null"},
			{func() { s.BindTime(1, at) }, "2024-05-06 07:08:09.00000001+00:00", "text"},
			{func() { s.Bind(1, nil) }, nil, "null"},
			{func() { s.Bind(1, uint8(7)) }, int64(7), "integer"},
			{func() { s.Bind(1, float32(0.5)) }, 0.5, "real"},
			{func() { s.Bind(1, sql.NullString{}) }, nil, "null"},
			{func() { s.Bind(1, sql.NullString{String: "v", Valid: true}) }, "v", "text"},
			{func() { s.Bind(1, []byte("b")) }, []byte("b"), "blob"},
			{func() { s.Bind(1, true) }, int64(1), "integer"},
			{func() { s.Bind(1, at) }, "2024-05-06 07:08:09.00000001+00:00", "text"},
			{func() { s.ClearBindings() }, nil, "null"},
			{func() { s.BindText(1, big); s.BindText(1, "short"); s.BindText(1, "longer") }, "longer", "text"},
			{func() { s.BindText(1, "text"); s.BindInt64(1, 1); s.BindBytes(1, []byte("blob")) }, []byte("blob"), "blob"},
		} {
			test.bind()
			require.True(t, s.Next(), i)
			require.Equal(t, test.want, s.Value(0), i)
			require.Equal(t, test.kind, s.Text(1), i)
			switch want := test.want.(type) {
			case string:
				require.Equal(t, want, s.Text(0))
				require.Equal(t, []byte(want), s.Bytes(0))
				require.Equal(t, ">"+want, string(s.AppendBytes([]byte(">"), 0)))
			case []byte:
				require.Equal(t, want, s.Bytes(0))
				require.Equal(t, string(want), s.Text(0))
			case nil:
				require.True(t, s.IsNull(0))
				require.Nil(t, s.Bytes(0))
				require.Equal(t, ">", string(s.AppendBytes([]byte(">"), 0)))
			}
			require.False(t, s.Next())
			require.NoError(t, s.Err())
		}
		exec(t, ctxRunner{c}, "INSERT INTO t VALUES ('2024-05-06 07:08:09.00000001+00:00', 1, 2), (1714979289, 5, 2.5), ('soon', 0, 'x')")
		rows := statement(t, c, "SELECT * FROM t")
		defer rows.Close()
		require.Equal(t, [][]any{
			{at, true, int64(2)}, {time.Unix(1714979289, 0).UTC(), int64(5), 2.5}, {"soon", false, "x"},
		}, values(t, rows))
		require.True(t, rows.Next())
		require.Equal(t, at, rows.Time(0))
		require.True(t, rows.Bool(1))
		require.Equal(t, 2.0, rows.Float64(2))
		require.True(t, rows.Next())
		require.Equal(t, time.Unix(1714979289, 0).UTC(), rows.Time(0))
		require.NoError(t, rows.Reset())
	})
}

// ctxRunner runs texts on a driver connection.
type ctxRunner struct{ c *driver.Conn }

func (r ctxRunner) ExecContext(ctx context.Context, text string, _ ...any) (sql.Result, error) {
	res, err := r.c.ExecContext(ctx, text, nil)
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (ctxRunner) QueryContext(context.Context, string, ...any) (*sql.Rows, error) { panic("unused") }
func (ctxRunner) PrepareContext(context.Context, string) (*sql.Stmt, error)       { panic("unused") }

// What a column does not hold is an error, not a zero.
func TestStatementColumnErrors(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	withConn(t, memory(t), func(c *driver.Conn) {
		s := statement(t, c, "SELECT 1, 2.5, 'text', x'00', NULL, 1e300, 7.0, 2 FROM generate_series(1, 3)")
		defer s.Close()
		for name, test := range map[string]struct {
			ask  func()
			want string
		}{
			"real":       {func() { s.Int64(1) }, "column 1 is REAL, and no 64-bit integer"},
			"huge":       {func() { s.Int64(5) }, "column 5 is REAL, and no 64-bit integer"},
			"text":       {func() { s.Int64(2) }, "column 2 is TEXT, and no 64-bit integer"},
			"null":       {func() { s.Int64(4) }, "column 4 is NULL, and no 64-bit integer"},
			"null real":  {func() { s.Float64(4) }, "column 4 is NULL, and no number"},
			"blob real":  {func() { s.Float64(3) }, "column 3 is BLOB, and no number"},
			"null text":  {func() { s.Text(4) }, "column 4 is NULL, and no text or blob"},
			"int text":   {func() { s.Text(0) }, "column 0 is INTEGER, and no text or blob"},
			"int bytes":  {func() { s.Bytes(0) }, "column 0 is INTEGER, and no text or blob"},
			"append":     {func() { s.AppendBytes(nil, 1) }, "column 1 is REAL, and no text or blob"},
			"bool":       {func() { s.Bool(7) }, "column 7 is INTEGER, and no boolean"},
			"time":       {func() { s.Time(2) }, "column 2 is TEXT, and no time"},
			"null time":  {func() { s.Time(4) }, "column 4 is NULL, and no time"},
			"no column":  {func() { s.Int64(8) }, "no column 8, or no row"},
			"negative":   {func() { s.Value(-1) }, "no column -1, or no row"},
			"null of 8":  {func() { s.IsNull(8) }, "no column 8, or no row"},
			"first told": {func() { s.Int64(2); s.Text(0) }, "column 2 is TEXT, and no 64-bit integer"},
		} {
			require.True(t, s.Next(), name)
			test.ask()
			require.ErrorContains(t, s.Err(), test.want, name)
			require.False(t, s.Next(), name)
			require.ErrorContains(t, s.Err(), test.want, name)
			require.ErrorContains(t, s.Reset(), test.want, name)
			require.NoError(t, s.Err(), name)

			require.True(t, s.Next(), name)
			test.ask()
			require.ErrorContains(t, s.Reset(), test.want, name)
			require.NoError(t, s.Reset(), name)
		}
		require.True(t, s.Next())
		require.Equal(t, int64(7), s.Int64(6))
		require.NoError(t, s.Reset())
		s.Int64(0)
		require.ErrorContains(t, s.Reset(), "no row")
	})
}

// No value of an earlier run is ever used.
func TestStatementArguments(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	withConn(t, memory(t), func(c *driver.Conn) {
		s := statement(t, c, "SELECT ?1, :a, @b")
		defer s.Close()
		require.Equal(t, 3, s.NumParams())
		all := func(args ...any) []any {
			s.BindAll(args...)
			require.True(t, s.Next(), s.Err())
			row := []any{s.Value(0), s.Value(1), s.Value(2)}
			require.False(t, s.Next())
			require.NoError(t, s.Err())
			return row
		}
		require.Equal(t, []any{int64(1), "x", nil}, all(1, "x", nil))
		require.False(t, s.Next())
		require.ErrorContains(t, s.Err(), "parameter ?1 has no argument")
		s.BindInt64(1, 5)
		s.BindInt64(3, 5)
		require.False(t, s.Next())
		require.ErrorContains(t, s.Err(), "parameter :a has no argument")
		require.Equal(t, []any{int64(1), int64(2), int64(3)}, all(sql.Named("b", 3), sql.Named("a", 2), 1))
		require.Equal(t, []any{int64(1), int64(2), int64(3)}, all(1, sql.Named("a", 2), sql.Named("b", 3)))

		for name, test := range map[string]struct {
			bind func()
			want string
		}{
			"few":       {func() { s.BindAll(1, 2) }, "2 arguments for 3 parameters"},
			"none":      {func() { s.BindAll() }, "0 arguments for 3 parameters"},
			"many":      {func() { s.BindAll(1, 2, 3, 4) }, "4 arguments for 3 parameters"},
			"twice":     {func() { s.BindAll(1, sql.Named("a", 1), sql.Named("a", 1)) }, `two arguments are named "a"`},
			"unknown":   {func() { s.BindAll(1, sql.Named("z", 1), sql.Named("a", 1)) }, `no parameter is named "z"`},
			"missing":   {func() { s.BindAll(1, sql.Named("a", 1)) }, "no argument for parameter 3 @b"},
			"surplus":   {func() { s.BindAll(1, 2, sql.Named("a", 1), sql.Named("b", 1)) }, "an argument without a parameter"},
			"index 0":   {func() { s.BindInt64(0, 1) }, "no parameter 0: the statement has 3"},
			"index 4":   {func() { s.BindText(4, "") }, "no parameter 4: the statement has 3"},
			"negative":  {func() { s.BindNull(-1) }, "no parameter -1"},
			"name":      {func() { s.BindInt64(s.Param("nope"), 1) }, `no parameter is named "nope"`},
			"NaN":       {func() { s.BindFloat64(1, math.NaN()) }, "NaN cannot be stored"},
			"bind NaN":  {func() { s.BindAll(math.NaN(), 1, 1) }, "NaN cannot be stored"},
			"type":      {func() { s.Bind(1, struct{}{}) }, "unsupported type"},
			"uint64":    {func() { s.Bind(1, uint64(math.MaxUint64)) }, "does not fit"},
			"year":      {func() { s.BindTime(1, time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)) }, "argument 1"},
			"then good": {func() { s.BindNull(9); s.ClearBindings() }, "no parameter 9"},
		} {
			for how, run := range map[string]func() error{
				"Exec":  func() error { return s.Exec() },
				"Next":  func() error { require.False(t, s.Next()); return s.Err() },
				"Reset": s.Reset,
			} {
				s.ClearBindings()
				test.bind()
				require.ErrorContains(t, run(), test.want, name+how)
				require.Error(t, s.Exec(), "nothing of a refused binding is left")
				require.NoError(t, s.Reset())
			}
		}
		require.ErrorContains(t, s.Exec(1), "1 arguments for 3 parameters")
		require.Equal(t, []any{nil, nil, nil}, func() []any { s.ClearBindings(); s.Next(); return []any{s.Value(0), s.Value(1), s.Value(2)} }())
		require.NoError(t, s.Reset())
		require.Equal(t, []any{"1", "2", nil}, func() []any {
			s.ClearBindings()
			s.BindText(s.Param("?1"), "1")
			s.BindText(s.Param(":a"), "2")
			require.Equal(t, 3, s.Param("b"))
			s.Next()
			return []any{s.Value(0), s.Value(1), s.Value(2)}
		}())
		require.NoError(t, s.Reset())
		// Reset leaves what no run has taken.
		s.BindAll(1, 2, 3)
		require.NoError(t, s.Reset())
		require.NoError(t, s.Exec())
		require.Error(t, s.Exec())
	})
}

// While a run stands on a row the statement takes no arguments.
func TestStatementBoundUnderRows(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	withConn(t, memory(t), func(c *driver.Conn) {
		for _, n := range []int{2, 1000} {
			s := statement(t, c, "SELECT value FROM generate_series(?, ?)")
			s.BindAll(1, n)
			require.True(t, s.Next())
			require.ErrorContains(t, s.Exec(), "stands on a row")
			require.Equal(t, int64(1), s.Int64(0), "the run goes on")
			require.True(t, s.Next())
			s.BindInt64(1, 7)
			require.False(t, s.Next())
			require.ErrorContains(t, s.Err(), "stands on a row")
			s.BindAll(3, 3)
			require.Equal(t, [][]any{{int64(3)}}, values(t, s))
			require.NoError(t, s.Close())
		}
	})
}

func TestStatementAfterFailure(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	withConn(t, memory(t, "CREATE TABLE t(a UNIQUE NOT NULL)"), func(c *driver.Conn) {
		for _, text := range []string{"INSERT INTO t VALUES (?)", "INSERT INTO t VALUES (?) RETURNING a"} {
			exec(t, ctxRunner{c}, "DELETE FROM t")
			s := statement(t, c, text)
			require.NoError(t, s.Exec(1))
			for range 3 {
				require.ErrorIs(t, s.Exec(1), driver.ErrConstraintUnique)
				require.Zero(t, s.RowsAffected())
				s.BindInt64(1, 1)
				require.False(t, s.Next())
				require.ErrorIs(t, s.Err(), driver.ErrConstraintUnique)
				s.ClearBindings()
				require.ErrorIs(t, s.Exec(), driver.ErrConstraintNotNull)
			}
			require.NoError(t, s.Exec(2))
			require.Equal(t, int64(2), s.LastInsertID())
			require.NoError(t, s.Close())
			n := statement(t, c, "SELECT count(*) FROM t")
			require.Equal(t, [][]any{{int64(2)}}, values(t, n))
			require.NoError(t, n.Close())
		}
		// A failure behind rows comes behind them.
		s := statement(t, c, "SELECT CASE value WHEN ?1 THEN abs(-9223372036854775808) ELSE value END FROM generate_series(1, 1000)")
		defer s.Close()
		for _, at := range []int64{1, 2, 16, 17, 500} {
			s.BindInt64(1, at)
			n := int64(0)
			for s.Next() {
				n++
				require.Equal(t, n, s.Int64(0))
			}
			require.Equal(t, at-1, n)
			require.ErrorContains(t, s.Err(), "integer overflow")
		}
	})
}

// A run that is open locks the schema of its connection; Reset ends it.
func TestStatementDropUnderRun(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		exec(t, db, "CREATE TABLE t(a); INSERT INTO t SELECT value FROM generate_series(1, 100)")
		withConn(t, db, func(c *driver.Conn) {
			s := statement(t, c, "SELECT a FROM t")
			require.True(t, s.Next())
			err := execErr(ctxRunner{c}, "DROP TABLE t")
			require.ErrorIs(t, err, driver.ErrLocked)
			require.EqualError(t, err, "database table is locked")
			require.True(t, s.Next())
			require.NoError(t, s.Reset())
			require.NoError(t, s.Reset())
			exec(t, ctxRunner{c}, "DROP TABLE t")
			require.ErrorContains(t, s.Exec(), "no such table: t")
			exec(t, ctxRunner{c}, "CREATE TABLE t(x, y DATETIME); INSERT INTO t VALUES (1, '2024-01-02')")
			s2 := statement(t, c, "SELECT * FROM t")
			require.Len(t, values(t, s2), 1)
			require.NoError(t, s2.Close())
			require.NoError(t, s.Close())
		})
	})
}

// A change of the schema compiles it anew, and its columns are those of the run.
func TestStatementSchemaChange(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	withConn(t, memory(t, "CREATE TABLE t(a TEXT)", "INSERT INTO t VALUES ('2024-01-02')"), func(c *driver.Conn) {
		s := statement(t, c, "SELECT * FROM t")
		defer s.Close()
		require.Equal(t, [][]any{{"2024-01-02"}}, values(t, s))
		exec(t, ctxRunner{c}, "ALTER TABLE t ADD COLUMN b DEFAULT 7")
		require.True(t, s.Next())
		names, err := s.Columns()
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, names)
		require.Equal(t, int64(7), s.Int64(1))
		require.False(t, s.Next())
		n, err := s.Counters()
		require.NoError(t, err)
		require.Equal(t, int64(1), n.Reprepares)
		require.Equal(t, int64(3), n.Runs, "SQLite counts the run that found the change")
		exec(t, ctxRunner{c}, "ALTER TABLE t ALTER COLUMN a TO a DATETIME")
		require.True(t, s.Next())
		require.Equal(t, time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC), s.Value(0))
		require.NoError(t, s.Reset())
	})
}

// After Close, of the statement, its connection or its loan, everything is an
// error, and nothing a crash.
func TestStatementClosed(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	check := func(t *testing.T, s *driver.Statement) {
		t.Helper()
		for range 2 {
			require.EqualError(t, s.Exec(), "libsql: statement is closed")
			require.EqualError(t, s.Exec(1), "libsql: 1 arguments for 0 parameters")
			require.False(t, s.Next())
			require.EqualError(t, s.Err(), "libsql: statement is closed")
			s.BindInt64(1, 1)
			require.EqualError(t, s.Err(), "libsql: statement is closed")
			s.Reset()
			s.BindText(1, "x")
			require.EqualError(t, s.Err(), "libsql: statement is closed")
			s.Reset()
			s.ClearBindings()
			require.Zero(t, s.Int64(0))
			require.Nil(t, s.Value(0))
			require.Empty(t, s.Text(0))
			require.Error(t, s.Reset())
			_, err := s.Counters()
			require.EqualError(t, err, "libsql: statement is closed")
			_, err = s.Columns()
			require.EqualError(t, err, "libsql: statement is closed")
			require.NoError(t, s.Close())
		}
	}
	const text = "SELECT value, zeroblob(9000) FROM generate_series(?, 1000)"
	for _, open := range []bool{false, true} {
		db := memory(t)
		begin := func(s *driver.Statement) {
			if open {
				s.BindInt64(1, 1)
				require.True(t, s.Next())
				require.Len(t, s.Bytes(1), 9000)
			}
		}
		var s *driver.Statement
		withConn(t, db, func(c *driver.Conn) {
			s = statement(t, c, text)
			begin(s)
			require.NoError(t, s.Close())
			check(t, s)
			s = statement(t, c, text)
			begin(s)
		})
		check(t, s) // the pool has its connection back
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		withConn(t, conn, func(c *driver.Conn) { s = statement(t, c, text) })
		begin(s) // the connection is still ours
		require.NoError(t, conn.Close())
		check(t, s)
		require.NoError(t, pin(t, db).Raw(func(x any) error {
			c := x.(*driver.Conn)
			s = statement(t, c, text)
			begin(s)
			require.NoError(t, c.Close())
			check(t, s)
			_, err := c.Statement(t.Context(), text)
			require.Error(t, err)
			return nil
		}))
	}
}

func TestStatementRefuses(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	withConn(t, memory(t, "CREATE TABLE t(a)"), func(c *driver.Conn) {
		for _, text := range []string{
			"", " -- nothing", "SELECT 1; SELECT 2", "DROP TABLE t", "CREATE INDEX i ON t(a)", "PRAGMA busy_timeout = 1",
			"EXPLAIN SELECT 1", "VACUUM", "ATTACH ':memory:' AS x",
		} {
			_, err := c.Statement(t.Context(), text)
			require.ErrorIs(t, err, driver.ErrUnsupported, text)
		}
		for text, want := range map[string]string{
			"SELEC 1": `near "SELEC": syntax error`, "SELECT * FROM nowhere": "no such table: nowhere", "SELECT 1\x00": "NUL",
		} {
			_, err := c.Statement(t.Context(), text)
			require.ErrorContains(t, err, want)
			require.NotErrorIs(t, err, driver.ErrUnsupported, text)
		}
		_, err := c.Statement(cancelled(), "SELECT 1")
		require.ErrorIs(t, err, context.Canceled)
	})
}

// The context of a statement ends a run that is under way, and no other run of
// the connection.
func TestStatementCancelled(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		withConn(t, db, func(c *driver.Conn) {
			exec(t, ctxRunner{c}, "CREATE TABLE t(a)")
			for _, text := range []string{
				"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
				"INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
			} {
				cause := errors.New("enough")
				ctx, cancel := context.WithCancelCause(t.Context())
				s, err := c.Statement(ctx, text)
				require.NoError(t, err)
				other := statement(t, c, "SELECT value FROM generate_series(1, 1000)")
				require.True(t, other.Next())
				time.AfterFunc(20*time.Millisecond, func() { cancel(cause) })
				err = s.Exec()
				require.ErrorIs(t, err, context.Canceled)
				require.ErrorIs(t, err, cause)
				require.ErrorIs(t, err, driver.ErrInterrupt)
				require.ErrorIs(t, s.Exec(), context.Canceled, "no other run begins")
				require.False(t, s.Next())
				require.ErrorIs(t, s.Err(), context.Canceled)
				if strings.HasPrefix(text, "WITH") { // a write that is cancelled ends the rows of its transaction
					require.Len(t, values(t, other), 999)
				}
				require.ErrorIs(t, s.Reset(), context.Canceled)
				require.NoError(t, s.Close())
				other.Reset()
				require.NoError(t, other.Close())
			}
			// between blocks
			ctx, cancel := context.WithCancel(t.Context())
			s, err := c.Statement(ctx, "SELECT value FROM generate_series(1, 100000)")
			require.NoError(t, err)
			require.True(t, s.Next())
			cancel()
			n := 0
			for s.Next() {
				n++
			}
			require.Less(t, n, 200)
			require.ErrorIs(t, s.Err(), context.Canceled)
			exec(t, ctxRunner{c}, "DROP TABLE t")
			require.ErrorIs(t, s.Close(), context.Canceled)
		})
	})
}

func TestStatementInTransactions(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	t.Run("read-only", func(t *testing.T) {
		db := memory(t, "CREATE TABLE t(a)")
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
		require.NoError(t, err)
		defer tx.Rollback()
		withConn(t, tx, func(c *driver.Conn) {
			s := statement(t, c, "INSERT INTO t VALUES (1) RETURNING a")
			defer s.Close()
			require.ErrorIs(t, s.Exec(), driver.ErrReadOnly)
			require.False(t, s.Next())
			require.ErrorIs(t, s.Err(), driver.ErrReadOnly)
		})
	})
	t.Run("the end of one ends its runs", func(t *testing.T) {
		for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
			conn := pin(t, memory(t, "CREATE TABLE t(a)"))
			tx, err := conn.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			var s *driver.Statement
			withConn(t, tx, func(c *driver.Conn) {
				s = statement(t, c, "SELECT value, zeroblob(9000) FROM generate_series(1, 1000)")
				require.True(t, s.Next())
			})
			require.NoError(t, end(tx))
			require.Nil(t, s.Bytes(1))
			require.Error(t, s.Reset())
			require.True(t, s.Next(), "the next run")
			require.NoError(t, s.Reset())

			tx, err = conn.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			require.True(t, s.Next())
			require.NoError(t, end(tx))
			require.False(t, s.Next())
			require.ErrorIs(t, s.Err(), driver.ErrAbort)
			require.ErrorIs(t, s.Close(), driver.ErrAbort)
		}
	})
	t.Run("lost", func(t *testing.T) {
		db := memory(t, "CREATE TABLE t(a UNIQUE)", "INSERT INTO t VALUES (1)")
		tx, err := db.Begin()
		require.NoError(t, err)
		defer tx.Rollback()
		withConn(t, tx, func(c *driver.Conn) {
			s := statement(t, c, "INSERT OR ROLLBACK INTO t VALUES (?)")
			defer s.Close()
			require.NoError(t, s.Exec(2))
			require.ErrorIs(t, s.Exec(1), driver.ErrConstraintUnique)
			require.ErrorIs(t, s.Exec(3), driver.ErrTxRolledBack)
		})
		require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
		require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM t"))
	})
	t.Run("of its own", func(t *testing.T) {
		db := memory(t, "CREATE TABLE t(a)")
		withConn(t, db, func(c *driver.Conn) {
			begin, insert, undo, release := statement(t, c, "SAVEPOINT s"), statement(t, c, "INSERT INTO t VALUES (?)"), statement(t, c, "ROLLBACK TO s"), statement(t, c, "RELEASE s")
			for i := range 100 {
				require.NoError(t, begin.Exec())
				require.NoError(t, insert.Exec(i))
				if i%2 == 0 {
					require.NoError(t, undo.Exec())
				}
				require.NoError(t, release.Exec())
			}
			for _, s := range []*driver.Statement{begin, insert, undo, release} {
				require.NoError(t, s.Close())
			}
		})
		require.Equal(t, int64(50), value(t, db, "SELECT count(*) FROM t"))
	})
}

// Writers wait for one another, also when they are statements.
func TestStatementWaitsForWriters(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, t.TempDir()+"/a.db")
	exec(t, db, "CREATE TABLE t(a)")
	done := make(chan error)
	for g := range 4 {
		go func() {
			done <- driver.With(context.Background(), db, func(c *driver.Conn) error {
				s, err := c.Statement(context.Background(), "INSERT INTO t VALUES (?) RETURNING a")
				if err != nil {
					return err
				}
				for i := range 100 {
					s.BindInt64(1, int64(g*1000+i))
					for s.Next() {
						if s.Int64(0) != int64(g*1000+i) {
							return errors.New("another's row")
						}
					}
					if s.Err() != nil {
						return s.Err()
					}
				}
				return s.Close()
			})
		}()
	}
	for range 4 {
		require.NoError(t, <-done)
	}
	require.Equal(t, int64(400), value(t, db, "SELECT count(DISTINCT a) FROM t"))

	// Without waiting it says so at once, and can be run again.
	cfgDB := open(t, t.TempDir()+"/b.db?_busy_timeout=0")
	exec(t, cfgDB, "CREATE TABLE t(a)")
	tx, err := cfgDB.Begin()
	require.NoError(t, err)
	withConn(t, cfgDB, func(c *driver.Conn) {
		s := statement(t, c, "INSERT INTO t VALUES (?)")
		require.ErrorIs(t, s.Exec(1), driver.ErrBusy)
		require.NoError(t, tx.Rollback())
		require.NoError(t, s.Exec(1))
		require.NoError(t, s.Close())
	})
}

// Statements that are stepped in turns keep their own rows.
func TestStatementsInTurns(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	withConn(t, memory(t), func(c *driver.Conn) {
		var all []*driver.Statement
		for i := range 5 {
			s := statement(t, c, "SELECT value, 'text ' || value, CASE WHEN value % 50 = 0 THEN printf('%9000d', value) END FROM generate_series(?, 1000)")
			s.BindInt64(1, int64(i))
			all = append(all, s)
		}
		for step := range 900 {
			for i, s := range all {
				require.True(t, s.Next())
				n := int64(i + step)
				require.Equal(t, fmt.Sprint("text ", n), s.Text(1))
				require.Equal(t, n, s.Int64(0))
				if n%50 == 0 {
					require.Equal(t, fmt.Sprintf("%9000d", n), s.Text(2))
				}
			}
		}
		for _, s := range all {
			require.NoError(t, s.Close())
		}
	})
}

// Wide rows, and large arguments whose room is given back.
func TestStatementLarge(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	withConn(t, memory(t), func(c *driver.Conn) {
		text := "SELECT ?" + strings.Repeat(", ?", 1999)
		s := statement(t, c, text)
		defer s.Close()
		for range 3 {
			for i := 1; i <= s.NumParams(); i++ {
				s.BindText(i, strings.Repeat("x", i))
			}
			require.True(t, s.Next())
			for i := range 2000 {
				require.Len(t, s.Text(i), i+1)
			}
			require.NoError(t, s.Reset())
		}
		one := statement(t, c, "SELECT length(?1), ?2")
		defer one.Close()
		for _, n := range []int{10 << 20, 1, 0, 70_000} {
			one.BindText(2, "second")
			one.BindText(1, strings.Repeat("x", n))
			require.Equal(t, [][]any{{int64(n), "second"}}, values(t, one))
		}
	})
}

// A tracer sees each run, whether it comes to its end or not.
func TestStatementIsTraced(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	tr := &recorder{counters: true}
	db := openConfig(t, func(c *driver.Config) { c.Tracer = tr })
	withConn(t, db, func(c *driver.Conn) {
		tr.take(t)
		const text = "SELECT value FROM generate_series(1, ?)"
		s := statement(t, c, text)
		s.BindInt64(1, 3)
		require.Len(t, values(t, s), 3)
		s.BindInt64(1, 1000)
		require.True(t, s.Next())
		require.NoError(t, s.Reset())
		require.NoError(t, s.Exec(5))
		require.Error(t, s.Exec())
		s.BindInt64(1, 1000)
		require.True(t, s.Next())
		n, err := s.Counters()
		require.NoError(t, err)
		require.Equal(t, int64(4), n.Runs, "what the tracer took is counted")
		require.NoError(t, s.Close())
		var got []string
		for _, e := range tr.take(t) {
			require.Equal(t, text, e.SQL)
			got = append(got, fmt.Sprint(e.Op, " ", e.Rows, " ", e.Err != nil))
		}
		require.Equal(t, []string{"prepare 0 false", "query 3 false", "query 15 false", "exec 5 false", "exec 0 true", "query 15 false"}, got)
	})
}
