package vfs

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"syscall"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// The result codes of failed calls: https://www.sqlite.org/rescode.html#extrc.
const (
	codeNoMemory     = 7
	codeReadOnly     = 8
	codeFull         = 13
	codeCantOpen     = 14
	codeFullPath     = 14 | 3<<8
	codeRead         = 10 | 1<<8
	codeWrite        = 10 | 3<<8
	codeFsync        = 10 | 4<<8
	codeTruncate     = 10 | 6<<8
	codeFstat        = 10 | 7<<8
	codeUnlock       = 10 | 8<<8
	codeDelete       = 10 | 10<<8
	codeAccess       = 10 | 13<<8
	codeCheckLock    = 10 | 14<<8
	codeLock         = 10 | 15<<8
	codeClose        = 10 | 16<<8
	codeShmLock      = 10 | 20<<8
	codeShmMap       = 10 | 21<<8
	codeDeleteNoFile = 10 | 23<<8
	codeControl      = 10
)

// PanicError is a panic of a VFS in Go. The call that it ended has failed, and
// with it the statement, whose error wraps this one; the connection lives on.
type PanicError struct {
	Value any    // of the panic
	Stack []byte // of the goroutine, as debug.Stack prints it
}

// Error tells the value.
func (e *PanicError) Error() string { return fmt.Sprintf("panic in a VFS: %v", e.Value) }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// contain is deferred: it makes a panic the failure of the call.
func contain(f **engine.VFSFailure, code int) {
	if r := recover(); r != nil {
		*f = &engine.VFSFailure{Code: code, Err: &PanicError{r, debug.Stack()}}
	}
}

var (
	busy      = &engine.VFSFailure{Code: engine.CodeBusy}
	notFound  = &engine.VFSFailure{Code: engine.CodeNotFound}
	shortRead = &engine.VFSFailure{Code: engine.CodeShortRead}
)

// failure is what an error of a VFS in Go tells SQLite; code is that of the
// call.
func failure(err error, code int) *engine.VFSFailure {
	switch err {
	case nil:
		return nil
	case driver.ErrBusy:
		return busy
	case driver.ErrNotFound:
		return notFound
	}
	f := &engine.VFSFailure{Code: code, Err: err}
	var of *driver.Error
	var c driver.Code
	switch {
	case errors.As(err, &of):
		f.Code, f.Errno = int(of.Extended), of.Errno
	case errors.As(err, &c):
		f.Code = int(c)
	default:
		var errno syscall.Errno
		if errors.As(err, &errno) {
			f.Errno = int(errno)
		}
		if isFull(err) {
			f.Code = codeFull
		}
	}
	switch err.(type) {
	case driver.Code, *driver.Error:
		f.Err = nil // the code and the number say it all
	}
	return f
}

func deleteFailure(err error) *engine.VFSFailure {
	if err != nil && errors.Is(err, fs.ErrNotExist) {
		return &engine.VFSFailure{Code: codeDeleteNoFile}
	}
	return failure(err, codeDelete)
}

// asError is the failure of a VFS of the library as an error.
func asError(f *engine.VFSFailure) error {
	switch {
	case f == nil:
		return nil
	case f.Err != nil:
		return f.Err
	case f.Code == codeDeleteNoFile:
		return fmt.Errorf("%w: %w", driver.Code(f.Code), fs.ErrNotExist)
	case f.Errno == 0:
		return driver.Code(f.Code)
	}
	c := driver.Code(f.Code)
	return &driver.Error{Code: c.Primary(), Extended: c, Message: c.Error(), Offset: -1, Errno: f.Errno}
}
