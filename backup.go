package libsql

import (
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// Backup copies the database into the new file dst while others read and write
// it, encrypted as it is. [driver.Conn.Backup] says more, and has options: a
// progress, another key, a copy that is not encrypted, a file that is replaced.
// [driver.Conn.Restore] is the way back.
func Backup(db *gorm.DB, dst string) error {
	return Conn(db, func(c *driver.Conn) error {
		return c.Backup(db.Statement.Context, dst, driver.BackupOptions{})
	})
}
