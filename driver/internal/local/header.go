//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "header.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Where the file format's versions are in the header of a database file, and
// the highest that SQLite knows: https://www.sqlite.org/fileformat.html#file_format_version_numbers.
const (
	writeVersion, readVersion = 18, 19
	lastVersion               = 2
)

// checkVersions says what is wrong with a file of another format, whose
// opening has ended so. SQLite takes a file that it must not read for none at
// all, and one that it must not write for read-only when something is written.
func (c *conn) checkVersions(o *Options, failure error) error {
	var e *engine.Error
	if o.Path == "" || failure != nil && !(errors.As(failure, &e) && e.Code == engine.CodeNotADB) {
		return failure
	}
	var header [24]byte
	if C.lq_header(c.p, (*C.uchar)(&header[0]), C.int(len(header))) == 0 || !isDatabase(header[:]) {
		return failure
	}
	write, read := header[writeVersion], header[readVersion]
	hint := fmt.Sprintf("the file says that it is of format %d to write and %d to read, and SQLite knows those up to %d: "+
		"255 is the mark of Turso Database's MVCC mode, which only Turso Database can turn back to WAL", write, read, lastVersion)
	switch {
	case failure != nil && read > lastVersion:
		other := *e
		other.Hint = hint
		return &other
	case failure == nil && write > lastVersion && !o.ReadOnly:
		return &engine.Error{Code: engine.CodeReadOnly, Offset: -1, Message: "attempt to write a readonly database",
			Hint: hint + "; mode=ro opens it to be read"}
	}
	return failure
}

// checkJournal refuses a key that does not read the journal that lies beside
// the file. SQLite would take a journal that it cannot decrypt for an empty
// one, delete it, and leave what a transaction has half written. A Rekey that
// a crash has ended leaves a file that begins with the new key beside a
// journal of the old one.
func (c *conn) checkJournal() error {
	if c.db.memory != "" || c.db.virtual || c.db.opts.Path == "" {
		return nil
	}
	fi, err := os.Stat(c.db.gateKey() + "-journal") // behind symbolic links
	if err != nil || fi.Size() <= 512 {
		return nil
	}
	var header [24]byte
	if C.lq_header(c.p, (*C.uchar)(&header[0]), C.int(len(header))) == 0 {
		return nil
	}
	ours := isDatabase(header[:])
	switch whose := C.lq_journal(c.p); {
	case !ours && whose != C.LQ_JOURNAL_OURS:
		return notADatabase("file is not a database", "")
	case ours && whose == C.LQ_JOURNAL_FOREIGN:
		return notADatabase("file is not a database", "the -journal beside it was written with another key: "+
			"Rekey was interrupted, and the file can be opened with the key of before, which undoes it")
	}
	return nil
}

// checkJournalOf does so for a file that is to be attached.
func (c *conn) checkJournalOf(path string, key []byte) error {
	if c.db.virtual {
		return nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if fi, err := os.Stat(path + "-journal"); err != nil || fi.Size() <= 512 {
		return nil
	}
	d := c.scratch(path, key)
	t, err := d.open(true, key)
	if err == nil {
		err = errors.Join(t.checkJournal(), t.Close())
	}
	return d.explain(err)
}

// isDatabase looks at what SQLite looks at beside the versions: the magic
// string, the size of a page and three numbers that never differ.
func isDatabase(header []byte) bool {
	size := int(header[16])<<8 | int(header[17])
	if size == 1 {
		size = 1 << 16
	}
	return string(header[:16]) == "SQLite format 3\x00" && string(header[21:24]) == "\x40\x20\x20" && size >= 512 && size&(size-1) == 0
}
