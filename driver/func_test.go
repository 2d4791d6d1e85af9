package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/types"
)

// eachConn does something with every connection of the pool.
func eachConn(t testing.TB, db *sql.DB, fn func(c *driver.Conn) error) {
	t.Helper()
	ctx := context.Background()
	require.NoError(t, driver.EachConn(ctx, db, "", func(_ context.Context, c *driver.Conn) error { return fn(c) }))
}

// withFunc is a memory database with a function.
func withFunc(t testing.TB, name string, fn any, flags ...driver.FuncFlags) *sql.DB {
	t.Helper()
	db := memory(t)
	eachConn(t, db, func(c *driver.Conn) error { return c.Func(name, fn, flags...) })
	return db
}

type (
	celsius float64
	raw     []byte
)

func TestFuncSignatures(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	moment := time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
	u := types.UUID{1, 2, 3}
	for _, tt := range []struct {
		name string
		fn   any
		args string
		want any
	}{
		{"int64", func(n int64) int64 { return n + 1 }, "41", int64(42)},
		{"two", func(s string, n int64) (float64, error) { return float64(len(s)) * float64(n), nil }, "'abc', 2", 6.0},
		{"none", func() string { return "x" }, "", "x"},
		{"no result", func(string) {}, "'a'", nil},
		{"only an error", func() error { return nil }, "", nil},
		{"variadic", func(sep string, parts ...string) string { return strings.Join(parts, sep) }, "'-', 'a', 'b', 'c'", "a-b-c"},
		{"variadic without", func(parts ...int64) int { return len(parts) }, "", int64(0)},
		{"variadic any", func(parts ...any) string { return fmt.Sprintf("%T %T %T %T %T", parts...) }, "1, 2.5, 'a', x'00', NULL",
			"int64 float64 string []uint8 <nil>"},
		{"pointer", func(s *string) *string { return s }, "'a'", "a"},
		{"pointer NULL", func(s *string) *string { return s }, "NULL", nil},
		{"pointer of pointer", func(n **int64) int64 { return **n }, "7", int64(7)},
		{"Null", func(n sql.Null[int64]) sql.Null[int64] { n.V++; return n }, "7", int64(8)},
		{"Null NULL", func(n sql.Null[int64]) bool { return n.Valid }, "NULL", int64(0)},
		{"NullString", func(s sql.NullString) sql.NullString { return s }, "'a'", "a"},
		{"NullString NULL", func(s sql.NullString) sql.NullString { return s }, "NULL", nil},
		{"NullTime", func(s sql.NullTime) int { return s.Time.Year() }, "'2024-01-02 03:04:05+00:00'", int64(2024)},
		{"blob", func(b []byte) []byte { b[0] = 9; return b }, "x'0102'", []byte{9, 2}},
		{"blob empty", func(b []byte) bool { return b != nil && len(b) == 0 }, "x''", int64(1)},
		{"blob NULL", func(b []byte) bool { return b == nil }, "NULL", int64(1)},
		{"blob nil", func() []byte { return nil }, "", nil},
		{"bool", func(b bool) bool { return !b }, "1", int64(0)},
		{"time", func(tm time.Time) time.Time { return tm.AddDate(1, 0, 0) }, "'2024-05-06 07:08:09.00000001+00:00'",
			"2025-05-06 07:08:09.00000001+00:00"},
		{"any", func(v any) any { return v }, "2.5", 2.5},
		{"any NULL", func(v any) any { return v }, "NULL", nil},
		{"int", func(n int) int { return -n }, "7", int64(-7)},
		{"int8", func(n int8) int8 { return n }, "-128", int64(-128)},
		{"uint64", func(n uint64) uint64 { return n }, "9223372036854775807", int64(math.MaxInt64)},
		{"float64 of INTEGER", func(f float64) float64 { return f / 2 }, "5", 2.5},
		{"float32", func(f float32) float32 { return f }, "0.5", 0.5},
		{"named", func(c celsius) celsius { return c*9/5 + 32 }, "100.0", 212.0},
		{"scanner", func(id types.UUID) string { return id.String() }, "x'01020300000000000000000000000000'", u.String()},
		{"valuer", func() types.UUID { return u }, "", u[:]},
		{"any valuer", func() any { return sql.Null[string]{V: "a", Valid: true} }, "", "a"},
		{"any named", func() any { return celsius(1) }, "", 1.0},
		{"empty text", func(s string) string { return s }, "''", ""},
		{"unicode", func(s string) string { return strings.ToUpper(s) }, "'straße ж'", "STRAßE Ж"},
		{"NUL byte", func(s string) int { return len(s) }, "'a' || char(0) || 'b'", int64(3)},
		{"long", func(s string) string { return s + s }, "printf('%.*c', 1000000, 'x')", strings.Repeat("x", 2_000_000)},
		{"long blob", func(b []byte) int { return len(b) }, "zeroblob(1000000)", int64(1_000_000)},
		{"many arguments", func(n ...int64) (sum int64) {
			for _, x := range n {
				sum += x
			}
			return sum
		}, strings.Repeat("1,", 126) + "1", int64(127)},
		{"as many parameters as can be", manyParameters(127), "7" + strings.Repeat(", 0", 126), int64(7)},
		{"infinite", func(f float64) float64 { return -f }, "9e999", math.Inf(-1)},
		{"no UTF-8", func(s string) string { return s + "\xff" }, "CAST(x'fe00' AS TEXT)", "\xfe\x00\xff"},
		{"named bytes", func(b raw) raw { return append(b, 1) }, "x'00'", []byte{0, 1}},
		{"moment", func() time.Time { return moment }, "", "2024-05-06 07:08:09.00000001+00:00"},
		{"context", func(ctx context.Context, n int64) bool { return ctx.Err() == nil && n == 1 }, "1", int64(1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db := withFunc(t, "f", tt.fn)
			require.Equal(t, tt.want, value(t, db, "SELECT f("+tt.args+")"))
			require.Equal(t, tt.want, value(t, db, "SELECT f("+tt.args+")"), "again")
		})
	}
}

func TestFuncRefusesWhatDoesNotFit(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	for _, tt := range []struct {
		fn   any
		args string
		want string
	}{
		{func(int64) int { return 0 }, "'1'", "argument 1: TEXT does not fit int64"},
		{func(int64) int { return 0 }, "1.0", "argument 1: REAL 1 does not fit int64"},
		{func(int64) int { return 0 }, "NULL", "argument 1: NULL does not fit int64"},
		{func(int8) int { return 0 }, "300", "argument 1: INTEGER 300 does not fit int8"},
		{func(uint) int { return 0 }, "-1", "argument 1: INTEGER -1 does not fit uint"},
		{func(string, uint8) int { return 0 }, "'', 256", "argument 2: INTEGER 256 does not fit uint8"},
		{func(string) int { return 0 }, "1", "argument 1: INTEGER 1 does not fit string"},
		{func(string) int { return 0 }, "x'61'", "argument 1: BLOB does not fit string"},
		{func([]byte) int { return 0 }, "'a'", "argument 1: TEXT does not fit []uint8"},
		{func(float64) int { return 0 }, "9007199254740993", "argument 1: INTEGER 9007199254740993 does not fit float64"},
		{func(float64) int { return 0 }, "9223372036854775807", "argument 1: INTEGER 9223372036854775807 does not fit float64"},
		{func(float32) int { return 0 }, "0.1", "argument 1: REAL 0.1 does not fit float32"},
		{func(bool) int { return 0 }, "2", "argument 1: INTEGER 2 does not fit bool"},
		{func(*int64) int { return 0 }, "'a'", "argument 1: TEXT does not fit int64"},
		{func(sql.NullInt64) int { return 0 }, "'5'", "argument 1: TEXT does not fit int64"},
		{func(time.Time) int { return 0 }, "0", "argument 1: INTEGER 0 does not fit time.Time"},
		{func(time.Time) int { return 0 }, "'tomorrow'", "argument 1: TEXT that is no time does not fit time.Time"},
		{func(int64, ...string) int { return 0 }, "1, 'a', 2", "argument 3: INTEGER 2 does not fit string"},
		{func(types.UUID) int { return 0 }, "'a'", "argument 1: "},
	} {
		db := withFunc(t, "f", tt.fn)
		err := queryErr(db, "SELECT f("+tt.args+")")
		e := driverError(t, err)
		require.Equal(t, driver.ErrMismatch, e.Code, "%T", tt.fn)
		require.Contains(t, e.Message, "f(): "+tt.want)
	}
	for want, fn := range map[string]any{
		"the result is NaN":                       func() float64 { return math.NaN() },
		"18446744073709551615 does not fit":       func() uint64 { return math.MaxUint64 },
		"the type chan int of the result is none": func() any { return make(chan int) },
		"year 20000 is outside":                   func() time.Time { return time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"0 arguments, and it takes at least 1":    func(string, ...string) {},
	} {
		require.ErrorContains(t, queryErr(withFunc(t, "f", fn), "SELECT f()"), want)
	}
}

func TestFuncThatCannotBe(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t)
	ctx := context.Background()
	for want, call := range map[string]func(c *driver.Conn) error{
		"int is no function":                 func(c *driver.Conn) error { return c.Func("f", 1) },
		"is no function":                     func(c *driver.Conn) error { return c.Func("f", (func())(nil)) },
		"parameter 1: the type chan int":     func(c *driver.Conn) error { return c.Func("f", func(chan int) {}) },
		"parameter 2: the type struct {}":    func(c *driver.Conn) error { return c.Func("f", func(string, struct{}) {}) },
		"parameter 1: the type []string":     func(c *driver.Conn) error { return c.Func("f", func([]string) {}) },
		"the type map[string]int of":         func(c *driver.Conn) error { return c.Func("f", func() map[string]int { return nil }) },
		"more than a value and an error":     func(c *driver.Conn) error { return c.Func("f", func() (int, int) { return 0, 0 }) },
		"a function without a name":          func(c *driver.Conn) error { return c.Func("", func() {}) },
		"has 256 bytes":                      func(c *driver.Conn) error { return c.Func(strings.Repeat("a", 256), func() {}) },
		"0x1 is no flag of a function":       func(c *driver.Conn) error { return c.Func("f", func() {}, driver.Deterministic, 1) },
		"0x2 is no flag of a function":       func(c *driver.Conn) error { return c.TableFunc("f", words, 2) },
		"more than 127 parameters":           func(c *driver.Conn) error { return c.Func("f", manyParameters(128)) },
		"has a NUL byte":                     func(c *driver.Conn) error { return c.Func("a\x00b", func() {}) },
		"parameter 2: the type context.Cont": func(c *driver.Conn) error { return c.Func("f", func(int, context.Context) {}) },
	} {
		require.ErrorContains(t, driver.With(ctx, db, call), want)
	}
}

// manyParameters is a function of so many.
func manyParameters(n int) any {
	in := make([]reflect.Type, n)
	for i := range in {
		in[i] = reflect.TypeFor[int]()
	}
	out := in[:1]
	if n == 128 {
		out = nil // package reflect makes no function of more
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, false), func(args []reflect.Value) []reflect.Value { return args[:1] }).Interface()
}

var errOutOfStock = errors.New("out of stock")

type stockError struct{ item string }

func (e *stockError) Error() string { return "no " + e.item }
func (e *stockError) Unwrap() error { return errOutOfStock }

func TestFuncErrors(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := withFunc(t, "stock", func(item string) (int, error) { return 0, &stockError{item} })
	for _, text := range []string{"SELECT stock('tea')", "SELECT 1 WHERE stock('tea') = 1", "VALUES (1), (stock('tea'))"} {
		err := queryErr(db, text)
		e := driverError(t, err)
		require.Equal(t, driver.ErrError, e.Code)
		require.Equal(t, "stock(): no tea", e.Message)
		require.ErrorIs(t, err, errOutOfStock)
		var se *stockError
		require.ErrorAs(t, err, &se)
		require.Equal(t, "tea", se.item)
	}
	// of a statement that writes nothing is left
	exec(t, db, "CREATE TABLE t(n)")
	_, err := db.Exec("INSERT INTO t SELECT 1 UNION ALL SELECT stock('tea')")
	require.ErrorIs(t, err, errOutOfStock)
	require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"))
	// and the connection is as it was
	require.NotErrorIs(t, queryErr(db, "SELECT * FROM nothing"), errOutOfStock)
	require.Equal(t, int64(1), value(t, db, "SELECT 1"))

	long := errors.New(strings.Repeat("long ", 1000))
	eachConn(t, db, func(c *driver.Conn) error { return c.Func("fails", func() error { return long }) })
	require.ErrorIs(t, queryErr(db, "SELECT fails()"), long)
	eachConn(t, db, func(c *driver.Conn) error {
		return c.Func("fails", func() error { return errors.New("a\x00b \xff") })
	})
	require.Equal(t, "fails(): a�b �", driverError(t, queryErr(db, "SELECT fails()")).Message)
}

func TestFuncPanics(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := withFunc(t, "f", func(n int64) int64 {
		if n == 0 {
			panic(errOutOfStock)
		}
		return 1 / (n - 1)
	})
	err := queryErr(db, "SELECT f(0)")
	require.Equal(t, "f(): panic: out of stock", driverError(t, err).Message)
	require.ErrorIs(t, err, errOutOfStock)
	var p *driver.PanicError
	require.ErrorAs(t, err, &p)
	require.Contains(t, string(p.Stack), "TestFuncPanics")
	var re runtime.Error
	require.ErrorAs(t, queryErr(db, "SELECT f(1)"), &re)
	require.Equal(t, int64(1), value(t, db, "SELECT f(2)"))
}

// A goroutine that ends inside of a function takes its transaction and its
// connection with it, and nothing else.
func TestFuncGoexit(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	for _, text := range []string{
		"SELECT quit()", "INSERT INTO t SELECT 1 UNION ALL SELECT quit()", "INSERT INTO t VALUES (quit()) RETURNING n",
		"INSERT INTO t SELECT 1 FROM t ORDER BY quit(); SELECT 2",
	} {
		for name, run := range map[string]func(db *sql.DB){
			"Exec":  func(db *sql.DB) { db.Exec(text) },
			"Query": func(db *sql.DB) { queryAll(db, text) },
			"Tx": func(db *sql.DB) {
				tx, _ := db.Begin()
				defer tx.Rollback()
				tx.Exec("INSERT INTO t VALUES (5)")
				tx.Exec(text)
			},
			"Batch": func(db *sql.DB) {
				driver.With(context.Background(), db, func(c *driver.Conn) error {
					_, err := c.Batch(context.Background(), "INSERT INTO t VALUES (6);"+text)
					return err
				})
			},
			"Statement": func(db *sql.DB) {
				if strings.Contains(text, ";") {
					runtime.Goexit()
				}
				driver.With(context.Background(), db, func(c *driver.Conn) error {
					s, err := c.Statement(context.Background(), text)
					if err == nil {
						s.Next()
					}
					return err
				})
			},
		} {
			t.Run(name+" "+text, func(t *testing.T) {
				db := open(t, t.TempDir()+"/a.db?_busy_timeout=100")
				exec(t, db, "CREATE TABLE t(n); INSERT INTO t VALUES (0)")
				eachConn(t, db, func(c *driver.Conn) error {
					return c.Func("quit", func() int { runtime.Goexit(); return 0 })
				})
				ended := make(chan bool)
				go func() {
					defer close(ended)
					run(db)
					ended <- true
				}()
				require.False(t, <-ended, "it has gone on")
				require.Equal(t, [][]any{{int64(0)}}, all(t, db, "SELECT n FROM t"))
				exec(t, db, "INSERT INTO t VALUES (1)")
			})
		}
	}
}

func TestFuncReplacedAndForgotten(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := withFunc(t, "f", func() string { return "first" })
	ctx := context.Background()
	c := pin(t, db)
	with := func(fn func(c *driver.Conn) error) error { return driver.With(ctx, c, fn) }
	require.NoError(t, with(func(c *driver.Conn) error { return c.Func("f", func(string) string { return "with one" }) }))
	st, err := c.PrepareContext(ctx, "SELECT f()")
	require.NoError(t, err)
	defer st.Close()
	one := func() (s string) {
		require.NoError(t, st.QueryRow().Scan(&s))
		return s
	}
	require.Equal(t, "first", one())
	require.Equal(t, "with one", value(t, c, "SELECT f('')"))

	rows := query(t, c, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) SELECT i FROM n")
	require.True(t, rows.Next())
	for _, change := range []func(c *driver.Conn) error{
		func(c *driver.Conn) error { return c.Func("F", func() string { return "second" }) },
		func(c *driver.Conn) error { return c.Func("f", nil) },
	} {
		err = with(change)
		require.ErrorIs(t, err, driver.ErrBusy)
		require.ErrorContains(t, err, "due to active statements: ")
	}
	require.NoError(t, with(func(c *driver.Conn) error { return c.Func("another", func() {}) }))
	require.NoError(t, rows.Close())

	require.NoError(t, with(func(c *driver.Conn) error { return c.Func("F", func() string { return "second" }) }))
	require.Equal(t, "second", one())
	require.NoError(t, with(func(c *driver.Conn) error { return c.Func("F", nil) }))
	require.ErrorContains(t, queryErr(c, "SELECT f()"), "no such function: f")
	require.ErrorContains(t, queryErr(c, "SELECT f('')"), "no such function: f")
	_, err = st.Query()
	require.ErrorContains(t, err, "no such function: f")
	require.NoError(t, with(func(c *driver.Conn) error { return c.Func("f", nil) }), "twice")

	// SQLite's own can be replaced for good
	require.NoError(t, with(func(c *driver.Conn) error { return c.Func("upper", func(s string) string { return "UP " + s }) }))
	require.Equal(t, "UP a", value(t, c, "SELECT upper('a')"))
	require.NoError(t, with(func(c *driver.Conn) error { return c.Func("upper", nil) }))
	require.ErrorContains(t, queryErr(c, "SELECT upper('a')"), "function")
}
