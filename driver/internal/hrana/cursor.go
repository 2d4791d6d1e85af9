package hrana

import (
	"bufio"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// A server refuses a result that is too large for a pipeline. A cursor has no
// limit: its rows come while they are read. It costs a request to close its
// stream, so it is for what is known to be large.

// cursor are the rows of one statement that reads, as they come.
type cursor struct {
	c      *conn
	wire   cursorWire
	body   io.ReadCloser
	in     *bufio.Reader
	line   []byte // of an entry
	cancel context.CancelFunc
	ctx    context.Context
	token  string // that the server was shown

	own   bool   // it has a stream of its own
	baton string // of that
	base  string

	step int // of the statement
	at   int // the step that the entries are of, -1 between steps
	cols []engine.Column
	ran  bool           // the statement is at its end
	rows []driver.Value // that were read ahead, for another statement of the stream
	done bool           // the body has been read to its end
	err  error          // behind the rows
	sum  engine.Result
}

// entry is one of a cursor.
type entry struct {
	typ    string
	step   int
	cols   []column
	row    []driver.Value
	err    *serverError
	result stepResult
}

// entryType is the type of an entry, "" for one that is new.
func entryType(b []byte) string {
	for _, known := range entryTypes {
		if string(b) == known {
			return known
		}
	}
	return ""
}

// entry reads a line; row is memory for the values.
func (r *reader) entry(e *entry, row []driver.Value) error {
	*e = entry{step: -1}
	r.object(func(key []byte) {
		switch string(key) {
		case "type":
			e.typ = entryType(r.stringBytes())
		case "step":
			e.step = int(r.integer())
		case "cols":
			e.cols = r.columns()
		case "row":
			e.row = row[:0]
			r.row(&e.row)
		case "error":
			e.err = r.serverError()
		case "affected_row_count":
			e.result.changes = r.count()
		case "last_insert_rowid":
			e.result.rowid = r.count()
		case "rows_read":
			e.result.read = r.count()
		case "replication_index":
			e.result.written = r.count()
		}
	})
	r.end()
	return r.err
}

// queryCursor runs a statement that reads. Outside of a transaction it has a
// stream of its own, so that the connection is free for others meanwhile.
func (c *conn) queryCursor(ctx context.Context, s *statement, args []driver.NamedValue) (engine.Rows, error) {
	r := &cursor{c: c, own: c.state == autocommit, at: -1}
	var p program
	p.v = v3
	prev := cond("")
	switch {
	case r.own:
		for _, s := range c.settings {
			prev = ok(p.add(step{cond: prev, sql: s.sql}))
		}
	default:
		prev = p.inTransaction("")
	}
	r.step = p.add(step{cond: prev, sql: s.sql, args: s.args, rows: true})
	baton, address := "", c.e.base
	if !r.own {
		baton, address = c.baton, c.address()
	}
	r.ctx = ctx
	cctx, cancel := context.WithCancel(ctx)
	r.cancel = cancel
	resp, err := r.post(cctx, address, baton, &p, s, args)
	if err == nil {
		err = r.open(resp)
	}
	if err != nil {
		r.cancel()
		var f *failure
		if errors.As(err, &f) && f.status == http.StatusNotFound {
			return nil, errNoCursor
		}
		return nil, r.failed(err)
	}
	if !r.own {
		c.cur = r
	}
	if err := r.begin(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// open reads the head of the answer.
func (r *cursor) open(resp *http.Response) error {
	r.body, r.in = resp.Body, bufio.NewReaderSize(resp.Body, 64<<10)
	head, err := r.wire.next(r)
	if err != nil {
		resp.Body.Close()
		return &failure{what: "the answer cannot be read", err: err}
	}
	a, err := r.wire.head(head)
	if err != nil {
		resp.Body.Close()
		return &failure{what: "the answer of the server", err: err, final: true}
	}
	if !r.own {
		err = r.c.follow(&a)
	} else {
		err = r.c.aside(r, func() error { return r.c.follow(&a) })
	}
	if err != nil {
		resp.Body.Close()
		return &failure{what: "the answer of the server", err: err, final: true}
	}
	return nil
}

// errNoCursor is a server that has no cursors, at least not here. When it is the
// stream that is not there, the next request finds out.
var errNoCursor = errors.New("there is no cursor")

// aside calls fn while the cursor's own stream is the connection's.
func (c *conn) aside(r *cursor, fn func() error) error {
	baton, base, used := c.baton, c.base, c.used
	c.baton, c.base, c.used = r.baton, r.base, time.Now()
	err := fn()
	r.baton, r.base = c.baton, c.base
	c.baton, c.base, c.used = baton, base, used
	return err
}

// begin reads up to the columns of the statement.
func (r *cursor) begin() error {
	for r.cols == nil && r.err == nil {
		if _, err := r.advance(nil); err != nil {
			if err == io.EOF {
				break
			}
			return err
		}
	}
	return r.err
}

// errCut is a cursor that has ended before its end.
var errCut = errors.New("the rows were cut off")

// advance reads an entry: a row, io.EOF behind the last, or neither.
func (r *cursor) advance(row []driver.Value) ([]driver.Value, error) {
	if r.done {
		if r.err != nil {
			return nil, r.err
		}
		return nil, io.EOF
	}
	line, err := r.wire.next(r)
	if err != nil {
		if err == io.EOF {
			err = errCut // without its last entry
		}
		return nil, r.broken(&failure{what: "the rows cannot be read", err: err})
	}
	e, err := r.wire.entry(line, row)
	if err != nil {
		return nil, r.broken(&failure{what: "the rows of the server", err: err})
	}
	switch e.typ {
	case "step_begin":
		r.at = e.step
		if e.step != r.step {
			break
		}
		if r.cols != nil {
			return nil, r.malformed("a statement that begins twice")
		}
		r.cols = make([]engine.Column, len(e.cols))
		for i, col := range e.cols {
			r.cols[i] = r.c.e.column(col)
		}
	case "row":
		if r.at >= 0 && r.at != r.step {
			break // of a setting
		}
		if len(e.row) != len(r.cols) || r.cols == nil || r.at < 0 {
			return nil, r.malformed(fmt.Sprintf("a row of %d values and %d columns", len(e.row), len(r.cols)))
		}
		r.sum.Rows++
		return e.row, nil
	case "step_end":
		r.ran = r.ran || r.at == r.step
		r.at = -1
	case "step_error", "error":
		if e.err == nil {
			e.err = &serverError{}
		}
		r.c.e.http.hideError(e.err, r.token)
		r.at, r.err = -1, e.err.engineError()
		if e.typ == "error" {
			r.readEnd()
			return nil, r.end(r.err)
		}
	case "replication_index":
		r.c.e.saw(uint64(max(e.result.written, 0)))
		switch {
		case r.err != nil:
		case r.cols == nil:
			r.err = engine.RolledBack(nil) // skipped
			if !r.own {
				r.c.state, r.c.lost = autocommit, r.err
			}
		case !r.ran:
			return nil, r.broken(&failure{what: "the rows cannot be read", err: errCut})
		}
		r.readEnd()
		return nil, r.end(r.err)
	}
	return nil, nil
}

func (r *cursor) malformed(what string) error {
	return r.broken(&failure{what: "the rows of the server", err: fmt.Errorf("%w: %s", errMalformed, what)})
}

// readEnd reads the end of the body behind its last entry, so that the network
// connection can be used again. No server is waited for long.
func (r *cursor) readEnd() {
	timer := time.AfterFunc(endTimeout, r.cancel)
	defer timer.Stop()
	r.in.ReadByte()
}

const endTimeout = 5 * time.Second

// end notes the end of the body. A stream of its own is closed.
func (r *cursor) end(err error) error {
	if r.done {
		return err
	}
	r.done = true
	r.body.Close()
	r.cancel()
	if r.c.cur == r {
		r.c.cur = nil
		r.c.used = time.Now()
	}
	if r.own && r.baton != "" {
		r.c.aside(r, r.c.closeStream)
	}
	if err == nil {
		err = io.EOF
	}
	return err
}

// broken is the error of a body that was broken off: the stream is no good
// any more.
func (r *cursor) broken(f *failure) error {
	r.err = r.failed(f)
	return r.end(r.err)
}

func (r *cursor) failed(err error) error {
	r.c.e.http.hideIn(nil, err, r.token)
	e := r.c.broken(r.ctx, err, false, !r.own)
	var f *failure
	if r.own || errors.As(err, &f) && f.untouched(true) {
		return e
	}
	r.c.forget()
	r.c.state = autocommit
	r.c.lost = engine.RolledBack(e)
	return e
}

// drain reads what is left, because the stream is wanted for something else:
// with keep it stays for its reader.
func (r *cursor) drain(keep bool) {
	for !r.done {
		row, err := r.advance(nil)
		if err != nil {
			break
		}
		if keep {
			r.rows = append(r.rows, row...)
		}
	}
	if r.c.cur == r {
		r.c.cur = nil
	}
}

// freeStream reads what is left of the rows that the stream is busy with, so
// that it can take the next request. When the context ends they are cut off,
// and the transaction with them.
func (c *conn) freeStream(ctx context.Context) error {
	if c.cur == nil {
		return nil
	}
	stop := context.AfterFunc(ctx, c.cur.cancel)
	c.cur.drain(true)
	stop()
	switch {
	case c.lost == nil:
		return nil
	case ctx.Err() != nil:
		return engine.Cancelled(ctx)
	}
	return c.lost
}

// Columns are those of the statement.
func (r *cursor) Columns() []engine.Column { return r.cols }

// Next reads the next row.
func (r *cursor) Next(dest []driver.Value) error {
	n := len(r.cols)
	if n > 0 && len(r.rows) >= n {
		r.give(dest, r.rows[:n])
		r.rows = r.rows[n:]
		return nil
	}
	for {
		row, err := r.advance(dest)
		if err != nil {
			return err
		}
		if row != nil {
			r.give(dest, row)
			return nil
		}
	}
}

func (r *cursor) give(dest, row []driver.Value) {
	for i, v := range row {
		dest[i] = r.cols[i].Convert(v, r.c.e.opts.Loc)
	}
}

// HasNextResultSet is false: it is one statement.
func (r *cursor) HasNextResultSet() bool { return false }

// NextResultSet is io.EOF.
func (r *cursor) NextResultSet() error { return io.EOF }

// Close ends the rows. Within a transaction what is left of them is read, so
// that its stream can be used again, for as long as a stream may live; else it
// is cut off.
func (r *cursor) Close() error {
	switch {
	case r.done:
	case r.own:
		r.cancel()
		r.end(nil)
	default:
		timer := time.AfterFunc(closeTimeout, r.cancel)
		r.drain(false)
		timer.Stop()
	}
	r.rows = nil
	return nil
}

// Result sums up what ran so far.
func (r *cursor) Result() engine.Result { return r.sum }

// Describe knows nothing.
func (r *cursor) Describe(int) engine.ColumnFacts { return engine.ColumnFacts{} }

// isTooLarge tells a result that a pipeline does not take.
func isTooLarge(err error) bool {
	var e *engine.Error
	var t *tooLarge
	return errors.As(err, &e) && e.Server == "RESPONSE_TOO_LARGE" || errors.As(err, &t)
}

// mostLarge bounds what is remembered of large results.
const mostLarge = 1000

// wantsCursor tells a statement that a cursor is worth a try for: it reads,
// alone, on a server that has cursors.
func (c *conn) wantsCursor(stmts []statement) bool {
	return len(stmts) == 1 && stmts[0].reads() && c.e.version() >= v3 && c.state != pending && c.lost == nil
}

// knownLarge tells a text whose result was too large before.
func (e *remote) knownLarge(sql string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.large[sql]
}

func (e *remote) noteLarge(sql string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.large == nil || len(e.large) >= mostLarge {
		e.large = map[string]bool{}
	}
	e.large[sql] = true
}
