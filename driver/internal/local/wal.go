//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "wal.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"runtime"
	"runtime/cgo"
	"sync"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

var _ engine.WAL = (*conn)(nil)

// Checkpoint waits for its turn among the writers of the process, unless it is
// passive, and for other processes by the busy handler.
func (c *conn) Checkpoint(ctx context.Context, schema string, mode int) (r engine.CheckpointResult, err error) {
	if err := c.usable(ctx); err != nil {
		return r, err
	}
	c.p.waited_ns = 0
	if mode != C.SQLITE_CHECKPOINT_PASSIVE && c.autocommit() && sqltext.EqualFold(schema, "main") {
		switch err := c.enterWrite(ctx); {
		case ctx.Err() != nil:
			return r, engine.Cancelled(ctx)
		case err != nil: // SQLite does what can be done beside a writer, and says so
			c.p.waited_ns = c.p.busy_ns
		}
		defer c.leaveWrite()
	}
	name := C.CString(schema)
	defer C.free(unsafe.Pointer(name))
	var frames, done C.int
	w := startWatch(ctx, c.cancel)
	rc := C.lq_wal_checkpoint(c.p, name, C.int(mode), &frames, &done)
	w.stop()
	if c.p.busy_waited > 0 {
		c.traceBusy(ctx)
	}
	switch {
	case rc&0xff == engine.CodeBusy:
		if c.p.noticed != 0 || ctx.Err() != nil {
			return r, engine.Cancelled(ctx)
		}
		r.Busy = true
	case rc != 0:
		return r, c.failureUnder(ctx, "")
	case frames < 0:
		return r, notWAL(schema)
	}
	r.Frames, r.Done = max(0, int(frames)), max(0, int(done))
	return r, nil
}

// usable checks that the connection can be called now.
func (c *conn) usable(ctx context.Context) error {
	switch {
	case !c.Alive():
		return driver.ErrBadConn
	case c.lost != nil:
		return c.lost
	case ctx.Err() != nil:
		return engine.Cancelled(ctx)
	}
	return c.checkInside()
}

func notWAL(schema string) error {
	return &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.NotWAL,
		Message: "the database " + schema + " is not in WAL mode", Hint: "PRAGMA journal_mode=WAL turns it on"}
}

// DisableCheckpoint holds for as long as the connection is open.
func (c *conn) DisableCheckpoint() error {
	if err := c.settable(); err != nil {
		return err
	}
	if C.lq_wal_no_checkpoint(c.p) != 0 {
		return c.failure("")
	}
	return nil
}

// Encrypted follows a change of the key.
func (c *conn) Encrypted() bool { return c.db.encrypted() }

// WALHeader reads the database first when the connection has not yet: it opens
// the log then, and recovers it after a crash.
func (c *conn) WALHeader(ctx context.Context) (h engine.WALHeader, ok bool, err error) {
	if err := c.usable(ctx); err != nil {
		return h, false, err
	}
	if !c.walOpen {
		mode, err := c.scalar(ctx, "PRAGMA main.journal_mode")
		if err != nil || mode != "wal" {
			return h, false, err
		}
		locking, err := c.scalar(ctx, "PRAGMA main.locking_mode")
		if err != nil {
			return h, false, err
		}
		if locking == "exclusive" {
			return h, false, &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported,
				Message: "frames under locking_mode=EXCLUSIVE are not supported", Hint: "the log has no index there that others could read"}
		}
		if _, err := c.scalar(ctx, "PRAGMA main.schema_version"); err != nil {
			return h, false, err
		}
		c.walOpen = true
	}
	var raw [C.LQ_WAL_HEADER]byte
	begin := time.Now()
	for try := 0; ; try++ {
		state := C.lq_wal_header(c.p, (*C.uchar)(&raw[0]))
		if state == 0 && c.parseWALHeader(raw[:], &h) {
			return h, true, nil
		}
		if state == 1 {
			return h, false, &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported,
				Message: "frames are not supported by the database's VFS", Hint: "it has no shared memory"}
		}
		if ctx.Err() != nil {
			return h, false, engine.Cancelled(ctx)
		}
		if try < 100 {
			runtime.Gosched() // a commit is writing it
			continue
		}
		// It is not valid, and whoever reads next makes it anew. Or who writes it
		// has no processor just now, which can last on a busy machine, and of which
		// a transaction that is open does not notice anything.
		if _, err := c.scalar(ctx, "PRAGMA main.schema_version"); err != nil {
			return h, false, err
		}
		if time.Since(begin) > headerPatience {
			return h, false, &engine.Error{Code: engine.CodeBusy, Offset: -1, Message: "database is locked", Hint: "the index of the log is being made"}
		}
		time.Sleep(min(time.Duration(try-99), 20) * time.Millisecond / 2)
	}
}

// headerPatience is about how long SQLite itself waits for the header of a log,
// which is written by who has the lock for it, in no time.
const headerPatience = 10 * time.Second

// parseWALHeader reads what is in the order of the machine, except for the
// salts; false when it is not whole.
func (c *conn) parseWALHeader(b []byte, h *engine.WALHeader) bool {
	word := func(at int) uint32 { return binary.NativeEndian.Uint32(b[at:]) }
	var s0, s1 uint32
	for at := 0; at < 40; at += 8 {
		s0 += word(at) + s1
		s1 += word(at+4) + s0
	}
	if b[12] == 0 || s0 != word(40) || s1 != word(44) {
		return false
	}
	size := int(binary.NativeEndian.Uint16(b[14:]))
	if size&1 != 0 {
		size = size&^1 | 1<<16
	}
	*h = engine.WALHeader{
		Change: word(8), BigEnd: b[13] != 0, PageSize: size, Frames: int(word(16)), Pages: int(word(20)),
		Checksum: [2]uint32{word(24), word(28)},
		Salt:     [2]uint32{binary.BigEndian.Uint32(b[32:]), binary.BigEndian.Uint32(b[36:])},
	}
	return true
}

// WALFrame reads the file of the log, whatever the state of the connection is.
func (c *conn) WALFrame(n int, buf []byte) error {
	if !c.Alive() {
		return driver.ErrBadConn
	}
	if C.lq_wal_frame(c.p, C.uint(n), unsafe.Pointer(unsafe.SliceData(buf)), C.uint(len(buf))) != 0 {
		return c.failure("")
	}
	return nil
}

// WALInsert is a write transaction of its own.
func (c *conn) WALInsert(ctx context.Context, first int, frames []byte, size int) (conflict int, err error) {
	if err := c.usable(ctx); err != nil {
		return 0, err
	}
	if !c.autocommit() || len(c.cursors) > 0 {
		return 0, &engine.Error{Code: engine.CodeError, Offset: -1, Message: "cannot insert frames within a transaction",
			Hint: "they are one of their own: end the transaction, and close the rows of the connection, before"}
	}
	c.p.waited_ns = 0
	if err := c.takeGate(ctx); err != nil {
		return 0, err
	}
	defer c.leaveWrite()
	var had, differs C.uint
	w := startWatch(ctx, c.cancel)
	rc := C.lq_wal_insert(c.p, C.uint(first), C.uint(len(frames)/size), (*C.uchar)(unsafe.SliceData(frames)), C.uint(size), &had, &differs)
	w.stop()
	switch {
	case differs != 0:
		return int(differs), nil
	case rc != 0:
		return 0, c.failureUnder(ctx, "")
	case first > int(had)+1:
		return first, nil
	}
	c.changedUnseen()
	return 0, nil
}

// commitHooks are the functions that are told of the commits of a connection.
type commitHooks struct {
	calls  *calls
	handle cgo.Handle
	mu     sync.Mutex // remove may be called from anywhere
	next   int
	fns    map[int]func(string, int)
	order  []int
}

// OnWALCommit adds to the functions; the hook stays when the last one is
// removed, because only the connection's own user may take it away.
func (c *conn) OnWALCommit(fn func(schema string, frames int)) (func(), error) {
	if err := c.settable(); err != nil {
		return nil, err
	}
	if c.commits == nil {
		h := &commitHooks{calls: c.callsGo(), fns: map[int]func(string, int){}}
		h.handle = cgo.NewHandle(h)
		if C.lq_wal_watch(c.p, C.uintptr_t(h.handle)) != 0 {
			h.handle.Delete()
			return nil, c.failure("")
		}
		c.commits = h
	}
	h := c.commits
	h.mu.Lock()
	defer h.mu.Unlock()
	id := h.next
	h.next++
	h.fns[id] = fn
	h.order = append(h.order, id)
	return func() { h.remove(id) }, nil
}

func (h *commitHooks) remove(id int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.fns, id)
	for i, x := range h.order {
		if x == id {
			h.order = append(h.order[:i:i], h.order[i+1:]...)
			return
		}
	}
}

func (h *commitHooks) list() (fns []func(string, int)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range h.order {
		fns = append(fns, h.fns[id])
	}
	return fns
}

// close is called when the library calls no more.
func (h *commitHooks) close() {
	if h != nil {
		h.handle.Delete()
	}
}

//export lqGoCommitted
func lqGoCommitted(handle C.uintptr_t, schema *C.char, frames C.int, failed *C.int) {
	h := cgo.Handle(handle).Value().(*commitHooks)
	h.calls.enter()
	returned := false
	defer func() {
		v := recover() // a panic must not cross C
		if v != nil {
			*failed = 1
		}
		h.calls.leave(returned, v)
	}()
	name := C.GoString(schema)
	for _, fn := range h.list() {
		fn(name, int(frames))
	}
	returned = true
}
