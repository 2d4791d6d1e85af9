// Command golibsql runs a workload on go-libsql's own driver, under this
// module's dialect, because there is no other that can use it.
package main

import (
	"database/sql"

	_ "github.com/tursodatabase/go-libsql"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

func main() {
	kit.Main(kit.Dialect{Open: func(path string) gorm.Dialector {
		pool, err := sql.Open("libsql", "file:"+path)
		if err != nil {
			panic(err)
		}
		for _, pragma := range []string{"journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = 1", "busy_timeout = 10000"} {
			rows, err := pool.Query("PRAGMA " + pragma)
			if err != nil {
				panic(err)
			}
			rows.Close()
		}
		return libsql.New(libsql.Config{Conn: pool})
	}})
}
