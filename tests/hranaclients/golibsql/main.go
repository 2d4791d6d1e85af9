// Command golibsql runs operations through the remote connector of
// github.com/tursodatabase/go-libsql.
package main

import (
	"database/sql"

	_ "github.com/tursodatabase/go-libsql"

	"github.com/gorm-libsql/libsql/tests/hranaclients/kit"
)

func main() {
	kit.Main(func(url string) (*sql.DB, error) { return sql.Open("libsql", url+"?authToken=secret") })
}
