package migrating

import (
	"flag"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

var killsFlag = flag.Int("kills", 0, "how many processes to kill; 0: as many as the length of the run allows")

func TestMain(m *testing.M) {
	dbtest.Main(m, map[string]func([]string) error{"migrate": migrateChild, "lock": lockChild})
}
