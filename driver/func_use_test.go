package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/local"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func slug(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "-") }

// What is deterministic can be wherever a schema computes something, also on
// the connections of a later program.
func TestFuncInTheSchema(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	needsLibrary(t)
	path := filepath.Join(t.TempDir(), "a.db")
	withSlug := func(flags ...driver.FuncFlags) *sql.DB {
		cfg, err := driver.ParseDSN(path)
		require.NoError(t, err)
		cfg.OnConnect = func(ctx context.Context, c *driver.Conn) error { return c.Func("slug", slug, flags...) }
		connector, err := driver.NewConnector(cfg)
		require.NoError(t, err)
		return sql.OpenDB(connector)
	}
	db := withSlug()
	for _, text := range []string{
		"CREATE TABLE t(s, g AS (slug(s)))", "CREATE TABLE t(s); CREATE INDEX i ON t(slug(s))",
	} {
		require.ErrorContains(t, queryErr(db, text), "non-deterministic functions prohibited", text)
		exec(t, db, "DROP TABLE IF EXISTS t")
	}
	require.NoError(t, db.Close())

	db = withSlug(driver.Deterministic)
	exec(t, db, `CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT CHECK (slug(s) <> 'bad'), g TEXT AS (slug(s)) STORED, v TEXT AS (slug(s)));
		CREATE INDEX by_slug ON t(slug(s)); CREATE INDEX part ON t(id) WHERE slug(s) = 'a-b';
		CREATE VIEW slugs AS SELECT slug(s) AS slug FROM t;
		CREATE TRIGGER tr AFTER INSERT ON t WHEN new.s = 'Again Me' BEGIN INSERT INTO t(s) VALUES (slug(new.s)); END;
		INSERT INTO t(s) VALUES ('A B'), ('Again Me')`)
	require.ErrorIs(t, queryErr(db, "INSERT INTO t(s) VALUES ('BAD')"), driver.ErrConstraintCheck)
	require.Equal(t, [][]any{{"A B", "a-b", "a-b"}, {"Again Me", "again-me", "again-me"}, {"again-me", "again-me", "again-me"}},
		all(t, db, "SELECT s, g, v FROM t ORDER BY id"))
	plan := fmt.Sprint(all(t, db, "EXPLAIN QUERY PLAN SELECT s FROM t WHERE slug(s) = 'a-b'"))
	require.Contains(t, plan, "USING INDEX by_slug")
	require.Equal(t, "A B", value(t, db, "SELECT s FROM t WHERE slug(s) = 'a-b'"))
	require.Equal(t, int64(3), value(t, db, "SELECT count(*) FROM slugs"))
	require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
	require.NoError(t, db.Close())

	// without the function the rest of the file is there
	db = open(t, path)
	require.Equal(t, int64(3), value(t, db, "SELECT count(*) FROM t"))
	require.ErrorContains(t, queryErr(db, "INSERT INTO t(s) VALUES ('x')"), "slug")
	db2 := withSlug(driver.Deterministic)
	exec(t, db2, "INSERT INTO t(s) VALUES ('C D')")
	require.Equal(t, "C D", value(t, db2, "SELECT s FROM t WHERE slug(s) = 'c-d'"))
	require.Equal(t, "ok", value(t, db2, "PRAGMA integrity_check"))
	require.NoError(t, db2.Close())
}

// Who may call a function follows SQLite's rules for schemas of strangers.
func TestFuncTrust(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	const schema = "CREATE VIEW v AS SELECT f('A') AS f; CREATE VIEW w AS SELECT * FROM tf"
	table := func() iter.Seq[int] { return func(yield func(int) bool) { yield(1) } }
	for _, trusted := range []bool{true, false} {
		db := openConfig(t, func(cfg *driver.Config) { cfg.TrustedSchema = trusted })
		set := func(flags ...driver.FuncFlags) {
			eachConn(t, db, func(c *driver.Conn) error {
				return errors.Join(c.Func("f", slug, flags...), c.TableFunc("tf", table, flags...),
					c.Aggregate("agg", func() counter { return counter{new(int64)} }, flags...))
			})
		}
		set()
		exec(t, db, schema)
		check := func(allowed bool) {
			require.Equal(t, "a", value(t, db, "SELECT f('A')"))
			require.Equal(t, int64(1), value(t, db, "SELECT * FROM tf"))
			errs := []error{queryErr(db, "SELECT * FROM v"), queryErr(db, "SELECT * FROM w")}
			if allowed {
				require.Equal(t, []error{nil, nil}, errs)
				return
			}
			require.ErrorContains(t, errs[0], "unsafe use of f()")
			require.ErrorContains(t, errs[1], `unsafe use of virtual table "tf"`)
		}
		check(trusted)
		set(driver.Innocuous)
		check(true)
		set(driver.DirectOnly)
		check(false)
		set(driver.Deterministic | driver.Innocuous)
		check(true)
		set(driver.Deterministic, driver.DirectOnly)
		check(false)
	}
}

// The end of the statement's context is seen by the function.
func TestFuncContext(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	type key struct{}
	db := memory(t, "CREATE TABLE t(n)")
	started := make(chan struct{}, 1)
	eachConn(t, db, func(c *driver.Conn) error {
		return errors.Join(c.Func("waits", func(ctx context.Context) error {
			started <- struct{}{}
			<-ctx.Done()
			return fmt.Errorf("gave up: %w", ctx.Err())
		}), c.Func("of_ctx", func(ctx context.Context) any { return ctx.Value(key{}) }))
	})
	for name, run := range map[string]func(ctx context.Context) error{
		"Exec": func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, "INSERT INTO t SELECT waits()")
			return err
		},
		"Query": func(ctx context.Context) error { return db.QueryRowContext(ctx, "SELECT waits()").Scan(new(any)) },
		"Batch": func(ctx context.Context) error {
			return driver.With(context.Background(), db, func(c *driver.Conn) error {
				_, err := c.Batch(ctx, "INSERT INTO t VALUES (1); SELECT waits()")
				return err
			})
		},
		"Statement": func(ctx context.Context) error {
			return driver.With(context.Background(), db, func(c *driver.Conn) error {
				s, err := c.Statement(ctx, "SELECT waits()")
				if err != nil {
					return err
				}
				s.Next()
				err = s.Err()
				return errors.Join(err, s.Close())
			})
		},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			<-started
			cancel()
		}()
		err := run(ctx)
		require.ErrorIs(t, err, context.Canceled, name)
		require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"), name)
	}
	ctx := context.WithValue(context.Background(), key{}, "v")
	rows, err := db.QueryContext(ctx, "SELECT of_ctx()")
	require.NoError(t, err)
	got, err := rest(rows)
	require.NoError(t, err)
	require.Equal(t, [][]any{{"v"}}, got)
}

// Errors of functions are the same whatever runs the statement.
func TestFuncInBatchAndStatement(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := withFunc(t, "f", func(n int64) (int64, error) {
		if n == 3 {
			return 0, &stockError{"f"}
		}
		return n * 2, nil
	})
	exec(t, db, "CREATE TABLE t(n)")
	ctx := context.Background()
	require.NoError(t, driver.With(ctx, db, func(c *driver.Conn) error {
		results, err := c.Batch(ctx, "INSERT INTO t VALUES (f(1)); SELECT f(n) AS f FROM t")
		require.NoError(t, err)
		require.Equal(t, [][]any{{int64(4)}}, results[1].Rows)
		_, err = c.Batch(ctx, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (f(3))")
		require.ErrorIs(t, err, errOutOfStock)
		var be *driver.BatchError
		require.ErrorAs(t, err, &be)
		require.Equal(t, 1, be.Index)
		_, err = c.BatchStmts(ctx, []driver.BatchStmt{{SQL: "SELECT f(?)", Args: []any{3}}}, driver.BatchOptions{})
		require.ErrorIs(t, err, errOutOfStock)

		s, err := c.Statement(ctx, "SELECT f(?)")
		require.NoError(t, err)
		s.BindInt64(1, 21)
		require.True(t, s.Next())
		require.Equal(t, int64(42), s.Int64(0))
		require.False(t, s.Next())
		s.BindInt64(1, 3)
		require.False(t, s.Next())
		require.ErrorIs(t, s.Err(), errOutOfStock)
		s.Reset()
		return s.Close()
	}))
	require.Equal(t, int64(1), value(t, db, "SELECT count(*) FROM t"))
	eachWay(t, db, func(t *testing.T, r runner) {
		require.Equal(t, int64(4), value(t, r, "SELECT f(?)", 2))
		require.ErrorIs(t, queryErr(r, "SELECT f(?)", 3), errOutOfStock)
	})
}

// A function cannot use the connection that calls it, by whatever way.
func TestFuncCannotUseItsConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t, "CREATE TABLE t(n)")
	ctx := context.Background()
	var use func() error
	c := pin(t, db)
	require.NoError(t, driver.With(ctx, c, func(c *driver.Conn) error {
		return c.Func("f", func() error { return use() })
	}))
	require.NoError(t, driver.With(ctx, c, func(c *driver.Conn) error {
		for name, call := range map[string]func() error{
			"Exec":     func() error { _, err := c.ExecContext(ctx, "INSERT INTO t VALUES (1)", nil); return err },
			"Query":    func() error { _, err := c.QueryContext(ctx, "SELECT 1", nil); return err },
			"Prepare":  func() error { _, err := c.PrepareContext(ctx, "SELECT 2"); return err },
			"Begin":    func() error { _, err := c.Begin(); return err },
			"Batch":    func() error { _, err := c.Batch(ctx, "SELECT 1"); return err },
			"Func":     func() error { return c.Func("g", func() {}) },
			"TableF":   func() error { return c.TableFunc("g", nil) },
			"Collate":  func() error { return c.Collation("g", nil) },
			"Close":    func() error { return c.Close() },
			"Describe": func() error { _, err := c.Describe(ctx, "SELECT 1"); return err },
		} {
			use = call
			_, err := c.ExecContext(ctx, "SELECT f()", nil)
			require.ErrorContains(t, err, "the connection is in a call of its own function or hook", name)
			require.ErrorIs(t, err, driver.ErrMisuse, name)
		}
		return nil
	}))
	use = func() error { _, err := db.Exec("SELECT count(*) FROM t"); return err }
	require.Nil(t, value(t, c, "SELECT f()"), "another connection of the pool")
}

// Nothing is held when the connections are closed, whatever became of the
// functions.
func TestFuncsAreReleased(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	needsLibrary(t)
	before := local.Held()
	db, err := sql.Open(driver.Name, ":memory:")
	require.NoError(t, err)
	eachConn(t, db, func(c *driver.Conn) error {
		for range 3 { // each takes the place of the one before
			err := errors.Join(c.Func("f", slug), c.Func("f", func() int { return 1 }), c.Window("w", func() *concat { return &concat{ended: new(atomic.Int64)} }),
				c.Aggregate("a", func() counter { return counter{new(int64)} }), addByLength(c), c.TableFunc("words", words))
			if err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, before+6, local.Held())
	require.Error(t, queryErr(db, "SELECT * FROM words(1)"))
	rows, err := db.Query("SELECT word FROM words(?)", strings.Repeat("a ", 10_000))
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.Equal(t, before+7, local.Held())
	require.NoError(t, rows.Close())
	c, err := db.Conn(context.Background()) // left open when the pool is closed
	require.NoError(t, err)
	left, err := c.QueryContext(context.Background(), "SELECT w(word) OVER (ORDER BY rowid), word FROM words(?)", strings.Repeat("a ", 10_000))
	require.NoError(t, err)
	require.True(t, left.Next())
	require.Greater(t, local.Held(), before+7)
	require.NoError(t, db.Close())
	require.NoError(t, left.Close())
	require.NoError(t, c.Close())
	require.Equal(t, before, local.Held())
}

// One Go function is called by many connections at the same time, while others
// are opened, closed, and given new functions.
func TestFuncsOfManyConnections(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	db.SetMaxIdleConns(4)
	db.SetMaxOpenConns(16)
	before := local.Held()
	ctx := context.Background()
	exec(t, db, "CREATE TABLE t(s TEXT); INSERT INTO t VALUES ('ccc'), ('a'), ('bb'), (NULL)")
	var calls atomic.Int64
	ended := new(atomic.Int64)
	set := func(c *driver.Conn) error {
		return errors.Join(c.Func("len", func(ctx context.Context, s *string) (int, error) {
			calls.Add(1)
			if s == nil {
				return 0, nil
			}
			return len(*s), ctx.Err()
		}, driver.Deterministic), c.Window("gather", func() *concat { return &concat{ended: ended} }),
			addByLength(c), c.TableFunc("words", words), c.TableFunc("count_to", count))
	}
	eachConn(t, db, set)
	var wg sync.WaitGroup
	for g := range 64 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 12 {
				ctx, cancel := context.WithCancel(ctx)
				var err error
				switch (g + i) % 6 {
				case 0:
					var n int
					err = db.QueryRowContext(ctx, "SELECT sum(len(s)) FROM t").Scan(&n)
					if n != 6 && err == nil {
						err = fmt.Errorf("sum is %d", n)
					}
				case 1:
					var s string
					err = db.QueryRowContext(ctx, "SELECT gather(s ORDER BY s COLLATE length) FROM t").Scan(&s)
					if s != "NULL+a+bb+ccc" && err == nil {
						err = errors.New(s)
					}
				case 2:
					var n int
					err = db.QueryRowContext(ctx, "SELECT count(*) FROM count_to(1, 500) JOIN words('a b')").Scan(&n)
					if n != 1000 && err == nil {
						err = fmt.Errorf("count is %d", n)
					}
				case 3: // what runs is cancelled
					go cancel()
					_, qerr := db.ExecContext(ctx, "SELECT count(len('a')), gather('x') FROM count_to(1, 100000)")
					if qerr != nil && !errors.Is(qerr, context.Canceled) {
						err = qerr
					}
				case 4: // the functions are replaced
					err = driver.With(ctx, db, set)
				case 5: // errors
					if qerr := queryErr(db, "SELECT * FROM count_to(-1), t WHERE len(value) = 1"); !errors.Is(qerr, errOutOfStock) {
						err = fmt.Errorf("not the error: %w", qerr)
					}
				}
				cancel()
				if err != nil {
					t.Error((g+i)%6, err)
				}
			}
		}()
	}
	wg.Wait()
	require.Positive(t, calls.Load())
	db.SetMaxIdleConns(0)
	require.Eventually(t, func() bool { return local.Held() == before }, patience, patience/1000)
}
