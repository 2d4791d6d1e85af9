//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "feed.h"
#include "hooks.h"
*/
import "C"

import (
	"runtime/cgo"
	"slices"
	"sync"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

var _ engine.Watcher = (*database)(nil)

// hub passes the commits of a database on, in their order. It is there while
// somebody listens.
type hub struct {
	key string

	mu        sync.Mutex
	listeners []hook[func(engine.Commit)]
	next      int
	waiting   []*place // of the commits that are under way, and of those that wait for them
	commits   uint64
	wrote     uint32 // how many commits of this process have changed the file
	poller    *poller
}

// place is that of a commit among the others. It is taken while the transaction
// has the write lock, which a commit gives up before it returns.
type place struct {
	ended   bool
	changes []engine.Change
}

// hubs are those of this process, by what identifies the database, and the
// connections that have something to tell them.
var hubs = struct {
	sync.Mutex
	byKey   map[string]*hub
	members map[string]map[*conn]struct{}
}{byKey: map[string]*hub{}, members: map[string]map[*conn]struct{}{}}

// join makes the connection known to the listeners of its database.
func (c *conn) join() {
	hubs.Lock()
	defer hubs.Unlock()
	m := hubs.members[c.gateKey]
	if m == nil {
		m = map[*conn]struct{}{}
		hubs.members[c.gateKey] = m
	}
	m[c] = struct{}{}
	c.attend.Store(hubs.byKey[c.gateKey] != nil)
}

func (c *conn) quit() {
	hubs.Lock()
	defer hubs.Unlock()
	m := hubs.members[c.gateKey]
	delete(m, c)
	if len(m) == 0 {
		delete(hubs.members, c.gateKey)
	}
}

func hubOf(key string) *hub {
	hubs.Lock()
	defer hubs.Unlock()
	return hubs.byKey[key]
}

// Watch adds a listener. The first one begins it all.
func (d *database) Watch(fn func(engine.Commit)) (stop func(), err error) {
	p, err := d.openPoller()
	if err != nil {
		return nil, err
	}
	key := d.gateKey()
	hubs.Lock()
	h := hubs.byKey[key]
	first := h == nil
	if first {
		h = &hub{key: key, poller: p}
		hubs.byKey[key] = h
		for c := range hubs.members[key] {
			c.attend.Store(true)
		}
	}
	h.mu.Lock()
	id := h.next
	h.next++
	h.listeners = append(slices.Clone(h.listeners), hook[func(engine.Commit)]{id, fn})
	h.mu.Unlock()
	hubs.Unlock()
	if first {
		p.start(h)
	} else {
		p.close()
	}
	return sync.OnceFunc(func() { h.remove(id) }), nil
}

func (h *hub) remove(id int) {
	hubs.Lock()
	h.mu.Lock()
	h.listeners = slices.DeleteFunc(slices.Clone(h.listeners), func(x hook[func(engine.Commit)]) bool { return x.id == id })
	last := len(h.listeners) == 0
	h.mu.Unlock()
	if last {
		delete(hubs.byKey, h.key)
		for c := range hubs.members[h.key] {
			c.attend.Store(true)
		}
	}
	hubs.Unlock()
	if last {
		h.poller.stop()
	}
}

// take gives a commit its place.
func (h *hub) take() *place {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &place{}
	h.waiting = append(h.waiting, p)
	return p
}

// end tells what became of the commit, and passes on what had to wait for it.
func (h *hub) end(p *place, changes []engine.Change, wrote bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.ended, p.changes = true, changes
	if wrote {
		h.wrote++
	}
	for len(h.waiting) > 0 && h.waiting[0].ended {
		changes := h.waiting[0].changes
		h.waiting = h.waiting[1:]
		if len(changes) == 0 {
			continue
		}
		commit := engine.Commit{Changes: changes}
		if changes[0].Op != engine.DatabaseChanged {
			h.commits++
			commit.Number = h.commits
		}
		for _, x := range h.listeners {
			x.fn(commit)
		}
	}
}

// unseen tells that something has changed that no connection of this process
// has seen row by row.
func (h *hub) unseen() {
	h.end(h.take(), []engine.Change{{Op: engine.DatabaseChanged}}, false)
}

// changedUnseen tells the listeners of what goes around SQL.
func (c *conn) changedUnseen() {
	if h := hubOf(c.gateKey); h != nil {
		h.unseen()
	}
}

// feed is Go's side of what a connection has to tell.
type feed struct {
	c      *conn
	handle cgo.Handle
	hub    *hub
	place  *place
	number C.int // of the list of tables in C
	tables []engine.Change
}

// heed begins and ends what listeners and hooks need of the connection, which
// they cannot do themselves: it belongs to one goroutine at a time.
func (c *conn) heed() error {
	c.attend.Store(false)
	if c.hooks != nil {
		c.hooks.heed()
	}
	h := hubOf(c.gateKey)
	if c.feed != nil && c.feed.hub != h {
		c.endFeed()
	}
	if h == nil || c.feed != nil {
		return nil
	}
	f := &feed{c: c, hub: h}
	f.handle = cgo.NewHandle(f)
	if C.lq_feed_open(c.p, C.uintptr_t(f.handle)) != C.SQLITE_OK {
		f.handle.Delete()
		c.attend.Store(true)
		return errNoMemory
	}
	c.feed = f
	return nil
}

func (c *conn) endFeed() {
	if c.feed != nil {
		C.lq_feed_close(c.p)
		c.feed.handle.Delete()
		c.feed = nil
	}
}

//export lqGoFeedCommitting
func lqGoFeedCommitting(handle C.uintptr_t) {
	f := cgo.Handle(handle).Value().(*feed)
	f.place = f.hub.take()
}

//export lqGoFeedEnded
func lqGoFeedEnded(handle C.uintptr_t, committed, wrote C.int) {
	f := cgo.Handle(handle).Value().(*feed)
	var changes []engine.Change
	if committed != 0 {
		changes = f.read()
	}
	f.hub.end(f.place, changes, wrote != 0)
	f.place = nil
}

var changeOps = map[C.int32_t]engine.ChangeOp{
	C.SQLITE_INSERT: engine.RowInserted, C.SQLITE_UPDATE: engine.RowUpdated, C.SQLITE_DELETE: engine.RowDeleted,
}

// read takes what the transaction has changed over from C.
func (f *feed) read() (out []engine.Change) {
	p := f.c.p.feed
	tables := unsafe.Slice(p.tables, int(p.ntables))
	if f.number != p.number {
		f.number, f.tables = p.number, nil
	}
	for i := len(f.tables); i < len(tables); i++ {
		f.tables = append(f.tables, engine.Change{Op: engine.TableChanged, Schema: C.GoString(tables[i].schema), Table: C.GoString(tables[i].name)})
	}
	skipped := func(i int) bool { return tables[i].flags&C.LQ_TABLE_SKIPPED != 0 }
	if p.unknown != 0 {
		out = append(out, engine.Change{Op: engine.DatabaseChanged})
	}
	if p.lost != 0 {
		for i := range tables {
			if tables[i].hit != 0 && !skipped(i) {
				out = append(out, f.tables[i])
			}
		}
		return out
	}
	var told []bool
	rows := unsafe.Slice(p.rows, int(p.nrows))
	for i := range rows {
		r, t := &rows[i], int(rows[i].table)
		if skipped(t) {
			continue
		}
		change := f.tables[t]
		if r.op == C.LQ_FEED_TABLE {
			if told == nil {
				told = make([]bool, len(tables))
			}
			if told[t] {
				continue
			}
			told[t] = true
		} else {
			change.Op, change.RowID = changeOps[r.op], int64(r.rowid)
		}
		out = append(out, change)
	}
	return out
}

// blobWritten notes a change of a row that went around the update hook.
func (c *conn) blobWritten(schema, table string, rowid int64) {
	s, t := C.CString(schema), C.CString(table)
	defer C.free(unsafe.Pointer(s))
	defer C.free(unsafe.Pointer(t))
	C.lq_feed_row(c.p, C.SQLITE_UPDATE, s, t, C.int64_t(rowid))
}
