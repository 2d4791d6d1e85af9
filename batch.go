package libsql

import (
	"io/fs"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// ExecBatch runs a script of SQL statements in one transaction, or, inside a
// transaction, as a savepoint of it, and returns what each of them did: see
// [driver.Conn.Batch]. The first failure, a [driver.BatchError], undoes all of
// the script and nothing else. It is logged as one statement, and its error is
// translated when Config.TranslateError is set. A dry run runs nothing.
func ExecBatch(db *gorm.DB, script string) (res []driver.Result, err error) {
	if db.Error != nil || db.DryRun {
		return nil, db.Error
	}
	begin := time.Now()
	err = translate(db, Conn(db, func(c *driver.Conn) (err error) {
		res, err = c.Batch(db.Statement.Context, script)
		return err
	}))
	db.Logger.Trace(db.Statement.Context, begin, func() (string, int64) {
		var rows int64
		for i := range res {
			rows += res[i].RowsAffected
		}
		return script, rows
	}, err)
	return res, err
}

// ExecFS runs the SQL files of fsys that match glob, in the order of their
// names and each once and for all, a transaction for each: see
// [driver.Conn.ExecFS]. A dry run runs nothing.
func ExecFS(db *gorm.DB, fsys fs.FS, glob string) error {
	if db.Error != nil || db.DryRun {
		return db.Error
	}
	return translate(db, Conn(db, func(c *driver.Conn) error {
		return c.ExecFS(db.Statement.Context, fsys, glob)
	}))
}

// translate does what GORM does with the error of a statement.
func translate(db *gorm.DB, err error) error {
	if t, ok := db.Dialector.(gorm.ErrorTranslator); ok && db.TranslateError && err != nil {
		return t.Translate(err)
	}
	return err
}
