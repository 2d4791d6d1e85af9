// Command glebarez runs a workload on github.com/glebarez/sqlite.
package main

import (
	"github.com/glebarez/sqlite"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

func main() {
	kit.Main(kit.Dialect{Open: func(path string) gorm.Dialector {
		return sqlite.Open("file:" + path + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)&_txlock=immediate")
	}})
}
