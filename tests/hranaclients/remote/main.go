// Command remote runs operations through this module's own engine for remote
// databases.
package main

import (
	"database/sql"

	"github.com/gorm-libsql/libsql/driver"

	"github.com/gorm-libsql/libsql/tests/hranaclients/kit"
)

func main() { kit.Main(open) }

func open(url string) (*sql.DB, error) {
	cfg, err := driver.ParseDSN(url + "?authToken=secret")
	if err != nil {
		return nil, err
	}
	cfg.StoredValues = true // the values themselves are compared, not what declared types make of them
	c, err := driver.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}
