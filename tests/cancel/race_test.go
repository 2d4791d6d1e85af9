package cancel

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// A cancellation that comes while its statement ends must not hit the next
// one. Every cycle races the two.
func TestLateCancellationHitsNobody(t *testing.T) {
	cycles := 100_000
	if testing.Short() {
		cycles = 10_000
	}
	conn := dbtest.Conn(t, dbtest.Open(t, dbtest.Memory(t)))
	dbtest.Exec(t, conn, "CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 0)")
	// The statement must be long enough to be looked at while it runs.
	const text = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 110) SELECT count(*) FROM c"
	hit, done, start := 0, 0, time.Now()
	for i := 0; i < cycles || hit == 0 && i < 100*cycles; i++ { // with one processor few are raced
		done++
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			for range rand.IntN(200) { // of the statement's own length, more or less
			}
			cancel()
		}()
		_, err := conn.ExecContext(ctx, text)
		switch {
		case err == nil:
		case errors.Is(err, context.Canceled):
			hit++
		default:
			t.Fatalf("cycle %d: %v", i, err)
		}
		// long enough to notice a flag that should not be set
		if _, err := conn.ExecContext(context.Background(), text); err != nil {
			t.Fatalf("cycle %d: a cancellation hit the next statement: %v", i, err)
		}
		cancel()
	}
	t.Logf("%d cycles in %v, %d statements cancelled", done, time.Since(start), hit)
	if hit == 0 || hit == done {
		t.Error("nothing was raced")
	}
}

// The same with rows, where database/sql's own goroutine takes part, and with
// transactions, which database/sql rolls back from there.
func TestLateCancellationWithRows(t *testing.T) {
	cycles := 20_000
	if testing.Short() {
		cycles = 2_000
	}
	db := dbtest.Open(t, dbtest.Memory(t))
	db.SetMaxOpenConns(2)
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	hit := 0
	for i := range cycles {
		ctx, cancel := context.WithCancel(context.Background())
		go cancel()
		var err error
		if i%2 == 0 {
			rows, qerr := db.QueryContext(ctx, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100) SELECT n FROM c")
			if err = qerr; err == nil {
				for rows.Next() {
				}
				err = rows.Err()
				rows.Close()
			}
		} else if tx, terr := db.BeginTx(ctx, nil); terr != nil {
			err = terr
		} else {
			_, err = tx.ExecContext(ctx, insert)
			tx.Rollback()
		}
		if err != nil {
			hit++
			if !errors.Is(err, context.Canceled) && !errors.Is(err, driver.ErrTxRolledBack) && !errors.Is(err, sql.ErrTxDone) {
				t.Fatalf("cycle %d: %v", i, err)
			}
		}
		if n := dbtest.Int(t, db, "SELECT count(*) FROM t"); n != 0 {
			t.Fatalf("cycle %d: a transaction that was rolled back left %d rows", i, n)
		}
		cancel()
	}
	t.Logf("%d cycles, %d cancelled", cycles, hit)
}
