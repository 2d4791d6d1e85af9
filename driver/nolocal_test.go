//go:build !(cgo && ((linux && (amd64 || arm64)) || (darwin && arm64))) || libsql_nolocal

package driver_test

import (
	"database/sql"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// A build without the library says what is missing, when a local database is opened and not before.
func TestWithoutLibrary(t *testing.T) {
	for _, dsn := range []string{":memory:", "", "app.db"} {
		_, err := sql.Open(driver.Name, dsn)
		require.ErrorIs(t, err, driver.ErrUnsupported)
		require.ErrorContains(t, err, runtime.GOOS+"/"+runtime.GOARCH)
		require.ErrorContains(t, err, "CGO_ENABLED=1")
		require.NoFileExists(t, "app.db")
	}
}
