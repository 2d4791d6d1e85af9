package libsql_test

import (
	"errors"
	"fmt"
	"log"
	"testing/fstest"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

// ExecBatch runs a script as one: all of it, or nothing.
func ExampleExecBatch() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	results, err := libsql.ExecBatch(db, `
		CREATE TABLE cities(name TEXT UNIQUE, size INTEGER);
		INSERT INTO cities VALUES ('Bern', 134), ('Ulm', 128);
		SELECT name FROM cities ORDER BY size;`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(results[1].RowsAffected, "rows,", results[2].Columns, results[2].Rows)

	_, err = libsql.ExecBatch(db, "DELETE FROM cities;\nINSERT INTO cities VALUES ('Bern', 1), ('Bern', 2)")
	var failed *driver.BatchError
	if errors.As(err, &failed) {
		fmt.Println("line", failed.Line, "-", failed.Err)
	}
	var n int64
	db.Table("cities").Count(&n)
	fmt.Println(n, "rows are left")
	// Output:
	// 2 rows, [name] [[Ulm] [Bern]]
	// line 2 - UNIQUE constraint failed: cities.name
	// 2 rows are left
}

// ExecFS runs files, mostly embedded ones, each once and for all.
func ExampleExecFS() {
	files := fstest.MapFS{ // in a program: //go:embed migrations
		"migrations/1_cities.sql": {Data: []byte("CREATE TABLE cities(name TEXT)")},
		"migrations/2_bern.sql":   {Data: []byte("INSERT INTO cities VALUES ('Bern')")},
	}
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	for range 2 { // the second time there is nothing to do
		if err := libsql.ExecFS(db, files, "migrations/*.sql"); err != nil {
			log.Fatal(err)
		}
	}
	var n int64
	db.Table("cities").Count(&n)
	fmt.Println(n, "city")

	files["migrations/2_bern.sql"].Data = []byte("INSERT INTO cities VALUES ('Ulm')")
	fmt.Println(libsql.ExecFS(db, files, "migrations/*.sql"))
	// Output:
	// 1 city
	// libsql: file "migrations/2_bern.sql": the file has changed since it was run
}
