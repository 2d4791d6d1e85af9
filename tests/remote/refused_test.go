package remote

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// onBody chooses requests by what is in them.
func onBody(part string) func(*http.Request, []byte) bool {
	return func(_ *http.Request, body []byte) bool { return strings.Contains(string(body), part) }
}

// A request of a transaction that is refused before it comes to its stream is
// made again with the same baton, and the transaction goes on.
func TestRefusedWithinATransaction(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	busy := hranaserver.Fault{Before: 429, Body: `{"error":"slow down"}`, Times: 2, On: onBody("second")}
	tx := k.begin()
	_, err := tx.Exec(insert, "first")
	require.NoError(t, err)
	k.srv.Inject(busy)
	require.Equal(t, 3, k.trips(func() {
		_, err = tx.Exec(insert, "second")
		require.NoError(t, err)
	}))
	busy.On = onBody("COMMIT")
	k.srv.Inject(busy)
	require.Equal(t, 3, k.trips(func() { require.NoError(t, tx.Commit()) }))
	require.EqualValues(t, 2, k.count())

	// When there is no end to it, the statement has failed, and nothing more.
	for _, status := range []int{429, 401, 413, 307} {
		tx := k.begin()
		_, err := tx.Exec(insert, "third")
		require.NoError(t, err)
		k.srv.Inject(hranaserver.Fault{Before: status, Times: -1, Header: http.Header{"Retry-After": {"3600"}}})
		_, err = tx.Exec(insert, "never")
		require.Error(t, err)
		require.NotErrorIs(t, err, driver.ErrTxRolledBack, status)
		require.NotErrorIs(t, err, driver.ErrCommitUnknown)
		_, err = tx.Query("SELECT 1")
		require.Error(t, err)
		k.srv.ClearFaults()
		_, err = tx.Exec(insert, "fourth")
		require.NoError(t, err, status)
		require.NoError(t, tx.Commit())
	}
	require.EqualValues(t, 2+2*4, k.count())
	require.Zero(t, k.srv.Counters().BatonReuses)
	k.noStreams()
}

// A COMMIT that is refused rolls back, and at once: nothing stays locked.
func TestRefusedCommit(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	for _, status := range []int{429, 401, 413, 307} {
		tx := k.begin()
		_, err := tx.Exec(insert, "a")
		require.NoError(t, err)
		k.srv.Inject(hranaserver.Fault{Before: status, Times: -1, Header: http.Header{"Retry-After": {"3600"}}, On: onBody("COMMIT")})
		err = tx.Commit()
		require.ErrorIs(t, err, driver.ErrTxRolledBack, status)
		require.NotErrorIs(t, err, driver.ErrCommitUnknown)
		k.srv.ClearFaults()
		k.noStreams()
		require.Zero(t, k.count())
	}
}

// What a server does not know is a lost transaction, whatever it says about it:
// one that has run the statement and refuses it all the same, too.
func TestRefusedAfterItRan(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	tx := k.begin()
	_, err := tx.Exec(insert, "a")
	require.NoError(t, err)
	k.srv.Inject(hranaserver.Fault{After: 429, On: onBody("INSERT")})
	_, err = tx.Exec(insert, "b")
	require.ErrorIs(t, err, driver.ErrTxRolledBack)
	require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
	require.Equal(t, int64(1), k.srv.Counters().BatonReuses)
	k.srv.Expire()
	require.Zero(t, k.count())
	for _, status := range []int{400, 403, 408, 500, 502, 503, 504} {
		tx := k.begin()
		_, err := tx.Exec(insert, "a")
		require.NoError(t, err)
		k.srv.Inject(hranaserver.Fault{Before: status})
		_, err = tx.Exec(insert, "b")
		require.ErrorIs(t, err, driver.ErrTxRolledBack, status)
		require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
		k.srv.Expire()
	}
	require.Zero(t, k.count())
}

// A proxy has sent COMMIT twice and passes on the second answer: that the baton
// is used up does not mean that nothing was committed.
func TestCommitThatAProxyRepeats(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	tx := k.begin()
	_, err := tx.Exec(insert, "a")
	require.NoError(t, err)
	k.srv.Inject(hranaserver.Fault{After: 400, Body: "Received an invalid baton", Header: http.Header{"Content-Type": {"text/plain"}}})
	err = tx.Commit()
	require.ErrorIs(t, err, driver.ErrCommitUnknown)
	require.NotErrorIs(t, err, driver.ErrTxRolledBack)
	require.EqualValues(t, 1, k.count())
}

// The same of a transaction that is ended by SQL.
func TestCommitBySQLThatAProxyRepeats(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	for i, q := range [][2]string{{"BEGIN", "COMMIT"}, {"SAVEPOINT s", "RELEASE s"}, {"BEGIN", "SELECT 1; COMMIT"}} {
		c, err := k.db.Conn(bg)
		require.NoError(t, err)
		_, err = c.ExecContext(bg, q[0])
		require.NoError(t, err)
		_, err = c.ExecContext(bg, insert, "a")
		require.NoError(t, err)
		k.srv.Inject(hranaserver.Fault{After: 400, Body: "Received an invalid baton", Header: http.Header{"Content-Type": {"text/plain"}}})
		_, err = c.ExecContext(bg, q[1])
		require.ErrorIs(t, err, driver.ErrCommitUnknown, q)
		require.NotErrorIs(t, err, driver.ErrTxRolledBack, q)
		_, err = c.ExecContext(bg, "ROLLBACK")
		require.NoError(t, err, q)
		require.NoError(t, c.Close())
		require.EqualValues(t, i+1, k.count(), q)
	}
}

// The transaction whose COMMIT by SQL has lost its answer is neither done nor
// undone, as far as anybody knows.
func TestCommitBySQLThatIsLost(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	for _, begin := range []string{"BEGIN", "SAVEPOINT s"} {
		c, err := k.db.Conn(bg)
		require.NoError(t, err)
		for _, q := range []string{begin, "INSERT INTO t VALUES (1)"} {
			_, err = c.ExecContext(bg, q)
			require.NoError(t, err)
		}
		k.srv.Inject(hranaserver.Fault{ResetAfter: true})
		end := map[string]string{"BEGIN": "COMMIT", "SAVEPOINT s": "RELEASE s"}[begin]
		for range 2 {
			_, err = c.ExecContext(bg, end)
			require.ErrorIs(t, err, driver.ErrCommitUnknown, end)
			require.NotErrorIs(t, err, driver.ErrTxRolledBack, end)
			end = "SELECT 1"
		}
		_, err = c.ExecContext(bg, "ROLLBACK")
		require.NoError(t, err)
		_, err = c.ExecContext(bg, "SELECT 1")
		require.NoError(t, err)
		require.NoError(t, c.Close())
		k.srv.Expire()
	}
}

// Every kind of write whose answer is lost says so.
func TestCommitUnknown(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name UNIQUE)")
	c, err := k.db.Conn(bg)
	require.NoError(t, err)
	defer c.Close()
	batch := func(o driver.BatchOptions, stmts ...driver.BatchStmt) error {
		return driver.With(bg, c, func(dc *driver.Conn) error {
			_, err := dc.BatchStmts(bg, stmts, o)
			return err
		})
	}
	for name, do := range map[string]func() error{
		"INSERT": func() error { _, err := c.ExecContext(bg, "INSERT INTO t VALUES (NULL)"); return err },
		"RETURNING": func() error {
			var n any
			return c.QueryRowContext(bg, "INSERT INTO t VALUES (NULL) RETURNING 1").Scan(&n)
		},
		"WITH":    func() error { _, err := c.ExecContext(bg, "WITH x AS (SELECT 1) DELETE FROM t"); return err },
		"CREATE":  func() error { _, err := c.ExecContext(bg, "CREATE TABLE IF NOT EXISTS u (a)"); return err },
		"DROP":    func() error { _, err := c.ExecContext(bg, "DROP TABLE IF EXISTS u"); return err },
		"PRAGMA":  func() error { _, err := c.ExecContext(bg, "PRAGMA user_version = 3"); return err },
		"a text":  func() error { _, err := c.ExecContext(bg, "SELECT 1; DELETE FROM t"); return err },
		"a whole": func() error { _, err := c.ExecContext(bg, "BEGIN; DELETE FROM t; COMMIT"); return err },
		"a batch": func() error { return batch(driver.BatchOptions{}, stmt("DELETE FROM t"), stmt("DELETE FROM t")) },
		"a bare batch": func() error {
			return batch(driver.BatchOptions{NoTransaction: true}, stmt("DELETE FROM t"), stmt("DELETE FROM t"))
		},
		"a prepared write": func() error {
			st, err := c.PrepareContext(bg, "DELETE FROM t WHERE name = ?")
			if err != nil {
				return err
			}
			defer st.Close()
			_, err = st.Exec(1)
			return err
		},
	} {
		k.srv.Inject(hranaserver.Fault{ResetAfter: true})
		require.ErrorIs(t, do(), driver.ErrCommitUnknown, name)
		k.srv.ClearFaults()
	}
	for name, do := range map[string]func() error{
		"SELECT":          func() error { _, err := c.ExecContext(bg, "SELECT 1"); return err },
		"VALUES":          func() error { _, err := c.ExecContext(bg, "VALUES (1)"); return err },
		"EXPLAIN":         func() error { _, err := c.ExecContext(bg, "EXPLAIN DELETE FROM t"); return err },
		"PRAGMA":          func() error { _, err := c.ExecContext(bg, "PRAGMA user_version"); return err },
		"BEGIN":           func() error { _, err := c.ExecContext(bg, "BEGIN"); return err },
		"rolled back":     func() error { _, err := c.ExecContext(bg, "BEGIN; DELETE FROM t; ROLLBACK"); return err },
		"a batch of read": func() error { return batch(driver.BatchOptions{}, stmt("SELECT 1"), stmt("SELECT 2")) },
	} {
		k.srv.Inject(hranaserver.Fault{ResetAfter: true, Times: 2})
		err := do()
		require.Error(t, err, name)
		require.NotErrorIs(t, err, driver.ErrCommitUnknown, name)
		k.srv.ClearFaults()
		k.srv.Expire()
	}
}

// When a server wants to be left alone may be a date.
func TestRetryAfterDate(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.srv.Inject(hranaserver.Fault{Before: 429, Times: -1, Header: http.Header{"Retry-After": {time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)}}})
	require.Equal(t, 1, k.trips(func() {
		_, err := k.db.ExecContext(context.Background(), "SELECT 1")
		require.ErrorIs(t, err, driver.ErrBusy)
	}), "it is not worth the wait")
	k.srv.ClearFaults()
	k.srv.Inject(hranaserver.Fault{Before: 429, Header: http.Header{"Retry-After": {time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat)}}})
	k.exec("SELECT 1")
}
