package driver_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// What SQLite stores comes out as the one Go type for it, whatever it looks like.
func TestValuesOut(t *testing.T) {
	long := strings.Repeat("é", 5000)
	type valueCase struct {
		expr string
		want any
	}
	cases := []valueCase{
		{"NULL", nil},
		{"1", int64(1)}, {"9223372036854775807", int64(math.MaxInt64)},
		{"-9223372036854775808", int64(math.MinInt64)},
		{"1.5", 1.5}, {"1.0", 1.0}, {"9e999", math.Inf(1)}, {"-9e999", math.Inf(-1)},
		{"9223372036854775808", 9223372036854775808.0},
		{"''", ""}, {"'a'", "a"}, {"'é漢🙂'", "é漢🙂"}, {"'" + long + "'", long},
		{"'2024-01-02'", "2024-01-02"}, {"date('2024-01-02')", "2024-01-02"}, {"'1'", "1"}, {"'true'", "true"},
		{"'a' || char(0) || 'b'", "a\x00b"}, {"CAST(x'80ff61' AS TEXT)", "\x80\xffa"}, {"CAST(x'00' AS TEXT)", "\x00"},
		{"x''", []byte{}}, {"x'00ff'", []byte{0, 255}}, {"zeroblob(3)", []byte{0, 0, 0}}, {"zeroblob(9000)", make([]byte, 9000)},
		{"zeroblob(0)", []byte{}},
		{"true", int64(1)}, {"1 = 1", int64(1)}, {"json_extract('{\"a\":\"2024-01-02T03:04:05Z\"}','$.a')", "2024-01-02T03:04:05Z"},
	}
	cases = slices.DeleteFunc(cases, func(c valueCase) bool { return dbtest.CannotTravel(c.want) })
	db := memory(t)
	for _, c := range cases {
		require.Equal(t, c.want, value(t, db, "SELECT "+c.expr), "%.60s", c.expr)
	}
	// the same as the columns of one row
	var exprs []string
	var want []any
	for _, c := range cases {
		exprs, want = append(exprs, c.expr), append(want, c.want)
	}
	require.Equal(t, [][]any{want}, all(t, db, "SELECT "+strings.Join(exprs, ", ")))
	// and as the rows of one column, through several blocks
	var values strings.Builder
	for range 20 {
		values.WriteString(",(" + strings.Join(exprs, "),(") + ")")
	}
	got := all(t, db, "VALUES"+values.String()[1:])
	require.Len(t, got, 20*len(want))
	for i, row := range got {
		require.Equal(t, want[i%len(want)], row[0], "%.60s", exprs[i%len(want)])
	}
}

// An empty blob is not NULL, on its way in as on its way out, and an empty text neither.
func TestEmptyIsNotNull(t *testing.T) {
	db := memory(t)
	eachWay(t, db, func(t *testing.T, r runner) {
		rows := query(t, r, "SELECT ?, ?, ?, typeof(?4), typeof(?1), typeof(?2), typeof(?3)", []byte{}, "", []byte(nil), nil)
		require.True(t, rows.Next())
		var b, s, null any
		var types [4]string
		require.NoError(t, rows.Scan(&b, &s, &null, &types[0], &types[1], &types[2], &types[3]))
		require.Equal(t, []byte{}, b)
		require.NotNil(t, b)
		require.Equal(t, "", s)
		require.Nil(t, null)
		require.Equal(t, [4]string{"null", "blob", "text", "null"}, types)
	})
}

// A column that is declared BOOL or BOOLEAN gives bools, as far as 0 and 1 go.
func TestBoolByDeclaredType(t *testing.T) {
	const values = "VALUES (0), (1), (2), (-1), (NULL), ('true'), (0.5), (x'01')"
	plain := []any{int64(0), int64(1), int64(2), int64(-1), nil, "true", 0.5, []byte{1}}
	bools := append([]any{false, true}, plain[2:]...)
	for decl, want := range map[string][]any{
		"BOOL": bools, "BOOLEAN": bools, "boolean": bools, "Boolean(1)": bools,
		"NUMERIC": plain, "INTEGER": plain, "": plain, "TINYINT(1)": plain, "BOOLEANS": plain, "BIT": plain,
	} {
		t.Run(decl, func(t *testing.T) {
			db := memory(t, "CREATE TABLE t(v "+decl+")", "INSERT INTO t "+values)
			for i, row := range all(t, db, "SELECT v FROM t") {
				require.Equal(t, want[i], row[0])
			}
			require.Equal(t, int64(1), value(t, db, "SELECT max(v) FROM t WHERE typeof(v) = 'integer' AND v < 2"), "an expression has no declared type")
			require.Equal(t, want[1], value(t, db, "SELECT x FROM (SELECT v AS x FROM t) WHERE x = 1"))
		})
	}
	db := memory(t, "CREATE TABLE t(v BOOLEAN)")
	exec(t, db, "INSERT INTO t VALUES (?), (?)", true, false)
	var a bool
	require.NoError(t, db.QueryRow("SELECT v FROM t WHERE v").Scan(&a))
	require.True(t, a)
	require.Equal(t, [][]any{{"integer"}, {"integer"}}, all(t, db, "SELECT typeof(v) FROM t"))
}

type (
	namedInt    int16
	namedUint   uint32
	namedFloat  float32
	namedString string
	namedBytes  []byte
	namedBool   bool
)

// valuer is a driver.Valuer with any outcome.
type valuer struct {
	v   driver.Value
	err error
}

func (v valuer) Value() (driver.Value, error) { return v.v, v.err }

// pointerValuer has Value on its pointer only, and answers for nil as well.
type pointerValuer struct{}

func (p *pointerValuer) Value() (driver.Value, error) {
	if p == nil {
		return "nil", nil
	}
	return "set", nil
}

func ptr[T any](v T) *T { return &v }

// Every Go value that has a place in SQLite gets there, the rest is an error that names the argument.
func TestValuesIn(t *testing.T) {
	at := time.Date(2024, 2, 29, 23, 30, 15, 120_000_000, time.FixedZone("", 3600))
	const atText = "2024-02-29 22:30:15.12+00:00"
	cases := []struct {
		in   any
		kind string
		want any
	}{
		{nil, "null", nil}, {(*int)(nil), "null", nil}, {(*valuer)(nil), "null", nil}, {[]byte(nil), "null", nil},
		{namedBytes(nil), "null", nil}, {sql.NullString{}, "null", nil}, {valuer{}, "null", nil}, {(*time.Time)(nil), "null", nil},
		{int(-1), "integer", int64(-1)}, {int8(-8), "integer", int64(-8)}, {int16(-16), "integer", int64(-16)},
		{int32(math.MinInt32), "integer", int64(math.MinInt32)}, {int64(math.MinInt64), "integer", int64(math.MinInt64)},
		{uint(1), "integer", int64(1)}, {uint8(255), "integer", int64(255)}, {uint16(65535), "integer", int64(65535)},
		{uint32(math.MaxUint32), "integer", int64(math.MaxUint32)}, {uint64(math.MaxInt64), "integer", int64(math.MaxInt64)},
		{namedInt(7), "integer", int64(7)}, {namedUint(7), "integer", int64(7)}, {ptr(7), "integer", int64(7)}, {ptr(ptr(uint8(7))), "integer", int64(7)},
		{true, "integer", int64(1)}, {false, "integer", int64(0)}, {namedBool(true), "integer", int64(1)}, {sql.NullBool{Bool: true, Valid: true}, "integer", int64(1)},
		{1.5, "real", 1.5}, {float32(0.1), "real", float64(float32(0.1))}, {namedFloat(0.5), "real", 0.5}, {5.0, "real", 5.0},
		{math.Inf(1), "real", math.Inf(1)}, {math.Inf(-1), "real", math.Inf(-1)}, {math.SmallestNonzeroFloat64, "real", math.SmallestNonzeroFloat64},
		{"a\x00\xff", "text", "a\x00\xff"}, {"", "text", ""}, {namedString("n"), "text", "n"}, {ptr("p"), "text", "p"}, {valuer{v: "v"}, "text", "v"},
		{&valuer{v: int64(3)}, "integer", int64(3)}, {(*pointerValuer)(nil), "text", "nil"}, {&pointerValuer{}, "text", "set"}, {"2024-01-02", "text", "2024-01-02"},
		{[]byte{}, "blob", []byte{}}, {[]byte{0, 1}, "blob", []byte{0, 1}}, {namedBytes{2}, "blob", []byte{2}}, {sql.RawBytes{3}, "blob", []byte{3}},
		{at, "text", atText}, {ptr(at), "text", atText}, {sql.NullTime{Time: at, Valid: true}, "text", atText}, {valuer{v: at}, "text", atText},
		{time.Time{}, "text", "0001-01-01 00:00:00+00:00"}, {time.Unix(0, 1), "text", "1970-01-01 00:00:00.000000001+00:00"},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), "text", "0000-01-01 00:00:00+00:00"},
		{time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), "text", "9999-12-31 23:59:59.999999999+00:00"},
	}
	eachWay(t, memory(t), func(t *testing.T, r runner) {
		for _, c := range cases {
			if dbtest.CannotTravel(c.in) {
				continue
			}
			require.Equal(t, [][]any{{c.kind, c.want}}, all(t, r, "SELECT typeof(?1), ?1", c.in), "%T %v", c.in, c.in)
			require.Equal(t, c.want, value(t, r, "SELECT :x", sql.Named("x", c.in)), "%T %v", c.in, c.in)
		}
	})
}

// What has no place in SQLite is refused before anything runs, and the error tells which argument it was.
func TestValuesRefused(t *testing.T) {
	boom := errors.New("boom")
	cases := []struct {
		in   any
		text string
	}{
		{uint64(math.MaxInt64) + 1, "argument 2: 9223372036854775808 does not fit into SQLite's 64-bit signed integer: pass it as text"},
		{uint(math.MaxUint64), "argument 2: 18446744073709551615 does not fit"},
		{ptr(uint64(math.MaxUint64)), "argument 2: "},
		{math.NaN(), "argument 2: NaN cannot be stored"}, {float32(math.NaN()), "argument 2: NaN cannot be stored"},
		{time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), "argument 2: year -1 is outside 0000..9999"},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "argument 2: year 10000 is outside"},
		{time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200)), "argument 2: year 10000 is outside"},
		{struct{}{}, "argument 2: unsupported type struct {}"}, {[]int{1}, "argument 2: unsupported type []int"},
		{1i, "argument 2: unsupported type complex128"}, {[16]byte{}, "argument 2: unsupported type [16]uint8"},
		{valuer{err: boom}, "argument 2: boom"}, {valuer{v: 3}, "argument 2: "}, {map[string]int{}, "argument 2: unsupported type"},
	}
	db := memory(t, "CREATE TABLE t(a, b)")
	eachWay(t, db, func(t *testing.T, r runner) {
		for _, c := range cases {
			for _, text := range []string{"INSERT INTO t VALUES (?, ?)", "INSERT INTO t VALUES (?, 0); INSERT INTO t VALUES(?, 0)"} {
				require.ErrorContains(t, execErr(r, text, 1, c.in), c.text, "%T", c.in)
				require.ErrorContains(t, queryErr(r, text, 1, c.in), c.text, "%T", c.in)
			}
			err := execErr(r, "INSERT INTO t VALUES (?, :bad)", 1, sql.Named("bad", c.in))
			require.ErrorContains(t, err, strings.Replace(c.text, "argument 2", "argument bad", 1))
			require.Equal(t, int64(0), value(t, r, "SELECT count(*) FROM t"), "nothing ran for %T", c.in)
		}
		require.ErrorIs(t, execErr(r, "INSERT INTO t VALUES (?, ?)", 1, valuer{err: boom}), boom)
	})
}

// Times in arguments are text in UTC, which SQLite's own functions read and whose order is that of time.
func TestTimesInOrder(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, at DATETIME)")
	base := time.Date(2024, 10, 27, 0, 0, 0, 0, time.UTC)
	var want []time.Time
	for i, d := range []time.Duration{0, 1, 10, time.Microsecond, time.Millisecond, time.Second - 1, time.Second, time.Hour, 24 * time.Hour} {
		at := base.Add(d).In(time.FixedZone("", i*1800))
		want = append(want, at.UTC())
		exec(t, db, "INSERT INTO t VALUES (?, ?)", 100-i, at)
	}
	for i, row := range all(t, db, "SELECT at FROM t ORDER BY at") {
		require.Equal(t, want[i], row[0])
	}
	for _, at := range want {
		require.Equal(t, [][]any{{at}}, all(t, db, "SELECT at FROM t WHERE at = ?", at.In(time.FixedZone("", -3600))))
		// SQLite 3.45 keeps milliseconds and rounds to them
		require.Equal(t, at.Round(time.Millisecond).Unix(), value(t, db, "SELECT unixepoch(?)", at))
	}
}

// A connection without database/sql takes positional values as well.
func TestLegacyInterfaces(t *testing.T) {
	err := pin(t, memory(t)).Raw(func(c any) error {
		st, err := c.(driver.Conn).Prepare("SELECT ?, ?")
		if err != nil {
			return err
		}
		defer st.Close()
		require.Equal(t, -1, st.NumInput())
		//lint:ignore SA1019 the old interface is what is tested
		rows, err := st.Query([]driver.Value{int64(1), "b"})
		if err != nil {
			return err
		}
		defer rows.Close()
		dest := make([]driver.Value, 2)
		if err := rows.Next(dest); err != nil {
			return err
		}
		require.Equal(t, []driver.Value{int64(1), "b"}, dest)
		//lint:ignore SA1019 as above
		if _, err := st.Exec([]driver.Value{int64(1)}); err == nil {
			return errors.New("one argument for two parameters was accepted")
		}
		//lint:ignore SA1019 as above
		tx, err := c.(driver.Conn).Begin()
		if err != nil {
			return err
		}
		return tx.Rollback()
	})
	require.NoError(t, err)
	require.Error(t, memory(t).PingContext(cancelled()))
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
