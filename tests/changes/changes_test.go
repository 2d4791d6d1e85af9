package changes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Many pools and goroutines: the order is that of the commits, which the rows
// themselves tell.
func TestOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, k dbtest.Kind, db *sql.DB) {
		pools := []*sql.DB{db, db, db}
		if k.File {
			dsn := k.DSN(t)
			for i := range pools {
				pools[i] = dbtest.Open(t, dsn)
			}
		}
		exec(t, pools[0], "CREATE TABLE t(id INTEGER PRIMARY KEY)")
		c := dbtest.Listen(t, pools[0])
		const each, workers = 50, 6
		var wg sync.WaitGroup
		for w := range workers {
			spawn(&wg, func() {
				for i := range each {
					tx, err := pools[w%3].BeginTx(t.Context(), nil)
					if err != nil {
						t.Error(err)
						return
					}
					_, err = tx.Exec("INSERT INTO t SELECT count(*) + 1 FROM t")
					if i%5 == 4 {
						tx.Rollback()
					} else if err = errors.Join(err, tx.Commit()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		const total = workers * each * 4 / 5
		got := c.Until(fmt.Sprintf("insert main.t %d", total))
		require.Len(t, got, total)
		for i, ch := range got {
			require.EqualValues(t, i+1, ch.RowID)
			require.EqualValues(t, i+1, ch.Commit)
		}
	})
}

// A commit of another process is told as one change without details, and the
// process's own ones are not mistaken for one.
func TestAnotherProcess(t *testing.T) {
	for name, params := range map[string]string{"wal": "", "delete": "?_journal_mode=DELETE&_synchronous=OFF", "encrypted": "?encryptionKey=secret"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := "file:" + dbtest.File(t) + params
			db := dbtest.Open(t, dsn)
			exec(t, db, "CREATE TABLE t(a)")
			child := dbtest.Start(t, "run", dsn)
			child.Say("SELECT * FROM t")
			child.Expect(t, "done")
			c := dbtest.Listen(t, db)
			exec(t, db, "INSERT INTO t VALUES (1); BEGIN IMMEDIATE; COMMIT; CREATE INDEX i ON t(a); CREATE TEMP TABLE x(a); INSERT INTO x VALUES (1)")
			require.Equal(t, "insert main.t 1", lines(c.Until("insert main.t 1")))
			time.Sleep(3 * driver.ChangePoll)
			child.Say("INSERT INTO t VALUES (2)")
			child.Expect(t, "done")
			require.Equal(t, "database", lines(c.Until("database")))
			exec(t, db, "INSERT INTO t VALUES (3)")
			require.Equal(t, "insert main.t 3", lines(c.Until("insert main.t 3")))
			child.Say("BEGIN IMMEDIATE; COMMIT")
			child.Expect(t, "done")
			time.Sleep(3 * driver.ChangePoll) // nothing else comes, however often it looks
			require.Empty(t, c.Rest())
			child.Done(t)
		})
	}
}

// Both write all the time: what the other one writes is noticed, and the own
// rows come all the same.
func TestAnotherProcessAtOnce(t *testing.T) {
	dsn := "file:" + dbtest.File(t)
	db := dbtest.Open(t, dsn)
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, who)")
	child := dbtest.Start(t, "run", dsn)
	c := dbtest.Listen(t, db)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	spawn(&wg, func() {
		for {
			select {
			case <-stop:
				return
			default:
				exec(t, db, "INSERT INTO t(who) VALUES ('own')")
			}
		}
	})
	for range 20 {
		child.Say("INSERT INTO t(who) VALUES ('other')")
		child.Expect(t, "done")
	}
	c.Until("database")
	close(stop)
	wg.Wait()
	child.Done(t)
}

// What is told of statements and savepoints at random, failing ones among
// them, makes of a copy what the database has become.
func TestMirror(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, k dbtest.Kind, db *sql.DB) {
		exec(t, db, `CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, n CHECK (n < 90)); CREATE TABLE log(id INTEGER PRIMARY KEY, of);
			CREATE TABLE end(id INTEGER PRIMARY KEY);
			CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log(of) VALUES (new.id); SELECT RAISE(FAIL, 'no') WHERE new.n = 77; END`)
		c := dbtest.Listen(t, db)
		rounds := 25
		if dbtest.Long() {
			rounds = 5000
		}
		var wg sync.WaitGroup
		for w := range 3 {
			spawn(&wg, func() {
				r := rand.New(rand.NewPCG(uint64(w), 1))
				conn, err := db.Conn(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				for range rounds {
					transaction(r, conn)
				}
			})
		}
		wg.Wait()
		exec(t, db, "INSERT INTO end VALUES (1)")
		mirror := map[string]map[int64]bool{"t": {}, "log": {}, "end": {}}
		for _, ch := range c.Until("insert main.end 1") {
			switch ch.Op {
			case driver.RowInserted:
				require.False(t, mirror[ch.Table][ch.RowID], "%v is there already", ch)
				mirror[ch.Table][ch.RowID] = true
			case driver.RowDeleted:
				require.True(t, mirror[ch.Table][ch.RowID], "%v is not there", ch)
				delete(mirror[ch.Table], ch.RowID)
			case driver.RowUpdated:
				require.True(t, mirror[ch.Table][ch.RowID], "%v is not there", ch)
			default:
				t.Fatal(ch)
			}
		}
		for table, rows := range mirror {
			ids := map[int64]bool{}
			r, err := db.Query("SELECT id FROM " + table)
			require.NoError(t, err)
			for r.Next() {
				var id int64
				require.NoError(t, r.Scan(&id))
				ids[id] = true
			}
			require.NoError(t, errors.Join(r.Err(), r.Close()))
			require.Equal(t, ids, rows, table)
		}
	})
}

// transaction runs statements at random, whose failures are part of it.
func transaction(r *rand.Rand, conn *sql.Conn) {
	ctx := context.Background()
	run := func(text string) { conn.ExecContext(ctx, text) }
	any := func(all ...string) string { return all[r.IntN(len(all))] }
	open := r.IntN(4) > 0
	if open {
		run(any("BEGIN IMMEDIATE", "BEGIN", "SAVEPOINT s0", "BEGIN; SAVEPOINT s1"))
	}
	for range 1 + r.IntN(6) {
		n := r.IntN(100)
		or := any("", "", "OR FAIL", "OR IGNORE", "OR ABORT", "OR ROLLBACK")
		switch r.IntN(10) {
		case 0:
			run(fmt.Sprintf("SAVEPOINT s%d", r.IntN(3)))
		case 1:
			run(fmt.Sprintf("ROLLBACK TO s%d", r.IntN(3)))
		case 2:
			run(fmt.Sprintf("RELEASE s%d", r.IntN(3)))
		case 3, 4:
			run(any("DELETE FROM t WHERE id % 7 = 1", "DELETE FROM log WHERE id % 3 = 0", "DELETE FROM t", fmt.Sprintf("DELETE FROM t WHERE u = %d", n)))
		case 5:
			run(fmt.Sprintf("UPDATE %s t SET n = n + 20, u = u + %d", or, n%3))
		default:
			run(fmt.Sprintf("INSERT %s INTO t(u, n) VALUES (%d, %d), (%d, %d), (%d, 77 + %d)", or, n, n, r.IntN(100), r.IntN(100), r.IntN(200), r.IntN(20)))
		}
	}
	run(any("COMMIT", "COMMIT", "ROLLBACK"))
	run("ROLLBACK")
}

// Listeners come and go while others write: each gets whole commits, in order.
func TestComingAndGoing(t *testing.T) {
	db := dbtest.Open(t, filepath.Join(t.TempDir(), "a.db"))
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY)")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		spawn(&wg, func() {
			for {
				select {
				case <-stop:
					return
				default:
					exec(t, db, "INSERT INTO t SELECT count(*) + 1 FROM t")
				}
			}
		})
	}
	for range 3 {
		var listeners sync.WaitGroup
		for range 3 {
			spawn(&listeners, func() {
				var last int64
				done := make(chan struct{})
				n := 0
				stop, err := driver.OnChange(db, func(ch driver.Change) {
					if ch.Op != driver.RowInserted {
						return
					}
					if last != 0 && ch.RowID != last+1 {
						t.Errorf("%v after %d", ch, last)
					}
					if last = ch.RowID; n == 30 {
						close(done)
					}
					n++
				})
				if err != nil {
					t.Error(err)
					return
				}
				<-done
				stop()
			})
		}
		listeners.Wait()
	}
	close(stop)
	wg.Wait()
}
