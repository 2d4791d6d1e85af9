package callbacks

import (
	"context"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// BenchmarkCycle is the profiler's own work for a query, without the query.
func BenchmarkCycle(b *testing.B) {
	p := NewProfiler(ProfilerConfig{})
	tr := &tracer{p: p}
	start := p.start(kindQuery)
	stmt := &gorm.Statement{Context: context.Background(), Table: "users"}
	db := &gorm.DB{Config: &gorm.Config{}, Statement: stmt}
	stmt.DB = db
	ev := driver.TraceEvent{Op: driver.OpQuery, SQL: "SELECT * FROM `users` WHERE `users`.`id` = ? LIMIT 1", Start: time.Now(), Conn: 1, Rows: 1, Counters: &driver.Counters{Runs: 1, RowsRead: 1}}
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			start(db)
			p.main(db)
			stmt.Context.Done()
			ctx := tr.TraceStart(stmt.Context, driver.OpQuery, ev.SQL)
			tr.TraceEnd(ctx, ev)
			p.mainEnded(db)
			p.end(db)
		}
	})
	b.Run("callers", func(b *testing.B) {
		for range b.N {
			var pcs [nearGORM]uintptr
			p.sites.caller(pcs[:], 0, true)
		}
	})
	r := &record{sql: ev.SQL, site: noSite, table: "users"}
	b.Run("count", func(b *testing.B) {
		for range b.N {
			r.start = p.now()
			p.count(&p.shards[0], r, context.Background(), nil)
		}
	})
}
