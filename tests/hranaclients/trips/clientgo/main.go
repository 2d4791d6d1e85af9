// Command clientgo does GORM's work through libsql-client-go.
package main

import (
	"database/sql"

	_ "github.com/tursodatabase/libsql-client-go/libsql"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/tests/hranaclients/trips/work"
)

func main() {
	work.Main(func(url string) (gorm.Dialector, error) {
		db, err := sql.Open("libsql", url)
		return libsql.New(libsql.Config{Conn: db}), err
	})
}
