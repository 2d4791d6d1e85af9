package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

// Order is what must not be lost.
type Order struct {
	ID    uint
	Item  string
	Cents int
}

func main() {
	dir, err := os.MkdirTemp("", "backup")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := run(os.Stdout, dir); err != nil {
		log.Fatal(err)
	}
}

func open(dsn string) (*gorm.DB, func(), error) {
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, nil, err
	}
	pool, err := db.DB()
	return db, func() { pool.Close() }, err
}

func count(db *gorm.DB) (n int64, err error) {
	return n, db.Model(&Order{}).Count(&n).Error
}

func run(out io.Writer, dir string) error {
	db, done, err := open(filepath.Join(dir, "shop.db"))
	if err != nil {
		return err
	}
	defer done()
	if err := db.AutoMigrate(&Order{}); err != nil {
		return err
	}
	orders := make([]Order, 10_000)
	for i := range orders {
		orders[i] = Order{Item: fmt.Sprint("item ", i), Cents: i}
	}
	if err := db.CreateInBatches(orders, 1_000).Error; err != nil {
		return err
	}

	// The copy is of the moment when it began, whatever is written meanwhile.
	ctx := context.Background()
	copied := filepath.Join(dir, "shop-backup.db")
	late := 0
	err = libsql.Conn(db, func(c *driver.Conn) error {
		return c.Backup(ctx, copied, driver.BackupOptions{Pages: 20, Progress: func(driver.BackupProgress) {
			if err := db.Create(&Order{Item: "late"}).Error; err == nil { // on another connection
				late++
			}
		}})
	})
	if err != nil {
		return err
	}
	n, err := count(db)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "orders during the backup were taken:", late > 0 && n == int64(len(orders)+late))

	// Somebody forgets a WHERE, and nothing has to be closed to undo it.
	if err := db.Exec("DELETE FROM orders").Error; err != nil {
		return err
	}
	err = libsql.Conn(db, func(c *driver.Conn) error { return c.Restore(ctx, copied, driver.RestoreOptions{}) })
	if err != nil {
		return err
	}
	if n, err = count(db); err != nil {
		return err
	}
	fmt.Fprintln(out, "restored:", n, "orders")

	// A snapshot as a stream: to an object store, over HTTP, or as here.
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	err = libsql.Conn(db, func(c *driver.Conn) error { return c.Serialize(ctx, zip, driver.BackupOptions{}) })
	if err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	unzip, err := gzip.NewReader(&packed)
	if err != nil {
		return err
	}
	scratch, done, err := open(":memory:")
	if err != nil {
		return err
	}
	defer done()
	err = libsql.Conn(scratch, func(c *driver.Conn) error { return c.Deserialize(ctx, unzip, driver.RestoreOptions{}) })
	if err != nil {
		return err
	}
	var cents int64
	if err := scratch.Model(&Order{}).Select("sum(cents)").Scan(&cents).Error; err != nil {
		return err
	}
	fmt.Fprintln(out, "in memory:", cents, "cents")
	return nil
}
