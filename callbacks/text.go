package callbacks

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// String returns file:line, "" of no frame.
func (f Frame) String() string {
	if f.File == "" {
		return ""
	}
	return f.File + ":" + strconv.Itoa(f.Line)
}

// short is the frame with the last folder of its file.
func (f Frame) short() string {
	if f.File == "" {
		return "-"
	}
	return filepath.Base(filepath.Dir(f.File)) + "/" + filepath.Base(f.File) + ":" + strconv.Itoa(f.Line)
}

// How much of a report the table shows.
const (
	topShapes  = 20
	topCallers = 10
	topTables  = 10
	topOthers  = 5
	widestSQL  = 90
)

// String is the report as tables for a terminal: the costliest of each kind.
func (r *Report) String() string {
	var b strings.Builder
	t := &r.Total
	fmt.Fprintf(&b, "%s, %s: %s, %s in all, p50 %s, p95 %s, p99 %s, longest %s\n", nonEmpty(r.Database), span(r.Until.Sub(r.From)),
		counted(t.Count, "query", "queries"), span(t.Times.Self()), span(t.Latency.P50), span(t.Latency.P95), span(t.Latency.P99), span(t.Latency.Max))
	way := "Go"
	if r.Remote {
		way = "Go and network"
	}
	fmt.Fprintf(&b, "waiting for the pool %s, for locks %s; engine %s, %s %s; %d rows for %d that were read, %d changed\n", span(t.Times.PoolWait), span(t.Times.LockWait),
		span(t.Times.Engine), way, span(t.Times.Scan+t.Times.Hooks), t.Rows, t.Counters.RowsRead, t.RowsAffected)
	if t.Errors > 0 {
		fmt.Fprintf(&b, "%s:", counted(t.Errors, "error", "errors"))
		for _, class := range classes(t.Classes) {
			fmt.Fprintf(&b, " %s %d", class, t.Classes[class])
		}
		b.WriteString("\n")
	}
	r.shapes(&b)
	r.repeated(&b)
	r.others(&b)
	return b.String()
}

func (r *Report) shapes(b *strings.Builder) {
	if len(r.Shapes) == 0 {
		return
	}
	w := table(b, "\ncount\ttime\tmean\tp95\tlongest\terrors\tread/row\tshape\t")
	for i := range r.Shapes[:min(len(r.Shapes), topShapes)] {
		s := &r.Shapes[i]
		row(w, &s.Measures, cut(s.SQL))
	}
	if n := len(r.Shapes) - topShapes; n > 0 || r.Rest.Shapes.Count > 0 {
		rest := Measures{Count: r.Rest.Shapes.Count}
		for i := topShapes; i < len(r.Shapes); i++ {
			rest.Count += r.Shapes[i].Count
		}
		fmt.Fprintf(w, "%d\t\t\t\t\t\t\tof others\t\n", rest.Count)
	}
	w.Flush()
	w = table(b, "\ncount\ttime\tmean\tp95\tlongest\terrors\tread/row\tcaller\t")
	for i := range r.Callers[:min(len(r.Callers), topCallers)] {
		c := &r.Callers[i]
		row(w, &c.Measures, c.short())
	}
	w.Flush()
	w = table(b, "\ncount\ttime\tmean\tp95\tlongest\terrors\tread/row\ttable\t")
	for i := range r.Tables[:min(len(r.Tables), topTables)] {
		t := &r.Tables[i]
		row(w, &t.Measures, nonEmpty(t.Name))
	}
	w.Flush()
}

func (r *Report) repeated(b *strings.Builder) {
	if len(r.Repeated) == 0 {
		return
	}
	w := table(b, "\nruns\tqueries\tlongest\ttime\tcaller\tthe same query, again and again\t")
	for i := range r.Repeated[:min(len(r.Repeated), topOthers)] {
		p := &r.Repeated[i]
		fmt.Fprintf(w, "%d\t%d\t%d\t%s\t%s\t%s\t\n", p.Runs, p.Count, p.Max, span(p.Self), p.Caller.short(), cut(p.SQL))
	}
	w.Flush()
}

func (r *Report) others(b *strings.Builder) {
	longest := longestLocks(r.Transactions)
	if len(longest) > 0 {
		w := table(b, "\nwrite lock\tin all\tengine\tstatements\tblocked\tfor\ttransaction begun at\t")
		for _, t := range longest {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\t%s\t\n", span(t.Locked), span(t.Duration), span(t.InEngine), t.Statements, t.Blocked,
				span(t.BlockedTime), t.Caller.short())
		}
		w.Flush()
	}
	if n := len(r.Slow); n > 0 {
		w := table(b, "\nslow\tengine\trows\tread\tcaller\tthe last slow queries\t")
		for i := max(0, n-topOthers); i < n; i++ {
			q := &r.Slow[i]
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t\n", span(q.Times.Whole), span(q.Times.Engine), q.Rows, q.Counters.RowsRead, q.Caller.short(), cut(q.SQL))
		}
		w.Flush()
		told := map[string]bool{}
		for i := max(0, n-topOthers); i < n; i++ {
			if q := &r.Slow[i]; q.Plan != nil && !told[q.ShapeID] {
				told[q.ShapeID] = true
				fmt.Fprintf(b, "\n%s\n%s\n", cut(q.SQL), q.Plan)
			}
		}
	}
}

func table(b *strings.Builder, head string) *tabwriter.Writer {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, head)
	return w
}

func row(w *tabwriter.Writer, m *Measures, what string) {
	read := "-"
	if max(m.Rows, m.RowsAffected) > 0 {
		read = strconv.FormatFloat(m.ReadPerRow(), 'f', 1, 64)
	}
	fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t\n", m.Count, span(m.Times.Self()), span(m.Latency.Mean), span(m.Latency.P95), span(m.Latency.Max),
		m.Errors, read, what)
}

// span is a duration with three digits.
func span(d time.Duration) string {
	for _, unit := range [...]time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}

func nonEmpty(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// cut shortens a text at a rune, and has it on one line: the shape has none of
// its own, but a name may.
func cut(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	if runes := []rune(s); len(runes) > widestSQL {
		return string(runes[:widestSQL-1]) + "…"
	}
	return s
}
