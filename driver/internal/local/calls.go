//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "hooks.h"
*/
import "C"

import (
	"context"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// calls are those that the library makes into Go for a connection: of its
// functions, its collations and its hooks. They come while the connection is
// used, on the goroutine that uses it.
type calls struct {
	c     *conn
	ctx   context.Context // of the statement that runs
	depth int
}

func (c *conn) callsGo() *calls {
	if c.calls == nil {
		c.calls = &calls{c: c, ctx: context.Background()}
	}
	return c.calls
}

// inside tells that the library is in a call, during which nobody else may use
// the connection.
func (c *conn) inside() bool { return c.calls != nil && c.calls.depth > 0 }

func (c *conn) checkInside() error {
	if c.inside() {
		return errInside
	}
	return nil
}

var errInside = &engine.Error{Code: C.SQLITE_MISUSE, Offset: -1, Message: "the connection is in a call of its own function or hook",
	Hint: "a function or a hook must not use its connection: take another one of the pool, or do it before or after the statement"}

// enter begins a call.
func (k *calls) enter() { k.depth++ }

// leave ends it. A call that has not returned has panicked, which the caller
// contains, or it ends its goroutine. That cannot be contained, and leaves the
// library in the middle of its own call for good: the connection is good for
// nothing but to be closed, and what the statement has written must not be
// committed.
func (k *calls) leave(returned bool, panicked any) {
	if !returned && panicked == nil {
		C.lq_abandon(k.c.p)
	}
	k.depth--
}

// run makes a crossing in which there may be calls, under the context.
func (k *calls) run(ctx context.Context, w watch, cross func() C.int) C.int {
	k.ctx = ctx
	if k.c.funcs != nil {
		k.c.funcs.err = nil
	}
	defer k.ran(w)
	return cross()
}

func (k *calls) ran(w watch) {
	k.ctx = context.Background()
	if k.c.p.broken != 0 {
		w.stop()
	}
}

// step is run for a statement of the connection's own.
func (k *calls) step(ctx context.Context, w watch, s *stmt, flags, maxrow int) C.int {
	defer k.c.closeBroken()
	return k.run(ctx, w, func() C.int { return C.lq_run(s.p, C.int(flags), C.int(maxrow)) })
}

// cut ends a run before its last row.
func (c *conn) cut(s *stmt) (failed bool) {
	if c.calls != nil && c.p.broken == 0 {
		defer c.closeBroken() // aggregates have calls at their ends
	}
	return C.lq_end(s.p) == C.LQ_FAIL
}

// closeBroken closes the connection when a call has ended its goroutine, and
// with it the frames of the library that made it: the statement can never go
// on.
func (c *conn) closeBroken() {
	if c.p != nil && c.p.broken != 0 {
		c.Close()
	}
}
