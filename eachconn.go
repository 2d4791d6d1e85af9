package libsql

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// EachConn calls fn with every connection of the pool under db, those that are
// there and those to come: see [driver.EachConn], also for what the name is for.
// It is for what belongs to a connection, such as functions in Go
// ([driver.Conn.Func]). The context is that of db.WithContext. Inside a
// transaction, which has one connection, it is an error.
func EachConn(db *gorm.DB, name string, fn func(context.Context, *driver.Conn) error) error {
	if db.Error != nil {
		return db.Error
	}
	if _, tx := db.Statement.ConnPool.(gorm.TxCommitter); tx {
		return errors.New("libsql: EachConn is for a pool, and db is a transaction of one connection: call it before")
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return driver.EachConn(db.Statement.Context, pool, name, fn)
}
