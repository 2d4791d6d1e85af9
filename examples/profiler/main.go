package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
)

// Customer has orders.
type Customer struct {
	ID     uint
	Name   string
	Orders []Order
}

// Order has no index on its customer.
type Order struct {
	ID         uint
	CustomerID uint
	Total      int64
}

func main() {
	dir, err := os.MkdirTemp("", "profiler")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := run(os.Stdout, filepath.Join(dir, "shop.db")); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, path string) error {
	db, err := gorm.Open(libsql.Open(path), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := db.AutoMigrate(&Customer{}, &Order{}); err != nil {
		return err
	}
	customers := make([]Customer, 100)
	for i := range customers {
		customers[i] = Customer{Name: fmt.Sprint("customer ", i), Orders: make([]Order, 20)}
	}
	if err := db.CreateInBatches(customers, 50).Error; err != nil {
		return err
	}

	p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
	if err := db.Use(p); err != nil {
		return err
	}
	// A handler of requests would take the request's context.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	// N+1: a query for the customers, and one more for each of them.
	slow, err := orders(db.WithContext(ctx))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "One query for each customer:", slow, "orders")
	fmt.Fprintln(out)
	fmt.Fprint(out, p.Report())

	advice, err := p.Advise(db)
	if err != nil {
		return err
	}
	for _, a := range advice {
		fmt.Fprintln(out)
		fmt.Fprint(out, a)
	}

	// As it should be.
	p.Reset()
	var all []Customer
	if err := db.WithContext(ctx).Preload("Orders").Find(&all).Error; err != nil {
		return err
	}
	total := p.Report().Total
	fmt.Fprintf(out, "\nWith Preload: %d queries, which read %d rows\n", total.Count, total.Counters.RowsRead)
	return nil
}

// orders counts them, one customer after the other.
func orders(db *gorm.DB) (n int, err error) {
	var customers []Customer
	if err := db.Find(&customers).Error; err != nil {
		return 0, err
	}
	for _, c := range customers {
		if err := db.Where("customer_id = ?", c.ID).Find(&c.Orders).Error; err != nil {
			return 0, err
		}
		n += len(c.Orders)
	}
	return n, nil
}
