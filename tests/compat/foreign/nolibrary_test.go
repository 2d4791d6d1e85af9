//go:build !cgo

package foreign

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
)

// Without the library, libSQL's own driver says what is missing; modernc's
// works all the same, as the other tests of this package show.
func TestWithoutTheLibrary(t *testing.T) {
	_, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{Logger: logger.Discard})
	require.ErrorIs(t, err, libsql.ErrUnsupported)
}
