package remote

import (
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

func TestMain(m *testing.M) {
	dbtest.MainLocal(m, dbtest.HasItsServers, nil, leaktest.IgnoreGoroutine("gorm.io/gorm/internal/lru."))
}
