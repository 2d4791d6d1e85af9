package libsql

import (
	"database/sql"
	"fmt"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/gormdb"
)

// Attach attaches a database file to every connection of the pool, so that models
// whose TableName is "schema.table" are its tables. See [driver.Attach]. Inside a
// transaction or db.Connection it is [driver.Conn.Attach] that does it, for that
// connection; the error wraps [ErrUnsupported] here. A dry run attaches nothing.
func Attach(db *gorm.DB, a driver.Attachment) error {
	return ofPool(db, func(pool *sql.DB) error { return driver.Attach(db.Statement.Context, pool, a) })
}

// Detach ends, for every connection of the pool, what [Attach], the driver's Config
// or ATTACH in SQL began. See [driver.Detach].
func Detach(db *gorm.DB, schema string) error {
	return ofPool(db, func(pool *sql.DB) error { return driver.Detach(db.Statement.Context, pool, schema) })
}

// ofPool calls fn with the pool of a db that is no connection's own.
func ofPool(db *gorm.DB, fn func(*sql.DB) error) error {
	if db.Error != nil || db.DryRun {
		return db.Error
	}
	pool := gormdb.Pool(db.Statement.ConnPool)
	if p, ok := pool.(gorm.GetDBConnector); ok {
		if _, isTx := pool.(gorm.TxCommitter); !isTx {
			own, err := p.GetDBConn()
			if err != nil {
				return err
			}
			pool = own
		}
	}
	of, ok := pool.(*sql.DB)
	if !ok {
		return fmt.Errorf("libsql: %w: %T is one connection and no pool: use libsql.Conn and the method of driver.Conn", ErrUnsupported, pool)
	}
	return translate(db, fn(of))
}
