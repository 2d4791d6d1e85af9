package vfs_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type counter struct{ atomic.Int64 }

// countVFS counts calls of Open.
type countVFS struct {
	vfs.VFS
	n *counter
}

func (v countVFS) Unwrap() vfs.VFS { return v.VFS }

func (v countVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	v.n.Add(1)
	return v.VFS.Open(name, flags)
}

// hookVFS is a VFS in memory or any other whose calls a test turns into what
// it likes: a hook that returns an error or panics stands in for the call.
type hookVFS struct {
	vfs.VFS
	hook func(call string) error
}

func (v *hookVFS) call(name string) error {
	if v.hook == nil {
		return nil
	}
	return v.hook(name)
}

func (v *hookVFS) Unwrap() vfs.VFS { return v.VFS }

func (v *hookVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if err := v.call("Open"); err != nil {
		return nil, 0, err
	}
	f, got, err := v.VFS.Open(name, flags)
	if err != nil {
		return nil, 0, err
	}
	return &hookFile{f, f.(vfs.SharedMemory), v}, got, nil
}

func (v *hookVFS) Delete(name string, syncDir bool) error {
	if err := v.call("Delete"); err != nil {
		return err
	}
	return v.VFS.Delete(name, syncDir)
}

func (v *hookVFS) Access(name string, what vfs.AccessFlag) (bool, error) {
	if err := v.call("Access"); err != nil {
		return false, err
	}
	return v.VFS.Access(name, what)
}

func (v *hookVFS) FullPathname(name string) (string, error) {
	if err := v.call("FullPathname"); err != nil {
		return "", err
	}
	return v.VFS.FullPathname(name)
}

type hookFile struct {
	vfs.File
	shm vfs.SharedMemory
	v   *hookVFS
}

func (f *hookFile) Unwrap() vfs.File { return f.File }

func (f *hookFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.v.call("ReadAt"); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *hookFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.v.call("WriteAt"); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, off)
}

func (f *hookFile) Truncate(size int64) error {
	if err := f.v.call("Truncate"); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *hookFile) Sync(flags vfs.SyncFlag) error {
	if err := f.v.call("Sync"); err != nil {
		return err
	}
	return f.File.Sync(flags)
}

func (f *hookFile) Size() (int64, error) {
	if err := f.v.call("Size"); err != nil {
		return 0, err
	}
	return f.File.Size()
}

func (f *hookFile) Lock(level vfs.LockLevel) error {
	if err := f.v.call("Lock"); err != nil {
		return err
	}
	return f.File.Lock(level)
}

func (f *hookFile) ShmMap(region, size int, extend bool) ([]byte, error) {
	if err := f.v.call("ShmMap"); err != nil {
		return nil, err
	}
	return f.shm.ShmMap(region, size, extend)
}

func (f *hookFile) ShmLock(offset, n int, flags vfs.ShmFlag) error {
	if err := f.v.call("ShmLock"); err != nil {
		return err
	}
	return f.shm.ShmLock(offset, n, flags)
}

func (f *hookFile) ShmUnmap(remove bool) error {
	err := f.shm.ShmUnmap(remove) // or its memory would be lost
	return errors.Join(f.v.call("ShmUnmap"), err)
}

func (f *hookFile) Unlock(level vfs.LockLevel) error {
	if err := f.v.call("Unlock"); err != nil {
		return err
	}
	return f.File.Unlock(level)
}

func (f *hookFile) CheckReservedLock() (bool, error) {
	if err := f.v.call("CheckReservedLock"); err != nil {
		return false, err
	}
	return f.File.CheckReservedLock()
}

func (f *hookFile) Close() error {
	err := f.File.Close()
	return errors.Join(f.v.call("Close"), err)
}

func (f *hookFile) SectorSize() int {
	f.v.call("SectorSize")
	return f.File.SectorSize()
}

func (f *hookFile) DeviceCharacteristics() vfs.DeviceCharacteristic {
	f.v.call("DeviceCharacteristics")
	return f.File.DeviceCharacteristics()
}

func (f *hookFile) FileControl(op int, arg unsafe.Pointer) error {
	if err := f.v.call("FileControl"); err != nil {
		return err
	}
	return driver.ErrNotFound
}

var errMine = errors.New("my own reason")

// The code of an error is the one in its chain, else the one of the call, and
// the error itself is found in that of the statement.
func TestErrorsOfAVFS(t *testing.T) {
	v := &hookVFS{VFS: newMemory()}
	register(t, "hook", v)
	db := dbtest.Open(t, "file:a?vfs=hook&_journal_mode=DELETE&_cache_size=0")
	db.SetMaxOpenConns(1)
	dbtest.Exec(t, db, "CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(100000))")
	for _, c := range []struct {
		call string
		err  error
		code driver.Code
	}{
		{"ReadAt", errMine, 266},
		{"ReadAt", io.ErrUnexpectedEOF, 266},
		{"ReadAt", fmt.Errorf("%w: %w", errMine, driver.ErrCorrupt), driver.ErrCorrupt},
		{"ReadAt", &driver.Error{Code: driver.ErrIO, Extended: 10 | 32<<8}, 10 | 32<<8}, // SQLITE_IOERR_DATA
		{"WriteAt", errMine, 778},
		{"WriteAt", fmt.Errorf("%w: %w", errMine, driver.ErrFull), driver.ErrFull},
		{"WriteAt", &fs.PathError{Op: "write", Path: "a", Err: syscall.ENOSPC}, driver.ErrFull},
		{"WriteAt", &fs.PathError{Op: "write", Path: "a", Err: syscall.EIO}, 778},
		{"Sync", errMine, 1034},
		{"Size", errMine, 1802},
		{"Lock", errMine, 3850},
		{"Open", errMine, driver.ErrCantOpen},
		{"Delete", errMine, 2570},
		{"Access", errMine, 3338},
	} {
		t.Run(fmt.Sprint(c.call, " ", c.err), func(t *testing.T) {
			failed := false
			v.hook = func(call string) error {
				if call != c.call || failed {
					return nil
				}
				failed = true
				return c.err
			}
			_, err := db.Exec("UPDATE t SET x = zeroblob(50000)")
			v.hook = nil
			require.True(t, failed)
			var e *driver.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.code, e.Extended)
			if _, code := c.err.(*driver.Error); !code {
				require.ErrorIs(t, err, c.err)
				require.Contains(t, err.Error(), c.err.Error())
			}
			var errno syscall.Errno
			if errors.As(c.err, &errno) && e.Code == driver.ErrIO {
				require.EqualValues(t, errno, e.Errno)
			}
			dbtest.Exec(t, db, "UPDATE t SET x = zeroblob(100000)") // the connection lives on
			dbtest.Intact(t, db)
		})
	}
}

// What a failed call said does not turn up in the error of another statement.
func TestErrorsOfAVFSStayWithTheirStatement(t *testing.T) {
	v := &hookVFS{VFS: newMemory()}
	register(t, "hook", v)
	db := dbtest.Open(t, "file:a?vfs=hook")
	db.SetMaxOpenConns(1)
	dbtest.Exec(t, db, "CREATE TABLE t(x UNIQUE); INSERT INTO t VALUES (1)")
	v.hook = func(call string) error {
		if call == "WriteAt" {
			return errMine
		}
		return nil
	}
	_, err := db.Exec("INSERT INTO t VALUES (2)")
	require.ErrorIs(t, err, errMine)
	v.hook = nil
	_, err = db.Exec("INSERT INTO t VALUES (1)")
	require.ErrorIs(t, err, driver.ErrConstraintUnique)
	require.NotErrorIs(t, err, errMine)
}

func TestPanics(t *testing.T) {
	for _, call := range []string{"Open", "Delete", "Access", "FullPathname", "ReadAt", "WriteAt", "Truncate", "Sync", "Size", "Lock",
		"Unlock", "Close", "ShmMap", "ShmLock", "ShmUnmap", "SectorSize", "DeviceCharacteristics", "FileControl"} {
		t.Run(call, func(t *testing.T) {
			v := &hookVFS{VFS: newMemory()}
			register(t, "hook", v)
			db := dbtest.Open(t, "file:a?vfs=hook&_synchronous=FULL&psow=0")
			panics := 0
			v.hook = func(c string) error {
				if c == call && (call != "Unlock" || panics == 0) { // a file that is never unlocked stays locked
					panics++
					panic(errMine)
				}
				return nil
			}
			_, err := db.Exec("CREATE TABLE t(x); INSERT INTO t VALUES (1); PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE; INSERT INTO t VALUES (1)")
			v.hook = nil
			require.Positive(t, panics)
			var p *vfs.PanicError
			if errors.As(err, &p) {
				require.ErrorIs(t, err, errMine)
				require.ErrorContains(t, err, "panic in a VFS: my own reason")
				require.Contains(t, string(p.Stack), "failures_test.go")
			} else {
				require.Contains(t, []string{"SectorSize", "DeviceCharacteristics", "FileControl", "ShmLock", "Size", "Truncate", "Close", "ShmUnmap", "Unlock"}, call, "%v", err)
			}
			dbtest.Exec(t, db, "CREATE TABLE IF NOT EXISTS t(x); INSERT INTO t VALUES (2)")
			dbtest.Intact(t, db)
		})
	}
}

// What fails when the transaction is committed does not undo it, as with
// SQLite's own VFSes.
func TestUnlockFails(t *testing.T) {
	for name, fail := range map[string]func() error{"error": func() error { return errMine }, "panic": func() error { panic(errMine) }} {
		t.Run(name, func(t *testing.T) {
			v := &hookVFS{VFS: newMemory()}
			register(t, "hook", v)
			db := dbtest.Open(t, "file:a?vfs=hook&_journal_mode=DELETE")
			db.SetMaxOpenConns(1)
			dbtest.Exec(t, db, "CREATE TABLE t(x)")
			calls := 0
			v.hook = func(call string) error {
				if call == "Unlock" {
					if calls++; calls == 1 {
						return fail()
					}
				}
				return nil
			}
			_, err := db.Exec("INSERT INTO t VALUES (1)")
			require.ErrorIs(t, err, driver.Code(2058)) // SQLITE_IOERR_UNLOCK
			require.ErrorIs(t, err, errMine)
			db.SetMaxOpenConns(2)
			require.EqualValues(t, 1, dbtest.Int(t, db, "SELECT count(*) FROM t"))
			dbtest.Exec(t, db, "INSERT INTO t VALUES (2)")
			other := dbtest.Open(t, "file:a?vfs=hook&_busy_timeout=0")
			dbtest.Exec(t, other, "INSERT INTO t VALUES (3)")
			require.EqualValues(t, 3, dbtest.Int(t, db, "SELECT count(*) FROM t"))
		})
	}
}

// CheckReservedLock is called where a journal lies: it may be that of a crash.
func TestCheckReservedLockFails(t *testing.T) {
	for name, fail := range map[string]func() error{"error": func() error { return errMine }, "panic": func() error { panic(errMine) }} {
		t.Run(name, func(t *testing.T) {
			v := &hookVFS{VFS: newMemory()}
			register(t, "hook", v)
			db := dbtest.Open(t, "file:a?vfs=hook&_journal_mode=DELETE")
			dbtest.Exec(t, db, "CREATE TABLE t(x)")
			tx, err := db.Begin()
			require.NoError(t, err)
			dbtest.Exec(t, tx, "INSERT INTO t VALUES (1)")
			v.hook = func(call string) error {
				if call == "CheckReservedLock" {
					return fail()
				}
				return nil
			}
			err = db.QueryRow("SELECT count(*) FROM t").Scan(new(int))
			v.hook = nil
			require.ErrorIs(t, err, driver.Code(3594)) // SQLITE_IOERR_CHECKRESERVEDLOCK
			require.ErrorIs(t, err, errMine)
			require.EqualValues(t, 0, dbtest.Int(t, db, "SELECT count(*) FROM t"))
			require.NoError(t, tx.Commit())
			require.EqualValues(t, 1, dbtest.Int(t, db, "SELECT count(*) FROM t"))
		})
	}
}

// badFile breaks the contracts of io.
type badFile struct {
	vfs.File
	read  func(p []byte) (int, error)
	write func(p []byte) (int, error)
}

func (f badFile) ReadAt(p []byte, off int64) (int, error)  { return f.read(p) }
func (f badFile) WriteAt(p []byte, off int64) (int, error) { return f.write(p) }

type badVFS struct {
	vfs.VFS
	f badFile
}

func (v *badVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, got, err := v.VFS.Open(name, flags)
	bad := v.f
	bad.File = f
	return bad, got, err
}

func TestShortReadsAndWrites(t *testing.T) {
	for name, read := range map[string]func(p []byte) (int, error){
		"less without an error": func(p []byte) (int, error) { return len(p) - 1, nil },
		"more":                  func(p []byte) (int, error) { return len(p) + 1, nil },
		"negative":              func(p []byte) (int, error) { return -1, io.EOF },
		"half":                  func(p []byte) (int, error) { return len(p) / 2, io.ErrUnexpectedEOF },
	} {
		t.Run(name, func(t *testing.T) {
			register(t, "bad", &badVFS{newMemory(), badFile{read: read}})
			err := dbtest.Open(t, "file:a?vfs=bad").Ping()
			require.ErrorIs(t, err, driver.Code(266))
		})
	}
	t.Run("the end, and rubbish behind it", func(t *testing.T) {
		// An empty file: what is behind its end is zeros, whatever the VFS leaves there.
		register(t, "bad", &badVFS{newMemory(), badFile{read: func(p []byte) (int, error) {
			for i := range p {
				p[i] = 0xff
			}
			return 0, io.EOF
		}, write: func(p []byte) (int, error) { return len(p) / 2, nil }}})
		db := dbtest.Open(t, "file:a?vfs=bad&mode=rwc&_journal_mode=MEMORY")
		_, err := db.Exec("CREATE TABLE t(x)")
		require.ErrorIs(t, err, driver.Code(778))
		require.ErrorIs(t, err, io.ErrShortWrite)
	})
}

// goShm returns memory of Go's heap.
type goShm struct{ *memFile }

func (goShm) ShmMap(_, size int, _ bool) ([]byte, error) { return make([]byte, size), nil }

type goShmVFS struct{ *memVFS }

func (v goShmVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, got, err := v.memVFS.Open(name, flags)
	if err != nil {
		return nil, 0, err
	}
	return goShm{f.(*memFile)}, got, nil
}

func TestSharedMemoryOfGosHeapIsRefused(t *testing.T) {
	register(t, "heap", goShmVFS{newMemory()})
	_, err := dbtest.Open(t, "file:a?vfs=heap").Exec("CREATE TABLE t(x)")
	require.ErrorIs(t, err, driver.ErrIO)
	require.ErrorContains(t, err, "memory of Go's heap")
}

// Without shared memory there is no WAL, and who asks for it is told so.
func TestWithoutSharedMemory(t *testing.T) {
	register(t, "plain", noShmVFS{newMemory()})
	db := dbtest.Open(t, "file:a?vfs=plain")
	useOf(t, db)
	require.Equal(t, "delete", dbtest.Text(t, db, "PRAGMA journal_mode"))
	err := dbtest.Open(t, "file:b?vfs=plain&_journal_mode=WAL").Ping()
	require.ErrorContains(t, err, "journal mode WAL was asked for")
	exclusive := dbtest.Open(t, "file:c?vfs=plain")
	exclusive.SetMaxOpenConns(1)
	dbtest.Exec(t, exclusive, "CREATE TABLE t(x); PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; INSERT INTO t VALUES (1)")
	require.Equal(t, "wal", dbtest.Text(t, exclusive, "PRAGMA journal_mode"))
}

func TestErrorsOfTheOperatingSystem(t *testing.T) {
	v := system(t)
	f, _, err := v.Open(filepath.Join(t.TempDir(), "none", "a.db"), vfs.OpenReadWrite|vfs.OpenMainDB)
	require.Nil(t, f)
	var e *driver.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, driver.ErrCantOpen, e.Code)
	require.EqualValues(t, syscall.ENOENT, e.Errno)
	require.ErrorIs(t, v.Delete(filepath.Join(t.TempDir(), "none"), false), fs.ErrNotExist)
}
