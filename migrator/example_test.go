package migrator_test

import (
	"context"
	"fmt"
	"log"

	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/migrator"
)

type Reader struct {
	ID    uint
	Name  string `gorm:"not null;default:nobody"`
	Email string `gorm:"uniqueIndex"`
}

func memory() *gorm.DB {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	return db
}

func closePool(db *gorm.DB) {
	if pool, err := db.DB(); err == nil {
		pool.Close()
	}
}

// A plan tells what AutoMigrate is going to do.
func ExampleNewPlan() {
	db := memory()
	defer closePool(db)
	db.Exec("CREATE TABLE readers (id integer PRIMARY KEY AUTOINCREMENT, name text, fax text)")

	plan, err := migrator.NewPlan(db, &Reader{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(plan)
	if err := plan.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	plan, _ = migrator.NewPlan(db, &Reader{})
	fmt.Println("empty:", plan.Empty(), "unmet:", len(plan.Unmet()))
	// Output:
	// table "readers"
	//   alter column (scan): column "name": the model's is NOT NULL; the model's default is "nobody"
	//   add column (instant): the model has column "email"
	//   create index (scan): the model has the index "idx_readers_email"
	// stays: table "readers": column "fax": the model does not have it; AutoMigrate drops no columns
	// empty: true unmet: 1
}

// Times that other drivers wrote are rewritten, so that they sort and compare.
func ExampleNormalizeTimes() {
	db := memory()
	defer closePool(db)
	db.Exec("CREATE TABLE visits (id integer PRIMARY KEY, created_at datetime)")
	db.Exec("INSERT INTO visits(created_at) VALUES ('2024-05-06T07:08:09+02:00')")
	type Visit struct{ gorm.Model }

	plan, err := migrator.NormalizeTimes(db, &Visit{})
	if err != nil {
		log.Fatal(err)
	}
	if err := plan.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	var text string
	db.Raw("SELECT created_at || '' FROM visits").Scan(&text)
	fmt.Println(text)
	// Output: 2024-05-06 05:08:09+00:00
}

// OnMigrate follows a migration.
func ExampleMigrator() {
	db, err := gorm.Open(libsql.New(libsql.Config{DSN: ":memory:", OnMigrate: func(e migrator.Event) {
		fmt.Println(e.Table, e.Step, e.Rows, "of", e.Total)
	}}), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	db.Exec("CREATE TABLE readers (id integer PRIMARY KEY AUTOINCREMENT, name integer, email text)")
	db.Exec("INSERT INTO readers(name) VALUES (1), (2)")
	if err := db.AutoMigrate(&Reader{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// readers create table 0 of 0
	// readers copy rows 2 of 2
	// readers keep sequence 0 of 0
	// readers keep sequence 0 of 0
	// readers drop table 0 of 0
	// readers rename table 0 of 0
	// readers create index 0 of 0
}
