package libsql_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
)

func ExampleBackup() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := gorm.Open(libsql.Open(filepath.Join(dir, "app.db")), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	copied := filepath.Join(dir, "backup.db")
	fmt.Println(libsql.Backup(db, copied))
	fmt.Println(errors.Is(libsql.Backup(db, copied), fs.ErrExist))
	// Output:
	// <nil>
	// true
}
