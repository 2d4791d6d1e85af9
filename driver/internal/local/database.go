//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// database is the engine of one local database.
type database struct {
	opts   Options
	memory string // name in the memory VFS, "" for a file

	mu     sync.Mutex
	closed bool
}

// New returns the engine of the database that opts describe. It loads the
// library; the database itself is opened by Connect.
func New(opts Options) (engine.Engine, error) {
	if err := load(); err != nil {
		return nil, err
	}
	d := &database{opts: opts}
	if opts.SingleProcess {
		if err := loadSingleProcess(); err != nil {
			return nil, err
		}
		d.opts.VFS = singleProcessVFS
	}
	if opts.Path == "" {
		d.memory = acquireMemory(opts.MemoryName)
	}
	return d, nil
}

// Close drops a memory database when nobody else in the process uses it by
// its name.
func (d *database) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	if d.memory != "" {
		releaseMemory(d.opts.MemoryName, d.memory)
	}
	return nil
}

// Connect opens a connection with all settings applied.
func (d *database) Connect(ctx context.Context) (engine.Conn, error) {
	if ctx.Err() != nil {
		return nil, engine.Cancelled(ctx)
	}
	existed := d.memory != ""
	if !existed {
		_, err := os.Stat(d.opts.Path)
		existed = err == nil
	}
	c, err := d.open()
	if err == nil {
		if err = c.configure(ctx, &d.opts); err == nil {
			return c, nil
		}
		c.Close()
	}
	if !existed {
		// A failure must not leave behind an empty file that was not there before.
		if fi, serr := os.Stat(d.opts.Path); serr == nil && fi.Size() == 0 && fi.Mode().IsRegular() {
			os.Remove(d.opts.Path)
		}
	}
	return nil, d.explain(err)
}

// gateKey is equal for two engines of the same database.
func (d *database) gateKey() string {
	if d.memory != "" {
		return "memory:" + d.memory
	}
	if p, err := filepath.EvalSymlinks(d.opts.Path); err == nil {
		return p
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(d.opts.Path)); err == nil {
		return filepath.Join(dir, filepath.Base(d.opts.Path))
	}
	return d.opts.Path
}

var memories = struct {
	sync.Mutex
	users map[string]int
}{users: map[string]int{}}

var privateMemories atomic.Int64

// acquireMemory returns the name in the memory VFS of the database called
// name, or of a new private one, and keeps it alive.
func acquireMemory(name string) string {
	if name == "" {
		id := memPrefix + "private/" + strconv.FormatInt(privateMemories.Add(1), 10)
		pinMemory(id)
		return id
	}
	id := fmt.Sprintf(memPrefix+"shared/%x", name) // a file name of any bytes and no meaning
	memories.Lock()
	defer memories.Unlock()
	if memories.users[name]++; memories.users[name] == 1 {
		pinMemory(id)
	}
	return id
}

func releaseMemory(name, id string) {
	if name == "" {
		dropMemory(id)
		return
	}
	memories.Lock()
	defer memories.Unlock()
	if memories.users[name]--; memories.users[name] == 0 {
		delete(memories.users, name)
		dropMemory(id)
	}
}
