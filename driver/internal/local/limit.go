//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"database/sql/driver"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

var _ engine.Limiter = (*conn)(nil)

// Limit is sqlite3_limit.
func (c *conn) Limit(id, value int) (int, error) {
	if c.p == nil {
		return 0, driver.ErrBadConn
	}
	return int(C.sqlite3_limit(c.p.db, C.int(id), C.int(value))), nil
}
