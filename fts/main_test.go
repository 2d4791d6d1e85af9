package fts_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

func TestMain(m *testing.M) {
	dbtest.Main(m, nil, leaktest.IgnoreGoroutine("gorm.io/gorm/internal/lru."))
}

func open(t testing.TB, dsn string, models ...any) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { dbtest.Close(t, pool) })
	require.NoError(t, db.AutoMigrate(models...))
	return db
}

// sound checks that the index has the words of the rows, no more and no less.
func sound(t testing.TB, db *gorm.DB, model any, name ...string) {
	t.Helper()
	require.NoError(t, fts.IntegrityCheck(db, model, name...))
}
