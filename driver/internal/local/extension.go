//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "extension.h"
*/
import "C"

import (
	"context"
	"errors"
	"os"
	"strings"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

var _ engine.Extender = (*conn)(nil)

// LoadExtension loads a shared library and runs its entry point.
func (c *conn) LoadExtension(ctx context.Context, e engine.Extension) error {
	if err := c.usable(ctx); err != nil {
		return err
	}
	path := C.CString(e.Path)
	defer C.free(unsafe.Pointer(path))
	var entry *C.char
	if e.EntryPoint != "" {
		entry = C.CString(e.EntryPoint)
		defer C.free(unsafe.Pointer(entry))
	}
	if C.lq_load_extension(c.p, path, entry) == 0 {
		return nil
	}
	err := c.failure("")
	var failed *engine.Error
	if !errors.As(err, &failed) {
		return err
	}
	named := *failed
	if !strings.Contains(named.Message, e.Path) {
		named.Message = "extension " + e.Path + ": " + named.Message
	}
	if _, serr := os.Stat(e.Path); strings.Contains(e.Path, "/") && errors.Is(serr, os.ErrNotExist) {
		named.Hint = "the file does not exist"
	}
	return &named
}
