//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "authorize.h"
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
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/pragmas"
	"github.com/gorm-libsql/libsql/internal/sqltext"
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
	// an empty host, and then the absolute path; a name of a virtual VFS may be none
	u := "file:" + (&url.URL{Path: d.opts.Path}).EscapedPath()
	if strings.HasPrefix(d.opts.Path, "/") {
		u = "file://" + u[len("file:"):]
	}
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

// openRaw opens the database with its key and nothing more.
func (d *database) openRaw(secret []byte) (*C.lq_conn, error) {
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
	if len(secret) > 0 {
		key = unsafe.Pointer(unsafe.SliceData(secret))
	}
	p := C.lq_open(uri, d.flags(), cvfs, key, C.int(len(secret)), C.int64_t(d.opts.BusyTimeout))
	if p == nil {
		return nil, errNoMemory
	}
	if p.db == nil {
		err := newConn(d, p).failure("")
		C.lq_close(p)
		return nil, err
	}
	return p, nil
}

// open opens a connection without any setting of its own. existed: the file was
// there before.
func (d *database) open(existed bool, key []byte) (*conn, error) {
	opening.RLock()
	defer opening.RUnlock()
	gateKey := d.gateKey()
	gate := gateFor(gateKey, d.opts.SingleProcess)
	if gate == nil {
		return nil, mixedModes(d.opts.SingleProcess)
	}
	p, err := d.openRaw(key)
	if err != nil {
		dropGate(gateKey)
		return nil, err
	}
	c := newConn(d, p)
	connectionOpened()
	C.lq_guard_vectors(p)
	C.lq_authorize(p)
	if !existed { // the path may be a symbolic link whose file is there only now
		if other := d.gateKey(); other != gateKey {
			dropGate(gateKey)
			gateKey, gate = other, gateFor(other, d.opts.SingleProcess)
		}
	}
	c.gateKey, c.gate = gateKey, gate
	if gate == nil {
		c.Close()
		return nil, mixedModes(d.opts.SingleProcess)
	}
	c.join()
	return c, nil
}

func mixedModes(single bool) error {
	e := &engine.Error{Code: engine.CodeBusy, Offset: -1, Message: "database is locked",
		Hint: "this process has it open with _single_process=1: all of its pools must have that"}
	if single {
		e.Hint = "this process has it open without _single_process=1: all of its pools must have that"
	}
	return e
}

func checkVFS(name string) error {
	opening.RLock()
	defer opening.RUnlock()
	if err := makeCipherVFS(name); err != nil {
		return err
	}
	if findVFS(name) == nil {
		return noSuchVFS(name)
	}
	return nil
}

// configure applies the settings of opts to a fresh connection.
func (c *conn) configure(ctx context.Context, o *Options) error {
	// First of all what guards against the file and the SQL that is to come.
	for id, value := range o.Limits {
		if _, err := c.Limit(id, value); err != nil {
			return err
		}
	}
	if C.lq_config(c.p, cbool(o.DQS), cbool(o.FileFunctions), cbool(o.Extensions)) != 0 ||
		C.lq_guard(c.p, cbool(o.Defensive), cbool(o.TrustedSchema)) != 0 {
		return c.failure("")
	}
	// Before anything is read: reading the header of a file in WAL mode makes files beside it.
	if !o.ReadOnly {
		if err := c.checkWritable(o); err != nil {
			return err
		}
	}
	if err := c.checkJournal(); err != nil {
		return err
	}
	// From here on the file is known to be a database, and ours to read.
	_, err := c.scalar(ctx, "PRAGMA schema_version")
	if err = c.checkVersions(o, err); err != nil {
		return err
	}
	if !o.TrustedSchema {
		if err := c.checkVectors(ctx); err != nil {
			return err
		}
	}
	if o.TxMode == engine.Concurrent {
		if err := c.canBegin(ctx, o.TxMode); err != nil {
			return err
		}
	}
	if !o.ReadOnly {
		if err := c.shape(ctx, o); err != nil {
			return err
		}
	}
	mode, err := c.scalar(ctx, "PRAGMA journal_mode")
	if err != nil {
		return err
	}
	settings := append([]Pragma{
		{"synchronous", synchronous(o, mode)},
		{"foreign_keys", onOff(o.ForeignKeys)},
	}, o.Pragmas...)
	for _, p := range settings {
		if shapes(p.Name) != 0 {
			continue // of a new file only, and that is done
		}
		if err := c.pragma(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// shapes tells the place of a PRAGMA among those that shape a new file, which
// come before its first page; 0 if it is none of them.
func shapes(name string) int {
	if row := pragmas.Find(name); row != nil {
		return row.Shape
	}
	return 0
}

func (c *conn) pragma(ctx context.Context, p Pragma) error {
	value := p.Value
	if strings.EqualFold(p.Name, "encoding") {
		value = sqltext.QuoteString(value) // UTF-16le is no name
	}
	_, err := c.scalar(ctx, "PRAGMA "+p.Name+" = "+value)
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
	if dir := dirOf(o.Path); (o.VFS == "" || o.SingleProcess) && isReadOnly(dir) {
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
	start := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 20*time.Millisecond) {
		err := c.tryShape(ctx, o)
		var e *engine.Error
		if err == nil || !errors.As(err, &e) || e.Code&0xff != engine.CodeBusy {
			return err
		}
		if waited := time.Since(start); waited > o.BusyTimeout {
			late := *e
			late.Waited, late.Hint = waited, waitedHint(waited)
			return &late
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
		if err := c.shapeNew(ctx, o.Pragmas); err != nil {
			return err
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

// shapeNew runs the PRAGMAs that shape a new file.
func (c *conn) shapeNew(ctx context.Context, all []Pragma) error {
	var form []Pragma
	for _, p := range all {
		if shapes(p.Name) != 0 {
			form = append(form, p)
		}
	}
	slices.SortStableFunc(form, func(a, b Pragma) int { return shapes(a.Name) - shapes(b.Name) })
	for _, p := range form {
		if err := c.pragma(ctx, p); err != nil {
			return err
		}
		if strings.EqualFold(p.Name, "encoding") {
			// The file gets it with the first thing in its schema, and WAL mode
			// makes a file before that.
			if _, err := c.Exec(ctx, "BEGIN IMMEDIATE; CREATE VIEW libsql_new AS SELECT 1; DROP VIEW libsql_new; COMMIT", nil); err != nil {
				c.Settle()
				return err
			}
		}
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
	var fi fs.FileInfo
	serr := fs.ErrNotExist
	if !d.virtual {
		fi, serr = os.Stat(path)
	}
	switch {
	case serr == nil && fi.IsDir():
		e.Hint = "it is a directory"
	case d.virtual && e.Code&0xff != engine.CodeNotADB: // the path is none of the operating system's
	case e.Code&0xff == engine.CodeCantOpen:
		e.Hint = whyCannotOpen(path, d.opts.Create, serr)
	case e.Code&0xff == engine.CodeReadOnly && isReadOnly(dirOf(path)):
		e.Hint = readOnlyDirectory(path)
	case e.Code&0xff == engine.CodeNotADB && d.encrypted():
		e.Hint = "encryptionKey is not its key, or it is no encrypted database"
	case e.Code&0xff == engine.CodeNotADB:
		e.Hint = "it is no SQLite database, or an encrypted one: then set encryptionKey"
	}
	return &e
}

const readable, writable = 4, 2 // R_OK, W_OK of access(2)

// The longest path, and the longest name, to which -journal is added.
const maxPath, maxName = 504, 247

// isReadOnly tells that the directory is there and cannot be written to.
func isReadOnly(dir string) bool {
	err := syscall.Access(dir, writable)
	return errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.EPERM)
}

func readOnlyDirectory(path string) string {
	return "the directory " + dirOf(path) + " is read-only: a database in WAL mode needs immutable=1 there"
}

// dirOf is the directory of an absolute path. filepath.Dir would take link/..
// for nothing, which it is not when link is a symbolic link.
func dirOf(path string) string {
	return path[:max(1, strings.LastIndexByte(path, '/'))]
}

// whyCannotOpen says what is wrong with a path that SQLite could not open and
// os.Stat answers so. It does not open the file: to close it again would drop
// the locks that SQLite holds on it in this process
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
func whyCannotOpen(path string, create bool, statError error) string {
	dir := dirOf(path)
	switch {
	case errors.Is(statError, fs.ErrPermission):
		return "permission denied"
	case errors.Is(statError, syscall.ENOTDIR):
		for {
			if fi, err := os.Stat(dir); err == nil && !fi.IsDir() {
				return dir + " is not a directory"
			} else if err == nil || dir == "/" {
				return "a part of its path is not a directory"
			}
			dir = dirOf(dir)
		}
	case errors.Is(statError, syscall.ELOOP):
		return "its symbolic links go round in a circle"
	case errors.Is(statError, syscall.ENAMETOOLONG) || len(filepath.Base(path)) > maxName || len(path) > maxPath:
		return fmt.Sprintf("the path is too long: SQLite takes %d bytes, and %d for the file's name", maxPath, maxName)
	case statError == nil && syscall.Access(path, readable) != nil:
		return "the file cannot be read: permission denied"
	case statError == nil && isReadOnly(dir):
		return readOnlyDirectory(path)
	case !errors.Is(statError, fs.ErrNotExist):
		return ""
	}
	if _, err := os.Stat(dir); err != nil {
		return "the directory " + dir + " does not exist: create it first"
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
