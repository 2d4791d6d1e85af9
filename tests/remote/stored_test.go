package remote

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// longInsert is an INSERT of so many bytes.
func longInsert(size int) string {
	const head = "INSERT INTO t (name) VALUES (?) /* "
	return head + strings.Repeat("x", size-len(head)-len(" */ RETURNING name")) + " */ RETURNING name"
}

// insertTimes runs it n times in a transaction.
func (k *kit) insertTimes(sql string, n int) {
	tx := k.begin()
	for i := range n {
		var name string
		require.NoError(k, tx.QueryRow(sql, fmt.Sprint(i)).Scan(&name))
		require.Equal(k, fmt.Sprint(i), name)
	}
	require.NoError(k, tx.Commit())
}

// A long text of a transaction is sent twice, the first time that a server
// stores one three times, and no request is made for it.
func TestLongTextIsStored(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		sql := longInsert(3000)
		for _, times := range []int{3, 2} {
			require.Equal(t, 7, k.trips(func() {
				k.insertTimes(sql, 6)
				n := 0
				for i, body := range k.wire.sent {
					n += strings.Count(body, sql)
					require.Equal(t, i == 1, strings.Contains(body, "store_sql"), i)
				}
				require.Equal(t, times, n)
			}))
			k.exec("DELETE FROM t")
		}
		// Neither one that is short, nor one that is too long for libsql-server.
		for _, size := range []int{1999, 5001} {
			k.wire.take()
			k.insertTimes(longInsert(size), 4)
			require.NotContains(t, strings.Join(k.wire.take(), ""), "sql_id")
			k.exec("DELETE FROM t")
		}
		// Outside of a transaction a stream is one request's.
		k.wire.take()
		for range 4 {
			k.exec(sql, nil)
		}
		require.NotContains(t, strings.Join(k.wire.take(), ""), "sql_id")
	})
}

// A text that a batch has many times is sent once.
func TestTextOfABatchIsStored(t *testing.T) {
	eachServer(t, func(t *testing.T, k *kit) {
		const sql = "INSERT INTO t (name) VALUES (?)"
		for i, times := range []int{101, 1, 1} {
			var stmts []driver.BatchStmt
			for j := range 100 {
				stmts = append(stmts, driver.BatchStmt{SQL: sql, Args: []any{fmt.Sprint(i, " ", j)}})
			}
			stmts = append(stmts, driver.BatchStmt{SQL: "DELETE FROM t WHERE name = 'nobody'"})
			require.Equal(t, 1, k.trips(func() {
				c, err := k.db.Conn(bg)
				require.NoError(t, err)
				defer c.Close()
				require.NoError(t, c.Raw(func(dc any) error {
					res, err := dc.(*driver.Conn).BatchStmts(bg, stmts, driver.BatchOptions{})
					require.Len(t, res, len(stmts))
					return err
				}))
				require.Equal(t, times, strings.Count(k.wire.sent[0], sql))
			}))
			require.EqualValues(t, 100*(i+1), k.count())
		}
	})
}

// A stream stores 50 texts.
func TestStoredTextsAreLimited(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	k.insertTimes(longInsert(2500), 3) // the server is known to store texts
	tx := k.begin()
	for range 3 {
		for i := range 60 {
			_, err := tx.Exec(longInsert(2000+i), "a")
			require.NoError(t, err)
		}
	}
	require.NoError(t, tx.Commit())
	require.EqualValues(t, 183, k.count())
	require.EqualValues(t, 51, k.srv.Counters().ByType["store_sql"])
}

// What one stream has stored another does not know.
func TestStoredTextsOfALostStream(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (name)")
	k.db.SetMaxOpenConns(1)
	sql := longInsert(3000)
	for range 2 {
		tx := k.begin()
		for range 3 {
			_, err := tx.Exec(sql, "gone")
			require.NoError(t, err)
		}
		k.srv.Expire()
		_, err := tx.Exec(sql, "gone")
		require.ErrorIs(t, err, driver.ErrTxRolledBack)
		require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
	}
	k.insertTimes(sql, 3)
	require.EqualValues(t, 3, k.count())
}

// A server that does not store texts is sent them.
func TestServerThatStoresNothing(t *testing.T) {
	storing := func(_ *http.Request, body []byte) bool { return bytes.Contains(body, []byte("store_sql")) }
	sql := longInsert(3000)
	t.Run("and says so", func(t *testing.T) {
		k := serve(t, hranaserver.Options{})
		k.exec("CREATE TABLE t (name)")
		k.srv.Inject(hranaserver.Fault{On: storing, Edit: func(body []byte) []byte {
			return bytes.Replace(body, []byte(`{"type":"ok","response":{"type":"store_sql"}}`),
				[]byte(`{"type":"error","error":{"message":"no room","code":"SQL_STORE_TOO_MANY"}}`), 1)
		}})
		for range 2 {
			k.insertTimes(sql, 4)
		}
		require.EqualValues(t, 8, k.count())
		require.EqualValues(t, 1, k.srv.Counters().ByType["store_sql"])
	})
	t.Run("and does not know the request", func(t *testing.T) {
		k := serve(t, hranaserver.Options{})
		k.exec("CREATE TABLE t (name)")
		k.srv.Inject(hranaserver.Fault{On: storing, Before: 400, Body: "unknown variant `store_sql`"})
		tx := k.begin()
		_, err := tx.Exec(sql, "a")
		require.NoError(t, err)
		_, err = tx.Exec(sql, "b")
		require.ErrorIs(t, err, driver.ErrTxRolledBack)
		require.Error(t, tx.Commit())
		k.insertTimes(sql, 4)
		require.EqualValues(t, 4, k.count())
		require.Zero(t, k.srv.Counters().ByType["store_sql"])
	})
}
