package callbacks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// busy runs a little of everything.
func busy(t testing.TB, db *gorm.DB) {
	t.Helper()
	for i := range 12 {
		require.NoError(t, db.Create(&user{Name: "secret", Age: i, Orders: []order{{Total: 4711}}}).Error)
	}
	var users []user
	require.NoError(t, db.Find(&users).Error)
	for _, u := range users {
		require.NoError(t, db.Where("user_id = ?", u.ID).Find(&u.Orders).Error)
	}
	require.Error(t, db.Exec("SELECT * FROM nowhere WHERE name = 'secret'").Error)
	require.NoError(t, db.Exec("UPDATE users SET name = 'secret' WHERE age > 4711").Error)
}

// The table says what is there, in lines that line up.
func TestReportString(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1})
	require.Contains(t, p.Report().String(), "0 queries")
	busy(t, db)
	text := p.Report().String()
	for _, want := range []string{
		"test.db", "1 error: SQL error 1", "SELECT * FROM `orders` WHERE user_id = ?", "again and again", "write lock", "callbacks/output_test.go:",
		"users", "the last slow queries",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "secret")
	require.NotContains(t, text, "4711")
	for _, line := range strings.Split(text, "\n") {
		require.LessOrEqual(t, len([]rune(line)), 200, line)
	}
	if os.Getenv("SHOW") != "" {
		fmt.Println(text)
	}
}

// Recent is the whole of History, and two reports tell the same times.
func TestReportOfTheLastMinutes(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db, p := open(t, callbacks.ProfilerConfig{})
	require.Zero(t, p.Report().Recent)
	busy(t, db)
	r := p.Report()
	var count, errors, rows, affected, read, hits, misses int64
	var self time.Duration
	for _, m := range r.History {
		count, errors, rows, affected, read = count+m.Count, errors+m.Errors, rows+m.Rows, affected+m.RowsAffected, read+m.RowsRead
		hits, misses, self = hits+m.CacheHits, misses+m.CacheMisses, self+m.Self
	}
	require.Equal(t, []int64{r.Total.Count, r.Total.Errors, r.Total.Rows, r.Total.RowsAffected, r.Total.Counters.RowsRead}, []int64{count, errors, rows, affected, read})
	require.Equal(t, r.Total.Times.Self(), self)
	m := r.Recent
	require.Equal(t, []int64{count, errors, rows, affected, read, hits, misses}, []int64{m.Count, m.Errors, m.Rows, m.RowsAffected, m.RowsRead, m.CacheHits, m.CacheMisses})
	require.Equal(t, self, m.Self)
	require.Positive(t, m.CacheHits)
	require.LessOrEqual(t, m.CacheHits, r.Pool.CacheHits)
	latency := r.Total.Latency
	latency.Buckets = nil
	require.Equal(t, latency, m.Latency)
	require.False(t, m.Start.Before(r.From))
	require.Equal(t, r.Until, m.Start.Add(m.Length))

	again := p.Report()
	require.Len(t, again.Shapes, len(r.Shapes))
	for i := range r.Shapes {
		require.Equal(t, []time.Time{r.Shapes[i].First, r.Shapes[i].Last}, []time.Time{again.Shapes[i].First, again.Shapes[i].Last})
	}
	require.Equal(t, r.Transactions, again.Transactions)
	require.Equal(t, r.History, again.History)
}

// JSON has all of it, and comes back as it was.
func TestReportJSON(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1, Args: callbacks.ArgTypes})
	busy(t, db)
	r := p.Report()
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.NotContains(t, string(text), "secret")
	require.NotContains(t, string(text), "null")
	var back callbacks.Report
	require.NoError(t, json.Unmarshal(text, &back))
	again, err := json.Marshal(&back)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(again))
	require.NotContains(t, fmt.Sprintf("%+v %#v", r, *r), "secret", "printed with its unexported fields")
}

var sampleLine = regexp.MustCompile(`^[a-z_]+(\{[a-z]+="(\\.|[^"\\])*"(,[a-z]+="(\\.|[^"\\])*")*\})? [0-9.e+-]+$`)

func TestWriteMetrics(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{MaxGroups: 2})
	busy(t, db)
	require.NoError(t, db.Exec("CREATE TABLE \"a\\b\"\"c\"(x)").Error)
	require.NoError(t, db.Exec("SELECT * FROM \"a\\b\"\"c\"").Error)
	var b bytes.Buffer
	require.NoError(t, p.WriteMetrics(&b, map[string]string{"db": `shop "1"`}))
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n") {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			require.False(t, seen[name], line)
			seen[name] = true
			continue
		}
		if !strings.HasPrefix(line, "# HELP ") {
			require.Regexp(t, sampleLine, line)
			require.Contains(t, line, `db="shop \"1\""`)
		}
	}
	text := b.String()
	for _, want := range []string{`,table="(others)"} `, `libsql_query_duration_seconds_bucket{`, `le="+Inf"`, `part="engine"`} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "secret")
	require.Error(t, p.WriteMetrics(failing{}, nil))
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

// Slow queries are logged, one of so many, and without values.
func TestSlowQueriesAreLogged(t *testing.T) {
	var b bytes.Buffer
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1, LogEvery: 3, Logger: slog.New(slog.NewJSONHandler(&b, nil))})
	for range 7 {
		require.NoError(t, db.Where("name = ?", "secret").Find(&[]user{}).Error)
	}
	require.Equal(t, 3, strings.Count(b.String(), `"msg":"slow query"`))
	require.NotContains(t, b.String(), "secret")
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(strings.Split(b.String(), "\n")[0]), &line))
	require.Equal(t, "SELECT * FROM `users` WHERE name = ?", line["sql"])
	require.Contains(t, line["caller"], "output_test.go:")
	require.Equal(t, "users", line["table"])
	require.Len(t, p.Report().Slow, 7)

	b.Reset()
	db, p = open(t, callbacks.ProfilerConfig{Slow: -1, Logger: slog.New(slog.NewJSONHandler(&b, nil))})
	require.NoError(t, db.Find(&[]user{}).Error)
	require.Empty(t, b.String())
	require.Empty(t, p.Report().Slow)
}

// Values are kept only when they are asked for, and as the hook says.
func TestArgs(t *testing.T) {
	run := func(args func(table, column string, value any) any) []callbacks.Arg {
		db, _, rec := openRecorded(t, callbacks.ProfilerConfig{Args: args})
		require.NoError(t, db.Where("name = ? AND age > ? AND ? > 1", "secret", 7, 3).Find(&[]user{}).Error)
		return rec.one(t).Args
	}
	require.Empty(t, run(nil))
	require.Equal(t, []callbacks.Arg{{Column: "name", Value: "string(6)"}, {Column: "age", Value: "int"}, {Value: "int"}}, run(callbacks.ArgTypes))
	require.Equal(t, []callbacks.Arg{{Column: "name", Value: "secret"}, {Column: "age", Value: 7}, {Value: 3}}, run(callbacks.ArgValues))
	byColumn := run(func(table, column string, value any) any {
		require.Equal(t, "users", table)
		if column == "age" {
			return value
		}
		return "…"
	})
	require.Equal(t, []callbacks.Arg{{Column: "name", Value: "…"}, {Column: "age", Value: 7}, {Value: "…"}}, byColumn)
	require.Equal(t, []any{nil, "[]byte(2)", "bool"}, []any{callbacks.ArgTypes("", "", nil), callbacks.ArgTypes("", "", []byte("ab")), callbacks.ArgTypes("", "", true)})
}

// The context of OnStart is that of all that follows, so that spans nest.
func TestContextsOfSpans(t *testing.T) {
	type key struct{}
	var steps []string
	depth := func(ctx context.Context) int { n, _ := ctx.Value(key{}).(int); return n }
	db, _ := open(t, callbacks.ProfilerConfig{
		OnStart: func(ctx context.Context, q *callbacks.QueryStart) context.Context {
			steps = append(steps, fmt.Sprint("start ", q.Kind, depth(ctx)+1, q.Parent != 0))
			return context.WithValue(ctx, key{}, depth(ctx)+1)
		},
		OnQuery: func(ctx context.Context, q *callbacks.Query) {
			steps = append(steps, fmt.Sprint("end ", q.Kind, depth(ctx), q.Parent != 0))
			require.Equal(t, "request", ctx.Value(requestKey{}))
		},
	})
	db = db.WithContext(context.WithValue(context.Background(), requestKey{}, "request"))
	require.NoError(t, db.Create(&user{Orders: []order{{}}}).Error)
	steps = nil
	require.NoError(t, db.Preload("Orders").Find(&[]user{}).Error)
	require.Equal(t, []string{"start query1 false", "start query2 true", "end query2 true", "end query1 false"}, steps)
	steps = nil
	require.NoError(t, db.Exec("SELECT 1").Error)
	require.Equal(t, []string{"start raw1 false", "end raw1 false"}, steps)
}

type requestKey struct{}
