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
	data.Tiles = tiles(r, &past)
	if len(past.moments) > 0 {
		data.Charts = charts(r, &past)
	}
	p.Data = data
	return nil
}

func tiles(r *callbacks.Report, past *past) []tile {
	now, seconds := past.recent()
	t := &r.Total
	self := t.Times.Self()
	waited := t.Times.PoolWait + t.Times.LockWait
	all := []tile{
		{Name: "Throughput", Value: perSecond(float64(now.Count), seconds), Note: "in the last minute; " + perSecond(float64(t.Count), r.Until.Sub(r.From).Seconds()).String() + " in all", Target: "./shapes"},
		{Name: "Latency p95", Value: duration(t.Latency.P95), Note: "p50 " + duration(t.Latency.P50).String() + " · p99 " + duration(t.Latency.P99).String() + " · max " + duration(t.Latency.Max).String(), Target: "./shapes?by=p95"},
		{Name: "Waiting", Value: percent(float64(waited), float64(self)), Note: "pool " + duration(t.Times.PoolWait).String() + " · locks " + duration(t.Times.LockWait).String(), Alarm: self > 0 && waited*2 > self, Target: "./transactions"},
		{Name: "Errors", Value: percent(float64(t.Errors), float64(t.Count)), Note: count(t.Errors) + " of " + count64(t.Count), Alarm: t.Errors > 0, Target: "./shapes?by=errors"},
		{Name: "Cache hits", Value: percent(float64(r.Pool.CacheHits), float64(r.Pool.CacheHits+r.Pool.CacheMisses)), Note: about(float64(r.Pool.CacheMisses)).String() + " pages came from the file"},
		{Name: "Read per row", Value: about(t.ReadPerRow()), Note: about(float64(t.Counters.RowsRead)).String() + " read · " + about(float64(t.Rows+t.RowsAffected)).String() + " out", Target: "./shapes?by=read"},
	}
	return all
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
	var most struct{ count, busy, rows, slowest, fastest float64 }
	most.fastest = 1e18
	for i := range p.moments {
		m := &p.moments[i]
		most.count = max(most.count, float64(m.Count)/m.seconds)
		most.busy = max(most.busy, (m.PoolWait+m.LockWait+m.Engine).Seconds()/m.seconds)
		most.rows = max(most.rows, float64(m.RowsRead)/m.seconds)
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

	busy := newChart("Load", "queries that run or wait")
	p.stack(&busy, busy.linear(most.busy, grid), []layer{
		last(layer{name: "engine", class: "engine", value: load(func(m *moment) time.Duration { return m.Engine })}, per),
		last(layer{name: "locks", class: "lock", value: load(func(m *moment) time.Duration { return m.LockWait })}, per),
		last(layer{name: "pool", class: "pool", value: load(func(m *moment) time.Duration { return m.PoolWait })}, per),
	})
	p.hover(&busy, func(m *moment) string {
		return "engine " + duration(m.Engine).String() + ", locks " + duration(m.LockWait).String() + ", pool " + duration(m.PoolWait).String()
	})

	rows := newChart("Rows", "per second")
	p.lines(&rows, rows.logarithmic(1, most.rows, grid), []layer{
		last(layer{name: "read", class: "s1", value: rate(func(m *moment) int64 { return m.RowsRead })}, per),
		last(layer{name: "returned", class: "s2", value: rate(func(m *moment) int64 { return m.Rows })}, per),
	})
	p.hover(&rows, func(m *moment) string {
		return perSecond(float64(m.RowsRead), m.seconds).String() + " read, " + perSecond(float64(m.Rows), m.seconds).String() + " returned"
	})
	all := []chart{queries, latency, busy, rows}
	for i := range all {
		all[i].Axis = p.axis()
	}
	return all
}
