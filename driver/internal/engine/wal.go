package engine

import "context"

// NotWAL is the sentinel of what needs the write-ahead log of a database that
// has none.
const NotWAL = Sentinel("the database is not in WAL mode")

// WAL is a [Conn] to a database with a write-ahead log:
// https://www.sqlite.org/walformat.html.
type WAL interface {
	// Checkpoint copies frames into the file of the database. Mode is SQLite's
	// number. Busy: not all that the mode asks for was done.
	Checkpoint(ctx context.Context, schema string, mode int) (CheckpointResult, error)
	// DisableCheckpoint ends the checkpoints that the connection makes on its
	// own: at commits and when it is closed.
	DisableCheckpoint() error
	// OnWALCommit adds a function that is called after each commit of the
	// connection; remove takes it away.
	OnWALCommit(fn func(schema string, frames int)) (remove func(), err error)

	// Encrypted tells that the frames which the library reads are plaintext
	// that the file is not.
	Encrypted() bool
	// WALHeader reads the header of the log's index: what has been committed.
	// ok is false without a log.
	WALHeader(ctx context.Context) (h WALHeader, ok bool, err error)
	// WALFrame reads a frame, numbered from 1, into buf: 24 bytes and a page.
	// CodeShortRead is the error of one that is not there.
	WALFrame(n int, buf []byte) error
	// WALInsert writes frames, each of size bytes, as those from the number
	// first on. conflict is the number of one that is there with another
	// content, else 0.
	WALInsert(ctx context.Context, first int, frames []byte, size int) (conflict int, err error)
}

// CheckpointResult is what a checkpoint has done.
type CheckpointResult struct {
	Frames, Done int
	Busy         bool
}

// WALHeader is of the last commit.
type WALHeader struct {
	Change   uint32 // counts commits
	PageSize int
	Frames   int // in the log
	Pages    int // of the database
	Checksum [2]uint32
	Salt     [2]uint32 // as the log's header has them
	BigEnd   bool      // checksums are of big-endian words
}
