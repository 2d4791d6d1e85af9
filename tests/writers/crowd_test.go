package writers

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// The ways to write a row.
const (
	autocommit  = "autocommit"
	transaction = "transaction"
)

// write lets goroutines insert rows each, and returns the longest that one of
// them took for one row.
func write(db *sql.DB, writers, each int, way string) (worst time.Duration, err error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range each {
				start := time.Now()
				e := writeOne(db, w, n, way)
				d := time.Since(start)
				mu.Lock()
				if worst = max(worst, d); e != nil && err == nil {
					err = fmt.Errorf("writer %d, row %d: %w", w, n, e)
				}
				mu.Unlock()
				if e != nil {
					return
				}
			}
		}()
	}
	wg.Wait()
	return worst, err
}

func writeOne(db *sql.DB, w, n int, way string) error {
	const insert = "INSERT INTO t(writer, n) VALUES (?, ?)"
	if way == autocommit {
		_, err := db.Exec(insert, w, n)
		return err
	}
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := tx.QueryRow("SELECT max(id) IS NULL FROM t").Scan(new(bool)); err != nil {
		return err
	}
	if _, err := tx.Exec(insert, w, n); err != nil {
		return err
	}
	return tx.Commit()
}

// Default settings, unlimited pool: nobody sees SQLITE_BUSY.
func TestGoroutinesWrite(t *testing.T) {
	const writers, each = 8, 500
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		dbtest.Exec(t, db, table)
		for i, way := range []string{autocommit, transaction} {
			start := time.Now()
			worst, err := write(db, writers, each, way)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %d rows in %v, worst wait %v", way, writers*each, time.Since(start), worst)
			if n := dbtest.Int(t, db, "SELECT count(*) FROM t"); n != int64(writers*each*(i+1)) {
				t.Errorf("%d rows", n)
			}
			if n := dbtest.Int(t, db, "SELECT count(DISTINCT writer || ' ' || n) FROM t"); n != writers*each {
				t.Errorf("%d different rows", n)
			}
		}
		dbtest.Intact(t, db)
	})
}

// Nobody starves while others write without a pause. The disk is left out of
// it, because waiting for it is nobody's turn.
func TestNobodyStarves(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	for _, dsn := range []string{dbtest.Memory(t), dbtest.DSN(t, "_synchronous=OFF")} {
		for _, way := range []string{autocommit, transaction} {
			db := dbtest.Open(t, dsn)
			db.SetMaxIdleConns(16)
			dbtest.Exec(t, db, table)
			// The worst wait is some 10 ms on a machine that has nothing else to
			// do. A busy one may stop somebody for long, but not each time.
			for try := 1; ; try++ {
				start := time.Now()
				worst, err := write(db, 16, 500, way)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s: %v, worst wait %v", way, time.Since(start), worst)
				if worst <= time.Second {
					break
				}
				if try == 5 {
					t.Fatalf("one of them waited for %v", worst)
				}
			}
		}
	}
}

// Two processes, each with goroutines of its own.
func TestProcessesWrite(t *testing.T) {
	const processes, writers, each = 2, 4, 250
	for _, mode := range []string{"WAL", "DELETE"} {
		for _, way := range []string{autocommit, transaction} {
			t.Run(mode+"/"+way, func(t *testing.T) {
				params := "_journal_mode=" + mode
				if mode == "DELETE" {
					// Who polls for the lock has no turn.
					params += "&_synchronous=OFF&_busy_timeout=60000"
				}
				dsn := dbtest.DSN(t, params)
				db := dbtest.Open(t, dsn)
				dbtest.Exec(t, db, table)
				for _, c := range dbtest.StartTogether(t, processes, "write", dsn, strconv.Itoa(writers), strconv.Itoa(each), way) {
					if line, ok := c.Line(); ok {
						t.Log(line)
					}
					c.Done(t)
				}
				if n := dbtest.Int(t, db, "SELECT count(*) FROM t"); n != processes*writers*each {
					t.Errorf("%d rows", n)
				}
				dbtest.Intact(t, db)
			})
		}
	}
}

// openAtOnce opens pools of their own for a file and uses each.
func openAtOnce(dsn string, n int) error {
	errs := make(chan error, n)
	start := make(chan struct{})
	for range n {
		go func() {
			<-start
			errs <- func() error {
				db, err := sql.Open(driver.Name, dsn)
				if err != nil {
					return err
				}
				defer db.Close()
				_, err = db.Exec(table + "; INSERT INTO t(writer) VALUES (1)")
				return err
			}()
		}()
	}
	close(start)
	var first error
	for range n {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

func TestManyOpenAFreshFileAtOnce(t *testing.T) {
	rounds := 5
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		path := dbtest.DSN(t)
		if err := openAtOnce(path, 200); err != nil {
			t.Fatal(err)
		}
		db := dbtest.Open(t, path)
		if n := dbtest.Int(t, db, "SELECT count(*) FROM t"); n != 200 {
			t.Errorf("%d rows", n)
		}
		if mode := dbtest.Text(t, db, "PRAGMA journal_mode"); mode != "wal" {
			t.Errorf("journal mode %s", mode)
		}
	}
}

// The same with one pool, whose connections are opened at once.
func TestAPoolOpensAFreshFileAtOnce(t *testing.T) {
	for range 3 {
		db := dbtest.Open(t, dbtest.DSN(t))
		var wg sync.WaitGroup
		for range 200 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if err := db.Ping(); err != nil {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
	}
}

func TestProcessesOpenAFreshFileAtOnce(t *testing.T) {
	rounds := 5
	if testing.Short() {
		rounds = 1
	}
	for range rounds {
		path := dbtest.DSN(t)
		for _, c := range dbtest.StartTogether(t, 4, "open", path) {
			c.Done(t)
		}
		db := dbtest.Open(t, path)
		if n := dbtest.Int(t, db, "SELECT count(*) FROM t"); n != 80 {
			t.Errorf("%d rows", n)
		}
		if mode := dbtest.Text(t, db, "PRAGMA journal_mode"); mode != "wal" {
			t.Errorf("journal mode %s", mode)
		}
	}
}
