package docs_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/migrator"
)

type Customer struct {
	ID   uint
	Name string `gorm:"not null"`
}

type Invoice struct {
	ID         uint
	CustomerID uint
	Customer   Customer
	Paid       time.Time
}

func TestMigrations(t *testing.T) {
	t.Chdir(t.TempDir())
	db, err := gorm.Open(libsql.New(libsql.Config{DSN: "app.db", OnMigrate: func(e migrator.Event) {
		fmt.Println(e.Table, e.Step, e.Rows, "of", e.Total)
	}}), &gorm.Config{})
	require.NoError(t, err)
	closeAtEnd(t, db)
	if err := db.AutoMigrate(&Customer{}, &Invoice{}); err != nil {
		log.Fatal(err)
	}
	require.NoError(t, db.Exec("ALTER TABLE invoices ADD COLUMN note text").Error)
	require.NoError(t, db.Exec("INSERT INTO customers(name) VALUES ('Ada')").Error)
	require.NoError(t, db.Exec("INSERT INTO invoices(customer_id, paid) VALUES (1, '2024-05-06T07:08:09Z')").Error)

	t.Run("plan", func(t *testing.T) {
		plan, err := libsql.Plan(db, &Customer{}, &Invoice{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(plan)                  // for people
		fmt.Println(plan.SQL())          // as a script
		fmt.Println(plan.Empty())        // is there anything to do?
		fmt.Println(plan.Destructive())  // steps after which something is gone
		for _, u := range plan.Unmet() { // what differs and stays
			fmt.Println(u)
		}
		err = plan.Run(context.Background())
		require.NoError(t, err)
		require.True(t, plan.Empty())
		require.Len(t, plan.Unmet(), 1)
	})
	t.Run("times", func(t *testing.T) {
		plan, err := migrator.NormalizeTimes(db, &Invoice{})
		if err != nil {
			log.Fatal(err)
		}
		err = plan.Run(context.Background())
		require.NoError(t, err)
		var paid string
		require.NoError(t, db.Raw("SELECT paid || '' FROM invoices").Scan(&paid).Error)
		require.Equal(t, "2024-05-06 07:08:09+00:00", paid)
	})
	t.Run("an error of the rows", func(t *testing.T) {
		require.NoError(t, db.Exec("CREATE TABLE people (id integer PRIMARY KEY, name text)").Error)
		require.NoError(t, db.Exec("INSERT INTO people(name) VALUES (NULL), (NULL)").Error)
		err := db.Table("people").AutoMigrate(&Customer{})
		require.EqualError(t, err, `libsql: table "people": column "name" cannot be NOT NULL: a value is NULL (2 rows); nothing was changed`)
	})
}
