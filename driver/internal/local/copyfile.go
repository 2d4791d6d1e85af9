//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// otherKey is the key of the file that a copy goes to.
func (c *conn) otherKey(ctx context.Context, o engine.CopyOptions) ([]byte, error) {
	switch {
	case o.Plaintext:
		return nil, nil
	case o.Key != nil:
		return o.Key, nil
	}
	return c.db.key(ctx)
}

// Backup copies the database into a file.
func (c *conn) Backup(ctx context.Context, dst string, o engine.CopyOptions) error {
	switch {
	case !c.Alive():
		return driver.ErrBadConn
	case c.inside():
		return errInside
	case ctx.Err() != nil:
		return engine.Cancelled(ctx)
	case c.lost != nil:
		return c.lost
	case C.lq_txn_state(c.p) == C.SQLITE_TXN_WRITE:
		return misplaced("Backup cannot run inside a transaction of its connection that has written")
	}
	key, err := c.otherKey(ctx, o)
	if err != nil {
		return err
	}
	if dst, err = filepath.Abs(dst); err != nil {
		return err
	}
	fi, err := os.Stat(dst)
	switch {
	case err == nil && !fi.Mode().IsRegular():
		return cannotCopyTo(dst, "it is no regular file", nil)
	case err == nil && c.isFile(fi):
		return cannotCopyTo(dst, "it is the database itself", nil)
	case err == nil && fi.Size() > 0 && !o.Overwrite:
		return cannotCopyTo(dst, "there is a file already: ask for Overwrite to replace the database in it", fs.ErrExist)
	case err != nil && !errors.Is(err, fs.ErrNotExist), len(filepath.Base(dst)) > maxName, len(dst) > maxPath:
		return cannotCopyTo(dst, whyCannotOpen(dst, true, err), err)
	}
	if other := journalOf(dst); other != "" {
		return cannotCopyTo(dst, "SQLite would take it for a part of the database "+other, nil)
	}
	wal, err := c.isWAL(ctx)
	if err != nil {
		return err
	}
	return c.reading(ctx, wal, func() error {
		if fi != nil && fi.Size() > 0 {
			return c.backupInto(ctx, dst, key, o)
		}
		return c.backupBeside(ctx, dst, key, o, fi != nil)
	})
}

func cannotCopyTo(path, why string, cause error) error {
	return &engine.Error{Code: engine.CodeCantOpen, Offset: -1, Message: "cannot copy to " + path, Hint: why, Cause: cause}
}

// journalOf tells the file that SQLite would look for in a file of that name.
func journalOf(path string) string {
	for _, suffix := range []string{"-journal", "-wal", "-shm"} {
		if name, ok := strings.CutSuffix(path, suffix); ok {
			if fi, err := os.Stat(name); err == nil && fi.Mode().IsRegular() {
				return name
			}
		}
	}
	return ""
}

// isFile tells that the file is the connection's own.
func (c *conn) isFile(fi fs.FileInfo) bool {
	if c.db.memory != "" || c.db.virtual {
		return false
	}
	own, err := os.Stat(c.db.opts.Path)
	return err == nil && os.SameFile(own, fi)
}

// backupInto replaces a database, whose users go on with the new one.
func (c *conn) backupInto(ctx context.Context, dst string, key []byte, o engine.CopyOptions) (err error) {
	t, err := c.openOther(ctx, dst, key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := t.checkShape(ctx, c); err != nil {
		return err
	}
	return t.overwrite(ctx, c, o)
}

// openOther opens a file that is there. It may be written to, so that its
// -wal and -shm go with the connection.
func (c *conn) openOther(ctx context.Context, path string, key []byte) (*conn, error) {
	return c.scratch(path, key).openReady(ctx)
}

// openReady opens a file for a copy.
func (d *database) openReady(ctx context.Context) (*conn, error) {
	t, err := d.open(true, d.opts.Key)
	if err != nil {
		return nil, d.explain(err)
	}
	if err := t.makeReady(ctx); err != nil {
		return nil, errors.Join(d.explain(err), t.Close())
	}
	return t, nil
}

// makeReady does what a copy needs of configure.
func (c *conn) makeReady(ctx context.Context) error {
	for id, value := range c.db.opts.Limits {
		if _, err := c.Limit(id, value); err != nil {
			return err
		}
	}
	if C.lq_config(c.p, 1, 0, 0) != 0 || C.lq_guard(c.p, 0, cbool(c.db.opts.TrustedSchema)) != 0 {
		return c.failure("")
	}
	if err := c.checkJournal(); err != nil {
		return err
	}
	_, err := c.scalar(ctx, "PRAGMA schema_version")
	return c.checkVersions(&c.db.opts, err)
}

// backupBeside makes a new file, which is not seen by its name before it is complete.
func (c *conn) backupBeside(ctx context.Context, dst string, key []byte, o engine.CopyOptions, replace bool) (err error) {
	for _, rest := range []string{"-wal", "-journal"} {
		if _, err := os.Lstat(dst + rest); err == nil {
			return cannotCopyTo(dst, "the file "+dst+rest+" of an earlier database is in the way: SQLite would take it for a part of the new one", fs.ErrExist)
		}
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	tmp := dst + "." + hex.EncodeToString(random[:]) + ".tmp"
	if len(filepath.Base(tmp)) > maxName || len(tmp) > maxPath {
		tmp = filepath.Join(dirOf(dst), hex.EncodeToString(random[:])+".tmp")
	}
	defer func() {
		for _, rest := range []string{"", "-wal", "-shm", "-journal"} {
			_ = os.Remove(tmp + rest)
		}
	}()
	if err := c.fill(ctx, tmp, key, o); err != nil {
		return err
	}
	if err := syncFile(tmp); err != nil {
		return err
	}
	if err := publishFile(tmp, dst, replace); err != nil {
		return err
	}
	return syncFile(dirOf(dst))
}

// fill copies the database into a file that nobody else knows.
func (c *conn) fill(ctx context.Context, tmp string, key []byte, o engine.CopyOptions) (err error) {
	d := c.scratch(tmp, key)
	d.opts.Create = true
	t, err := d.open(false, key)
	if err != nil {
		return d.explain(err)
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := t.asPrivateAs(c); err != nil {
		return err
	}
	// Without a journal: the file is thrown away when something fails.
	if _, err := t.Exec(ctx, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", nil); err != nil {
		return err
	}
	if err := copyPages(ctx, t, c, o); err != nil || !c.hasVectors("main") {
		return err
	}
	return t.mendNotes(ctx, "main")
}

// asPrivateAs gives the file the permissions of that of src, before there is
// anything to read in it.
func (c *conn) asPrivateAs(src *conn) error {
	if src.db.memory != "" || src.db.virtual {
		return nil
	}
	fi, err := os.Stat(src.db.opts.Path)
	if err != nil {
		return nil // the file has no name any more
	}
	return os.Chmod(c.db.opts.Path, fi.Mode().Perm())
}

// syncFile waits until a file, or what a directory lists, is on the disk.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// publishFile gives the file its name. A file that has come there meanwhile
// stays, if the file system has links.
func publishFile(tmp, dst string, replace bool) error {
	if replace {
		return os.Rename(tmp, dst)
	}
	err := os.Link(tmp, dst)
	if err == nil {
		return nil
	}
	if _, serr := os.Lstat(dst); errors.Is(err, fs.ErrExist) || serr == nil {
		return cannotCopyTo(dst, "there is a file meanwhile", fs.ErrExist)
	}
	return os.Rename(tmp, dst)
}

// Restore replaces the database by that in a file.
func (c *conn) Restore(ctx context.Context, src string, o engine.CopyOptions) (err error) {
	if err := c.mayReplace(ctx, "Restore"); err != nil {
		return err
	}
	if src, err = filepath.Abs(src); err != nil {
		return err
	}
	fi, err := os.Stat(src)
	switch {
	case err != nil:
		return err
	case !fi.Mode().IsRegular() || fi.Size() == 0:
		return notADatabase(src+" is no database file", "")
	case c.isFile(fi):
		return misplaced("a database cannot be restored from its own file")
	}
	s, err := c.openBackup(ctx, src, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return c.replace(ctx, s, o)
}

// openBackup opens the file with the key, or, when none is given, without one
// or else with that of the connection.
func (c *conn) openBackup(ctx context.Context, path string, o engine.CopyOptions) (*conn, error) {
	if o.Key != nil {
		return c.openSource(ctx, path, o.Key)
	}
	s, err := c.openSource(ctx, path, nil)
	var e *engine.Error
	if err == nil || !c.db.encrypted() || !errors.As(err, &e) || e.Code&0xff != engine.CodeNotADB {
		return s, err
	}
	key, err := c.db.key(ctx)
	if err != nil {
		return nil, err
	}
	return c.openSource(ctx, path, key)
}

// openSource opens a file to be read. In a directory that is read-only, SQLite
// opens one in WAL mode only as a file that nobody writes, which it is without
// a log.
func (c *conn) openSource(ctx context.Context, path string, key []byte) (*conn, error) {
	s, err := c.openOther(ctx, path, key)
	var e *engine.Error
	if err == nil || !errors.As(err, &e) || e.Code&0xff != engine.CodeReadOnly && e.Code&0xff != engine.CodeCantOpen || !isReadOnly(dirOf(path)) {
		return s, err
	}
	if _, serr := os.Lstat(path + "-wal"); !errors.Is(serr, fs.ErrNotExist) {
		return nil, err
	}
	d := c.scratch(path, key)
	d.opts.ReadOnly, d.opts.Immutable = true, true
	return d.openReady(ctx)
}

func notADatabase(message, hint string) error {
	return &engine.Error{Code: engine.CodeNotADB, Offset: -1, Message: message, Hint: hint}
}

func (c *conn) busyTimeout() time.Duration { return time.Duration(c.p.busy_ns) }
