package libsql

import (
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/dialect"
	"github.com/gorm-libsql/libsql/driver"
)

// ErrMultipleRows is the error of [One] when the query returned several rows.
var ErrMultipleRows = driver.ErrMultipleRows

// One runs a query that must return exactly one row. Without a row the error
// is both [gorm.ErrRecordNotFound] and sql.ErrNoRows to errors.Is; with several
// it is [ErrMultipleRows], known after the second; with any error the T is its
// zero value.
//
//	user, err := libsql.One[User](db.Where("email = ?", email))
//	total, err := libsql.One[int64](db.Model(&Order{}).Select("sum(price)"))
//	id, err := libsql.One[int64](db.Raw("INSERT INTO jobs(name) VALUES (?) RETURNING id", name))
//
// See [dialect.One] for what T may be and what a query may have.
func One[T any](db *gorm.DB) (T, error) { return dialect.One[T](db) }
