package libsql_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/types"
)

type spot struct {
	ID   string // no rowid of its own, so VACUUM may number the rows anew
	Kind int
	V    types.Vector `gorm:"dims:8;vectorIndex:metric=l2"`
}

// spots makes a database with 180 rows, of which every third is deleted.
func spots(t *testing.T) (*gorm.DB, []spot) {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { dbtest.Close(t, pool) })
	require.NoError(t, db.AutoMigrate(&spot{}))
	r := rand.New(rand.NewPCG(1, 1))
	rows := make([]spot, 180)
	for i := range rows {
		rows[i] = spot{ID: fmt.Sprint("p", i), Kind: i % 3, V: make(types.Vector, 8)}
		for j := range rows[i].V {
			rows[i].V[j] = float32(r.NormFloat64())
		}
	}
	require.NoError(t, db.Create(&rows).Error)
	require.NoError(t, db.Where("kind = 0").Delete(&spot{}).Error)
	return db, rows
}

// found is how many rows the index finds as the one nearest to itself.
func found(t *testing.T, db *gorm.DB, rows []spot) (n int) {
	t.Helper()
	for _, row := range rows {
		var got spot
		err := db.Scopes(types.Nearest("V", row.V, 1)).Take(&got).Error
		require.NoError(t, err)
		if got.ID == row.ID {
			n++
		}
	}
	return n
}

// The index finds after VACUUM what it found before, in the copy too.
func TestVacuumAndReindexKeepVectorIndexes(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	db, rows := spots(t)
	require.NoError(t, libsql.Reindex(db, "idx_spots_v"))
	whole := found(t, db, rows)
	require.Greater(t, whole, 110) // of 120
	require.NoError(t, libsql.Vacuum(db))
	require.Equal(t, whole, found(t, db, rows))
	require.NoError(t, db.Exec("VACUUM").Error)
	require.NoError(t, libsql.Reindex(db))
	require.Greater(t, found(t, db, rows), 110)
	require.NoError(t, libsql.Reindex(db, "main.idx_spots_v", "spots"))
	copied := filepath.Join(t.TempDir(), "b.db")
	require.NoError(t, db.Exec("VACUUM INTO ?", copied).Error)
	again, err := gorm.Open(libsql.Open(copied), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	defer closePool(again)
	require.Greater(t, found(t, again, rows), 110)
	for _, db := range []*gorm.DB{db, again} {
		var intact string
		require.NoError(t, db.Raw("PRAGMA integrity_check").Scan(&intact).Error)
		require.Equal(t, "ok", intact)
		plan, err := libsql.Plan(db, &spot{})
		require.NoError(t, err)
		require.True(t, plan.Empty(), plan.String())
	}
}

func TestMaintenanceFails(t *testing.T) {
	db, rows := spots(t)
	require.ErrorIs(t, libsql.Reindex(db, "idx_spots_v", "nowhere"), driver.ErrError)
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.ErrorIs(t, libsql.Vacuum(tx), driver.ErrError)
		require.ErrorIs(t, libsql.Reindex(tx, "nowhere"), driver.ErrError)
		require.NoError(t, libsql.Reindex(tx, "idx_spots_v"))
		return tx.Create(&spot{ID: "in between"}).Error
	}))
	require.Greater(t, found(t, db, rows), 110)
	var n int64
	require.NoError(t, db.Model(&spot{}).Where("id = ?", "in between").Count(&n).Error)
	require.EqualValues(t, 1, n)
}

func ExampleVacuum() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	fmt.Println(libsql.Vacuum(db))
	// Output: <nil>
}

func ExampleReindex() {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer closePool(db)
	db.Exec("CREATE TABLE cities (name text); CREATE INDEX by_name ON cities (name)")
	fmt.Println(libsql.Reindex(db, "by_name"))
	// Output: <nil>
}
