package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/wal"
)

// checkpointAt is how many frames the log of the copy may have.
const checkpointAt = 4000

// note is how far the copy is.
type note struct {
	Position wal.Position // in the log of the source
	Next     int          // number of the next frame in the log of the copy
}

// ship keeps the copy until the context ends. It reports what it does.
func ship(ctx context.Context, source, to string, report func(event string)) (err error) {
	src, err := open(ctx, source)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	for {
		n, err := readNote(to)
		if err == nil && n == nil {
			if n, err = replace(ctx, src, to); err == nil {
				report("snapshot")
			}
		}
		if err == nil {
			err = follow(ctx, src, to, n, report)
		}
		if !errors.Is(err, wal.ErrSnapshotNeeded) && !errors.Is(err, wal.ErrConflict) {
			return err
		}
		if err := removeIfThere(noteOf(to)); err != nil {
			return err
		}
	}
}

func follow(ctx context.Context, src *sql.DB, to string, n *note, report func(string)) (err error) {
	dst, err := open(ctx, to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	return wal.Follow(ctx, src, n.Position, func(f wal.Frames) error {
		err := driver.With(ctx, dst, func(c *driver.Conn) (err error) {
			if n.Next, err = wal.Apply(ctx, c, n.Next, f.Frames); err != nil || n.Next <= checkpointAt {
				return err
			}
			r, err := c.Checkpoint(ctx, "main", driver.CheckpointTruncate)
			if err == nil && !r.Busy {
				n.Next = 1
			}
			return err
		})
		if err != nil {
			return err
		}
		// If the note is lost, the same frames are applied again: Apply finds
		// that they are there, or that they do not fit.
		n.Position = f.Position
		if err := n.write(to); err != nil {
			return err
		}
		report("frames")
		return nil
	})
}

// replace makes the copy anew. At no time is there a note that does not belong
// to the copy, nor a log of the old one beside the new.
func replace(ctx context.Context, src *sql.DB, to string) (*note, error) {
	part := to + "-part"
	f, err := os.Create(part)
	if err != nil {
		return nil, err
	}
	p, err := wal.Snapshot(ctx, src, f)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	for _, old := range []string{noteOf(to), to, to + "-wal", to + "-shm"} {
		if err := removeIfThere(old); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(part, to); err != nil {
		return nil, err
	}
	n := &note{Position: p, Next: 1}
	return n, n.write(to)
}

func noteOf(to string) string { return to + "-ship" }

// readNote returns nil when there is no copy, or no note of it that can be read.
func readNote(to string) (*note, error) {
	if _, err := os.Stat(to); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	text, err := os.ReadFile(noteOf(to))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var n note
	if json.Unmarshal(text, &n) != nil || n.Next < 1 {
		return nil, nil
	}
	return &n, nil
}

// write replaces the note in one step.
func (n *note) write(to string) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	part := noteOf(to) + "-part"
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return err
	}
	return os.Rename(part, noteOf(to))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
