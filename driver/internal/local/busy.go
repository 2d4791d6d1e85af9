//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"database/sql/driver"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

var _ engine.BusyWaiter = (*conn)(nil)

// BusyTimeout is what the gate and the busy handler wait for together.
func (c *conn) BusyTimeout() time.Duration {
	if c.p == nil {
		return 0
	}
	return time.Duration(c.p.busy_ns)
}

// SetBusyTimeout needs no call into SQLite: the busy handler reads the timeout
// when it is called.
func (c *conn) SetBusyTimeout(timeout time.Duration) error {
	if c.p == nil {
		return driver.ErrBadConn
	}
	c.p.busy_ns = C.int64_t(timeout)
	return nil
}
