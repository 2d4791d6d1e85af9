package web_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/callbacks/web"
)

func ExampleHandler() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
	if err := db.Use(p); err != nil {
		log.Fatal(err)
	}
	if pool, err := db.DB(); err == nil {
		defer pool.Close()
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/libsql/", web.Handler(p, web.Config{}))

	if err := db.Exec("SELECT 6 * 7").Error; err != nil {
		log.Fatal(err)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/debug/libsql/metrics", nil))
	for _, line := range strings.Split(w.Body.String(), "\n") {
		if strings.HasPrefix(line, "libsql_queries_total") {
			fmt.Println(line)
		}
	}
	// Output:
	// libsql_queries_total{table=""} 1
}
