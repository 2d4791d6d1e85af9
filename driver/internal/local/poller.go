//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"log"
	"slices"
	"sync"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// poller looks for commits of other processes, on a connection of its own. Each
// commit counts a number up: in the index of the log, or in the header of the
// file. When it has counted more than this process has committed, somebody else
// has, too.
type poller struct {
	d      *database
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // nil: it does not run

	mu   sync.Mutex // c is in use
	c    *conn      // nil: it could not be opened, or must not be
	last uint32     // the count
	own  uint32     // and how many of them were of this process
	bad  int        // how often in turn the file could not be read
}

// openPoller returns a poller that can be started, which has nothing to do where
// nobody else can write.
func (d *database) openPoller() (*poller, error) {
	p := &poller{d: d}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if d.memory != "" || d.opts.VFS == memdb || d.opts.SingleProcess || d.opts.Immutable || d.exclusive() {
		return p, nil
	}
	if err := p.open(); err != nil {
		p.cancel()
		return nil, err
	}
	return p, nil
}

// exclusive tells that the connections keep their locks. One more would lock the
// others out, for as long as it is open.
func (d *database) exclusive() bool {
	return slices.ContainsFunc(d.opts.Pragmas, func(p Pragma) bool {
		return sqltext.EqualFold(p.Name, "locking_mode") && sqltext.EqualFold(p.Value, "EXCLUSIVE")
	})
}

func (p *poller) polls() bool { return p.c != nil }

func (p *poller) open() error {
	c, err := p.d.Connect(p.ctx)
	if err != nil {
		return err
	}
	p.c = c.(*conn)
	p.last, err = p.c.changeCounter(p.ctx)
	if err == nil || isBusy(err) {
		return nil
	}
	p.c.Close()
	p.c = nil
	if errors.Is(err, engine.Unsupported) {
		return nil // a VFS without shared memory, or locking_mode=EXCLUSIVE: nobody else can write
	}
	return err
}

func isBusy(err error) bool {
	var e *engine.Error
	return errors.As(err, &e) && e.Code&0xff == engine.CodeBusy
}

func (p *poller) start(h *hub) {
	if !p.polls() {
		return
	}
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		defer p.close()
		t := time.NewTicker(engine.ChangePoll)
		defer t.Stop()
		for {
			select {
			case <-p.ctx.Done():
				return
			case <-t.C:
				p.look(h)
			}
		}
	}()
}

// stop returns when nothing is left.
func (p *poller) stop() {
	p.cancel()
	if p.done != nil {
		<-p.done
	}
}

func (p *poller) close() {
	p.cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.c != nil {
		p.c.Close()
		p.c = nil
	}
}

// look compares the counts, while no connection of this process commits. One
// that holds the gate writes, and then no other process does.
func (p *poller) look(h *hub) {
	p.mu.Lock()
	defer p.mu.Unlock()
	again := p.c == nil || p.bad > 1
	if p.c == nil {
		if err := p.open(); err != nil || p.c == nil {
			p.failed(h, err)
			return
		}
	}
	if !p.c.gate.lock(p.ctx, engine.ChangePoll) {
		return
	}
	defer p.c.gate.unlock()
	state := func() (wrote uint32, quiet bool) {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.wrote, len(h.waiting) == 0
	}
	own, quiet := state()
	if !quiet {
		return
	}
	now, err := p.c.changeCounter(p.ctx)
	if err != nil {
		p.failed(h, err)
		return
	}
	p.bad = 0
	if after, quiet := state(); !quiet || after != own {
		return
	}
	if again || now-p.last != own-p.own {
		h.unseen()
	}
	p.last, p.own = now, own
}

// failed tells, once, that the file cannot be read, as when another process has
// given it another key. What happens to it from then on is not known, until it
// can be read again. One failure alone hides nothing: the count is there when it
// is looked for next.
func (p *poller) failed(h *hub, err error) {
	if err == nil || p.ctx.Err() != nil || isBusy(err) {
		return
	}
	if p.bad++; p.bad == 2 {
		log.Printf("libsql: OnChange does not see what other processes commit: %v", err)
		h.unseen()
	}
}

// changeCounter is a number that each commit counts up.
func (c *conn) changeCounter(ctx context.Context) (uint32, error) {
	h, ok, err := c.WALHeader(ctx)
	if err != nil || ok {
		return h.Change, err
	}
	r, err := c.Query(ctx, "SELECT data FROM sqlite_dbpage('main') WHERE pgno = 1", nil)
	if err != nil {
		return 0, err
	}
	row := make([]driver.Value, 1)
	var n uint32
	if r.Next(row) == nil {
		if page, _ := row[0].([]byte); len(page) >= 28 {
			n = binary.BigEndian.Uint32(page[24:])
		}
	}
	return n, r.Close()
}

// withoutPoller keeps the poller of the database away from it until the
// returned function is called. From then on it opens the file as c's pool does,
// which then knows the new key.
func (c *conn) withoutPoller() (resume func()) {
	h := hubOf(c.gateKey)
	if h == nil || h.poller.done == nil {
		return func() {}
	}
	p := h.poller
	p.mu.Lock()
	if p.c != nil {
		p.c.Close()
		p.c = nil
	}
	p.d = c.db
	return p.mu.Unlock
}
