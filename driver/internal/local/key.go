//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "local.h"
#include "key.h"
*/
import "C"

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

var _ engine.Keyer = (*conn)(nil)

// encrypted tells that the connections of the database have a key.
func (d *database) encrypted() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rekey != nil {
		return len(*d.rekey) > 0
	}
	return len(d.opts.Key) > 0 || d.opts.KeyFunc != nil
}

// key is the key of a new connection, nil for none.
func (d *database) key(ctx context.Context) ([]byte, error) {
	d.mu.Lock()
	set := d.rekey
	d.mu.Unlock()
	switch {
	case set != nil:
		return *set, nil
	case d.opts.KeyFunc == nil:
		return d.opts.Key, nil
	}
	key, err := d.opts.KeyFunc(ctx)
	if err == nil && len(key) == 0 {
		err = errors.New("libsql: EncryptionKeyFunc gave a key of no bytes, which would leave the file unencrypted")
	}
	return key, err
}

func (d *database) openKeyed(ctx context.Context, existed bool) (*conn, error) {
	rekeys := d.rekeys.Load() // before the key, so that no old one counts as new
	key, err := d.key(ctx)
	if err != nil {
		return nil, err
	}
	c, err := d.open(existed, key)
	if err == nil {
		c.rekeys = rekeys
	}
	return c, err
}

// Rekey writes the whole file anew, encrypted by the key.
func (c *conn) Rekey(ctx context.Context, key []byte) (err error) {
	const what = "Rekey"
	if err := c.mayReplace(ctx, what); err != nil {
		return err
	}
	if reason := c.cannotEncrypt(); reason != "" {
		return &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported, Message: what + " is not supported: " + reason}
	}
	if len(key) > 0 {
		if store, err := c.scalar(ctx, "PRAGMA temp_store"); err != nil || store == "1" {
			return errors.Join(err, tempInFiles())
		}
	}
	defer c.withoutPoller()()
	wal, err := c.isWAL(ctx)
	if err != nil {
		return err
	}
	if wal {
		// Every page has to be written in one go, which WAL is not taken for.
		if err := c.alone(ctx); err != nil {
			return err
		}
		defer func() {
			if _, again := c.scalar(context.WithoutCancel(ctx), "PRAGMA main.journal_mode = WAL"); err == nil {
				err = again
			}
		}()
	}
	if err := c.takeGate(ctx); err != nil {
		return err
	}
	defer c.leaveWrite()
	c.db.rekeying.Lock()
	defer c.db.rekeying.Unlock()
	w := startWatch(ctx, c.cancel)
	rc := C.lq_rekey(c.p, unsafe.Pointer(unsafe.SliceData(key)), C.int(len(key)))
	w.stop()
	if rc != 0 {
		return c.failureUnder(ctx, "")
	}
	own := bytes.Clone(key)
	c.db.mu.Lock()
	c.db.rekey = &own
	c.rekeys = c.db.rekeys.Add(1)
	c.db.mu.Unlock()
	return nil
}

func (c *conn) cannotEncrypt() string {
	switch vfs := c.db.opts.VFS; {
	case c.db.opts.Path == "":
		return "only files are encrypted, and this database is in memory"
	case vfs != "" && !strings.HasPrefix(vfs, cipherPrefix):
		return "the VFS " + vfs + " does not encrypt: open the file with " + cipherPrefix + vfs
	}
	return ""
}

func tempInFiles() error {
	return &engine.Error{Code: engine.CodeAuth, Offset: -1, Message: "temporary files are not encrypted",
		Hint: "the connection has PRAGMA temp_store = FILE: set it to MEMORY first"}
}

// explainDenial says why a PRAGMA was refused, if one was.
func (c *conn) explainDenial(e *engine.Error) {
	switch c.p.denied {
	case C.LQ_DENIED_KEY:
		e.Hint = "a key in SQL would be in logs, and unknown to the pool: use encryptionKey or Config.EncryptionKeyFunc, and Conn.Rekey"
		e.SQL, e.Offset = "", -1
	case C.LQ_DENIED_FILE:
		e.Hint = "temporary files are not encrypted: an encrypted database takes no temp_store=FILE"
	}
	c.p.denied = 0
}

// alone leaves WAL mode, which needs that no other connection has the file open.
func (c *conn) alone(ctx context.Context) error {
	_, err := c.scalar(ctx, "PRAGMA main.journal_mode = DELETE")
	var e *engine.Error
	if errors.As(err, &e) && e.Code&0xff == engine.CodeBusy {
		other := *e
		other.Hint = "other connections have the file open: close them, those of this pool by SetMaxIdleConns(0)"
		return &other
	}
	return err
}
