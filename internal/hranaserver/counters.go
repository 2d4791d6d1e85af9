package hranaserver

import (
	"sync"
	"sync/atomic"
)

// Counters are what a server has done since it was made.
type Counters struct {
	Requests   int64 // HTTP requests, whatever became of them
	Pipelines  int64 // of them, to a pipeline
	Cursors    int64 // and to a cursor
	BytesIn    int64 // of their bodies
	BytesOut   int64 // of the answers' bodies, before compression
	Statements int64 // that ran, or began to
	Changed    int64 // transactions and single statements that may have written

	Streams     int64 // that were opened
	OpenStreams int64 // that are open now
	Expired     int64 // that nobody used in time
	BatonReuses int64 // requests with a baton that was used already or is in use
	LockWaits   int64 // statements that waited for the write lock
	TxTimeouts  int64 // transactions that were rolled back because another waited
	Faults      int64 // requests that a fault was made for

	// ByType counts the requests within pipelines: "execute", "batch", …
	ByType map[string]int64
}

type counts struct {
	requests, pipelines, cursors, bytesIn, bytesOut, statements, faults atomic.Int64
	streams, openStreams, expired, batonReuses                          atomic.Int64
	lockWaits, txTimeouts                                               atomic.Int64

	mu     sync.Mutex
	byType map[string]int64
}

func (c *counts) request(typ string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byType == nil {
		c.byType = map[string]int64{}
	}
	c.byType[typ]++
}

// Counters returns the counts so far.
func (s *Server) Counters() Counters {
	c := &s.count
	out := Counters{
		Requests: c.requests.Load(), Pipelines: c.pipelines.Load(), Cursors: c.cursors.Load(),
		BytesIn: c.bytesIn.Load(), BytesOut: c.bytesOut.Load(), Statements: c.statements.Load(), Changed: int64(s.changed.Load()),
		Streams: c.streams.Load(), OpenStreams: c.openStreams.Load(), Expired: c.expired.Load(), BatonReuses: c.batonReuses.Load(),
		LockWaits: c.lockWaits.Load(), TxTimeouts: c.txTimeouts.Load(), Faults: c.faults.Load(), ByType: map[string]int64{},
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for typ, n := range c.byType {
		out.ByType[typ] = n
	}
	return out
}
