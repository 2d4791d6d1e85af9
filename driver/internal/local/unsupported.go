//go:build !(cgo && ((linux && (amd64 || arm64)) || (darwin && arm64))) || libsql_nolocal

package local

import (
	"runtime"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// New returns an error that says what is missing.
func New(Options) (engine.Engine, error) { return nil, notBuilt() }

// Memory returns the same error.
func Memory(bool) (engine.MemoryStats, error) { return engine.MemoryStats{}, notBuilt() }

// VFSes returns the same error.
func VFSes() (engine.VFSLibrary, error) { return nil, notBuilt() }

func notBuilt() error {
	return &engine.Error{
		Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported,
		Message: "local databases are not supported by this build (" + runtime.GOOS + "/" + runtime.GOARCH + ")",
		Hint: "they need cgo and the libSQL library, which exists for linux/amd64, linux/arm64 (glibc) and darwin/arm64; " +
			"build there with CGO_ENABLED=1 and a C compiler and without the tag libsql_nolocal",
	}
}

// Held is 0.
func Held() int64 { return 0 }
