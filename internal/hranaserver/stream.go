package hranaserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"time"

	libsql "github.com/gorm-libsql/libsql/driver"
)

// stream is a session of a client: a connection, with the transaction that may
// be open on it, and the SQL texts that were stored.
type stream struct {
	srv *Server
	id  uint64

	// Guarded by the server's mu.
	turn   uint64 // of the baton that is good
	busy   bool   // a request has it
	gone   bool   // it is not in the server's map any more
	expiry *time.Timer
	// cancel ends the program that runs, nil when none does; stolen says that
	// its transaction has been rolled back, or is to be, in favour of another.
	cancel context.CancelCauseFunc
	stolen bool
	since  time.Time // it holds the write lock since; zero: it does not

	// use is held by who uses the fields below.
	use      sync.Mutex
	conn     *sql.Conn // nil when closed
	dc       *libsql.Conn
	inTx     bool
	readOnly bool // query_only is set
	dirty    bool // the connection is not fit for another stream
	lastID   int64
	stored   map[int32]string
	room     int64 // bytes that the results of this pipeline may still have
}

// acquire returns the stream of the baton, or a new one, with its use. It is
// given back with release or drop.
func (s *Server) acquire(ctx context.Context, baton *string) (*stream, error) {
	s.mu.Lock()
	closing := s.closing
	s.mu.Unlock()
	switch {
	case closing:
		return nil, errShutDown
	case baton == nil:
		return s.open(ctx)
	}
	id, turn, ok := s.batons.Load().decode(*baton)
	if !ok {
		return nil, s.refuseBaton(errBatonInvalid)
	}
	s.mu.Lock()
	st := s.streams[id]
	switch _, expired := s.expired[id]; {
	case expired:
		s.mu.Unlock()
		return nil, s.refuseBaton(errStreamExpired)
	case st == nil:
		s.mu.Unlock()
		return nil, s.refuseBaton(errBatonInvalid)
	case st.busy, st.turn != turn:
		s.mu.Unlock()
		s.count.batonReuses.Add(1)
		return nil, s.refuseBaton(errBatonReused)
	}
	st.busy = true
	st.turn++
	st.expiry.Stop()
	s.mu.Unlock()
	st.use.Lock() // a cursor may still be sending, a transaction being rolled back
	return st, nil
}

// refuseBaton is the error for a baton that is no good.
func (s *Server) refuseBaton(r *refusal) error {
	if s.opts.Cloud {
		return statusError(404, "stream not found: "+r.body)
	}
	return r
}

// open opens a stream.
func (s *Server) open(ctx context.Context) (*stream, error) {
	select {
	case s.slots <- struct{}{}:
	default:
		timer := time.NewTimer(s.opts.OpenWait)
		defer timer.Stop()
		select {
		case s.slots <- struct{}{}:
		case <-timer.C:
			return nil, errTooManyStreams
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	st, err := s.connect(ctx)
	if err != nil {
		<-s.slots
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		st.closeConn()
		st.use.Unlock()
		return nil, errShutDown
	}
	s.streams[st.id] = st
	s.count.streams.Add(1)
	s.count.openStreams.Add(1)
	return st, nil
}

func (s *Server) connect(ctx context.Context) (*stream, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, asHTTP(s.failure(err))
	}
	st := &stream{srv: s, id: randomID(), turn: randomID(), busy: true, conn: conn, readOnly: s.opts.ReadOnly}
	st.expiry = time.AfterFunc(time.Hour, func() { s.expire(st) })
	st.expiry.Stop()
	st.use.Lock()
	// The connection is the stream's alone until the stream closes it.
	err = conn.Raw(func(c any) error {
		st.dc = c.(*libsql.Conn)
		return nil
	})
	return st, err
}

// release ends the request that has the stream and returns the baton for the
// next; "" when the stream has been closed.
func (st *stream) release() string {
	if st.conn == nil {
		st.drop()
		return ""
	}
	st.rollBackStolen()
	if st.srv.opts.Cloud && !st.inTx {
		st.drop()
		return ""
	}
	return st.park(true)
}

// park makes the stream available to the next baton, and, with free, its use
// to whoever has it.
func (st *stream) park(free bool) string {
	s := st.srv
	s.mu.Lock()
	st.busy = false
	st.expiry.Reset(s.opts.StreamExpiry)
	baton := s.batons.Load().encode(st.id, st.turn)
	closing := s.closing
	s.mu.Unlock()
	if free {
		st.use.Unlock()
	}
	if closing {
		s.expire(st)
	}
	return baton
}

// drop ends the request and the stream with it.
func (st *stream) drop() {
	st.forget(false)
	st.closeConn()
	st.use.Unlock()
}

// forget takes the stream out of the server's map; false if it was not there.
func (st *stream) forget(expired bool) bool {
	s := st.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.gone || expired && st.busy {
		return false
	}
	st.gone = true
	st.expiry.Stop()
	st.since = time.Time{}
	if s.streams[st.id] == st {
		delete(s.streams, st.id)
		s.count.openStreams.Add(-1)
	}
	if expired {
		s.remember(st.id)
		s.count.expired.Add(1)
	}
	return true
}

// expire ends a stream that nobody uses. A cursor that still sends rows of it
// is let finish.
func (s *Server) expire(st *stream) {
	if st.forget(true) {
		st.closeNow()
	}
}

func (st *stream) closeNow() {
	if !st.use.TryLock() {
		st.srv.background(func() { // the one who uses it is about to end, or a cursor
			st.use.Lock()
			st.closeConn()
			st.use.Unlock()
		})
		return
	}
	st.closeConn()
	st.use.Unlock()
}

// closeConn gives the connection back, whose transaction is rolled back.
func (st *stream) closeConn() {
	if st.conn == nil {
		return
	}
	if st.dirty {
		st.conn.Raw(func(any) error { return driver.ErrBadConn }) // it is closed for good
	}
	st.conn.Close()
	st.conn, st.dc, st.inTx, st.stored = nil, nil, false, nil
	<-st.srv.slots
}

// remember keeps the number of a stream that expired, for a while and not too
// many, so that its client is told what has happened.
func (s *Server) remember(id uint64) {
	const keep, most = 5 * time.Minute, 10_000
	now := time.Now()
	s.expired[id] = struct{}{}
	s.expiredAt = append(s.expiredAt, expiredStream{id, now})
	for len(s.expiredAt) > most || now.Sub(s.expiredAt[0].at) > keep {
		delete(s.expired, s.expiredAt[0].id)
		s.expiredAt = s.expiredAt[1:]
	}
}

type expiredStream struct {
	id uint64
	at time.Time
}
