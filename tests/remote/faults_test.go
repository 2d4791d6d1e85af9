package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// faultKinds are the ways in which a request can go wrong. ran says whether the
// server has run it.
var faultKinds = []struct {
	name  string
	fault hranaserver.Fault
	ran   bool
	known bool // to the client: that it has not run
}{
	{"reset before", hranaserver.Fault{ResetBefore: true}, false, false},
	{"reset after", hranaserver.Fault{ResetAfter: true}, true, false},
	{"cut before the first byte", hranaserver.Fault{Cut: -1}, true, false},
	{"cut after 30 bytes", hranaserver.Fault{Cut: 30}, true, false},
	{"502 before", hranaserver.Fault{Before: 502, Body: "<html>proxy", Header: http.Header{"Content-Type": {"text/html"}}}, false, false},
	{"502 after", hranaserver.Fault{After: 502}, true, false},
	{"503 before", hranaserver.Fault{Before: 503, Body: `{"error":"shutting down"}`}, false, false},
	{"504 after", hranaserver.Fault{After: 504}, true, false},
	{"408 after", hranaserver.Fault{After: 408}, true, false},
	{"500 after", hranaserver.Fault{After: 500, Body: "oops"}, true, false},
	{"429 before", hranaserver.Fault{Before: 429, Header: http.Header{"Retry-After": {"0"}}}, false, true},
	{"401 before", hranaserver.Fault{Before: 401, Body: `{"error":"Unauthorized"}`}, false, true},
	{"307 before", hranaserver.Fault{Before: 307, Header: http.Header{"Location": {"http://elsewhere.example/x?token=y"}}}, false, true},
	{"no JSON", hranaserver.Fault{After: 200, Body: "hello"}, true, false},
	{"another answer", hranaserver.Fault{After: 200, Body: `{"baton":null,"base_url":null,"results":[]}`}, true, false},
	{"delivered twice", hranaserver.Fault{Twice: true}, true, false},
}

// matrix has what each operation comes to under each fault: how often its row
// is there, and what its error says.
//
// What must hold: a row is never there twice, unless the network itself has
// doubled the request; a success means that it is there; an error that does
// not say "unknown" means that it is not; and nothing stays locked.
func TestFaultMatrix(t *testing.T) {
	ops := []struct {
		name string
		on   string // the request that fails has this in it
		do   func(k *kit, tag string) error
	}{
		{"Exec", "INSERT", func(k *kit, tag string) error {
			_, err := k.db.Exec(insert, tag)
			return err
		}},
		{"Query RETURNING", "INSERT", func(k *kit, tag string) error {
			var id int
			return k.db.QueryRow(insert+" RETURNING rowid", tag).Scan(&id)
		}},
		{"first of a transaction", "BEGIN", func(k *kit, tag string) error { return inTxDo(k, tag) }},
		{"second of a transaction", "SELECT 2", func(k *kit, tag string) error { return inTxDo(k, tag) }},
		{"Commit", "COMMIT", func(k *kit, tag string) error { return inTxDo(k, tag) }},
	}
	var table strings.Builder
	k := serve(t, hranaserver.Options{TxLimit: 20 * time.Millisecond})
	k.exec("CREATE TABLE t (name)")
	for _, op := range ops {
		for _, fk := range faultKinds {
			perform := op.name + ", " + fk.name
			f := fk.fault
			f.On = func(r *http.Request, body []byte) bool { return strings.Contains(string(body), op.on) }
			k.srv.Inject(f)
			err := op.do(k, perform)
			k.srv.ClearFaults()
			what := fmt.Sprintf("%s: %v", perform, err)
			n := k.int("SELECT count(*) FROM t WHERE name = ?", perform)
			unknown := errors.Is(err, driver.ErrCommitUnknown)
			switch {
			case err == nil && fk.fault.Twice:
				require.GreaterOrEqual(t, n, int64(1), what)
			case err == nil:
				require.EqualValues(t, 1, n, what)
			case unknown:
				require.LessOrEqual(t, n, int64(1), what)
				require.False(t, fk.known, what)
			default:
				require.Zero(t, n, what)
			}
			// Nothing is left that would keep another from writing for long: what the
			// client could not close the server loses by its expiry.
			outcome := "done"
			switch {
			case unknown:
				outcome = "unknown"
			case errors.Is(err, driver.ErrTxRolledBack):
				outcome = "rolled back"
			case err != nil:
				outcome = "not done"
			}
			fmt.Fprintf(&table, "%-26s %-26s %-12s rows %d\n", op.name, fk.name, outcome, n)
		}
	}
	t.Log("\n" + table.String())
}

// inTxDo writes a row in a transaction of two statements.
func inTxDo(k *kit, tag string) error {
	tx, err := k.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err = tx.Exec(insert, tag); err != nil {
		return err
	}
	var two int
	if err := tx.QueryRow("SELECT 2").Scan(&two); err != nil {
		return err
	}
	return tx.Commit()
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
