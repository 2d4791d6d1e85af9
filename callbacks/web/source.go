package web

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
)

// source is where pages get their data. It keeps what takes a while to get, so
// that many who look cost no more than one.
type source struct {
	profiler *callbacks.Profiler
	cfg      Config

	reports kept[*callbacks.Report]
	advices kept[[]callbacks.Advice]
	schemas kept[*schema]
	sizes   kept[driver.Sizes]
	uses    kept[usage]
}

func newSource(p *callbacks.Profiler, cfg Config) *source {
	return &source{profiler: p, cfg: cfg, reports: newKept[*callbacks.Report](), advices: newKept[[]callbacks.Advice](), schemas: newKept[*schema](),
		sizes: newKept[driver.Sizes](), uses: newKept[usage]()}
}

// How old what is shown may be.
const (
	reportAge = time.Second
	adviceAge = 10 * time.Second
	schemaAge = 5 * time.Second
	sizesAge  = time.Minute
	usesAge   = 10 * time.Second
)

// kept is a value that is made again when it is too old, by one caller at a
// time: the others wait for it, as long as their contexts let them.
type kept[T any] struct {
	turn  chan struct{} // has room for the one who makes it
	mu    sync.Mutex    // of the rest
	value T
	at    time.Time // zero for none
}

func newKept[T any]() kept[T] { return kept[T]{turn: make(chan struct{}, 1)} }

func (k *kept[T]) get(ctx context.Context, age time.Duration, renew func() (T, error)) (v T, err error) {
	if v, at := k.last(); time.Since(at) < age {
		return v, nil
	}
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return v, ctx.Err()
	}
	if v, at := k.last(); time.Since(at) < age {
		return v, nil
	}
	if v, err = renew(); err != nil {
		return v, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.value, k.at = v, time.Now()
	return v, nil
}

// last is the value as it is, and since when.
func (k *kept[T]) last() (T, time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.value, k.at
}

func (k *kept[T]) forget() {
	k.turn <- struct{}{} // what is being made is of before
	defer func() { <-k.turn }()
	k.mu.Lock()
	defer k.mu.Unlock()
	var none T
	k.value, k.at = none, time.Time{}
}

func (s *source) reset() {
	s.profiler.Reset()
	s.reports.forget()
	s.advices.forget()
	s.uses.forget()
}

func (s *source) report() *callbacks.Report {
	r, _ := s.reports.get(context.Background(), reportAge, func() (*callbacks.Report, error) { return s.profiler.Report(), nil })
	return r
}

var errNoDatabase = status{http.StatusServiceUnavailable, "The profiler is in use for no database now."}

// db is what is asked, under the context, without being measured.
func (s *source) db(ctx context.Context) (*gorm.DB, error) {
	db := s.cfg.DB
	if db == nil {
		db = s.profiler.DB()
	}
	if db == nil {
		return nil, errNoDatabase
	}
	return db.Session(&gorm.Session{NewDB: true, Context: callbacks.Unmeasured(ctx)}), nil
}

func (s *source) advice(ctx context.Context) ([]callbacks.Advice, error) {
	return s.advices.get(ctx, adviceAge, func() ([]callbacks.Advice, error) {
		db, err := s.db(ctx)
		if err != nil {
			return nil, err
		}
		return s.profiler.Advise(db)
	})
}

// conn calls fn with a connection.
func (s *source) conn(ctx context.Context, fn func(ctx context.Context, c *driver.Conn) error) error {
	db, err := s.db(ctx)
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	ctx = db.Statement.Context
	return driver.With(ctx, pool, func(c *driver.Conn) error { return fn(ctx, c) })
}

func (s *source) plan(ctx context.Context, shape *callbacks.Shape) (callbacks.QueryPlan, error) {
	db, err := s.db(ctx)
	if err != nil {
		return callbacks.QueryPlan{}, err
	}
	return shape.Explain(db)
}

// find is the shape with the ID, nil for none.
func find(r *callbacks.Report, id string) *callbacks.Shape {
	for i := range r.Shapes {
		if r.Shapes[i].ID == id {
			return &r.Shapes[i]
		}
	}
	return nil
}

// planned tells a statement that has a plan.
func planned(s *callbacks.Shape) bool {
	switch s.Verb {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VALUES":
		return true
	}
	return false
}

// foldName is a name as SQLite compares names.
func foldName(name string) string { return strings.ToLower(name) }
