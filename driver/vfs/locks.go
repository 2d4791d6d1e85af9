package vfs

import (
	"fmt"
	"sync"

	"github.com/gorm-libsql/libsql/driver"
)

// Locks are the locks and the shared memory of one database among the
// connections of this process, for VFSes whose files other processes do not
// reach. The zero value is ready. Each open File of the database embeds a
// handle of its own, from [Locks.New], and has with it Lock, Unlock,
// CheckReservedLock and the capability [SharedMemory], and so WAL.
type Locks struct {
	mu      sync.Mutex
	shared  int         // handles at LockShared or above
	writer  *LockHandle // at LockReserved or above
	pending bool        // the writer is at LockPending or above

	regions    [][]byte
	mapped     int // handles that have mapped a region
	readers    [ShmLocks]int
	exclusives [ShmLocks]bool
}

// LockHandle is what one open File has of [Locks].
type LockHandle struct {
	of                *Locks
	level             LockLevel
	mapped            bool
	shared, exclusive [ShmLocks]bool
}

var _ SharedMemory = (*LockHandle)(nil)

// New returns the handle of one more open File.
func (l *Locks) New() *LockHandle { return &LockHandle{of: l} }

// Lock is as in [File].
func (h *LockHandle) Lock(level LockLevel) error {
	if h.level >= level {
		return nil
	}
	l := h.of
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.level == LockNone {
		if l.pending {
			return driver.ErrBusy
		}
		l.shared++
		h.level = LockShared
	}
	if level >= LockReserved && h.level < LockReserved {
		if l.writer != nil {
			return driver.ErrBusy
		}
		l.writer = h
		h.level = LockReserved
	}
	if level == LockExclusive {
		l.pending = true // no new readers from here on
		h.level = LockPending
		if l.shared > 1 {
			return driver.ErrBusy
		}
		h.level = LockExclusive
	}
	return nil
}

// Unlock is as in [File].
func (h *LockHandle) Unlock(level LockLevel) error {
	if h.level <= level {
		return nil
	}
	l := h.of
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writer == h {
		l.writer, l.pending = nil, false
	}
	if level == LockNone {
		l.shared--
	}
	h.level = level
	return nil
}

// CheckReservedLock is as in [File].
func (h *LockHandle) CheckReservedLock() (bool, error) {
	h.of.mu.Lock()
	defer h.of.mu.Unlock()
	return h.of.writer != nil, nil
}

// ShmMap is as in [SharedMemory].
func (h *LockHandle) ShmMap(region, size int, extend bool) ([]byte, error) {
	l := h.of
	l.mu.Lock()
	defer l.mu.Unlock()
	if region >= len(l.regions) && !extend {
		return nil, nil
	}
	lib, err := library()
	if err != nil {
		return nil, err
	}
	for region >= len(l.regions) {
		p := lib.Alloc(size)
		if p == nil {
			return nil, fmt.Errorf("shared memory of %d bytes: %w", size, driver.ErrNoMemory)
		}
		l.regions = append(l.regions, p)
	}
	if !h.mapped {
		h.mapped = true
		l.mapped++
	}
	return l.regions[region], nil
}

// ShmLock is as in [SharedMemory].
func (h *LockHandle) ShmLock(offset, n int, flags ShmFlag) error {
	l := h.of
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := offset; i < offset+n && flags&ShmUnlock == 0; i++ {
		if l.exclusives[i] && !h.exclusive[i] || flags&ShmExclusive != 0 && l.readers[i] > count(h.shared[i]) {
			return driver.ErrBusy
		}
	}
	for i := offset; i < offset+n; i++ {
		h.give(i)
		switch {
		case flags&ShmUnlock != 0:
		case flags&ShmExclusive != 0:
			h.exclusive[i], l.exclusives[i] = true, true
		default:
			h.shared[i] = true
			l.readers[i]++
		}
	}
	return nil
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// give gives a lock back, with the mutex held.
func (h *LockHandle) give(i int) {
	h.of.readers[i] -= count(h.shared[i])
	if h.exclusive[i] {
		h.of.exclusives[i] = false
	}
	h.shared[i], h.exclusive[i] = false, false
}

// ShmUnmap is as in [SharedMemory]. The memory goes with the last handle that
// has it mapped.
func (h *LockHandle) ShmUnmap(bool) error {
	l := h.of
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range ShmLocks {
		h.give(i)
	}
	if !h.mapped {
		return nil
	}
	h.mapped = false
	if l.mapped--; l.mapped > 0 {
		return nil
	}
	lib, err := library()
	if err != nil {
		return err
	}
	for _, p := range l.regions {
		lib.Free(p)
	}
	l.regions = nil
	return nil
}
