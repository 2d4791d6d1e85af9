package dbtest

import (
	"fmt"
	"os"

	"github.com/gorm-libsql/libsql/driver/vfs"
)

// vfsVar asks for a run of the tests on another VFS: "go" is one in Go on top
// of the operating system's, which passes every call on. Every file that a test
// names no VFS for then goes through it.
const vfsVar = "LIBSQL_TEST_VFS"

// OnGoVFS tells that LIBSQL_TEST_VFS=go was asked for. What such a VFS does not
// have is memory-mapped I/O.
func OnGoVFS() bool { return os.Getenv(vfsVar) == "go" }

func setVFS() error {
	switch name := os.Getenv(vfsVar); name {
	case "":
		return nil
	case "go":
		base, err := vfs.Find("")
		if err != nil {
			return err
		}
		if err := vfs.Register(name, Pass{base}); err != nil {
			return err
		}
		return vfs.SetDefault(name)
	default:
		return fmt.Errorf("%s=%s: only go is known", vfsVar, name)
	}
}

// Pass is a VFS in Go that passes every call on to another one.
type Pass struct{ vfs.VFS }

// Unwrap returns the VFS below.
func (p Pass) Unwrap() vfs.VFS { return p.VFS }

// Open opens a file on the VFS below.
func (p Pass) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, got, err := p.VFS.Open(name, flags)
	if err != nil {
		return nil, 0, err
	}
	return passFile{f}, got, nil
}

type passFile struct{ vfs.File }

func (p passFile) Unwrap() vfs.File { return p.File }
