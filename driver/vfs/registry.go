package vfs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/driver/internal/local"
)

// library is the library, or why there is none in this build: that error wraps
// [driver.ErrUnsupported].
func library() (engine.VFSLibrary, error) {
	l, err := local.VFSes()
	return l, public(err)
}

// public makes an error of the library one that users know.
func public(err error) error {
	var e *engine.Error
	if !errors.As(err, &e) {
		return err
	}
	text := "libsql: " + e.Message
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	if e.Cause != nil {
		return &registryError{text, e.Cause}
	}
	return &registryError{text, driver.Code(e.Code)}
}

type registryError struct {
	text string
	is   error
}

func (e *registryError) Error() string { return e.text }
func (e *registryError) Unwrap() error { return e.is }

// List returns the names of the registered VFSes, the default one first. On
// Linux and macOS the library itself has "multipleciphers-unix" (the default
// one: "unix" with the codec of encrypted files on top), "unix", "memdb",
// "unix-excl", "unix-dotfile" and "unix-none": https://www.sqlite.org/vfs.html.
// A driver with [driver.Config.SingleProcess] adds "multipleciphers-unix-excl".
func List() ([]string, error) {
	l, err := library()
	if err != nil {
		return nil, err
	}
	return l.List(), nil
}

// Find returns the VFS of that name: the one that [Register] was given, or one
// of the library's, to put another on top of it. The empty name is the
// operating system's, "unix". An unknown name is an error that is
// driver.ErrNotFound. The codec's VFSes, "multipleciphers-…", go on top of all
// others and under none: [driver.ErrUnsupported].
//
// Of a File of the library's VFSes only those capabilities are passed on that
// this package has; memory-mapped I/O is what SQLite then does within it.
func Find(name string) (VFS, error) {
	l, err := library()
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = "unix"
	}
	if strings.HasPrefix(name, "multipleciphers-") {
		return nil, fmt.Errorf("libsql: a VFS on top of %s is %w: put it on what that stands on, and open databases with vfs=multipleciphers-NAME",
			name, driver.ErrUnsupported)
	}
	switch v := l.Find(name).(type) {
	case nil:
		return nil, fmt.Errorf("libsql: no VFS is registered as %s: %w", name, driver.ErrNotFound)
	case inward:
		return v.v, nil
	default:
		return outward{v, name}, nil
	}
}

// Register makes a VFS known by a name, which databases are opened with:
// vfs=NAME in the DSN, or [driver.Config.VFS]. A name that is taken is an
// error, and so is one that begins with "multipleciphers-": vfs=multipleciphers-NAME
// is the same VFS with the codec of encrypted files on top, made when it is
// first used.
//
// The path of a DSN goes to [VFS.FullPathname] as it stands. When the VFS is a
// [Wrapper] of the operating system's, a relative one is made absolute before.
func Register(name string, v VFS) error {
	l, err := library()
	if err != nil {
		return err
	}
	if v == nil {
		return fmt.Errorf("libsql: the VFS %s is nil: %w", name, driver.ErrMisuse)
	}
	return public(l.Register(name, inward{v}, isSystem(v)))
}

// Unregister forgets a VFS that [Register] was given. While a database is open
// on it, it stays, and the error is driver.ErrBusy; it is driver.ErrNotFound
// for any other name. No connection may ATTACH a database on it meanwhile.
func Unregister(name string) error {
	l, err := library()
	if err != nil {
		return err
	}
	return public(l.Unregister(name))
}

// SetDefault makes the VFS of that name, with the codec of encrypted files on
// top, the one that is used when none is named; the empty name is the one that
// the library began with. It must be one whose files are the operating
// system's: [driver.ErrUnsupported]. Unregistering it brings the first one
// back. It holds for the whole process, and is meant for its start: databases
// that are open keep theirs.
func SetDefault(name string) error {
	l, err := library()
	if err != nil {
		return err
	}
	return public(l.SetDefault(name))
}

// isSystem tells that in the end the files are the operating system's.
func isSystem(v VFS) bool {
	for {
		switch w := v.(type) {
		case outward:
			return w.name != "memdb"
		case Wrapper:
			v = w.Unwrap()
		default:
			return false
		}
	}
}
