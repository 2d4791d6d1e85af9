//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

var _ engine.Attacher = (*conn)(nil)

// Attach attaches a file. Without a KEY it would get that of main.
func (c *conn) Attach(ctx context.Context, a engine.Attachment) error {
	if reason := c.cannotAttachKeyed(); len(a.Key) > 0 && reason != "" {
		return &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported,
			Message: "a key for " + a.Path + " is not supported: " + reason}
	}
	if !c.db.virtual && !filepath.IsAbs(a.Path) {
		dir, err := os.Getwd()
		if err != nil {
			return err
		}
		a.Path = dir + string(filepath.Separator) + a.Path // not cleaned: link/.. is not nothing
	}
	if len(a.Key) > 0 {
		// Only from now on: what is in a temporary file already is not of the file.
		if store, err := c.scalar(ctx, "PRAGMA temp_store"); err != nil || store == "1" {
			return errors.Join(err, tempInFiles())
		}
		c.p.keyed = 1
	}
	key := a.Key
	if key == nil {
		key = []byte{}
	}
	if err := c.checkJournalOf(a.Path, key); err != nil {
		return err
	}
	_, err := c.Exec(ctx, "ATTACH ? AS "+sqltext.Backquote(a.Schema)+" KEY ?", values(c.attachedURI(&a), key))
	var e *engine.Error
	if errors.As(err, &e) {
		named := *e
		named.SQL, named.Offset = "", -1
		switch {
		case e.Code&0xff == engine.CodeNotADB:
			named.Hint = "it is no SQLite database, or the key is not its key"
		case e.Code&0xff == engine.CodeCantOpen && !c.db.virtual:
			_, serr := os.Stat(a.Path)
			named.Hint = whyCannotAttach(&a, serr)
		case e.Code&0xff == engine.CodeReadOnly && !c.db.virtual && isReadOnly(dirOf(a.Path)):
			named.Hint = "the directory of " + a.Path + " is read-only: a database in WAL mode can be attached there only while another program has it open"
		}
		return &named
	}
	return err
}

// cannotAttachKeyed says why the library would leave an attached file
// unencrypted, which it does without a word: it looks at the VFS of main.
func (c *conn) cannotAttachKeyed() string {
	switch vfs := c.db.opts.VFS; {
	case c.db.memory != "":
		return "the main database is in memory, and encrypted files are attached to a file"
	case vfs != "" && !strings.HasPrefix(vfs, cipherPrefix):
		return "the VFS " + vfs + " does not encrypt: open the main database with " + cipherPrefix + vfs
	}
	return ""
}

func whyCannotAttach(a *engine.Attachment, serr error) string {
	if !a.Create && errors.Is(serr, os.ErrNotExist) {
		if _, err := os.Stat(dirOf(a.Path)); err == nil {
			return "the file does not exist, and Create, which would create it, is not set"
		}
	}
	return whyCannotOpen(a.Path, a.Create, serr)
}

func (c *conn) attachedURI(a *engine.Attachment) string {
	uri := "file:" + (&url.URL{Path: a.Path}).EscapedPath()
	if strings.HasPrefix(a.Path, "/") {
		uri = "file://" + uri[len("file:"):]
	}
	q := url.Values{"mode": {"rw"}}
	switch {
	case a.ReadOnly || c.db.opts.ReadOnly:
		q.Set("mode", "ro")
	case a.Create:
		q.Set("mode", "rwc")
	}
	if c.db.memory != "" {
		// SQLite would open the file with main's VFS, as one more database in memory.
		q.Set("vfs", C.GoString(C.sqlite3_vfs_find(nil).zName))
	}
	return uri + "?" + q.Encode()
}

// Detach ends what Attach, or ATTACH, began.
func (c *conn) Detach(ctx context.Context, schema string) error {
	_, err := c.Exec(ctx, "DETACH "+sqltext.Backquote(schema), nil)
	return err
}
