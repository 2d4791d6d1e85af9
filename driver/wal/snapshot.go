package wal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Snapshot writes the database, page by page as it is after some commit, and
// returns the position of that commit, to follow from. Readers and writers go on
// meanwhile; a checkpoint cannot finish until Snapshot has read everything. What
// it writes is a file of a database in WAL mode, without a log.
//
// Snapshot takes a connection of the pool for itself. Errors are those of
// [Follow] and of w.
func Snapshot(ctx context.Context, db *sql.DB, w io.Writer) (Position, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return Position{}, err
	}
	defer conn.Close()
	tx, h, err := beginAt(ctx, conn)
	if err != nil {
		return Position{}, err
	}
	defer tx.Rollback()
	rows, err := tx.QueryContext(ctx, "SELECT data FROM sqlite_dbpage('main') ORDER BY pgno")
	if err != nil {
		return Position{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var page sql.RawBytes
		if err := rows.Scan(&page); err != nil {
			return Position{}, err
		}
		if _, err := w.Write(page); err != nil {
			return Position{}, err
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return Position{}, err
	}
	p := Position{Salt: h.Salt, Frame: h.Frames}
	if p.Frame > 0 {
		p.Checksum = h.Checksum
	}
	return p, nil
}

// beginAt begins a transaction that reads, and tells the state of the log that
// it reads. There is no call that tells it: it is the one from before the
// transaction if that has not changed when it has begun.
func beginAt(ctx context.Context, conn *sql.Conn) (*sql.Tx, engine.WALHeader, error) {
	look := func(h driver.Handle) (out engine.WALHeader, err error) {
		err = driver.With(ctx, h, func(c *driver.Conn) error {
			w, err := reach(c)
			if err == nil {
				out, err = header(ctx, w)
			}
			return err
		})
		return out, err
	}
	for range 10_000 {
		before, err := look(conn)
		if err != nil {
			return nil, before, err
		}
		tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return nil, before, err
		}
		var n int
		err = tx.QueryRowContext(ctx, "SELECT count(*) FROM main.sqlite_schema").Scan(&n)
		after := before
		if err == nil {
			after, err = look(tx)
		}
		if err == nil && before == after {
			return tx, after, nil
		}
		if err := errors.Join(err, tx.Rollback()); err != nil {
			return nil, before, err
		}
	}
	return nil, engine.WALHeader{}, fmt.Errorf("wal: %w: others commit without a pause", driver.ErrBusy)
}
