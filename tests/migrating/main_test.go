package migrating

import (
	"flag"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

var killsFlag = flag.Int("kills", 0, "how many processes to kill; 0: as many as the length of the run allows")

func TestMain(m *testing.M) {
	dbtest.Main(m, map[string]func([]string) error{"migrate": migrateChild, "lock": lockChild, "read": readChild},
		// GORM keeps one for each of its caches of prepared statements, for good.
		leaktest.IgnoreGoroutine("gorm.io/gorm/internal/lru"))
}
