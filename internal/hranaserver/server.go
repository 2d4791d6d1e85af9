package hranaserver

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	libsql "github.com/gorm-libsql/libsql/driver"
)

// Server serves one database. It is an http.Handler, and safe for concurrent
// use. Close it after the http.Server that it is served by.
type Server struct {
	opts    Options
	db      *sql.DB
	empty   *sql.DB // what the scratch is a connection of
	scratch scratch
	texts   texts
	slots   chan struct{} // one for each stream that may be open
	count   counts
	changed atomic.Uint64 // the replication index
	batons  atomic.Pointer[batons]
	faults  faultList
	tasks   sync.WaitGroup
	stop    context.CancelFunc
	base    context.Context

	mu        sync.Mutex
	closing   bool
	streams   map[uint64]*stream
	expired   map[uint64]struct{} // streams of which expiredAt has the times
	expiredAt []expiredStream
	waiting   int // for the write lock
	look      *time.Timer
}

// New returns a server of the database that cfg describes, which must be a
// local one. Some of cfg is the server's own to say: values are served as they
// are stored, the file is not to be damaged by SQL ([libsql.Config.Defensive]),
// and nobody gets at other files through it.
func New(cfg *libsql.Config, opts Options) (*Server, error) {
	opts.setDefaults()
	s := &Server{opts: opts, slots: make(chan struct{}, opts.MaxStreams), streams: map[uint64]*stream{}, expired: map[uint64]struct{}{}}
	if err := s.openDatabases(cfg); err != nil {
		return nil, err
	}
	s.base, s.stop = context.WithCancel(context.Background())
	s.batons.Store(newBatons())
	s.look = time.AfterFunc(time.Hour, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lookAtHolder()
	})
	s.look.Stop()
	return s, nil
}

func (s *Server) openDatabases(cfg *libsql.Config) error {
	cfg = cfg.Clone()
	if cfg.URL != "" || cfg.SyncURL != "" {
		return fmt.Errorf("hranaserver: %w: it serves local databases", libsql.ErrUnsupported)
	}
	cfg.StoredValues = true
	cfg.Defensive = true
	cfg.AllowFileFunctions, cfg.AllowExtensions = false, false
	cfg.BusyTimeout = s.opts.LockWait
	cfg.Tracer = tracer{}
	if s.opts.ReadOnly {
		cfg.Pragmas = append(cfg.Pragmas, libsql.Pragma{Name: "query_only", Value: "1"})
		if cfg.Path != "" {
			cfg.Mode = libsql.ReadOnly
		}
	}
	if s.opts.MaxRow > 0 {
		if cfg.Limits == nil {
			cfg.Limits = map[libsql.Limit]int{}
		}
		cfg.Limits[libsql.LimitLength] = s.opts.MaxRow
	}
	db, err := openPool(cfg)
	if err != nil {
		return err
	}
	db.SetMaxIdleConns(s.opts.MaxStreams)
	db.SetConnMaxIdleTime(time.Minute)
	s.db = db
	if s.empty, err = openPool(emptyConfig()); err == nil {
		var c *sql.Conn
		if c, err = s.empty.Conn(context.Background()); err == nil {
			err = c.Raw(func(dc any) error {
				s.scratch.c = dc.(*libsql.Conn)
				return nil
			})
			s.scratch.conn = c
		}
	}
	if err != nil {
		db.Close()
	}
	return err
}

func emptyConfig() *libsql.Config {
	cfg, err := libsql.ParseDSN(":memory:")
	if err != nil {
		panic(err) // it is a constant
	}
	return cfg
}

func openPool(cfg *libsql.Config) (*sql.DB, error) {
	connector, err := libsql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	if err := db.Ping(); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// Close stops what runs, rolls back what is open and closes the database.
// Requests that come later are answered with 503.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return nil
	}
	s.closing = true
	s.look.Stop()
	s.mu.Unlock()
	s.stop()
	s.Expire()
	for range cap(s.slots) {
		s.slots <- struct{}{} // every stream has given its own back
	}
	s.tasks.Wait()
	s.scratch.conn.Close()
	return errors.Join(s.empty.Close(), s.db.Close())
}

// background runs fn on a goroutine that Close waits for.
func (s *Server) background(fn func()) {
	s.tasks.Add(1)
	go func() {
		defer s.tasks.Done()
		fn()
	}()
}

// Expire expires every stream that no request uses, as if its time had come.
func (s *Server) Expire() {
	s.mu.Lock()
	var idle []*stream
	for _, st := range s.streams {
		if !st.busy {
			idle = append(idle, st)
		}
	}
	s.mu.Unlock()
	for _, st := range idle {
		s.expire(st)
	}
}

// Forget makes every baton so far invalid and closes the streams, as when
// the server is started anew.
func (s *Server) Forget() {
	s.batons.Store(newBatons())
	s.Expire()
}

// replicationIndex counts what may have been written.
func (s *Server) replicationIndex() *uint64 {
	n := s.changed.Load()
	return &n
}

// codec is an encoding of the protocol.
type codec interface {
	readPipeline(body []byte, into *pipelineRequest) error
	readCursor(body []byte, into *cursorRequest) error
	pipeline(r *pipelineResponse) []byte
	pipelineType() string
	cursorType() string

	// The entries of a cursor are appended to what there is.
	cursor(b []byte, baton, baseURL string) []byte
	stepBegin(b []byte, step int, cols []column) []byte
	row(b []byte, values []driver.Value) []byte
	stepEnd(b []byte, o outcome) []byte
	stepError(b []byte, step int, f *failure) []byte
	replicationIndex(b []byte, index uint64) []byte
}

const greeting = "Hello, this is HTTP API v2 (Hrana over HTTP)"

// ServeHTTP serves a request, or has a fault of [Server.Inject] happen to it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.count.requests.Add(1)
	if s.fromPage(w, r) {
		return
	}
	r = s.authorize(r)
	var body []byte
	if permissionOf(r.Context()).denied == nil { // of a stranger no memory is filled with
		var err error
		if body, err = s.readBody(w, r); err != nil {
			s.answerError(w, err)
			return
		}
	}
	s.count.bytesIn.Add(int64(len(body)))
	if s.opts.Observe != nil {
		s.opts.Observe(r, body)
	}
	if f := s.faults.next(r, body); f != nil {
		s.count.faults.Add(1)
		f.serve(s, w, r, body)
		return
	}
	s.serve(w, r, body)
}

// announced is how much memory a body gets before it comes.
const announced = 1 << 20

func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limited := http.MaxBytesReader(w, r.Body, s.opts.MaxRequest)
	var in io.Reader = limited
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(limited)
		if err != nil {
			return nil, protocolError("Could not read request body")
		}
		in = io.LimitReader(z, s.opts.MaxRequest+1)
	}
	var buf bytes.Buffer
	if n := r.ContentLength; n > 0 {
		buf.Grow(int(min(n, announced)) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(in)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), int64(buf.Len()) > s.opts.MaxRequest:
		return nil, statusError(http.StatusRequestEntityTooLarge, "The request is too large")
	case err != nil:
		return nil, protocolError("Could not read request body")
	}
	return buf.Bytes(), nil
}

// serve answers a request whose body has been read.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, body []byte) {
	path := strings.TrimPrefix(r.URL.Path, "/dev/default")
	endpoint := r.Method + " " + path
	switch {
	case endpoint == "GET /health":
		w.WriteHeader(http.StatusOK)
		return
	case endpoint == "GET /version":
		s.answerText(w, "libsql-gorm hranaserver")
		return
	case endpoint == "GET /v2", endpoint == "GET /v3" && !s.opts.NoV3, endpoint == "GET /v3-protobuf" && s.protobuf():
		s.answerText(w, greeting)
		return
	}
	ctx, stop := s.context(r.Context())
	defer stop()
	var err error
	switch {
	case endpoint == "POST /v2/pipeline":
		err = s.servePipeline(ctx, w, r, body, v2, jsonCodec{})
	case endpoint == "POST /v3/pipeline" && !s.opts.NoV3:
		err = s.servePipeline(ctx, w, r, body, v3, jsonCodec{})
	case endpoint == "POST /v3/cursor" && !s.opts.NoV3:
		err = s.serveCursor(ctx, w, r, body, jsonCodec{})
	case endpoint == "POST /v3-protobuf/pipeline" && s.protobuf():
		err = s.servePipeline(ctx, w, r, body, v3, protoCodec{})
	case endpoint == "POST /v3-protobuf/cursor" && s.protobuf():
		err = s.serveCursor(ctx, w, r, body, protoCodec{})
	default:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if err == errStreamExpired && strings.HasPrefix(path, "/v3-protobuf/") {
		err = errStreamExpiredProto
	}
	if err != nil {
		s.answerError(w, err)
	}
}

func (s *Server) protobuf() bool { return !s.opts.NoV3 && !s.opts.NoProtobuf }

// context is that of a request, which ends when the server is closed as well.
func (s *Server) context(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.base, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

func (s *Server) servePipeline(ctx context.Context, w http.ResponseWriter, r *http.Request, body []byte, v version, c codec) error {
	s.count.pipelines.Add(1)
	if err := permissionOf(ctx).denied; err != nil {
		return err
	}
	var req pipelineRequest
	if err := c.readPipeline(body, &req); err != nil {
		return err
	}
	resp, err := s.pipeline(ctx, &req, v)
	if err != nil {
		return err
	}
	return s.answer(w, r, c.pipelineType(), c.pipeline(resp))
}

func (s *Server) serveCursor(ctx context.Context, w http.ResponseWriter, r *http.Request, body []byte, c codec) error {
	s.count.cursors.Add(1)
	if err := permissionOf(ctx).denied; err != nil {
		return err
	}
	var req cursorRequest
	if err := c.readCursor(body, &req); err != nil {
		return err
	}
	return s.cursor(ctx, w, &req, c)
}

func (s *Server) answerText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", typeText)
	io.WriteString(w, text)
}

// compressFrom is the size from which an answer is compressed for those who
// take it.
const compressFrom = 4 << 10

var compressors = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return z
}}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, typ string, body []byte) error {
	s.count.bytesOut.Add(int64(len(body)))
	h := w.Header()
	h.Set("Content-Type", typ)
	rc := http.NewResponseController(w)
	rc.SetWriteDeadline(time.Now().Add(writeWait))
	defer rc.SetWriteDeadline(time.Time{})
	if len(body) < compressFrom || !takesGzip(r) {
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	z := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	z.Reset(w)
	z.Write(body)
	z.Close()
	return nil
}

func takesGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}

// answerError answers with a refusal; any other error is that of a client who
// has gone, or of a server that is being closed.
func (s *Server) answerError(w http.ResponseWriter, err error) {
	r := asHTTP(err)
	w.Header().Set("Content-Type", r.typ)
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	io.WriteString(w, r.body)
}
