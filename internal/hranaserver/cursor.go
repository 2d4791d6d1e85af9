package hranaserver

import (
	"context"
	"database/sql/driver"
	"net/http"
	"time"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// cursorChunk is how many bytes of rows wait for a client that is still taking
// those before.
const cursorChunk = 32 << 10

// writeWait is how long a client may take for a chunk, or for an answer.
const writeWait = time.Minute

// cursor answers a batch whose rows are sent while it runs. Before the first
// byte its error is the answer; afterwards it breaks the answer off.
func (s *Server) cursor(ctx context.Context, w http.ResponseWriter, req *cursorRequest, c codec) error {
	if err := req.Batch.check(); err != nil {
		return err
	}
	st, err := s.acquire(ctx, req.Baton)
	if err != nil {
		return err
	}
	steps, err := st.steps(ctx, req.Batch, v3)
	if err != nil {
		st.drop()
		return asHTTP(err)
	}
	baton := ""
	keep := !s.opts.Cloud || st.inTx || begins(steps)
	if keep {
		baton = st.park(false) // the time of the stream runs while it sends
	}
	w.Header().Set("Content-Type", c.cursorType())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &cursorSink{codec: c, chunks: make(chan []byte), client: ctx}
	out.buf = c.cursor(nil, baton, s.opts.BaseURL)
	done := make(chan error, 1)
	go func() {
		err := out.pass(ctx)
		if err == nil {
			err = st.runProgram(ctx, steps, out)
		}
		done <- out.end(err, s)
		close(out.chunks)
	}()
	werr := send(w, out.chunks, cancel)
	err = <-done
	if keep {
		st.use.Unlock()
	} else {
		st.drop()
	}
	if werr != nil || err != nil {
		panic(http.ErrAbortHandler) // the body is broken off
	}
	return nil
}

func begins(steps []step) bool {
	for _, s := range steps {
		if s.query.verb == sqltext.Begin || s.query.verb == sqltext.Savepoint {
			return true
		}
	}
	return false
}

// send writes the chunks as they come.
func send(w http.ResponseWriter, chunks <-chan []byte, cancel func()) (err error) {
	rc := http.NewResponseController(w)
	for chunk := range chunks {
		if err != nil {
			continue
		}
		rc.SetWriteDeadline(time.Now().Add(writeWait))
		if _, err = w.Write(chunk); err == nil {
			err = rc.Flush()
		}
		if err != nil {
			cancel()
		}
	}
	rc.SetWriteDeadline(time.Time{})
	return err
}

// cursorSink encodes what a program does and hands it to the one who sends it.
type cursorSink struct {
	client context.Context // ends when the client has gone
	codec  codec
	chunks chan []byte
	buf    []byte
	step   int
	run    context.Context // of the program
}

// offer hands over what there is if somebody waits for it, and waits for him
// when it is enough.
func (c *cursorSink) offer(ctx context.Context) error {
	if len(c.buf) >= cursorChunk {
		return c.pass(ctx)
	}
	select {
	case c.chunks <- c.buf:
		c.buf = nil
	default:
	}
	return nil
}

func (c *cursorSink) pass(ctx context.Context) error {
	select {
	case c.chunks <- c.buf:
		c.buf = nil
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *cursorSink) stepBegins(ctx context.Context, step int) { c.run, c.step = ctx, step }

func (c *cursorSink) begin(cols []column) error {
	c.buf = c.codec.stepBegin(c.buf, c.step, cols)
	return c.offer(c.run)
}

func (c *cursorSink) row(values []driver.Value) error {
	c.buf = c.codec.row(c.buf, values)
	return c.offer(c.run)
}

func (c *cursorSink) stepEnds(_ int, o outcome) error {
	c.buf = c.codec.stepEnd(c.buf, o)
	return c.offer(c.client)
}

func (c *cursorSink) stepFails(i int, f *failure) error {
	c.buf = c.codec.stepError(c.buf, i, f)
	return c.offer(c.client)
}

// end closes the cursor: with its last entry, or broken off.
func (c *cursorSink) end(err error, s *Server) error {
	if err == nil {
		c.buf = c.codec.replicationIndex(c.buf, *s.replicationIndex())
	}
	if perr := c.pass(c.client); err == nil {
		err = perr
	}
	return err
}
