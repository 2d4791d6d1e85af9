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
		if C.lq_vfs_exists(cvfs) == 0 {
			return nil, &engine.Error{Code: engine.CodeError, Offset: -1, Message: "no such vfs: " + vfs,
				Hint: "delete the vfs parameter, or register that VFS first"}
		}
	}
	uri := C.CString(d.uri())
	defer C.free(unsafe.Pointer(uri))
	var key unsafe.Pointer
	if len(d.opts.Key) > 0 {
		key = unsafe.Pointer(unsafe.SliceData(d.opts.Key))
	}
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
	c.gateKey = d.gateKey()
	c.gate = gateFor(c.gateKey)
	return c, nil
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
	if !o.ReadOnly && !o.Immutable {
		if err := c.checkWritable(o); err != nil {
			return err
		}
		if err := c.setJournal(ctx, o); err != nil {
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
		if early(p.Name) && !o.ReadOnly {
			continue // setJournal did it
		}
		if err := c.pragma(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// early tells the PRAGMAs that shape a new file and so come before its first page.
func early(name string) bool {
	switch strings.ToLower(name) {
	case "page_size", "auto_vacuum", "encoding", "journal_mode":
		return true
	}
	return false
}

func (c *conn) pragma(ctx context.Context, p Pragma) error {
	if _, err := c.scalar(ctx, "PRAGMA "+p.Name+" = "+p.Value); err != nil {
		var e *engine.Error
		if errors.As(err, &e) {
			e.Message += " (PRAGMA " + p.Name + ")"
		}
		return err
	}
	return nil
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
	const writable = 2 // W_OK
	if dir := filepath.Dir(o.Path); (o.VFS == "" || o.SingleProcess) && syscall.Access(dir, writable) != nil {
		return &engine.Error{Code: engine.CodeCantOpen, Offset: -1, Message: "unable to open database file: " + o.Path,
			Hint: "the directory " + dir + " is read-only, and journals have to be written there: " +
				"open the file with mode=ro (immutable=1 when nobody writes it), or make the directory writable"}
	}
	return nil
}

// setJournal brings the file to the journal mode that is asked for; a new
// file to WAL. Changing the mode needs the file alone and ignores the busy
// handler, so connections of this process take turns and others are waited
// for.
func (c *conn) setJournal(ctx context.Context, o *Options) error {
	if done, err := c.journalSettled(ctx, o); done || err != nil {
		return err
	}
	if err := c.takeGate(ctx); err != nil {
		return err
	}
	defer c.dropGate()
	deadline := time.Now().Add(o.BusyTimeout)
	for wait := time.Millisecond; ; wait = min(2*wait, 20*time.Millisecond) {
		err := c.tryJournal(ctx, o)
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

// journalSettled tells whether the journal mode is as it should be.
func (c *conn) journalSettled(ctx context.Context, o *Options) (bool, error) {
	mode, err := c.scalar(ctx, "PRAGMA journal_mode")
	if err != nil {
		return false, err
	}
	if o.JournalMode != "" {
		return strings.EqualFold(mode, o.JournalMode), nil
	}
	if mode == "wal" {
		return true, nil
	}
	pages, err := c.scalar(ctx, "PRAGMA page_count")
	return pages != "0", err
}

func (c *conn) tryJournal(ctx context.Context, o *Options) error {
	if done, err := c.journalSettled(ctx, o); done || err != nil {
		return err
	}
	for _, p := range o.Pragmas {
		if early(p.Name) {
			if err := c.pragma(ctx, p); err != nil {
				return err
			}
		}
	}
	want := o.JournalMode
	if want == "" {
		want = "WAL"
	}
	got, err := c.scalar(ctx, "PRAGMA journal_mode = "+want)
	if err != nil {
		return err
	}
	if o.JournalMode != "" && !strings.EqualFold(got, want) {
		return &engine.Error{Code: engine.CodeError, Offset: -1,
			Message: fmt.Sprintf("journal mode %s was asked for, but the database stays in %s", want, strings.ToUpper(got))}
	}
	return nil
}

// explain adds to a failure to open what is wrong with the path.
func (d *database) explain(err error) error {
	var e *engine.Error
	if d.memory != "" || !errors.As(err, &e) {
		return err
	}
	path := d.opts.Path
	switch e.Code & 0xff {
	case engine.CodeNotADB:
		e.Message += ": " + path
		e.Hint = "it is no SQLite database, or an encrypted one: then set encryptionKey"
		if len(d.opts.Key) > 0 {
			e.Hint = "encryptionKey is not its key, or it is no encrypted database"
		}
	case engine.CodeCantOpen:
		if e.Hint == "" {
			e.Message += ": " + path
			e.Hint = whyCannotOpen(path, d.opts.Create)
		}
	}
	return err
}

func whyCannotOpen(path string, create bool) string {
	dir := filepath.Dir(path)
	fi, err := os.Stat(path)
	switch {
	case err == nil && fi.IsDir():
		return "it is a directory"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case err == nil:
		f, err := os.Open(path)
		if err != nil {
			return "the file cannot be read: permission denied"
		}
		f.Close()
		return "the directory " + dir + " may be read-only: a database in WAL mode needs immutable=1 there"
	case !errors.Is(err, fs.ErrNotExist):
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
	return "the file cannot be created in " + dir + ": permission denied"
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
