package callbacks

import (
	"math"
	"sync"
	"time"
	"unsafe"
)

// loops finds queries of one shape from one line that come one after the other
// in one context. It remembers the last of them, of a fixed number.
type loops struct {
	shards [64]loopShard
}

type loopShard struct {
	mu    sync.Mutex
	_     [24]byte // so that a loop is in one line of a processor's cache
	loops [32]loop
}

type loop struct {
	key   uint64
	count int32
	alone int32         // outside of a transaction
	self  time.Duration // of all of them
	end   time.Duration // of the last
}

// How long a loop may rest. Queries of one context belong together; without one
// it takes a loop that does little else.
const (
	restOfContext   = time.Second
	restOfGoroutine = 10 * time.Millisecond
)

// seen counts a query, and returns the loop as it is now.
func (l *loops) seen(r *record, shape uint64) loop {
	key := mix(uint64(r.scope), shape^uint64(uintptr(unsafe.Pointer(r.site))))
	rest := restOfGoroutine
	if r.own {
		rest = restOfContext
	}
	s := &l.shards[key%64]
	s.mu.Lock()
	defer s.mu.Unlock()
	at := home(key)
	oldest := at
	for i := range probes {
		n := (at + i) % 32
		if s.loops[n].key == key {
			oldest = n
			break
		}
		if s.loops[n].end < s.loops[oldest].end {
			oldest = n
		}
	}
	if oldest != at && (oldest-home(s.loops[at].key)+32)%32 < probes { // the next time it is found at once
		s.loops[at], s.loops[oldest] = s.loops[oldest], s.loops[at]
		oldest = at
	}
	e := &s.loops[oldest]
	if e.key != key || r.start-e.end > rest {
		*e = loop{key: key}
	}
	if e.count < math.MaxInt32 {
		e.count++
		if !r.inTx {
			e.alone++
		}
	}
	e.self += r.times.Self()
	e.end = r.start + r.times.Whole
	return *e
}

// A loop is at its home, or at one of the next places.
const probes = 4

func home(key uint64) int { return int(key >> 6 % 32) }

func (l *loops) reset() {
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		s.loops = [32]loop{}
		s.mu.Unlock()
	}
}

// mix spreads the bits of two numbers.
func mix(a, b uint64) uint64 {
	h := (a ^ 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd
	h = (h ^ h>>32 ^ b) * 0xc4ceb9fe1a85ec53
	return h ^ h>>29
}

// repeat is a loop, and others like it, as far as a shard has counted them.
type repeat struct {
	site      *site
	shape     *shapeInfo
	parentSQL string
	runs      int64
	count     int64
	alone     int64
	longest   int64
	self      time.Duration
	last      time.Duration
}

type repeatKey struct {
	shape uint64
	site  *site
}

func (r *repeat) merge(o *repeat) {
	r.runs += o.runs
	r.count += o.count
	r.alone += o.alone
	r.longest = max(r.longest, o.longest)
	r.self += o.self
	r.last = max(r.last, o.last)
	if r.parentSQL == "" {
		r.parentSQL = o.parentSQL
	}
}
