package hostile

import (
	"context"
	"database/sql"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) {
	dbtest.MainLocal(m, dbtest.NeedsFile, map[string]func([]string) error{"poke": pokeChild, "functions": functionsChild})
}

var background = context.Background()

// openChild opens a memory database in a process that has no test.
func openChild() *sql.DB {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		panic(err)
	}
	return db
}
