package libsql

import (
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// OnChange calls fn, in a goroutine of its own, with each change of the
// database after it has been committed, whichever pool of this process has made
// it; a commit of another process comes as a single change without details. What
// is rolled back is not told. stop ends it. All the rest is at
// [driver.OnChange]. It listens to the database and not to a transaction, and
// does so until stop is called or the pool is closed, whatever the context of
// db.WithContext does.
func OnChange(db *gorm.DB, fn func(driver.Change)) (stop func(), err error) {
	if db.Error != nil {
		return nil, db.Error
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	return driver.OnChange(pool, fn)
}
