package wal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Frames are one or more committed transactions, whole and in order.
type Frames struct {
	Frames   []Frame
	Position Position // after the last frame: where to follow from next time
}

const (
	// enough is how many bytes of frames are handed out together, if
	// transactions are not larger.
	enough = 4 << 20
	// A log that nothing is written to is looked at ever more seldom. A look
	// takes microseconds and no lock.
	firstNap, lastNap = time.Millisecond, 32 * time.Millisecond
)

// Follow calls fn with what is committed after the position, whichever process
// does it, until the context ends or fn fails, and returns why. It looks for
// new frames each millisecond while there are some, and each 32 ms when the
// database rests. fn has the frames for itself and may take its time, but not
// longer than the source takes to make a checkpoint and begin its log anew;
// when fn has failed, follow from the last position that it has dealt with.
//
// The error wraps [ErrSnapshotNeeded] when the frames after the position are not
// there any more: the log has begun anew after a checkpoint or with the first
// connection after a last one, or the source has lost the end of its log in a
// crash of the system. It wraps [driver.ErrNotWAL] in another journal mode.
//
// Follow takes a connection out of the pool for itself.
func Follow(ctx context.Context, db *sql.DB, from Position, fn func(Frames) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	f := follower{at: from}
	err = driver.With(ctx, conn, func(c *driver.Conn) error {
		if f.wal, err = reach(c); err != nil {
			return err
		}
		if err := f.resume(ctx); err != nil {
			return err
		}
		return f.run(ctx, fn)
	})
	if ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())) {
		return ctx.Err()
	}
	return err
}

type follower struct {
	wal engine.WAL
	at  Position
}

// resume checks that the log has the frame before the position, the very one.
func (f *follower) resume(ctx context.Context) error {
	h, err := header(ctx, f.wal)
	if err != nil {
		return err
	}
	if err := f.lives(h); err != nil || f.at.Frame == 0 {
		return err
	}
	b := make([]byte, headerSize+h.PageSize)
	if err := f.wal.WALFrame(f.at.Frame, b); err != nil {
		return lost(noFrame(f.at.Frame, err))
	}
	if fr := parse(f.at.Frame, b); fr.Salt != f.at.Salt || fr.Checksum != f.at.Checksum {
		return fmt.Errorf("%w: frame %d is another one now", ErrSnapshotNeeded, f.at.Frame)
	}
	return nil
}

// lives tells by the header whether the log is the position's.
func (f *follower) lives(h engine.WALHeader) error {
	if h.Salt != f.at.Salt {
		return fmt.Errorf("%w: it has begun anew", ErrSnapshotNeeded)
	}
	if h.Frames < f.at.Frame {
		return fmt.Errorf("%w: it has %d frames, and had %d", ErrSnapshotNeeded, h.Frames, f.at.Frame)
	}
	return nil
}

// lost makes a frame that is gone a reason for a snapshot.
func lost(err error) error {
	if errors.Is(err, ErrNoFrame) {
		return fmt.Errorf("%w: %w", ErrSnapshotNeeded, err)
	}
	return err
}

func (f *follower) run(ctx context.Context, fn func(Frames) error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	nap := firstNap
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		h, err := header(ctx, f.wal)
		if err != nil {
			return err
		}
		if err := f.lives(h); err != nil {
			return err
		}
		if h.Frames == f.at.Frame {
			nap = min(2*nap, lastNap)
		} else {
			nap = firstNap
		}
		for f.at.Frame < h.Frames {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			frames, err := f.read(h)
			if err != nil {
				return err
			}
			if err := fn(frames); err != nil {
				return err
			}
		}
		timer.Reset(nap)
	}
}

// read reads whole transactions, up to the header's last. A log that begins
// anew meanwhile overwrites frames; salts and checksums tell.
func (f *follower) read(h engine.WALHeader) (Frames, error) {
	out := Frames{Position: f.at}
	size := headerSize + h.PageSize
	// one piece of memory for many frames
	room := make([]byte, min((h.Frames-f.at.Frame)*size, enough))
	complete, bytes := 0, 0
	for at := f.at; at.Frame < h.Frames; {
		if len(room) < size {
			room = make([]byte, max(size, min((h.Frames-at.Frame)*size, enough)))
		}
		b := room[:size:size]
		room = room[size:]
		number := at.Frame + 1
		if err := f.wal.WALFrame(number, b); err != nil {
			return out, lost(noFrame(number, err))
		}
		fr := parse(number, b)
		// The log's own header, which the first checksum continues, cannot be read.
		if fr.Salt != at.Salt || number > 1 && fr.Checksum != sum(at.Checksum, b, h.BigEnd) {
			return out, fmt.Errorf("%w: frame %d is none of it", ErrSnapshotNeeded, number)
		}
		at.Frame, at.Checksum = number, fr.Checksum
		out.Frames = append(out.Frames, fr)
		bytes += size
		if fr.Commit != 0 {
			complete, out.Position = len(out.Frames), at
			if bytes >= enough {
				break
			}
		}
	}
	if out.Position.Frame == h.Frames && out.Position.Checksum != h.Checksum {
		return out, fmt.Errorf("%w: frame %d is none of it", ErrSnapshotNeeded, h.Frames)
	}
	if complete == 0 {
		return out, fmt.Errorf("%w: it ends within a transaction", ErrSnapshotNeeded)
	}
	out.Frames = out.Frames[:complete]
	f.at = out.Position
	return out, nil
}
