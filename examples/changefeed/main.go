package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
)

// Product is a row of the table that is cached.
type Product struct {
	ID    int64
	Name  string
	Price int
}

func main() {
	if len(os.Args) > 1 {
		if err := follow(os.Stdout, os.Args[1]); err != nil {
			log.Fatal(err)
		}
		return
	}
	dir, err := os.MkdirTemp("", "changefeed")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := demo(os.Stdout, filepath.Join(dir, "shop.db")); err != nil {
		log.Fatal(err)
	}
}

// open opens a pool; close closes it.
func open(path string) (db *gorm.DB, closePool func(), err error) {
	db, err = gorm.Open(libsql.Open(path), &gorm.Config{TranslateError: true})
	if err != nil {
		return nil, nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, nil, err
	}
	return db, func() { pool.Close() }, nil
}

// demo writes through two pools and waits each time until the cache has heard
// of it.
func demo(out io.Writer, path string) error {
	db, closePool, err := open(path)
	if err != nil {
		return err
	}
	defer closePool()
	if err := db.AutoMigrate(&Product{}); err != nil {
		return err
	}
	cache, err := newCache(db, out)
	if err != nil {
		return err
	}
	defer cache.stop()
	other, closeOther, err := open(path)
	if err != nil {
		return err
	}
	defer closeOther()

	if err := db.Create([]Product{{Name: "tea", Price: 4}, {Name: "milk", Price: 2}}).Error; err != nil {
		return err
	}
	refused := fmt.Errorf("on second thoughts")
	err = db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&Product{Name: "gold", Price: 9999}).Error; err != nil {
			return err
		}
		return refused
	})
	if err != refused {
		return err
	}
	if err := other.Model(&Product{}).Where("name = ?", "tea").Update("price", 5).Error; err != nil {
		return err
	}
	if err := other.Where("name = ?", "milk").Delete(&Product{}).Error; err != nil {
		return err
	}
	cache.await(4) // and not of the gold
	fmt.Fprintln(out, "the cache has", cache.list())
	return nil
}

// follow prints what changes until the program is interrupted.
func follow(out io.Writer, path string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	db, closePool, err := open(path)
	if err != nil {
		return err
	}
	defer closePool()
	if err := db.AutoMigrate(&Product{}); err != nil {
		return err
	}
	cache, err := newCache(db, out)
	if err != nil {
		return err
	}
	defer cache.stop()
	fmt.Fprintln(out, "the cache has", cache.list())
	<-ctx.Done()
	return nil
}
