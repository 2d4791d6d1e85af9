//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "local.h"
#include "memvfs.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

const (
	memVFS    = C.LQ_MEMVFS
	memPrefix = C.LQ_MEM_PREFIX
)

func pinMemory(id string) {
	name := C.CString(id)
	defer C.free(unsafe.Pointer(name))
	C.lq_memvfs_pin(name)
}

func dropMemory(id string) {
	name := C.CString(id)
	defer C.free(unsafe.Pointer(name))
	C.lq_memvfs_drop(name)
}

// uri is the file name for sqlite3_open_v2: https://www.sqlite.org/uri.html.
// It is always a URI, so that a path that looks like one stays a path.
func (d *database) uri() string {
	if d.memory != "" {
		return "file:" + d.memory
	}
	u := "file:" + (&url.URL{Path: d.opts.Path}).EscapedPath()
	q := url.Values{}
	if d.opts.Immutable {
		q.Set("immutable", "1")
	}
	if d.opts.NoLock {
		q.Set("nolock", "1")
	}
	if d.opts.PSOW != nil {
		q.Set("psow", onOff(*d.opts.PSOW))
	}
	if len(q) > 0 {
		u += "?" + q.Encode()
	}
	return u
}

func (d *database) flags() C.int {
	flags := C.int(C.SQLITE_OPEN_URI | C.SQLITE_OPEN_NOMUTEX)
	switch {
	case d.opts.ReadOnly:
		return flags | C.SQLITE_OPEN_READONLY
	case d.opts.Create || d.memory != "":
		return flags | C.SQLITE_OPEN_READWRITE | C.SQLITE_OPEN_CREATE
	}
	return flags | C.SQLITE_OPEN_READWRITE
}

// opening is held for reading while a connection is opened, and for writing
// while nobody may.
var opening sync.RWMutex

// open opens a connection without any setting of its own.
func (d *database) open() (*conn, error) {
	vfs := d.opts.VFS
	if d.memory != "" {
		vfs = memVFS
	}
	var cvfs *C.char
	if vfs != "" {
		cvfs = C.CString(vfs)
		defer C.free(unsafe.Pointer(cvfs))
	}
	uri := C.CString(d.uri())
	defer C.free(unsafe.Pointer(uri))
	var key unsafe.Pointer
	if len(d.opts.Key) > 0 {
		key = unsafe.Pointer(unsafe.SliceData(d.opts.Key))
	}
	opening.RLock()
	defer opening.RUnlock()
	p := C.lq_open(uri, d.flags(), cvfs, key, C.int(len(d.opts.Key)), C.int64_t(d.opts.BusyTimeout))
	if p == nil {
		return nil, errNoMemory
	}
	c := newConn(d, p)
	if p.db == nil {
		err := c.failure("")
		C.lq_close(p)
		return nil, err
	}
	connectionOpened()
	c.gateKey = d.gateKey()
	c.gate = gateFor(c.gateKey)
	return c, nil
}

func checkVFS(name string) error {
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	if C.lq_vfs_exists(cname) == 0 {
		return &engine.Error{Code: engine.CodeError, Offset: -1, Message: "no such vfs: " + name,
			Hint: "delete the vfs parameter, or register that VFS first"}
	}
	return nil
}

// configure applies the settings of opts to a fresh connection.
func (c *conn) configure(ctx context.Context, o *Options) error {
	if C.lq_config(c.p, cbool(o.DQS), cbool(o.FileFunctions), cbool(o.Extensions)) != 0 {
		return c.failure("")
	}
	// Reads the header: from here on the file is known to be a database, and ours to read.
	if _, err := c.scalar(ctx, "PRAGMA schema_version"); err != nil {
		return err
	}
	if !o.ReadOnly {
		if err := c.checkWritable(o); err != nil {
			return err
		}
		if err := c.shape(ctx, o); err != nil {
			return err
		}
	}
	mode, err := c.scalar(ctx, "PRAGMA journal_mode")
	if err != nil {
		return err
	}
	pragmas := append([]Pragma{
		{"synchronous", synchronous(o, mode)},
		{"foreign_keys", onOff(o.ForeignKeys)},
	}, o.Pragmas...)
	for _, p := range pragmas {
		if shapes(p.Name) {
			continue // of a new file only, and that is done
		}
		if err := c.pragma(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// shapes tells the PRAGMAs that shape a new file and so come before its first page.
func shapes(name string) bool {
	switch strings.ToLower(name) {
	case "page_size", "auto_vacuum", "encoding":
		return true
	}
	return false
}

func (c *conn) pragma(ctx context.Context, p Pragma) error {
	_, err := c.scalar(ctx, "PRAGMA "+p.Name+" = "+p.Value)
	var e *engine.Error
	if errors.As(err, &e) {
		named := *e
		named.Message += " (PRAGMA " + p.Name + ")"
		return &named
	}
	return err
}

func synchronous(o *Options, mode string) string {
	switch {
	case o.Synchronous != "":
		return o.Synchronous
	case o.Path == "":
		return "OFF"
	case mode == "wal":
		return "NORMAL"
	}
	return "FULL"
}

func (c *conn) checkWritable(o *Options) error {
	if o.Path == "" {
		return nil
	}
	if C.lq_readonly(c.p) == 1 {
		return &engine.Error{Code: engine.CodeReadOnly, Offset: -1, Message: "attempt to write a readonly database: " + o.Path,
			Hint: "the file is read-only: open it with mode=ro, or make it writable"}
	}
	if dir := filepath.Dir(o.Path); (o.VFS == "" || o.SingleProcess) && syscall.Access(dir, writable) != nil {
		return &engine.Error{Code: engine.CodeCantOpen, Offset: -1, Message: "unable to open database file: " + o.Path,
			Hint: "the directory " + dir + " is read-only, and journals have to be written there: " +
				"open the file with mode=ro (immutable=1 when nobody writes it), or make the directory writable"}
	}
	return nil
}

// shape gives a new file its form, and any file the journal mode that is asked
// for; a new one WAL if none is. Changing the mode needs the file alone and
// ignores the busy handler: connections of this process take turns by the gate,
// and others are waited for here.
func (c *conn) shape(ctx context.Context, o *Options) error {
	deadline := time.Now().Add(o.BusyTimeout)
	for wait := time.Millisecond; ; wait = min(2*wait, 20*time.Millisecond) {
		err := c.tryShape(ctx, o)
		var e *engine.Error
		if err == nil || !errors.As(err, &e) || e.Code&0xff != engine.CodeBusy || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return engine.Cancelled(ctx)
		case <-time.After(wait):
		}
	}
}

func (c *conn) tryShape(ctx context.Context, o *Options) error {
	pages, err := c.scalar(ctx, "PRAGMA page_count")
	if err != nil {
		return err
	}
	want := o.JournalMode
	if pages == "0" {
		// Whichever connection writes the first page, so each of them.
		for _, p := range o.Pragmas {
			if shapes(p.Name) {
				if err := c.pragma(ctx, p); err != nil {
					return err
				}
			}
		}
		if want == "" {
			want = "WAL"
		}
	}
	got, err := c.scalar(ctx, "PRAGMA journal_mode")
	if err != nil || want == "" || strings.EqualFold(got, want) {
		return err
	}
	if got, err = c.scalar(ctx, "PRAGMA journal_mode = "+want); err != nil {
		return err
	}
	if o.JournalMode != "" && !strings.EqualFold(got, want) {
		return &engine.Error{Code: engine.CodeError, Offset: -1,
			Message: fmt.Sprintf("journal mode %s was asked for, but the database stays in %s", want, strings.ToUpper(got))}
	}
	return nil
}

// explain adds to a failure to open the path, and what is wrong with it.
func (d *database) explain(err error) error {
	var cause *engine.Error
	if d.memory != "" || !errors.As(err, &cause) || cause.Code == engine.CodeInterrupt {
		return err
	}
	e, path := *cause, d.opts.Path
	if !strings.Contains(e.Message, path) {
		e.Message += ": " + path
	}
	if e.Hint != "" {
		return &e
	}
	fi, serr := os.Stat(path)
	switch {
	case serr == nil && fi.IsDir():
		e.Hint = "it is a directory"
	case e.Code&0xff == engine.CodeCantOpen:
		e.Hint = whyCannotOpen(path, d.opts.Create, serr)
	case e.Code&0xff == engine.CodeNotADB && len(d.opts.Key) > 0:
		e.Hint = "encryptionKey is not its key, or it is no encrypted database"
	case e.Code&0xff == engine.CodeNotADB:
		e.Hint = "it is no SQLite database, or an encrypted one: then set encryptionKey"
	}
	return &e
}

const readable, writable = 4, 2 // R_OK, W_OK of access(2)

// whyCannotOpen says what is wrong with a path that SQLite could not open and
// os.Stat answers so. It does not open the file: to close it again would drop
// the locks that SQLite holds on it in this process
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
func whyCannotOpen(path string, create bool, statError error) string {
	dir := filepath.Dir(path)
	switch {
	case errors.Is(statError, fs.ErrPermission):
		return "permission denied"
	case statError == nil && syscall.Access(path, readable) != nil:
		return "the file cannot be read: permission denied"
	case statError == nil && syscall.Access(dir, writable) != nil:
		return "the directory " + dir + " is read-only: a database in WAL mode needs immutable=1 there"
	case !errors.Is(statError, fs.ErrNotExist):
		return ""
	}
	if fi, err := os.Stat(dir); err != nil {
		return "the directory " + dir + " does not exist: create it first"
	} else if !fi.IsDir() {
		return dir + " is not a directory"
	}
	if !create {
		return "the file does not exist, and mode=rwc, which would create it, is not set"
	}
	return "the file cannot be created in " + dir
}

func cbool(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func onOff(b bool) string {
	if b {
		return "ON"
	}
	return "OFF"
}
