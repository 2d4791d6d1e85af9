package migrating

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// A transaction whose keys the user has deferred counts those that are broken,
// and would count the rows of a rebuild, too.
func TestUserDefersKeys(t *testing.T) {
	db := open(t, dbtest.DSN(t))
	dbtest.Exec(t, pool(t, db), fmt.Sprintf(relatives, " REFERENCES parents(id)", "")+kidRows)
	before := relativesOf(t, db)
	err := db.Transaction(func(tx *gorm.DB) error {
		tx = tx.Session(&gorm.Session{})
		require.NoError(t, tx.Exec("PRAGMA defer_foreign_keys = ON").Error)
		require.NoError(t, tx.Exec("INSERT INTO kids VALUES (7, 777, 1)").Error)
		require.ErrorIs(t, tx.AutoMigrate(&Parent{}), driver.ErrUnsupported)
		var on bool
		require.NoError(t, tx.Raw("PRAGMA defer_foreign_keys").Scan(&on).Error)
		require.True(t, on)
		return nil
	})
	require.ErrorContains(t, err, "FOREIGN KEY constraint failed")
	require.Equal(t, before, relativesOf(t, db))
	settled(t, db)
}

// Keys hold at once again after a migration, and at the commit.
func TestKeysHoldAfterAMigration(t *testing.T) {
	for name, c := range map[string]struct {
		action string
		atOnce bool
	}{"at once": {"", true}, "deferred": {" DEFERRABLE INITIALLY DEFERRED", false}} {
		t.Run(name, func(t *testing.T) {
			db := open(t, dbtest.DSN(t))
			dbtest.Exec(t, pool(t, db), fmt.Sprintf(relatives, " REFERENCES parents(id)"+c.action, "")+kidRows)
			before := relativesOf(t, db)
			err := db.Transaction(func(tx *gorm.DB) error {
				tx = tx.Session(&gorm.Session{})
				require.NoError(t, tx.AutoMigrate(&Parent{}))
				for _, breaks := range []string{"INSERT INTO kids VALUES (7, 777, 1)", "DELETE FROM parents WHERE id = 1", "DROP TABLE parents"} {
					err := tx.Exec(breaks).Error
					if c.atOnce {
						require.ErrorContains(t, err, "FOREIGN KEY constraint failed", breaks)
					} else {
						require.NoError(t, err)
					}
				}
				return nil
			})
			if c.atOnce {
				require.NoError(t, err)
				require.Equal(t, before.rows, relativesOf(t, db).rows)
			} else {
				require.ErrorContains(t, err, "FOREIGN KEY constraint failed")
				require.Equal(t, before, relativesOf(t, db))
			}
			settled(t, db)
		})
	}
}

// A key that a rebuild would break is an error in a transaction as outside.
func TestRebuildThatBreaksAKey(t *testing.T) {
	type kid struct {
		ID       uint
		ParentID *uint
		N        int `gorm:"check:n <> 3"`
		Parent   *Parent
	}
	for name, in := range ways {
		t.Run(name, func(t *testing.T) {
			db := open(t, dbtest.DSN(t))
			dbtest.Exec(t, pool(t, db), fmt.Sprintf(relatives, "", "")+"INSERT INTO kids VALUES (1, 1, 1), (2, 777, 1), (3, NULL, 1)")
			before := relativesOf(t, db)
			require.NoError(t, in(db, func(tx *gorm.DB) error {
				tx = tx.Session(&gorm.Session{})
				err := tx.Session(&gorm.Session{}).AutoMigrate(&kid{})
				require.ErrorContains(t, err, `table "kids": rows refer to what is not there: foreign key (parent_id) to parents (1 row); nothing was changed`)
				return tx.Exec("UPDATE kids SET n = 1").Error
			}))
			require.Equal(t, before, relativesOf(t, db))
			settled(t, db)
		})
	}
}

// A key that is broken for the time being is the user's to mend before the
// commit, also when the child is made anew in between.
func TestDeferredKeyThatIsBroken(t *testing.T) {
	for _, mended := range []bool{true, false} {
		t.Run(fmt.Sprint(mended), func(t *testing.T) {
			db := open(t, dbtest.DSN(t))
			dbtest.Exec(t, pool(t, db), `CREATE TABLE parents (id integer PRIMARY KEY);
				CREATE TABLE visits (customer_id integer REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED, "at" text)`)
			err := db.Transaction(func(tx *gorm.DB) error {
				require.NoError(t, tx.Exec("INSERT INTO visits VALUES (5, 'x'), (NULL, 'y')").Error)
				require.NoError(t, tx.AutoMigrate(&Visit{}))
				require.Error(t, tx.Exec("INSERT INTO visits VALUES (NULL, '')").Error, "the new CHECK")
				if mended {
					require.NoError(t, tx.Exec("INSERT INTO parents VALUES (5)").Error)
				}
				return nil
			})
			if mended {
				require.NoError(t, err)
				require.Equal(t, int64(2), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM visits"))
			} else {
				require.ErrorContains(t, err, "FOREIGN KEY constraint failed")
				require.Equal(t, int64(0), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM visits"))
			}
			settled(t, db)
		})
	}
}
