package web

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/callbacks"
)

// chart is a picture of numbers over time, or over durations, for chart.html.
// Its lengths are in units of the view box. Colours and fonts are in
// style.css, by class.
type chart struct {
	Title, Note   string
	Width, Height int
	Left, Right   int // where the plot begins and ends
	Top, Bottom   int
	Plot          int    // from top to bottom
	Grid          []tick // lines across, with what they stand for
	Axis          []tick // below
	Series        []series
	Marks         []tick // lines upright, with names
	Hover         []strip
	Empty         string // said in place of a picture
}

type tick struct {
	At    string
	Label string
	Class string
	Row   int // of marks whose labels would overlap
}

// series is a line, an area, or bars, as the path of SVG.
type series struct {
	Name, Class string
	Path        string
	Area        bool
	Last        string // the newest value, for the key
}

// strip is a part of the plot that tells its values to a mouse.
type strip struct{ X, W, Text string }

const (
	chartWidth, chartHeight         = 560, 190
	chartLeft, chartRight           = 52, 552
	chartTop, chartBottom           = 10, 164
	plotWidth               float64 = chartRight - chartLeft
	plotHeight              float64 = chartBottom - chartTop
)

func newChart(title, note string) chart {
	return chart{Title: title, Note: note, Width: chartWidth, Height: chartHeight, Left: chartLeft, Right: chartRight, Top: chartTop, Bottom: chartBottom,
		Plot: chartBottom - chartTop}
}

// px writes a length: a tenth is enough.
func px(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }

// past is the time that the charts of the overview show.
type past struct {
	from, until time.Time
	moments     []moment
}

// moment is a piece of it; those in which nothing ran are there too.
type moment struct {
	callbacks.Moment
	seconds float64 // that it has lasted until now
}

// history fills the gaps of a report's history. The clock may have been set in
// between, so that moments do not follow each other to the nanosecond.
func history(r *callbacks.Report) past {
	p := past{until: r.Until}
	if len(r.History) == 0 {
		return p
	}
	length := r.History[0].Length
	most := int(10 * time.Minute / length)
	at := r.History[0].Start
	for i := range r.History {
		m := &r.History[i]
		for m.Start.Sub(at) > length/2 && len(p.moments) < 10*most {
			p.moments = append(p.moments, moment{callbacks.Moment{Start: at, Length: length}, length.Seconds()})
			at = at.Add(length)
		}
		p.moments = append(p.moments, moment{*m, lasted(r, m)})
		at = m.Start.Add(length)
	}
	for at.Before(r.Until) && len(p.moments) < 10*most {
		m := callbacks.Moment{Start: at, Length: length}
		p.moments = append(p.moments, moment{m, lasted(r, &m)})
		at = at.Add(length)
	}
	if n := len(p.moments) - most; n > 0 {
		p.moments = p.moments[n:]
	}
	// What has only begun tells no rate yet.
	if n := len(p.moments); n > 1 && p.moments[n-1].seconds < length.Seconds()/2 {
		p.moments = p.moments[:n-1]
	}
	p.from = p.moments[0].Start
	last := &p.moments[len(p.moments)-1]
	p.until = last.Start.Add(length)
	if shortest := 12 * length; p.until.Sub(p.from) < shortest {
		p.from = p.until.Add(-shortest)
	}
	return p
}

// lasted is how much of a moment lies between the beginning and the end of the
// report, in seconds.
func lasted(r *callbacks.Report, m *callbacks.Moment) float64 {
	from, until := m.Start, m.Start.Add(m.Length)
	if from.Before(r.From) {
		from = r.From
	}
	if until.After(r.Until) {
		until = r.Until
	}
	return max(until.Sub(from).Seconds(), 0.001)
}

// recent is how many queries there were in the last minute, and how long that
// has lasted.
func (p *past) recent() (queries int64, seconds float64) {
	for i := max(0, len(p.moments)-12); i < len(p.moments); i++ {
		queries += p.moments[i].Count
		seconds += p.moments[i].seconds
	}
	return queries, seconds
}

func (p *past) x(t time.Time) float64 {
	return chartLeft + plotWidth*float64(t.Sub(p.from))/float64(p.until.Sub(p.from))
}

// axis marks the minutes, counted from the end.
func (p *past) axis() (ticks []tick) {
	step := time.Minute
	switch span := p.until.Sub(p.from); {
	case span > 6*time.Minute:
		step = 2 * time.Minute
	case span <= 2*time.Minute:
		step = 15 * time.Second
	}
	ticks = append(ticks, tick{At: px(chartRight), Label: "now", Class: "end"})
	for d := step; d <= p.until.Sub(p.from); d += step {
		at := p.x(p.until.Add(-d))
		if at-chartLeft < 12 {
			continue
		}
		label := "−" + strconv.Itoa(int(d.Seconds())) + thin + "s"
		if step >= time.Minute {
			label = "−" + strconv.Itoa(int(d.Minutes())) + thin + "min"
		}
		ticks = append(ticks, tick{At: px(at), Label: label})
	}
	return ticks
}

// nice is the least of 1, 2, 5, 10, 20 … that is not below x.
func nice(x float64) float64 {
	if x <= 0 {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 4, 5, 8, 10} {
		if m*p >= x*0.999999 {
			return m * p
		}
	}
	return 10 * p
}

// linear gives the chart a scale from 0 to at least most.
func (c *chart) linear(most float64, label func(float64) string) (y func(float64) float64) {
	top := nice(most)
	for i := 0; i <= 2; i++ {
		v := top * float64(i) / 2
		c.Grid = append(c.Grid, tick{At: px(chartBottom - plotHeight*float64(i)/2), Label: label(v)})
	}
	return func(v float64) float64 { return chartBottom - plotHeight*min(v/top, 1) }
}

// logarithmic gives the chart a scale of powers of ten.
func (c *chart) logarithmic(least, most float64, label func(float64) string) (y func(float64) float64) {
	lo, hi := math.Floor(math.Log10(max(least, 1))), math.Ceil(math.Log10(max(most, 1)))
	if hi <= lo {
		hi = lo + 1
	}
	step := math.Ceil((hi - lo) / 5)
	hi = lo + step*math.Ceil((hi-lo)/step)
	for e := lo; e <= hi; e += step {
		c.Grid = append(c.Grid, tick{At: px(chartBottom - plotHeight*(e-lo)/(hi-lo)), Label: label(math.Pow(10, e))})
	}
	return func(v float64) float64 {
		return chartBottom - plotHeight*min(max((math.Log10(max(v, 1))-lo)/(hi-lo), 0), 1)
	}
}

// stack draws layers of areas, each on top of those before, as steps: a moment
// is a sum and not a point.
func (p *past) stack(c *chart, y func(float64) float64, layers []layer) {
	base := make([]float64, len(p.moments))
	for _, l := range layers {
		var up, down strings.Builder
		for i := range p.moments {
			m := &p.moments[i]
			from, to := px(p.x(m.Start)), px(min(p.x(m.Start.Add(m.Length)), chartRight))
			top := base[i] + l.value(m)
			if i == 0 {
				up.WriteString("M" + from + " " + px(y(base[i])))
			}
			up.WriteString("V" + px(y(top)) + "H" + to)
			base[i] = top
		}
		for i := len(p.moments) - 1; i >= 0; i-- {
			m := &p.moments[i]
			down.WriteString("V" + px(y(base[i]-l.value(m))) + "H" + px(p.x(m.Start)))
		}
		c.Series = append(c.Series, series{Name: l.name, Class: l.class, Area: true, Path: up.String() + down.String() + "Z", Last: l.last})
	}
}

type layer struct {
	name, class, last string
	value             func(*moment) float64
	none              func(*moment) bool // there is no value; nil: when nothing ran
}

// lines draws a line for each layer, with gaps where nothing ran.
func (p *past) lines(c *chart, y func(float64) float64, layers []layer) {
	for _, l := range layers {
		none := l.none
		if none == nil {
			none = func(m *moment) bool { return m.Count == 0 }
		}
		var b strings.Builder
		down := false
		for i := range p.moments {
			m := &p.moments[i]
			if none(m) {
				down = false
				continue
			}
			mid := p.x(m.Start.Add(m.Length / 2))
			at := px(min(mid, chartRight)) + " " + px(y(l.value(m)))
			switch {
			case down:
				b.WriteString("L" + at)
			case i+1 == len(p.moments) || none(&p.moments[i+1]):
				b.WriteString("M" + px(mid-2) + " " + px(y(l.value(m))) + "h4") // alone
			default:
				b.WriteString("M" + at)
			}
			down = true
		}
		c.Series = append(c.Series, series{Name: l.name, Class: l.class, Path: b.String(), Last: l.last})
	}
}

// hover tells the values of each moment.
func (p *past) hover(c *chart, text func(*moment) string) {
	for i := range p.moments {
		m := &p.moments[i]
		x := p.x(m.Start)
		c.Hover = append(c.Hover, strip{X: px(x), W: px(max(min(p.x(m.Start.Add(m.Length)), chartRight)-x, 0)), Text: m.Start.Format(time.TimeOnly) + "\n" + text(m)})
	}
}

// histogram shows how a group's durations are spread. Its bars are of equal
// width on a logarithmic scale: one third of an octave each, or more.
func histogram(l *callbacks.Latency) chart {
	c := newChart("Latency", "how many queries took how long")
	if len(l.Buckets) == 0 {
		c.Empty = "No query has ended yet."
		return c
	}
	const most = 60
	first, last := l.Buckets[0].From, l.Buckets[len(l.Buckets)-1].To
	lo, hi := math.Log2(max(float64(first), 128)), math.Log2(max(float64(last), 256))
	step := 1.0 / 3
	for (hi-lo)/step > most {
		step *= 2
	}
	lo = math.Floor(lo/step-0.001) * step
	n := max(int(math.Ceil((hi-lo)/step)), 6)
	bars := make([]int64, n)
	for _, b := range l.Buckets {
		// A bucket may be wider than a bar: its middle tells where it goes.
		mid := math.Log2(max(float64(b.From+(b.To-b.From)/2), 1))
		bars[min(max(int((mid-lo)/step), 0), n-1)] += b.Count
	}
	var highest int64
	for _, b := range bars {
		highest = max(highest, b)
	}
	y := c.linear(float64(highest), func(v float64) string { return round(about(v)) })
	x := func(log float64) float64 {
		return chartLeft + plotWidth*min(max((log-lo)/(float64(n)*step), 0), 1)
	}
	var b strings.Builder
	for i, count := range bars {
		from, to := lo+float64(i)*step, lo+float64(i+1)*step
		if count > 0 {
			top := min(y(float64(count)), chartBottom-1)
			b.WriteString("M" + px(x(from)+0.5) + " " + px(chartBottom) + "V" + px(top) + "H" + px(x(to)-0.5) + "V" + px(chartBottom) + "Z")
			c.Hover = append(c.Hover, strip{X: px(x(from)), W: px(x(to) - x(from)), Text: duration(time.Duration(math.Exp2(from))).String() + " to " +
				duration(time.Duration(math.Exp2(to))).String() + ": " + count64(count)})
		}
	}
	c.Series = append(c.Series, series{Name: "queries", Class: "s1", Area: true, Path: b.String()})
	end := lo + float64(n)*step
	for d := time.Duration(100); d <= 1000*time.Second; d *= 10 {
		if log := math.Log2(float64(d)); log >= lo && log <= end {
			at := x(log)
			class := ""
			if at > chartRight-20 {
				class = "end"
			}
			c.Axis = append(c.Axis, tick{At: px(at), Label: whole(d), Class: class})
		}
	}
	if len(c.Axis) < 2 { // within a power of ten
		c.Axis = []tick{{At: px(chartLeft), Label: duration(time.Duration(math.Exp2(lo))).String(), Class: "begin"},
			{At: px(chartRight), Label: duration(time.Duration(math.Exp2(end))).String(), Class: "end"}}
	}
	taken := -100.0
	row := 0
	for _, p := range []struct {
		name string
		d    time.Duration
	}{{"p50", l.P50}, {"p95", l.P95}, {"p99", l.P99}} {
		at := x(math.Log2(max(float64(p.d), 1)))
		if at-taken < 28 {
			row++
		} else {
			row = 0
		}
		taken = at
		class := ""
		if at > chartRight-28 {
			class = "end"
		}
		c.Marks = append(c.Marks, tick{At: px(at), Label: p.name, Class: class, Row: 20 + 12*row})
	}
	return c
}

// whole writes 1, 10 or 100 of a unit.
func whole(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d >= u.unit {
			return strconv.Itoa(int(d/u.unit)) + thin + u.name
		}
	}
	return strconv.Itoa(int(d)) + thin + "ns"
}

func count64(n int64) string {
	if n == 1 {
		return "1 query"
	}
	return count(n) + " queries"
}

// share is a part of a bar that shows where time went.
type share struct {
	Name, Class string
	Time        time.Duration
	Percent     scaled
	X, W        string // of 1000
}

// Shares are where the time of queries went, without that of children.
func (p *page) Shares(t *callbacks.Times) []share {
	scan := "build and scan"
	if p.Report.Remote {
		scan = "network, build and scan"
	}
	self := t.Self()
	rest := self - t.PoolWait - t.LockWait - t.Engine - t.Scan - t.Hooks
	all := []share{{Name: "wait for the pool", Class: "pool", Time: t.PoolWait}, {Name: "wait for locks", Class: "lock", Time: t.LockWait},
		{Name: "engine", Class: "engine", Time: t.Engine}, {Name: scan, Class: "scan", Time: t.Scan},
		{Name: "hooks", Class: "hooks", Time: t.Hooks}, {Name: "other", Class: "other", Time: max(rest, 0)}}
	x := 0.0
	var out []share
	for _, s := range all {
		if s.Time <= 0 || self <= 0 {
			continue
		}
		w := 1000 * float64(s.Time) / float64(self)
		s.X, s.W, s.Percent = px(x), px(w), percent(float64(s.Time), float64(self))
		x += w
		out = append(out, s)
	}
	return out
}
