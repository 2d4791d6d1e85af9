package docs_test

import (
	"database/sql"
	"fmt"
	"os"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

// The library starts threads of its own with the first database of the
// process: that is before anything is counted.
func TestMain(m *testing.M) {
	db, err := sql.Open(driver.Name, ":memory:")
	if err == nil {
		err = db.Ping()
		db.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	leaktest.Main(m)
}
