package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.ShowsLocal, nil) }

func Example() {
	if err := run(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// version 7 key, 0s old; public key of version 4
	// the same author: true
	// A Wizard of Earthsea, continues another: false
	// The Tombs of Atuan, continues another: true
	// stored as blob 16, text 36
}
