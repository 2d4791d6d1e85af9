// Command mattn runs a workload on gorm.io/driver/sqlite; with CACHE=1 in the
// environment, with its driver's statement cache on.
package main

import (
	"os"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

func main() { kit.Main(kit.Dialect{Open: open}) }

func open(path string) gorm.Dialector { return sqlite.Open(dsn(path)) }

func dsn(path string) string {
	dsn := "file:" + path + "?_journal_mode=WAL&_synchronous=NORMAL&_foreign_keys=1&_busy_timeout=10000&_txlock=immediate"
	if os.Getenv("CACHE") != "" {
		dsn += "&_stmt_cache_size=128"
	}
	return dsn
}
