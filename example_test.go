package libsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

type city struct {
	ID   uint
	Name string `gorm:"unique"`
	Size int
}

// closePool closes the database of an example.
func closePool(db *gorm.DB) {
	pool, err := db.DB()
	if err == nil {
		err = pool.Close()
	}
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := gorm.Open(libsql.Open(filepath.Join(dir, "app.db")), &gorm.Config{TranslateError: true})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	if err := db.AutoMigrate(&city{}); err != nil {
		log.Fatal(err)
	}
	db.Create(&[]city{{Name: "Bern", Size: 134}, {Name: "Ulm", Size: 128}})
	db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, UpdateAll: true}).Create(&city{Name: "Ulm", Size: 129})
	var cities []city
	db.Order("size").Find(&cities)
	fmt.Println(cities)
	// Output: [{2 Ulm 129} {1 Bern 134}]
}

// New takes a configuration; a *sql.DB, for example, that is open already.
func ExampleNew() {
	pool, err := sql.Open(libsql.DriverName, ":memory:?_busy_timeout=1000")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	var ms int
	db.Raw("PRAGMA busy_timeout").Scan(&ms)
	fmt.Println(ms)
	// Output: 1000
}

// Plan tells what AutoMigrate is going to do.
func ExamplePlan() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	db.Exec("CREATE TABLE cities (id integer PRIMARY KEY AUTOINCREMENT, name text UNIQUE)")
	plan, err := libsql.Plan(db, &city{})
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range plan.Steps() {
		fmt.Println(step.SQL)
	}
	// Output:
	// ALTER TABLE `cities` ADD COLUMN `size` integer
}

// Conn reaches the driver's connection, inside a transaction that very one.
func ExampleConn() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	err = db.Transaction(func(tx *gorm.DB) error {
		if err := libsql.Conn(tx, func(c *driver.Conn) error {
			_, err := c.ExecContext(context.Background(), "CREATE TABLE a(x); CREATE TABLE b(x)", nil)
			return err
		}); err != nil {
			return err
		}
		var n int64
		if err := tx.Table("sqlite_schema").Count(&n).Error; err != nil {
			return err
		}
		fmt.Println(n, "tables in the transaction")
		return errors.New("enough")
	})
	var n int64
	db.Table("sqlite_schema").Count(&n)
	fmt.Println(err, "and", n, "tables after it")
	// Output:
	// 2 tables in the transaction
	// enough and 0 tables after it
}

// A report reads several tables as they were at one moment, while others write.
func ExampleTransaction() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	if err := db.AutoMigrate(&city{}); err != nil {
		log.Fatal(err)
	}
	err = libsql.Transaction(db, driver.ReadOnlyTx, func(tx *gorm.DB) error {
		var before, after int64
		tx.Model(&city{}).Count(&before)
		db.Create(&city{Name: "Bern"}) // by somebody else, meanwhile
		tx.Model(&city{}).Count(&after)
		fmt.Println(before, after)
		return tx.Create(&city{Name: "Ulm"}).Error
	})
	fmt.Println(errors.Is(err, driver.ErrReadOnly))
	// Output:
	// 0 0
	// true
}

// What reads first and then decides what to write runs again when somebody else
// has written in between.
func ExampleRetry() {
	db, err := gorm.Open(libsql.Open(":memory:?_txlock=deferred"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	if err := db.AutoMigrate(&city{}); err != nil {
		log.Fatal(err)
	}
	db.Create(&city{Name: "Bern", Size: 134})
	runs := 0
	err = libsql.Retry(db, func(tx *gorm.DB) error {
		runs++
		var bern city
		if err := tx.Take(&bern, "name = ?", "Bern").Error; err != nil {
			return err
		}
		if runs == 1 { // somebody else, in between
			db.Model(&city{}).Where("name = ?", "Bern").Update("size", 140)
		}
		return tx.Model(&bern).Update("size", bern.Size+1).Error
	})
	if err != nil {
		log.Fatal(err)
	}
	var bern city
	db.Take(&bern)
	fmt.Println(runs, bern.Size)
	// Output: 2 141
}

// One is for queries that must return exactly one row.
func ExampleOne() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	if err := db.AutoMigrate(&city{}); err != nil {
		log.Fatal(err)
	}
	id, err := libsql.One[int64](db.Raw("INSERT INTO cities(name, size) VALUES (?, ?) RETURNING id", "Bern", 134))
	fmt.Println(id, err)
	c, err := libsql.One[city](db.Where("name = ?", "Bern"))
	fmt.Println(c, err)
	_, err = libsql.One[city](db.Where("name = ?", "Atlantis"))
	fmt.Println(errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, sql.ErrNoRows))
	db.Create(&city{Name: "Ulm"})
	_, err = libsql.One[city](db)
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// {1 Bern 134} <nil>
	// true true
	// libsql: more than one row
}
