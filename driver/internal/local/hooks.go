//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "authorize.h"
#include "hooks.h"

static void lq_set_hooks(lq_conn *c, int mask) { __atomic_store_n(&c->hook_mask, mask, __ATOMIC_RELAXED); }
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

var _ engine.Hooker = (*conn)(nil)

// hooks are the user's hooks of a connection.
type hooks struct {
	c      *conn
	calls  *calls
	handle cgo.Handle
	cause  error // of the failure that a hook is about to make

	mu     sync.Mutex // stop may be called from anywhere
	closed bool
	next   int
	reask  bool // the authorizer's answers of before do not hold any more

	update    hookList[func(op int, schema, table string, rowid int64)]
	commit    hookList[func() error]
	rollback  hookList[func()]
	authorize hookList[func(engine.AuthAction) int]
	progress  hookList[*progressHook]
}

// progressHook counts operations.
type progressHook struct {
	n, left int
	fn      func() error
}

// list is read without a lock.
type hookList[F any] struct{ p atomic.Pointer[[]hook[F]] }

type hook[F any] struct {
	id int
	fn F
}

func (l *hookList[F]) get() []hook[F] {
	if p := l.p.Load(); p != nil {
		return *p
	}
	return nil
}

func (l *hookList[F]) set(all []hook[F]) { l.p.Store(&all) }

// hooked returns the connection's hooks, which it makes first.
func (c *conn) hooked() (*hooks, error) {
	if err := c.settable(); err != nil {
		return nil, err
	}
	if c.hooks == nil {
		h := &hooks{c: c, calls: c.callsGo()}
		h.handle = cgo.NewHandle(h)
		c.p.hooks = C.uintptr_t(h.handle)
		C.lq_hooks_install(c.p)
		c.hooks = h
	}
	return c.hooks, nil
}

// addHook adds a function. What is left to do about its going is the connection's affair.
func addHook[F any](c *conn, l func(*hooks) *hookList[F], fn F, asked bool) (func(), error) {
	h, err := c.hooked()
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	id := h.next
	h.next++
	all := l(h)
	all.set(append(slices.Clone(all.get()), hook[F]{id, fn}))
	h.changed()
	if asked {
		C.lq_authorize(c.p)
	}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		now := all.get()
		i := slices.IndexFunc(now, func(x hook[F]) bool { return x.id == id })
		if i < 0 {
			return
		}
		all.set(slices.Delete(slices.Clone(now), i, i+1))
		if h.closed {
			return
		}
		h.changed()
		h.reask = h.reask || asked
		c.attend.Store(true)
	}, nil
}

// changed tells C which kinds of hooks there are.
func (h *hooks) changed() {
	mask := 0
	for kind, n := range map[int]int{
		C.LQ_HOOK_UPDATE: len(h.update.get()), C.LQ_HOOK_COMMIT: len(h.commit.get()), C.LQ_HOOK_ROLLBACK: len(h.rollback.get()),
		C.LQ_HOOK_AUTHORIZE: len(h.authorize.get()), C.LQ_HOOK_PROGRESS: len(h.progress.get()),
	} {
		if n > 0 {
			mask |= kind
		}
	}
	C.lq_set_hooks(h.c.p, C.int(mask))
}

// heed does what the end of a hook leaves to be done.
func (h *hooks) heed() {
	h.mu.Lock()
	reask := h.reask
	h.reask = false
	h.mu.Unlock()
	C.lq_progress_every(h.c.p, C.int(h.interval()))
	if reask {
		C.lq_authorize(h.c.p)
	}
}

func (h *hooks) interval() int {
	n := C.LQ_PROGRESS
	for _, x := range h.progress.get() {
		n = min(n, x.fn.n)
	}
	return n
}

// close is called when the library calls no more.
func (h *hooks) close() {
	if h != nil {
		h.mu.Lock()
		h.closed = true
		h.mu.Unlock()
		h.handle.Delete()
	}
}

// OnUpdate needs every row to be deleted one by one, which is settled when
// statements are compiled.
func (c *conn) OnUpdate(fn func(op int, schema, table string, rowid int64)) (func(), error) {
	return addHook(c, func(h *hooks) *hookList[func(int, string, string, int64)] { return &h.update }, fn, true)
}

func (c *conn) OnCommit(fn func() error) (func(), error) {
	return addHook(c, func(h *hooks) *hookList[func() error] { return &h.commit }, fn, false)
}

func (c *conn) OnRollback(fn func()) (func(), error) {
	return addHook(c, func(h *hooks) *hookList[func()] { return &h.rollback }, fn, false)
}

func (c *conn) Authorize(fn func(engine.AuthAction) int) (func(), error) {
	return addHook(c, func(h *hooks) *hookList[func(engine.AuthAction) int] { return &h.authorize }, fn, true)
}

func (c *conn) OnProgress(n int, fn func() error) (func(), error) {
	n = max(1, n)
	stop, err := addHook(c, func(h *hooks) *hookList[*progressHook] { return &h.progress }, &progressHook{n, n, fn}, false)
	if err == nil {
		C.lq_progress_every(c.p, C.int(c.hooks.interval()))
	}
	return stop, err
}

// ---- calls from C ----

// run calls a hook, and contains its panic.
func (h *hooks) run(kind string, call func() error) (failed bool) {
	h.calls.enter()
	returned := false
	defer func() {
		var v any
		if !returned {
			failed = true
			switch v = recover(); r := v.(type) {
			case nil:
			case error:
				h.cause = fmt.Errorf("libsql: the %s hook panicked: %w", kind, r)
			default:
				h.cause = fmt.Errorf("libsql: the %s hook panicked: %v", kind, r)
			}
		}
		h.calls.leave(returned, v)
	}()
	if err := call(); err != nil {
		h.cause, failed = err, true
	}
	returned = true
	return failed
}

func hooksOf(handle C.uintptr_t) *hooks { return cgo.Handle(handle).Value().(*hooks) }

//export lqGoUpdated
func lqGoUpdated(handle C.uintptr_t, op C.int, schema, table *C.char, rowid C.int64_t) C.int {
	h := hooksOf(handle)
	return cbool(h.run("update", func() error {
		s, t := C.GoString(schema), C.GoString(table)
		for _, x := range h.update.get() {
			x.fn(int(op), s, t, int64(rowid))
		}
		return nil
	}))
}

//export lqGoCommitting
func lqGoCommitting(handle C.uintptr_t) C.int {
	h := hooksOf(handle)
	return cbool(h.run("commit", func() error {
		for _, x := range h.commit.get() {
			if err := x.fn(); err != nil {
				return err
			}
		}
		return nil
	}))
}

//export lqGoRolledBack
func lqGoRolledBack(handle C.uintptr_t) C.int {
	h := hooksOf(handle)
	return cbool(h.run("rollback", func() error {
		for _, x := range h.rollback.get() {
			x.fn()
		}
		return nil
	}))
}

//export lqGoAuthorize
func lqGoAuthorize(handle C.uintptr_t, code C.int, a, b, schema, trigger *C.char) C.int {
	h := hooksOf(handle)
	answer := C.int(C.SQLITE_OK)
	if h.run("authorizer", func() error {
		action := engine.AuthAction{Code: int(code), Arg1: C.GoString(a), Arg2: C.GoString(b), Schema: C.GoString(schema), Trigger: C.GoString(trigger)}
		for _, x := range h.authorize.get() {
			switch x.fn(action) {
			case C.SQLITE_OK:
			case C.SQLITE_IGNORE:
				answer = C.SQLITE_IGNORE
			default:
				answer = C.SQLITE_DENY
				return nil
			}
		}
		return nil
	}) {
		return C.SQLITE_DENY
	}
	return answer
}

//export lqGoProgress
func lqGoProgress(handle C.uintptr_t) C.int {
	h := hooksOf(handle)
	return cbool(h.run("progress", func() error {
		step := h.interval()
		for _, x := range h.progress.get() {
			if x.fn.left -= step; x.fn.left > 0 {
				continue
			}
			x.fn.left = x.fn.n
			if err := x.fn.fn(); err != nil {
				return err
			}
		}
		return nil
	}))
}

// hookFailure adds to an error the reason that a hook gave for it.
func (c *conn) hookFailure(e *engine.Error) {
	if c.hooks == nil || c.hooks.cause == nil {
		return
	}
	cause := c.hooks.cause
	c.hooks.cause = nil
	switch {
	case e.Code == engine.CodeCommitHook:
		e.Hint = "a hook refused the commit: " + cause.Error()
	case e.Code == engine.CodeInterrupt, e.Code&0xff == engine.CodeAuth, e.Code == engine.CodeError:
		e.Hint = cause.Error()
	default:
		return
	}
	if e.Cause == nil {
		e.Cause = cause
	}
}
