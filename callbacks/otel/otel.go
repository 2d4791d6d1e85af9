// Package otel makes OpenTelemetry spans of the queries that a
// [callbacks.Profiler] measures:
//
//	cfg := otel.Trace(callbacks.ProfilerConfig{}, otel.Config{})
//	err := db.Use(callbacks.NewProfiler(cfg))
//
// It is a module of its own, so that who does not trace needs nothing of
// OpenTelemetry.
package otel

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
)

// Scope is the name of the instrumentation scope of the spans.
const Scope = "github.com/gorm-libsql/libsql/callbacks/otel"

// Config says where spans go. The zero value is good.
type Config struct {
	// TracerProvider makes the tracer. Default: the global one, as it is when
	// Trace is called; one that is set later takes over.
	TracerProvider trace.TracerProvider
	// Attributes are those of each span, such as db.namespace for the name of
	// the database. Default: none.
	Attributes []attribute.KeyValue
}

// Trace returns the profiler's configuration with hooks that make a span of
// each query. Hooks that it has already are called too, within the span.
//
// A span's parent is the one in the query's context, as of WithContext; the
// parent of a preload, of a hook's query, or of BEGIN and COMMIT that GORM adds
// is the query that caused it. The kind is client, the name and the attributes
// are those of the [semantic conventions] for databases: db.system.name
// ("sqlite"), db.operation.name, db.collection.name, db.query.summary,
// db.query.text (the shape, in which no value stands), db.response.returned_rows,
// db.response.status_code and error.type of failures, and code.function.name,
// code.file.path and code.line.number of the program's line. Under libsql. there
// are rows_read, rows_written and rows_affected, and pool_wait, lock_wait and
// engine in seconds; each only if it is not 0. Values that the profiler keeps
// (ProfilerConfig.Args) are attributes db.query.parameter.N.
//
// A query that fails has the status Error, with the class of the error and not
// its text. A record that was not found is no failure.
//
// [semantic conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-spans/
func Trace(cfg callbacks.ProfilerConfig, c Config) callbacks.ProfilerConfig {
	provider := c.TracerProvider
	if provider == nil {
		provider = otel.GetTracerProvider()
	}
	t := &tracer{tracer: provider.Tracer(Scope), attributes: c.Attributes, onStart: cfg.OnStart, onQuery: cfg.OnQuery}
	cfg.OnStart, cfg.OnQuery = t.start, t.end
	return cfg
}

type tracer struct {
	tracer     trace.Tracer
	attributes []attribute.KeyValue
	onStart    func(context.Context, *callbacks.QueryStart) context.Context
	onQuery    func(context.Context, *callbacks.Query)
}

// begun is the span of a query that has begun, in its context. Queries that it
// causes see it as well.
type begun struct {
	id    uint64
	span  trace.Span
	outer context.Context // what the query was called with
}

type begunKey struct{}

func (t *tracer) start(ctx context.Context, q *callbacks.QueryStart) context.Context {
	outer := ctx
	ctx, span := t.tracer.Start(ctx, summary(q.SQL, q.Kind, q.Table), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(t.attributes...),
		trace.WithAttributes(attribute.String("db.system.name", "sqlite"))) // known to samplers
	ctx = context.WithValue(ctx, begunKey{}, begun{q.ID, span, outer})
	if t.onStart != nil {
		ctx = t.onStart(ctx, q)
	}
	return ctx
}

func (t *tracer) end(ctx context.Context, q *callbacks.Query) {
	if t.onQuery != nil {
		t.onQuery(ctx, q)
	}
	b, ok := ctx.Value(begunKey{}).(begun)
	if !ok || b.id != q.ID {
		// One that only shows at its end: the COMMIT of a create, within its
		// span, or of a transaction of the program, beside that of BEGIN.
		if ok && b.id != q.Parent {
			ctx = b.outer
		}
		_, b.span = t.tracer.Start(ctx, "", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(q.Start),
			trace.WithAttributes(t.attributes...), trace.WithAttributes(attribute.String("db.system.name", "sqlite")))
	}
	if b.span.IsRecording() {
		b.span.SetName(summary(q.SQL, q.Kind, q.Table))
		b.span.SetAttributes(attributes(q)...)
		if q.Error != "" && q.Error != "not found" {
			b.span.SetStatus(codes.Error, q.Error)
		}
	}
	b.span.End(trace.WithTimestamp(q.Start.Add(q.Times.Whole)))
}

// summary is what a span is called: SELECT orders.
func summary(sql, kind, table string) string {
	name := verb(sql)
	if name == "" {
		name = kind
	}
	if table != "" {
		name += " " + table
	}
	return text(name, 255)
}

// verb is the first word of a statement.
func verb(sql string) string {
	end := strings.IndexFunc(sql, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		end = len(sql)
	}
	return strings.ToUpper(sql[:end])
}

// Bounds of a span's texts.
const widestSQL, widestValue, mostValues = 4096, 256, 64

func attributes(q *callbacks.Query) []attribute.KeyValue {
	all := []attribute.KeyValue{attribute.String("db.query.summary", summary(q.SQL, q.Kind, q.Table))}
	add := func(key, value string) {
		if value != "" {
			all = append(all, attribute.String(key, value))
		}
	}
	number := func(key string, n int64) {
		if n != 0 {
			all = append(all, attribute.Int64(key, n))
		}
	}
	seconds := func(key string, s float64) {
		if s != 0 {
			all = append(all, attribute.Float64(key, s))
		}
	}
	add("db.query.text", text(q.SQL, widestSQL))
	add("db.operation.name", verb(q.SQL))
	add("db.collection.name", text(q.Table, widestValue))
	if q.Rows > 0 || verb(q.SQL) == "SELECT" {
		all = append(all, attribute.Int64("db.response.returned_rows", q.Rows))
	}
	if q.Error != "" && q.Error != "not found" {
		add("error.type", q.Error)
		var e *driver.Error
		if errors.As(q.Err, &e) {
			add("db.response.status_code", strconv.Itoa(int(e.Extended)))
		}
	}
	add("code.function.name", q.Caller.Function)
	add("code.file.path", q.Caller.File)
	number("code.line.number", int64(q.Caller.Line))
	number("libsql.rows_affected", q.RowsAffected)
	number("libsql.rows_read", q.Counters.RowsRead)
	number("libsql.rows_written", q.Counters.RowsWritten)
	seconds("libsql.pool_wait", q.Times.PoolWait.Seconds())
	seconds("libsql.lock_wait", q.Times.LockWait.Seconds())
	seconds("libsql.engine", q.Times.Engine.Seconds())
	if q.DryRun {
		all = append(all, attribute.Bool("libsql.dry_run", true))
	}
	for i, a := range q.Args[:min(len(q.Args), mostValues)] {
		all = append(all, attribute.String("db.query.parameter."+strconv.Itoa(i), text(fmt.Sprint(a.Value), widestValue)))
	}
	return all
}

// text is valid, and n bytes long at most.
func text(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "�")
}
