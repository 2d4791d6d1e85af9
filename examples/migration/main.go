package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/migrator"
)

//go:embed shop.sql
var shop string

// Customer is what the program wants of the table: a name for everybody, the
// discount as a number, and when the customer was last seen.
type Customer struct {
	ID       uint
	Name     string `gorm:"size:40;not null"`
	Email    *string
	Discount int `gorm:"default:0"`
	SeenAt   *time.Time
	Orders   []Order
}

// Order has an index of its own.
type Order struct {
	ID         uint
	CustomerID uint
	Total      float64
	Placed     time.Time `gorm:"index"`
}

func main() {
	dir, err := os.MkdirTemp("", "migration")
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
	if err := db.Exec(shop).Error; err != nil {
		return err
	}

	plan, err := libsql.Plan(db, &Customer{}, &Order{})
	if err != nil {
		return err
	}
	fmt.Fprint(out, "The plan:\n", plan)
	if err := plan.Run(context.Background()); err != nil {
		return err
	}
	times, err := migrator.NormalizeTimes(db, &Order{})
	if err != nil {
		return err
	}
	fmt.Fprint(out, "The times:\n", times)
	if err := times.Run(context.Background()); err != nil {
		return err
	}
	again, err := libsql.Plan(db, &Customer{}, &Order{})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Once more:", len(again.Steps()), "steps")
	return show(out, db)
}

// show tells what has come of the shop.
func show(out io.Writer, db *gorm.DB) error {
	if err := db.Model(&Customer{ID: 7}).Update("name", "Grace Hopper").Error; err != nil {
		return err // the trigger runs
	}
	var customers []Customer
	if err := db.Preload("Orders").Find(&customers).Error; err != nil {
		return err
	}
	for _, c := range customers {
		fmt.Fprintf(out, "%d %s, discount %d, %d orders\n", c.ID, c.Name, c.Discount, len(c.Orders))
	}
	var lines []string
	if err := db.Raw("SELECT 'trigger: ' || what FROM log UNION ALL SELECT 'view: ' || name || ' ' || total FROM sums").Scan(&lines).Error; err != nil {
		return err
	}
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	return nil
}
