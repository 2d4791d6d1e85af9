package hrana

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Begin notes that a transaction begins. BEGIN rides with its first statement,
// so that is when its error is told and its lock taken.
func (c *conn) Begin(ctx context.Context, opts engine.TxOptions) error {
	switch {
	case c.closed:
		return driver.ErrBadConn
	case ctx.Err() != nil:
		return engine.Cancelled(ctx)
	case int(opts.Mode) >= len(beginSQL):
		return errNoConcurrent()
	case c.lost != nil:
		return c.lost
	case c.state != autocommit:
		return &engine.Error{Code: engine.CodeError, Offset: -1, Message: "cannot start a transaction within a transaction"}
	}
	c.state, c.ours, c.mode, c.ctx = pending, true, opts.Mode, ctx
	return nil
}

// settled is how a connection is without a transaction.
func (c *conn) settled() {
	c.state, c.ours, c.mode, c.ctx, c.lost = autocommit, false, 0, nil, nil
}

// Commit ends the transaction. The context is that of Begin, too: database/sql
// has no other for it.
//
// COMMIT and the end of the stream are one trip. When COMMIT fails, the end of
// the stream rolls the transaction back.
func (c *conn) Commit(ctx context.Context) error {
	if c.closed {
		return driver.ErrBadConn
	}
	begun := c.ctx
	if begun == nil {
		begun = ctx
	}
	c.freeStream(begun)
	state, lost := c.state, c.lost
	defer c.settled()
	switch {
	case lost != nil:
		c.closeStream()
		return lost
	case state == pending: // nothing has run in it
		c.closeStream()
		return nil
	case state == autocommit: // its user has ended it by SQL
		c.closeStream()
		return &engine.Error{Code: engine.CodeError, Offset: -1, Message: "cannot commit - no transaction is active"}
	case begun.Err() != nil:
		c.closeStream()
		return engine.RolledBack(engine.Cancelled(begun))
	}
	return c.commit(begun)
}

func (c *conn) commit(ctx context.Context) error {
	var p program
	at := 0
	a, err := c.send(ctx, trip{pinned: true, build: func(v version) ([]byte, int) {
		p = program{v: v}
		at = p.add(step{cond: p.inTransaction(""), sql: "COMMIT"})
		return append(p.append(nil, 0), ","+closeRequest...), 2
	}, check: func(a *answer) bool { return p.fits(&a.results[0]) }})
	c.spend()
	if err != nil {
		return c.commitFailed(ctx, err)
	}
	c.forget()
	r := &a.results[0]
	switch {
	case r.err != nil:
		return r.err.engineError()
	case r.batch.errors[at] != nil:
		return r.batch.errors[at].engineError()
	case r.batch.results[at] == nil:
		return engine.RolledBack(nil) // skipped: it was gone
	}
	c.e.saw(r.batch.index)
	return nil
}

// commitFailed is the error of a COMMIT without an answer. It is known not to
// have run only when nothing was sent, or the server has refused the request.
// A baton that the server does not know may be one that this very request has
// used up, if a proxy has sent it again.
func (c *conn) commitFailed(ctx context.Context, err error) error {
	var f *failure
	if errors.As(err, &f) && f.refused(true) && !f.foreignBaton() {
		if f.untouched(true) && (f.status != 0 || ctx.Err() != nil) {
			c.closeStream() // so that it locks nothing any longer
		}
		c.forget()
		if ctx.Err() != nil {
			return engine.RolledBack(engine.Cancelled(ctx))
		}
		return engine.RolledBack(f.engineError())
	}
	c.forget()
	e := &engine.Error{Code: codeIO, Offset: -1, Message: "whether the transaction was committed is not known",
		Hint: "because of: " + err.Error()}
	if ctx.Err() != nil {
		e = engine.Cancelled(ctx)
		e.Hint = "whether the transaction was committed is not known"
	} else if f != nil {
		known := f.engineError()
		e.Code, e.Server, e.Cause = known.Code, known.Server, known.Cause
	}
	e.Cause = errors.Join(engine.CommitUnknown, e.Cause)
	return e
}

// Rollback ends the transaction by closing the stream; without one there is
// nothing to undo.
func (c *conn) Rollback() error {
	if c.closed {
		return nil
	}
	c.abandon()
	err := c.closeStream()
	c.settled()
	c.spend()
	var f *failure
	if errors.As(err, &f) {
		e := f.engineError()
		e.Hint = "nothing is committed: the server rolls the transaction back when it misses the client"
		return e
	}
	return err
}

func errNoConcurrent() error {
	return &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported,
		Message: "BEGIN CONCURRENT is not supported", Hint: "begin the transaction IMMEDIATE or DEFERRED"}
}
