package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/gorm-libsql/libsql/driver"
)

// A copy while others write, and the way back while they have it open.
func ExampleConn_Backup() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open(driver.Name, filepath.Join(dir, "app.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE notes(text); INSERT INTO notes VALUES ('keep me')"); err != nil {
		log.Fatal(err)
	}

	ctx, copied := context.Background(), filepath.Join(dir, "backup.db")
	err = driver.With(ctx, db, func(c *driver.Conn) error {
		return c.Backup(ctx, copied, driver.BackupOptions{Progress: func(p driver.BackupProgress) {
			fmt.Println(p.Remaining, "pages remain")
		}})
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := db.Exec("DROP TABLE notes"); err != nil {
		log.Fatal(err)
	}
	err = driver.With(ctx, db, func(c *driver.Conn) error {
		return c.Restore(ctx, copied, driver.RestoreOptions{})
	})
	if err != nil {
		log.Fatal(err)
	}
	var text string
	if err := db.QueryRow("SELECT text FROM notes").Scan(&text); err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	// Output:
	// 0 pages remain
	// keep me
}

// A database as bytes, and a database in memory from them.
func ExampleConn_Serialize() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE notes(text); INSERT INTO notes VALUES ('all of it')"); err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	var snapshot bytes.Buffer
	err = driver.With(ctx, db, func(c *driver.Conn) error {
		return c.Serialize(ctx, &snapshot, driver.BackupOptions{})
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", snapshot.Bytes()[:15])

	other, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer other.Close()
	err = driver.With(ctx, other, func(c *driver.Conn) error {
		return c.Deserialize(ctx, &snapshot, driver.RestoreOptions{})
	})
	if err != nil {
		log.Fatal(err)
	}
	var text string
	if err := other.QueryRow("SELECT text FROM notes").Scan(&text); err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	// Output:
	// "SQLite format 3"
	// all of it
}

// A value is written and read in parts.
func ExampleConn_OpenBlob() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE files(id INTEGER PRIMARY KEY, data BLOB); INSERT INTO files VALUES (1, zeroblob(1000000))"); err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	err = driver.With(ctx, db, func(c *driver.Conn) error {
		blob, err := c.OpenBlob(ctx, driver.BlobOptions{Table: "files", Column: "data", RowID: 1, Write: true})
		if err != nil {
			return err
		}
		if _, err := blob.WriteAt([]byte("the end"), blob.Size()-7); err != nil {
			return errors.Join(err, blob.Close())
		}
		if _, err := blob.Seek(-3, io.SeekEnd); err != nil {
			return errors.Join(err, blob.Close())
		}
		last, err := io.ReadAll(blob)
		fmt.Printf("%d bytes, the last of them %q\n", blob.Size(), last)
		return errors.Join(err, blob.Close())
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: 1000000 bytes, the last of them "end"
}

// A file gets a key, and needs it from then on.
func ExampleConn_Rekey() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "app.db")
	db, err := sql.Open(driver.Name, path)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE notes(text)"); err != nil {
		log.Fatal(err)
	}
	db.SetMaxIdleConns(0) // in WAL mode it needs the file for itself
	ctx := context.Background()
	err = driver.With(ctx, db, func(c *driver.Conn) error { return c.Rekey(ctx, []byte("correct horse")) })
	if err != nil {
		log.Fatal(err)
	}

	other, err := sql.Open(driver.Name, path)
	if err != nil {
		log.Fatal(err)
	}
	defer other.Close()
	fmt.Println(errors.Is(other.Ping(), driver.ErrNotADB))
	// Output: true
}
