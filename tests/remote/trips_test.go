package remote

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// Each kind of server costs the same number of trips, but that version 2 has to
// be found once.
func eachServer(t *testing.T, body func(t *testing.T, k *kit)) {
	for name, opts := range map[string]hranaserver.Options{
		"libsql-server": {}, "Turso Cloud": {Cloud: true}, "version 2": {NoV3: true, NoProtobuf: true},
	} {
		t.Run(name, func(t *testing.T) {
			k := serve(t, opts)
			k.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
			body(t, k)
			k.noStreams()
		})
	}
}

func TestTrips(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		for _, tt := range []struct {
			what  string
			trips int
			do    func(t require.TestingT)
		}{
			{"Ping", 1, func(t require.TestingT) { require.NoError(t, k.db.Ping()) }},
			{"Exec", 1, func(t require.TestingT) { k.exec("INSERT INTO t (name) VALUES (?)", "a") }},
			{"a statement that fails", 1, func(t require.TestingT) {
				_, err := k.db.Exec("INSERT INTO t (name) VALUES (?)", "a")
				require.ErrorIs(t, err, driver.ErrConstraintUnique)
			}},
			{"Query", 1, func(t require.TestingT) { require.EqualValues(t, 1, k.int("SELECT count(*) FROM t")) }},
			{"a script of three", 1, func(t require.TestingT) {
				k.exec("INSERT INTO t (name) VALUES (?); INSERT INTO t (name) VALUES (?); DELETE FROM t WHERE name = ?", "b", "c", "b")
			}},
			{"Prepare, Exec, Exec, Close", 2, func(t require.TestingT) {
				st, err := k.db.Prepare("INSERT INTO t (name) VALUES (?)")
				require.NoError(t, err)
				for _, name := range []string{"d", "e"} {
					_, err = st.Exec(name)
					require.NoError(t, err)
				}
				require.NoError(t, st.Close())
			}},
			{"Begin, Commit", 0, func(t require.TestingT) {
				tx, err := k.db.Begin()
				require.NoError(t, err)
				require.NoError(t, tx.Commit())
			}},
			{"Begin, Rollback", 0, func(t require.TestingT) {
				tx, err := k.db.Begin()
				require.NoError(t, err)
				require.NoError(t, tx.Rollback())
			}},
			{"Begin, 1 statement, Commit", 2, func(t require.TestingT) { inTx(t, k.db, 1, true) }},
			{"Begin, 1 statement, Rollback", 2, func(t require.TestingT) { inTx(t, k.db, 1, false) }},
			{"Begin, 5 statements, Commit", 6, func(t require.TestingT) { inTx(t, k.db, 5, true) }},
			{"read-only, 2 queries, Commit", 3, func(t require.TestingT) {
				tx, err := k.db.BeginTx(bg, &sql.TxOptions{ReadOnly: true})
				require.NoError(t, err)
				for range 2 {
					var n int
					require.NoError(t, tx.QueryRow("SELECT count(*) FROM t").Scan(&n))
				}
				require.NoError(t, tx.Commit())
			}},
			{"foreign_keys, which rides with what comes next", 0, func(t require.TestingT) {
				c, err := k.db.Conn(bg)
				require.NoError(t, err)
				_, err = c.ExecContext(bg, "PRAGMA foreign_keys = OFF; PRAGMA foreign_keys = ON")
				require.NoError(t, err)
				require.NoError(t, c.Close())
			}},
		} {
			require.Equal(t, tt.trips, k.trips(func() { tt.do(t) }), tt.what)
		}
	})
}

// inTx runs n statements in a transaction.
func inTx(t require.TestingT, db *sql.DB, n int, commit bool) {
	tx, err := db.Begin()
	require.NoError(t, err)
	for i := range n {
		_, err = tx.Exec("INSERT INTO t (name) VALUES (?)", fmt.Sprint("tx ", i, commit, n))
		require.NoError(t, err)
	}
	if commit {
		require.NoError(t, tx.Commit())
	} else {
		require.NoError(t, tx.Rollback())
	}
}

// What is sent, byte for byte.
func TestBodies(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.wire.take()
	k.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name)")
	require.Equal(t, []string{`{"baton":null,"requests":[{"type":"batch","batch":{"steps":[` +
		`{"stmt":{"sql":"CREATE TABLE t (id INTEGER PRIMARY KEY, name)","want_rows":false}}]}},{"type":"close"}]}`}, k.wire.take())
	tx, err := k.db.Begin()
	require.NoError(t, err)
	var id int
	require.NoError(t, tx.QueryRow("INSERT INTO t (name) VALUES (?) RETURNING id", "a").Scan(&id))
	require.NoError(t, tx.Commit())
	sent := k.wire.take()
	require.Len(t, sent, 2)
	require.Equal(t, `{"baton":null,"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":"BEGIN IMMEDIATE","want_rows":false}},`+
		`{"condition":{"type":"ok","step":0},"stmt":{"sql":"INSERT INTO t (name) VALUES (?) RETURNING id","args":[{"type":"text","value":"a"}]}}],`+
		`"replication_index":"1"}},{"type":"get_autocommit"}]}`, sent[0])
	_, rest, _ := strings.Cut(sent[1], `","requests":`)
	require.Equal(t, `[{"type":"batch","batch":{"steps":[{"condition":{"type":"not","cond":{"type":"is_autocommit"}},`+
		`"stmt":{"sql":"COMMIT","want_rows":false}}]}},{"type":"close"}]}`, rest)
	for _, h := range k.wire.head {
		require.Empty(t, h["Idempotency-Key"])
		require.NotEmpty(t, h["X-Libsql-Client-Version"])
	}
}

// A thousand statements leave no stream behind.
func TestNoStreamIsLeft(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (a)")
	for i := range 500 {
		k.exec("INSERT INTO t VALUES (?)", i)
		_, err := k.db.Exec("INSERT INTO nowhere VALUES (1)")
		require.Error(t, err)
	}
	k.noStreams()
	ctx, cancel := context.WithCancel(bg)
	cancel()
	_, err := k.db.ExecContext(ctx, "INSERT INTO t VALUES (1)")
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 500, k.int("SELECT count(*) FROM t"))
}

// What another connection has written is told with every request that reads, so
// that a replica waits for it.
func TestReplicationIndex(t *testing.T) {
	for _, json := range []bool{false, true} {
		k := serve(t, hranaserver.Options{MaxResponse: 100_000, NoProtobuf: json})
		k.exec("CREATE TABLE t (a)")
		k.exec("INSERT INTO t VALUES (1)")
		k.wire.take()
		k.int("SELECT count(*) FROM t")
		rows, err := k.db.Query(series, 20_000)
		require.NoError(t, err)
		require.NoError(t, rows.Close())
		require.NoError(t, driver.With(bg, k.db, func(c *driver.Conn) error { _, err := c.Describe(bg, "SELECT a FROM t"); return err }))
		require.NoError(t, k.db.Ping())
		sent := k.wire.take()
		require.Greater(t, len(sent), 4)
		for _, body := range sent {
			switch {
			case strings.Contains(body, `"requests":[{"type":"close"}]`):
			case body[0] != '{':
				require.True(t, strings.HasSuffix(body, "\x10\x02"), "field 2 of the batch in Protobuf")
			default:
				require.Contains(t, body, `"replication_index":"2"`)
			}
		}
	}
}

// Servers do not agree on whether a step that was skipped has failed, so nobody
// asks them.
func TestConditionsOfSkippedSteps(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		k.wire.take()
		require.NoError(t, inTxDo(k, "a"))
		k.exec("INSERT INTO t (name) VALUES (?); INSERT INTO t (name) VALUES (?)", "b", "c")
		tx := k.begin()
		for _, stmts := range [][]driver.BatchStmt{
			{stmt(insert, "d"), stmt(insert, "e")}, {stmt(insert, "f"), stmt("SELEC")}, {stmt(insert, "g"), stmt(insert, "g")}, {stmt(insert+" RETURNING 1", "h")},
		} {
			batched(t, tx, driver.BatchOptions{}, stmts...)
			batched(t, k.db, driver.BatchOptions{NoTransaction: true}, stmt("SELECT 1"))
		}
		require.NoError(t, tx.Rollback())
		batched(t, k.db, driver.BatchOptions{}, stmt(insert, "i"), stmt(insert, "i"))
		for _, body := range k.wire.take() {
			require.NotContains(t, body, `"type":"error"`)
		}
		require.EqualValues(t, 3, k.count())
	})
}
