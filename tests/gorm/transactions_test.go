package gormtest

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func add(t *testing.T, db *gorm.DB, names ...string) {
	t.Helper()
	for _, n := range names {
		done(t, db.Create(&person{Name: n}), 1)
	}
}

// all is the names of everybody.
func all(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var ps []person
	require.NoError(t, db.Session(&gorm.Session{NewDB: true}).Order("id").Find(&ps).Error)
	return names(ps)
}

func eachEmpty(t *testing.T, body func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	each(t, models(&person{}), body)
}

func TestTransaction(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *gorm.DB) {
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			add(t, tx, "a", "b")
			require.Equal(t, "a b", all(t, tx))
			require.Empty(t, all(t, db), "nobody else sees it yet")
			return nil
		}))
		require.Equal(t, "a b", all(t, db))
		require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
			add(t, tx, "c")
			done(t, tx.Where("1 = 1").Delete(&person{}), 3)
			return errStop
		}), errStop)
		require.Equal(t, "a b", all(t, db))
		require.PanicsWithValue(t, "stop", func() {
			db.Transaction(func(tx *gorm.DB) error {
				add(t, tx, "d")
				panic("stop")
			})
		})
		require.Equal(t, "a b", all(t, db))
		// A statement that fails leaves the transaction to be decided on.
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			add(t, tx, "e")
			err := tx.Create(&person{ID: 1}).Error
			require.True(t, dbtest.PrimaryKeyTaken(err), err)
			require.Error(t, tx.Create(&[]person{{Name: "x"}, {ID: 1}}).Error)
			add(t, tx, "f")
			return nil
		}))
		require.Equal(t, "a b e f", all(t, db))
	})
}

func TestNestedTransactions(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *gorm.DB) {
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			add(t, tx, "a")
			require.ErrorIs(t, tx.Transaction(func(tx2 *gorm.DB) error {
				add(t, tx2, "b")
				return errStop
			}), errStop)
			require.NoError(t, tx.Transaction(func(tx2 *gorm.DB) error {
				add(t, tx2, "c")
				require.ErrorIs(t, tx2.Transaction(func(tx3 *gorm.DB) error {
					add(t, tx3, "d")
					return tx3.Transaction(func(tx4 *gorm.DB) error { add(t, tx4, "e"); return errStop })
				}), errStop)
				return tx2.Transaction(func(tx3 *gorm.DB) error { add(t, tx3, "f"); return nil })
			}))
			require.Panics(t, func() { tx.Transaction(func(tx2 *gorm.DB) error { add(t, tx2, "g"); panic("stop") }) })
			return nil
		}))
		require.Equal(t, "a c f", all(t, db))
		require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Transaction(func(tx *gorm.DB) error { add(t, tx, "h"); return nil }))
			return errStop
		}), errStop)
		require.Equal(t, "a c f", all(t, db))

		// Without savepoints the inner error undoes nothing by itself.
		require.NoError(t, db.Session(&gorm.Session{DisableNestedTransaction: true}).Transaction(func(tx *gorm.DB) error {
			require.ErrorIs(t, tx.Transaction(func(tx *gorm.DB) error { add(t, tx, "i"); return errStop }), errStop)
			return nil
		}))
		require.Equal(t, "a c f i", all(t, db))
	})
}

// Fifty at once, each in the one before.
func TestDeeplyNestedTransactions(t *testing.T) {
	const depth = 50
	eachEmpty(t, func(t *testing.T, db *gorm.DB) {
		var down func(tx *gorm.DB, n int) error
		down = func(tx *gorm.DB, n int) error {
			if err := tx.Create(&person{Name: fmt.Sprint(n), Age: n}).Error; err != nil || n == depth {
				return err
			}
			err := tx.Transaction(func(tx *gorm.DB) error { return down(tx, n+1) })
			if n == 30 && err == nil {
				return errStop // undoes 30 to 50
			}
			if n == 29 {
				require.ErrorIs(t, err, errStop)
				return nil
			}
			return err
		}
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error { return down(tx, 1) }))
		require.Equal(t, "29 29", show(t, db, "SELECT count(*), max(age) FROM people"))
	})
}

func TestManySavepoints(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *gorm.DB) {
		tx := db.Begin()
		require.NoError(t, tx.Error)
		for i := range 50 {
			require.NoError(t, tx.SavePoint(fmt.Sprint("sp", i)).Error)
			add(t, tx, fmt.Sprint(i))
		}
		require.NoError(t, tx.RollbackTo("sp40").Error)
		require.NoError(t, tx.RollbackTo("sp40").Error, "it stays")
		add(t, tx, "again")
		require.NoError(t, tx.RollbackTo("sp10").Error)
		require.ErrorIs(t, tx.Session(&gorm.Session{}).RollbackTo("sp40").Error, driver.ErrError, "gone with what it was in")
		add(t, tx, "last")
		require.NoError(t, tx.Commit().Error)
		require.Equal(t, "0 1 2 3 4 5 6 7 8 9 last", all(t, db))
	})
}

func TestManualTransactions(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *gorm.DB) {
		tx := db.Begin()
		add(t, tx, "a")
		require.NoError(t, tx.Commit().Error)
		require.ErrorIs(t, tx.Rollback().Error, sql.ErrTxDone)
		tx = db.Begin()
		add(t, tx, "b")
		require.NoError(t, tx.Rollback().Error)
		require.ErrorIs(t, tx.Session(&gorm.Session{}).Create(&person{}).Error, sql.ErrTxDone)
		require.ErrorIs(t, tx.Session(&gorm.Session{}).Commit().Error, sql.ErrTxDone)
		require.Equal(t, "a", all(t, db))
		require.ErrorIs(t, db.Session(&gorm.Session{}).Commit().Error, gorm.ErrInvalidTransaction)
		require.ErrorIs(t, db.Session(&gorm.Session{}).Rollback().Error, gorm.ErrInvalidTransaction)

		tx = db.Begin()
		add(t, tx, "c")
		require.NoError(t, tx.SavePoint("sp").Error)
		add(t, tx, "d")
		require.NoError(t, tx.RollbackTo("sp").Error)
		require.NoError(t, tx.Commit().Error)
		require.Equal(t, "a c", all(t, db))

		// One that nobody ends in time is undone.
		end, cancel := context.WithCancel(ctx)
		tx = db.WithContext(end).Begin()
		add(t, tx, "e")
		cancel()
		require.Error(t, tx.Commit().Error)
		require.Equal(t, "a c", all(t, db))
	})
}

func TestReadOnlyTransactions(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *gorm.DB) {
		add(t, db, "a")
		read := &sql.TxOptions{ReadOnly: true}
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			require.Equal(t, "a", all(t, tx))
			add(t, db, "b") // no lock is in its way
			require.Equal(t, "a", all(t, tx), "one snapshot")
			require.ErrorIs(t, tx.Create(&person{}).Error, driver.ErrReadOnly)
			require.Equal(t, "a", all(t, tx))
			return nil
		}, read))
		tx := db.Begin(read)
		require.NoError(t, tx.Error)
		require.Equal(t, "a b", all(t, tx))
		require.NoError(t, tx.Rollback().Error)
		add(t, db, "c") // the connection is as it was
		tx = db.Begin(&sql.TxOptions{Isolation: sql.LevelSerializable})
		add(t, tx, "d")
		require.NoError(t, tx.Commit().Error)
		require.Equal(t, "a b c d", all(t, db))
		require.Error(t, db.Begin(&sql.TxOptions{Isolation: sql.LevelLinearizable}).Error)
	})
}

func TestConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	eachEmpty(t, func(t *testing.T, db *gorm.DB) {
		require.NoError(t, db.Connection(func(tx *gorm.DB) error {
			require.NoError(t, tx.Exec("CREATE TEMP TABLE mine(n INTEGER)").Error)
			done(t, tx.Exec("INSERT INTO mine VALUES (?)", 7), 1)
			var n int
			done(t, tx.Raw("SELECT n FROM mine").Scan(&n), 1)
			require.Equal(t, 7, n)
			tx = tx.Session(&gorm.Session{NewDB: true})
			add(t, tx, "a")
			require.NoError(t, tx.Transaction(func(tx *gorm.DB) error { add(t, tx, "b"); return nil }))
			require.ErrorIs(t, tx.Transaction(func(tx *gorm.DB) error { add(t, tx, "c"); return errStop }), errStop)
			return nil
		}))
		require.ErrorIs(t, db.Connection(func(*gorm.DB) error { return errStop }), errStop)
		require.Equal(t, "a b", all(t, db))
	})
}

func TestSkipDefaultTransaction(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *gorm.DB) {
		inTx := false
		require.NoError(t, db.Callback().Create().Before("gorm:create").Register("look", func(tx *gorm.DB) {
			_, inTx = tx.Statement.ConnPool.(gorm.TxCommitter)
		}))
		add(t, db, "a")
		require.Equal(t, !db.SkipDefaultTransaction, inTx)
		add(t, db.Session(&gorm.Session{SkipDefaultTransaction: true}), "b")
		require.False(t, inTx)
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error { add(t, tx, "c"); return nil }))
		require.True(t, inTx)
		require.Equal(t, "a b c", all(t, db))
	})
}
