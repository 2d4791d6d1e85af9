package libsql_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

// OnChange tells what has been committed, and nothing that was rolled back.
func ExampleOnChange() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	type City struct {
		ID   int64
		Name string
	}
	if err := db.AutoMigrate(&City{}); err != nil {
		log.Fatal(err)
	}
	changes := make(chan driver.Change, 10)
	stop, err := libsql.OnChange(db, func(c driver.Change) { changes <- c })
	if err != nil {
		log.Fatal(err)
	}
	defer stop()

	db.Create([]City{{Name: "Bern"}, {Name: "Ulm"}})
	tx := db.Begin()
	tx.Create(&City{Name: "Atlantis"})
	tx.Rollback()
	db.Delete(&City{}, 1)
	for range 3 {
		c := <-changes
		fmt.Println(c.Op, c.Table, c.RowID)
	}
	// Output:
	// insert cities 1
	// insert cities 2
	// delete cities 1
}

// A commit hook on every connection of the pool.
func ExampleConn_onCommit() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	pool, err := db.DB()
	if err != nil {
		log.Fatal(err)
	}
	if err := db.Exec("CREATE TABLE notes(body)").Error; err != nil {
		log.Fatal(err)
	}
	errFrozen := errors.New("the database is frozen")
	err = driver.EachConn(context.Background(), pool, "frozen", func(_ context.Context, c *driver.Conn) error {
		_, err := c.OnCommit(func() error { return errFrozen })
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	err = db.Exec("INSERT INTO notes VALUES ('a')").Error
	fmt.Println(errors.Is(err, errFrozen), err)
	// Output:
	// true constraint failed (a hook refused the commit: the database is frozen)
}
