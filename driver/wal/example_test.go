package wal_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/wal"
)

// withoutCheckpoints opens a database whose connections make none of their own.
func withoutCheckpoints(path string) *sql.DB {
	db, err := sql.Open(driver.Name, path)
	if err != nil {
		log.Fatal(err)
	}
	if err := noCheckpoints(db); err != nil {
		log.Fatal(err)
	}
	return db
}

func run(db *sql.DB, text string) {
	if _, err := db.Exec(text); err != nil {
		log.Fatal(err)
	}
}

// A copy begins as a snapshot, and follows with the frames of each commit.
func Example() {
	dir, err := os.MkdirTemp("", "wal")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	source := withoutCheckpoints(filepath.Join(dir, "app.db"))
	defer source.Close()
	run(source, "CREATE TABLE notes(text)")

	file, err := os.Create(filepath.Join(dir, "copy.db"))
	if err != nil {
		log.Fatal(err)
	}
	position, err := wal.Snapshot(ctx, source, file)
	if err := errors.Join(err, file.Close()); err != nil {
		log.Fatal(err)
	}
	replica := withoutCheckpoints(file.Name())
	defer replica.Close()

	run(source, "INSERT INTO notes VALUES ('a'), ('b')")
	next, done := 1, errors.New("done")
	err = wal.Follow(ctx, source, position, func(f wal.Frames) error {
		err := driver.With(ctx, replica, func(c *driver.Conn) (err error) {
			next, err = wal.Apply(ctx, c, next, f.Frames)
			return err
		})
		return errors.Join(err, done) // this example ends here
	})
	fmt.Println(err)
	var n int
	if err := replica.QueryRow("SELECT count(*) FROM notes").Scan(&n); err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "notes, next frame:", next)
	// Output:
	// done
	// 2 notes, next frame: 2
}

// The last frame of a transaction tells how many pages the database has.
func ExampleReadFrame() {
	db := withoutCheckpoints(":memory:")
	defer db.Close()
	run(db, "CREATE TABLE notes(text)")
	ctx := context.Background()
	err := driver.With(ctx, db, func(c *driver.Conn) error {
		n, err := wal.FrameCount(ctx, c)
		if err != nil {
			return err
		}
		f, err := wal.ReadFrame(ctx, c, n)
		if err != nil {
			return err
		}
		fmt.Printf("frame %d is page %d, of %d bytes; it commits a database of %d pages\n", f.Number, f.Page, len(f.Data), f.Commit)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: frame 2 is page 2, of 4096 bytes; it commits a database of 2 pages
}
