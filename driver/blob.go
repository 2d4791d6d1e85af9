package driver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// BlobOptions say which value [Conn.OpenBlob] opens: that of a column, in the
// row of a rowid.
type BlobOptions struct {
	Schema string // "" is main; temp, or the name of an attached database
	Table  string
	Column string
	RowID  int64 // the INTEGER PRIMARY KEY, if the table has one
	Write  bool  // to write as well as to read
}

// Blob is a blob or text of one row, which is read and written in parts without
// loading it: https://www.sqlite.org/c3ref/blob.html. Its size does not change:
// INSERT zeroblob(n) first, and write it then. A text counts in bytes.
//
// It belongs to its connection: it must be used by one goroutine at a time, and
// only where the connection may be. It ends with Close, with the transaction that
// it was opened in, and when the connection goes back to the pool. It expires when
// a statement of its connection, or a trigger, changes or deletes the row; other
// connections cannot, or it does not see them. From then on every call is
// [ErrAbort].
type Blob struct {
	eng engine.Blob
	pos int64
}

var (
	_ io.ReadWriteSeeker = (*Blob)(nil)
	_ io.ReaderAt        = (*Blob)(nil)
	_ io.WriterAt        = (*Blob)(nil)
	_ io.Closer          = (*Blob)(nil)
)

// OpenBlob opens a value. A row or column that is not there, a value that is no
// blob or text, a column of an index or a foreign key with Write, a view and a
// table WITHOUT ROWID are errors.
//
// Outside of a transaction the blob is one: it reads its snapshot, and with Write
// it keeps other writers waiting and commits at Close. Inside of one, Close it
// before Commit.
func (c *Conn) OpenBlob(ctx context.Context, o BlobOptions) (*Blob, error) {
	eng, ok := c.eng.(engine.Blobber)
	if !ok {
		return nil, fmt.Errorf("libsql: parts of a blob are %w by this database's engine: use substr", ErrUnsupported)
	}
	if o.Schema == "" {
		o.Schema = "main"
	}
	for _, name := range []string{o.Schema, o.Table, o.Column} {
		if strings.ContainsRune(name, 0) {
			return nil, fmt.Errorf("%w: a name in BlobOptions has a NUL byte", ErrError)
		}
	}
	b, err := eng.OpenBlob(ctx, o.Schema, o.Table, o.Column, o.RowID, o.Write)
	if err != nil {
		return nil, publish(err)
	}
	return &Blob{eng: b}, nil
}

// Size is the number of bytes, 0 after Close.
func (b *Blob) Size() int64 { return b.eng.Size() }

// ReadAt fills p from the offset on; io.EOF when there is less.
func (b *Blob) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errBlobOffset
	}
	n, end := len(p), error(nil)
	if left := b.eng.Size() - off; int64(n) > left {
		n, end = int(max(0, left)), io.EOF
	}
	if n == 0 {
		off = 0 // it may be far behind the end
	}
	if err := b.eng.ReadAt(p[:n], off); err != nil {
		return 0, publish(err)
	}
	return n, end
}

// WriteAt writes p from the offset on. What would not fit is [ErrBlobSize], and
// nothing is written.
func (b *Blob) WriteAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errBlobOffset
	}
	if err := b.eng.WriteAt(nil, 0); err != nil {
		return 0, publish(err) // expired or closed, so that it has no size
	}
	if size := b.eng.Size(); off > size || int64(len(p)) > size-off {
		return 0, fmt.Errorf("%w: %d bytes at %d of %d", ErrBlobSize, len(p), off, size)
	}
	if err := b.eng.WriteAt(p, off); err != nil {
		return 0, publish(err)
	}
	return len(p), nil
}

// Read reads from where Seek, Read and Write have come to.
func (b *Blob) Read(p []byte) (int, error) {
	n, err := b.ReadAt(p, b.pos)
	b.pos += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// Write writes from where Seek, Read and Write have come to, as WriteAt does.
func (b *Blob) Write(p []byte) (int, error) {
	n, err := b.WriteAt(p, b.pos)
	b.pos += int64(n)
	return n, err
}

// Seek says where the next Read or Write begins.
func (b *Blob) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += b.pos
	case io.SeekEnd:
		offset += b.eng.Size()
	default:
		return 0, fmt.Errorf("libsql: Seek: whence %d is unknown", whence)
	}
	if offset < 0 {
		return 0, errBlobOffset
	}
	b.pos = offset
	return offset, nil
}

// Reopen goes to the same column in another row, which is faster than opening
// it, and to its beginning (https://www.sqlite.org/c3ref/blob_reopen.html). When
// it fails the blob has expired, and can only be closed.
func (b *Blob) Reopen(rowid int64) error {
	b.pos = 0
	return publish(b.eng.Reopen(rowid))
}

// Close ends the blob. With Write, outside of a transaction, it commits; if that
// fails, nothing is written. Closing it twice is safe.
func (b *Blob) Close() error { return publish(b.eng.Close()) }

// ErrBlobSize is wrapped by the error of a write behind the end of a [Blob].
var ErrBlobSize = errors.New("libsql: a blob does not grow")

var errBlobOffset = errors.New("libsql: the offset into the blob is negative")
