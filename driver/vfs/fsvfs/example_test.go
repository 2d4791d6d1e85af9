package fsvfs_test

import (
	"database/sql"
	"fmt"
	"log"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/driver/vfs/fsvfs"
)

func ExampleNew() {
	// embedded is an embed.FS.
	if err := vfs.Register("embedded", fsvfs.New(embedded)); err != nil {
		log.Fatal(err)
	}
	defer vfs.Unregister("embedded")
	db, err := sql.Open(driver.Name, "file:testdata/words.db?vfs=embedded&mode=ro")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var last string
	if err := db.QueryRow("SELECT max(word) FROM words").Scan(&last); err != nil {
		log.Fatal(err)
	}
	fmt.Println(last)
	// Output: zebra
}
