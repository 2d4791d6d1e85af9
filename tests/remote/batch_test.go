package remote

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// batched runs a batch and says all that a program learns of it.
func batched(t *testing.T, h driver.Handle, o driver.BatchOptions, stmts ...driver.BatchStmt) string {
	t.Helper()
	out := ""
	require.NoError(t, driver.With(bg, h, func(c *driver.Conn) error {
		res, err := c.BatchStmts(bg, stmts, o)
		for _, r := range res {
			out += fmt.Sprintf("%v %v %d %d; ", r.Columns, r.Rows, r.RowsAffected, r.LastInsertID)
		}
		var be *driver.BatchError
		if errors.As(err, &be) {
			out += fmt.Sprintf("[%d %d:%d] ", be.Index, be.Line, be.Column)
		}
		var e *driver.Error
		switch {
		case errors.As(err, &e):
			out += fmt.Sprintf("%d %s", e.Code, e.Message)
		case err != nil:
			out += err.Error()
		}
		return nil
	}))
	return out
}

func stmt(sql string, args ...any) driver.BatchStmt { return driver.BatchStmt{SQL: sql, Args: args} }

// Batches do as those of a local database, on their own and in a transaction.
func TestBatch(t *testing.T) {
	for name, opts := range map[string]hranaserver.Options{
		"libsql-server": {}, "Turso Cloud": {Cloud: true}, "version 2": {NoV3: true, NoProtobuf: true},
	} {
		t.Run(name, func(t *testing.T) {
			k := serve(t, opts)
			local, err := sql.Open(driver.Name, ":memory:")
			require.NoError(t, err)
			defer local.Close()
			for i, tt := range []struct {
				o     driver.BatchOptions
				stmts []driver.BatchStmt
			}{
				{stmts: []driver.BatchStmt{stmt("CREATE TABLE t (id INTEGER PRIMARY KEY, name UNIQUE, at DATETIME, ok BOOL)"), stmt("CREATE INDEX i ON t (at)")}},
				{stmts: []driver.BatchStmt{stmt("INSERT INTO t VALUES (?, :n, '2024-01-02', 1)", 1, sql.Named("n", "a")), stmt(" -- nothing"), stmt("UPDATE t SET ok = 0")}},
				{stmts: []driver.BatchStmt{stmt("INSERT INTO t (name) VALUES (?) RETURNING id, name", "b"), stmt("SELECT * FROM t ORDER BY id")}},
				{stmts: []driver.BatchStmt{stmt("SELECT 1"), stmt("SELECT 2, at FROM t")}},
				{stmts: []driver.BatchStmt{stmt("INSERT INTO t (name) VALUES ('c')"), stmt("INSERT INTO t (name) VALUES ('a')"), stmt("SELECT 1")}},
				{stmts: []driver.BatchStmt{stmt("INSERT INTO t (name) VALUES ('c')"), stmt("SELECT wrong FROM t")}},
				{stmts: []driver.BatchStmt{stmt("INSERT INTO t (name) VALUES ('c')"), stmt("INSERT OR ROLLBACK INTO t (name) VALUES ('a')")}},
				{o: driver.BatchOptions{NoTransaction: true}, stmts: []driver.BatchStmt{stmt("INSERT INTO t (name) VALUES ('kept')"), stmt("INSERT INTO t (name) VALUES ('a')"), stmt("SELECT 1")}},
				{o: driver.BatchOptions{MaxRows: 1}, stmts: []driver.BatchStmt{stmt("INSERT INTO t (name) VALUES ('many')"), stmt("SELECT 1"), stmt("SELECT id FROM t")}},
				{o: driver.BatchOptions{MaxRows: 1}, stmts: []driver.BatchStmt{stmt("SELECT id FROM t"), stmt("SELECT 1")}},
				{o: driver.BatchOptions{MaxRows: -1}, stmts: []driver.BatchStmt{stmt("INSERT INTO t (name) VALUES ('none') RETURNING id"), stmt("SELECT id FROM t")}},
				{stmts: []driver.BatchStmt{stmt("SAVEPOINT s"), stmt("INSERT INTO t (name) VALUES ('x')"), stmt("ROLLBACK TO s"), stmt("RELEASE s")}},
				{stmts: []driver.BatchStmt{stmt("SELECT ?")}},
				{stmts: []driver.BatchStmt{stmt("SELECT count(*), group_concat(name) FROM t")}},
			} {
				require.Equal(t, batched(t, local, tt.o, tt.stmts...), batched(t, k.db, tt.o, tt.stmts...), "%d: %v", i, tt.stmts)
			}
			k.noStreams()
			for _, first := range []bool{true, false} {
				for i, stmts := range [][]driver.BatchStmt{
					{stmt("INSERT INTO t (name) VALUES ('d')"), stmt("UPDATE t SET ok = 1 WHERE name = 'd'")},
					{stmt("INSERT INTO t (name) VALUES ('e') RETURNING name"), stmt("SELECT 1")},
					{stmt("INSERT INTO t (name) VALUES ('f')"), stmt("INSERT INTO t (name) VALUES ('a')")},
					{stmt("INSERT INTO t (name) VALUES ('g') RETURNING name"), stmt("SELECT id FROM t")}, // too many
					{stmt("SELECT wrong FROM t")},
					{stmt("SELEC")},
				} {
					got := map[string]string{}
					for name, db := range map[string]*sql.DB{"local": local, "remote": k.db} {
						tx, err := db.Begin()
						require.NoError(t, err)
						if !first {
							_, err = tx.Exec("INSERT INTO t (name) VALUES ('before')")
							require.NoError(t, err)
						}
						got[name] = batched(t, tx, driver.BatchOptions{MaxRows: 2}, stmts...)
						_, err = tx.Exec("INSERT INTO t (name) VALUES ('after')")
						require.NoError(t, err, "%s %d: %v", name, i, got[name])
						var names string
						require.NoError(t, tx.QueryRow("SELECT group_concat(name) FROM (SELECT name FROM t ORDER BY name)").Scan(&names))
						got[name] += names
						require.NoError(t, tx.Rollback())
					}
					if i == 5 {
						require.Contains(t, got["remote"], "syntax error")
						continue
					}
					require.Equal(t, got["local"], got["remote"], "%d", i)
				}
			}
			k.noStreams()
		})
	}
}

func TestBatchTrips(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	batch := func(h driver.Handle, script string) func() {
		return func() {
			require.NoError(t, driver.With(context.Background(), h, func(c *driver.Conn) error {
				_, err := c.Batch(bg, script)
				return err
			}))
		}
	}
	const writes = "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); DELETE FROM t"
	require.Equal(t, 1, k.trips(batch(k.db, writes)))
	require.Equal(t, 1, k.trips(batch(k.db, "SELECT 1; SELECT 2")))
	require.Equal(t, 2, k.trips(batch(k.db, "INSERT INTO t VALUES (1) RETURNING name; SELECT 2")))
	require.Equal(t, 2, k.trips(func() {
		tx := k.begin()
		batch(tx, writes)()
		require.NoError(t, tx.Commit())
	}))
}

func TestDescribe(t *testing.T) {
	for name, db := range pair(t) {
		_, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME)")
		require.NoError(t, err)
		describe := func(h driver.Handle, q string) (d driver.Description, err error) {
			require.NoError(t, driver.With(bg, h, func(c *driver.Conn) error {
				d, err = c.Describe(bg, q)
				return nil
			}))
			return d, err
		}
		d, err := describe(db, "SELECT id, at AS x, 1+1 FROM t WHERE id = :id OR id = ? OR id = ?7")
		require.NoError(t, err, name)
		require.Equal(t, []string{"id", "x", "1+1"}, []string{d.Columns[0].Name, d.Columns[1].Name, d.Columns[2].Name})
		require.Equal(t, "DATETIME", d.Columns[1].DeclType)
		require.Len(t, d.Params, 7)
		require.Equal(t, ":id", d.Params[0].Name)
		require.True(t, d.ReadOnly)
		d, err = describe(db, "DELETE FROM t")
		require.NoError(t, err)
		require.False(t, d.ReadOnly)
		d, err = describe(db, "EXPLAIN QUERY PLAN SELECT 1")
		require.NoError(t, err)
		require.Equal(t, 2, d.Explain)
		for _, q := range []string{"DROP TABLE t", "CREATE INDEX i ON t (at)", "PRAGMA foreign_keys = OFF", "SELECT 1; SELECT 2"} {
			_, err = describe(db, q)
			require.ErrorIs(t, err, driver.ErrUnsupported, q)
		}
		_, err = describe(db, "  SELECT wrong FROM t")
		var e *driver.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, 9, e.Offset)
		tx, err := db.Begin()
		require.NoError(t, err)
		_, err = tx.Exec("CREATE TABLE inner (x TEXT)")
		require.NoError(t, err)
		d, err = describe(tx, "SELECT x FROM `inner`")
		require.NoError(t, err)
		require.Equal(t, "TEXT", d.Columns[0].DeclType)
		require.NoError(t, tx.Rollback())
	}
}
