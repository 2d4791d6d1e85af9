package driver_test

import (
	"database/sql"
	"fmt"
	"os"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

// childVar names what a child process of these tests does; see children.
const childVar = "LIBSQL_DRIVER_TEST_CHILD"

// children are the programs that the test binary is when childVar names one.
var children = map[string]func() error{}

func TestMain(m *testing.M) {
	if name := os.Getenv(childVar); name != "" {
		run := children[name]
		if run == nil {
			run = func() error { return fmt.Errorf("no child %q", name) }
		}
		if err := run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// The library keeps threads of its own once it is loaded.
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
