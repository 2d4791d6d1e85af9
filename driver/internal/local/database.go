//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// database is the engine of one local database.
type database struct {
	opts    Options
	memory  string // name in the memory VFS, "" for a file
	virtual bool   // Path is a name within opts.VFS and no path of the operating system
	pin     *C.lq_conn

	mu       sync.Mutex
	closed   bool
	rekey    *[]byte      // the key that Rekey has set; nil: it is that of opts
	rekeys   atomic.Int32 // how often it has
	rekeying sync.Mutex   // held from before it writes until the key is set
}

// column is a column of a result, whose values become what the database's users
// want of them.
func (d *database) column(name, declType string) engine.Column {
	col := engine.NewColumn(name, declType)
	if d.opts.StoredValues {
		col.Kind = engine.Plain
	}
	return col
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
	if d.opts.VFS != "" {
		if err := checkVFS(d.opts.VFS); err != nil {
			return nil, err
		}
	}
	switch d.virtual = registry.virtual(d.opts.VFS); {
	case opts.Path == "":
		d.memory = acquireMemory(opts.MemoryName)
	case d.virtual:
		if err := d.pinMemdb(); err != nil {
			return nil, err
		}
	case !filepath.IsAbs(opts.Path):
		// Absolute, so that connections opened after a change of the
		// working directory open the same file.
		dir, err := os.Getwd()
		if err != nil {
			return nil, fmt.Errorf("libsql: %w", err)
		}
		// filepath.Join would take link/.. for nothing, which it is not
		// when link is a symbolic link.
		d.opts.Path = dir + string(filepath.Separator) + opts.Path
	}
	return d, nil
}

// pinMemdb keeps a database of SQLite's memdb for as long as d lives: it goes
// with its last connection, and a pool may close all of its own.
func (d *database) pinMemdb() error {
	if d.opts.VFS != memdb {
		return nil
	}
	if !strings.HasPrefix(d.opts.Path, "/") {
		return &engine.Error{Code: engine.CodeCantOpen, Offset: -1, Message: "unable to open database file: " + d.opts.Path,
			Hint: `vfs=memdb shares databases whose names begin with "/", and would give each connection one of its own: ` +
				"write file:/" + d.opts.Path + "?vfs=memdb, or open :memory:"}
	}
	p, err := d.openRaw(nil)
	d.pin = p
	return err
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
	if d.pin != nil {
		C.lq_close(d.pin)
	}
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
	existed := d.memory != "" || d.virtual
	if !existed {
		_, err := os.Stat(d.opts.Path)
		existed = err == nil
	}
	c, err := d.connect(ctx, existed)
	if err == nil {
		return c, nil
	}
	if !existed {
		d.unmake(err)
	}
	return nil, d.explain(err)
}

// connect opens a connection and configures it. One that has lost a race with
// Rekey tries the new key.
func (d *database) connect(ctx context.Context, existed bool) (*conn, error) {
	for {
		rekeys := d.rekeys.Load()
		c, err := d.openKeyed(ctx, existed)
		if err == nil {
			if err = c.configure(ctx, &d.opts); err == nil {
				return c, nil
			}
			c.Close()
		}
		var e *engine.Error
		if !errors.As(err, &e) || e.Code&0xff != engine.CodeNotADB {
			return nil, err
		}
		d.rekeying.Lock() // one that is about to tell its key
		now := d.rekeys.Load()
		d.rekeying.Unlock()
		if now == rekeys {
			return nil, err
		}
	}
}

// unmake removes the empty file that a failed Connect has left where there was
// none. It does not when the next try may succeed, nor when the file has a user:
// what he writes would go with it.
func (d *database) unmake(failure error) {
	var e *engine.Error
	if errors.As(failure, &e) && (e.Code == engine.CodeInterrupt || e.Code&0xff == engine.CodeBusy) {
		return
	}
	opening.Lock()
	defer opening.Unlock()
	if hasUsers(d.gateKey()) {
		return
	}
	if fi, err := os.Lstat(d.opts.Path); err == nil && fi.Size() == 0 && fi.Mode().IsRegular() {
		os.Remove(d.opts.Path)
	}
}

// gateKey is equal for two engines of the same database.
func (d *database) gateKey() string {
	if d.memory != "" {
		return "memory:" + d.memory
	}
	if d.virtual {
		return "vfs:" + d.opts.VFS + ":" + d.opts.Path
	}
	if p, err := filepath.EvalSymlinks(d.opts.Path); err == nil {
		return p
	}
	if dir, err := filepath.EvalSymlinks(dirOf(d.opts.Path)); err == nil {
		return filepath.Join(dir, filepath.Base(d.opts.Path))
	}
	return d.opts.Path
}

// memories are the memory databases that have a name, by it.
var memories = struct {
	sync.Mutex
	byName map[string]*sharedMemory
}{byName: map[string]*sharedMemory{}}

type sharedMemory struct {
	id    string
	users int
}

var lastMemory atomic.Int64

// acquireMemory returns the name in the memory VFS of the database called
// name, or of a new private one, and keeps it alive.
//
// Every database has an id that was never used before, so that a connection
// that outlives its pool cannot reach the next database of that name.
func acquireMemory(name string) string {
	newID := func() string {
		id := memPrefix + strconv.FormatInt(lastMemory.Add(1), 10)
		pinMemory(id)
		return id
	}
	if name == "" {
		return newID()
	}
	memories.Lock()
	defer memories.Unlock()
	m := memories.byName[name]
	if m == nil {
		m = &sharedMemory{id: newID()}
		memories.byName[name] = m
	}
	m.users++
	return m.id
}

func releaseMemory(name, id string) {
	if name == "" {
		dropMemory(id)
		return
	}
	memories.Lock()
	defer memories.Unlock()
	m := memories.byName[name]
	if m.users--; m.users == 0 {
		delete(memories.byName, name)
		dropMemory(id)
	}
}
