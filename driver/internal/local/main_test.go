//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"fmt"
	"os"
	"testing"

	"github.com/gorm-libsql/libsql/internal/leaktest"
)

func TestMain(m *testing.M) {
	// The library keeps threads of its own once it is loaded.
	if err := load(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	leaktest.Main(m)
}
