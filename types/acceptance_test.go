package types_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/types"
)

type axis struct {
	ID uint
	V  types.Vector `gorm:"dims:3;vectorIndex"`
}

func axes() []axis {
	return []axis{{ID: 1, V: types.Vector{1, 0, 0}}, {ID: 2, V: types.Vector{0, 1, 0}}, {ID: 3, V: types.Vector{0, 0, 1}}, {ID: 4}}
}

func nearestAxes(t *testing.T, db *gorm.DB, k int) (ids []uint) {
	t.Helper()
	require.NoError(t, db.Model(&axis{}).Scopes(types.Nearest("V", types.Vector{1, 0.1, 0}, k)).Pluck("id", &ids).Error)
	return ids
}

// Rows that are deleted altogether, one way or another, can come again.
func TestDeleteAllAndCreateAgain(t *testing.T) {
	db := openGORM(t, &axis{})
	for _, remove := range []func() error{
		func() error { return db.Session(&gorm.Session{AllowGlobalUpdate: true}).Delete(&axis{}).Error },
		func() error { return db.Exec("DELETE FROM axes").Error },
		func() error { return db.Where("1 = 1").Delete(&axis{}).Error },
		func() error { return db.Migrator().DropTable(&axis{}) },
		func() error { return db.Exec("DROP TABLE axes").Error },
		func() error { return nil },
	} {
		require.NoError(t, db.AutoMigrate(&axis{}))
		rows := axes()
		require.NoError(t, db.Create(&rows).Error)
		require.Equal(t, []uint{1, 2}, nearestAxes(t, db, 2))
		require.Len(t, nearestAxes(t, db, 10), 3, "NULL is left out")
		require.NoError(t, remove())
	}
	failed := errors.New("failed")
	require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Exec("DELETE FROM axes").Error)
		require.Empty(t, nearestAxes(t, tx, 2))
		return failed
	}), failed)
	require.Equal(t, []uint{1, 2}, nearestAxes(t, db, 2))
}

// Searches go on while rows are written.
func TestSearchesBesideWrites(t *testing.T) {
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, db.AutoMigrate(&axis{}))
	rows := axes()
	require.NoError(t, db.Create(&rows).Error)
	var wg sync.WaitGroup
	errs := make(chan error, 3)
	for g := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r := rand.New(rand.NewPCG(uint64(g), 0))
			for range 25 {
				var got []axis
				err := db.Scopes(types.Nearest("V", unit(r, 3), 3)).Where("id > 0").Find(&got).Error
				if err == nil && len(got) != 3 {
					err = errors.New("not three rows")
				}
				if err == nil && g == 0 {
					err = db.Create(&axis{V: unit(r, 3)}).Error
				}
				if err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	wg.Wait()
	close(errs)
	require.NoError(t, <-errs)
}
