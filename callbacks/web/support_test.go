package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/callbacks/web"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Customer has orders.
type Customer struct {
	ID     uint
	Email  string `gorm:"uniqueIndex"`
	City   string
	Orders []Order
}

// Order has no index on its customer.
type Order struct {
	ID         uint
	CustomerID uint
	Status     string `gorm:"index"`
	Total      int64
}

// open returns a fresh database with customers, and a profiler that has seen
// nothing yet.
func open(t testing.TB, cfg callbacks.ProfilerConfig, customers int) (*gorm.DB, *callbacks.Profiler) {
	t.Helper()
	return openDSN(t, dbtest.DSN(t), cfg, customers)
}

func openDSN(t testing.TB, dsn string, cfg callbacks.ProfilerConfig, customers int) (*gorm.DB, *callbacks.Profiler) {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	require.NoError(t, db.AutoMigrate(&Customer{}, &Order{}))
	all := make([]Customer, customers)
	for i := range all {
		all[i] = Customer{Email: fmt.Sprintf("%d@example.org", i), City: []string{"Oslo", "Rome", "Lima"}[i%3], Orders: make([]Order, 10)}
		for j := range all[i].Orders {
			all[i].Orders[j] = Order{Status: []string{"paid", "open"}[j%2], Total: int64(i * j)}
		}
	}
	if customers > 0 {
		require.NoError(t, db.CreateInBatches(all, 100).Error)
	}
	p := callbacks.NewProfiler(cfg)
	require.NoError(t, db.Use(p))
	return db, p
}

// busy does a little of everything that the pages show.
func busy(t testing.TB, db *gorm.DB) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	db = db.WithContext(ctx)
	var customers []Customer
	require.NoError(t, db.Limit(20).Find(&customers).Error)
	for _, c := range customers {
		require.NoError(t, db.Where("customer_id = ?", c.ID).Find(&c.Orders).Error)
	}
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&Order{}).Where("status = ?", "secret-status").Update("total", 471108154711).Error
	}))
	_ = db.Transaction(func(tx *gorm.DB) error { return context.Canceled })
	require.Error(t, db.Exec("SELECT * FROM nowhere WHERE name = 'secret-text'").Error)
	require.NoError(t, db.Preload("Orders").Where("city = ?", "Oslo").Order("email DESC").Limit(5).Find(&customers).Error)
}

// get answers a request to a handler that is mounted at /debug/libsql/.
func get(t testing.TB, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/debug/libsql/"+target, nil))
	return w
}

// shapeID is the ID of the report's shape whose SQL begins so.
func shapeID(t testing.TB, p *callbacks.Profiler, sql string) string {
	t.Helper()
	for _, s := range p.Report().Shapes {
		if strings.HasPrefix(s.SQL, sql) {
			return s.ID
		}
	}
	require.Failf(t, "no such shape", "%s", sql)
	return ""
}

func handler(p *callbacks.Profiler) http.Handler { return web.Handler(p, web.Config{}) }
