package libsql_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

// Old rows are in a file of their own, whose tables models name with the schema
// before the dot.
func ExampleAttach() {
	dir, err := os.MkdirTemp("", "attach")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := gorm.Open(libsql.Open(filepath.Join(dir, "app.db")), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	err = libsql.Attach(db, driver.Attachment{
		Schema: "archive", Path: filepath.Join(dir, "archive.db"), Key: []byte("a secret"), Create: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	type Order struct {
		ID   uint
		Item string
	}
	if err := db.AutoMigrate(&Order{}); err != nil {
		log.Fatal(err)
	}
	if err := db.Table("archive.orders").AutoMigrate(&Order{}); err != nil {
		log.Fatal(err)
	}
	db.Create(&[]Order{{Item: "tea"}, {Item: "milk"}})
	db.Exec("INSERT INTO archive.orders SELECT * FROM orders WHERE item = ?", "tea")

	var old []Order
	db.Table("archive.orders").Find(&old)
	fmt.Println(old)
	if err := libsql.Detach(db, "archive"); err != nil {
		log.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		log.Fatal(err)
	}
	pool.Close()
	// Output: [{1 tea}]
}
