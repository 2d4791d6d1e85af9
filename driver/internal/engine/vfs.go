package engine

import "unsafe"

// VFS is a virtual file system (https://www.sqlite.org/vfs.html) on either side
// of the seam: one of the library's, which Go calls, or one in Go, which the
// library calls. Flags, operations and codes are SQLite's numbers.
type VFS interface {
	// Open opens a file and tells the flags that it was opened with; name is
	// "" for a temporary file.
	Open(name string, flags int) (f VFSFile, got int, failure *VFSFailure)
	Delete(name string, syncDir bool) *VFSFailure
	Access(name string, what int) (bool, *VFSFailure)
	FullPathname(name string) (string, *VFSFailure)
}

// VFSFile is an open file of a [VFS].
type VFSFile interface {
	Close() *VFSFailure
	// Read fills p. What lies behind the end of the file is zeros, and
	// CodeShortRead the failure.
	Read(p []byte, off int64) *VFSFailure
	Write(p []byte, off int64) *VFSFailure
	Truncate(size int64) *VFSFailure
	Sync(flags int) *VFSFailure
	Size() (int64, *VFSFailure)
	Lock(level int) *VFSFailure
	Unlock(level int) *VFSFailure
	CheckReservedLock() (bool, *VFSFailure)
	SectorSize() int
	DeviceCharacteristics() int
	// Control answers a file control; arg is the memory of SQLite that it is
	// about. CodeNotFound: the operation is unknown.
	Control(op int, arg unsafe.Pointer) *VFSFailure
	// Pragma answers a PRAGMA that is run on the file: CodeNotFound leaves it
	// to SQLite.
	Pragma(name, value string) (string, *VFSFailure)

	// HasShm tells that the following work.
	HasShm() bool
	// ShmMap returns memory that is not of Go's heap; nil: there is no such
	// region, and extend did not ask for it. A failure with CodeReadOnly may
	// come with memory.
	ShmMap(region, size int, extend bool) ([]byte, *VFSFailure)
	ShmLock(offset, n, flags int) *VFSFailure
	ShmUnmap(remove bool) *VFSFailure
}

// VFSFailure is what a call of a VFS has failed with.
type VFSFailure struct {
	Code  int   // extended result code
	Errno int   // of the operating system, 0 none
	Err   error // the error of a VFS in Go, nil when the code says it all
}

// Result codes that have a meaning between SQLite and its VFSes.
const (
	CodeNotFound  = 12
	CodeShortRead = 522
)

// VFSLibrary is what the library does with VFSes.
type VFSLibrary interface {
	// List returns the names, the default one first.
	List() []string
	// Find returns a VFS of the library's own, or one that Register has
	// brought; nil: there is none of that name.
	Find(name string) VFS
	// Register makes a VFS known. System tells that its files are the
	// operating system's, so that their paths mean what they mean everywhere.
	Register(name string, v VFS, system bool) error
	// Unregister forgets a registered VFS, which no file may be open on.
	Unregister(name string) error
	// SetDefault makes the VFS, with the codec of encrypted files on top, the
	// one that files are opened with when none is named; "": the first one.
	SetDefault(name string) error
	// Alloc returns zeroed memory that is not of Go's heap, and Free gives it
	// back.
	Alloc(n int) []byte
	Free(p []byte)
}
