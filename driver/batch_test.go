package driver_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// batch runs a script on any connection under h.
func batch(h driver.Handle, script string) (res []driver.Result, err error) {
	err = driver.With(context.Background(), h, func(c *driver.Conn) error {
		res, err = c.Batch(context.Background(), script)
		return err
	})
	return res, err
}

func batchStmts(h driver.Handle, o driver.BatchOptions, stmts ...driver.BatchStmt) (res []driver.Result, err error) {
	err = driver.With(context.Background(), h, func(c *driver.Conn) error {
		res, err = c.BatchStmts(context.Background(), stmts, o)
		return err
	})
	return res, err
}

// A result for each statement: what it changed, what it returned.
func TestBatchResults(t *testing.T) {
	onEach(t, func(t *testing.T, db *sql.DB) {
		res, err := batch(db, `
			CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, done BOOLEAN, at DATETIME, data BLOB);
			INSERT INTO t VALUES (7, 'a;b', 1, '2024-05-06 07:08:09+00:00', x'00ff'), (8, NULL, 0, 'soon', NULL); -- ;
			/* ; */ SELECT * FROM t ORDER BY id;
			UPDATE t SET name = 'c' WHERE id > 1;
			CREATE TRIGGER tg AFTER DELETE ON t BEGIN SELECT 1; SELECT CASE 1 WHEN 1 THEN 2 END; END;
			DELETE FROM t WHERE id = 8 RETURNING id AS gone, 1.5;
			SELECT 1 AS one WHERE 0`)
		require.NoError(t, err)
		at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
		require.Equal(t, []driver.Result{
			{},
			{RowsAffected: 2, LastInsertID: 8},
			{Columns: []string{"id", "name", "done", "at", "data"}, Rows: [][]any{
				{int64(7), "a;b", true, at, []byte{0, 255}}, {int64(8), nil, false, "soon", nil},
			}},
			{RowsAffected: 2},
			{},
			{Columns: []string{"gone", "1.5"}, Rows: [][]any{{int64(8), 1.5}}, RowsAffected: 1},
			{Columns: []string{"one"}},
		}, res)
	})
}
