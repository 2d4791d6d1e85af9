//go:build !go1.27

package driver

import "database/sql/driver"

// newRows returns rows as database/sql shall see them.
func (*Conn) newRows(r *rows) driver.Rows { return r }
