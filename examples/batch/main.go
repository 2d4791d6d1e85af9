package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

//go:embed migrations/*.sql
var migrations embed.FS

func main() {
	dir, err := os.MkdirTemp("", "batch")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := run(os.Stdout, filepath.Join(dir, "books.db")); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, path string) error {
	db, err := gorm.Open(libsql.Open(path), &gorm.Config{Logger: logger.Discard, TranslateError: true})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer pool.Close()
	// At each start: files that have run in this database are left out.
	if err := libsql.ExecFS(db, migrations, "migrations/*.sql"); err != nil {
		return err
	}

	results, err := libsql.ExecBatch(db, `
		INSERT INTO books(author_id, title) VALUES (1, 'Notes'), (2, 'A1');
		UPDATE books SET title = 'A-1' WHERE title = 'A1' RETURNING id, title;
		SELECT count(*) AS lines FROM log;`)
	if err != nil {
		return err
	}
	for i, r := range results {
		fmt.Fprintln(out, "statement", i+1, "changed", r.RowsAffected, "rows and returned", r.Columns, r.Rows)
	}

	// Inside a transaction a script that fails undoes itself alone.
	err = db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("INSERT INTO authors(name) VALUES ('Alan')").Error; err != nil {
			return err
		}
		_, err := libsql.ExecBatch(tx, "INSERT INTO authors(name) VALUES ('Kay');\nINSERT INTO authors(name) VALUES ('Ada');")
		var failed *driver.BatchError
		if errors.Is(err, gorm.ErrDuplicatedKey) && errors.As(err, &failed) {
			fmt.Fprintf(out, "line %d: %v: %s\n", failed.Line, failed.Err, failed.SQL)
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	var names []string
	if err := db.Table("authors").Order("id").Pluck("name", &names).Error; err != nil {
		return err
	}
	fmt.Fprintln(out, names)
	return many(out, db)
}

// many runs statements with arguments.
func many(out io.Writer, db *gorm.DB) error {
	stmts := make([]driver.BatchStmt, 10_000)
	for i := range stmts {
		stmts[i] = driver.BatchStmt{SQL: "INSERT INTO log VALUES (?)", Args: []any{fmt.Sprint("line ", i)}}
	}
	return libsql.Conn(db, func(c *driver.Conn) error {
		results, err := c.BatchStmts(context.Background(), stmts, driver.BatchOptions{})
		if err != nil {
			return err
		}
		fmt.Fprintln(out, len(results), "results, the last id is", results[len(results)-1].LastInsertID)
		return nil
	})
}
