package pragma_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/pragma"
)

// shop is a small database in memory.
func shop() *sql.DB {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
		CREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers ON DELETE CASCADE, placed DATETIME);
		CREATE INDEX idx_orders ON orders(customer_id, placed DESC)`); err != nil {
		log.Fatal(err)
	}
	return db
}

func ExampleTableList() {
	db := shop()
	defer db.Close()
	tables, err := pragma.TableList(context.Background(), db, "orders")
	fmt.Printf("%+v %v\n", tables, err)
	// Output: [{Schema:main Name:orders Type:table Columns:3 WithoutRowID:false Strict:false}] <nil>
}

func ExampleIndexInfo() {
	db := shop()
	defer db.Close()
	ctx := context.Background()
	indexes, err := pragma.IndexList(ctx, db, "main", "orders")
	if err != nil {
		log.Fatal(err)
	}
	columns, err := pragma.IndexInfo(ctx, db, "main", indexes[0].Name)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range columns {
		if c.Key {
			fmt.Println(indexes[0].Name, c.Name.String, c.Desc)
		}
	}
	// Output:
	// idx_orders customer_id false
	// idx_orders placed true
}

func ExampleForeignKeyList() {
	db := shop()
	defer db.Close()
	keys, err := pragma.ForeignKeyList(context.Background(), db, "main", "orders")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(keys[0].Table, keys[0].From, keys[0].OnDelete)
	// Output: customers customer_id CASCADE
}

// A setting of the connection holds for the one that ran it.
func ExampleScopeOf() {
	for _, name := range []string{"foreign_keys", "user_version", "defer_foreign_keys", "table_info"} {
		fmt.Println(name, pragma.ScopeOf(name))
	}
	// Output:
	// foreign_keys connection
	// user_version database
	// defer_foreign_keys transaction
	// table_info none
}
