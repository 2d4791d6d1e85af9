package driver

import (
	"context"
	"fmt"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/driver/internal/walseam"
)

// CheckpointMode is how much a checkpoint of the write-ahead log does, and for
// whom it waits: https://www.sqlite.org/c3ref/wal_checkpoint_v2.html.
type CheckpointMode int

// The modes.
const (
	// CheckpointPassive copies what it can without waiting for anyone.
	CheckpointPassive CheckpointMode = iota
	// CheckpointFull waits for the writer, and for readers of old snapshots,
	// and copies everything.
	CheckpointFull
	// CheckpointRestart also waits for the readers of the log, so that the
	// next writer begins it anew.
	CheckpointRestart
	// CheckpointTruncate also cuts the file of the log to no length.
	CheckpointTruncate
)

// String returns passive, full, restart or truncate.
func (m CheckpointMode) String() string {
	names := [...]string{"passive", "full", "restart", "truncate"}
	if m >= 0 && int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("CheckpointMode(%d)", int(m))
}

// CheckpointResult is what a checkpoint has come to.
type CheckpointResult struct {
	// Busy: a reader, a writer or another checkpoint was in the way until the
	// busy timeout, and not all that the mode asks for was done. A passive
	// checkpoint, which waits for nobody, leaves it false for readers and
	// writers: it is complete if Checkpointed equals Frames.
	Busy bool
	// Frames are in the log, Checkpointed of them also in the file of the
	// database. Both are 0 after CheckpointTruncate, and when another checkpoint
	// was in the way.
	Frames, Checkpointed int
}

// Checkpoint copies the pages of the write-ahead log into the file of the
// database. schema is "main", which "" stands for, or the name of an attached
// database. Writers and readers go on meanwhile, but for what the mode says.
// Waiting ends with the busy timeout, see [Conn.BusyTimeout], whose end is no
// error but a result, and with the context.
//
// A database in another journal mode gives an error that wraps [ErrNotWAL], a
// transaction of the connection's own [ErrLocked], an engine without files
// [ErrUnsupported].
func (c *Conn) Checkpoint(ctx context.Context, schema string, mode CheckpointMode) (CheckpointResult, error) {
	if mode < CheckpointPassive || mode > CheckpointTruncate {
		return CheckpointResult{}, fmt.Errorf("libsql: %v is no mode of a checkpoint", mode)
	}
	w, err := c.wal()
	if err != nil {
		return CheckpointResult{}, err
	}
	if schema == "" {
		schema = "main"
	}
	if strings.ContainsRune(schema, 0) {
		return CheckpointResult{}, fmt.Errorf("%w: the name of the database has a NUL byte", ErrError)
	}
	r, err := w.Checkpoint(ctx, schema, int(mode))
	return CheckpointResult{Busy: r.Busy, Frames: r.Frames, Checkpointed: r.Done}, publish(err)
}

// DisableCheckpoint ends the checkpoints that the connection makes on its own:
// at a commit that leaves 1,000 frames in the log (pragma.WALAutoCheckpoint,
// which also turns these on again), and when it is closed as the last of the
// database, so that the log stays on the disk. [Conn.Checkpoint] goes on
// working, and is needed then: the log grows until it is called. For all
// connections of a pool call it in [EachConn]. Other programs make checkpoints
// as they like.
func (c *Conn) DisableCheckpoint() error {
	w, err := c.wal()
	if err != nil {
		return err
	}
	return publish(w.DisableCheckpoint())
}

// OnWALCommit calls fn after each commit of this connection that has gone to a
// write-ahead log, with the schema ("main" or an attached database) and the
// number of frames in its log: https://www.sqlite.org/c3ref/wal_hook.html. Any
// number of functions can be set, which are called in their order; remove takes
// fn away, at any time and any number of times. The checkpoints at commits go on
// as before, after fn.
//
// fn runs within the statement that has committed: it must be quick, must not
// use the connection, and may not wait for who does. If it panics, the
// statement returns an error with [ErrError], and its changes are committed
// nevertheless.
func (c *Conn) OnWALCommit(fn func(schema string, frames int)) (remove func(), err error) {
	w, err := c.wal()
	if err != nil {
		return nil, err
	}
	remove, err = w.OnWALCommit(fn)
	return remove, publish(err)
}

func (c *Conn) wal() (engine.WAL, error) {
	w, ok := c.eng.(engine.WAL)
	if !ok {
		return nil, fmt.Errorf("libsql: the write-ahead log is %w by this database's engine: it belongs to the server", ErrUnsupported)
	}
	return w, nil
}

// The package driver/wal reaches the engine through this.
func init() {
	walseam.Of = func(conn any) (engine.WAL, error) { return conn.(*Conn).wal() }
	walseam.Publish = publish
}
