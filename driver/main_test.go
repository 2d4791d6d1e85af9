package driver_test

import (
	"database/sql"
	"errors"
	"flag"
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

// withoutLibrary says why this build has no local databases, if it has none.
var withoutLibrary error

// needsLibrary skips a test in a build that has no local databases.
func needsLibrary(t testing.TB) {
	t.Helper()
	if withoutLibrary != nil {
		t.Skip(withoutLibrary)
	}
}

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
		err = errors.Join(db.Ping(), db.Close())
	}
	if errors.Is(err, driver.ErrUnsupported) {
		withoutLibrary = err
		flag.Parse()
		err = flag.Set("test.skip", "^Example")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	leaktest.Main(m)
}
