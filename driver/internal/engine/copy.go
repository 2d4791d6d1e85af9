package engine

import (
	"context"
	"io"
)

// Copier is a Conn whose database can be copied as a whole, and replaced.
type Copier interface {
	// Backup copies the database into the file dst.
	Backup(ctx context.Context, dst string, o CopyOptions) error
	// Restore replaces the database by the one in the file src.
	Restore(ctx context.Context, src string, o CopyOptions) error
	// Serialize writes the bytes of a database file.
	Serialize(ctx context.Context, w io.Writer, o CopyOptions) error
	// Deserialize replaces the database by the one whose file has the bytes.
	Deserialize(ctx context.Context, r io.Reader, o CopyOptions) error
}

// CopyOptions say how a database is copied.
type CopyOptions struct {
	Key       []byte // of the other database, nil: that of this one
	Plaintext bool   // the copy of an encrypted database is not encrypted
	Overwrite bool   // the database that is there already
	Unchecked bool   // the database that is to replace this one
	Pages     int    // a step, at least 1
	Progress  func(remaining, total int)
}
