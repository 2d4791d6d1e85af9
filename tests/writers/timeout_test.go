package writers

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

const timeoutPragma = "PRAGMA busy_timeout"

// setTimeout changes the timeout of the connection under h.
func setTimeout(h driver.Handle, d time.Duration) error {
	return driver.With(context.Background(), h, func(c *driver.Conn) error { return c.SetBusyTimeout(d) })
}

// timeout is that of the connection under h.
func timeout(t testing.TB, h driver.Handle) (d time.Duration) {
	t.Helper()
	if err := driver.With(context.Background(), h, func(c *driver.Conn) error { d = c.BusyTimeout(); return nil }); err != nil {
		t.Fatal(err)
	}
	return d
}

// Every connection has the timeout of the DSN, 5 s if it says nothing.
func TestTimeoutOfEveryConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	for param, want := range map[string]time.Duration{"": 5 * time.Second, "?_busy_timeout=1234": 1234 * time.Millisecond, "?_pragma=busy_timeout(0)": 0} {
		db := dbtest.Open(t, dbtest.File(t)+param)
		for range 5 {
			c := dbtest.Conn(t, db) // stays out of the pool
			if got := timeout(t, c); got != want {
				t.Errorf("%q: %v", param, got)
			}
			if got := dbtest.Int(t, c, timeoutPragma); got != want.Milliseconds() {
				t.Errorf("%q: the PRAGMA says %d", param, got)
			}
		}
	}
}

// The timeout of one connection changes at any time, is read back both ways,
// and is nobody else's.
func TestTimeoutOfOneConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		c, other := dbtest.Conn(t, db), dbtest.Conn(t, db)
		for _, d := range []time.Duration{1234 * time.Millisecond, 0, time.Hour, (1<<31 - 1) * time.Millisecond, 7 * time.Millisecond} {
			if err := setTimeout(c, d); err != nil {
				t.Fatal(err)
			}
			if got, said := timeout(t, c), dbtest.Int(t, c, timeoutPragma); got != d || said != d.Milliseconds() {
				t.Errorf("set %v, it is %v, and the PRAGMA says %d", d, got, said)
			}
			for _, bad := range []time.Duration{-1, -time.Hour, (1 << 31) * time.Millisecond} {
				if err := setTimeout(c, bad); err == nil {
					t.Errorf("%v is taken", bad)
				}
			}
			if got := timeout(t, c); got != d {
				t.Errorf("a refused timeout changed it to %v", got)
			}
		}
		if got := timeout(t, other); got != 5*time.Second {
			t.Errorf("the other connection has %v", got)
		}
		dbtest.Exec(t, c, timeoutPragma+" = 99") // which returns a row
		if got := timeout(t, c); got != 99*time.Millisecond {
			t.Errorf("after the PRAGMA it is %v", got)
		}
	})
}

// One call sets the timeout of every connection of the pool: of those that are
// idle, in use, and to come.
func TestTimeoutOfThePool(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	db := dbtest.Open(t, dbtest.DSN(t))
	busy := dbtest.Conn(t, db)
	idle := dbtest.Conn(t, db)
	idle.Close()
	set := func(_ context.Context, c *driver.Conn) error { return c.SetBusyTimeout(321 * time.Millisecond) }
	if err := driver.EachConn(t.Context(), db, "busy timeout", set); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if c := dbtest.Conn(t, db); timeout(t, c) != 321*time.Millisecond {
			t.Error("a connection has another timeout")
		}
	}
	if got := timeout(t, busy); got != 5*time.Second {
		t.Errorf("a connection in use has changed under its user: %v", got)
	}
	busy.Close()
	refuse := func(_ context.Context, c *driver.Conn) error { return c.SetBusyTimeout(-1) }
	if err := driver.EachConn(t.Context(), db, "busy timeout", refuse); err == nil {
		t.Error("a negative timeout is taken")
	}
	if c := dbtest.Conn(t, db); timeout(t, c) != 321*time.Millisecond {
		t.Error("what was refused is set")
	}
}

// holders hold the write lock in this process or in another one. release lets
// it go.
var holders = map[string]func(t *testing.T, path string, db *sql.DB) (release func()){
	"this process": func(t *testing.T, _ string, db *sql.DB) func() {
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		return func() { tx.Rollback() }
	},
	"another process": func(t *testing.T, path string, _ *sql.DB) func() {
		child := dbtest.Start(t, "lock", path)
		child.Expect(t, "locked")
		return func() { child.Say("go") }
	},
}

// A timeout that is changed holds from the next statement on, for the queue of
// this process as for other processes, and the error tells how long was waited.
func TestChangedTimeoutHolds(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	for name, hold := range holders {
		t.Run(name, func(t *testing.T) {
			path := dbtest.DSN(t)
			db := dbtest.Open(t, path+"?_busy_timeout=60000")
			dbtest.Exec(t, db, table)
			conn := dbtest.Conn(t, db)
			release := hold(t, path, db)
			for _, d := range []time.Duration{0, 300 * time.Millisecond, 0} {
				if err := setTimeout(conn, d); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				_, err := conn.ExecContext(t.Context(), insert)
				took := time.Since(start)
				var e *driver.Error
				if !errors.As(err, &e) || e.Extended != driver.ErrBusy || !e.Timeout() || !e.Temporary() {
					t.Fatalf("%v", err)
				}
				if !strings.Contains(err.Error(), "database is locked") || !strings.Contains(err.Error(), "waited") {
					t.Errorf("the message does not help: %v", err)
				}
				if took < d || took > d+20*time.Second { // 60 is what it was before
					t.Errorf("%v: waited for %v", d, took)
				}
				if e.Waited < d-20*time.Millisecond || e.Waited > took {
					t.Errorf("%v: the error says %v, it was %v", d, e.Waited, took)
				}
			}
			if err := setTimeout(conn, time.Minute); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(50*time.Millisecond, release)
			dbtest.Soon(t, "the insert", func() { dbtest.Exec(t, conn, insert) })
		})
	}
}

// A file whose journal mode is to change is waited for when it is opened, and
// the error says how long.
func TestWaitedToOpen(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	path := dbtest.DSN(t)
	db := dbtest.Open(t, path)
	dbtest.Exec(t, db, table)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	late := dbtest.Open(t, path+"?_journal_mode=DELETE&_busy_timeout=100")
	err = late.Ping()
	var e *driver.Error
	if !errors.As(err, &e) || e.Code != driver.ErrBusy || e.Waited < 100*time.Millisecond || !strings.Contains(e.Hint, "waited") {
		t.Errorf("%#v", err)
	}
}

// An old snapshot is told apart from a lock: nothing was waited, and to wait
// would not help.
func TestSnapshotIsNoTimeout(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	db := dbtest.Open(t, dbtest.DSN(t))
	dbtest.Exec(t, db, table)
	conn := dbtest.Conn(t, db)
	dbtest.Exec(t, conn, "BEGIN")
	dbtest.Int(t, conn, "SELECT count(*) FROM t")
	dbtest.Exec(t, db, insert)
	_, err := conn.ExecContext(t.Context(), insert)
	var e *driver.Error
	if !errors.As(err, &e) || e.Extended != driver.ErrBusySnapshot || e.Waited != 0 || e.Timeout() || !e.Temporary() {
		t.Fatalf("%#v", err)
	}
	if !strings.Contains(e.Hint, "run the transaction again") {
		t.Errorf("the message does not help: %v", err)
	}
	dbtest.Exec(t, conn, "ROLLBACK")
}
