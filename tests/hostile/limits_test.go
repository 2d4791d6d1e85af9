package hostile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// open opens a database by a Config that change has changed.
func open(t testing.TB, dsn string, change func(*driver.Config)) *sql.DB {
	t.Helper()
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	change(cfg)
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { dbtest.Close(t, db) })
	return db
}

const schema = `CREATE TABLE t(a); INSERT INTO t VALUES (1); CREATE TABLE deep(n);
CREATE TRIGGER again AFTER INSERT ON deep WHEN new.n > 0 BEGIN INSERT INTO deep VALUES (new.n - 1); END; PRAGMA recursive_triggers = on`

// limits are texts on both sides of each limit.
var limits = []struct {
	limit driver.Limit
	value int
	good  string
	bad   string
	code  driver.Code
}{
	{driver.LimitLength, 1000, "SELECT zeroblob(1000)", "SELECT zeroblob(1001)", driver.ErrTooBig},
	{driver.LimitLength, 1000, "SELECT length('" + strings.Repeat("x", 990) + "')", "SELECT length('" + strings.Repeat("x", 1001) + "')", driver.ErrTooBig},
	{driver.LimitSQLLength, 500, "SELECT 1 --" + strings.Repeat("x", 480), "SELECT 1 --" + strings.Repeat("x", 490), driver.ErrTooBig},
	{driver.LimitColumns, 5, "CREATE TABLE w(a, b, c, d, e); DROP TABLE w", "CREATE TABLE w(a, b, c, d, e, f)", driver.ErrError},
	{driver.LimitColumns, 5, "SELECT 1, 2, 3, 4, 5", "SELECT 1, 2, 3, 4, 5, 6", driver.ErrError},
	{driver.LimitExprDepth, 20, "SELECT " + strings.Repeat("- ", 15) + "a FROM t", "SELECT " + strings.Repeat("- ", 30) + "a FROM t", driver.ErrError},
	{driver.LimitCompound, 3, "SELECT 1 UNION SELECT 2 UNION SELECT 3", "SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4", driver.ErrError},
	{driver.LimitVDBEOps, 100, "SELECT 1", "SELECT 1" + strings.Repeat(" UNION ALL SELECT a FROM t WHERE a > 1", 30), driver.ErrNoMemory},
	{driver.LimitFunctionArgs, 3, "SELECT max(1, 2, 3)", "SELECT max(1, 2, 3, 4)", driver.ErrError},
	{driver.LimitAttached, 1, "ATTACH ':memory:' AS x; DETACH x", "ATTACH ':memory:' AS x; ATTACH ':memory:' AS y", driver.ErrError},
	{driver.LimitLikePattern, 10, "SELECT 'a' LIKE '1234567890'", "SELECT 'a' LIKE '12345678901'", driver.ErrError},
	{driver.LimitLikePattern, 10, "SELECT 'a' GLOB '1234567890'", "SELECT 'a' GLOB '12345678901'", driver.ErrError},
	{driver.LimitVariables, 5, "SELECT ?5", "SELECT ?6", driver.ErrError},
	{driver.LimitTriggerDepth, 10, "INSERT INTO deep VALUES (5); DELETE FROM deep", "INSERT INTO deep VALUES (20)", driver.ErrError},
}

// run runs a text with as many NULLs as it has parameters.
func run(c *sql.Conn, text string) error {
	var args []any
	if strings.Contains(text, "?") {
		args = make([]any, int(text[len(text)-1]-'0'))
	}
	rows, err := c.QueryContext(background, text, args...)
	if err != nil {
		return err
	}
	for ok := true; ok; ok = rows.NextResultSet() {
		for rows.Next() {
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// What is over a limit is an error, and what is not runs, by the Config as by
// the connection's own setting.
func TestLimits(t *testing.T) {
	for i, l := range limits {
		t.Run(fmt.Sprint(i, " ", l.limit), func(t *testing.T) {
			check := func(c *sql.Conn) {
				t.Helper()
				if err := run(c, l.good); err != nil {
					t.Errorf("%s: %v", l.good, err)
				}
				err := run(c, l.bad)
				if !errors.Is(err, l.code) {
					t.Errorf("%.60s: %v", l.bad, err)
				}
				if err := run(c, "SELECT 1"); err != nil {
					t.Errorf("afterwards: %v", err)
				}
			}
			c := dbtest.Conn(t, dbtest.Open(t, dbtest.Memory(t)))
			dbtest.Exec(t, c, schema)
			old := limit(t, c, l.limit, l.value)
			if got := limit(t, c, l.limit, -1); got != l.value {
				t.Errorf("set %d, it is %d", l.value, got)
			}
			check(c)
			limit(t, c, l.limit, old)
			if err := run(c, strings.ReplaceAll(l.bad, " w(", " v(")); err != nil && l.limit != driver.LimitAttached {
				t.Errorf("under the old limit: %v", err)
			}
			if l.limit == driver.LimitVDBEOps {
				return // with as few, a connection cannot be set up
			}
			db := open(t, ":memory:", func(cfg *driver.Config) { cfg.Limits = map[driver.Limit]int{l.limit: l.value} })
			c = dbtest.Conn(t, db)
			dbtest.Conn(t, db) // the next one has it, too
			dbtest.Exec(t, c, schema)
			check(c)
		})
	}
}

// limit sets a limit of the connection.
func limit(t testing.TB, c *sql.Conn, l driver.Limit, value int) (old int) {
	t.Helper()
	err := driver.With(background, c, func(c *driver.Conn) (err error) {
		old, err = c.Limit(l, value)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return old
}

// The defaults are those that the documentation tells, a limit is the
// connection's own, and what the library does not take is refused and changes
// nothing.
func TestLimitValues(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	c, other := dbtest.Conn(t, db), dbtest.Conn(t, db)
	for l, want := range map[driver.Limit]int{
		driver.LimitLength: 1e9, driver.LimitSQLLength: 1e9, driver.LimitColumns: 2000, driver.LimitExprDepth: 1000, driver.LimitCompound: 500,
		driver.LimitVDBEOps: 25e7, driver.LimitFunctionArgs: 127, driver.LimitAttached: 10, driver.LimitLikePattern: 50000,
		driver.LimitVariables: 32766, driver.LimitTriggerDepth: 1000, driver.LimitWorkerThreads: 0,
	} {
		if got := limit(t, c, l, -1); got != want {
			t.Errorf("%v is %d, not %d", l, got, want)
		}
		low, high := want-1, want+1
		if l == driver.LimitWorkerThreads {
			low, high = 8, 9
		}
		if old := limit(t, c, l, low); old != want {
			t.Errorf("%v was %d, not %d", l, old, want)
		}
		for _, bad := range []int{high, math.MaxInt32, math.MaxInt} {
			err := driver.With(background, c, func(c *driver.Conn) error { _, err := c.Limit(l, bad); return err })
			if err == nil || !strings.Contains(err.Error(), l.String()) {
				t.Errorf("%v can be %d: %v", l, bad, err)
			}
			if got := limit(t, c, l, -1); got != low {
				t.Errorf("%v was refused to be %d and is %d", l, bad, got)
			}
		}
		if got := limit(t, other, l, -1); got != want {
			t.Errorf("%v of the other connection is %d", l, got)
		}
	}
	for _, bad := range []driver.Limit{-1, 12, 99} {
		if err := driver.With(background, c, func(c *driver.Conn) error { _, err := c.Limit(bad, -1); return err }); err == nil {
			t.Errorf("%v is a limit", bad)
		}
	}
	if err := open(t, ":memory:", func(cfg *driver.Config) { cfg.Limits = map[driver.Limit]int{driver.LimitColumns: 40000} }).Ping(); err == nil || !strings.Contains(err.Error(), "columns") {
		t.Errorf("%v", err)
	}
	if err := open(t, ":memory:", func(cfg *driver.Config) { cfg.Limits = map[driver.Limit]int{driver.LimitLength: 3} }).Ping(); err == nil {
		t.Errorf("%v", err)
	}
}

// The limits of the Config hold for the schema of the file that is opened.
func TestLimitsHoldForTheSchema(t *testing.T) {
	path := dbtest.DSN(t)
	db := dbtest.Open(t, path)
	dbtest.Exec(t, db, "CREATE TABLE wide(a, b, c, d, e, f, g, h)")
	dbtest.Close(t, db)
	narrow := open(t, path, func(cfg *driver.Config) { cfg.Limits = map[driver.Limit]int{driver.LimitColumns: 5} })
	if _, err := narrow.ExecContext(background, "SELECT a FROM wide"); err == nil {
		t.Error("a table with too many columns is read")
	}
}

// VACUUM attaches a database of its own.
func TestVacuumNeedsAnAttachedDatabase(t *testing.T) {
	db := open(t, dbtest.File(t), func(cfg *driver.Config) { cfg.Limits = map[driver.Limit]int{driver.LimitAttached: 0} })
	if _, err := db.ExecContext(context.Background(), "VACUUM"); err == nil {
		t.Error("it does not")
	}
}
