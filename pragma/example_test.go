package pragma_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

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

// Rows that refer to what is not there can come in while foreign keys are off.
func ExampleForeignKeyCheck() {
	db := shop()
	defer db.Close()
	if _, err := db.Exec("PRAGMA foreign_keys = OFF; INSERT INTO orders(id, customer_id) VALUES (1, 7)"); err != nil {
		log.Fatal(err)
	}
	violations, err := pragma.ForeignKeyCheck(context.Background(), db, "main", "")
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range violations {
		fmt.Println(v.Table, v.RowID.Int64, v.Parent)
	}
	// Output: orders 1 customers
}

func ExampleDatabaseList() {
	db := shop()
	defer db.Close()
	db.SetMaxOpenConns(1) // an ATTACH holds for the connection
	if _, err := db.Exec("ATTACH ':memory:' AS archive"); err != nil {
		log.Fatal(err)
	}
	databases, err := pragma.DatabaseList(context.Background(), db)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range databases {
		fmt.Println(d.Name)
	}
	// Output:
	// main
	// archive
}

func ExampleCollationList() {
	db := shop()
	defer db.Close()
	fmt.Println(pragma.CollationList(context.Background(), db))
	// Output: [BINARY NOCASE RTRIM] <nil>
}

func ExampleFunctionList() {
	db := shop()
	defer db.Close()
	functions, err := pragma.FunctionList(context.Background(), db)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range functions {
		if f.Name == "substr" {
			fmt.Println(f.Name, f.Type, f.Arguments)
		}
	}
	// Output:
	// substr s 2
	// substr s 3
}

func ExampleModuleList() {
	db := shop()
	defer db.Close()
	modules, err := pragma.ModuleList(context.Background(), db)
	fmt.Println(slices.Contains(modules, "fts5"), err)
	// Output: true <nil>
}

// Every connection of the pool has it, those to come too.
func ExampleSetting_SetAll() {
	db := shop()
	defer db.Close()
	ctx := context.Background()
	if err := pragma.CacheSize.SetAll(ctx, db, pragma.KiB(65536)); err != nil {
		log.Fatal(err)
	}
	size, err := pragma.CacheSize.Get(ctx, db)
	fmt.Println(size, err)
	err = pragma.CacheSize.Set(ctx, db, 100)
	fmt.Println(err)
	// Output:
	// -65536 <nil>
	// libsql: PRAGMA cache_size: it holds for one connection, and a pool has many: use SetAll, or Set on a *sql.Conn
}

// SQLite would answer neither of these with an error.
func ExampleSetting_Set() {
	db := shop()
	defer db.Close()
	ctx := context.Background()
	tx, err := db.Begin()
	if err != nil {
		log.Fatal(err)
	}
	defer tx.Rollback()
	err = pragma.ForeignKeys.Set(ctx, tx, false)
	var kept *pragma.KeptError
	fmt.Println(errors.As(err, &kept), kept.Asked, kept.Kept, kept.Reason)
	fmt.Println(pragma.TempStore.Set(ctx, tx, "DISK"))
	// Output:
	// true false true it does not change inside a transaction
	// libsql: PRAGMA temp_store takes one of 0 DEFAULT 1 FILE 2 MEMORY, not "DISK"
}

func ExampleSetting_In() {
	db := shop()
	defer db.Close()
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "ATTACH ':memory:' AS archive"); err != nil {
		log.Fatal(err)
	}
	archive := pragma.UserVersion.In("archive")
	if err := archive.Set(ctx, conn, 7); err != nil {
		log.Fatal(err)
	}
	version, err := archive.Get(ctx, conn)
	fmt.Println(archive, version, err)
	// Output: archive.user_version 7 <nil>
}

// Within the door to the driver's connection, and in Config.OnConnect.
func ExampleOn() {
	db := shop()
	defer db.Close()
	ctx := context.Background()
	err := driver.With(ctx, db, func(c *driver.Conn) error {
		return pragma.BusyTimeout.Set(ctx, pragma.On(c), 2*time.Second)
	})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleIntegrityCheck() {
	db := shop()
	defer db.Close()
	found, err := pragma.IntegrityCheck(context.Background(), db, "main", "")
	fmt.Println(len(found), err)
	// Output: 0 <nil>
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
