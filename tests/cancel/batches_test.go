package cancel

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// ways insert n rows with a number, under a context that may end at any
// moment; they tell how many rows there are then, whatever became of them.
var ways = map[string]func(ctx context.Context, db *sql.DB, number, n int) (rows int, err error){
	"a batch": func(ctx context.Context, db *sql.DB, number, n int) (int, error) {
		return n, runScript(ctx, db, insertsOf(number, n))
	},
	"a batch that fails": func(ctx context.Context, db *sql.DB, number, n int) (int, error) {
		if err := runScript(ctx, db, insertsOf(number, n)+"INSERT INTO nowhere VALUES (1)"); err == nil {
			return 0, errors.New("no error")
		}
		return 0, nil
	},
	"a batch in a transaction": func(ctx context.Context, db *sql.DB, number, n int) (int, error) {
		tx, err := db.Begin()
		if err != nil {
			return 0, err
		}
		defer tx.Rollback()
		if _, err := tx.Exec("INSERT INTO t VALUES (?, -1)", number); err != nil {
			return 0, err
		}
		rows := 1
		if runScript(ctx, tx, insertsOf(number, n)) == nil {
			rows += n
		}
		return rows, tx.Commit()
	},
	"a statement": func(ctx context.Context, db *sql.DB, number, n int) (int, error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		defer tx.Rollback()
		if err := driver.With(ctx, tx, func(c *driver.Conn) error { return runStatement(ctx, c, number, n) }); err != nil {
			return 0, err
		}
		return n, tx.Commit()
	},
}

func insertsOf(number, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "INSERT INTO t VALUES (%d, %d);", number, i)
	}
	return b.String()
}

func runScript(ctx context.Context, h driver.Handle, script string) error {
	return driver.With(context.Background(), h, func(c *driver.Conn) error {
		_, err := c.Batch(ctx, script)
		return err
	})
}

// runStatement leaves the statement open: the connection closes it.
func runStatement(ctx context.Context, c *driver.Conn, number, n int) error {
	s, err := c.Statement(ctx, "INSERT INTO t VALUES (?, ?)")
	for i := 0; err == nil && i < n; i++ {
		s.BindInt64(1, int64(number))
		s.BindInt64(2, int64(i))
		err = s.Exec()
	}
	return err
}

// Batches and statements are done or not done, never in part, and who is told
// that they are done finds them.
func TestBatchesAreAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, "CREATE TABLE t(number INTEGER, i)")
		unit := time.Microsecond
		if dbtest.Remote() {
			unit *= 20 // a request takes longer
		}
		rounds := 60
		if dbtest.Long() {
			rounds = 2000
		}
		var mu sync.Mutex
		want, unknown, cancelled := map[int]int{}, map[int]int{}, 0
		var wg sync.WaitGroup
		for g, name := range []string{"a batch", "a batch that fails", "a batch in a transaction", "a statement", "a batch", "a statement"} {
			if name == "a batch in a transaction" && dbtest.Remote() {
				// A transaction whose answer was cut off keeps its lock for five
				// seconds, and everybody else waiting.
				continue
			}
			wg.Add(1)
			go func() {
				defer wg.Done()
				for i := range rounds {
					number := g*1_000_000 + i
					// Some have time enough on the slowest machine, and some have none on the fastest.
					within := time.Duration(rand.IntN(4000)) * unit
					switch i % 20 {
					case 10:
						within = time.Minute
					case 0:
						within = time.Nanosecond
					}
					ctx, cancel := context.WithTimeout(t.Context(), within)
					size := 1 + rand.IntN(300)
					rows, err := ways[name](ctx, db, number, size)
					cancel()
					mu.Lock()
					switch {
					case err == nil && rows > 0:
						want[number] = rows
					case errors.Is(err, driver.ErrCommitUnknown):
						unknown[number] = size // all of them, or none
						cancelled++
					case err != nil:
						cancelled++
					}
					mu.Unlock()
				}
			}()
		}
		wg.Wait()
		if len(want) == 0 || cancelled == 0 {
			t.Errorf("nothing was at random: %d done, %d cancelled", len(want), cancelled)
		}
		rows, err := db.Query("SELECT number, count(*) FROM t GROUP BY number")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var number, n int
			if err := rows.Scan(&number, &n); err != nil {
				t.Fatal(err)
			}
			if want[number] != n && unknown[number] != n {
				t.Errorf("number %d has %d rows, %d were told", number, n, want[number])
			}
			delete(want, number)
		}
		if len(want) > 0 {
			t.Errorf("told and not there: %v", want)
		}
	})
}
