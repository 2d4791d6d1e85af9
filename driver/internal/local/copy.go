//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "copy.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

var _ engine.Copier = (*conn)(nil)

// A copy out of a file without WAL lets writers in between its steps, and begins
// anew when one has written. After so many times it keeps them out.
const patience = 3

// copyPages makes the database of dst that of src, in one transaction of dst.
func copyPages(ctx context.Context, dst, src *conn, o engine.CopyOptions) (failure error) {
	b := C.lq_copy_begin(dst.p, src.p)
	if b == nil {
		return dst.failureUnder(ctx, "")
	}
	defer func() { // Progress may panic
		if rc := C.lq_copy_end(b, dst.p); rc != 0 && failure == nil {
			dst.p.busy_waited = max(dst.p.busy_waited, src.p.busy_waited)
			failure = dst.failureUnder(ctx, "")
		}
	}()
	last, restarts := -1, 0
	for failure == nil {
		if ctx.Err() != nil {
			failure = engine.Cancelled(ctx)
			break
		}
		toDst, toSrc := startWatch(ctx, dst.cancel), startWatch(ctx, src.cancel)
		rc := C.lq_copy_step(b, dst.p, src.p, C.int(max(1, o.Pages)))
		toSrc.stop()
		toDst.stop()
		if rc != C.SQLITE_OK && rc != C.SQLITE_DONE {
			break // lq_copy_end knows
		}
		left := int(C.sqlite3_backup_remaining(b))
		if last >= 0 && left > last {
			if restarts++; restarts == patience {
				failure = src.beginRead(ctx)
			}
		}
		last = left
		if o.Progress != nil {
			o.Progress(left, int(C.sqlite3_backup_pagecount(b)))
		}
		if rc == C.SQLITE_DONE {
			break
		}
	}
	return failure
}

// beginRead begins to read the database as it is now.
func (c *conn) beginRead(ctx context.Context) error {
	if c.autocommit() {
		if err := c.exec(ctx, "BEGIN"); err != nil {
			return err
		}
	}
	_, err := c.scalar(ctx, "SELECT count(*) FROM main.sqlite_schema")
	return err
}

// reading calls f, and ends the transaction that f or now began. With a WAL a
// reader has its snapshot and is in nobody's way, so that nothing need begin anew.
func (c *conn) reading(ctx context.Context, now bool, f func() error) (err error) {
	if c.autocommit() {
		defer func() {
			if c.p != nil && !c.autocommit() {
				if undo := c.exec(context.Background(), "ROLLBACK"); err == nil {
					err = undo
				}
			}
		}()
	}
	if now {
		if err := c.beginRead(ctx); err != nil {
			return err
		}
	}
	return f()
}

func (c *conn) isWAL(ctx context.Context) (bool, error) {
	mode, err := c.scalar(ctx, "PRAGMA main.journal_mode")
	return mode == "wal", err
}

// mayReplace checks that the connection is free for what, which writes the
// whole database and goes around SQL.
func (c *conn) mayReplace(ctx context.Context, what string) error {
	if err := c.idle(ctx, what); err != nil {
		return err
	}
	only, err := c.scalar(ctx, "PRAGMA query_only")
	if err == nil && (only == "1" || c.db.opts.ReadOnly) {
		err = &engine.Error{Code: engine.CodeReadOnly, Offset: -1, Message: "attempt to write a readonly database",
			Hint: what + " needs a connection that may write: without mode=ro, immutable and query_only"}
	}
	return err
}

// idle checks that nothing is under way on the connection.
func (c *conn) idle(ctx context.Context, what string) error {
	switch {
	case !c.Alive():
		return driver.ErrBadConn
	case c.inside():
		return errInside
	case c.lost != nil:
		return c.lost
	case ctx.Err() != nil:
		return engine.Cancelled(ctx)
	case !c.autocommit() || len(c.cursors) > 0:
		return misplaced(what + " cannot run inside a transaction, nor beside open rows, of its connection")
	}
	return nil
}

func misplaced(message string) error {
	return &engine.Error{Code: engine.CodeError, Offset: -1, Message: message, Hint: "end it first, or take another connection of the pool"}
}

// replace makes the database of c that of src, which nobody has looked at yet.
func (c *conn) replace(ctx context.Context, src *conn, o engine.CopyOptions) error {
	return src.reading(ctx, true, func() error {
		if !c.db.opts.TrustedSchema { // as when it is opened
			if err := src.checkVectors(ctx); err != nil {
				return err
			}
		}
		if !o.Unchecked {
			if err := src.checkIntegrity(ctx); err != nil {
				return err
			}
		}
		if err := c.checkShape(ctx, src); err != nil {
			return err
		}
		return c.overwrite(ctx, src, o)
	})
}

// overwrite waits for the turn of c to write, and then writes it all.
func (c *conn) overwrite(ctx context.Context, src *conn, o engine.CopyOptions) error {
	if err := c.takeGate(ctx); err != nil {
		return err
	}
	if err := c.overwriteInTurn(ctx, src, o); err != nil || !c.hasVectors("main") {
		return err
	}
	return c.mendNotes(context.WithoutCancel(ctx), "main")
}

func (c *conn) overwriteInTurn(ctx context.Context, src *conn, o engine.CopyOptions) error {
	t := &turn{c}
	c.cursors = append(c.cursors, t)
	defer func() {
		t.abandon()
		c.leaveWrite()
		c.changedUnseen() // if it failed, all the more
	}()
	return c.keepMode(ctx, func() error { return copyPages(ctx, c, src, o) })
}

// turn stands among the connection's cursors while several statements are one
// turn to write.
type turn struct{ c *conn }

func (t *turn) abandon()     { t.c.forget(t) }
func (t *turn) queues() bool { return true }

// keepMode replaces the database and leaves it in its journal mode. WAL stays by
// itself, and the others would become that of the copy: a WAL which connections
// that ask for another mode wait to leave, and which a VFS without shared memory
// cannot open. So the file is kept locked until it is put right.
func (c *conn) keepMode(ctx context.Context, replace func() error) (err error) {
	mode, err := c.scalar(ctx, "PRAGMA main.journal_mode")
	if err != nil {
		return err
	}
	if mode == "wal" {
		return replace()
	}
	locking, err := c.scalar(ctx, "PRAGMA main.locking_mode")
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // what follows is quick, but for replace, which has its own
	if _, err := c.scalar(ctx, "PRAGMA main.locking_mode = EXCLUSIVE"); err != nil {
		return err
	}
	defer func() {
		_, unlock := c.scalar(ctx, "PRAGMA main.locking_mode = "+locking)
		if unlock == nil { // which happens when it is read the next time
			_, unlock = c.scalar(ctx, "PRAGMA main.schema_version")
		}
		if err == nil {
			err = unlock
		}
	}()
	if err := replace(); err != nil {
		return err
	}
	if now, err := c.scalar(ctx, "PRAGMA main.journal_mode"); err != nil || now == mode {
		return err
	}
	_, err = c.scalar(ctx, "PRAGMA main.journal_mode = "+mode)
	return err
}

// checkIntegrity reads all of the database.
func (c *conn) checkIntegrity(ctx context.Context) error {
	err := c.checkOne(ctx, "PRAGMA main.integrity_check(1)")
	if err == nil || !c.hasVectors("main") {
		return err
	}
	// It may be no more than the second notes of vector indexes that another
	// program's VACUUM has left, and that are mended in the copy.
	notes, nerr := c.readNotes(ctx, "main")
	if nerr != nil || !repeats(notes) {
		return err
	}
	tables, terr := c.table(ctx, "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name <> '"+
		C.LQ_VECTOR_NOTES+"' COLLATE NOCASE UNION ALL VALUES('sqlite_schema')")
	if terr != nil {
		return err
	}
	for _, row := range tables {
		if err := c.checkOne(ctx, "PRAGMA main.integrity_check("+sqltext.QuoteString(text(row[0]))+")"); err != nil {
			return err
		}
	}
	return nil
}

// repeats tells that a row begins as an earlier one does.
func repeats(rows [][]driver.Value) bool {
	seen := map[driver.Value]bool{}
	for _, row := range rows {
		if _, ok := row[0].(string); !ok {
			return false
		}
		if seen[row[0]] {
			return true
		}
		seen[row[0]] = true
	}
	return false
}

func (c *conn) checkOne(ctx context.Context, sql string) error {
	found, err := c.scalar(ctx, sql)
	if e := (*engine.Error)(nil); errors.As(err, &e) && e.Code == engine.CodeError {
		named := *e // a function of the program's, in a CHECK or an index
		named.Hint = "the check of the backup comes to it: RestoreOptions.Unchecked leaves that out"
		return &named
	}
	if err == nil && found != "ok" {
		err = &engine.Error{Code: engine.CodeCorrupt, Offset: -1, Message: "database disk image is malformed: " + found,
			Hint: "nothing has been replaced"}
	}
	return err
}

// checkShape tells what cannot be replaced by src.
func (c *conn) checkShape(ctx context.Context, src *conn) error {
	if err := c.checkPageSize(ctx, src); err != nil {
		return err
	}
	return c.checkEncoding(ctx, src)
}

// checkEncoding tells what connections that are open could not go on with: the
// first table settles their encoding and that in the header of the file.
func (c *conn) checkEncoding(ctx context.Context, src *conn) error {
	settled, err := c.scalar(ctx, "SELECT 1 FROM sqlite_dbpage('main') WHERE pgno = 1 AND substr(data, 57, 4) <> zeroblob(4)")
	if err != nil || settled == "" {
		return err
	}
	ours, err := c.scalar(ctx, "PRAGMA main.encoding")
	if err != nil {
		return err
	}
	theirs, err := src.scalar(ctx, "PRAGMA main.encoding")
	if err != nil || ours == theirs {
		return err
	}
	return &engine.Error{Code: engine.CodeError, Offset: -1,
		Message: fmt.Sprintf("the texts of this database are %s and those of the other one %s", ours, theirs),
		Hint:    "connections that have it open could not go on: use a new file"}
}

// checkPageSize tells what SQLite calls read-only.
func (c *conn) checkPageSize(ctx context.Context, src *conn) error {
	wal, err := c.isWAL(ctx)
	if err != nil || !wal {
		return err
	}
	ours, err := c.scalar(ctx, "PRAGMA main.page_size")
	if err != nil {
		return err
	}
	theirs, err := src.scalar(ctx, "PRAGMA main.page_size")
	if err != nil || ours == theirs {
		return err
	}
	return &engine.Error{Code: engine.CodeReadOnly, Offset: -1,
		Message: fmt.Sprintf("the pages of this database have %s bytes and those of the other one %s", ours, theirs),
		Hint:    "that cannot change under WAL: open the database with _journal_mode=DELETE to replace it"}
}

// scratch is a database for one connection, which has no pool. It is trusted as
// far as that of c is.
func (c *conn) scratch(path string, key []byte) *database {
	o := &c.db.opts
	return &database{opts: Options{Path: path, Key: key, BusyTimeout: c.busyTimeout(), DQS: true, TrustedSchema: o.TrustedSchema, Limits: o.Limits}}
}
