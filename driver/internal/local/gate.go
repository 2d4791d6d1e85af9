package local

import (
	"context"
	"sync"
	"time"
)

// bargeFor is how long a waiting writer lets others overtake it. Handing
// over in strict order makes every commit wait for a goroutine to wake up,
// which costs a fifth of the throughput; without any order a writer may
// starve. So, as sync.Mutex does it: first whoever comes, then in turn.
const bargeFor = time.Millisecond

// gate lets the connections of this process to one database write one after
// another. SQLite's own lock is polled by sleepers; the gate wakes the next
// writer at once and in order. Other processes are the busy handler's affair.
type gate struct {
	mu      sync.Mutex
	held    bool
	waiting []*waiter // in order of arrival
	users   int       // connections
	single  bool      // they are those of single-process mode
}

type waiter struct {
	since time.Time
	wake  chan bool // true: the gate is yours; false: try again
}

// tryLock takes the gate if it is free and nobody is waiting past his time.
func (g *gate) tryLock() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.take()
}

func (g *gate) take() bool {
	if g.held {
		return false
	}
	g.held = true
	return true
}

// lock waits for the gate at most for the timeout. It returns false without
// the gate when the time is over or the context has ended.
func (g *gate) lock(ctx context.Context, timeout time.Duration) bool {
	g.mu.Lock()
	if g.take() {
		g.mu.Unlock()
		return true
	}
	if timeout <= 0 {
		g.mu.Unlock()
		return false
	}
	w := &waiter{since: time.Now(), wake: make(chan bool, 1)}
	g.waiting = append(g.waiting, w)
	g.mu.Unlock()

	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		select {
		case mine := <-w.wake:
			if mine || g.retry(w) {
				return true
			}
		case <-timer.C:
			return g.leave(w)
		case <-ctx.Done():
			if g.leave(w) {
				g.unlock()
			}
			return false
		}
	}
}

// retry takes the gate for a waiter that was woken to contend for it.
func (g *gate) retry(w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.take() {
		return false
	}
	g.remove(w)
	return true
}

// leave gives up waiting; true when the gate was handed over meanwhile.
func (g *gate) leave(w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.remove(w)
	select {
	case mine := <-w.wake:
		if !mine && !g.held {
			g.next() // the wake-up must not be lost
		}
		return mine
	default:
		return false
	}
}

func (g *gate) remove(w *waiter) {
	for i, x := range g.waiting {
		if x == w {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			return
		}
	}
}

// unlock hands the gate over to the first waiter if he has waited long, else
// frees it and wakes him to contend.
func (g *gate) unlock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = false
	g.next()
}

func (g *gate) next() {
	if len(g.waiting) == 0 {
		return
	}
	w := g.waiting[0]
	if time.Since(w.since) > bargeFor {
		g.held = true
		g.waiting = g.waiting[1:]
		// A wake-up to contend that is still unread must not hide this one.
		select {
		case <-w.wake:
		default:
		}
		w.wake <- true
		return
	}
	select {
	case w.wake <- false:
	default:
	}
}

// gates holds one gate for each database that is open in this process, by
// what identifies the database.
var gates = struct {
	sync.Mutex
	byKey map[string]*gate
}{byKey: map[string]*gate{}}

// gateFor counts a connection and returns its gate; nil when connections of
// the other mode are open. The two modes know nothing of each other's locks,
// and closing a file in one drops those of the other
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
func gateFor(key string, single bool) *gate {
	gates.Lock()
	defer gates.Unlock()
	g := gates.byKey[key]
	if g == nil {
		g = &gate{single: single}
		gates.byKey[key] = g
	}
	if g.single != single {
		return nil
	}
	g.users++
	return g
}

// hasUsers tells that a connection to the database is open.
func hasUsers(key string) bool {
	gates.Lock()
	defer gates.Unlock()
	return gates.byKey[key] != nil
}

func dropGate(key string) {
	gates.Lock()
	defer gates.Unlock()
	if g := gates.byKey[key]; g != nil {
		if g.users--; g.users == 0 {
			delete(gates.byKey, key)
		}
	}
}
