package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"time"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
)

//go:embed assets
var assets embed.FS

// page is what all templates are given.
type page struct {
	Title    string
	Nav      []link
	Database string
	From     time.Time
	Until    time.Time
	Count    int64
	Live     bool   // it renews itself
	Toggle   string // the link that stops that, or starts it
	Reset    bool
	Report   *callbacks.Report
	Data     any

	template string
}

type link struct {
	Href, Name string
	Current    bool
	Badge      string
}

// newPage makes what all pages show.
func newPage(h *handler, r *http.Request, v view) *page {
	report := h.source.report()
	p := &page{Title: v.title, Database: report.Database, From: report.From, Until: report.Until, Count: report.Total.Count, Report: report,
		Reset: h.cfg.AllowReset, template: v.template}
	if v.live {
		query := r.URL.Query()
		p.Live = query.Get("live") != "off"
		query.Del("live")
		if p.Live {
			query.Set("live", "off")
		}
		p.Toggle = "?" + query.Encode()
	}
	for _, name := range navigation {
		l := link{Href: "./" + name, Name: views[name].title, Current: name == v.nav}
		switch name {
		case "loops":
			l.Badge = badge(len(report.Repeated))
		case "slow":
			l.Badge = badge(len(report.Slow))
		case "advice":
			if all, at := h.source.advices.last(); !at.IsZero() {
				l.Badge = badge(len(all))
			}
		}
		p.Nav = append(p.Nav, l)
	}
	return p
}

func badge(n int) string {
	if n == 0 {
		return ""
	}
	return count(int64(n))
}

var functions = template.FuncMap{
	"dur":      func(d time.Duration) template.HTML { return unit(duration(d)) },
	"bytes":    func(n int64) template.HTML { return unit(size(n)) },
	"count":    count,
	"queries":  count64,
	"about":    func(n int64) template.HTML { return unit(about(float64(n))) },
	"rate":     func(x float64) template.HTML { return unit(about(x)) },
	"unit":     unit,
	"percent":  func(part, whole int64) template.HTML { return unit(percent(float64(part), float64(whole))) },
	"short":    short,
	"function": function,
	"line":     line,
	"sql":      func(s string) template.HTML { return colored(s, true) },
	"sqlline":  func(s string) template.HTML { return colored(line(s, 240), false) },
	"clock":    func(t time.Time) string { return t.Format("15:04:05.000") },
	"date":     func(t time.Time) string { return t.Format("2006-01-02 15:04:05") },
	"sub":      time.Time.Sub,
	"reading":  reading,
	"ticked":   ticked,
	"places":   places,
}

// reading says what a node of a plan means.
func reading(n callbacks.PlanNode) string {
	switch {
	case n.Automatic:
		return "an index is made of all rows, for this run"
	case n.Kind == callbacks.PlanScan && n.Virtual, n.Kind == callbacks.PlanSearch && n.Virtual:
		return "" // only its module knows
	case n.Kind == callbacks.PlanScan && n.Covering:
		return "all entries of the index"
	case n.Kind == callbacks.PlanScan && n.Table != "":
		return "all rows"
	case n.Kind == callbacks.PlanTempBTree:
		return "rows are collected first"
	case n.Correlated:
		return "for each row outside"
	case n.Kind == callbacks.PlanBloomFilter:
		return "rows are left out before the index is asked"
	}
	return ""
}

// unit sets a number's unit apart.
func unit(s scaled) template.HTML {
	number := template.HTMLEscapeString(s.Number)
	if s.Unit == "" {
		return template.HTML(number)
	}
	return template.HTML(number + thin + "<i>" + template.HTMLEscapeString(s.Unit) + "</i>")
}

// templates are each page in its frame.
var templates = func() map[string]*template.Template {
	all := map[string]*template.Template{}
	for _, name := range []string{"overview.html", "shapes.html", "shape.html", "callers.html", "tables.html", "transactions.html", "loops.html",
		"slow.html", "advice.html", "error.html"} {
		all[name] = template.Must(template.New("frame.html").Funcs(functions).
			ParseFS(assets, "assets/frame.html", "assets/parts.html", "assets/"+name))
	}
	return all
}()

func (p *page) render(w http.ResponseWriter, code int) error {
	var b bytes.Buffer
	if err := templates[p.template].Execute(&b, p); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if code != http.StatusOK {
		w.WriteHeader(code)
		_, _ = w.Write(b.Bytes())
		return nil
	}
	write(w, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// asset serves a file that never changes while the program runs.
func asset(w http.ResponseWriter, r *http.Request, name string) error {
	text, err := assets.ReadFile("assets/" + name)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(text))
	return nil
}

// metrics writes what the profiler and the pool have counted.
func (h *handler) metrics(w http.ResponseWriter, r *http.Request) error {
	var b bytes.Buffer
	if err := h.source.report().WriteMetrics(&b, nil); err != nil {
		return err
	}
	if db, err := h.source.db(r.Context()); err == nil {
		if pool, err := db.DB(); err == nil {
			if s, err := driver.ReadPoolStats(r.Context(), pool, false); err == nil {
				if err := s.WriteMetrics(&b, nil); err != nil {
					return err
				}
			}
		}
	}
	write(w, "text/plain; version=0.0.4; charset=utf-8", b.Bytes())
	return nil
}
