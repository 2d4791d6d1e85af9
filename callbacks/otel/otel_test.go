package otel_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	api "go.opentelemetry.io/otel/trace"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/callbacks/otel"
)

type User struct {
	ID     uint
	Name   string `gorm:"uniqueIndex"`
	Orders []Order
}

type Order struct {
	ID     uint
	UserID uint
	Total  int
}

// AfterFind asks something by itself.
func (o *Order) AfterFind(tx *gorm.DB) error {
	if o.Total == 1 {
		return tx.Exec("SELECT 'hook'").Error
	}
	return nil
}

// open returns a database whose queries go to an exporter in memory.
func open(t *testing.T, cfg callbacks.ProfilerConfig) (*gorm.DB, *tracetest.InMemoryExporter, api.Tracer) {
	t.Helper()
	db, err := gorm.Open(libsql.Open(filepath.Join(t.TempDir(), "a.db")), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	require.NoError(t, db.AutoMigrate(&User{}, &Order{}))
	require.NoError(t, db.Create(&User{Name: "secret", Orders: []Order{{Total: 1}, {Total: 2}}}).Error)
	exporter := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(exporter))
	t.Cleanup(func() { require.NoError(t, provider.Shutdown(context.Background())) })
	cfg = otel.Trace(cfg, otel.Config{TracerProvider: provider, Attributes: []attribute.KeyValue{attribute.String("db.namespace", "shop")}})
	require.NoError(t, db.Use(callbacks.NewProfiler(cfg)))
	return db, exporter, provider.Tracer("test")
}

// named returns the only span with the name.
func named(t *testing.T, all tracetest.SpanStubs, name string) tracetest.SpanStub {
	t.Helper()
	var found []tracetest.SpanStub
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
		if s.Name == name {
			found = append(found, s)
		}
	}
	require.Len(t, found, 1, "%s in %q", name, names)
	return found[0]
}

func attrs(s tracetest.SpanStub) map[string]any {
	all := map[string]any{}
	for _, a := range s.Attributes {
		all[string(a.Key)] = a.Value.AsInterface()
	}
	return all
}

// A span tells what was asked, and is within the one of the program.
func TestSpan(t *testing.T) {
	db, exporter, tracer := open(t, callbacks.ProfilerConfig{})
	ctx, root := tracer.Start(t.Context(), "request")
	before := time.Now()
	var users []User
	require.NoError(t, db.WithContext(ctx).Where("name = ?", "secret").Find(&users).Error)
	after := time.Now()
	root.End()
	s := named(t, exporter.GetSpans(), "SELECT users")
	require.Equal(t, root.SpanContext().SpanID(), s.Parent.SpanID())
	require.Equal(t, root.SpanContext().TraceID(), s.SpanContext.TraceID())
	require.Equal(t, api.SpanKindClient, s.SpanKind)
	require.Equal(t, codes.Unset, s.Status.Code)
	require.Equal(t, otel.Scope, s.InstrumentationScope.Name)
	require.False(t, s.StartTime.Before(before) || s.EndTime.After(after) || s.EndTime.Before(s.StartTime), "%v %v", s.StartTime, s.EndTime)
	a := attrs(s)
	require.Equal(t, "sqlite", a["db.system.name"])
	require.Equal(t, "shop", a["db.namespace"])
	require.Equal(t, "SELECT", a["db.operation.name"])
	require.Equal(t, "users", a["db.collection.name"])
	require.Equal(t, "SELECT users", a["db.query.summary"])
	require.Equal(t, "SELECT * FROM `users` WHERE name = ?", a["db.query.text"])
	require.Equal(t, int64(1), a["db.response.returned_rows"])
	require.Equal(t, int64(1), a["libsql.rows_read"])
	require.Positive(t, a["libsql.engine"])
	require.Contains(t, a["code.file.path"], "otel_test.go")
	require.Contains(t, a["code.function.name"], "TestSpan")
	require.Positive(t, a["code.line.number"])
	require.NotContains(t, fmt.Sprint(s), "secret")
}

// Preloads, the queries of hooks, and transactions that GORM adds, are
// children of the query that causes them; each span ends once.
func TestChildren(t *testing.T) {
	db, exporter, tracer := open(t, callbacks.ProfilerConfig{})
	ctx, root := tracer.Start(t.Context(), "request")
	var users []User
	require.NoError(t, db.WithContext(ctx).Preload("Orders").Find(&users).Error)
	root.End()
	all := exporter.GetSpans()
	require.Len(t, all, 4)
	parent, preload := named(t, all, "SELECT users"), named(t, all, "SELECT orders")
	require.Equal(t, root.SpanContext().SpanID(), parent.Parent.SpanID())
	require.Equal(t, parent.SpanContext.SpanID(), preload.Parent.SpanID())
	require.Equal(t, preload.SpanContext.SpanID(), named(t, all, "SELECT").Parent.SpanID(), "of the hook")
	require.False(t, preload.StartTime.Before(parent.StartTime) || preload.EndTime.After(parent.EndTime))

	exporter.Reset()
	ctx, root = tracer.Start(t.Context(), "request")
	require.NoError(t, db.WithContext(ctx).Create(&User{Name: "Ada", Orders: []Order{{Total: 3}}}).Error)
	root.End()
	all = exporter.GetSpans()
	create := named(t, all, "INSERT users")
	for _, s := range all {
		switch s.Name {
		case "request":
		case "INSERT users":
			require.Equal(t, root.SpanContext().SpanID(), s.Parent.SpanID())
		default:
			require.Equal(t, create.SpanContext.SpanID(), s.Parent.SpanID(), s.Name)
		}
		require.Equal(t, root.SpanContext().TraceID(), s.SpanContext.TraceID(), s.Name)
		require.False(t, s.EndTime.Before(s.StartTime), s.Name)
	}
	named(t, all, "COMMIT")
	named(t, all, "INSERT orders")
}

// What fails says so, without a value. A record that is not there is no failure.
func TestErrors(t *testing.T) {
	db, exporter, _ := open(t, callbacks.ProfilerConfig{})
	require.Error(t, db.Create(&User{Name: "secret"}).Error)
	s := named(t, exporter.GetSpans(), "INSERT users")
	require.Equal(t, codes.Error, s.Status.Code)
	require.Equal(t, s.Status.Description, attrs(s)["error.type"])
	require.Equal(t, "2067", attrs(s)["db.response.status_code"])
	require.NotContains(t, fmt.Sprint(s), "secret")

	exporter.Reset()
	require.ErrorIs(t, db.Take(&User{}, 4711).Error, gorm.ErrRecordNotFound)
	s = named(t, exporter.GetSpans(), "SELECT users")
	require.Equal(t, codes.Unset, s.Status.Code)
	require.NotContains(t, attrs(s), "error.type")
	require.Equal(t, int64(0), attrs(s)["db.response.returned_rows"])

	exporter.Reset()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, db.WithContext(ctx).Find(&[]User{}).Error, context.Canceled)
	require.Equal(t, codes.Error, named(t, exporter.GetSpans(), "SELECT users").Status.Code)
}

// Values are there if the profiler keeps them.
func TestParameters(t *testing.T) {
	db, exporter, _ := open(t, callbacks.ProfilerConfig{Args: callbacks.ArgValues})
	require.NoError(t, db.Where("name = ?", strings.Repeat("ä", 1000)).Find(&[]User{}).Error)
	value := attrs(named(t, exporter.GetSpans(), "SELECT users"))["db.query.parameter.0"]
	require.Equal(t, strings.Repeat("ä", 128), value)
}

// Hooks that were there are called, within the span.
func TestOtherHooks(t *testing.T) {
	type key struct{}
	var started, ended int
	db, exporter, _ := open(t, callbacks.ProfilerConfig{
		OnStart: func(ctx context.Context, q *callbacks.QueryStart) context.Context {
			started++
			require.True(t, api.SpanContextFromContext(ctx).IsValid())
			return context.WithValue(ctx, key{}, q.ID)
		},
		OnQuery: func(ctx context.Context, q *callbacks.Query) {
			ended++
			require.Equal(t, q.ID, ctx.Value(key{}))
			require.True(t, api.SpanFromContext(ctx).IsRecording())
		},
	})
	require.NoError(t, db.Find(&[]User{}).Error)
	require.Equal(t, []int{1, 1}, []int{started, ended})
	require.Len(t, exporter.GetSpans(), 1)
}

// database/sql, transactions, savepoints, rows that stay open.
func TestBelowGORM(t *testing.T) {
	db, exporter, tracer := open(t, callbacks.ProfilerConfig{})
	ctx, root := tracer.Start(t.Context(), "request")
	errUndo := errors.New("undo")
	require.ErrorIs(t, db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		rows, err := tx.Model(&Order{}).Rows()
		require.NoError(t, err)
		require.True(t, rows.Next())
		require.NoError(t, rows.Close())
		return errUndo
	}), errUndo)
	pool, err := db.DB()
	require.NoError(t, err)
	_, err = pool.ExecContext(ctx, "UPDATE orders SET total = 5")
	require.NoError(t, err)
	root.End()
	all := exporter.GetSpans()
	for _, name := range []string{"BEGIN", "SELECT orders", "ROLLBACK", "UPDATE orders"} {
		s := named(t, all, name)
		require.Equal(t, root.SpanContext().SpanID(), s.Parent.SpanID(), name)
	}
	require.Equal(t, int64(2), attrs(named(t, all, "UPDATE orders"))["libsql.rows_affected"])
}

// Spans that nobody samples cost little, and mix nothing up.
func TestConcurrently(t *testing.T) {
	db, exporter, tracer := open(t, callbacks.ProfilerConfig{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				ctx, root := tracer.Start(t.Context(), "request")
				_ = db.WithContext(ctx).Preload("Orders").Find(&[]User{}).Error
				root.End()
			}
		}()
	}
	wg.Wait()
	all := exporter.GetSpans()
	require.Len(t, all, 8*20*4)
	traces := map[api.TraceID]int{}
	for _, s := range all {
		traces[s.SpanContext.TraceID()]++
	}
	for id, n := range traces {
		require.Equal(t, 4, n, id)
	}
}
