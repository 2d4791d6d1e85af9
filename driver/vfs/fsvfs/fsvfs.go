package fsvfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"sync"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
)

// DefaultMaxMemory is how many bytes of files without random access a VFS of
// [New] keeps in memory: 1 GiB.
const DefaultMaxMemory = 1 << 30

// Options change what [NewWithOptions] makes.
type Options struct {
	// MaxMemory is how many bytes all files may have together that are read
	// into memory because they have no ReadAt. 0 means [DefaultMaxMemory]; a
	// negative number lets no file be read so.
	MaxMemory int64
}

// New returns a VFS of the databases in a file system: an embed.FS, what
// os.DirFS returns, a *zip.Reader and so on. The path of a DSN is the name
// within it, with or without a slash in front.
//
// Files that implement io.ReaderAt, as those of embed.FS and os.DirFS do, are
// read where SQLite reads them. Others, such as those of a zip archive, are
// read whole into memory when they are first opened, and stay there as long as
// the VFS is in use; more than [DefaultMaxMemory] is an error.
func New(fsys fs.FS) vfs.VFS { return NewWithOptions(fsys, Options{}) }

// NewWithOptions is New with another limit.
func NewWithOptions(fsys fs.FS, o Options) vfs.VFS {
	if o.MaxMemory == 0 {
		o.MaxMemory = DefaultMaxMemory
	}
	return &fsVFS{fsys: fsys, left: o.MaxMemory, inMemory: map[string]*file{}}
}

// FromReaderAt returns a VFS of one database, under whichever name it is
// opened: the size bytes that r reads, from several goroutines at a time.
func FromReaderAt(r io.ReaderAt, size int64) vfs.VFS { return one{&file{r: r, size: size}} }

type fsVFS struct {
	fsys fs.FS

	mu       sync.Mutex
	left     int64 // bytes that may be read into memory
	inMemory map[string]*file
}

func (v *fsVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return open(name, flags, func() (*file, error) {
		v.mu.Lock()
		kept := v.inMemory[name]
		v.mu.Unlock()
		if kept != nil {
			return kept, nil
		}
		f, err := v.fsys.Open(name)
		if err != nil {
			return nil, err
		}
		info, err := f.Stat()
		switch r, ok := f.(io.ReaderAt); {
		case err != nil:
		case info.IsDir():
			err = fmt.Errorf("%s is a directory", name)
		case ok:
			return &file{r: r, size: info.Size(), c: f}, nil
		default:
			kept, err = v.read(name, f, info.Size())
		}
		return kept, errors.Join(err, f.Close())
	})
}

// read reads a file into memory.
func (v *fsVFS) read(name string, r io.Reader, size int64) (*file, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if kept := v.inMemory[name]; kept != nil {
		return kept, nil
	}
	if size > v.left {
		return nil, fmt.Errorf("%s has no random access, and its %d bytes are more than the %d that may be read into memory",
			name, size, max(v.left, 0))
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	v.left -= size
	v.inMemory[name] = &file{r: bytes.NewReader(data), size: size}
	return v.inMemory[name], nil
}

func (v *fsVFS) Access(name string, what vfs.AccessFlag) (bool, error) {
	if what == vfs.AccessReadWrite {
		return false, nil
	}
	_, err := fs.Stat(v.fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// FullPathname takes names with a slash in front, which package fs does not.
func (*fsVFS) FullPathname(name string) (string, error) {
	if name = path.Clean("/" + name)[1:]; name == "" {
		return ".", nil
	}
	return name, nil
}

func (*fsVFS) Delete(string, bool) error { return driver.ErrReadOnly }

// one is the VFS of one file.
type one struct{ f *file }

func (o one) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return open(name, flags, func() (*file, error) { return o.f, nil })
}

// Access tells that there are no other files, such as journals.
func (one) Access(name string, _ vfs.AccessFlag) (bool, error) { return false, nil }

func (one) FullPathname(name string) (string, error) { return name, nil }

func (one) Delete(string, bool) error { return driver.ErrReadOnly }

// open opens a database for reading, and lets the operating system have
// temporary files.
func open(name string, flags vfs.OpenFlag, db func() (*file, error)) (vfs.File, vfs.OpenFlag, error) {
	if name == "" {
		system, err := vfs.Find("")
		if err != nil {
			return nil, 0, err
		}
		return system.Open(name, flags)
	}
	if flags&vfs.OpenMainDB == 0 || flags&vfs.OpenExclusive != 0 {
		return nil, 0, driver.ErrCantOpen // a journal, which nothing immutable has
	}
	f, err := db()
	if err != nil {
		return nil, 0, err
	}
	return f, flags&^(vfs.OpenReadWrite|vfs.OpenCreate) | vfs.OpenReadOnly, nil
}

// file is a database that nobody changes.
type file struct {
	r    io.ReaderAt
	size int64
	c    io.Closer // nil: others have it too
}

var _ vfs.File = (*file)(nil)

// ReadAt reads no further than the size, whatever the reader has.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.size {
		return 0, io.EOF
	}
	short := int64(len(p)) > f.size-off
	if short {
		p = p[:f.size-off]
	}
	n, err := f.r.ReadAt(p, off)
	switch {
	case n < len(p) && errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF // zeros in the midst of a database would be lies
	case n == len(p) && short:
		err = io.EOF
	}
	return n, err
}

func (f *file) Close() error {
	if f.c == nil {
		return nil
	}
	return f.c.Close()
}

func (f *file) Size() (int64, error)                          { return f.size, nil }
func (*file) WriteAt([]byte, int64) (int, error)              { return 0, driver.ErrReadOnly }
func (*file) Truncate(int64) error                            { return driver.ErrReadOnly }
func (*file) Sync(vfs.SyncFlag) error                         { return nil }
func (*file) Lock(vfs.LockLevel) error                        { return nil }
func (*file) Unlock(vfs.LockLevel) error                      { return nil }
func (*file) CheckReservedLock() (bool, error)                { return false, nil }
func (*file) SectorSize() int                                 { return 4096 }
func (*file) DeviceCharacteristics() vfs.DeviceCharacteristic { return vfs.Immutable }
