package web

import (
	"net/http"
	"time"

	"github.com/gorm-libsql/libsql/callbacks"
)

// tile is a number to see at a glance.
type tile struct {
	Name   string
	Value  scaled
	Note   string
	Alarm  bool
	Target string // where more is told
}

type overviewData struct {
	Window string // what the tiles are of
	Tiles  []tile
	Charts []chart
	Top    []callbacks.Shape
	Loops  int
	Failed int // waits for locks
}

func overview(h *handler, _ *http.Request, p *page) error {
	r := p.Report
	past := history(r)
	data := overviewData{Top: r.Shapes[:min(len(r.Shapes), 8)], Loops: len(r.Repeated)}
	for i := range r.LockWaits {
		if r.LockWaits[i].Failed {
			data.Failed++
		}
	}
	window, of := seen(r)
	data.Window, data.Tiles = of, tiles(r, &past, window)
	if len(past.moments) > 0 {
		data.Charts = charts(r, &past)
	}
	p.Data = data
	return nil
}

// seen is what the tiles are of, and what that is in words: the time of the
// charts, or all there is when nothing ran meanwhile.
func seen(r *callbacks.Report) (m callbacks.Moment, of string) {
	if m = r.Recent; m.Count > 0 {
		if r.Until.Sub(r.From) <= m.Length+time.Minute {
			return m, "In the " + duration(m.Length).String() + " since it began"
		}
		return m, "In the last " + duration(m.Length).String()
	}
	t := &r.Total
	return callbacks.Moment{Length: r.Until.Sub(r.From), Count: t.Count, Errors: t.Errors, Rows: t.Rows, RowsAffected: t.RowsAffected,
		RowsRead: t.Counters.RowsRead, Self: t.Times.Self(), PoolWait: t.Times.PoolWait, LockWait: t.Times.LockWait, Latency: t.Latency,
		CacheHits: r.Pool.CacheHits, CacheMisses: r.Pool.CacheMisses}, "Since it began"
}

func tiles(r *callbacks.Report, past *past, m callbacks.Moment) []tile {
	now, seconds := past.recent()
	waited, out := m.PoolWait+m.LockWait, max(m.Rows, m.RowsAffected)
	pages := about(float64(m.CacheMisses)).String() + " pages came from the file"
	if r.Remote {
		pages = "not known of a remote database"
	}
	read := scaled{"–", ""}
	if out > 0 {
		read = about(float64(m.RowsRead) / float64(out))
	}
	latency := scaled{"–", ""}
	if m.Count > 0 {
		latency = duration(m.Latency.P95)
	}
	return []tile{
		{Name: "Throughput", Value: perSecond(float64(now), seconds), Note: "in the last minute; " + perSecond(float64(m.Count), m.Length.Seconds()).String() + " in all of it", Target: "./shapes"},
		{Name: "Latency p95", Value: latency, Note: "p50 " + duration(m.Latency.P50).String() + " · p99 " + duration(m.Latency.P99).String() + " · max " + duration(m.Latency.Max).String(), Target: "./shapes?by=p95"},
		{Name: "Waiting", Value: percent(float64(waited), float64(m.Self)), Note: "pool " + duration(m.PoolWait).String() + " · locks " + duration(m.LockWait).String(), Alarm: m.Self > 0 && waited*2 > m.Self, Target: "./transactions"},
		{Name: "Errors", Value: percent(float64(m.Errors), float64(m.Count)), Note: count(m.Errors) + " of " + count64(m.Count), Alarm: m.Errors > 0, Target: "./shapes?by=errors"},
		{Name: "Cache hits", Value: cacheHits(&m), Note: pages},
		{Name: "Read per row", Value: read, Note: about(float64(m.RowsRead)).String() + " read · " + about(float64(out)).String() + " out", Target: "./shapes?by=read"},
	}
}

func cacheHits(m *callbacks.Moment) scaled {
	return percent(float64(m.CacheHits), float64(m.CacheHits+m.CacheMisses))
}

func perSecond(n, seconds float64) scaled {
	if seconds <= 0 {
		return scaled{"–", ""}
	}
	s := about(n / seconds)
	s.Unit += "/s"
	return s
}

func charts(r *callbacks.Report, p *past) []chart {
	now := &p.moments[len(p.moments)-1]
	var most struct{ count, busy, waits, rows, slowest, fastest float64 }
	most.fastest = 1e18
	for i := range p.moments {
		m := &p.moments[i]
		most.count = max(most.count, float64(m.Count)/m.seconds)
		most.busy = max(most.busy, m.Engine.Seconds()/m.seconds)
		most.waits = max(most.waits, (m.PoolWait+m.LockWait).Seconds()/m.seconds)
		most.rows = max(most.rows, float64(max(m.RowsRead, m.Rows, m.RowsAffected))/m.seconds)
		if m.Count > 0 {
			most.slowest, most.fastest = max(most.slowest, float64(m.Latency.P99)), min(most.fastest, float64(m.Latency.P50))
		}
	}
	per := func(v float64) string { return about(v).String() }
	grid := func(v float64) string { return round(about(v)) }
	rate := func(n func(*moment) int64) func(*moment) float64 {
		return func(m *moment) float64 { return float64(n(m)) / m.seconds }
	}
	load := func(d func(*moment) time.Duration) func(*moment) float64 {
		return func(m *moment) float64 { return d(m).Seconds() / m.seconds }
	}
	last := func(l layer, show func(float64) string) layer { l.last = show(l.value(now)); return l }

	queries := newChart("Queries", "per second")
	ok := last(layer{name: "ok", class: "s1", value: rate(func(m *moment) int64 { return m.Count - m.Errors })}, per)
	failed := last(layer{name: "failed", class: "bad", value: rate(func(m *moment) int64 { return m.Errors })}, per)
	layers := []layer{ok}
	if r.Total.Errors > 0 {
		layers = []layer{failed, ok}
	}
	p.stack(&queries, queries.linear(most.count, grid), layers)
	p.hover(&queries, func(m *moment) string {
		return perSecond(float64(m.Count), m.seconds).String() + ", " + count(m.Errors) + " failed"
	})

	latency := newChart("Latency", "from the call to its end")
	time10 := func(v float64) string { return whole(time.Duration(v)) }
	show := func(v float64) string {
		if now.Count == 0 {
			return "–"
		}
		return duration(time.Duration(v)).String()
	}
	p.lines(&latency, latency.logarithmic(most.fastest, most.slowest, time10), []layer{
		last(layer{name: "p99", class: "s1", value: func(m *moment) float64 { return float64(m.Latency.P99) }}, show),
		last(layer{name: "p95", class: "s2", value: func(m *moment) float64 { return float64(m.Latency.P95) }}, show),
		last(layer{name: "p50", class: "s3", value: func(m *moment) float64 { return float64(m.Latency.P50) }}, show),
	})
	p.hover(&latency, func(m *moment) string {
		if m.Count == 0 {
			return "no query"
		}
		return "p50 " + duration(m.Latency.P50).String() + ", p95 " + duration(m.Latency.P95).String() + ", p99 " + duration(m.Latency.P99).String()
	})

	where := "in the engine"
	if r.Remote {
		where = "in the server's engine"
	}
	busy := newChart("Load", "queries "+where)
	p.stack(&busy, busy.linear(most.busy, grid), []layer{
		last(layer{name: "engine", class: "engine", value: load(func(m *moment) time.Duration { return m.Engine })}, per),
	})
	p.hover(&busy, func(m *moment) string {
		return "engine " + duration(m.Engine).String() + " of " + duration(m.Self).String() + " of queries"
	})

	waits := newChart("Waiting", "queries that wait")
	p.stack(&waits, waits.linear(most.waits, grid), []layer{
		last(layer{name: "locks", class: "lock", value: load(func(m *moment) time.Duration { return m.LockWait })}, per),
		last(layer{name: "pool", class: "pool", value: load(func(m *moment) time.Duration { return m.PoolWait })}, per),
	})
	p.hover(&waits, func(m *moment) string {
		return "locks " + duration(m.LockWait).String() + ", pool " + duration(m.PoolWait).String()
	})

	rows := newChart("Rows", "per second")
	p.lines(&rows, rows.logarithmic(1, most.rows, grid), []layer{
		last(layer{name: "read", class: "s1", value: rate(func(m *moment) int64 { return m.RowsRead })}, per),
		last(layer{name: "returned", class: "s2", value: rate(func(m *moment) int64 { return m.Rows })}, per),
		last(layer{name: "changed", class: "s3", value: rate(func(m *moment) int64 { return m.RowsAffected })}, per),
	})
	p.hover(&rows, func(m *moment) string {
		return perSecond(float64(m.RowsRead), m.seconds).String() + " read, " + perSecond(float64(m.Rows), m.seconds).String() + " returned, " +
			perSecond(float64(m.RowsAffected), m.seconds).String() + " changed"
	})

	cache := newChart("Cache hits", "of the pages that were wanted")
	p.lines(&cache, cache.linear(100, func(v float64) string { return percent(v, 100).String() }), []layer{
		{name: "hits", class: "s1", last: cacheHits(&now.Moment).String(),
			none:  func(m *moment) bool { return m.CacheHits+m.CacheMisses == 0 },
			value: func(m *moment) float64 { return 100 * float64(m.CacheHits) / float64(m.CacheHits+m.CacheMisses) }},
	})
	p.hover(&cache, func(m *moment) string {
		return cacheHits(&m.Moment).String() + " of " + about(float64(m.CacheHits+m.CacheMisses)).String() + " pages; " + count(m.CacheMisses) + " came from the file"
	})
	if r.Remote {
		cache.Empty = "Not known of a remote database."
	}
	all := []chart{queries, latency, busy, waits, rows, cache}
	for i := range all {
		all[i].Axis = p.axis()
	}
	return all
}
