package libsql_test

import (
	"fmt"
	"log"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
)

// Describe tells the columns of a query without running it.
func ExampleDescribe() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	if err := db.AutoMigrate(&city{}); err != nil {
		log.Fatal(err)
	}
	d, err := libsql.Describe(db, func(tx *gorm.DB) *gorm.DB {
		return tx.Model(&city{}).Select("name AS place, size * 1000 AS people").Where("size > ?", 100)
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range d.Columns {
		fmt.Printf("%s %q from %q.%q\n", c.Name, c.DeclType, c.Table, c.Origin)
	}
	fmt.Println(len(d.Params), "parameter, reads only:", d.ReadOnly)
	// Output:
	// place "TEXT" from "cities"."name"
	// people "" from "".""
	// 1 parameter, reads only: true
}
