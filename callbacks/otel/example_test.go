package otel_test

import (
	"context"
	"fmt"
	"log"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/callbacks/otel"
)

func ExampleTrace() {
	exporter := tracetest.NewInMemoryExporter() // a program has one of OTLP
	provider := trace.NewTracerProvider(trace.WithSyncer(exporter))
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	cfg := otel.Trace(callbacks.ProfilerConfig{}, otel.Config{TracerProvider: provider})
	if err := db.Use(callbacks.NewProfiler(cfg)); err != nil {
		log.Fatal(err)
	}
	ctx, request := provider.Tracer("shop").Start(context.Background(), "request")
	var answer int
	if err := db.WithContext(ctx).Raw("SELECT 6 * 7").Scan(&answer).Error; err != nil {
		log.Fatal(err)
	}
	request.End()
	for _, span := range exporter.GetSpans() {
		fmt.Println(span.Name, span.Parent.IsValid())
	}
	// Output:
	// SELECT true
	// request false
}
