package driver_test

import (
	"context"
	"fmt"
	"testing"
)

func TestZZ(t *testing.T) {
	for _, text := range []string{"DROP INDEX i", "DROP INDEX i x", "DROP TABLE t", "ALTER TABLE t DROP COLUMN v", "ALTER TABLE t RENAME TO t2", "REINDEX i", "EXPLAIN CREATE INDEX j ON t(libsql_vector_idx(v))", "CREATE INDEX i ON t(libsql_vector_idx(v))",
	 "CREATE INDEX IF NOT EXISTS i ON t(libsql_vector_idx(v))", "DROP INDEX IF EXISTS nope", "VACUUM"} {
		for _, mode := range []string{"rows", "busy", "rowsintx"} {
			db := open(t, t.TempDir()+"/a.db?_busy_timeout=50")
			exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2)); INSERT INTO t VALUES (1, vector('[1,2]')), (2, vector('[3,4]')); CREATE INDEX i ON t(libsql_vector_idx(v))")
			fmt.Println("=====", text, mode)
			show := func(r runner) {
				fmt.Print(all(t, r, "SELECT name FROM sqlite_schema"))
				sets, err := queryAll(r, "SELECT * FROM vector_top_k('i', '[1,2]', 2)")
				fmt.Println(sets, err)
			}
			switch mode {
			case "rows":
				c := pin(t, db)
				rows, _ := c.QueryContext(context.Background(), "SELECT value FROM generate_series(1,1000)")
				fmt.Println("err:", execErr(c, text))
				n := 0
				for rows.Next() {
					n++
				}
				fmt.Println("rows", n, rows.Err())
				rows.Close()
				show(c)
				c.Close()
			case "rowsintx":
				c, _ := db.Begin()
				rows, _ := c.Query("SELECT value FROM generate_series(1,1000)")
				fmt.Println("err:", execErr(c, text))
				n := 0
				for rows.Next() {
					n++
				}
				fmt.Println("rows", n, rows.Err())
				rows.Close()
				show(c)
				c.Rollback()
				show(db)
			case "busy":
				tx, _ := db.Begin()
				fmt.Println("err:", execErr(db, text))
				tx.Rollback()
				show(db)
			}
		}
	}
}
