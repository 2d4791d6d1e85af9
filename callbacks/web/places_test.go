package web_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// served is a remote database, by HTTP.
func served(t testing.TB) string {
	cfg, err := driver.ParseDSN(filepath.Join(t.TempDir(), "served.db"))
	require.NoError(t, err)
	s, err := hranaserver.New(cfg, hranaserver.Options{})
	require.NoError(t, err)
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, s.Close())
	})
	return server.URL
}

// Of a remote database the pages show all that is known, and say what is not.
func TestRemoteDatabase(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.HasItsServers)
	db, p := openDSN(t, served(t)+"?authToken=secret-token", callbacks.ProfilerConfig{Slow: 1}, 30)
	busy(t, db)
	h := handler(p)
	for page, want := range map[string][]string{
		"":             {"not known of a remote database", "Not known of a remote database.", "network, build and scan", "in the server&#39;s engine"},
		"tables":       {"orders", "idx_orders_status", "KiB", "1 query of 1 shape"},
		"advice":       {"idx_orders_customer_id", "with the index", "SEARCH orders USING INDEX"},
		"transactions": {"rolled back"},
		"slow":         {"customer_id = ?"},
		"report.txt":   {"Go and network"},
		"report.json":  {`"remote": true`},
		"metrics":      {`libsql_queries_total{table="orders"} 22`},
		"shape?id=" + shapeID(t, p, ordersOfCustomer): {"SCAN orders", "network, build and scan", "rows read"},
	} {
		w := get(t, h, page)
		require.Equal(t, http.StatusOK, w.Code, page)
		for _, text := range want {
			require.Contains(t, w.Body.String(), text, page)
		}
		require.NotContains(t, w.Body.String(), "secret-", page)
	}
	local, q := open(t, callbacks.ProfilerConfig{}, 0)
	busy(t, local)
	require.NotContains(t, get(t, handler(q), "").Body.String(), "remote")
	require.NotContains(t, get(t, handler(q), "report.json").Body.String(), `"remote"`)
}

// What was measured of a database that is closed can be looked at; what would
// ask it says why it does not.
func TestClosedDatabase(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1, NoPlans: true}, 30)
	busy(t, db)
	pool, err := db.DB()
	require.NoError(t, err)
	require.NoError(t, pool.Close())
	h := handler(p)
	for _, page := range []string{"", "shapes", "loops", "transactions", "slow", "callers", "report.json", "report.txt", "metrics"} {
		require.Equal(t, http.StatusOK, get(t, h, page).Code, page)
	}
	body := get(t, h, "advice").Body.String()
	require.Contains(t, body, "could not be asked for more: sql: database is closed")
	require.Contains(t, body, "a loop asks 20 times")
	body = get(t, h, "shape?id="+shapeID(t, p, ordersOfCustomer)).Body.String()
	require.Contains(t, body, "SQLite makes no plan of it: sql: database is closed")
	require.Contains(t, body, "web_test.busy")
	require.Equal(t, http.StatusInternalServerError, get(t, h, "tables").Code)
}

// Two profilers under one server do not mix, and one of several pools shows
// all of them.
func TestSeveralDatabases(t *testing.T) {
	one, p := open(t, callbacks.ProfilerConfig{}, 0)
	two, q := open(t, callbacks.ProfilerConfig{}, 0)
	mux := http.NewServeMux()
	mux.Handle("/debug/libsql/", handler(p))
	mux.Handle("/other/", http.StripPrefix("/other", handler(q)))
	pool, err := two.DB()
	require.NoError(t, err)
	require.NoError(t, two.Exec("CREATE TABLE there(x)").Error)
	require.NoError(t, one.Callback().Row().Before("*").Register("resolver", func(db *gorm.DB) { db.Statement.ConnPool = pool }))
	require.NoError(t, one.Raw("SELECT x FROM there").Scan(&[]int{}).Error)
	require.NoError(t, one.Find(&[]Order{}).Error)
	require.Contains(t, get(t, mux, "shapes").Body.String(), "there")
	require.Contains(t, get(t, mux, "shapes").Body.String(), "`orders`")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/other/shapes", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.NotContains(t, w.Body.String(), "`orders`")
}

// A plan does not tell the index that vector_top_k searches: it is not said to
// be out of use.
func TestVectorIndexes(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{}, 0)
	require.NoError(t, db.Exec("CREATE TABLE docs(id INTEGER PRIMARY KEY, v F32_BLOB(3), n); CREATE INDEX by_v ON docs(libsql_vector_idx(v)); "+
		"CREATE INDEX by_n ON docs(n); INSERT INTO docs VALUES (1, vector32('[1,2,3]'), 4)").Error)
	require.NoError(t, db.Exec("SELECT docs.id FROM vector_top_k('by_v', vector32('[1,2,3]'), 1) AS k JOIN docs ON docs.id = k.id").Error)
	body := get(t, handler(p), "tables").Body.String()
	require.Contains(t, body, "for vector_top_k, which plans do not tell")
	require.Equal(t, 1, strings.Count(body, "not in use"), "by_n")
}
