//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include "local.h"
#include "memvfs.h"
*/
import "C"

import (
	"database/sql"
	"fmt"
	"sync"

	// Brings the libSQL library, and the database/sql driver "libsql".
	_ "github.com/tursodatabase/go-libsql"
)

// load initialises the library once. Its Rust half configures SQLite and
// panics when SQLite is initialised already; so it goes first, before the
// first call of ours.
var load = sync.OnceValue(func() error {
	db, err := sql.Open("libsql", ":memory:")
	if err != nil {
		return fmt.Errorf("libsql: initialise the library: %w", err)
	}
	defer db.Close()
	if err := db.Ping(); err != nil {
		return fmt.Errorf("libsql: initialise the library: %w", err)
	}
	if rc := C.lq_init(); rc != 0 {
		return fmt.Errorf("libsql: register the memory VFS: code %d", rc)
	}
	return nil
})

// singleProcessVFS is what sqlite3mc_vfs_create names its wrapper of unix-excl.
const singleProcessVFS = "multipleciphers-unix-excl"

var loadSingleProcess = sync.OnceValue(func() error {
	if rc := C.lq_single_process_vfs(); rc != 0 {
		return fmt.Errorf("libsql: register the single-process VFS: code %d", rc)
	}
	return nil
})
