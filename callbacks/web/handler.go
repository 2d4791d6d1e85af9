package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
)

// Config says what a [Handler] may do. The zero value is good.
type Config struct {
	// DB is what plans, advice, and sizes are asked through. Default: the one
	// that the profiler is in use for.
	DB *gorm.DB
	// AllowReset puts a button on the pages that makes the profiler forget what
	// it has measured. Requests for it are taken from the pages themselves, and
	// from programs that are no browsers; not from other sites. Default: false.
	AllowReset bool
	// MaxScan is up to which size of the database, in bytes, the page of tables
	// measures how large each one is without being asked: that reads every
	// page of the file. Above, there is a link to do so. Negative: always a
	// link. Default: 64 MiB.
	MaxScan int64
}

// patience bounds how long a page waits for the database.
const patience = 10 * time.Second

// Handler returns the pages of a profiler. It works at any path that ends with
// a slash, with or without [http.StripPrefix], since the last part of the path
// names the page and all links are relative. It takes GET and HEAD, and POST
// for nothing but reset, if that is allowed.
//
// For programs there are report.json, report.txt (the table of
// [callbacks.Report]), advice.json, and metrics, which is the text of
// [callbacks.Profiler.WriteMetrics] and [driver.PoolStats.WriteMetrics].
//
// It is safe for concurrent use, and makes a report once a second at most,
// however many look. What it asks the database is not measured by the profiler,
// and waits 10 seconds at most.
func Handler(p *callbacks.Profiler, cfg Config) http.Handler {
	if cfg.MaxScan == 0 {
		cfg.MaxScan = 64 << 20
	}
	return &handler{cfg: cfg, source: newSource(p, cfg)}
}

type handler struct {
	cfg    Config
	source *source
}

// view is a page: its name in the navigation, and what makes its data of a
// request.
type view struct {
	title, template, nav string
	live                 bool // it renews itself
	data                 func(h *handler, r *http.Request, p *page) error
}

var views = map[string]view{
	"":             {"Overview", "overview.html", "", true, overview},
	"shapes":       {"Queries", "shapes.html", "shapes", true, shapes},
	"shape":        {"Query", "shape.html", "shapes", false, shape},
	"callers":      {"Callers", "callers.html", "callers", true, callers},
	"tables":       {"Tables", "tables.html", "tables", false, tables},
	"transactions": {"Transactions", "transactions.html", "transactions", true, transactions},
	"loops":        {"Loops", "loops.html", "loops", true, loops},
	"slow":         {"Slow queries", "slow.html", "slow", true, slow},
	"advice":       {"Advice", "advice.html", "advice", false, advice},
}

// navigation is the order of the pages.
var navigation = []string{"", "shapes", "loops", "transactions", "slow", "tables", "callers", "advice"}

// status is an error with a status, for people.
type status struct {
	code int
	text string
}

func (s status) Error() string { return s.text }

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := h.serve(w, r.WithContext(ctx)); err != nil {
		h.fail(w, r, err)
	}
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request) error {
	_, name := path.Split(r.URL.Path)
	if r.URL.Path == "" { // StripPrefix has taken all
		if at := asked(r); !strings.HasSuffix(at, "/") { // relative links need a slash
			w.Header().Set("Location", "./"+(&url.URL{Path: path.Base(at)}).EscapedPath()+"/")
			w.WriteHeader(http.StatusFound)
			return nil
		}
	}
	if name == "reset" && h.cfg.AllowReset {
		return h.reset(w, r)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return status{http.StatusMethodNotAllowed, "Only GET and HEAD are answered here."}
	}
	if v, ok := views[name]; ok {
		return h.page(w, r, v)
	}
	switch name {
	case "style.css", "script.js", "icon.svg":
		return asset(w, r, name)
	case "report.json":
		return writeJSON(w, h.source.report())
	case "report.txt":
		write(w, "text/plain; charset=utf-8", []byte(h.source.report().String()))
		return nil
	case "advice.json":
		all, err := h.source.advice(r.Context())
		if err != nil {
			return err
		}
		return writeJSON(w, all)
	case "metrics":
		return h.metrics(w, r)
	}
	return status{http.StatusNotFound, "There is no such page."}
}

func (h *handler) page(w http.ResponseWriter, r *http.Request, v view) error {
	p := newPage(h, r, v)
	if err := v.data(h, r, p); err != nil {
		return err
	}
	return p.render(w, http.StatusOK)
}

// fail shows an error as a page, without what it should not show: a caller of
// the pages may see SQL and the schema, and errors tell no more.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	s := status{http.StatusInternalServerError, err.Error()}
	switch {
	case errors.As(err, &s):
	case errors.Is(err, context.DeadlineExceeded):
		s = status{http.StatusServiceUnavailable, "The database did not answer in time: all connections of the pool may be in use."}
	}
	p := newPage(h, r, view{title: http.StatusText(s.code), template: "error.html", nav: "-"})
	p.Data = s.text
	_ = p.render(w, s.code)
}

// secure sets what keeps a page to itself.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// asked is the path as the client knows it.
func asked(r *http.Request) string {
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return "/"
	}
	return u.Path
}

func (h *handler) reset(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		return status{http.StatusMethodNotAllowed, "To reset is a POST."}
	}
	if !sameOrigin(r) {
		return status{http.StatusForbidden, "A request from another site cannot reset the profiler."}
	}
	h.source.reset()
	w.Header().Set("Location", "./")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// sameOrigin tells a request of our own pages, or of a program that is no
// browser, from one that another site has its visitor's browser make.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && u.Host == r.Host
}

func writeJSON(w http.ResponseWriter, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	write(w, "application/json; charset=utf-8", b.Bytes())
	return nil
}

// write answers. The server leaves the body out for HEAD.
func write(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// choice is a parameter of the request that is one of some words, the first by
// default.
func choice(r *http.Request, name string, words ...string) string {
	got := r.URL.Query().Get(name)
	for _, word := range words {
		if got == word {
			return word
		}
	}
	return words[0]
}

// words is a parameter with text of the user.
func words(r *http.Request, name string) string {
	s := strings.ToValidUTF8(strings.TrimSpace(r.URL.Query().Get(name)), "�")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}
