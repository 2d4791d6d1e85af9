//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "blob.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

var _ engine.Blobber = (*conn)(nil)

// blob is an open value. It is among the connection's cursors, since it keeps a
// transaction open as rows do.
type blob struct {
	c      *conn
	p      *C.sqlite3_blob // nil when closed
	writes bool

	schema, table string
	rowid         int64
	told          bool // that the row has changed, which no hook says
}

// OpenBlob opens the value of a column in the row of the rowid.
func (c *conn) OpenBlob(ctx context.Context, schema, table, column string, rowid int64, write bool) (engine.Blob, error) {
	switch {
	case !c.Alive():
		return nil, driver.ErrBadConn
	case c.lost != nil:
		return nil, c.lost
	case ctx.Err() != nil:
		return nil, engine.Cancelled(ctx)
	case write && c.readOnly:
		return nil, errReadOnlyTx("")
	}
	if err := c.callable(); err != nil {
		return nil, err
	}
	if write {
		c.p.waited_ns = 0
		if err := c.enterWrite(ctx); err != nil {
			return nil, err
		}
	}
	names := [3]*C.char{C.CString(schema), C.CString(table), C.CString(column)}
	defer func() {
		for _, name := range names {
			C.free(unsafe.Pointer(name))
		}
	}()
	w := startWatch(ctx, c.cancel)
	p := C.lq_blob_open(c.p, names[0], names[1], names[2], C.int64_t(rowid), cbool(write))
	w.stop()
	if p == nil {
		err := c.failureUnder(ctx, "")
		c.leaveWrite()
		return nil, err
	}
	b := &blob{c: c, p: p, writes: write, schema: schema, table: table, rowid: rowid}
	c.cursors = append(c.cursors, b)
	return b, nil
}

func (b *blob) abandon()     { _ = b.Close() }
func (b *blob) queues() bool { return b.writes }

// Close commits what was written, unless a transaction is open.
func (b *blob) Close() error {
	if b.p == nil {
		return nil
	}
	c := b.c
	if c.inside() {
		return errInside
	}
	c.forget(b)
	rc := C.lq_blob_close(c.p, b.p)
	b.p = nil
	var err error
	if rc != 0 && b.writes {
		err = c.failure("")
	}
	c.leaveWrite()
	return err
}

// Size is how many bytes the value has.
func (b *blob) Size() int64 {
	if b.p == nil {
		return 0
	}
	return int64(C.sqlite3_blob_bytes(b.p))
}

func (b *blob) ReadAt(p []byte, off int64) error { return b.io(p, off, 0) }

func (b *blob) WriteAt(p []byte, off int64) error { return b.io(p, off, 1) }

func (b *blob) io(p []byte, off int64, write C.int) error {
	switch {
	case b.p == nil:
		return errBlobClosed
	case b.c.inside():
		return errInside
	}
	// nothing to read or write is a question, too: whether the blob has expired
	if C.lq_blob_io(b.c.p, b.p, unsafe.Pointer(unsafe.SliceData(p)), C.int(len(p)), C.int(off), write) != 0 {
		return b.c.failure("")
	}
	if write != 0 && !b.told && b.c.feed != nil {
		b.told = true
		b.c.blobWritten(b.schema, b.table, b.rowid)
	}
	return nil
}

// Reopen goes to the same column of another row. When it fails the blob has expired.
func (b *blob) Reopen(rowid int64) error {
	switch {
	case b.p == nil:
		return errBlobClosed
	case b.c.inside():
		return errInside
	}
	if C.lq_blob_reopen(b.c.p, b.p, C.int64_t(rowid)) != 0 {
		return b.c.failure("")
	}
	b.rowid, b.told = rowid, false
	return nil
}

var errBlobClosed = &engine.Error{Code: engine.CodeAbort, Offset: -1, Message: "query aborted",
	Hint: "the blob is closed: by Close, by the end of its transaction, or because the connection went back to the pool"}
