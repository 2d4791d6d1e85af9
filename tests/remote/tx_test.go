package remote

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

func (k *kit) begin(opts ...*sql.TxOptions) *sql.Tx {
	k.Helper()
	var o *sql.TxOptions
	if len(opts) > 0 {
		o = opts[0]
	}
	tx, err := k.db.BeginTx(bg, o)
	require.NoError(k, err)
	return tx
}

const insert = "INSERT INTO t (name) VALUES (?)"

func (k *kit) count() int64 {
	k.Helper()
	return k.int("SELECT count(*) FROM t")
}

func TestCommitAndRollback(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		tx := k.begin()
		_, err := tx.Exec(insert, "a")
		require.NoError(t, err)
		require.EqualValues(t, 0, k.count(), "another connection")
		require.NoError(t, tx.Commit())
		require.EqualValues(t, 1, k.count())
		tx = k.begin()
		_, err = tx.Exec("DELETE FROM t")
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())
		require.EqualValues(t, 1, k.count())
	})
}

// A statement that fails leaves its transaction open.
func TestStatementThatFails(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		for _, bad := range []string{"SELEC", "INSERT INTO nowhere VALUES (1)", "INSERT INTO t (id, name) SELECT 1, 'x' UNION ALL SELECT 1, 'y'", "VACUUM"} {
			tx := k.begin()
			_, err := tx.Exec(bad) // the first, with BEGIN
			require.Error(t, err, bad)
			_, err = tx.Exec(insert, bad)
			require.NoError(t, err, bad)
			_, err = tx.Exec(bad)
			require.Error(t, err, bad)
			require.NoError(t, tx.Commit(), bad)
			require.EqualValues(t, 1, k.int("SELECT count(*) FROM t WHERE name = ?", bad))
		}
	})
}

// What rolls the transaction back by itself ends it: nothing runs outside.
func TestTransactionThatIsLost(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		k.exec(insert, "taken")
		k.exec("CREATE TRIGGER no BEFORE DELETE ON t BEGIN SELECT RAISE(ROLLBACK, 'never'); END")
		for _, first := range []bool{true, false} {
			for _, end := range []string{"INSERT OR ROLLBACK INTO t (name) VALUES ('taken')", "DELETE FROM t"} {
				tx := k.begin()
				if !first {
					_, err := tx.Exec(insert, "in it")
					require.NoError(t, err)
				}
				_, err := tx.Exec(end)
				require.ErrorIs(t, err, driver.ErrConstraint)
				for range 2 {
					_, err = tx.Exec(insert, "outside")
					require.ErrorIs(t, err, driver.ErrTxRolledBack)
					require.ErrorIs(t, err, driver.ErrConstraint, "the cause")
				}
				_, err = tx.Query("SELECT 1")
				require.ErrorIs(t, err, driver.ErrTxRolledBack)
				require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
				require.EqualValues(t, 1, k.count())
			}
		}
		// Within one text, too.
		tx := k.begin()
		_, err := tx.Exec("INSERT INTO t (name) VALUES ('a'); INSERT OR ROLLBACK INTO t (name) VALUES ('taken'); INSERT INTO t (name) VALUES ('b')")
		require.ErrorIs(t, err, driver.ErrConstraint)
		require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
		require.EqualValues(t, 1, k.count())
	})
}

// COMMIT that fails is returned, and nothing is left open.
func TestCommitThatFails(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		k.exec("CREATE TABLE c (t REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
		tx := k.begin()
		_, err := tx.Exec("INSERT INTO c VALUES (77)")
		require.NoError(t, err)
		require.ErrorIs(t, tx.Commit(), driver.ErrConstraintForeignKey)
		require.EqualValues(t, 0, k.int("SELECT count(*) FROM c"))
	})
}

// A transaction that the server rolled back for another's sake.
func TestTransactionTimeout(t *testing.T) {
	for name, opts := range map[string]hranaserver.Options{
		"version 3": {TxLimit: 20 * time.Millisecond}, "version 2": {TxLimit: 20 * time.Millisecond, NoV3: true},
	} {
		t.Run(name, func(t *testing.T) {
			k := serve(t, opts)
			k.exec("CREATE TABLE t (name)")
			tx := k.begin()
			_, err := tx.Exec(insert, "a")
			require.NoError(t, err)
			k.exec(insert, "the other") // waits for the limit
			_, err = tx.Exec(insert, "b")
			require.ErrorIs(t, err, driver.ErrBusy)
			require.ErrorIs(t, err, driver.ErrTxRolledBack)
			_, err = tx.Exec(insert, "c")
			require.ErrorIs(t, err, driver.ErrTxRolledBack)
			require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
			require.EqualValues(t, 1, k.count())
			k.noStreams()

			// COMMIT is what finds out.
			tx = k.begin()
			_, err = tx.Exec(insert, "a")
			require.NoError(t, err)
			k.exec(insert, "the other")
			require.Error(t, tx.Commit())
			require.EqualValues(t, 2, k.count())
		})
	}
}

// A stream expires: in a transaction that is its end, outside nobody notices.
func TestExpiry(t *testing.T) {
	for name, opts := range map[string]hranaserver.Options{
		"libsql-server": {}, "Turso Cloud": {Cloud: true},
	} {
		t.Run(name, func(t *testing.T) {
			k := serve(t, opts)
			k.exec("CREATE TABLE t (name)")
			expired := func() {
				before := k.srv.Counters().Expired
				k.srv.Expire()
				require.Equal(t, before+1, k.srv.Counters().Expired)
			}
			tx := k.begin()
			_, err := tx.Exec(insert, "a")
			require.NoError(t, err)
			expired()
			for range 2 {
				_, err = tx.Exec(insert, "b")
				require.ErrorIs(t, err, driver.ErrTxRolledBack)
			}
			require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
			require.EqualValues(t, 0, k.count())

			tx = k.begin()
			_, err = tx.Exec(insert, "a")
			require.NoError(t, err)
			expired()
			require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)

			tx = k.begin()
			_, err = tx.Exec(insert, "a")
			require.NoError(t, err)
			expired()
			require.NoError(t, tx.Rollback())
			require.EqualValues(t, 0, k.count())

			// By SQL, and then outside of it.
			c, err := k.db.Conn(bg)
			require.NoError(t, err)
			_, err = c.ExecContext(bg, "BEGIN")
			require.NoError(t, err)
			expired()
			_, err = c.ExecContext(bg, insert, "c")
			require.ErrorIs(t, err, driver.ErrTxRolledBack)
			_, err = c.ExecContext(bg, "ROLLBACK")
			require.NoError(t, err)
			_, err = c.ExecContext(bg, insert, "d")
			require.NoError(t, err)
			if !opts.Cloud {
				_, err = c.ExecContext(bg, "BEGIN; COMMIT") // the stream is left behind
				require.NoError(t, err)
				expired()
			}
			_, err = c.ExecContext(bg, insert, "e")
			require.NoError(t, err)
			require.NoError(t, c.Close())
			require.EqualValues(t, 2, k.count())
			k.noStreams()
		})
	}
}

// Transactions by SQL behave as those of a local connection.
func TestTransactionsBySQL(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		c, err := k.db.Conn(bg)
		require.NoError(t, err)
		defer c.Close()
		run := func(q string) error { _, err := c.ExecContext(bg, q); return err }
		for _, q := range []string{
			"BEGIN", "INSERT INTO t (name) VALUES ('a')", "ROLLBACK", "BEGIN", "INSERT INTO t (name) VALUES ('b')", "COMMIT",
			"SAVEPOINT s", "INSERT INTO t (name) VALUES ('c')", "RELEASE s",
			"SAVEPOINT s", "SAVEPOINT u", "INSERT INTO t (name) VALUES ('d')", "ROLLBACK TO u", "RELEASE s",
			"BEGIN; INSERT INTO t (name) VALUES ('e'); COMMIT",
			"BEGIN; INSERT INTO t (name) VALUES ('f'); ROLLBACK; INSERT INTO t (name) VALUES ('g')",
		} {
			require.NoError(t, run(q), q)
		}
		require.ErrorIs(t, run("COMMIT"), driver.ErrError)
		require.ErrorIs(t, run("ROLLBACK"), driver.ErrError)
		require.NoError(t, run("BEGIN IMMEDIATE"))
		require.ErrorIs(t, run("BEGIN"), driver.ErrError)
		require.Error(t, run("INSERT OR ROLLBACK INTO t (name) VALUES ('b')"))
		require.ErrorIs(t, run("INSERT INTO t (name) VALUES ('outside')"), driver.ErrTxRolledBack)
		require.NoError(t, run("ROLLBACK"))
		require.NoError(t, run("INSERT INTO t (name) VALUES ('h')"))
		require.NoError(t, run("BEGIN"))
		require.NoError(t, run("INSERT INTO t (name) VALUES ('left open')"))
		require.NoError(t, c.Close())
		var names string
		require.NoError(t, k.db.QueryRow("SELECT group_concat(name, '') FROM (SELECT name FROM t ORDER BY name)").Scan(&names))
		require.Equal(t, "bcegh", names)
	})
}

// A transaction that is ended by SQL is at its end.
func TestTransactionEndedBySQL(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		tx := k.begin()
		_, err := tx.Exec(insert, "a")
		require.NoError(t, err)
		_, err = tx.Exec("COMMIT")
		require.NoError(t, err)
		require.ErrorContains(t, tx.Commit(), "no transaction is active")
		require.EqualValues(t, 1, k.count())
		tx = k.begin()
		_, err = tx.Exec("ROLLBACK")
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())
	})
}

func TestReadOnlyTransaction(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		k.exec(insert, "a")
		tx := k.begin(&sql.TxOptions{ReadOnly: true})
		var n int
		require.NoError(t, tx.QueryRow("SELECT count(*) FROM t").Scan(&n))
		k.exec(insert, "b") // nobody waits
		require.Zero(t, k.trips(func() {
			for _, q := range []string{"INSERT INTO t (name) VALUES ('x')", "WITH x AS (SELECT 1) DELETE FROM t", "CREATE TABLE x (a)", "PRAGMA user_version = 7", "SELECT 1; DROP TABLE t"} {
				_, err := tx.Exec(q)
				require.ErrorIs(t, err, driver.ErrReadOnly, q)
			}
		}))
		require.NoError(t, tx.QueryRow("SELECT count(*) FROM t").Scan(&n))
		require.Equal(t, 1, n, "one state of the database")
		require.NoError(t, tx.Commit())
	})
}

func TestModes(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	for mode, want := range map[driver.TxMode]string{driver.Immediate: `"BEGIN IMMEDIATE"`, driver.Deferred: `"BEGIN"`, driver.Exclusive: `"BEGIN EXCLUSIVE"`} {
		tx, err := k.db.BeginTx(driver.WithTxMode(bg, mode), nil)
		require.NoError(t, err)
		k.wire.take()
		_, err = tx.Exec(insert, "a")
		require.NoError(t, err)
		require.Contains(t, k.wire.take()[0], want)
		require.NoError(t, tx.Commit())
	}
	_, err := k.db.BeginTx(driver.WithTxMode(bg, driver.Concurrent), nil)
	require.ErrorIs(t, err, driver.ErrUnsupported)
	cfg := *k.cfg
	cfg.TxLock = driver.Concurrent
	_, err = driver.NewConnector(&cfg)
	require.ErrorIs(t, err, driver.ErrUnsupported)
}

// BEGIN CONCURRENT in SQL is told to be unsupported as well, before anything of
// its text is sent; what only looks like it goes to the server.
func TestBeginConcurrentInSQL(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	c, err := k.db.Conn(bg)
	require.NoError(t, err)
	defer c.Close()
	for _, text := range []string{
		"BEGIN CONCURRENT", "begin /* several */ concurrent transaction", "BEGIN -- x\nCONCURRENT;",
		"INSERT INTO t VALUES ('a'); BEGIN\nCONCURRENT; COMMIT",
	} {
		for name, run := range map[string]func() error{
			"Exec": func() error { _, err := c.ExecContext(bg, text); return err },
			"Query": func() error {
				rows, err := c.QueryContext(bg, text)
				if err == nil {
					err = rows.Close()
				}
				return err
			},
			"Prepare": func() error {
				st, err := c.PrepareContext(bg, text)
				if err != nil {
					return err
				}
				defer st.Close()
				_, err = st.Exec()
				return err
			},
			"Batch": func() error {
				var stmts []driver.BatchStmt
				for _, part := range strings.SplitAfter(strings.TrimSuffix(text, "; COMMIT")+"\n; COMMIT", ";") {
					stmts = append(stmts, driver.BatchStmt{SQL: part})
				}
				return driver.With(bg, c, func(c *driver.Conn) error {
					_, err := c.BatchStmts(bg, stmts, driver.BatchOptions{NoTransaction: true})
					return err
				})
			},
			"Describe": func() error {
				return driver.With(bg, c, func(c *driver.Conn) error { _, err := c.Describe(bg, text); return err })
			},
		} {
			require.Zero(t, k.trips(func() { require.ErrorIs(t, run(), driver.ErrUnsupported, "%s: %s", name, text) }), "%s: %s", name, text)
		}
	}
	for _, text := range []string{"BEGIN; COMMIT", "CREATE TABLE concurrent (a)", "INSERT INTO concurrent VALUES ('BEGIN CONCURRENT')", "-- BEGIN CONCURRENT\nSELECT 1"} {
		k.exec(text)
	}
	require.Zero(t, k.count())
	k.noStreams()
}

// BEGIN that fails is told by the first statement, and can be tried again.
func TestBeginThatFails(t *testing.T) {
	k := serve(t, hranaserver.Options{LockWait: time.Millisecond})
	k.exec("CREATE TABLE t (name)")
	holder := k.begin()
	_, err := holder.Exec(insert, "a")
	require.NoError(t, err)
	tx := k.begin()
	_, err = tx.Exec(insert, "b")
	require.ErrorIs(t, err, driver.ErrBusy)
	require.NoError(t, holder.Commit())
	_, err = tx.Exec(insert, "c")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.EqualValues(t, 2, k.count())
	tx = k.begin()
	holder = k.begin()
	_, err = holder.Exec(insert, "d")
	require.NoError(t, err)
	_, err = tx.Exec(insert, "e")
	require.ErrorIs(t, err, driver.ErrBusy)
	require.NoError(t, tx.Commit(), "nothing is in it")
	require.NoError(t, holder.Commit())
	k.noStreams()
}

// What a program sets on its connection holds there, whatever streams come.
func TestSettings(t *testing.T) {
	for name, opts := range map[string]hranaserver.Options{"libsql-server": {}, "Turso Cloud": {Cloud: true}} {
		t.Run(name, func(t *testing.T) {
			k := serve(t, opts)
			k.exec("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)")
			c, err := k.db.Conn(bg)
			require.NoError(t, err)
			run := func(q string) error { _, err := c.ExecContext(bg, q); return err }
			require.ErrorIs(t, run("INSERT INTO c VALUES (1)"), driver.ErrConstraintForeignKey)
			require.NoError(t, run("PRAGMA foreign_keys = OFF"))
			require.Equal(t, 1, k.trips(func() { require.NoError(t, run("INSERT INTO c VALUES (1)")) }))
			k.noStreams()
			tx, err := c.BeginTx(bg, nil)
			require.NoError(t, err)
			_, err = tx.Exec("INSERT INTO c VALUES (2)")
			require.NoError(t, err)
			_, err = tx.Exec("PRAGMA foreign_keys = ON") // does nothing in a transaction
			require.NoError(t, err)
			require.NoError(t, tx.Commit())
			require.NoError(t, run("INSERT INTO c VALUES (3)"))
			require.EqualValues(t, 3, k.int("SELECT count(*) FROM c"), "another connection")
			_, err = k.db.Exec("INSERT INTO c VALUES (9)")
			require.ErrorIs(t, err, driver.ErrConstraintForeignKey, "another connection")
			require.NoError(t, run("PRAGMA foreign_keys = ON"))
			require.ErrorIs(t, run("INSERT INTO c VALUES (4)"), driver.ErrConstraintForeignKey)
			require.NoError(t, run("PRAGMA defer_foreign_keys = ON"))
			tx, err = c.BeginTx(bg, nil)
			require.NoError(t, err)
			_, err = tx.Exec("INSERT INTO c VALUES (5); INSERT INTO p VALUES (5)")
			require.NoError(t, err)
			require.NoError(t, tx.Commit())
			require.ErrorIs(t, run("INSERT INTO c VALUES (6)"), driver.ErrConstraintForeignKey)
			require.NoError(t, c.Close())
			off := k.open(func(c *driver.Config) { c.ForeignKeys = false })
			_, err = off.Exec("INSERT INTO c VALUES (7)")
			require.NoError(t, err)
			k.noStreams()
		})
	}
}

// A context that ends cuts the request, and the connection is not half used.
func TestCancel(t *testing.T) {
	const slow = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	k.db.SetMaxOpenConns(1)
	cause := errors.New("had enough")
	cancelled := func() context.Context {
		ctx, cancel := context.WithCancelCause(bg)
		k.srv.ClearFaults()
		k.srv.Inject(hranaserver.Fault{On: func(_ *http.Request, body []byte) bool {
			if strings.Contains(string(body), "RECURSIVE") { // the server has it, and is going to run it
				time.AfterFunc(30*time.Millisecond, func() { cancel(cause) })
			}
			return false
		}})
		return ctx
	}
	var n int
	err := k.db.QueryRowContext(cancelled(), slow).Scan(&n)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, driver.ErrInterrupt)
	require.ErrorIs(t, err, cause)
	require.NotErrorIs(t, err, driver.ErrCommitUnknown, "it reads")
	k.exec(insert, "a")

	_, err = k.db.ExecContext(cancelled(), "INSERT INTO t "+slow)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, driver.ErrCommitUnknown, "it may have come to its end")

	tx := k.begin()
	_, err = tx.Exec(insert, "b")
	require.NoError(t, err)
	_, err = tx.ExecContext(cancelled(), "INSERT INTO t "+slow)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, driver.ErrCommitUnknown, "there was no COMMIT")
	_, err = tx.Exec(insert, "c")
	require.ErrorIs(t, err, driver.ErrTxRolledBack)
	require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
	require.Eventually(t, func() bool { return k.srv.Counters().OpenStreams == 0 }, streamsGone, tick, "the server notices")
	require.EqualValues(t, 1, k.count())
}

// Close ends what is open, with one request.
func TestCloseWithAnOpenTransaction(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	connector, err := driver.NewConnector(k.cfg)
	require.NoError(t, err)
	conn, err := connector.Connect(bg)
	require.NoError(t, err)
	c := conn.(*driver.Conn)
	for _, q := range []string{"BEGIN", "INSERT INTO t VALUES (1)"} {
		_, err = c.ExecContext(bg, q, nil)
		require.NoError(t, err)
	}
	require.Equal(t, 1, k.trips(func() { require.NoError(t, c.Close()) }))
	require.Zero(t, k.trips(func() { require.NoError(t, c.Close()) }))
	k.noStreams()
	require.Zero(t, k.count())
	require.NoError(t, connector.Close())
}
