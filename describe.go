package libsql

import (
	"errors"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// Describe tells what the statement is that query would run, without running
// it: its columns with their types and where they come from, its parameters,
// whether it only reads. Like [gorm.DB.ToSQL] it calls query with a DB that is
// in DryRun mode; a query that is left without a finisher is taken for a Find.
//
//	d, err := libsql.Describe(db, func(tx *gorm.DB) *gorm.DB {
//		return tx.Model(&User{}).Where("age > ?", 18).Find(&[]User{})
//	})
//
// Inside a transaction it sees what the transaction has done. The statement
// is compiled and forgotten; what cannot be compiled without an effect is
// refused: see [driver.Conn.Describe].
func Describe(db *gorm.DB, query func(tx *gorm.DB) *gorm.DB) (driver.Description, error) {
	tx := query(db.Session(&gorm.Session{DryRun: true, SkipDefaultTransaction: true}))
	if tx == nil {
		return driver.Description{}, errors.New("libsql: the function that makes the query returned nil")
	}
	if tx.Error == nil && tx.Statement.SQL.Len() == 0 {
		tx = tx.Find(&[]map[string]any{})
	}
	if tx.Error != nil {
		return driver.Description{}, tx.Error
	}
	var d driver.Description
	err := Conn(db, func(c *driver.Conn) (err error) {
		d, err = c.Describe(db.Statement.Context, tx.Statement.SQL.String())
		return err
	})
	return d, err
}
