package hranaserver

import (
	"context"
	"errors"
	"time"
)

// Whoever waits for the write lock has the transaction that holds it rolled
// back when its time is over.

var errStolen = errors.New("the transaction has timed out")

// waits is told that a connection begins to wait for the write lock, and that
// it no longer does.
func (s *Server) waits(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting += n
	s.count.lockWaits.Add(int64(max(n, 0)))
	if n > 0 && s.waiting == n {
		s.lookAtHolder()
	}
}

// lookAtHolder ends the transaction that has held the lock too long, and comes
// back when one might have. Called with mu.
func (s *Server) lookAtHolder() {
	if s.waiting == 0 || s.closing {
		return
	}
	again := 20 * time.Millisecond // nobody has said yet that he has the lock
	for _, st := range s.streams {
		if st.since.IsZero() || st.stolen {
			continue
		}
		if left := s.opts.TxLimit - time.Since(st.since); left > 0 {
			again = left
			continue
		}
		st.stolen = true
		s.count.txTimeouts.Add(1)
		switch {
		case st.cancel != nil:
			st.cancel(errStolen)
		case !st.busy:
			s.background(func() {
				st.use.Lock()
				defer st.use.Unlock()
				st.rollBackStolen()
			})
		} // else the request that has it comes across it
	}
	s.look.Reset(again)
}

// rollBackStolen rolls back the transaction that was taken away; the client
// is told by the next program. Called with use.
func (st *stream) rollBackStolen() {
	st.srv.mu.Lock()
	stolen := st.stolen
	st.srv.mu.Unlock()
	if stolen && st.conn != nil && st.inTx {
		st.endTx()
	}
}

// endTx rolls back whatever is open.
func (st *stream) endTx() {
	st.exec(context.Background(), "ROLLBACK")
	st.inTx = false
	st.noteLock(false)
}

// noteLock notes whether the stream's transaction has the write lock.
func (st *stream) noteLock(has bool) {
	s := st.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !has:
		st.since = time.Time{}
	case st.since.IsZero():
		st.since = time.Now()
	}
}
