//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "authorize.h"
#include "copy.h"
*/
import "C"

import (
	"bufio"
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"os"
	"path/filepath"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// magic is what a database file that is not encrypted begins with.
const magic = "SQLite format 3\x00"

// Serialize writes the bytes that the database would have as a file.
func (c *conn) Serialize(ctx context.Context, w io.Writer, o engine.CopyOptions) error {
	switch {
	case !c.Alive():
		return driver.ErrBadConn
	case c.inside():
		return errInside
	case c.lost != nil:
		return c.lost
	case o.Plaintext || o.Key == nil && !c.db.encrypted():
		return c.reading(ctx, true, func() error { return c.writePages(ctx, w) })
	}
	// Only the codec under a file encrypts.
	dir, err := os.MkdirTemp("", "libsql")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "copy.db")
	if err := c.Backup(ctx, path, o); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// writePages writes the pages as the connection sees them.
func (c *conn) writePages(ctx context.Context, w io.Writer) (failure error) {
	r, err := c.Query(ctx, "SELECT data FROM sqlite_dbpage('main') ORDER BY pgno", nil)
	if err != nil {
		return err
	}
	defer func() { failure = errors.Join(failure, r.Close()) }()
	row := make([]driver.Value, 1)
	for first := true; ; first = false {
		if err := r.Next(row); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		page, _ := row[0].([]byte)
		if first {
			noWAL(page)
		}
		if _, err := w.Write(page); err != nil {
			return err
		}
	}
}

// noWAL says in the header that the database is in no WAL mode, in which SQLite
// opens no bytes in memory.
func noWAL(header []byte) {
	if len(header) > readVersion && header[writeVersion] == 2 && header[readVersion] == 2 {
		header[writeVersion], header[readVersion] = 1, 1
	}
}

// Deserialize replaces the database by the one whose file has the bytes. Those
// that are not encrypted stay in memory.
func (c *conn) Deserialize(ctx context.Context, r io.Reader, o engine.CopyOptions) (failure error) {
	if err := c.mayReplace(ctx, "Deserialize"); err != nil {
		return err
	}
	in := bufio.NewReaderSize(r, 1<<16)
	begin, err := in.Peek(len(magic))
	switch {
	case err != nil && err != io.EOF:
		return err
	case err == io.EOF:
		return notADatabase("file is not a database", "the bytes are fewer than a database has")
	case string(begin) == magic:
		s, err := c.openBytes(ctx, in)
		if err != nil {
			return err
		}
		defer func() { failure = errors.Join(failure, s.Close()) }()
		return c.replace(ctx, s, o)
	}
	dir, err := os.MkdirTemp("", "libsql")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "copy.db")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return c.Restore(ctx, path, o)
}

// openBytes makes a connection to the database that the bytes are.
func (c *conn) openBytes(ctx context.Context, r io.Reader) (*conn, error) {
	p, n, size, err := readBytes(ctx, r)
	if err != nil {
		return nil, err
	}
	noWAL(unsafe.Slice((*byte)(p), n))
	uri := C.CString(":memory:")
	defer C.free(unsafe.Pointer(uri))
	raw := C.lq_open(uri, C.SQLITE_OPEN_READWRITE|C.SQLITE_OPEN_CREATE|C.SQLITE_OPEN_NOMUTEX, nil, nil, 0, 0)
	d := c.scratch("", nil)
	switch {
	case raw == nil:
		C.sqlite3_free(p)
		return nil, errNoMemory
	case raw.db == nil:
		C.sqlite3_free(p)
		err := newConn(d, raw).failure("")
		C.lq_close(raw)
		return nil, err
	}
	s := newConn(d, raw)
	connectionOpened()
	if C.lq_bytes_open(raw, (*C.uchar)(p), C.int64_t(n), C.int64_t(size)) != 0 {
		return nil, errors.Join(s.failure(""), s.Close())
	}
	C.lq_guard_vectors(raw)
	C.lq_authorize(raw)
	if err := s.makeReady(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// readBytes reads all into memory of SQLite's.
func readBytes(ctx context.Context, r io.Reader) (p unsafe.Pointer, n, size int64, err error) {
	for {
		if n == size {
			size = max(1<<16, 2*size)
			grown := C.lq_bytes_grow((*C.uchar)(p), C.size_t(size))
			if p = unsafe.Pointer(grown); p == nil {
				return nil, 0, 0, errNoMemory
			}
		}
		if ctx.Err() != nil {
			err = engine.Cancelled(ctx)
			break
		}
		var got int
		got, err = r.Read(unsafe.Slice((*byte)(p), size)[n:])
		if n += int64(got); err != nil {
			break
		}
	}
	if err != io.EOF {
		C.sqlite3_free(p)
		return nil, 0, 0, err
	}
	return p, n, size, nil
}
