package callbacks_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type user struct {
	ID     uint
	Name   string
	Age    int
	Orders []order
}

type order struct {
	ID     uint
	UserID uint
	Total  int
}

// open returns a fresh database with the tables of the models, and a profiler
// that has seen nothing yet.
func open(t testing.TB, cfg callbacks.ProfilerConfig, config ...*gorm.Config) (*gorm.DB, *callbacks.Profiler) {
	t.Helper()
	c := &gorm.Config{}
	if len(config) > 0 {
		c = config[0]
	}
	c.Logger = logger.Discard
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), c)
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	require.NoError(t, db.AutoMigrate(&user{}, &order{}))
	p := callbacks.NewProfiler(cfg)
	require.NoError(t, db.Use(p))
	return db, p
}

// shapeOf is the shape of the report with such SQL.
func shapeOf(t testing.TB, r *callbacks.Report, sql string) callbacks.Shape {
	t.Helper()
	var all []string
	for _, s := range r.Shapes {
		if s.SQL == sql {
			return s
		}
		all = append(all, s.SQL)
	}
	require.Failf(t, "no such shape", "%s in %q", sql, all)
	return callbacks.Shape{}
}
