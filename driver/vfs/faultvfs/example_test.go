package faultvfs_test

import (
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/driver/vfs/faultvfs"
)

// A disk that is full when a file has to grow.
func Example() {
	base, err := vfs.Find("")
	if err != nil {
		log.Fatal(err)
	}
	faults := faultvfs.New(base)
	if err := vfs.Register("faults", faults); err != nil {
		log.Fatal(err)
	}
	defer vfs.Unregister("faults")
	dir, err := os.MkdirTemp("", "faults")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open(driver.Name, filepath.Join(dir, "app.db")+"?vfs=faults")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE t(x)"); err != nil {
		log.Fatal(err)
	}

	faults.Inject(faultvfs.Fault{Op: faultvfs.Write, Growing: true, Times: -1, Err: driver.ErrFull})
	_, err = db.Exec("INSERT INTO t VALUES (1)")
	fmt.Println(errors.Is(err, driver.ErrFull), errors.Is(err, faultvfs.ErrInjected))
	faults.Clear() // there is room again
	_, err = db.Exec("INSERT INTO t VALUES (1)")
	fmt.Println(err)
	// Output:
	// true true
	// <nil>
}
