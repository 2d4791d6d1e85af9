package hrana

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// trip is a request that is about to be made: its requests for a version of
// the protocol, which are made again when it is tried again.
type trip struct {
	build  func(v version) (requests []byte, n int)
	check  func(*answer) bool // that it is one to these requests; nil: any is
	reads  bool               // it may run twice
	pinned bool               // it belongs to the stream that is open, and to no other
}

// send makes the trip. A failure is a *failure.
//
// It is tried again when the server is known not to have run it, or when it
// reads only.
func (c *conn) send(ctx context.Context, t trip) (*answer, error) {
	var r retry
	var old error // why an older version is tried
	v := c.e.version()
	for {
		hadBaton := c.baton != ""
		a, token, err := c.once(ctx, t, v)
		c.e.http.hideIn(a, err, token)
		if err == nil {
			c.e.v.Store(uint32(v))
			return a, nil
		}
		var f *failure
		errors.As(err, &f)
		switch {
		case f == nil || ctx.Err() != nil:
			return nil, err
		case f.status == http.StatusNotFound && !hadBaton && v == v3:
			v, old = v2, err // an old server, or a database that is not there
			continue
		case f.status == http.StatusNotFound && old != nil:
			return nil, old
		case hadBaton && !t.pinned && f.noStream():
			c.forget()
			continue
		}
		if err := r.again(ctx, c.e.http, err, token, t.reads); err != nil {
			return nil, err
		}
	}
}

// once posts a pipeline. The baton is used up by it, unless nothing was sent.
func (c *conn) once(ctx context.Context, t trip, v version) (*answer, string, error) {
	requests, n := t.build(v)
	body := make([]byte, 0, len(requests)+128)
	body = append(body, `{"baton":`...)
	if c.baton == "" {
		body = append(body, "null"...)
	} else {
		body = appendString(body, c.baton)
	}
	body = append(append(append(body, `,"requests":[`...), requests...), `]}`...)
	token, err := c.e.http.currentToken(ctx, nil)
	if err != nil {
		return nil, "", err
	}
	resp, err := c.e.http.post(ctx, c.address()+"/v"+strconv.Itoa(int(v))+"/pipeline", token, body, typeJSON, false)
	if err != nil {
		return nil, token, err
	}
	defer resp.Body.Close()
	// The limit is that of a row: there is one row at least, and no server sends
	// more in a pipeline than fits into memory.
	limit := min(c.e.opts.MaxRow, math.MaxInt64-1)
	buf := answers.Get().(*bytes.Buffer)
	defer reuse(buf)
	if n := resp.ContentLength; n > 0 { // which may be a lie
		buf.Grow(int(min(n, mostReused)) + bytes.MinRead)
	}
	_, err = buf.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(buf.Len()) > limit {
		return nil, token, &failure{what: "the answer cannot be read", err: &tooLarge{limit}, final: true}
	}
	if err != nil {
		return nil, token, &failure{what: "the answer cannot be read", err: err}
	}
	a, err := readAnswer(buf.Bytes(), n)
	if err == nil && t.check != nil && !t.check(a) {
		err = fmt.Errorf("%w: it is none to what was asked", errMalformed)
	}
	if err == nil {
		err = c.follow(a)
	}
	if err != nil {
		return nil, token, &failure{what: "the answer of the server", err: err, final: true}
	}
	return a, token, nil
}

// answers has buffers that answers are read into. Nothing of one is in what is
// made of it.
var answers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// mostReused is how large a buffer may be that waits for its next use.
const mostReused = 1 << 20

func reuse(buf *bytes.Buffer) {
	if buf.Cap() <= mostReused {
		buf.Reset()
		answers.Put(buf)
	}
}

// tooLarge is an answer that is not read to its end.
type tooLarge struct{ limit int64 }

func (t *tooLarge) Error() string {
	return fmt.Sprintf("it is larger than %d bytes", t.limit)
}

// address is where the stream is, or where a new one is opened.
func (c *conn) address() string {
	if c.base != "" {
		return c.base
	}
	return c.e.base
}

// follow takes over the stream as the answer leaves it.
func (c *conn) follow(a *answer) error {
	c.baton, c.used = a.baton, time.Now()
	if c.baton == "" {
		c.base = ""
		return nil
	}
	if a.base == "" {
		return nil
	}
	u, err := url.Parse(a.base)
	switch {
	case err != nil, u.Hostname() == "", u.User != nil, strings.ContainsAny(a.base, "?#"), u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%w: base_url is no address", errMalformed)
	case u.Scheme == "http" && c.e.opts.URL.Scheme == "https":
		return fmt.Errorf("%w: base_url would leave TLS", errMalformed)
	case u.Scheme == "http" && c.e.opts.secret() && Loopback(c.e.opts.URL.Hostname()) && !Loopback(u.Hostname()):
		return fmt.Errorf("%w: base_url would show the token or key to the network", errMalformed)
	}
	c.base = trimSlash(a.base)
	return nil
}

// forget lets go of the stream without a word.
func (c *conn) forget() { c.baton, c.base = "", "" }

// streamLife is how long a stream that nobody uses is sure to be known to the
// server, which keeps it 10 s, less what a request may take.
const streamLife = 9 * time.Second

// closeTimeout bounds the requests that nobody's context bounds.
const closeTimeout = 10 * time.Second

// closeStream closes the stream, whose transaction is rolled back. One without
// a transaction is left to expire when it is about to.
func (c *conn) closeStream() error {
	if c.baton == "" {
		return nil
	}
	if c.state != open && time.Since(c.used) > streamLife {
		c.forget()
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_, err := c.send(ctx, trip{pinned: true, build: func(version) ([]byte, int) { return []byte(closeRequest), 1 }})
	c.forget()
	var f *failure
	if errors.As(err, &f) && f.noStream() {
		return nil // it has expired, and so been rolled back
	}
	return err
}

const (
	closeRequest      = `{"type":"close"}`
	autocommitRequest = `{"type":"get_autocommit"}`
)

// broken is the error of a trip that failed, for one that may have changed
// something for good, or for one that surely has not.
func (c *conn) broken(ctx context.Context, err error, mayCommit, hadBaton bool) *engine.Error {
	var f *failure
	if !errors.As(err, &f) {
		return cancelled(ctx, mayCommit)
	}
	// A baton that is used up may have been so by this very request, if a proxy
	// has sent it again.
	unknown := mayCommit && (f.unknown() && !f.refused(hadBaton) || hadBaton && f.foreignBaton())
	if ctx.Err() != nil {
		return cancelled(ctx, unknown)
	}
	e := f.engineError()
	if unknown {
		e.Hint = "the server may have run the statement: whether it did is not known"
		e.Cause = errors.Join(engine.CommitUnknown, e.Cause)
	}
	return e
}
