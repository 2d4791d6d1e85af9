package main

import (
	"log"
	"os"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.ShowsLocal, nil) }

func Example() {
	if err := run(os.Stdout, ":memory:"); err != nil {
		log.Fatal(err)
	}
	// Output:
	// The two nearest:
	//   Split slices the string into all substrings separated by a separator.
	//   Fields splits the string around white space.
	// The two nearest about files:
	//   0.33 Open opens the named file for reading.
	//   0.37 Remove removes the named file or empty directory.
}
