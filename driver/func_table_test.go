package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/local"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// word is a row with every kind of column.
type word struct {
	Word      string
	Length    int
	Share     *float64
	Raw       []byte
	Short     bool
	CreatedAt time.Time
	Any       any      `db:"whatever"`
	Skipped   chan int `db:"-"`
	_         int
	position
}

type position struct{ UserID int }

func words(text string) iter.Seq[word] {
	return func(yield func(word) bool) {
		for i, w := range strings.Fields(text) {
			row := word{Word: w, Length: len(w), Raw: []byte(w), Short: len(w) < 3, Any: i,
				CreatedAt: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), position: position{i}}
			if i > 0 {
				share := 1 / float64(i)
				row.Share = &share
			}
			if !yield(row) {
				return
			}
		}
	}
}

func count(ctx context.Context, from int64, to *int64) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for n := from; to == nil || n <= *to; n++ {
			switch {
			case n == -1:
				yield(0, errOutOfStock)
				return
			case n == -2:
				panic(errOutOfStock)
			case n == -3:
				runtime.Goexit()
			case n == -4:
				yield(0, errors.New("behind many rows"))
				return
			}
			if !yield(n, nil) {
				return
			}
		}
	}
}

func withTables(t testing.TB) *sql.DB {
	db := memory(t)
	eachConn(t, db, func(c *driver.Conn) error {
		return errors.Join(c.TableFunc("words", words), c.TableFunc("count_to", count),
			c.TableFunc("fails", func() (iter.Seq[*position], error) { return nil, errOutOfStock }),
			c.TableFunc("no_rows", func() iter.Seq[string] { return nil }),
			c.TableFunc("pointers", func() iter.Seq[*position] {
				return func(yield func(*position) bool) { _ = yield(&position{1}) && yield(nil) }
			}))
	})
	return db
}

func TestTableFunc(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := withTables(t)
	require.Equal(t, [][]any{
		{"to", int64(2), nil, []byte("to"), true, time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), int64(0), int64(0)},
		{"begin", int64(5), 1.0, []byte("begin"), false, time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), int64(1), int64(1)},
	}, all(t, db, "SELECT * FROM words('to begin')"))
	require.Equal(t, [][]any{{"c", "a b c", int64(3), int64(2)}},
		all(t, db, "SELECT word, arg1, rowid, user_id FROM words WHERE arg1 = 'a b c' AND whatever = 2"))
	require.Equal(t, [][]any{{int64(3)}, {int64(4)}}, all(t, db, "SELECT value FROM count_to(3, 4)"))
	require.Equal(t, [][]any{{int64(3), nil}, {int64(4), nil}}, all(t, db, "SELECT value, arg2 FROM count_to(3) LIMIT 2"))
	require.Equal(t, [][]any{{int64(3)}}, all(t, db, "SELECT value FROM count_to(3, NULL) LIMIT 1"))
	require.Equal(t, int64(100_000), value(t, db, "SELECT count(*) FROM count_to(1, 100000)"))
	require.Equal(t, int64(5000050000), value(t, db, "SELECT sum(value) FROM count_to(1, 100000)"))
	require.Empty(t, all(t, db, "SELECT * FROM no_rows"))
	require.Empty(t, all(t, db, "SELECT * FROM count_to(1, 0)"))

	exec(t, db, "CREATE TABLE texts(id INTEGER PRIMARY KEY, s TEXT); INSERT INTO texts(s) VALUES ('a b'), ('c'), ('')")
	require.Equal(t, [][]any{{int64(1), "a"}, {int64(1), "b"}, {int64(2), "c"}},
		all(t, db, "SELECT id, word FROM texts, words(texts.s) ORDER BY id, word"))
	require.Equal(t, [][]any{{int64(3)}}, all(t, db, "SELECT id FROM texts LEFT JOIN words(s) WHERE word IS NULL"))
	require.Equal(t, [][]any{{int64(1)}}, all(t, db, "SELECT id FROM texts WHERE EXISTS (SELECT 1 FROM words(s) WHERE word = 'b')"))
	require.Equal(t, int64(6), value(t, db, "SELECT count(*) FROM count_to(1, 3) a JOIN count_to(1, a.value) b"))
	require.Equal(t, [][]any{{"a"}, {"b"}}, all(t, db, "SELECT word FROM words WHERE arg1 IN ('a', 'b') ORDER BY 1"))
	exec(t, db, "CREATE TABLE copied AS SELECT word, length FROM words('x yy zzz')")
	require.Equal(t, int64(6), value(t, db, "SELECT sum(length) FROM copied"))

	// two uses of one function at the same time
	rows := query(t, db, "SELECT value FROM count_to(1)")
	for i := range 1000 {
		var n int
		require.True(t, rows.Next())
		require.NoError(t, rows.Scan(&n))
		require.Equal(t, i+1, n)
	}
}

func TestTableFuncErrors(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := withTables(t)
	for text, want := range map[string]string{
		"SELECT * FROM count_to(-1)":                 "count_to(): out of stock",
		"SELECT * FROM count_to(-2)":                 "count_to(): panic: out of stock",
		"SELECT * FROM fails":                        "fails(): out of stock",
		"INSERT INTO t SELECT * FROM fails":          "fails(): out of stock",
		"INSERT INTO t SELECT * FROM count_to(-200)": "count_to(): ",
	} {
		exec(t, db, "CREATE TABLE IF NOT EXISTS t(n)")
		err := queryErr(db, text)
		require.ErrorContains(t, err, want)
		if !strings.Contains(text, "200") {
			require.ErrorIs(t, err, errOutOfStock, text)
		}
		require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM t"))
	}
	require.ErrorContains(t, queryErr(db, "SELECT * FROM count_to(-3)"), "count_to(): its goroutine has ended")
	require.ErrorContains(t, queryErr(db, "SELECT * FROM pointers"), "pointers(): the row is a nil pointer")
	require.ErrorContains(t, queryErr(db, "SELECT * FROM count_to"), "count_to(): argument 1 is missing")
	require.ErrorContains(t, queryErr(db, "SELECT * FROM words"), "words(): argument 1 is missing")
	require.ErrorContains(t, queryErr(db, "SELECT * FROM count_to(1, 2, 3)"), "too many arguments on count_to() - max 2")
	err := queryErr(db, "SELECT * FROM count_to(1, '2')")
	require.ErrorContains(t, err, "count_to(): argument 2: TEXT does not fit int64")
	require.ErrorIs(t, err, driver.ErrMismatch)
	require.ErrorContains(t, queryErr(db, "CREATE VIRTUAL TABLE v USING words"), "no such module: words")
	require.ErrorContains(t, queryErr(db, "INSERT INTO words VALUES (1)"), "may not be modified")
}

// An iterator that does not listen to yield loses no error by it, and no
// statement waits for it for ever.
func TestTableFuncThatDoesNotStop(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t)
	type row struct{ N float64 }
	eachConn(t, db, func(c *driver.Conn) error {
		return c.TableFunc("goes_on", func(first float64) iter.Seq2[row, error] {
			return func(yield func(row, error) bool) {
				yield(row{first}, nil)
				yield(row{2}, errOutOfStock)
				for {
					yield(row{3}, nil)
				}
			}
		})
	})
	require.ErrorIs(t, queryErr(db, "SELECT * FROM goes_on(1.0)"), errOutOfStock)
	require.ErrorIs(t, queryErr(db, "SELECT count(*) FROM goes_on(1.0)"), errOutOfStock)
	require.Equal(t, 1.0, value(t, db, "SELECT n FROM goes_on(1.0) LIMIT 1"))
}

func TestTableFuncCancelled(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := withTables(t)
	before := local.Held()
	ctx, cancel := context.WithCancel(context.Background())
	waits := make(chan struct{})
	eachConn(t, db, func(c *driver.Conn) error {
		return c.TableFunc("waits", func(ctx context.Context) iter.Seq[int] {
			return func(yield func(int) bool) { close(waits); <-ctx.Done() }
		})
	})
	go func() {
		<-waits
		cancel()
	}()
	_, err := db.ExecContext(ctx, "SELECT * FROM waits")
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, before+1, local.Held())

	// what is not read to its end is asked to stop
	var asked atomic.Bool
	eachConn(t, db, func(c *driver.Conn) error {
		return c.TableFunc("waits", func(ctx context.Context) iter.Seq[int] {
			return func(yield func(int) bool) {
				for yield(1) {
				}
				asked.Store(ctx.Err() != nil)
			}
		})
	})
	rows := query(t, db, "SELECT * FROM waits")
	require.True(t, rows.Next())
	require.NoError(t, rows.Close())
	require.True(t, asked.Load())
	require.Equal(t, before+1, local.Held())
}

func TestTableFuncReplacedAndForgotten(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := withTables(t)
	c := pin(t, db)
	ctx := context.Background()
	with := func(fn func(c *driver.Conn) error) error { return driver.With(ctx, c, fn) }
	st, err := c.PrepareContext(ctx, "SELECT * FROM no_rows")
	require.NoError(t, err)
	defer st.Close()
	require.ErrorIs(t, st.QueryRow().Scan(new(any)), sql.ErrNoRows)
	running := query(t, c, "SELECT value FROM count_to(1)")
	require.True(t, running.Next())
	require.NoError(t, with(func(c *driver.Conn) error {
		one := func() iter.Seq[position] { return func(yield func(position) bool) { yield(position{7}) } }
		return errors.Join(c.TableFunc("No_Rows", one), c.TableFunc("count_to", one))
	}))
	var n int
	require.NoError(t, st.QueryRow().Scan(&n))
	require.Equal(t, 7, n)
	require.Equal(t, int64(7), value(t, c, "SELECT user_id FROM count_to"))
	for i := range 1000 {
		require.NoError(t, running.Scan(&n))
		require.Equal(t, i+1, n)
		require.True(t, running.Next())
	}
	require.NoError(t, with(func(c *driver.Conn) error {
		return errors.Join(c.TableFunc("no_rows", nil), c.TableFunc("count_to", nil), c.TableFunc("json_each", nil))
	}))
	require.True(t, running.Next())
	require.NoError(t, running.Close())
	_, err = st.Query()
	require.ErrorContains(t, err, "no such table: no_rows")
	require.ErrorContains(t, queryErr(c, "SELECT * FROM count_to"), "no such table: count_to")
	require.Empty(t, all(t, c, "SELECT * FROM json_each('[]')"))
}

func TestTableFuncThatCannotBe(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t)
	type twice struct {
		A int `db:"x"`
		B int `db:"X"`
	}
	type clash struct{ Arg1 int }
	type empty struct{ _ int }
	type embedded struct{ *position }
	type wrong struct{ C chan int }
	for want, fn := range map[string]any{
		"is no function":                    1,
		"cannot be variadic":                func(...int) iter.Seq[int] { return nil },
		"func() []int does not return":      func() []int { return nil },
		"func() does not return":            func() {},
		"func() iter.Seq2[int,int]":         func() iter.Seq2[int, int] { return nil },
		"are the same column":               func() iter.Seq[twice] { return nil },
		"is the column arg1, as a paramete": func(int) iter.Seq[clash] { return nil },
		"has no exported field":             func() iter.Seq[empty] { return nil },
		"behind an embedded pointer":        func() iter.Seq[embedded] { return nil },
		"field C of driver_test.wrong":      func() iter.Seq[wrong] { return nil },
		"the type chan int of the result":   func() iter.Seq[chan int] { return nil },
		"parameter 1: the type chan int":    func(chan int) iter.Seq[int] { return nil },
	} {
		err := driver.With(context.Background(), db, func(c *driver.Conn) error { return c.TableFunc("f", fn) })
		require.ErrorContains(t, err, want)
	}
}

func BenchmarkTableFunc(b *testing.B) {
	db := withTables(b)
	for name, text := range map[string]string{
		"Go":              "SELECT count(*) FROM count_to(1, ?)",
		"Go structs":      "SELECT count(*) FROM words(replace(printf('%.*c', ?, 'a'), 'a', 'a '))",
		"generate_series": "SELECT count(*) FROM generate_series(1, ?)",
	} {
		b.Run(name, func(b *testing.B) {
			require.Equal(b, int64(b.N), value(b, db, text, b.N))
		})
	}
}
