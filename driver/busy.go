package driver

import (
	"errors"
	"math"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// maxBusyTimeout is the longest that SQLite can count: 2³¹-1 milliseconds.
const maxBusyTimeout = math.MaxInt32 * time.Millisecond

// BusyTimeout is how long a statement of this connection waits for a lock that
// another connection holds, before it fails with [ErrBusy]: the [Config]'s
// BusyTimeout, if nothing has changed it since. It is 0 on an engine that does
// not wait itself, a remote one.
func (c *Conn) BusyTimeout() time.Duration {
	if w, ok := c.eng.(engine.BusyWaiter); ok {
		return w.BusyTimeout()
	}
	return 0
}

// SetBusyTimeout changes [Conn.BusyTimeout] for this connection, from its next
// statement on; 0 does not wait. It covers both the wait for other connections
// of this process and the one for other processes. A negative timeout, and one
// of more than 2³¹-1 milliseconds (24 days), is an error; an engine that does
// not wait itself gives one that wraps [ErrUnsupported].
//
// The connection keeps it when it goes back to the pool. For every connection
// of a pool, those to come too, call it in [EachConn]; pragma.BusyTimeout.SetAll
// does. PRAGMA busy_timeout is the same setting, read in whole milliseconds:
// https://www.sqlite.org/c3ref/busy_timeout.html.
func (c *Conn) SetBusyTimeout(timeout time.Duration) error {
	switch {
	case timeout < 0:
		return errors.New("libsql: the busy timeout is negative")
	case timeout > maxBusyTimeout:
		return errors.New("libsql: the busy timeout is longer than SQLite can count")
	}
	w, ok := c.eng.(engine.BusyWaiter)
	if !ok {
		return cannot("a busy timeout", "the server waits for locks; end the wait with a context")
	}
	return publish(w.SetBusyTimeout(timeout))
}
