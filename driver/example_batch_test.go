package driver_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"strings"
	"testing/fstest"

	"github.com/gorm-libsql/libsql/driver"
)

// onMemory calls fn with a connection to a database that has a table.
func onMemory(fn func(ctx context.Context, c *driver.Conn) error) {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	err = driver.With(ctx, db, func(c *driver.Conn) error {
		if _, err := c.Batch(ctx, "CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT); CREATE INDEX notes_text ON notes(text)"); err != nil {
			return err
		}
		return fn(ctx, c)
	})
	if err != nil {
		log.Fatal(err)
	}
}

// A script is one transaction.
func ExampleConn_Batch() {
	onMemory(func(ctx context.Context, c *driver.Conn) error {
		results, err := c.Batch(ctx, "INSERT INTO notes(text) VALUES ('a'), ('b'); SELECT * FROM notes")
		if err != nil {
			return err
		}
		for _, r := range results {
			fmt.Println(r.RowsAffected, r.LastInsertID, r.Columns, r.Rows)
		}
		_, err = c.Batch(ctx, "DELETE FROM notes; COMMIT")
		fmt.Println(err)
		return nil
	})
	// Output:
	// 2 2 [] []
	// 0 0 [id text] [[1 a] [2 b]]
	// libsql: statement 2 of the batch, line 1, column 20: COMMIT cannot be in this batch (the batch is one transaction by itself; leave the statement out)
}

// Statements with arguments; those of the same text are compiled once.
func ExampleConn_BatchStmts() {
	onMemory(func(ctx context.Context, c *driver.Conn) error {
		const insert = "INSERT INTO notes(text) VALUES (:text)"
		results, err := c.BatchStmts(ctx, []driver.BatchStmt{
			{SQL: insert, Args: []any{sql.Named("text", "buy milk")}},
			{SQL: insert, Args: []any{sql.Named("text", "call Ada")}},
			{SQL: "SELECT text FROM notes WHERE id = ?", Args: []any{2}},
		}, driver.BatchOptions{})
		if err != nil {
			return err
		}
		fmt.Println(results[1].LastInsertID, results[2].Rows)
		return nil
	})
	// Output: 2 [[call Ada]]
}

// Files are run once and for all.
func ExampleConn_ExecFS() {
	onMemory(func(ctx context.Context, c *driver.Conn) error {
		files := fstest.MapFS{"2.sql": {Data: []byte("INSERT INTO notes(text) VALUES ('a')")}, "10.sql": {Data: []byte("UPDATE notes SET text = 'b'")}}
		for range 2 {
			if err := c.ExecFS(ctx, files, "*.sql"); err != nil {
				return err
			}
		}
		results, err := c.Batch(ctx, "SELECT * FROM notes; SELECT name FROM "+driver.FilesTable+" ORDER BY applied_at")
		if err != nil {
			return err
		}
		fmt.Println(results[0].Rows, len(results[1].Rows))
		return nil
	})
	// Output: [[1 b]] 2
}

// A long transaction makes room in the page cache.
func ExampleConn_CacheFlush() {
	onMemory(func(ctx context.Context, c *driver.Conn) error {
		tx, err := c.Begin()
		if err != nil {
			return err
		}
		if _, err := c.Batch(ctx, "INSERT INTO notes(text) SELECT value FROM generate_series(1, 1000)"); err != nil {
			return err
		}
		if err := c.CacheFlush(ctx); err != nil {
			return err
		}
		s, err := c.Stats(ctx, false)
		if err != nil {
			return err
		}
		fmt.Println(s.CacheWrites > 0)
		return tx.Rollback() // nothing was committed
	})
	// Output: true
}

// A connection that has read much gives its memory back.
func ExampleConn_ReleaseMemory() {
	onMemory(func(ctx context.Context, c *driver.Conn) error {
		if _, err := c.Batch(ctx, "INSERT INTO notes(text) SELECT hex(zeroblob(500)) FROM generate_series(1, 1000)"); err != nil {
			return err
		}
		n, err := c.ReleaseMemory()
		fmt.Println(n > 500_000)
		return err
	})
	// Output: true
}

// What a connection has counted, from one reading to the next.
func ExampleConn_Stats() {
	onMemory(func(ctx context.Context, c *driver.Conn) error {
		if _, err := c.Stats(ctx, true); err != nil { // begin anew
			return err
		}
		if _, err := c.Batch(ctx, "INSERT INTO notes(text) VALUES ('a'), ('b'), ('c')"); err != nil {
			return err
		}
		s, err := c.Stats(ctx, false)
		if err != nil {
			return err
		}
		fmt.Println(s.Changes, "changes,", s.CacheMisses, "misses,", s.CacheWrites > 0, s.Autocommit, s.TxState)
		return nil
	})
	// Output: 3 changes, 0 misses, true true none
}

// The counts of all connections of a pool, for Prometheus.
func ExampleReadPoolStats() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE notes(text); INSERT INTO notes VALUES ('a')"); err != nil {
		log.Fatal(err)
	}
	s, err := driver.ReadPoolStats(context.Background(), db, false)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Open, "connection,", s.TotalChanges, "change")
	var text strings.Builder
	if err := s.WriteMetrics(&text, map[string]string{"db": "notes"}); err != nil { // in a program: an http.ResponseWriter
		log.Fatal(err)
	}
	for _, line := range strings.Split(text.String(), "\n") {
		if strings.Contains(line, "libsql_changes_total") {
			fmt.Println(line)
		}
	}
	// Output:
	// 1 connection, 1 change
	// # HELP libsql_changes_total Rows inserted, updated and deleted.
	// # TYPE libsql_changes_total counter
	// libsql_changes_total{db="notes"} 1
}

// What the library has allocated, for all databases of the process.
func ExampleReadMemoryStats() {
	m, err := driver.ReadMemoryStats(false)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Highest >= m.Used)
	// Output: true
}

// What takes the room in a database.
func ExampleConn_Sizes() {
	onMemory(func(ctx context.Context, c *driver.Conn) error {
		if _, err := c.Batch(ctx, "INSERT INTO notes(text) SELECT hex(zeroblob(100)) FROM generate_series(1, 100)"); err != nil {
			return err
		}
		s, err := c.Sizes(ctx, "main")
		if err != nil {
			return err
		}
		fmt.Println(s.Pages, "pages of", s.PageSize, "bytes")
		for _, o := range s.Objects {
			fmt.Println(o.Name, "of", o.Table, o.Bytes)
		}
		return nil
	})
	// Output:
	// 15 pages of 4096 bytes
	// notes of notes 28672
	// notes_text of notes 28672
	// sqlite_schema of sqlite_schema 4096
}

// Sizes for Prometheus: a label for each table and index.
func ExampleSizes_WriteMetrics() {
	s := driver.Sizes{PageSize: 4096, Pages: 2, Objects: []driver.ObjectSize{{Name: "notes", Table: "notes", Pages: 1, Bytes: 4096}}}
	var text strings.Builder
	if err := s.WriteMetrics(&text, nil); err != nil {
		log.Fatal(err)
	}
	for _, line := range strings.Split(text.String(), "\n") {
		if strings.HasPrefix(line, "libsql_object_bytes") {
			fmt.Fprintln(os.Stdout, line)
		}
	}
	// Output: libsql_object_bytes{table="notes",index=""} 4096
}
