// Command clientgo runs operations through github.com/tursodatabase/libsql-client-go.
package main

import (
	"database/sql"

	_ "github.com/tursodatabase/libsql-client-go/libsql"

	"github.com/gorm-libsql/libsql/tests/hranaclients/kit"
)

func main() {
	kit.Main(func(url string) (*sql.DB, error) { return sql.Open("libsql", url+"?authToken=secret") })
}
