package main

import (
	"bytes"
	"context"
	"errors"
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

// Patient is nobody else's business.
type Patient struct {
	ID      uint
	Name    string
	Finding string
}

func main() {
	dir, err := os.MkdirTemp("", "encryption")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := run(os.Stdout, dir); err != nil {
		log.Fatal(err)
	}
}

// open opens the file with the key that the function gives.
func open(path string, key func(context.Context) ([]byte, error)) (*gorm.DB, func(), error) {
	cfg, err := driver.ParseDSN(path)
	if err != nil {
		return nil, nil, err
	}
	cfg.EncryptionKeyFunc = key
	db, err := gorm.Open(libsql.New(libsql.Config{Driver: cfg}), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, nil, err
	}
	pool, err := db.DB()
	return db, func() { pool.Close() }, err
}

// always gives one key. A real one comes from a vault, a file or the environment.
func always(key string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(key), nil }
}

func run(out io.Writer, dir string) error {
	path, copied := filepath.Join(dir, "clinic.db"), filepath.Join(dir, "copy.db")
	db, done, err := open(path, always("correct horse"))
	if err != nil {
		return err
	}
	defer done()
	if err := db.AutoMigrate(&Patient{}); err != nil {
		return err
	}
	if err := db.Create(&Patient{Name: "Ada", Finding: "in rude health"}).Error; err != nil {
		return err
	}
	if err := libsql.Backup(db, copied); err != nil { // under the same key
		return err
	}

	// Another key. Rekey needs the file for itself: no idle connections.
	pool, err := db.DB()
	if err != nil {
		return err
	}
	pool.SetMaxIdleConns(0)
	ctx := context.Background()
	err = libsql.Conn(db, func(c *driver.Conn) error { return c.Rekey(ctx, []byte("battery staple")) })
	if err != nil {
		return err
	}
	pool.SetMaxIdleConns(8)
	var p Patient
	if err := db.First(&p).Error; err != nil {
		return err
	}
	fmt.Fprintln(out, "the pool goes on:", p.Name, "is", p.Finding)
	done()

	for _, file := range []string{path, copied} {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s has the finding in it: %t\n", filepath.Base(file), bytes.Contains(content, []byte(p.Finding)))
		for _, key := range []string{"correct horse", "battery staple"} {
			_, done, err := open(file, always(key))
			if err == nil {
				done()
			}
			fmt.Fprintf(out, "%s opens with %q: %t\n", filepath.Base(file), key, err == nil)
			if err != nil && !errors.Is(err, driver.ErrNotADB) {
				return err
			}
		}
	}
	return nil
}
