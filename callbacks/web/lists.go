package web

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/callbacks"
)

// orders are what queries can be sorted by, the most first.
var orders = []struct {
	key, name string
	of        func(*callbacks.Measures) float64
}{
	{"time", "time", func(m *callbacks.Measures) float64 { return float64(m.Times.Self()) }},
	{"count", "queries", func(m *callbacks.Measures) float64 { return float64(m.Count) }},
	{"mean", "mean", func(m *callbacks.Measures) float64 { return float64(m.Latency.Mean) }},
	{"p95", "p95", func(m *callbacks.Measures) float64 { return float64(m.Latency.P95) }},
	{"max", "max", func(m *callbacks.Measures) float64 { return float64(m.Latency.Max) }},
	{"rows", "rows", func(m *callbacks.Measures) float64 { return float64(m.Rows + m.RowsAffected) }},
	{"read", "read/row", func(m *callbacks.Measures) float64 { return readPerRow(m) }},
	{"errors", "errors", func(m *callbacks.Measures) float64 { return float64(m.Errors) }},
}

// readPerRow is what the engine read for each row, or for nothing.
func readPerRow(m *callbacks.Measures) float64 {
	if m.Rows+m.RowsAffected == 0 {
		return float64(m.Counters.RowsRead)
	}
	return m.ReadPerRow()
}

// column heads a list; a link sorts by it.
type column struct {
	Name, Href string
	Current    bool
}

// row is a line of a list.
type row struct {
	*callbacks.Measures
	Share scaled // of all time
	Bar   string // the same, of 100
	Read  scaled
	What  any
}

type list struct {
	Columns []column
	Rows    []row
	Rest    *callbacks.Measures
	Total   int // rows that there are
	Search  string
	By      string
	Of      string // in words: what the rows are
}

// shown bounds the rows of a list.
const shown = 100

func (l *list) sorted(r *http.Request, total *callbacks.Measures) {
	keys := make([]string, len(orders))
	for i, o := range orders {
		keys[i] = o.key
	}
	l.By = choice(r, "by", keys...)
	for _, o := range orders {
		query := url.Values{"by": {o.key}}
		if l.Search != "" {
			query.Set("q", l.Search)
		}
		if r.URL.Query().Get("live") == "off" {
			query.Set("live", "off")
		}
		l.Columns = append(l.Columns, column{Name: o.name, Href: "?" + query.Encode(), Current: o.key == l.By})
		if o.key == l.By {
			slices.SortStableFunc(l.Rows, func(a, b row) int { return cmp.Compare(o.of(b.Measures), o.of(a.Measures)) })
		}
	}
	l.Total = len(l.Rows)
	l.Rows = l.Rows[:min(len(l.Rows), shown)]
	for i := range l.Rows {
		m := &l.Rows[i]
		l.Rows[i].Share = percent(float64(m.Times.Self()), float64(total.Times.Self()))
		l.Rows[i].Bar = px(100 * float64(m.Times.Self()) / max(float64(total.Times.Self()), 1))
		l.Rows[i].Read = about(readPerRow(m.Measures))
	}
}

func shapes(_ *handler, r *http.Request, p *page) error {
	l := &list{Search: words(r, "q"), Of: "queries"}
	for i := range p.Report.Shapes {
		s := &p.Report.Shapes[i]
		if l.Search != "" && !contains(s.SQL, l.Search) && !contains(s.Table, l.Search) && !contains(s.Model, l.Search) {
			continue
		}
		l.Rows = append(l.Rows, row{Measures: &s.Measures, What: s})
	}
	if p.Report.Rest.Shapes.Count > 0 {
		l.Rest = &p.Report.Rest.Shapes
	}
	l.sorted(r, &p.Report.Total)
	p.Data = l
	return nil
}

func callers(_ *handler, r *http.Request, p *page) error {
	l := &list{Search: words(r, "q"), Of: "lines"}
	for i := range p.Report.Callers {
		c := &p.Report.Callers[i]
		if l.Search != "" && !contains(c.Function, l.Search) && !contains(c.Frame.String(), l.Search) {
			continue
		}
		l.Rows = append(l.Rows, row{Measures: &c.Measures, What: c.Frame})
	}
	if p.Report.Rest.Callers.Count > 0 {
		l.Rest = &p.Report.Rest.Callers
	}
	l.sorted(r, &p.Report.Total)
	p.Data = l
	return nil
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

func loops(_ *handler, _ *http.Request, p *page) error { return nil }

// slow has the newest first.
func slow(_ *handler, _ *http.Request, p *page) error {
	all := slices.Clone(p.Report.Slow)
	slices.Reverse(all)
	p.Data = slowRows(all)
	return nil
}

// slowRow is a slow query with its bound values as text.
type slowRow struct {
	callbacks.Query
	Args []slowArg
}

type slowArg struct{ Column, Value string }

// Bounds of the bound values that are shown.
const mostArgs, widestArg = 50, 200

func slowRows(all []callbacks.Query) (out []slowRow) {
	for _, q := range all {
		s := slowRow{Query: q}
		for _, a := range q.Args[:min(len(q.Args), mostArgs)] {
			s.Args = append(s.Args, slowArg{a.Column, literal(a.Value)})
		}
		if len(q.Args) > mostArgs {
			s.Args = append(s.Args, slowArg{"", "…"})
		}
		out = append(out, s)
	}
	return out
}

func advice(h *handler, r *http.Request, p *page) error {
	all, err := h.source.advice(r.Context())
	data := adviceData{All: all}
	if err != nil {
		if errors.Is(err, errNoDatabase) || len(all) == 0 {
			return err
		}
		data.Problem = err.Error()
	}
	data.links(p.Report)
	p.Data = data
	return nil
}

// adviceData is advice, with the SQL of the shapes that it is about.
type adviceData struct {
	All     []callbacks.Advice
	SQL     map[string]string // by the shapes' IDs
	Problem string
}

func (d *adviceData) links(r *callbacks.Report) {
	d.SQL = map[string]string{}
	for i := range r.Shapes {
		d.SQL[r.Shapes[i].ID] = r.Shapes[i].SQL
	}
}

// shapeData is all about one shape.
type shapeData struct {
	*callbacks.Shape
	Read      scaled
	Share     scaled
	Histogram chart
	Plan      *callbacks.QueryPlan
	NoPlan    string              // why there is none
	Then      *callbacks.SlowPlan // when it was slow, if that was another
	Advice    adviceData
	Loops     []callbacks.Repeated
	Slow      []slowRow
	Counts    []counter
}

type counter struct {
	Name, Note string
	Value      int64
	Each       scaled // for a query
	Alarm      bool
}

func shape(h *handler, r *http.Request, p *page) error {
	s := find(p.Report, words(r, "id"))
	if s == nil {
		return status{http.StatusNotFound, "The profiler knows no such query, or it is among the others now that are not told apart."}
	}
	total := &p.Report.Total
	data := shapeData{Shape: s, Read: about(readPerRow(&s.Measures)), Share: percent(float64(s.Times.Self()), float64(total.Times.Self())),
		Histogram: histogram(&s.Latency), Counts: counters(&s.Measures)}
	if !planned(s) {
		data.NoPlan = "There is no plan of " + s.Verb + "."
	} else if plan, err := h.source.plan(r.Context(), s); err != nil {
		data.NoPlan = "SQLite makes no plan of it: " + err.Error()
	} else {
		data.Plan = &plan
	}
	if s.SlowPlan != nil && (data.Plan == nil || s.SlowPlan.String() != data.Plan.String()) {
		data.Then = s.SlowPlan
	}
	if all, err := h.source.advice(r.Context()); err == nil || len(all) > 0 {
		for _, a := range all {
			if slices.Contains(a.Shapes, s.ID) {
				data.Advice.All = append(data.Advice.All, a)
			}
		}
	}
	data.Advice.links(p.Report)
	for _, l := range p.Report.Repeated {
		if l.ShapeID == s.ID {
			data.Loops = append(data.Loops, l)
		}
	}
	var slow []callbacks.Query
	for i := len(p.Report.Slow) - 1; i >= 0 && len(slow) < 10; i-- {
		if p.Report.Slow[i].ShapeID == s.ID {
			slow = append(slow, p.Report.Slow[i])
		}
	}
	data.Slow = slowRows(slow)
	p.Title = line(s.SQL, 60)
	p.Data = data
	return nil
}

func counters(m *callbacks.Measures) []counter {
	c := &m.Counters
	all := []counter{
		{Name: "rows returned", Value: m.Rows},
		{Name: "rows affected", Value: m.RowsAffected},
		{Name: "rows read", Value: c.RowsRead, Note: "by the engine"},
		{Name: "rows written", Value: c.RowsWritten, Note: "in tables and indexes"},
		{Name: "full-scan steps", Value: c.FullScanSteps, Note: "through rows without an index", Alarm: c.FullScanSteps > 100*max(m.Count, 1)},
		{Name: "sorts", Value: c.Sorts},
		{Name: "automatic index", Value: c.AutoIndexes, Note: "rows put into indexes for one run", Alarm: c.AutoIndexes > 0},
		{Name: "VM steps", Value: c.VMSteps},
	}
	out := all[:0]
	for _, x := range all {
		if x.Value > 0 {
			x.Each = about(float64(x.Value) / float64(max(m.Count, 1)))
			out = append(out, x)
		}
	}
	return out
}

// literal writes a bound value for people.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []byte:
		return "x'" + line(hex.EncodeToString(v[:min(len(v), widestArg/2)]), widestArg) + "'"
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case string:
		return line(v, widestArg)
	}
	return line(fmt.Sprint(v), widestArg)
}
