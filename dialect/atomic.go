package dialect

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// atomically runs the statements of fn so that all or none of them take
// effect. Outside a transaction they get one of their own; inside one that
// someone else began, a savepoint keeps what that one did before. fn reports
// failure in db.Error.
func atomically(db *gorm.DB, fn func()) {
	if _, ok := db.Statement.ConnPool.(gorm.TxCommitter); !ok {
		inTransaction(db, fn)
		return
	}
	if _, ok := db.InstanceGet("gorm:started_transaction"); ok {
		fn() // GORM rolls back what it began for this very call
		return
	}
	withSavepoint(db, "libsql_all", func() bool {
		fn()
		return db.Error == nil
	})
}

// inTransaction runs fn with a transaction in the place of the pool.
func inTransaction(db *gorm.DB, fn func()) {
	tx := db.Begin()
	if errors.Is(tx.Error, gorm.ErrInvalidTransaction) {
		fn() // a pool that has no transactions, which GORM allows
		return
	}
	if tx.Error != nil {
		db.AddError(tx.Error)
		return
	}
	pool, done := db.Statement.ConnPool, false
	db.Statement.ConnPool = tx.Statement.ConnPool
	defer func() {
		db.Statement.ConnPool = pool
		if !done {
			tx.Rollback()
		}
	}()
	fn()
	if db.Error == nil {
		done = true
		db.AddError(tx.Commit().Error)
	}
}

// withSavepoint runs fn, and undoes what it did when it returns false. The
// pool is a transaction.
func withSavepoint(db *gorm.DB, name string, fn func() (keep bool)) {
	stmt, keep := db.Statement, false
	if _, err := stmt.ConnPool.ExecContext(stmt.Context, "SAVEPOINT "+name); err != nil {
		db.AddError(err)
		return
	}
	defer func() {
		// A cancelled call is undone too.
		ctx := context.WithoutCancel(stmt.Context)
		if !keep {
			if _, err := stmt.ConnPool.ExecContext(ctx, "ROLLBACK TO "+name); err != nil {
				db.AddError(err)
				return
			}
		}
		if _, err := stmt.ConnPool.ExecContext(ctx, "RELEASE "+name); err != nil {
			db.AddError(err)
		}
	}()
	keep = fn()
}
