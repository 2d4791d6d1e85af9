package main

import (
	"log"
	"os"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.ShowsLocal, nil) }

func Example() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// under 100: Chair for 49.5, from "Bern"
	// under 100: Lamp for 20, from ""
	// tag: light [Lamp]
	// tag: new [Lamp]
	// tag: seat [Chair]
	// tag: wood [Chair Table]
	// table: 240 map[by:hand in:Ulm] Ulm
	// plan: SEARCH products USING INDEX idx_price (<expr>=?)
}
