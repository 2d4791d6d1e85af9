package vfs

import (
	"io"
	"unsafe"
)

// VFS is a virtual file system: https://www.sqlite.org/c3ref/vfs.html.
// Connections use it from several goroutines at a time.
//
// Names are those that FullPathname has returned, with "-journal" or "-wal"
// added for the files beside a database.
//
// An error becomes the result code that is in its chain, as a [driver.Code] or
// in a [driver.Error], else SQLITE_FULL for syscall.ENOSPC and syscall.EDQUOT,
// else the code of the call that failed, such as SQLITE_IOERR_WRITE. The error
// of the statement wraps it. A panic becomes a [PanicError] of that call.
//
// A VFS that passes calls on to another one embeds it and has a method of
// [Wrapper].
type VFS interface {
	// Open opens a file as the flags say, and returns those that it was really
	// opened with: OpenReadOnly in place of OpenReadWrite for a file that can
	// only be read. An empty name is a temporary file that nobody else sees
	// and that goes when it is closed. The failure's code is SQLITE_CANTOPEN.
	//
	// The File may have capabilities more: [SharedMemory], [Pragma],
	// [SizeHint], [FileControl].
	Open(name string, flags OpenFlag) (File, OpenFlag, error)

	// Delete deletes a file, and with syncDir waits until that has reached the
	// disk. An error that is fs.ErrNotExist says that there is none.
	Delete(name string, syncDir bool) error

	// Access tells whether a file is there, or may be read and written.
	Access(name string, what AccessFlag) (bool, error)

	// FullPathname returns the name by which all connections know the file
	// that a user calls name: at most 512 bytes. What it makes of a relative
	// name is up to it.
	FullPathname(name string) (string, error)
}

// File is an open file: https://www.sqlite.org/c3ref/io_methods.html. One
// connection uses it, in one goroutine at a time.
//
// ReadAt and WriteAt follow io.ReaderAt and io.WriterAt; at the end of the
// file ReadAt returns io.EOF with what there was before it, and SQLite sees
// zeros behind. Neither may keep the slice, which is SQLite's memory.
//
// A File that passes calls on to another one embeds it and has a method of
// [FileWrapper].
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer

	// Truncate cuts the file to that many bytes.
	Truncate(size int64) error
	// Sync waits until what was written has reached the disk.
	Sync(flags SyncFlag) error
	// Size is the file's length in bytes.
	Size() (int64, error)

	// Lock raises the lock of this File to a level. driver.ErrBusy says that
	// another File of the database has one that excludes it, and the lock is
	// still what it was, or [LockPending] after a try for [LockExclusive]:
	// https://www.sqlite.org/lockingv3.html.
	Lock(LockLevel) error
	// Unlock lowers the lock, to [LockShared] or [LockNone]. When it fails after a
	// commit, the statement has an error, and its changes are there.
	Unlock(LockLevel) error
	// CheckReservedLock tells whether any File of the database, of any
	// process, has [LockReserved] or more.
	CheckReservedLock() (bool, error)

	// SectorSize is how many bytes the disk writes at a time, so that a write
	// that fails may harm that many: usually 4096.
	SectorSize() int
	// DeviceCharacteristics are what the storage promises; 0 is nothing.
	DeviceCharacteristics() DeviceCharacteristic
}

// SharedMemory is a File that can hold the index of a write-ahead log. Without
// it a database has no journal mode WAL, except under
// PRAGMA locking_mode=EXCLUSIVE: https://www.sqlite.org/walformat.html#the_wal_index_or_shm_file.
//
// The regions are the same for all Files of a database. [Locks] implements it
// for the Files of one process.
type SharedMemory interface {
	// ShmMap returns the memory of a region, which stays where it is until
	// ShmUnmap. It must not be of Go's heap, because SQLite keeps the address:
	// it comes from another VFS, from [Locks] or from mmap. A nil slice says
	// that there is no such region yet, and extend did not ask for one.
	// Memory with an error that is driver.ErrReadOnly can only be read.
	ShmMap(region, size int, extend bool) ([]byte, error)
	// ShmLock takes or gives back n of the 8 locks from offset on.
	// driver.ErrBusy says that another File has one that excludes it.
	ShmLock(offset, n int, flags ShmFlag) error
	// ShmUnmap gives the memory back, and with remove also the file behind it.
	ShmUnmap(remove bool) error
}

// Pragma is a File that answers PRAGMAs on its database.
type Pragma interface {
	// Pragma runs "PRAGMA name" or "PRAGMA name=value". The result is the one
	// value of the one row. driver.ErrNotFound leaves the PRAGMA to SQLite; it
	// should be the answer to all but a few names of your own.
	Pragma(name, value string) (result string, err error)
}

// SizeHint is a File that is told its size before it grows so far.
type SizeHint interface {
	SizeHint(size int64) error
}

// FileControl is a File that takes the opcodes of
// https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html. Those of Pragma
// and SizeHint reach it when the File has no such method, or that one returns
// driver.ErrNotFound.
type FileControl interface {
	// FileControl reads or writes the memory that arg points to, whose form
	// depends on the opcode. driver.ErrNotFound is the answer to an opcode
	// that the File does not know.
	FileControl(op int, arg unsafe.Pointer) error
}

// Wrapper is a VFS on top of another one.
type Wrapper interface {
	VFS
	// Unwrap returns the VFS below.
	Unwrap() VFS
}

// FileWrapper is a File on top of another one, whose capabilities it has as
// far as it has none of its own.
type FileWrapper interface {
	File
	// Unwrap returns the File below.
	Unwrap() File
}
