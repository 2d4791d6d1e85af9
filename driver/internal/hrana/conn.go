package hrana

import (
	"context"
	"database/sql/driver"
	"errors"
	"net/http"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// conn is a connection to a remote database. The server knows of it only while
// a transaction is open, as a stream.
type conn struct {
	e      *remote
	closed bool

	baton string    // of the stream, "": there is none
	base  string    // where it is, "": at the engine's address
	used  time.Time // when the server was last seen to have it

	state    txState
	ours     bool // between Begin and Commit or Rollback
	mode     engine.TxMode
	ctx      context.Context // of Begin
	lost     error           // the transaction was rolled back without its user's doing
	settings []setting
	texts    texts   // that the stream knows
	cur      *cursor // that the stream of the transaction is busy with
	counters engine.Counters
}

// txState is whether a transaction is open.
type txState uint8

const (
	autocommit txState = iota
	pending            // begun, and nothing sent yet
	open
)

var beginSQL = [...]string{
	engine.Immediate: "BEGIN IMMEDIATE",
	engine.Deferred:  "BEGIN",
	engine.Exclusive: "BEGIN EXCLUSIVE",
	engine.ReadOnly:  "BEGIN",
}

// plan is a program with what its steps are for.
type plan struct {
	program
	head  int   // how many steps prepare the stream: settings and BEGIN
	begin int   // the step of BEGIN, -1 without one
	own   []int // the steps of the statements
	last  int   // the probe, -1 without one
	done  int   // what keeps the work of a wrapped job, -1 without it
	undo  int   // the last step of what undoes it, -1 without it

	store  []string         // texts that the request stores
	stored map[string]int32 // their numbers
}

// job are statements that run in one trip, until one fails.
type job struct {
	stmts []statement
	wrap  wrap
}

// wrap is what is around the statements of a job.
type wrap uint8

const (
	bare          wrap = iota
	transaction        // BEGIN and COMMIT, within the trip
	savepoint          // SAVEPOINT and RELEASE, or ROLLBACK TO
	halfSavepoint      // the same without RELEASE, which follows
)

const batchPoint = "libsql_batch"

// plan makes the program of a job.
func (c *conn) plan(v version, j *job) *plan {
	stmts := j.stmts
	p := &plan{program: program{v: v}, begin: -1, last: -1, done: -1, undo: -1, own: make([]int, len(stmts))}
	prev := cond("")
	if c.baton == "" {
		for _, s := range c.settings {
			prev = ok(p.add(step{cond: prev, sql: s.sql}))
		}
	}
	track := tracker{inside: c.state != autocommit, explicit: c.ours}
	if c.state == pending || j.wrap == transaction {
		p.begin = p.add(step{cond: prev, sql: beginSQL[c.mode]})
		prev = ok(p.begin)
	}
	p.head = len(p.steps)
	if j.wrap != bare {
		c.planWrapped(p, j, prev)
		return p
	}
	for i := range stmts {
		s := &stmts[i]
		cnd := prev
		if track.inside && (i > 0 || c.state != pending) {
			cnd = p.inTransaction(prev)
		}
		p.own[i] = p.add(step{cond: cnd, sql: s.sql, args: s.args, rows: s.rows})
		if i+1 < len(stmts) {
			prev = ok(p.own[i])
		}
		track.after(s.verb)
	}
	if c.keepsStream(j) {
		p.last = p.probe()
	}
	return p
}

// planWrapped adds the statements with what is around them. They need no fence
// of their own: what ends the transaction is a step that fails, and none runs
// behind that.
func (c *conn) planWrapped(p *plan, j *job, prev cond) {
	if j.wrap != transaction {
		if c.state == open {
			prev = p.inTransaction(prev)
		}
		prev = ok(p.add(step{cond: prev, sql: "SAVEPOINT " + batchPoint}))
	}
	begun := prev
	for i := range j.stmts {
		s := &j.stmts[i]
		p.own[i] = p.add(step{cond: prev, sql: s.sql, args: s.args, rows: s.rows})
		prev = ok(p.own[i])
	}
	kept := prev
	switch j.wrap {
	case transaction:
		p.done = p.add(step{cond: prev, sql: "COMMIT"}) // without it the end of the stream rolls back
		return
	case savepoint:
		p.done = p.add(step{cond: prev, sql: "RELEASE " + batchPoint})
		kept = ok(p.done)
	}
	undo := p.add(step{cond: p.inTransaction(and(begun, not(kept))), sql: "ROLLBACK TO " + batchPoint})
	p.undo = p.add(step{cond: ok(undo), sql: "RELEASE " + batchPoint})
	p.last = p.probe()
}

// tracker follows whether a transaction is sure to be open.
type tracker struct{ inside, explicit bool }

func (t *tracker) after(verb sqltext.Verb) {
	switch verb {
	case sqltext.Begin:
		t.inside, t.explicit = true, true
	case sqltext.Savepoint:
		t.inside = true
	case sqltext.Commit, sqltext.Rollback:
		t.inside, t.explicit = false, false
	case sqltext.Release:
		// Of the outermost savepoint it is a COMMIT, unless BEGIN was before it.
		t.inside = t.inside && t.explicit
	}
}

// keepsStream tells that a transaction may be open behind the statements.
func (c *conn) keepsStream(j *job) bool {
	stmts := j.stmts
	if j.wrap == transaction {
		return false
	}
	if c.state != autocommit {
		// A ROLLBACK by SQL may as well be the end of the stream.
		return c.ours || len(stmts) != 1 || stmts[0].verb != sqltext.Rollback
	}
	for i := range stmts {
		if stmts[i].verb == sqltext.Begin || stmts[i].verb == sqltext.Savepoint {
			return true
		}
	}
	return false
}

// mayCommit tells statements that may change something for good.
func (c *conn) mayCommit(j *job) bool {
	if j.wrap >= savepoint {
		return false
	}
	stmts, inside := j.stmts, c.state != autocommit
	for i := range stmts {
		switch stmts[i].verb {
		case sqltext.Commit, sqltext.Release:
			return true
		case sqltext.Begin, sqltext.Savepoint:
			inside = true // or nothing behind it runs
		case sqltext.Rollback:
			inside = false
		case sqltext.RollbackTo:
		default:
			if !inside && !stmts[i].reads() {
				return true
			}
		}
	}
	return false
}

// run sends statements and returns what each of them did, up to the first that
// failed, and the index of that, -1 when none of them is at fault.
func (c *conn) run(ctx context.Context, j *job) (results []*stepResult, failed int, err error) {
	stmts := j.stmts
	switch {
	case c.closed:
		return nil, -1, driver.ErrBadConn
	case len(stmts) == 0:
		return nil, -1, nil
	case ctx.Err() != nil:
		return nil, -1, engine.Cancelled(ctx)
	}
	if skip, err := c.checkLost(stmts[0].verb); skip {
		return nil, -1, err
	}
	if i, err := c.checkReadOnly(stmts); err != nil {
		return nil, i, err
	}
	if err := c.freeStream(ctx); err != nil {
		return nil, -1, err
	}
	reads := readsOnly(stmts)
	keeps, was, hadBaton := c.keepsStream(j), c.state, c.baton != ""
	var p *plan
	a, err := c.send(ctx, trip{
		reads: reads && was == autocommit, pinned: was == open,
		build: func(v version) (b []byte, n int) {
			p = c.plan(v, j)
			c.shorten(p, keeps)
			b, n = p.append(p.appendStores(make([]byte, 0, p.size())), c.e.index.Load()), len(p.store)+1
			switch {
			case !keeps:
				return append(b, ","+closeRequest...), n + 1
			case v >= v3:
				return append(b, ","+autocommitRequest...), n + 1
			}
			return b, n
		},
		check: func(a *answer) bool {
			own := a.results[len(p.store):]
			return p.fits(&own[0]) && (!keeps || p.v < v3 || own[1].err != nil || own[1].tellsTx)
		},
	})
	if err != nil {
		if f, ok := err.(*failure); ok && f.status == http.StatusBadRequest {
			c.refusedTexts(p)
		}
		return nil, -1, c.afterFailure(ctx, err, j, hadBaton)
	}
	a.results = c.took(p, a.results)
	return c.outcome(a, p, j, keeps)
}

func readsOnly(stmts []statement) bool {
	for i := range stmts {
		if !stmts[i].reads() {
			return false
		}
	}
	return true
}

// afterFailure says what a trip that failed has done to the transaction.
func (c *conn) afterFailure(ctx context.Context, err error, j *job, hadBaton bool) error {
	mayCommit := c.mayCommit(j)
	e := c.broken(ctx, err, mayCommit, hadBaton)
	var f *failure
	if errors.As(err, &f) && f.untouched(hadBaton) {
		return e // nothing has run, not even BEGIN, and the stream is as it was
	}
	was := c.state
	c.forget()
	if was == autocommit {
		return e
	}
	c.state = autocommit
	if errors.Is(e, engine.CommitUnknown) {
		c.lost = e
		return e
	}
	c.lost = engine.RolledBack(e)
	if ctx.Err() != nil {
		return e
	}
	return c.lost
}

// outcome reads what the server did, and what became of the transaction.
func (c *conn) outcome(a *answer, p *plan, j *job, keeps bool) (results []*stepResult, failed int, err error) {
	stmts, first := j.stmts, &a.results[0]
	results, failed, err = c.stepsOf(first, p, j)
	was := c.state
	inside, known := false, !keeps
	switch {
	case keeps && p.v >= v3:
		if r := &a.results[1]; r.err == nil {
			inside, known = !r.autocommit, true
		}
	case keeps && first.batch != nil:
		inside, known = probed(first.batch.errors[p.last])
	case keeps && first.err.code != "RESPONSE_TOO_LARGE":
		inside, known = was == open, true // nothing has run
	}
	if !keeps {
		c.forget()
	}
	if c.baton == "" {
		known, inside = true, false
	}
	if err != nil && j.wrap >= savepoint && inside && !undone(first, p) {
		known = false // half of a batch must not be committed
	}
	if was != autocommit && first.err != nil && first.err.code == "RESPONSE_TOO_LARGE" && !readsOnly(stmts) {
		known = false // it was broken off in the middle of a write, and not undone
	}
	if !known {
		inside = false
		// Whether a transaction is open cannot be told: it is to be none.
		c.closeStream()
	}
	began := was == open || was == pending && p.begin >= 0 && first.batch != nil && first.batch.results[p.begin] != nil
	if !began && was == pending && first.batch == nil && (inside || !known) {
		began = true // the batch was broken off in the middle
	}
	ended := false
	for i := range results {
		switch stmts[i].verb {
		case sqltext.Commit, sqltext.Rollback, sqltext.Release:
			ended = true
		}
	}
	switch {
	case inside:
		c.state = open
	case was != autocommit && began:
		c.state = autocommit
		c.spend()
		if !ended {
			c.lost = engine.RolledBack(err)
			switch {
			case failed < 0:
				err = c.lost
			default:
				markLost(err)
			}
			if v := stmts[0].verb; !c.ours && (v == sqltext.Rollback || v == sqltext.Commit) {
				c.lost = nil // its user is told now
			}
		}
	}
	c.remember(stmts[:len(results)], was != autocommit || j.wrap != bare)
	return results, failed, err
}

// undone tells that nothing is left of a batch within a savepoint that failed:
// it has been undone, or has never begun.
func undone(r *response, p *plan) bool {
	if r.err != nil {
		return r.err.code != "RESPONSE_TOO_LARGE"
	}
	return r.batch.results[p.undo] != nil || r.batch.results[p.own[0]] == nil && r.batch.errors[p.own[0]] == nil
}

// probed reads the probe of version 2, a BEGIN, which fails within a
// transaction. That it fails for another reason tells nothing, unless it is the
// transaction's end.
func probed(err *serverError) (inside, known bool) {
	switch {
	case err == nil:
		return false, true
	case err.engineError().Code == engine.CodeError:
		return true, true
	}
	return false, err.code == "TRANSACTION_TIMEOUT"
}

// markLost adds to the error of a statement that its transaction is gone.
func markLost(err error) {
	if e, ok := err.(*engine.Error); ok && e.Server == "TRANSACTION_TIMEOUT" {
		e.Cause = errors.Join(engine.TxRolledBack, e.Cause)
	}
}

// remember notes the settings of statements that have run.
func (c *conn) remember(ran []statement, inTx bool) {
	for i := range ran {
		if !inTx && ran[i].verb != sqltext.Pragma {
			c.spend()
		}
		c.learn(&ran[i], inTx)
	}
}

// stepsOf returns the results of the statements up to the one that failed, its
// index, and its error. The index is -1 when none of them is at fault.
func (c *conn) stepsOf(r *response, p *plan, j *job) (out []*stepResult, failed int, err error) {
	stmts := j.stmts
	if r.err != nil {
		failed = -1
		if len(stmts) == 1 {
			failed = 0
		}
		return nil, failed, c.explain(r.err, j)
	}
	b := r.batch
	c.e.saw(b.index)
	for _, err := range b.errors[:p.head] {
		if err != nil {
			return nil, -1, err.engineError()
		}
	}
	for i, at := range p.own {
		switch {
		case b.results[at] != nil:
			out = append(out, b.results[at])
		case b.errors[at] != nil:
			return out, i, inText(b.errors[at].engineError(), &stmts[i])
		default:
			return out, -1, engine.RolledBack(nil) // skipped: the transaction is gone
		}
	}
	if p.done >= 0 && b.results[p.done] == nil {
		if b.errors[p.done] != nil {
			return out, -1, b.errors[p.done].engineError()
		}
		return out, -1, engine.RolledBack(nil)
	}
	return out, -1, nil
}

// explain is the error of a batch that did not run, or not to its end.
func (c *conn) explain(err *serverError, j *job) error {
	e, stmts := err.engineError(), j.stmts
	switch {
	case err.code == "RESPONSE_TOO_LARGE" && j.wrap == bare && c.mayCommit(j):
		e.Hint = "what was written stays written: return fewer rows"
	case err.code == "RESPONSE_TOO_LARGE" && !readsOnly(stmts):
		e.Hint = "return fewer rows"
	case err.code == "RESPONSE_TOO_LARGE":
		e.Hint = "read fewer rows at a time"
	}
	if len(stmts) == 1 {
		return inText(e, &stmts[0])
	}
	e.Offset = -1
	return e
}

// inText makes the offset of an error one in the whole text.
func inText(e *engine.Error, s *statement) error {
	if e.Offset < 0 {
		return e
	}
	if s.at < 0 || e.Offset > len(s.sql) {
		e.Offset = -1
		return e
	}
	e.Offset += s.at
	e.SQL = s.text
	return e
}

// checkLost reports a transaction that was rolled back. Nothing runs until its
// user has taken note.
func (c *conn) checkLost(verb sqltext.Verb) (skip bool, err error) {
	if c.lost == nil {
		return false, nil
	}
	lost := c.lost
	if !c.ours && (verb == sqltext.Rollback || verb == sqltext.Commit) {
		c.lost = nil
		if verb == sqltext.Rollback {
			return true, nil
		}
	}
	return true, lost
}

// checkReadOnly refuses what a read-only transaction must not do. No server
// does: it runs BEGIN READONLY as BEGIN.
func (c *conn) checkReadOnly(stmts []statement) (int, error) {
	if c.mode != engine.ReadOnly || !c.ours {
		return -1, nil
	}
	for i := range stmts {
		s := &stmts[i]
		if s.reads() || (sqltext.Class{Verb: s.verb}).Transaction() {
			continue
		}
		return i, &engine.Error{Code: engine.CodeReadOnly, Offset: -1, SQL: s.text,
			Message: "attempt to write a readonly database", Hint: "the transaction was begun read-only"}
	}
	return -1, nil
}

// Alive tells whether the connection is open.
func (c *conn) Alive() bool { return !c.closed }

// Written is not known of a server.
func (c *conn) Written() int64 { return 0 }

// Settle ends what the last user left open.
func (c *conn) Settle() bool {
	if c.closed {
		return false
	}
	c.abandon()
	c.closeStream()
	c.settled()
	return true
}

// Close closes the stream, if there is one.
func (c *conn) Close() error {
	if c.closed {
		return nil
	}
	c.abandon()
	c.closeStream()
	c.settled()
	c.closed = true
	return nil
}

// abandon cuts off the rows that the stream is busy with, and the stream with
// them.
func (c *conn) abandon() {
	if c.cur != nil {
		c.cur.cancel()
		c.cur.drain(false)
	}
}
