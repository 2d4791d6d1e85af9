package libsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// Transaction is db.Transaction in a mode of its own: [driver.Deferred],
// [driver.Immediate], [driver.Exclusive] or [driver.ReadOnlyTx], under which fc
// reads one state of the database while others write, and cannot write itself.
// [driver.Concurrent] is an error that wraps [ErrUnsupported], and so is a pool
// of another driver, which does not know the modes.
//
// A transaction that is open already has its mode, so a call inside one, on its
// tx, is an error that wraps [ErrUnsupported], and fc does not run: use
// tx.Transaction, which is a savepoint.
func Transaction(db *gorm.DB, mode driver.TxMode, fc func(tx *gorm.DB) error) error {
	switch {
	case db.Error != nil:
		return db.Error // GORM would begin a transaction and lose it
	case inTransaction(db):
		return fmt.Errorf("libsql: %w: a transaction is open, and its mode cannot change: use tx.Transaction, which is a savepoint", ErrUnsupported)
	}
	ctx := db.Statement.Context
	return db.WithContext(driver.WithTxMode(ctx, mode)).Transaction(func(tx *gorm.DB) error {
		tx = tx.WithContext(ctx) // nobody who gets tx's context shall begin in that mode
		if err := Conn(tx, func(*driver.Conn) error { return nil }); err != nil {
			return err
		}
		return fc(tx)
	})
}

// The numbers of [Retry].
const (
	retryRuns  = 10
	retryFirst = 2 * time.Millisecond
	retryMost  = 250 * time.Millisecond
)

// Retry is db.Transaction that runs again, whole and from its beginning, when
// another connection was in the way: when it fails with [driver.ErrBusy],
// [driver.ErrBusySnapshot] among them. So fc runs several times, and whatever
// else it does but to use tx must bear that.
//
// It runs at most 10 times. Before the nth time again it waits for a random
// time below 2 ms·2ⁿ⁻¹, but at most 250 ms; every run has its own busy timeout
// besides. The end of the context of db ends the waiting; then, and after the
// last run, the error wraps that of the last run.
//
// Every other error is returned as it is, at once. So is one that wraps
// [driver.ErrCommitUnknown], because the transaction may have been committed.
// A panic of fc rolls back and passes.
//
// A transaction within another cannot be run again as a whole: a call on a tx
// is an error that wraps [ErrUnsupported], and fc does not run. Call Retry
// around the outermost one. [driver.WithTxMode] gives it another mode.
func Retry(db *gorm.DB, fc func(tx *gorm.DB) error, opts ...*sql.TxOptions) error {
	switch {
	case db.Error != nil:
		return db.Error
	case inTransaction(db):
		return fmt.Errorf("libsql: %w: a transaction is open, and only the whole of it can be run again: call Retry around it, or use tx.Transaction", ErrUnsupported)
	}
	most := retryFirst
	for run := 1; ; run++ {
		err := db.Transaction(fc, opts...)
		if err == nil || !errors.Is(err, driver.ErrBusy) || errors.Is(err, driver.ErrCommitUnknown) {
			return err
		}
		if run == retryRuns {
			return fmt.Errorf("libsql: gave up after the transaction had run %d times: %w", run, err)
		}
		if cause := pause(db.Statement.Context, rand.N(most)); cause != nil {
			return fmt.Errorf("libsql: %w before the transaction could run again: %w", cause, err)
		}
		most = min(2*most, retryMost)
	}
}

// pause waits; it returns the context's error when that ends meanwhile.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// inTransaction tells that db is the tx of a transaction.
func inTransaction(db *gorm.DB) bool {
	committer, ok := db.Statement.ConnPool.(gorm.TxCommitter)
	return ok && committer != nil
}
