package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/local"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// concat is an aggregate function that writes down what it is called with.
type concat struct {
	parts []string
	ended *atomic.Int64
}

func (c *concat) Step(ctx context.Context, s *string) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case s == nil:
		c.parts = append(c.parts, "NULL")
	case *s == "panic":
		panic("in Step")
	case *s == "error":
		return errOutOfStock
	case *s == "exit":
		runtime.Goexit()
	default:
		c.parts = append(c.parts, *s)
	}
	return nil
}

func (c *concat) Inverse(s *string) error {
	if c.parts[0] == "stay" {
		return errOutOfStock
	}
	c.parts = c.parts[1:]
	return nil
}

func (c *concat) Value() (string, error) {
	if strings.HasSuffix(strings.Join(c.parts, ""), "bad") {
		return "", errOutOfStock
	}
	return strings.Join(c.parts, ","), nil
}

func (c *concat) Final() (string, error) {
	c.ended.Add(1)
	if len(c.parts) > 0 && c.parts[0] == "last" {
		return "", errOutOfStock
	}
	return strings.Join(c.parts, "+"), nil
}

func withConcat(t *testing.T) (db *sql.DB, made, ended *atomic.Int64) {
	db, made, ended = memory(t), new(atomic.Int64), new(atomic.Int64)
	eachConn(t, db, func(c *driver.Conn) error {
		return errors.Join(c.Aggregate("gather", func() *concat { made.Add(1); return &concat{ended: ended} }),
			c.Window("slide", func() *concat { made.Add(1); return &concat{ended: ended} }),
			c.Aggregate("unmade", func() (*concat, error) { return nil, errOutOfStock }),
			c.Aggregate("count_strict", func(ctx context.Context) counter { return counter{new(int64)} }))
	})
	return db, made, ended
}

// counter is an aggregate function whose state is no pointer, of any number of
// arguments.
type counter struct{ n *int64 }

func (c counter) Step(n ...int64) { *c.n += int64(len(n)) }
func (c counter) Final() int64    { return *c.n }

func TestAggregates(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db, made, ended := withConcat(t)
	require.Equal(t, [][]any{{"a+b"}}, all(t, db, "SELECT gather(column1) FROM (VALUES ('a'), ('b'))"))
	require.Equal(t, [][]any{{int64(1), "a+NULL"}, {int64(2), "b"}},
		all(t, db, "SELECT column2, gather(column1) FROM (VALUES ('a', 1), ('b', 2), (NULL, 1)) GROUP BY column2 ORDER BY 1"))
	require.Equal(t, "", value(t, db, "SELECT gather(1) WHERE 0"), "of no rows")
	require.Equal(t, "b+a", value(t, db, "SELECT gather(column1 ORDER BY column1 DESC) FROM (VALUES ('a'), ('b'))"))
	require.Equal(t, "a", value(t, db, "SELECT gather(DISTINCT column1) FROM (VALUES ('a'), ('a'))"))
	require.Equal(t, "b", value(t, db, "SELECT gather(column1) FILTER (WHERE column1 > 'a') FROM (VALUES ('a'), ('b'))"))
	require.Equal(t, int64(6), value(t, db, "SELECT count_strict(1, 2, 3) FROM (VALUES (1), (2))"))
	require.Equal(t, made.Load(), ended.Load())
}

func TestWindows(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db, made, ended := withConcat(t)
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, g INTEGER); INSERT INTO t(s, g) VALUES ('a', 1), ('b', 1), (NULL, 2), ('d', 2)")
	require.Equal(t, [][]any{{"a"}, {"a,b"}, {"b,NULL"}, {"NULL,d"}},
		all(t, db, "SELECT slide(s) OVER (ORDER BY id ROWS 1 PRECEDING) FROM t"))
	require.Equal(t, [][]any{{"a"}, {"a,b"}, {"NULL"}, {"NULL,d"}},
		all(t, db, "SELECT slide(s) OVER (PARTITION BY g ORDER BY id) FROM t ORDER BY id"))
	require.Equal(t, [][]any{{"d"}, {""}, {""}, {""}},
		all(t, db, "SELECT slide(s) OVER (ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 3 FOLLOWING) FROM t"), "empty windows")
	require.Equal(t, "a+b+NULL+d", value(t, db, "SELECT slide(s) FROM t"), "without OVER")
	require.ErrorContains(t, queryErr(db, "SELECT gather(s) OVER () FROM t"), "may not be used as a window function")
	for text, values := range map[string]string{
		"Inverse": "('stay'), ('b'), ('c')", "Value": "('a'), ('bad')", "Step": "('a'), ('error')", "panic": "('a'), ('panic')",
	} {
		err := queryErr(db, "SELECT slide(s) OVER (ROWS 1 PRECEDING) FROM (SELECT column1 AS s FROM (VALUES "+values+"))")
		require.ErrorContains(t, err, "slide(): ", text)
	}
	require.Equal(t, made.Load(), ended.Load())
}

func TestAggregateErrors(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db, made, ended := withConcat(t)
	for _, text := range []string{
		"SELECT gather(column1) FROM (VALUES ('a'), ('error'), ('b'))",
		"SELECT gather(column1) FROM (VALUES ('last'))",
		"SELECT unmade(1)", "SELECT unmade(1) FROM (VALUES (1), (2))",
	} {
		require.ErrorIs(t, queryErr(db, text), errOutOfStock, text)
	}
	err := queryErr(db, "SELECT gather('panic')")
	var p *driver.PanicError
	require.ErrorAs(t, err, &p)
	require.ErrorContains(t, err, "gather(): panic: in Step")
	require.ErrorIs(t, queryErr(db, "SELECT gather(1)"), driver.ErrMismatch)
	require.ErrorContains(t, queryErr(db, "SELECT gather('a', 'b')"), "wrong number of arguments to function gather()")
	require.ErrorIs(t, queryErr(db, "SELECT count_strict('a')"), driver.ErrMismatch)
	require.Equal(t, made.Load(), ended.Load())
}

// Nothing is left of an aggregate whose statement does not come to its end.
func TestAggregateOfAnAbortedStatement(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db, made, ended := withConcat(t)
	before := local.Held()
	ctx, cancel := context.WithCancel(context.Background())
	eachConn(t, db, func(c *driver.Conn) error {
		return c.Func("stop", func(n int64) string {
			if n == 500 {
				cancel()
			}
			return "a"
		})
	})
	_, err := db.ExecContext(ctx, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT gather(stop(i)), slide(stop(i)) FROM n")
	require.ErrorIs(t, err, context.Canceled)

	rows := query(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) SELECT slide('a') OVER (ORDER BY i ROWS 2 PRECEDING) FROM n")
	require.True(t, rows.Next())
	require.NoError(t, rows.Close())
	require.Positive(t, made.Load())
	require.Equal(t, made.Load(), ended.Load())
	require.Equal(t, before+1, local.Held(), "stop")
}

func TestAggregateGoexit(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, t.TempDir()+"/a.db?_busy_timeout=100")
	ended := new(atomic.Int64)
	eachConn(t, db, func(c *driver.Conn) error {
		return c.Aggregate("gather", func() *concat { return &concat{ended: ended} })
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		db.Exec("CREATE TABLE t AS SELECT gather(column1) FROM (VALUES ('a'), ('exit'))")
	}()
	<-done
	exec(t, db, "CREATE TABLE t(n)")
	require.Equal(t, int64(1), ended.Load())
}

type noStep struct{}

func (noStep) Final() int { return 0 }

type stepReturns struct{ noStep }

func (stepReturns) Step(int) int { return 0 }

type finalTakes struct{}

func (finalTakes) Step(int)      {}
func (finalTakes) Final(int) int { return 0 }

type finalEmpty struct{}

func (finalEmpty) Step(int) {}
func (finalEmpty) Final()   {}

type unlike struct{ counter }

func (unlike) Inverse(string) {}
func (unlike) Value() int     { return 0 }

func TestAggregateThatCannotBe(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t)
	for want, fn := range map[string]any{
		"noStep has no method Step":                            func() noStep { return noStep{} },
		"Step of driver_test.stepReturns returns a value":      func() stepReturns { return stepReturns{} },
		"Final of driver_test.finalTakes takes arguments":      func() finalTakes { return finalTakes{} },
		"Final of driver_test.finalEmpty returns no value":     func() finalEmpty { return finalEmpty{} },
		"func(int) driver_test.counter does not make":          func(int) counter { return counter{} },
		"func() does not make":                                 func() {},
		"interface {} has no method Step":                      func() any { return nil },
		"string is no function":                                "x",
		"fmt.Stringer has no method Step: a state is of a typ": func() fmt.Stringer { return nil },
	} {
		err := driver.With(context.Background(), db, func(c *driver.Conn) error { return c.Aggregate("f", fn) })
		require.ErrorContains(t, err, want)
	}
	for want, fn := range map[string]any{
		"counter has no method Inverse": func() counter { return counter{} },
		"take different arguments":      func() unlike { return unlike{} },
	} {
		err := driver.With(context.Background(), db, func(c *driver.Conn) error { return c.Window("f", fn) })
		require.ErrorContains(t, err, want)
	}
}
