// Package vfs has SQLite's virtual file systems (https://www.sqlite.org/vfs.html):
// it lists them, and lets programs write their own in Go.
//
// A [VFS] opens files, and a [File] reads, writes and locks. [Register] gives
// it a name, and a database is opened on it by that name:
//
//	vfs.Register("mine", v)
//	db, err := sql.Open(driver.Name, "file:app.db?vfs=mine")
//
// [Find] returns the library's own VFSes, so that one in Go may stand on the
// operating system's files and change only what it is about; its locks hold
// across processes, and WAL works, as without it. A VFS whose files are
// elsewhere embeds a handle of [Locks] in its Files.
//
// vfs=multipleciphers-NAME is the VFS NAME with the codec of encrypted files on
// top of it, for databases with an encryptionKey.
//
// Package fsvfs reads databases from an io.ReaderAt or an fs.FS, package
// faultvfs makes I/O fail for tests.
//
// A call from SQLite to Go, and from there to a VFS of the library, costs some
// 250 ns. Methods must not end their goroutine (runtime.Goexit, and so t.FailNow
// of package testing): they stand between frames of C, which Go cannot leave.
//
// What SQLite's VFSes have and those in Go do not: memory-mapped I/O (xFetch),
// SQLITE_IOCAP_BATCH_ATOMIC, which the library is built without, and loading of
// extensions, randomness, sleep and clock, which stay the operating system's.
package vfs
