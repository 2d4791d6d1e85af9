package callbacks

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"time"
)

// ProfilerConfig says what a [Profiler] does beside summing up. The zero value
// is good.
type ProfilerConfig struct {
	// Slow is from which duration on a query is slow: the last ones are kept
	// in Report.Slow, and logged if there is a Logger. Negative: none is.
	// Default: 200 ms.
	Slow time.Duration
	// NoPlans leaves out the plans of slow queries, which are in Shape.SlowPlan
	// and Query.Plan: SQLite is asked once for each shape that was slow, after
	// the query and on another goroutine, as soon as a connection of the pool is
	// free, and the query does not run again. The pool is the one that the query
	// ran in, as of a plugin that chooses among several. Default: false.
	NoPlans bool
	// Logger gets a record of each slow query, at the level Warn. Default: none.
	Logger *slog.Logger
	// LogEvery logs one of so many slow queries, beginning with the first.
	// Default: 1, each.
	LogEvery int
	// Args is asked for each value that GORM binds in a query that is slow or
	// goes to OnQuery, and returns what is kept in its place. The column is ""
	// where the SQL does not show it. [ArgTypes] keeps the kind and the length
	// of values, [ArgValues] keeps them as they are; a function of your own can
	// decide by table and column. Default: nil, which keeps nothing at all.
	Args func(table, column string, value any) any
	// OnStart is called when a query begins. The context that it returns is
	// that of the query from then on: the driver, the queries that it causes,
	// and OnQuery see it. Default: none.
	OnStart func(ctx context.Context, q *QueryStart) context.Context
	// OnQuery is called when a query has ended, those under DryRun among them,
	// on the goroutine that ran it, with the context of OnStart, or without
	// OnStart the one that the query was called with; COMMIT and ROLLBACK of
	// database/sql have that of their BEGIN. It must be quick, must not use the
	// connection, and must not keep the Query. Default: none.
	OnQuery func(ctx context.Context, q *Query)
	// MaxGroups bounds what is told apart: of shapes, callers and tables so
	// many are reported, the costliest, and what the others had is in
	// Report.Rest. What is kept is a shape as one line of the program uses it,
	// about 1.5 KB, twice as many as that for each processor, of 8 at most.
	// Default: 500.
	MaxGroups int
	// Repeats is how many queries of one shape from one line within one
	// context make a loop that Report.Repeated tells of. Default: 10.
	Repeats int
}

// QueryStart is what is known of a query when it begins.
type QueryStart struct {
	ID     uint64
	Parent uint64 // 0 for none
	Kind   string // as in Query
	SQL    string // the text, if it is known before GORM builds it: of raw SQL, and without GORM
	Table  string
	Caller Frame
}

// ArgTypes is a ProfilerConfig.Args that keeps no value, but its Go type and,
// of a text or a blob, its length.
func ArgTypes(_, _ string, value any) any {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		return fmt.Sprintf("string(%d)", len(v))
	case []byte:
		return fmt.Sprintf("[]byte(%d)", len(v))
	}
	return fmt.Sprintf("%T", value)
}

// ArgValues is a ProfilerConfig.Args that keeps every value: of a blob a copy,
// else the value itself, which must not change any more if it is a pointer.
func ArgValues(_, _ string, value any) any {
	if b, ok := value.([]byte); ok {
		return bytes.Clone(b)
	}
	return value
}

func (c ProfilerConfig) withDefaults() ProfilerConfig {
	if c.Slow == 0 {
		c.Slow = 200 * time.Millisecond
	}
	if c.Slow < 0 {
		c.Slow = 1<<63 - 1
	}
	if c.LogEvery <= 0 {
		c.LogEvery = 1
	}
	if c.MaxGroups <= 0 {
		c.MaxGroups = 500
	}
	if c.Repeats <= 0 {
		c.Repeats = 10
	}
	return c
}
