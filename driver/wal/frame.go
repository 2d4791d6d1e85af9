package wal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/driver/internal/walseam"
)

var (
	// ErrNoFrame is wrapped by the error of a frame that the log does not have.
	ErrNoFrame = errors.New("wal: the log has no such frame")
	// ErrConflict is wrapped by the error of frames that do not follow what
	// the log has. Nothing was written.
	ErrConflict = errors.New("wal: the frames are not the continuation of the log")
	// ErrSnapshotNeeded is wrapped by the error of a position whose log is
	// gone: take a new Snapshot and follow from its position.
	ErrSnapshotNeeded = errors.New("wal: the log from the position on is gone: a new snapshot is needed")
)

// headerSize are the bytes of a frame before its page.
const headerSize = 24

// Frame is a page as a transaction has written it.
type Frame struct {
	Number   int       // in the log, from 1
	Page     uint32    // number of the page in the database, from 1
	Commit   uint32    // pages of the database after the transaction, in its last frame; else 0
	Salt     [2]uint32 // of the log; another one when it begins anew
	Checksum [2]uint32 // of the log up to and with the frame
	Data     []byte    // the page
}

// parse reads a frame; its data is that of b.
func parse(number int, b []byte) Frame {
	word := func(at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
	return Frame{
		Number: number, Page: word(0), Commit: word(4),
		Salt: [2]uint32{word(8), word(12)}, Checksum: [2]uint32{word(16), word(20)},
		Data: b[headerSize:],
	}
}

func (f *Frame) put(b []byte) {
	for i, v := range [...]uint32{f.Page, f.Commit, f.Salt[0], f.Salt[1], f.Checksum[0], f.Checksum[1]} {
		binary.BigEndian.PutUint32(b[4*i:], v)
	}
	copy(b[headerSize:], f.Data)
}

// sum continues the checksum of the frames before with a frame's bytes:
// https://www.sqlite.org/walformat.html#checksum_algorithm.
func sum(s [2]uint32, frame []byte, bigEnd bool) [2]uint32 {
	s = sumWords(s, frame[:8], bigEnd)
	return sumWords(s, frame[headerSize:], bigEnd)
}

func sumWords(s [2]uint32, b []byte, bigEnd bool) [2]uint32 {
	for ; len(b) >= 8; b = b[8:] {
		x, y := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if bigEnd {
			x, y = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		}
		s[0] += x + s[1]
		s[1] += y + s[0]
	}
	return s
}

// reach returns the engine under the connection, if its frames can be read.
func reach(c *driver.Conn) (engine.WAL, error) {
	w, err := walseam.Of(c)
	if err == nil && w.Encrypted() {
		// The library decrypts pages as it reads them, and what was secret on
		// the disk would be shipped as plaintext.
		err = fmt.Errorf("wal: frames of an encrypted database are %w: copy it with VACUUM INTO, which keeps the key", driver.ErrUnsupported)
	}
	return w, err
}

// header reads the state of the log; without one the error wraps
// driver.ErrNotWAL.
func header(ctx context.Context, w engine.WAL) (engine.WALHeader, error) {
	h, ok, err := w.WALHeader(ctx)
	if err == nil && !ok {
		err = fmt.Errorf("wal: %w", driver.ErrNotWAL)
	}
	return h, walseam.Publish(err)
}

// FrameCount returns how many frames of committed transactions the log has: 0
// in another journal mode, and after a checkpoint that has truncated it. An
// open transaction, the connection's own too, does not count, and does not
// matter: libsql_wal_frame_count, which would fail during one and tells what
// the connection has read last, is not used. After a checkpoint that has copied
// everything, the frames stay until the next writer begins the log anew.
func FrameCount(ctx context.Context, c *driver.Conn) (int, error) {
	w, err := walseam.Of(c)
	if err != nil {
		return 0, err
	}
	h, _, err := w.WALHeader(ctx)
	return h.Frames, walseam.Publish(err)
}

// ReadFrame reads the frame of a number, from 1 to [FrameCount]
// (libsql_wal_get_frame). Beyond, the error wraps [ErrNoFrame], in another
// journal mode [driver.ErrNotWAL].
func ReadFrame(ctx context.Context, c *driver.Conn, number int) (Frame, error) {
	w, err := reach(c)
	if err != nil {
		return Frame{}, err
	}
	h, err := header(ctx, w)
	if err != nil {
		return Frame{}, err
	}
	if number < 1 || number > h.Frames {
		return Frame{}, fmt.Errorf("%w: %d of %d", ErrNoFrame, number, h.Frames)
	}
	b := make([]byte, headerSize+h.PageSize)
	if err := w.WALFrame(number, b); err != nil {
		return Frame{}, noFrame(number, err)
	}
	f := parse(number, b)
	if f.Salt != h.Salt { // the log has begun anew meanwhile
		return Frame{}, fmt.Errorf("%w: %d", ErrNoFrame, number)
	}
	return f, nil
}

// noFrame is the error of a frame that could not be read.
func noFrame(number int, err error) error {
	var e *engine.Error
	if errors.As(err, &e) && e.Code == engine.CodeShortRead {
		return fmt.Errorf("%w: %d", ErrNoFrame, number)
	}
	return walseam.Publish(err)
}

// Apply writes frames to the log of a copy, as those from the number at on, in
// one go (libsql_wal_insert_begin, _frame, _end). They are one or more whole
// transactions, readers see each when it is complete, and writers wait. Apply
// returns the number that the next frame is going to have.
//
// Frames that the log has already are compared: to apply the same ones again
// changes nothing. When one has another page, or at lies behind the end of the
// log, the error wraps [ErrConflict], and nothing was written.
//
// The copy must be in WAL mode, have the same page size, and be written by
// nobody else; the connection must have no open transaction. Call
// [driver.Conn.DisableCheckpoint] on each of its connections: the log's numbers
// begin anew after a checkpoint.
func Apply(ctx context.Context, c *driver.Conn, at int, frames []Frame) (next int, err error) {
	w, err := reach(c)
	if err != nil {
		return 0, err
	}
	h, err := header(ctx, w)
	if err != nil {
		return 0, err
	}
	if len(frames) == 0 {
		return h.Frames + 1, nil
	}
	size, err := pageSize(ctx, c, h)
	if err != nil {
		return 0, err
	}
	if err := checkFrames(at, frames, size); err != nil {
		return 0, err
	}
	raw := make([]byte, len(frames)*(headerSize+size))
	for i, b := 0, raw; i < len(frames); i, b = i+1, b[headerSize+size:] {
		frames[i].put(b)
	}
	conflict, err := w.WALInsert(ctx, at, raw, headerSize+size)
	if err != nil {
		return 0, walseam.Publish(err)
	}
	if conflict != 0 {
		return 0, fmt.Errorf("%w: frame %d differs, or comes after one that is missing", ErrConflict, conflict)
	}
	if h, err = header(ctx, w); err != nil {
		return 0, err
	}
	return h.Frames + 1, nil
}

func checkFrames(at int, frames []Frame, size int) error {
	if at < 1 {
		return fmt.Errorf("%w: frames are numbered from 1", ErrConflict)
	}
	for i := range frames {
		if f := &frames[i]; f.Page == 0 || len(f.Data) != size {
			return fmt.Errorf("%w: page %d has %d bytes, those of the database %d", ErrConflict, f.Page, len(f.Data), size)
		}
	}
	if frames[len(frames)-1].Commit == 0 {
		return fmt.Errorf("%w: they end within a transaction", ErrConflict)
	}
	return nil
}

// pageSize is that of the database: an empty log need not know it.
func pageSize(ctx context.Context, c *driver.Conn, h engine.WALHeader) (int, error) {
	if h.Frames > 0 {
		return h.PageSize, nil
	}
	r, err := c.Batch(ctx, "PRAGMA main.page_size")
	if err != nil {
		return 0, err
	}
	n, _ := r[0].Rows[0][0].(int64)
	return int(n), nil
}
