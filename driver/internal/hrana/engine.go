package hrana

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// remote is a database on a server.
type remote struct {
	opts  Options
	http  *transport
	base  string // the address, without a slash at its end
	v     atomic.Uint32
	index atomic.Uint64 // the highest replication index that was seen

	stores   atomic.Uint32 // whether the server stores texts
	protobuf atomic.Uint32 // whether it serves cursors in Protobuf

	mu    sync.Mutex
	large map[string]bool // texts whose results were too large for a pipeline
}

// New returns the engine of a remote database. Nothing is sent before the
// first statement.
func New(o Options) engine.Engine {
	if o.Tracer == nil {
		o.Tracer = new(engine.TracerSlot)
	}
	e := &remote{opts: o, base: trimSlash(o.URL.String())}
	e.http = newTransport(&e.opts)
	e.v.Store(uint32(v3))
	return e
}

// Connect returns a connection, which costs nothing.
func (e *remote) Connect(ctx context.Context) (engine.Conn, error) {
	if ctx.Err() != nil {
		return nil, engine.Cancelled(ctx)
	}
	c := &conn{e: e}
	if e.opts.NoForeignKeys {
		c.settings = []setting{{name: "foreign_keys", sql: "PRAGMA foreign_keys = OFF"}}
	}
	return c, nil
}

// Close closes the network connections that are idle.
func (e *remote) Close() error {
	e.http.close()
	return nil
}

func (e *remote) version() version { return version(e.v.Load()) }

// saw notes a replication index, so that what is read later is no older.
func (e *remote) saw(index uint64) {
	for {
		old := e.index.Load()
		if index <= old || e.index.CompareAndSwap(old, index) {
			return
		}
	}
}

// column is a column of a result.
func (e *remote) column(c column) engine.Column {
	col := engine.NewColumn(c.name, c.decl)
	if e.opts.StoredValues {
		col.Kind = engine.Plain
	}
	return col
}

func trimSlash(s string) string {
	for len(s) > 0 && s[len(s)-1] == '/' {
		s = s[:len(s)-1]
	}
	return s
}
