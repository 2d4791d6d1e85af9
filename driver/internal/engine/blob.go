package engine

import "context"

// Blobber is a Conn that opens single values.
type Blobber interface {
	// OpenBlob opens a text or blob to read, or to write as well.
	OpenBlob(ctx context.Context, schema, table, column string, rowid int64, write bool) (Blob, error)
}

// Blob is an open value. Offsets and lengths are within its size; a length of 0
// asks whether the blob has expired.
type Blob interface {
	Size() int64
	ReadAt(p []byte, off int64) error
	WriteAt(p []byte, off int64) error
	Reopen(rowid int64) error
	Close() error
}
