package faults

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs/faultvfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// A statement that returns rows has returned them before its commit, and the
// commit may fail. Whoever has the rows must learn of it.
func TestCommitThatFailsBehindRows(t *testing.T) {
	for _, m := range []mode{wal, journal} {
		t.Run(m.name, func(t *testing.T) {
			b := newBench(t, m, 0)
			b.fresh()
			db, pool, err := openGORM(b.dsn())
			require.NoError(t, err)
			defer pool.Close()
			require.NoError(t, db.AutoMigrate(&Account{}))
			const insert = "INSERT INTO accounts(balance) VALUES (7) RETURNING id"
			for name, do := range map[string]func() error{
				"QueryRow": func() error {
					var id int
					return pool.QueryRow(insert).Scan(&id)
				},
				"Query, closed at the first row": func() error {
					rows, err := pool.Query(insert)
					if err != nil {
						return err
					}
					rows.Next()
					return rows.Close()
				},
				"Query, read": func() error {
					rows, err := pool.Query(insert)
					if err != nil {
						return err
					}
					for rows.Next() {
					}
					return rows.Err()
				},
				"Create": func() error {
					return db.Session(&gorm.Session{SkipDefaultTransaction: true}).Clauses(clause.Returning{}).Create(&Account{Balance: 7}).Error
				},
				"Raw": func() error {
					var id int
					return db.Raw(insert).Scan(&id).Error
				},
			} {
				t.Run(name, func(t *testing.T) {
					before := dbtest.Int(t, pool, "SELECT count(*) FROM accounts")
					b.faults.Inject(faultvfs.Fault{Op: faultvfs.Sync, Err: driver.ErrFull})
					require.ErrorIs(t, do(), driver.ErrFull)
					require.Equal(t, before, dbtest.Int(t, pool, "SELECT count(*) FROM accounts"))
					require.NoError(t, do())
					require.Equal(t, before+1, dbtest.Int(t, pool, "SELECT count(*) FROM accounts"))
				})
			}
		})
	}
}
