package cancel

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// ledger is what 64 writers know about the ids that they tried to insert.
type ledger struct {
	mu           sync.Mutex
	acknowledged map[int64]bool
	failed       atomic.Int64
	lastID       atomic.Int64
	unexpected   error
}

// note keeps the outcome of an insert.
func (l *ledger) note(id int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.acknowledged[id] = true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled),
		errors.Is(err, sql.ErrTxDone), errors.Is(err, driver.ErrTxRolledBack):
		l.failed.Add(1)
	default:
		l.unexpected = err
	}
}

// An insert whose context ends is done or not done, and what was acknowledged
// is done exactly once.
func TestRandomCancellations(t *testing.T) {
	lasts := 5 * time.Second
	switch {
	case dbtest.Long():
		lasts = time.Minute
	case testing.Short():
		lasts = time.Second
	}
	db := dbtest.Open(t, dbtest.DSN(t))
	db.SetMaxIdleConns(64)
	// No UNIQUE: an id that came twice shall be found and not be prevented.
	dbtest.Exec(t, db, "CREATE TABLE t(id INTEGER NOT NULL)")
	longest := 8000
	if dbtest.Remote() {
		longest *= 50 // 64 requests at a time take longer
	}
	l := &ledger{acknowledged: map[int64]bool{}}
	var wg sync.WaitGroup
	end := time.Now().Add(lasts)
	for range 64 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(end) {
				id := l.lastID.Add(1)
				within := time.Duration(rand.IntN(longest)) * time.Microsecond
				if id%50 == 0 { // time enough on the slowest machine
					within = time.Minute
				}
				l.note(id, insertBefore(db, id, within))
			}
		}()
	}
	wg.Wait()
	if l.unexpected != nil {
		t.Errorf("an error that is no cancellation: %v", l.unexpected)
	}
	found := l.compare(t, db)
	dbtest.Intact(t, db)
	t.Logf("%v: %d ids, %d acknowledged, %d cancelled, of which %d are there nevertheless",
		lasts, l.lastID.Load(), len(l.acknowledged), l.failed.Load(), found-len(l.acknowledged))
	if len(l.acknowledged) == 0 || l.failed.Load() == 0 {
		t.Error("nothing was at random")
	}
}

// insertBefore inserts the id in one of the ways to do it.
func insertBefore(db *sql.DB, id int64, deadline time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	const insert = "INSERT INTO t(id) VALUES (?)"
	way := id % 4
	if way == 1 && dbtest.Remote() {
		way = 2 // the lock of a transaction whose answer was cut off stays for five seconds
	}
	switch way {
	case 0:
		return db.QueryRowContext(ctx, insert+" RETURNING id", id).Scan(new(int64))
	case 1:
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if _, err := tx.ExecContext(ctx, insert, id); err != nil {
			return err
		}
		return tx.Commit()
	case 2:
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = conn.ExecContext(ctx, fmt.Sprintf("BEGIN IMMEDIATE; INSERT INTO t(id) VALUES (%d); COMMIT", id))
		return err
	}
	_, err := db.ExecContext(ctx, insert, id)
	return err
}

// compare looks into the database for what the writers were told.
func (l *ledger) compare(t *testing.T, db *sql.DB) (found int) {
	rows, err := db.Query("SELECT id, count(*) FROM t GROUP BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	there := map[int64]bool{}
	for rows.Next() {
		var id, n int64
		if err := rows.Scan(&id, &n); err != nil {
			t.Fatal(err)
		}
		if n != 1 {
			t.Errorf("id %d is there %d times", id, n)
		}
		there[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for id := range l.acknowledged {
		if !there[id] {
			t.Errorf("id %d was acknowledged and is not there", id)
		}
	}
	return len(there)
}
