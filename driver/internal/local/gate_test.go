package local

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// queue lists a waiter as lock does, who came that long ago.
func (g *gate) queue(ago time.Duration) *waiter {
	w := &waiter{since: time.Now().Add(-ago), wake: make(chan bool, 1)}
	g.waiting = append(g.waiting, w)
	return w
}

// woken takes the waiter's wake-up, if it has one.
func (w *waiter) woken() (mine, ok bool) {
	select {
	case mine = <-w.wake:
		return mine, true
	default:
		return false, false
	}
}

const (
	fresh = -time.Hour // comes in future: may be overtaken however slow the test is
	old   = time.Second
)

func TestGateTakesAndGives(t *testing.T) {
	var g gate
	if !g.tryLock() || g.tryLock() {
		t.Fatal("the gate is not for one")
	}
	start := time.Now()
	if g.lock(context.Background(), 0) {
		t.Error("taken twice")
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("no timeout, and it took %v", d)
	}
	start = time.Now()
	if g.lock(context.Background(), 20*time.Millisecond) {
		t.Error("taken twice")
	}
	if d := time.Since(start); d < 20*time.Millisecond {
		t.Errorf("gave up after %v", d)
	}
	g.unlock()
	if !g.lock(context.Background(), 0) {
		t.Error("a free gate was not to be had")
	}
	if len(g.waiting) != 0 {
		t.Error("somebody is still listed")
	}
}

func TestGateLetsOvertakeAtFirst(t *testing.T) {
	var g gate
	g.tryLock()
	first, second := g.queue(fresh), g.queue(fresh)
	g.unlock()
	if !g.tryLock() {
		t.Fatal("nobody may overtake")
	}
	if mine, ok := first.woken(); !ok || mine {
		t.Fatal("the first was not woken to contend")
	}
	if g.retry(first) {
		t.Fatal("taken twice")
	}
	g.unlock()
	if _, ok := first.woken(); !ok {
		t.Fatal("who lost the race is not woken again")
	}
	if !g.retry(first) || len(g.waiting) != 1 {
		t.Fatal("the gate was free")
	}
	if _, ok := second.woken(); ok {
		t.Error("the second was woken too")
	}
}

func TestGateHandsOverInOrder(t *testing.T) {
	var g gate
	g.tryLock()
	all := []*waiter{g.queue(old), g.queue(old), g.queue(old)}
	for i, w := range all {
		g.unlock()
		if g.tryLock() {
			t.Fatal("somebody overtook")
		}
		for j, other := range all[i:] {
			mine, ok := other.woken()
			if want := j == 0; mine != want || ok != want {
				t.Errorf("round %d, waiter %d: mine %t, woken %t", i, i+j, mine, ok)
			}
		}
		if len(g.waiting) != len(all)-1-i {
			t.Errorf("%d are listed", len(g.waiting))
		}
		_ = w
	}
	g.unlock()
	if !g.tryLock() {
		t.Error("the gate did not come free")
	}
}

// Who was woken to contend and has not read it when his time is over gets the
// gate all the same.
func TestGateHandsOverToWhoIsWokenAlready(t *testing.T) {
	var g gate
	g.tryLock()
	w := g.queue(fresh)
	g.unlock()
	g.tryLock()
	w.since = time.Now().Add(-old)
	g.unlock()
	if mine, ok := w.woken(); !mine || !ok {
		t.Error("the old wake-up hides the new one")
	}
}

// A waiter who leaves takes his wake-up with him; the next must get it.
func TestGateLosesNoWakeUp(t *testing.T) {
	var g gate
	g.tryLock()
	first, second := g.queue(fresh), g.queue(fresh)
	g.unlock()
	if g.leave(first) {
		t.Fatal("nothing was handed over")
	}
	if _, ok := second.woken(); !ok {
		t.Fatal("the wake-up was lost")
	}
	g.tryLock()
	second.since = time.Now().Add(-old)
	g.unlock()
	if !g.leave(second) {
		t.Fatal("who leaves does not hear that the gate is his")
	}
	g.unlock()
	if !g.tryLock() || len(g.waiting) != 0 {
		t.Error("the gate is lost")
	}
}

// Waiters come, wait and leave by timeout and cancellation while the gate goes
// from hand to hand.
func TestGateUnderStress(t *testing.T) {
	var g gate
	var inside atomic.Int32
	var taken, timedOut, cancelled atomic.Int64
	var wg sync.WaitGroup
	rounds := 600
	if testing.Short() {
		rounds = 200
	}
	for range 32 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range rounds {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(3000))*time.Microsecond)
				timeout := time.Duration(rand.IntN(3000)) * time.Microsecond
				if g.lock(ctx, timeout) {
					if inside.Add(1) != 1 {
						t.Error("two are inside")
					}
					if rand.IntN(4) == 0 {
						time.Sleep(time.Duration(rand.IntN(100)) * time.Microsecond)
					}
					inside.Add(-1)
					g.unlock()
					taken.Add(1)
				} else if ctx.Err() != nil {
					cancelled.Add(1)
				} else {
					timedOut.Add(1)
				}
				cancel()
			}
		}()
	}
	wg.Wait()
	t.Logf("taken %d times, %d timeouts, %d cancellations", taken.Load(), timedOut.Load(), cancelled.Load())
	if len(g.waiting) != 0 || !g.tryLock() {
		t.Errorf("%d are still listed, held: %t", len(g.waiting), g.held)
	}
	if taken.Load() == 0 || timedOut.Load() == 0 || cancelled.Load() == 0 {
		t.Error("not everything happened")
	}
}

// With nobody who gives up, nobody may be forgotten: a lost wake-up would be a
// timeout here.
func TestGateForgetsNobody(t *testing.T) {
	var g gate
	var wg sync.WaitGroup
	var worst atomic.Int64
	rounds := 5000
	if testing.Short() {
		rounds = 500
	}
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range rounds {
				start := time.Now()
				if !g.lock(context.Background(), 30*time.Second) {
					t.Error("forgotten")
					return
				}
				for d := int64(time.Since(start)); d > worst.Load(); {
					worst.Store(d)
				}
				g.unlock()
			}
		}()
	}
	wg.Wait()
	t.Logf("worst wait %v", time.Duration(worst.Load()))
}

func TestGateOfADatabaseIsShared(t *testing.T) {
	a, b, other := gateFor("a", false), gateFor("a", false), gateFor("b", true)
	if a != b || a == other {
		t.Error("one gate for each key")
	}
	dropGate("a")
	if gateFor("a", false) != a {
		t.Error("the gate went while it had a user")
	}
	dropGate("a")
	dropGate("a")
	dropGate("b")
	for _, key := range []string{"a", "b"} {
		if gates.byKey[key] != nil {
			t.Errorf("the gate of %s stays", key)
		}
	}
}
