package docs_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/libsqltest"
)

func TestProfiler(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})

	p := callbacks.NewProfiler(callbacks.ProfilerConfig{Logger: slog.Default()})
	if err := db.Use(p); err != nil {
		t.Fatal(err)
	}
	// … work …
	fmt.Println(p.Report())

	require.NoError(t, db.Create(&User{Name: "Ada", Posts: []Post{{Title: "a"}}}).Error)
	for _, s := range p.Report().Shapes {
		if s.ReadPerRow() > 100 {
			fmt.Println(s.SQL, s.Callers[0], s.Counters.RowsRead)
		}
	}

	http.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		p.WriteMetrics(w, map[string]string{"db": "shop"})
	})
	w := httptest.NewRecorder()
	http.DefaultServeMux.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Contains(t, w.Body.String(), `libsql_queries_total{db="shop",table="users"} 1`)
}

func TestProfilerArgs(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	cfg := callbacks.ProfilerConfig{
		Args: func(table, column string, value any) any {
			if table == "posts" {
				return value
			}
			return callbacks.ArgTypes(table, column, value)
		},
	}
	require.NoError(t, db.Use(callbacks.NewProfiler(cfg)))
}

func TestProfilerSpans(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})
	cfg := callbacks.ProfilerConfig{
		OnStart: func(ctx context.Context, q *callbacks.QueryStart) context.Context {
			return startSpan(ctx, q.Kind)
		},
		OnQuery: func(ctx context.Context, q *callbacks.Query) {
			endSpan(ctx, q.SQL, q.Err)
		},
	}
	require.NoError(t, db.Use(callbacks.NewProfiler(cfg)))
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error { return tx.Find(&[]User{}).Error }))
}

func startSpan(ctx context.Context, _ string) context.Context { return ctx }

func endSpan(context.Context, string, error) {}
