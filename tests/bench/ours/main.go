// Command ours runs a workload on this module's dialect; with SINGLE=1 in the
// environment, in single-process mode.
package main

import (
	"os"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

func main() { kit.Main(kit.Dialect{Open: open}) }

func open(path string) gorm.Dialector { return libsql.Open(dsn(path)) }

func dsn(path string) string {
	dsn := "file:" + path + "?_journal_mode=WAL&_synchronous=NORMAL&_foreign_keys=1&_busy_timeout=10000"
	if os.Getenv("SINGLE") != "" {
		dsn += "&_single_process=1"
	}
	return dsn
}
