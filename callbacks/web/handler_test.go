package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/callbacks/web"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// pages are all that a person can look at, texts what programs read.
var (
	pages = []string{"", "shapes", "loops", "transactions", "slow", "tables", "callers", "advice"}
	texts = []string{"report.json", "report.txt", "advice.json", "metrics", "style.css", "script.js", "icon.svg"}
)

// all has the pages of one shape too.
func all(t testing.TB, p *callbacks.Profiler, sql string) []string {
	t.Helper()
	return append(append([]string{"shape?id=" + shapeID(t, p, sql), "shapes?by=errors&q=ord&live=off", "transactions?last=1s"}, pages...), texts...)
}

const ordersOfCustomer = "SELECT * FROM `orders` WHERE customer_id = ?"

func TestPagesOfAnEmptyProfiler(t *testing.T) {
	_, p := open(t, callbacks.ProfilerConfig{}, 0)
	h := handler(p)
	for name, want := range map[string]string{
		"": "The profiler has seen no query yet", "shapes": "No query has ended yet", "callers": "No query has ended yet",
		"loops": "No loop was seen", "transactions": "No transaction has ended yet", "slow": "No query was slow", "tables": "nothing was asked of the table",
		"advice": "Nothing was found", "shapes?q=nothing": "No query has “nothing” in it",
	} {
		w := get(t, h, name)
		require.Equal(t, http.StatusOK, w.Code, "%s: %s", name, w.Body)
		require.Contains(t, w.Body.String(), want, name)
		require.Contains(t, w.Body.String(), "</html>", name)
	}
}

// Every page says what it is there for.
func TestPages(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1}, 200)
	busy(t, db)
	h := handler(p)
	orders := "shape?id=" + shapeID(t, p, ordersOfCustomer)
	for name, want := range map[string][]string{
		"":             {"Throughput", "Latency p95", "Waiting", "Cache hits", "<svg", "1 loop asks", "Costliest queries"},
		"shapes":       {`<b>WHERE</b> customer_id = ?`, "web_test.Order", "read/row", "BEGIN"},
		"callers":      {"web/support_test.go:", "web_test.busy"},
		"loops":        {"customer_id = ?", ">20<", "web/support_test.go:"},
		"transactions": {"conn ", "rolled back", "Longest write locks"},
		"slow":         {"customer_id = ?", "web_test.busy"},
		"tables":       {"customers", "idx_orders_status", "(status)", "1 query of 1 shape", "KiB", "(email)", "unique"},
		"advice":       {"CREATE", "INDEX", "with the index", "SEARCH orders USING INDEX", "a loop asks"},
		orders:         {"<b>FROM</b> `orders`", "SCAN orders", "all rows", "p99", "full-scan steps", "web_test.busy", "CREATE", "Slow ones"},
		"report.txt":   {"again and again"},
		"metrics":      {"libsql_queries_total{table=\"orders\"}", "libsql_cache_hits_total"},
	} {
		w := get(t, h, name)
		require.Equal(t, http.StatusOK, w.Code, "%s: %s", name, w.Body)
		for _, text := range want {
			require.Contains(t, w.Body.String(), text, name)
		}
	}
	var r callbacks.Report
	w := get(t, h, "report.json")
	require.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &r))
	require.Equal(t, p.Report().Total.Count, r.Total.Count)
	var a []callbacks.Advice
	require.NoError(t, json.Unmarshal(get(t, h, "advice.json").Body.Bytes(), &a))
	require.NotEmpty(t, a)
}

func TestHeaders(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{}, 10)
	busy(t, db)
	h := handler(p)
	for _, name := range append(all(t, p, ordersOfCustomer), "nowhere", "shape?id=none") {
		header := get(t, h, name).Header()
		policy := header.Get("Content-Security-Policy")
		require.True(t, strings.HasPrefix(policy, "default-src 'none'; "), name)
		for _, part := range []string{"style-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			require.Contains(t, policy, part, name)
		}
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), name)
		require.Equal(t, "no-referrer", header.Get("Referrer-Policy"), name)
		require.NotEmpty(t, header.Get("Content-Type"), name)
		require.NotEmpty(t, header.Get("Cache-Control"), name)
	}
}

// No page has a link that leads off it, or a style or script of its own, which
// the policy would stop.
func TestNothingFromElsewhere(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1}, 10)
	busy(t, db)
	h := handler(p)
	for _, name := range pages {
		body := get(t, h, name).Body.String()
		for _, no := range []string{"http:", "https:", "//", " style=", "<style", "javascript:", " onclick"} {
			require.NotContains(t, strings.ReplaceAll(body, "file:///", ""), no, name)
		}
		require.Equal(t, 1, strings.Count(body, "<script"), name)
	}
}

func TestMounting(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{}, 10)
	busy(t, db)
	stripped, whole, nested := http.NewServeMux(), http.NewServeMux(), http.NewServeMux()
	stripped.Handle("/debug/libsql/", http.StripPrefix("/debug/libsql", handler(p)))
	whole.Handle("/debug/libsql/", handler(p))
	nested.Handle("/debug/libsql/", http.StripPrefix("/debug", handler(p)))
	for name, mux := range map[string]http.Handler{"stripped": stripped, "whole": whole, "nested": nested} {
		for _, page := range []string{"", "shapes", "style.css", "report.json"} {
			require.Equal(t, http.StatusOK, get(t, mux, page).Code, "%s %s", name, page)
		}
		require.Equal(t, http.StatusNotFound, get(t, mux, "nowhere").Code, name)
	}
	root := httptest.NewRecorder()
	handler(p).ServeHTTP(root, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Equal(t, http.StatusOK, root.Code)
	// Without the slash links would lead elsewhere.
	bare := httptest.NewRecorder()
	http.StripPrefix("/debug/libsql", handler(p)).ServeHTTP(bare, httptest.NewRequest(http.MethodGet, "/debug/libsql", nil))
	require.Equal(t, http.StatusFound, bare.Code)
	require.Equal(t, "./libsql/", bare.Header().Get("Location"))
	// Its slash may be stripped too.
	require.Contains(t, get(t, http.StripPrefix("/debug/libsql/", handler(p)), "").Body.String(), "Throughput")
	require.Equal(t, http.StatusOK, get(t, http.StripPrefix("/debug/libsql/", handler(p)), "shapes").Code)
}

func TestMethods(t *testing.T) {
	_, p := open(t, callbacks.ProfilerConfig{}, 0)
	server := httptest.NewServer(handler(p))
	defer server.Close()
	for _, name := range append(pages, texts...) {
		want := get(t, handler(p), name)
		answer, err := http.Head(server.URL + "/" + name)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode, name)
		require.Equal(t, want.Header().Get("Content-Type"), answer.Header.Get("Content-Type"), name)
		require.Positive(t, answer.ContentLength, name)
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "TRACE"} {
			w := httptest.NewRecorder()
			handler(p).ServeHTTP(w, httptest.NewRequest(method, "/"+name, nil))
			require.Equal(t, http.StatusMethodNotAllowed, w.Code, name)
			require.Equal(t, "GET, HEAD", w.Header().Get("Allow"), name)
		}
	}
	server.CloseClientConnections()
	http.DefaultClient.CloseIdleConnections()
}

func TestReset(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{}, 10)
	post := func(h http.Handler, method string, header ...string) int {
		busy(t, db)
		r := httptest.NewRequest(method, "http://profiler.example/debug/libsql/reset", nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	kept := func() bool { return p.Report().Total.Count > 0 }
	require.Equal(t, http.StatusNotFound, post(handler(p), http.MethodGet), "it is off")
	require.Equal(t, http.StatusMethodNotAllowed, post(handler(p), http.MethodPost), "it is off")
	require.NotContains(t, get(t, handler(p), "").Body.String(), "<form")
	h := web.Handler(p, web.Config{AllowReset: true})
	require.Contains(t, get(t, h, "").Body.String(), `action="./reset"`)
	require.Equal(t, http.StatusMethodNotAllowed, post(h, http.MethodGet))
	for _, foreign := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "none"}, {"Origin", "http://evil.example"},
		{"Origin", "null"}, {"Origin", "http://profiler.example:81"}, {"Sec-Fetch-Site", "cross-site", "Origin", "http://profiler.example"},
	} {
		require.Equal(t, http.StatusForbidden, post(h, http.MethodPost, foreign...), foreign)
		require.True(t, kept())
	}
	for _, own := range [][]string{nil, {"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://profiler.example"}} {
		require.Equal(t, http.StatusSeeOther, post(h, http.MethodPost, own...), own)
		require.False(t, kept())
	}
	require.Contains(t, get(t, h, "shapes").Body.String(), "No query has ended yet", "also of what was shown before")
}

// Whatever stands in names and SQL is text.
func TestEscaping(t *testing.T) {
	const evil = `<script>alert(1)</script>"'&{{.}}` + "`"
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1, Args: callbacks.ArgValues}, 10)
	name := "`" + strings.ReplaceAll(evil, "`", "``") + "`"
	for _, sql := range []string{
		"CREATE TABLE " + name + " (" + name + " TEXT)",
		"CREATE INDEX `<img src=x>` ON " + name + "(" + name + ")",
		"INSERT INTO " + name + " VALUES ('<b>')",
	} {
		require.NoError(t, db.Exec(sql).Error)
	}
	for range 30 {
		require.NoError(t, db.Exec("SELECT * FROM "+name+" AS `<i>` WHERE "+name+" = ? ORDER BY 1 -- </code><script>", evil).Error)
		require.Error(t, db.Exec("SELECT </textarea><script> FROM nowhere").Error)
	}
	h := handler(p)
	id := shapeID(t, p, "SELECT * FROM `<script>")
	for _, page := range append(append([]string{}, pages...), "shape?id="+id, "shapes?q=%3Cscript%3Ealert(1)%3C/script%3E%22", "shape?id=%3Cscript%3E", "shapes?by=%22%3E%3Cscript%3E") {
		body := get(t, h, page).Body.String()
		require.Equal(t, 1, strings.Count(body, "<script"), "%s: %s", page, body)
		for _, no := range []string{"<img", "<i>`", "</textarea", "<b>'", "alert(1)</script>", `q=<`} {
			require.NotContains(t, body, no, page)
		}
		require.Contains(t, body, "</html>", page)
	}
	require.Contains(t, get(t, h, "tables").Body.String(), "&lt;script&gt;alert(1)")
	require.Contains(t, get(t, h, "slow").Body.String(), "&lt;script&gt;alert(1)", "a bound value that is allowed")
}

// Nothing that was bound, or written into SQL, is on any page; nor is the key.
func TestNoSecrets(t *testing.T) {
	db, p := openDSN(t, filepath.Join(t.TempDir(), "shop.db")+"?encryptionKey=secret-key", callbacks.ProfilerConfig{Slow: 1}, 100)
	busy(t, db)
	for range 30 {
		require.NoError(t, db.Exec("SELECT * FROM orders WHERE total = 471108154711 AND status = 'secret-literal' ORDER BY customer_id").Error)
		require.NoError(t, db.Exec("SELECT * FROM customers JOIN orders ON city = status WHERE customers.id < 471108154711 AND email <> 'secret-mail'").Error)
	}
	for range 30 {
		require.NoError(t, db.Raw("SELECT total FROM orders WHERE customer_id = 471108154711 AND total <> 'secret-advised'").Scan(&[]int{}).Error)
	}
	h := handler(p)
	require.Contains(t, get(t, h, "advice.json").Body.String(), "SELECT total FROM orders WHERE customer_id = ? AND total ")
	for _, page := range append(all(t, p, ordersOfCustomer), "shape?id="+shapeID(t, p, "SELECT * FROM orders WHERE total"),
		"shape?id="+shapeID(t, p, "SELECT * FROM customers JOIN")) {
		body := get(t, h, page).Body.String()
		require.NotContains(t, body, "secret-", page)
		require.NotContains(t, body, "471108154711", page)
	}
}

// Why there is no plan is told without the values that SQLite quotes.
func TestNoSecretsInErrors(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{}, 0)
	for text, want := range map[string]string{
		"SELECT id FROM orders WHERE 'a' 'secret-near'":      "near &#34;?&#34;: syntax error",
		"SELECT city FROM customers WHERE nowhere='secret-'": "no such column: nowhere",
		"SELECT total FROM orders WHERE 'secret-open":        "of it: SQL error",
	} {
		require.Error(t, db.Exec(text).Error)
		body := get(t, handler(p), "shape?id="+shapeID(t, p, text[:18])).Body.String()
		require.NotContains(t, body, "secret-")
		require.Contains(t, body, "SQLite makes no plan of it: ")
		require.Contains(t, body, want)
	}
}

// Nothing turns the text around it, on whichever page.
func TestTextsThatTurnAround(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1}, 0)
	require.NoError(t, db.Exec("CREATE TABLE `a\u202Eb`(x)").Error)
	require.NoError(t, db.Exec("SELECT * FROM `a\u202Eb` WHERE x = `a\u202Eb`.x AND `x` < 1").Error)
	h := handler(p)
	for _, page := range append([]string{"shape?id=" + shapeID(t, p, "SELECT * FROM `a")}, pages...) {
		require.NotContains(t, get(t, h, page).Body.String(), "\u202E", page)
	}
	require.Contains(t, get(t, h, "shape?id="+shapeID(t, p, "SELECT * FROM `a")).Body.String(), "SCAN a�b")
}

// What the pages ask is not measured, and changes nothing.
func TestLookingIsNotMeasured(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{}, 100)
	busy(t, db)
	before := p.Report()
	h := handler(p)
	for _, page := range all(t, p, ordersOfCustomer) {
		require.Equal(t, http.StatusOK, get(t, h, page).Code, page)
	}
	after := p.Report()
	require.Equal(t, before.Total, after.Total)
	require.Len(t, after.Shapes, len(before.Shapes))
	require.Len(t, after.Transactions, len(before.Transactions))
}

func TestSizesOfLargeDatabases(t *testing.T) {
	_, p := open(t, callbacks.ProfilerConfig{}, 10)
	h := web.Handler(p, web.Config{MaxScan: -1})
	body := get(t, h, "tables").Body.String()
	require.Contains(t, body, "Measure the sizes")
	require.NotContains(t, body, "Sizes are of")
	require.Contains(t, get(t, h, "tables?sizes=read").Body.String(), "Sizes are of")
	require.Contains(t, get(t, h, "tables").Body.String(), "Sizes are of", "as they were")
}

// A pool without a free connection makes a page that says so, and no page that
// hangs. Pages of what was measured need no connection.
func TestBusyPool(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{}, 10)
	busy(t, db)
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	h := handler(p)
	soon, cancel := context.WithTimeout(t.Context(), 50e6)
	defer cancel()
	for _, page := range []string{"", "shapes", "tables"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/"+page, nil).WithContext(soon))
		if page == "tables" {
			require.Equal(t, http.StatusServiceUnavailable, w.Code)
			require.Contains(t, w.Body.String(), "did not answer in time")
		} else {
			require.Equal(t, http.StatusOK, w.Code)
		}
	}
}

// What was measured outlives the profiler's use.
func TestRemovedProfiler(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{}, 10)
	busy(t, db)
	require.NoError(t, p.Remove())
	h := handler(p)
	require.Contains(t, get(t, h, "shapes").Body.String(), "customer_id = ?")
	for _, page := range []string{"tables", "advice", "advice.json"} {
		w := get(t, h, page)
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Contains(t, w.Body.String(), "in use for no database")
	}
	require.Equal(t, http.StatusOK, get(t, h, "shape?id="+shapeID(t, p, ordersOfCustomer)).Code)
	h = web.Handler(p, web.Config{DB: db})
	require.Equal(t, http.StatusOK, get(t, h, "advice").Code)
}

// Many look while the program works.
func TestManyLook(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1, Args: callbacks.ArgValues}, 20)
	busy(t, db)
	h := web.Handler(p, web.Config{AllowReset: true})
	list := all(t, p, ordersOfCustomer)
	ctx, cancel := context.WithCancel(t.Context())
	var works, looks sync.WaitGroup
	works.Add(1)
	go func() {
		defer works.Done()
		for ctx.Err() == nil {
			var orders []Order
			_ = db.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return tx.Where("customer_id = ?", 1).Find(&orders).Error })
		}
	}()
	for i := range 8 {
		looks.Add(1)
		go func() {
			defer looks.Done()
			for j := range list {
				page := list[(i+j)%len(list)]
				w := get(t, h, page)
				if w.Code != http.StatusOK && !(strings.HasPrefix(page, "shape?") && w.Code == http.StatusNotFound) {
					t.Errorf("%s: %d %s", page, w.Code, w.Body)
				}
				if i == 0 && j == 5 {
					h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/reset", nil))
				}
			}
		}()
	}
	looks.Wait()
	cancel()
	works.Wait()
}

// What a look at the overview costs, with as many shapes as there can be.
func BenchmarkOverview(b *testing.B) {
	db, p := open(b, callbacks.ProfilerConfig{}, 10)
	for i := range 600 {
		require.NoError(b, db.Exec(fmt.Sprintf("SELECT %d AS a%d", i, i)).Error)
	}
	for b.Loop() {
		require.Equal(b, http.StatusOK, get(b, handler(p), "").Code) // a handler that has kept nothing
	}
}

// A shape that was slow shows the plan of then, when it has another one now.
func TestPlanWhenItWasSlow(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1}, 10)
	require.NoError(t, db.Where("customer_id = ?", 1).Find(&[]Order{}).Error)
	id := shapeID(t, p, ordersOfCustomer)
	require.Eventually(t, func() bool { return p.Report().Slow[len(p.Report().Slow)-1].Plan != nil }, 30*time.Second, time.Millisecond)
	require.NotContains(t, get(t, handler(p), "shape?id="+id).Body.String(), "Plan when it was slow")
	require.NoError(t, db.Exec("CREATE INDEX by_customer ON orders(customer_id)").Error)
	body := get(t, handler(p), "shape?id="+id).Body.String()
	require.Contains(t, body, "by_customer")
	require.Contains(t, body, "Plan when it was slow")
}
