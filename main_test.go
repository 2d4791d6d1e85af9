package libsql_test

import (
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

// GORM's statement cache never ends its own goroutine.
func TestMain(m *testing.M) {
	dbtest.Main(m, map[string]func([]string) error{"execfs": execFSChild, "attached": attachedChild, "readonly": readOnlyChild}, leaktest.IgnoreGoroutine("gorm.io/gorm/internal/lru."))
}
