package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

type faultKind struct {
	name  string
	fault hranaserver.Fault
	ran   bool
	known bool // to the client: that it has not run
	ends  bool // the context ends meanwhile
}

// faultKinds are the ways in which a request can go wrong. ran says whether the
// server has run it.
var faultKinds = []faultKind{
	{"reset before", hranaserver.Fault{ResetBefore: true}, false, false, false},
	{"reset after", hranaserver.Fault{ResetAfter: true}, true, false, false},
	{"cut before the first byte", hranaserver.Fault{Cut: -1}, true, false, false},
	{"cut after 30 bytes", hranaserver.Fault{Cut: 30}, true, false, false},
	{"502 before", hranaserver.Fault{Before: 502, Body: "<html>proxy", Header: http.Header{"Content-Type": {"text/html"}}}, false, false, false},
	{"502 after", hranaserver.Fault{After: 502}, true, false, false},
	{"503 before", hranaserver.Fault{Before: 503, Body: `{"error":"shutting down"}`}, false, false, false},
	{"504 after", hranaserver.Fault{After: 504}, true, false, false},
	{"408 after", hranaserver.Fault{After: 408}, true, false, false},
	{"500 after", hranaserver.Fault{After: 500, Body: "oops"}, true, false, false},
	{"429 before", hranaserver.Fault{Before: 429, Header: http.Header{"Retry-After": {"0"}}}, false, true, false},
	{"401 before", hranaserver.Fault{Before: 401, Body: `{"error":"Unauthorized"}`}, false, true, false},
	{"307 before", hranaserver.Fault{Before: 307, Header: http.Header{"Location": {"http://elsewhere.example/x?token=y"}}}, false, true, false},
	{"no JSON", hranaserver.Fault{After: 200, Body: "hello"}, true, false, false},
	{"another answer", hranaserver.Fault{After: 200, Body: `{"baton":null,"base_url":null,"results":[]}`}, true, false, false},
	{"delivered twice", hranaserver.Fault{Twice: true}, true, false, false},
}

// streamFaults are those of streams, and of contexts that end meanwhile.
var streamFaults = []faultKind{
	{"streams expired before", hranaserver.Fault{Expire: true}, true, false, false},
	{"another baton", hranaserver.Fault{Baton: "AAAA"}, true, false, false},
	{"context ends before it ran", hranaserver.Fault{Delay: time.Hour}, false, false, true},
	{"context ends after it ran", hranaserver.Fault{DelayAfter: time.Hour}, true, false, true},
}

// A fault, and an operation in whose request it happens. What must hold: a row
// is never there twice, unless the network itself has doubled the request; a
// success means that it is there, or that what was read is right; an error that
// does not say "unknown" means that it is not; and nothing stays locked, or
// open. The table of what each comes to is printed with -v.
func TestFaultMatrix(t *testing.T) {
	has := func(what string) func(*http.Request, []byte) bool {
		return func(_ *http.Request, body []byte) bool { return strings.Contains(string(body), what) }
	}
	ops := []struct {
		name string
		on   func(*http.Request, []byte) bool // the request that fails
		rows int64                            // of a success
		do   func(ctx context.Context, k *kit, tag string) error
	}{
		{"Exec", has("INSERT"), 1, func(ctx context.Context, k *kit, tag string) error {
			_, err := k.db.ExecContext(ctx, insert, tag)
			return err
		}},
		{"Exec of two statements", has("INSERT"), 1, func(ctx context.Context, k *kit, tag string) error {
			_, err := k.db.ExecContext(ctx, "DELETE FROM t WHERE name = 'nobody'; "+insert, tag)
			return err
		}},
		{"Query RETURNING", has("INSERT"), 1, func(ctx context.Context, k *kit, tag string) error {
			var id int
			return k.db.QueryRowContext(ctx, insert+" RETURNING rowid", tag).Scan(&id)
		}},
		{"batch", has("INSERT"), 1, func(ctx context.Context, k *kit, tag string) error {
			return k.batch(ctx, insert, tag)
		}},
		{"batch that is counted", has("COMMIT"), 1, func(ctx context.Context, k *kit, tag string) error {
			return k.batch(ctx, insert+" RETURNING rowid", tag)
		}},
		{"first of a transaction", has("BEGIN"), 1, inTxCtx},
		{"second of a transaction", has("SELECT 2"), 1, inTxCtx},
		{"Commit", has("COMMIT"), 1, inTxCtx},
		{"Rollback", has(`"requests":[{"type":"close"}]`), 0, func(ctx context.Context, k *kit, tag string) error {
			tx, err := k.db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, insert, tag); err != nil {
				return errors.Join(err, tx.Rollback())
			}
			return tx.Rollback()
		}},
		{"Query that reads", has("SELECT 3"), 0, func(ctx context.Context, k *kit, _ string) error {
			var three int
			err := k.db.QueryRowContext(ctx, "SELECT 3").Scan(&three)
			if err == nil {
				require.Equal(t, 3, three)
			}
			return err
		}},
		{"Ping", has(""), 0, func(ctx context.Context, k *kit, _ string) error { return k.db.PingContext(ctx) }},
		{"cursor", func(r *http.Request, _ []byte) bool { return strings.HasSuffix(r.URL.Path, "/cursor") }, 0, readByCursor},
		{"end of a cursor", has(`"requests":[{"type":"close"}]`), 0, readByCursor},
	}
	var table strings.Builder
	k := serve(t, hranaserver.Options{MaxResponse: 5000, TxLimit: 20 * time.Millisecond})
	k.exec("CREATE TABLE t (name)")
	require.NoError(t, readByCursor(bg, k, "")) // that it is a large one is known from here on
	counts := map[string]int{}
	for _, op := range ops {
		for _, fk := range slices.Concat(faultKinds, streamFaults) {
			perform := op.name + ", " + fk.name
			ctx, cancel := context.WithCancel(bg)
			f := fk.fault
			f.On = func(r *http.Request, body []byte) bool {
				if !op.on(r, body) {
					return false
				}
				if fk.ends {
					time.AfterFunc(5*time.Millisecond, cancel)
				}
				return true
			}
			if fk.ends && (op.name == "Rollback" || op.name == "end of a cursor") {
				cancel() // no context of the user's bounds those
				continue
			}
			k.srv.Inject(f)
			err := op.do(ctx, k, perform)
			k.srv.ClearFaults()
			cancel()
			what := fmt.Sprintf("%s: %v", perform, err)
			n := k.int("SELECT count(*) FROM t WHERE name = ?", perform)
			unknown := errors.Is(err, driver.ErrCommitUnknown)
			switch {
			case err == nil && fk.fault.Twice && op.rows > 0:
				require.GreaterOrEqual(t, n, op.rows, what)
			case err == nil:
				require.Equal(t, op.rows, n, what)
			case unknown:
				require.LessOrEqual(t, n, op.rows, what)
				require.False(t, fk.known, what)
			default:
				require.Zero(t, n, what)
			}
			// Nobody is kept from writing: what the client could not close the server
			// lets go of at the latest when its time has come.
			k.srv.Expire()
			k.exec("DELETE FROM t WHERE name = 'nobody'")
			outcome := "done"
			switch {
			case unknown:
				outcome = "unknown"
			case errors.Is(err, driver.ErrTxRolledBack):
				outcome = "rolled back"
			case err != nil:
				outcome = "not done"
			}
			counts[outcome]++
			fmt.Fprintf(&table, "%-24s %-26s %-12s %d\n", op.name, fk.name, outcome, n)
		}
	}
	require.Eventually(t, func() bool { k.srv.Expire(); return k.srv.Counters().OpenStreams == 0 }, streamsGone, tick)
	t.Logf("\n%-24s %-26s %-12s %s\n%s%v: nothing lost, nothing twice but what the network has doubled", "operation", "fault", "outcome", "rows", table.String(), counts)
}

// batch runs a batch of two.
func (k *kit) batch(ctx context.Context, sql, tag string) error {
	c, err := k.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Raw(func(dc any) error {
		_, err := dc.(*driver.Conn).BatchStmts(ctx, []driver.BatchStmt{{SQL: "DELETE FROM t WHERE name = 'nobody'"}, {SQL: sql, Args: []any{tag}}}, driver.BatchOptions{})
		return err
	})
}

// inTxDo writes a row in a transaction of two statements.
func inTxDo(k *kit, tag string) error { return inTxCtx(bg, k, tag) }

func inTxCtx(ctx context.Context, k *kit, tag string) error {
	tx, err := k.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err = tx.ExecContext(ctx, insert, tag); err != nil {
		return err
	}
	var two int
	if err := tx.QueryRowContext(ctx, "SELECT 2").Scan(&two); err != nil {
		return err
	}
	return tx.Commit()
}

// readByCursor reads rows that are too many for a pipeline.
func readByCursor(ctx context.Context, k *kit, _ string) error {
	const all = 1000
	rows, err := k.db.QueryContext(ctx, series, all)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	require.Equal(k, all, n)
	return nil
}

// What reads is asked again, once.
func TestReadsAreRepeated(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	for _, fk := range faultKinds {
		k.srv.ClearFaults()
		once, twice := fk.fault, fk.fault
		twice.Times = 2
		k.srv.Inject(once)
		var n int
		err := k.db.QueryRow("SELECT count(*) FROM t").Scan(&n)
		switch fk.name {
		case "401 before", "307 before", "no JSON", "another answer", "500 after":
			require.Error(t, err, fk.name)
			require.NotErrorIs(t, err, driver.ErrCommitUnknown, fk.name)
			continue
		}
		require.NoError(t, err, fk.name)
		if fk.name == "429 before" || fk.fault.Twice {
			continue
		}
		k.srv.ClearFaults()
		k.srv.Inject(twice)
		require.Error(t, k.db.QueryRow("SELECT count(*) FROM t").Scan(&n), fk.name)
	}
}

// A server that is too busy is asked again, as long as the context lasts.
func TestTooManyRequests(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	busy := hranaserver.Fault{Before: 429, Times: 3, Body: `{"error":"Too many concurrent requests"}`}
	k.srv.Inject(busy)
	require.Equal(t, 4, k.trips(func() { k.exec(insert, "a") }))
	k.srv.Inject(busy)
	require.Equal(t, 5, k.trips(func() { require.NoError(t, inTxDo(k, "b")) })-1, "BEGIN is asked for again, too")
	busy.Times = -1
	busy.Header = http.Header{"Retry-After": {"3600"}}
	k.srv.Inject(busy)
	_, err := k.db.Exec(insert, "c")
	require.ErrorIs(t, err, driver.ErrBusy)
	require.ErrorContains(t, err, "Too many concurrent requests")
	k.srv.ClearFaults()
	busy.Header = http.Header{"Retry-After": {"4"}}
	k.srv.Inject(busy)
	for try := 1; ; try++ { // a busy machine may take longer, but not each time
		start := time.Now()
		ctx, cancel := context.WithTimeout(bg, 20*time.Millisecond)
		_, err = k.db.ExecContext(ctx, insert, "c")
		cancel()
		require.Error(t, err)
		if time.Since(start) < 3*time.Second {
			break
		}
		require.Less(t, try, 5, "it waits")
	}
	k.srv.ClearFaults()
	require.EqualValues(t, 2, k.count())
}

// A deadline during COMMIT: its outcome is not known.
func TestDeadlineDuringCommit(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	tx, err := k.db.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = tx.Exec(insert, "a")
	require.NoError(t, err)
	k.srv.Inject(hranaserver.Fault{DelayAfter: time.Minute, On: func(_ *http.Request, body []byte) bool {
		if strings.Contains(string(body), "COMMIT") {
			time.AfterFunc(20*time.Millisecond, cancel)
			return true
		}
		return false
	}})
	err = tx.Commit()
	require.ErrorIs(t, err, driver.ErrCommitUnknown)
	require.ErrorIs(t, err, context.Canceled)
}

// The server closes connections that are kept alive: nobody notices.
func TestClosedKeepAlive(t *testing.T) {
	k := serve(t, hranaserver.Options{}, func(c *driver.Config) { c.Remote.RoundTripper = nil })
	k.exec("CREATE TABLE t (name)")
	for range 20 {
		k.http.CloseClientConnections()
		require.Zero(t, k.count())
	}
}

// A server that is not there: an error that says so, within the context.
func TestNoServer(t *testing.T) {
	k := serve(t, hranaserver.Options{}, func(c *driver.Config) { c.Remote.RoundTripper = nil })
	k.http.Listener.Close()
	_, err := k.db.Exec("SELECT 1")
	require.ErrorIs(t, err, driver.ErrCantOpen)
	require.ErrorContains(t, err, "the server cannot be reached")
	require.NotErrorIs(t, err, driver.ErrCommitUnknown)
	_, err = k.db.Exec("DELETE FROM t")
	require.NotErrorIs(t, err, driver.ErrCommitUnknown, "nothing was sent")
	tx := k.begin()
	_, err = tx.Exec("DELETE FROM t")
	require.ErrorIs(t, err, driver.ErrCantOpen)
	require.NoError(t, tx.Commit(), "nothing is in it")
}
