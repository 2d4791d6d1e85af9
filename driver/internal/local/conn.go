//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"

// cgo looks at each pointer that it passes, for 10 to 20 ns: here it is a number.
static int lq_run_at(uintptr_t s, int flags, int maxrow) { return lq_run((lq_stmt *)s, flags, maxrow); }
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/pragmas"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// errNoMemory is SQLITE_NOMEM.
var errNoMemory = &engine.Error{Code: 7, Message: "out of memory", Offset: -1}

// conn is a connection to a local database.
type conn struct {
	db     *database
	p      *C.lq_conn // nil when closed
	cancel *int32     // p.cancel: ends the running statement
	writes *int64     // p.written

	cache   cache[*stmt]
	live    map[*stmt]struct{} // every statement that is compiled
	rekeys  int32              // those of the database that it knows of
	cursors []cursor           // open, the last opened last
	handles map[*statement]struct{}
	control map[string]*stmt // BEGIN, COMMIT, ROLLBACK

	gate    *gate
	gateKey string
	holding bool // the gate

	inTx     bool  // between Begin and Commit or Rollback
	guardTx  bool  // the savepoint around a change of the schema began the transaction
	readOnly bool  // inside a transaction that must not write
	spare    *rows // closed ones, for the next query
	commits  *commitHooks
	tracer   *engine.TracerSlot
	counters engine.Counters // of the run that has ended, as the outcome has them
	calls    *calls          // into Go; nil: there are none
	hooks    *hooks
	funcs    *functions // in Go; nil: it has none
	feed     *feed
	attend   atomic.Bool // a hook or a listener has come or gone
	walOpen  bool        // the log has been opened
	lost     error       // SQLite rolled the transaction back by itself, because of this
}

// cursor is a statement that stands on a row.
type cursor interface {
	abandon()     // ends it for good
	queues() bool // it writes
}

func newConn(d *database, p *C.lq_conn) *conn {
	c := &conn{db: d, p: p, live: map[*stmt]struct{}{}, control: map[string]*stmt{}}
	c.cancel = (*int32)(unsafe.Pointer(&p.cancel))
	c.writes = (*int64)(unsafe.Pointer(&p.written))
	if c.tracer = d.opts.Tracer; c.tracer == nil {
		c.tracer = new(engine.TracerSlot) // of a connection for a purpose of ours
	}
	c.cache.maxCount = d.opts.StmtCacheSize
	c.cache.maxBytes = d.opts.StmtCacheBytes
	return c
}

// Alive tells whether the connection is open, and has the key of its file.
func (c *conn) Alive() bool {
	return c.p != nil && c.p.broken == 0 && c.rekeys == c.db.rekeys.Load()
}

// Written reads what the progress handler has noted.
func (c *conn) Written() int64 { return atomic.LoadInt64(c.writes) }

// Close releases everything. What is left of its rows and statements stays
// safe to close.
func (c *conn) Close() error {
	if c.p == nil {
		return nil
	}
	if err := c.checkInside(); err != nil {
		return err
	}
	for len(c.cursors) > 0 {
		c.cursors[len(c.cursors)-1].abandon()
	}
	for h := range c.handles {
		h.Close()
	}
	for s := range c.live {
		s.running = false
		s.release()
	}
	c.quit()
	c.endFeed()
	C.lq_close(c.p)
	c.p = nil
	c.commits.close()
	c.hooks.close()
	connectionClosed()
	if c.gate != nil {
		c.dropGate()
		dropGate(c.gateKey)
	}
	return nil
}

// autocommit tells that no transaction was open after the last statement.
func (c *conn) autocommit() bool { return c.p.autocommit != 0 }

// Settle ends what the last user left open, and takes his statements from him.
func (c *conn) Settle() bool {
	if !c.Alive() || c.inside() {
		return false
	}
	for len(c.cursors) > 0 {
		c.cursors[len(c.cursors)-1].abandon()
	}
	for h := range c.handles {
		h.Close()
	}
	c.inTx, c.readOnly, c.lost = false, false, nil
	if !c.autocommit() && c.exec(context.Background(), "ROLLBACK") != nil {
		return false
	}
	return c.autocommit()
}

// ---- transactions ----

var beginSQL = [...]string{
	engine.Immediate:  "BEGIN IMMEDIATE",
	engine.Deferred:   "BEGIN",
	engine.Exclusive:  "BEGIN EXCLUSIVE",
	engine.ReadOnly:   "BEGIN",
	engine.Concurrent: "BEGIN CONCURRENT",
}

// Begin starts a transaction.
func (c *conn) Begin(ctx context.Context, opts engine.TxOptions) error {
	if err := c.exec(ctx, beginSQL[opts.Mode]); err != nil {
		return err
	}
	c.inTx, c.readOnly = true, opts.Mode == engine.ReadOnly
	return nil
}

// Commit ends the transaction. When it fails nothing is left open, because
// database/sql takes the transaction for ended either way.
func (c *conn) Commit(ctx context.Context) error {
	if err := c.checkInside(); err != nil {
		return err
	}
	err := c.lost
	if err == nil {
		c.endCursors()
		err = c.exec(ctx, "COMMIT")
	}
	if err != nil {
		c.Rollback()
	}
	c.inTx, c.readOnly, c.lost = false, false, nil
	return err
}

// Rollback undoes the transaction; one that SQLite has rolled back already is
// no error.
func (c *conn) Rollback() error {
	if err := c.checkInside(); err != nil {
		return err
	}
	c.endCursors()
	c.inTx, c.readOnly, c.lost = false, false, nil
	if !c.Alive() || c.autocommit() {
		return nil
	}
	return c.exec(context.Background(), "ROLLBACK")
}

// endCursors ends the rows that the transaction's user did not close: a
// statement that still runs would keep the transaction's snapshot.
func (c *conn) endCursors() {
	for len(c.cursors) > 0 {
		c.cursors[len(c.cursors)-1].abandon()
	}
}

// exec runs a statement of the connection's own, which is kept compiled.
func (c *conn) exec(ctx context.Context, sql string) error {
	s := c.control[sql]
	if s == nil {
		c.p.own++ // no authorizer is asked
		var err error
		s, _, err = c.compile(ctx, sql, owned)
		c.p.own--
		if err != nil {
			return err
		}
		c.control[sql] = s
	}
	_, err := c.execStmt(ctx, s, nil)
	return err
}

// scalar runs a statement and returns the first value of its first row as text.
func (c *conn) scalar(ctx context.Context, sql string) (string, error) {
	c.p.own++
	r, err := c.Query(ctx, sql, nil)
	c.p.own--
	if err != nil {
		return "", err
	}
	var v string
	if n := len(r.Columns()); n > 0 {
		dest := make([]driver.Value, n)
		if r.Next(dest) == nil {
			v = text(dest[0])
		}
	}
	return v, r.Close()
}

// ---- the gate ----

// takeGate waits for the turn of this connection to write.
func (c *conn) takeGate(ctx context.Context) error {
	if c.holding || c.gate.tryLock() {
		c.holding = true
		return nil
	}
	timeout := time.Duration(c.p.busy_ns)
	tracer, start := c.tracing(), time.Now()
	tctx := ctx
	if tracer != nil {
		tctx = tracer.Start(ctx, engine.OpLockWait, "")
	}
	var err error
	if c.gate.lock(ctx, timeout) {
		c.holding = true
		c.p.waited_ns = C.int64_t(time.Since(start))
	} else if ctx.Err() != nil {
		err = engine.Cancelled(ctx)
	} else {
		err = &engine.Error{Code: engine.CodeBusy, Offset: -1, Message: "database is locked", Waited: time.Since(start),
			Hint: "waited " + timeout.String() + " for another connection of this process to end its write transaction; " +
				"a goroutine that has a transaction open must use that transaction, not wait for it"}
	}
	if tracer != nil {
		tracer.End(tctx, &engine.Event{Op: engine.OpLockWait, Start: start, Duration: time.Since(start), Err: err})
	}
	return err
}

func (c *conn) dropGate() {
	if c.holding {
		c.holding = false
		c.gate.unlock()
	}
}

// enterWrite lets a statement that writes begin. A connection that reads
// already does not queue: its snapshot would be old when its turn came, and
// SQLite is to say so at once.
func (c *conn) enterWrite(ctx context.Context) error {
	if c.holding {
		return nil
	}
	reading := len(c.cursors) > 0 || !c.autocommit() && C.lq_txn_state(c.p) != 0
	if reading {
		c.holding = c.gate.tryLock()
		return nil
	}
	return c.takeGate(ctx)
}

// leaveWrite gives the gate back when nothing of this connection writes any more.
// A transaction that wanted to write and could not has no claim to it.
func (c *conn) leaveWrite() {
	if !c.holding || !c.autocommit() && C.lq_txn_state(c.p) == C.SQLITE_TXN_WRITE {
		return
	}
	for _, r := range c.cursors {
		if r.queues() {
			return
		}
	}
	c.dropGate()
}

// leaveAfter does as leaveWrite after a run. One that went well inside of a
// transaction changes nothing about who may write: asking SQLite would cost as
// much as a small run.
func (c *conn) leaveAfter(s *stmt, err error) {
	if err != nil || c.autocommit() || !(sqltext.Class{Verb: s.verb}).Repeats() {
		c.leaveWrite()
	}
}

// ---- running ----

// enter checks what must hold before a statement starts.
func (c *conn) enter(ctx context.Context, s *stmt) error {
	if ctx.Done() != nil && ctx.Err() != nil {
		return engine.Cancelled(ctx)
	}
	if err := c.callable(); err != nil {
		return err
	}
	c.p.waited_ns = 0
	// ATTACH writes nothing, but it may create a file, and the connection keeps it.
	if c.readOnly && (!s.readonly || s.verb == sqltext.Attach) {
		return errReadOnlyTx(s.text)
	}
	if !s.queues {
		return nil
	}
	if err := c.enterWrite(ctx); err != nil || !c.attend.Load() {
		return err
	}
	return c.heed() // somebody has come while this connection waited
}

func errReadOnlyTx(sql string) error {
	return &engine.Error{Code: engine.CodeReadOnly, Offset: -1, SQL: sql,
		Message: "attempt to write a readonly database", Hint: "the transaction was begun read-only"}
}

// callable checks that the library can be called now.
func (c *conn) callable() error {
	if c.attend.Load() {
		if err := c.heed(); err != nil {
			return err
		}
	}
	if c.calls != nil && c.p.broken != 0 {
		return driver.ErrBadConn
	}
	return c.checkInside()
}

// checkLost reports a transaction that SQLite rolled back by itself. Nothing
// runs until its user has taken note.
func (c *conn) checkLost(verb sqltext.Verb) (skip bool, err error) {
	if c.lost == nil {
		return false, nil
	}
	lost := c.lost
	if !c.inTx && (verb == sqltext.Rollback || verb == sqltext.Commit) {
		c.lost = nil
		if verb == sqltext.Rollback {
			return true, nil
		}
	}
	return true, lost
}

// epoch is what runs are timed from, which is cheaper than to ask for the time.
var epoch = time.Now()

// step makes one crossing: it starts or continues the statement.
func (c *conn) step(ctx context.Context, s *stmt, flags, maxrow int) (done bool, err error) {
	if c.inside() {
		return true, errInside
	}
	wasOpen := !c.autocommit()
	var w watch
	if !s.watched {
		w = startWatch(ctx, c.cancel)
	}
	var start time.Duration
	if s.traced != nil {
		start = time.Since(epoch)
	}
	var state C.int
	if c.calls == nil {
		state = C.lq_run_at(C.uintptr_t(uintptr(unsafe.Pointer(s.p))), C.int(flags), C.int(maxrow))
	} else {
		state = c.calls.step(ctx, w, s, flags, maxrow)
	}
	if s.traced != nil {
		s.spent += time.Since(epoch) - start - time.Duration(c.p.busy_waited)
	}
	w.stop()
	if c.p.busy_waited > 0 {
		c.traceBusy(ctx)
	}
	if c.p.remeta != 0 {
		s.haveCol = false
	}
	if state == C.LQ_MORE {
		return false, nil
	}
	if state == C.LQ_FAIL {
		err = c.failureUnder(ctx, s.text)
	}
	c.settled(s, wasOpen, err)
	return true, err
}

// settled notes that a run has ended, and what became of the transaction.
func (c *conn) settled(s *stmt, wasOpen bool, err error) {
	if wasOpen && c.autocommit() && !s.endsTx() {
		c.lost = engine.RolledBack(err)
	}
	s.running = false
	c.walOpen = c.walOpen && s.verb != sqltext.Pragma // which may have changed the journal mode
	if s.p.args_cap > 1<<16 {
		C.lq_args_trim(s.p)
	}
}

// retire releases a statement that nobody keeps.
func (c *conn) retire(s *stmt) {
	if s.evicted || s.keep == oneUse {
		s.release()
	}
}

// tracing is who is to be told, nil for nobody.
func (c *conn) tracing() *engine.Tracing { return c.tracer.Load() }

func (c *conn) traceBusy(ctx context.Context) {
	if t := c.tracing(); t != nil {
		d := time.Duration(c.p.busy_waited)
		start := time.Now().Add(-d)
		t.End(t.Start(ctx, engine.OpLockWait, ""), &engine.Event{Op: engine.OpLockWait, Start: start, Duration: d})
	}
}

// failureUnder is the error of a call that ran under the context. What ends
// because of the context may say so by another code: a virtual table may turn
// SQLITE_INTERRUPT into its own, and the busy handler gives up with SQLITE_BUSY.
func (c *conn) failureUnder(ctx context.Context, sql string) error {
	e := c.failure(sql)
	if code := e.Code & 0xff; c.p.noticed != 0 || ctx.Err() != nil && (code == engine.CodeInterrupt || code == engine.CodeBusy) {
		return engine.Cancelled(ctx)
	}
	return e
}

// failure is the error that the last call left in the connection.
func (c *conn) failure(sql string) *engine.Error {
	e := &engine.Error{
		Code: int(c.p.rc), Offset: int(c.p.erroff), Errno: int(c.p.syserr), SQL: sql,
		Message: C.GoStringN((*C.char)(unsafe.Pointer(c.p.errmsg.p)), C.int(c.p.errmsg.n)),
	}
	switch {
	case e.Code == 517: // SQLITE_BUSY_SNAPSHOT
		e.Hint = "another connection wrote after this transaction began to read: run the transaction again, or begin it IMMEDIATE"
	case e.Code&0xff == engine.CodeBusy && c.p.busy_waited == 0 && c.p.busy_ns > 0 && !c.autocommit():
		e.Hint = "another connection writes, and a transaction that has read already does not wait for it, " +
			"because the two could wait for each other: run the transaction again, or begin it IMMEDIATE"
	case e.Code == engine.CodeAuth:
		c.explainDenial(e)
	case e.Code&0xff == engine.CodeBusy:
		e.Waited = time.Duration(c.p.busy_waited) + time.Duration(c.p.waited_ns)
		e.Hint = waitedHint(e.Waited)
	}
	if e.Offset > len(sql) {
		e.Offset = -1
	}
	c.hookFailure(e)
	c.addVFSFailure(e)
	c.addFuncError(e)
	if c.p.refused != 0 && e.Cause == nil && e.Code == engine.CodeError {
		e.Cause = engine.Unsupported
	}
	return e
}

func waitedHint(d time.Duration) string {
	return "waited " + d.Round(time.Millisecond).String() + " for another connection"
}

// ---- compiling ----

func checkNUL(sql string) error {
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return &engine.Error{Code: engine.CodeError, Offset: i, SQL: sql,
			Message: "SQL text with a NUL byte", Hint: "SQLite would stop reading there: bind the value as an argument"}
	}
	return nil
}

// compile compiles the first statement of sql and tells how many bytes it
// took; nil when there is nothing but blanks. It may have to wait for a lock,
// to read the schema.
func (c *conn) compile(ctx context.Context, sql string, k keep) (*stmt, int, error) {
	if err := checkNUL(sql); err != nil {
		return nil, 0, err
	}
	if err := c.callable(); err != nil {
		return nil, 0, err
	}
	if sql == "" {
		return nil, 0, nil // SQLite takes a text without an address for a mistake
	}
	if len(sql) > 1<<30 {
		return nil, 0, &engine.Error{Code: engine.CodeTooBig, Offset: -1, Message: "string or blob too big"}
	}
	if c.readOnly && encrypts(sql) {
		return nil, 0, errReadOnlyTx(sql)
	}
	var tail C.int
	persistent := C.int(0)
	if k != oneUse {
		persistent = 1
	}
	traced, start := c.tracing(), time.Duration(0)
	if traced != nil {
		start = time.Since(epoch)
	}
	w := startWatch(ctx, c.cancel)
	p := C.lq_prepare(c.p, (*C.char)(unsafe.Pointer(unsafe.StringData(sql))), C.int(len(sql)), persistent, &tail)
	w.stop()
	if c.p.busy_waited > 0 {
		c.traceBusy(ctx)
	}
	if p == nil {
		if c.p.rc != 0 {
			return nil, 0, explainBegin(sql, c.failureUnder(ctx, sql))
		}
		return nil, int(tail), nil
	}
	s := &stmt{c: c, p: p, text: sql[:tail], keep: k, readonly: p.readonly != 0, traced: traced}
	s.count()
	if traced != nil && k != owned { // what is prepared for later is not part of a run
		s.spent = time.Since(epoch) - start - time.Duration(c.p.busy_waited)
	}
	s.verb = sqltext.Classify(s.text).Verb
	s.readonly = readsOnly(s.text, s.verb, s.readonly)
	s.queues = !s.readonly && writesMain(s.text, s.verb)
	c.live[s] = struct{}{}
	return s, int(tail), nil
}

// readsOnly corrects what SQLite says of a statement: EXPLAIN only compiles;
// reading the journal mode writes nothing, and a checkpoint runs beside a
// writer; optimize may run ANALYZE.
func readsOnly(sql string, verb sqltext.Verb, said bool) bool {
	switch verb {
	case sqltext.Explain:
		return true
	case sqltext.Pragma:
		switch _, name, value, _ := sqltext.ParsePragma(sql); name {
		case "journal_mode":
			return said || value == ""
		case "wal_checkpoint":
			return true
		case "optimize":
			return false
		}
	}
	return said
}

// writesMain is false for statements that write, but not into the database
// whose writers queue: a copy of it, and a temporary table's schema.
func writesMain(sql string, verb sqltext.Verb) bool {
	if verb != sqltext.Vacuum && verb != sqltext.Create {
		return true
	}
	n := 0
	for tok := range sqltext.Tokens(sql) {
		switch {
		case tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment:
			continue
		case verb == sqltext.Vacuum && tok.Kind == sqltext.Ident && tok.Is(sql, "INTO"),
			n == 1 && (tok.Is(sql, "TEMP") || tok.Is(sql, "TEMPORARY")):
			return false
		case n == 1 && verb == sqltext.Create:
			return true
		}
		n++
	}
	return true
}

// encrypts tells the PRAGMAs that write the whole file while they are compiled.
func encrypts(sql string) bool {
	_, name, _, _ := sqltext.ParsePragma(explained(sql)) // EXPLAIN compiles it too
	row := pragmas.Find(name)
	return row != nil && row.Writes
}

// lookup returns the kept statement of a text, if it is free.
func (c *conn) lookup(sql string) *stmt {
	if s, ok := c.cache.get(sql); ok && !s.running {
		c.cache.hits++
		return s
	}
	return nil
}
