package libsql_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

// GORM's statement cache never ends its own goroutine.
func TestMain(m *testing.M) {
	dbtest.Main(m, map[string]func([]string) error{"execfs": execFSChild, "attached": attachedChild, "readonly": readOnlyChild}, leaktest.IgnoreGoroutine("gorm.io/gorm/internal/lru."))
}

// fresh opens a fresh database with the tables of the models, which is checked
// and closed at the end of the test.
func fresh(t testing.TB, models ...any) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() {
		dbtest.Unused(t, pool, 5*time.Second)
		dbtest.Intact(t, pool)
		dbtest.Close(t, pool)
	})
	require.NoError(t, db.AutoMigrate(models...))
	return db
}
