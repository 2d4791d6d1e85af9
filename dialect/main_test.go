package dialect_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

// The library starts threads of its own with the first database of the
// process: that is before anything is counted.
// GORM's statement cache never ends its own goroutine.
func TestMain(m *testing.M) {
	dbtest.Main(m, nil, leaktest.IgnoreGoroutine("gorm.io/gorm/internal/lru."))
}

// open opens a fresh file with the tables of the models.
func open(t testing.TB, config *gorm.Config, models ...any) *gorm.DB {
	t.Helper()
	return openWith(t, libsql.Open(dbtest.DSN(t)), config, models...)
}

func openWith(t testing.TB, d gorm.Dialector, config *gorm.Config, models ...any) *gorm.DB {
	t.Helper()
	if config == nil {
		config = &gorm.Config{}
	}
	own := *config // gorm.Open writes into it
	config = &own
	if config.Logger == nil {
		config.Logger = logger.Discard
	}
	db, err := gorm.Open(d, config)
	require.NoError(t, err)
	t.Cleanup(func() {
		if p, ok := db.ConnPool.(*gorm.PreparedStmtDB); ok {
			p.Close()
		}
		pool, err := db.DB()
		require.NoError(t, err)
		// database/sql ends a cancelled transaction in a goroutine of its own.
		dbtest.Unused(t, pool, time.Minute)
		var check string
		require.NoError(t, db.Raw("PRAGMA integrity_check").Scan(&check).Error)
		require.Equal(t, "ok", check)
		require.NoError(t, pool.Close())
	})
	require.NoError(t, db.AutoMigrate(models...))
	return db
}

// each runs a test with and without PrepareStmt and the default transaction.
func each(t *testing.T, test func(t *testing.T, config *gorm.Config)) {
	for name, config := range map[string]gorm.Config{
		"plain":                  {},
		"PrepareStmt":            {PrepareStmt: true},
		"SkipDefaultTransaction": {SkipDefaultTransaction: true},
	} {
		t.Run(name, func(t *testing.T) { test(t, &config) })
	}
}
